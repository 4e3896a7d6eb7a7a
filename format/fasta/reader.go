package fasta

import (
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"runtime"
	"slices"
	"sync"

	"okazaki/format/unpack"
)

// A Reader reads any range of the records of some sources. Many goroutines
// may use it at once.
//
// It keeps the places where it stopped and goes on from the nearest one before
// the range that is asked for, or from where the index says that reading can
// begin if that is nearer. So goroutines that each ask for ascending ranges
// of a file that can only be read from its start unpack it about once each.
// For each range that is read at the same time it holds what unpacking needs
// (the window, for Zstandard up to unpack.MaxWindow) and the longest record;
// beyond that, what is kept for later stays below 64 MiB.
type Reader struct {
	// Cores is how many cores unpack ahead in a gzip file that can be entered
	// midway, for each range that is read; this takes up to 128 MB more. With
	// 0 and 1 the file is unpacked as it is read. Not to be changed once in
	// use.
	Cores int

	sources []Source
	x       *Index

	mu    sync.Mutex
	idle  []*cursor // the one that was used longest ago first
	busy  int       // cursors that are handed out
	peak  int       // most of them at once
	close bool
}

// spare is how many bytes of memory may be held for later, beyond the most
// that was needed at one time.
const spare = 64 << 20

// A cursor stands at a record of a file.
type cursor struct {
	s    *scanner
	in   *unpack.Reader
	file int
	next int64 // the record it stands at
}

// NewReader reads the sources that x was made of, in the same order.
func NewReader(sources []Source, x *Index) *Reader {
	return &Reader{sources: sources, x: x}
}

// Records returns the records [lo, hi), 0-based over all sources in order.
// The Record and its Seq are valid until the next one. An error comes last,
// with a nil Record; it is an *okazaki.Error if a source is not what it was
// when it was indexed.
func (r *Reader) Records(ctx context.Context, lo, hi int64) iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		if n := r.x.Records(); lo < 0 || hi < lo || hi > n || len(r.sources) != len(r.x.files) {
			yield(nil, fmt.Errorf("fasta: records [%d,%d) of %d in %d sources", lo, hi, n, len(r.sources)))
			return
		}
		first := int64(0)
		for i := range r.x.files {
			n := r.x.files[i].records
			if a, b := max(lo-first, 0), min(hi-first, n); a < b {
				if !r.file(ctx, i, a, b, yield) {
					return
				}
			}
			first += n
		}
	}
}

// Close gives back the memory, after the last Records has ended. The sources'
// files stay open.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.idle {
		c.s.close()
	}
	r.idle, r.close = nil, true
	return nil
}

// file yields the records [lo, hi) of one file and says whether to go on.
func (r *Reader) file(ctx context.Context, file int, lo, hi int64, yield func(*Record, error) bool) bool {
	c, err := r.take(file, lo)
	if err != nil {
		yield(nil, err)
		return false
	}
	c.in.Until(r.x.files[file].at(hi-1).member.Plain + 1)
	defer func() { r.put(c, err) }()
	err = c.seek(ctx, lo)
	for err == nil && c.next < hi {
		var rec *Record
		if rec, err = c.read(ctx, &r.x.files[file]); err == nil && !yield(rec, nil) {
			return false
		}
	}
	if err != nil {
		yield(nil, err)
		return false
	}
	return true
}

// take returns a cursor at or before a record: one that stands there, or one
// that is made or set back to a point of the index.
func (r *Reader) take(file int, record int64) (*cursor, error) {
	src, f := r.sources[file], &r.x.files[file]
	if err := src.missing(); err != nil {
		return nil, err
	}
	if n := src.File.Size(); n != f.size {
		return nil, changed(src.Name, fmt.Sprintf("it has %d bytes and had %d", n, f.size))
	}
	p := f.at(record)
	will := func(c *cursor) bool { return c.file == file && c.next >= p.record && c.next <= record }
	c := r.borrow(will)
	if c != nil && will(c) {
		return c, nil
	}
	if c != nil && c.file != file {
		c.s.close()
		c = nil
	}
	var err error
	if c == nil {
		c, err = r.newCursor(file, p)
	}
	if err == nil {
		err = c.begin(p)
	}
	if err != nil {
		r.put(c, err)
		return nil, err
	}
	return c, nil
}

// newCursor opens a source to read it from p.
func (r *Reader) newCursor(file int, p point) (*cursor, error) {
	src, f := r.sources[file], &r.x.files[file]
	in, err := unpack.OpenAt(src.Name, src.File, f.codec, p.member)
	if err != nil {
		return nil, err
	}
	in.IgnoreChecksums()
	in.Parallel(runtime.GOMAXPROCS(0))
	if r.Cores > 1 {
		starts := make([]unpack.Member, len(f.points))
		for i := range starts {
			starts[i] = f.points[i].member
		}
		in.Sections(starts, f.plain, r.Cores)
	}
	s := newScanner(src.Name, in)
	s.lenient = true // the index has refused what is not allowed
	return &cursor{s: s, in: in, file: file}, nil
}

// borrow counts one more cursor as handed out and returns the furthest of the
// idle ones that will do. If there is none, but too many are idle to make
// another, it returns the one that was used longest ago.
func (r *Reader) borrow(will func(*cursor) bool) *cursor {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy++
	r.peak = max(r.peak, r.busy)
	best := -1
	for i, c := range r.idle {
		if will(c) && (best < 0 || c.next > r.idle[best].next) {
			best = i
		}
	}
	if best < 0 && r.crowded() {
		best = 0
	}
	if best < 0 {
		return nil
	}
	c := r.idle[best]
	r.idle = slices.Delete(r.idle, best, best+1)
	return c
}

// crowded says whether some idle cursor is better given up.
func (r *Reader) crowded() bool {
	if len(r.idle) == 0 || len(r.idle)+r.busy <= r.peak {
		return false
	}
	var held int64
	for _, c := range r.idle {
		held += bufferSize + c.in.Window() + int64(cap(c.s.rec.Seq))
	}
	return held > spare
}

// begin stands c at a point and makes sure that the record is there.
func (c *cursor) begin(p point) error {
	if err := c.s.restart(p); err != nil {
		return err
	}
	c.next = p.record
	err := c.s.start()
	if err == nil && c.s.buf[c.s.r] != '>' || err == io.EOF {
		return changed(c.s.name, fmt.Sprintf("no record begins at line %d", p.line))
	}
	return err
}

// put takes a cursor back. A cursor that met an error is closed.
func (r *Reader) put(c *cursor, err error) {
	if c != nil {
		c.in.Park()
	}
	r.mu.Lock()
	r.busy--
	var over []*cursor
	switch {
	case c == nil:
	case err != nil || r.close:
		over = append(over, c)
	default:
		r.idle = append(r.idle, c)
	}
	for r.crowded() {
		over = append(over, r.idle[0])
		r.idle = r.idle[1:]
	}
	r.mu.Unlock()
	for _, c := range over { // that may wait for what is unpacked ahead
		c.s.close()
	}
}

// seek passes over records up to one.
func (c *cursor) seek(ctx context.Context, record int64) error {
	for ; c.next < record; c.next++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.s.start(); err != nil {
			return c.ended(err)
		}
		if err := c.s.skip(); err != nil {
			return err
		}
	}
	return nil
}

// read returns the next record and compares it with what the index knows.
func (c *cursor) read(ctx context.Context, f *fileIndex) (*Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rec, err := c.s.read()
	if err != nil {
		return nil, c.ended(err)
	}
	if p := f.at(c.next); p.record == c.next && (crc32.ChecksumIEEE(c.s.head) != p.check || rec.Line != p.line) {
		return nil, changed(c.s.name, fmt.Sprintf("another record is at line %d", rec.Line))
	}
	c.next++
	if c.next == f.records && c.s.offset() != f.plain {
		return nil, changed(c.s.name, "there is more after its last record")
	}
	return rec, nil
}

// ended makes of the end of the file the error that it is.
func (c *cursor) ended(err error) error {
	if err == io.EOF {
		return changed(c.s.name, fmt.Sprintf("it ends before record %d", c.next+1))
	}
	return err
}
