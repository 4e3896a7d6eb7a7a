package virus

import (
	"context"
	"iter"
	"slices"

	"okazaki/analysis"
	"okazaki/format/fasta"
)

// A batch is some genomes that follow each other, and once it is called their
// rows.
type batch struct {
	first   int64 // ordinal of the first genome
	genomes []rawGenome
	letters int // of all genomes
	rows    []byte
	err     error // that ended the records after these
}

// A rawGenome is a record.
type rawGenome struct {
	name    string
	letters []byte
	err     error
}

// add takes a record's letters, and gives it the memory of a genome that was
// called before.
func (b *batch) add(rec *fasta.Record) {
	k := len(b.genomes)
	b.genomes = slices.Grow(b.genomes, 1)[:k+1]
	g := &b.genomes[k]
	if cap(g.letters) > batchLetters {
		g.letters = nil // a long genome's memory is not kept for others
	}
	g.name, g.err = rec.Name, rec.Err
	g.letters, rec.Seq = rec.Seq, g.letters
	b.letters += len(g.letters)
}

// How many letters or genomes make a batch: few, so that a span can stop soon
// and what is read is still in the processor's cache when it is called.
const (
	batchLetters = 512 << 10
	batchGenomes = 32
)

// called yields the batches of the records, the first of which has the ordinal
// first, in order, with their rows made on so many cores. A batch is valid
// until the next.
func (e *engine) called(ctx context.Context, records iter.Seq2[*fasta.Record, error], first int64, cores int, rows func(*batch)) iter.Seq2[*batch, error] {
	return func(yield func(*batch, error) bool) {
		for b, err := range analysis.Ordered(ctx, cores, e.batches(records, first), rows) {
			switch {
			case err != nil:
				yield(nil, err)
				return
			case len(b.genomes) > 0 && !yield(b, nil):
				return
			case b.err != nil:
				yield(nil, b.err)
				return
			}
			e.spare.Put(b)
		}
	}
}

// batches gathers records. The last batch has the error that ended them.
func (e *engine) batches(records iter.Seq2[*fasta.Record, error], first int64) iter.Seq[*batch] {
	return func(yield func(*batch) bool) {
		b := e.empty(first)
		for rec, err := range records {
			if err != nil {
				b.err = err
				break
			}
			b.add(rec)
			if b.letters >= e.batch || len(b.genomes) >= batchGenomes {
				first += int64(len(b.genomes))
				if !yield(b) {
					return
				}
				b = e.empty(first)
			}
		}
		if len(b.genomes) > 0 || b.err != nil {
			yield(b)
		}
	}
}

func (e *engine) empty(first int64) *batch {
	b, ok := e.spare.Get().(*batch)
	if !ok {
		b = &batch{}
	}
	*b = batch{first: first, genomes: b.genomes[:0], rows: b.rows[:0]}
	return b
}

// call makes the batch's rows.
func (e *engine) call(b *batch) {
	c := e.callers.Get().(*Caller)
	defer e.callers.Put(c)
	for i, g := range b.genomes {
		calls := &Calls{}
		if g.err != nil {
			calls.Problem = problem(g.err)
		} else {
			calls = c.Call(g.letters)
		}
		b.rows = c.AppendRow(b.rows, b.first+int64(i), g.name, calls)
	}
}
