package virus

import (
	"context"
	"iter"
	"slices"

	"okazaki/analysis"
	"okazaki/format/fasta"
)

// A batch is some genomes that follow each other, and their rows once it is
// called.
type batch struct {
	first   int64 // ordinal of the first genome
	genomes []rawGenome
	letters int // of all genomes
	rows    []byte
	err     error // that ended the records after these
}

// A rawGenome is a record.
type rawGenome struct {
	name    string // the whole header line
	number  int64  // distinguishes it from earlier genomes of that name; 0 if its name is its own
	letters []byte
	common  bool // the letters are A, C, G, T and N, all upper case
	err     error
}

// add takes a record's letters. It reuses the memory of a genome that was
// called before.
func (b *batch) add(rec *fasta.Record, number int64) {
	k := len(b.genomes)
	b.genomes = slices.Grow(b.genomes, 1)[:k+1]
	g := &b.genomes[k]
	if cap(g.letters) > batchLetters {
		g.letters = nil // a long genome's memory is not kept for others
	}
	g.name, g.number, g.common, g.err = rec.Header, number, rec.Common, rec.Err
	g.letters, rec.Seq = rec.Seq, g.letters
	b.letters += len(g.letters)
}

// The number of letters or genomes in a batch. It is small so that a span can
// stop soon, and so that a batch is still in the processor's cache when it is
// called.
const (
	batchLetters = 512 << 10
	batchGenomes = 32
)

// called yields the batches of the records in order, with their rows made on
// that many cores. The first record has the ordinal first. A batch is valid
// until the next.
func (e *engine) called(ctx context.Context, x *fasta.Index, records iter.Seq2[*fasta.Record, error], first int64, cores int, rows func(*batch)) iter.Seq2[*batch, error] {
	return func(yield func(*batch, error) bool) {
		for b, err := range analysis.Ordered(ctx, cores, e.batches(x, records, first), rows) {
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

// batches gathers records into batches. The last batch has the error that ended
// the records.
func (e *engine) batches(x *fasta.Index, records iter.Seq2[*fasta.Record, error], first int64) iter.Seq[*batch] {
	return func(yield func(*batch) bool) {
		b := e.empty(first)
		for rec, err := range records {
			if err != nil {
				b.err = err
				break
			}
			b.add(rec, x.Number(b.first+int64(len(b.genomes))))
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
	for i := range b.genomes {
		g := &b.genomes[i]
		calls := &Calls{}
		switch {
		case e.leavesOut(g):
			calls.Problem = leftOut
		case g.err != nil:
			calls.Problem = problem(g.err)
		default:
			calls = c.callGenome(g)
		}
		b.rows = c.appendRow(b.rows, b.first+int64(i), g, calls)
	}
}

// The words of a row for a genome with another's name, and for a genome that is
// left out for it.
const (
	sameName = "an earlier genome has the same name"
	leftOut  = "left out: " + sameName
)

// leavesOut says whether a genome is left out because an earlier one has its
// name.
func (e *engine) leavesOut(g *rawGenome) bool { return e.duplicates == "first" && g.number > 0 }
