package virus

import (
	"context"
	"iter"
	"sync"

	"okazaki/format/fasta"
)

// A batch is some genomes that follow each other, and once it is ready their
// rows.
type batch struct {
	first   int64 // ordinal of the first genome
	genomes []rawGenome
	letters []byte // of all genomes
	rows    []byte
	err     error // that ended the records after these
	ready   chan struct{}
}

// A rawGenome is a record whose letters end at end, after those of the one
// before.
type rawGenome struct {
	name string
	end  int
	err  error
}

// How many letters or genomes make a batch: few, so that a span can stop soon
// and what is read is still in the processor's cache when it is called.
const (
	batchLetters = 512 << 10
	batchGenomes = 32
)

// called yields the batches of the records, the first of which has the ordinal
// first, in order, called on so many cores. One
// batch a core is read ahead. A batch is valid until the next.
func (e *engine) called(ctx context.Context, records iter.Seq2[*fasta.Record, error], first int64, cores int, rows func(*batch)) iter.Seq2[*batch, error] {
	if cores == 1 {
		return e.calledHere(records, first, rows)
	}
	return func(yield func(*batch, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		order := make(chan *batch, cores)
		work := make(chan *batch)
		var wg sync.WaitGroup
		defer wg.Wait()
		defer cancel()
		wg.Go(func() {
			defer close(order)
			defer close(work)
			for b := range e.batches(records, first) {
				for _, to := range []chan<- *batch{order, work} {
					select {
					case to <- b:
					case <-ctx.Done():
						return
					}
				}
			}
		})
		for range cores {
			wg.Go(func() {
				for b := range work {
					rows(b)
					close(b.ready)
				}
			})
		}
		for b := range order {
			select {
			case <-b.ready:
			case <-ctx.Done():
				yield(nil, ctx.Err())
				return
			}
			if !e.hand(b, yield) {
				return
			}
		}
	}
}

// calledHere calls batches as they are read.
func (e *engine) calledHere(records iter.Seq2[*fasta.Record, error], first int64, rows func(*batch)) iter.Seq2[*batch, error] {
	return func(yield func(*batch, error) bool) {
		for b := range e.batches(records, first) {
			rows(b)
			if !e.hand(b, yield) {
				return
			}
		}
	}
}

// hand yields a batch, and what ended the records after it.
func (e *engine) hand(b *batch, yield func(*batch, error) bool) bool {
	if len(b.genomes) > 0 && !yield(b, nil) {
		return false
	}
	if b.err != nil {
		yield(nil, b.err)
		return false
	}
	e.spare.Put(b)
	return true
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
			b.letters = append(b.letters, rec.Seq...)
			b.genomes = append(b.genomes, rawGenome{rec.Name, len(b.letters), rec.Err})
			if len(b.letters) >= e.batch || len(b.genomes) >= batchGenomes {
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
	*b = batch{first: first, genomes: b.genomes[:0], letters: b.letters[:0], rows: b.rows[:0], ready: make(chan struct{})}
	return b
}

// call makes the batch's rows.
func (e *engine) call(b *batch) {
	c := e.callers.Get().(*Caller)
	defer e.callers.Put(c)
	start := 0
	for i, g := range b.genomes {
		calls := &Calls{}
		if g.err != nil {
			calls.Problem = problem(g.err)
		} else {
			calls = c.Call(b.letters[start:g.end])
		}
		b.rows = c.AppendRow(b.rows, b.first+int64(i), g.name, calls)
		start = g.end
	}
}
