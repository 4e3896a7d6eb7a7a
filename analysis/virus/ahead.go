package virus

import (
	"bytes"
	"context"
	"iter"
	"slices"
	"sort"
	"sync/atomic"
	"time"

	"okazaki/format/fasta"
)

// How far Plan calls genomes ahead. A worker that waits for the plan waits no
// longer than that. It affects time and memory only.
const (
	aheadLetters = 4 << 30
	aheadTime    = 10 * time.Second
)

// aheadBytes is how many bytes of rows Plan keeps; a variable for tests.
var aheadBytes int64 = 96 << 20

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
	var kept atomic.Int64 // bytes of rows
	records := func(yield func(*fasta.Record, error) bool) {
		opt.Each = func(rec *fasta.Record) bool {
			letters += len(rec.Seq)
			return letters <= aheadLetters && kept.Load() < aheadBytes && time.Since(began) <= aheadTime && yield(rec, nil)
		}
		index, wrong = fasta.NewIndex(ctx, e.sources, opt)
	}
	a := &rowsAhead{}
	for b, err := range e.called(ctx, &fasta.Index{}, iter.Seq2[*fasta.Record, error](records), 0, e.aheadCores, e.call) {
		if err != nil {
			return nil, err
		}
		a.batches = append(a.batches, batchRows{b.first, bytes.Clone(b.rows)})
		a.records, a.bytes = a.records+int64(len(b.genomes)), kept.Add(int64(len(b.rows)))
	}
	if wrong == nil && index.Repeats() == 0 {
		e.mu.Lock()
		e.ahead = a
		e.mu.Unlock()
	}
	return index, wrong
}

// calledAhead returns the rows of the units [lo, hi) that were called ahead,
// and the unit up to which they go. Rows that it returned are not kept: a span
// that is worked again is read again.
func (e *engine) calledAhead(part []byte, lo, hi int64) ([]byte, int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	a := e.ahead
	if a == nil {
		return part, lo
	}
	hi = min(hi, a.records)
	i := sort.Search(len(a.batches), func(i int) bool { return a.batches[i].first > lo }) - 1
	if lo < hi && a.batches[i].rows != nil {
		part = slices.Grow(part, int(a.bytes/a.records*(hi-lo))*9/8)
	}
	for ; lo < hi && a.batches[i].rows != nil; i++ {
		b := a.batches[i]
		rows := after(b.rows, lo-b.first)
		end := a.records
		if i+1 < len(a.batches) {
			end = a.batches[i+1].first
		}
		if end > hi {
			rows, end = rows[:len(rows)-len(after(rows, hi-lo))], hi
		} else {
			a.batches[i].rows = nil
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
