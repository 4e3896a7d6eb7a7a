package virus

import (
	"bytes"
	"context"
	"iter"
	"slices"
	"sort"
	"time"

	"okazaki/format/fasta"
)

// How far Plan calls genomes ahead. A worker that waits for the plan waits no
// longer than that. It affects time only.
const (
	aheadLetters = 4 << 30
	aheadTime    = 10 * time.Second
)

// Ahead implements okazaki.Eager.
func (e *engine) Ahead(cores int) { e.aheadCores = cores }

// rowsAhead are the rows of the first genomes, which were called when the plan
// read them.
type rowsAhead struct {
	batches []batchRows
	records int64 // in all
	bytes   int64 // of all rows
}

// batchRows are the rows of some genomes that follow each other.
type batchRows struct {
	first int64
	rows  []byte
}

// indexAhead makes the index, and calls the first genomes on the way. A genome
// with an earlier one's name has its number in its row. The number is not known
// yet, so such rows are dropped.
func (e *engine) indexAhead(ctx context.Context, opt fasta.IndexOptions) (*fasta.Index, error) {
	var index *fasta.Index
	var wrong error
	began, letters := time.Now(), 0
	records := func(yield func(*fasta.Record, error) bool) {
		opt.Each = func(rec *fasta.Record) bool {
			letters += len(rec.Seq)
			return letters <= aheadLetters && time.Since(began) <= aheadTime && yield(rec, nil)
		}
		index, wrong = fasta.NewIndex(ctx, e.sources, opt)
	}
	a := &rowsAhead{}
	for b, err := range e.called(ctx, &fasta.Index{}, iter.Seq2[*fasta.Record, error](records), 0, e.aheadCores, e.call) {
		if err != nil {
			return nil, err
		}
		a.batches = append(a.batches, batchRows{b.first, bytes.Clone(b.rows)})
		a.records, a.bytes = a.records+int64(len(b.genomes)), a.bytes+int64(len(b.rows))
	}
	if wrong == nil && index.Repeats() == 0 {
		e.mu.Lock()
		e.ahead = a
		e.mu.Unlock()
	}
	return index, wrong
}

// calledAhead returns the rows of the units [lo, hi) that were called ahead,
// and the unit up to which they go.
func (e *engine) calledAhead(part []byte, lo, hi int64) ([]byte, int64) {
	e.mu.Lock()
	a := e.ahead
	e.mu.Unlock()
	if a == nil {
		return part, lo
	}
	hi = min(hi, a.records)
	if lo < hi {
		part = slices.Grow(part, int(a.bytes/a.records*(hi-lo))*9/8)
	}
	i := sort.Search(len(a.batches), func(i int) bool { return a.batches[i].first > lo }) - 1
	for ; lo < hi; i++ {
		b := a.batches[i]
		rows := after(b.rows, lo-b.first)
		end := a.records
		if i+1 < len(a.batches) {
			end = a.batches[i+1].first
		}
		if end > hi {
			rows, end = rows[:len(rows)-len(after(rows, hi-lo))], hi
		}
		part, lo = append(part, rows...), end
	}
	return part, lo
}

// after returns the bytes behind the first n lines.
func after(b []byte, n int64) []byte {
	for ; n > 0; n-- {
		b = b[bytes.IndexByte(b, '\n')+1:]
	}
	return b
}
