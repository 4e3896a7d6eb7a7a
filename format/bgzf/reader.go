package bgzf

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"okazaki"
)

// A Reader returns the decompressed bytes of a file. One goroutine may use it
// at a time; it may itself use more to inflate what comes next.
type Reader struct {
	name  string
	file  okazaki.File
	cores int

	group *group // the blocks at hand; nil before the first
	next  int    // byte of group.plain that is read next
	block int    // the block of group that holds the byte
	last  int64  // the block of what was read last
	at    int64  // in the file of the next group, where none is under way
	ahead *ahead // nil unless groups are inflated ahead
	own   group  // where they are not
	size  int64  // of the next, in bytes compressed
	ended bool   // the last block read was empty
	limit Offset // where to end; 0 for the end of the file
	z     Inflater
	err   error
}

// NewReader reads a file from its start and inflates on cores goroutines; 1
// or fewer means in the caller's goroutine. The file stays the caller's to
// close, after the Reader. name is for messages.
func NewReader(name string, f okazaki.File, cores int) *Reader {
	return &Reader{name: name, file: f, cores: cores, size: leastGroup}
}

// Seek goes to an offset. It fails where there is no block, at the next Read.
func (r *Reader) Seek(o Offset) {
	r.stop()
	r.group, r.next, r.block, r.at, r.size, r.err, r.ended = nil, 0, 0, o.Block(), leastGroup, nil, false
	if o.Within() == 0 {
		return
	}
	if r.fill() {
		if r.next = o.Within(); r.next > r.group.marks[0].plain {
			r.err = r.wrong(o.Block(), errors.New("an offset points past the end of its block"))
		}
		r.skip()
	}
}

// Offset returns the offset of the byte that is read next; at the end of a
// block, the offset of the next block.
func (r *Reader) Offset() Offset {
	if r.group == nil {
		return At(r.at, 0)
	}
	if r.block == len(r.group.marks) {
		return At(r.group.end(), 0)
	}
	block, before := r.start()
	return At(block, r.next-before)
}

// start returns the offset of the block that contains the next byte: in the
// file, and in group.plain.
func (r *Reader) start() (block int64, plain int) {
	if r.block == 0 {
		return r.group.at, 0
	}
	return r.group.marks[r.block-1].next, r.group.marks[r.block-1].plain
}

// Block returns the offset of the block that held the bytes read last.
func (r *Reader) Block() int64 { return r.last }

// Limit ends reading at an offset, after the next Seek or at once.
func (r *Reader) Limit(o Offset) { r.limit = o }

// Read returns decompressed bytes, all from one block. An *okazaki.Error says
// that the file is cut short or damaged, any other error that it could not be
// read. Each later Read returns the same error.
func (r *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for r.err == nil && (r.group == nil || r.next == len(r.group.plain)) {
		r.fill()
	}
	if r.err != nil {
		return 0, r.err
	}
	end := r.group.marks[r.block].plain
	if at := r.Offset(); r.limit != 0 {
		if at >= r.limit {
			return 0, io.EOF
		}
		if at.Block() == r.limit.Block() {
			end = min(end, r.next+int(r.limit-at))
		}
	}
	r.last, _ = r.start()
	n := copy(p, r.group.plain[r.next:end])
	r.next += n
	r.skip()
	return n, nil
}

// skip moves on to the block that contains the next byte.
func (r *Reader) skip() {
	for r.block < len(r.group.marks) && r.next >= r.group.marks[r.block].plain {
		r.block++
	}
}

// fill reads the next group and says whether there is one.
func (r *Reader) fill() bool {
	if r.group != nil {
		if r.group.err != nil {
			return r.finish(r.group.err)
		}
		r.at = r.group.end()
	}
	g := r.take()
	n := len(g.marks)
	if n == 0 {
		return r.finish(g.err)
	}
	r.group, r.next, r.block = g, 0, 0
	r.ended = n == 1 && g.marks[0].plain == 0 || n > 1 && g.marks[n-1].plain == g.marks[n-2].plain
	r.skip()
	return true
}

// finish ends the reading.
func (r *Reader) finish(err error) bool {
	if r.err = err; err == io.EOF && !r.ended {
		end := MissingEnd()
		end.File = r.name
		r.err = end
	}
	r.stop()
	return false
}

// take inflates the next group, or waits for it.
func (r *Reader) take() *group {
	if r.cores > 1 && r.ahead == nil {
		r.ahead = r.begin(r.at)
	}
	if r.ahead != nil {
		if r.group != nil {
			r.ahead.spare <- r.group
			r.group = nil
		}
		return r.ahead.take()
	}
	r.own.read(r, r.at, r.size)
	r.size = min(2*r.size, mostGroup)
	r.own.inflate(r, &r.z)
	return &r.own
}

// stop ends what is under way.
func (r *Reader) stop() {
	if r.ahead != nil {
		r.ahead.stop()
		r.ahead, r.group = nil, nil
	}
}

// Close gives back the memory and ends the goroutines. It does not close the
// file.
func (r *Reader) Close() error {
	r.stop()
	r.group, r.own, r.err = nil, group{}, errors.New("bgzf: the reader is closed")
	return nil
}

// wrong is the error of the block at a place.
func (r *Reader) wrong(at int64, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return &okazaki.Error{File: r.name, Err: err,
			Message: fmt.Sprintf("the BGZF data are cut short: the block at byte %d is not whole", at), Hint: "copy or download the file again"}
	}
	return &okazaki.Error{File: r.name, Err: err,
		Message: fmt.Sprintf("the BGZF data are damaged near byte %d (%v)", at, err),
		Hint:    "copy or download the file again until `gzip -t` accepts it"}
}

// How many compressed bytes are read at once: few after a Seek, then ever
// more, so that a caller that wants a little need not wait for a lot.
const (
	leastGroup = MaxBlock
	mostGroup  = 256 << 10
	mostPlain  = 2 << 20 // bytes of a group that were compressed, or little more
)

// A group is some blocks that follow each other.
type group struct {
	at    int64 // of the first, in the file
	raw   []byte
	plain []byte
	marks []mark // of each block
	err   error  // of what comes after them; io.EOF at the end of the file
	ready chan struct{}
}

// A mark is the end of a block.
type mark struct {
	raw   int   // in group.raw
	next  int64 // the next block's place in the file
	plain int   // in group.plain
}

// end is where the next group starts.
func (g *group) end() int64 {
	if n := len(g.marks); n > 0 {
		return g.marks[n-1].next
	}
	return g.at
}

// read reads whole blocks from at on, of size bytes, which is MaxBlock or more.
func (g *group) read(r *Reader, at int64, size int64) {
	g.at, g.marks, g.plain, g.err = at, g.marks[:0], g.plain[:0], nil
	if at >= r.file.Size() {
		g.raw, g.err = g.raw[:0], io.EOF
		return
	}
	size = min(size, r.file.Size()-at)
	g.raw = slices.Grow(g.raw[:0], int(size))[:size]
	n, err := r.file.ReadAt(g.raw, at)
	if n < len(g.raw) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		g.err = fmt.Errorf("reading %s: %w", r.name, err)
		return
	}
	for pos, plain := 0, 0; pos < n && plain < mostPlain; {
		rest := g.raw[pos:]
		whole := at+int64(n) == r.file.Size()
		switch {
		case len(rest) >= HeaderSize && !Is(rest):
			g.err = r.wrong(at+int64(pos), errBlock)
			return
		case len(rest) < HeaderSize || len(rest) < Size(rest):
			if whole {
				g.err = r.wrong(at+int64(pos), io.ErrUnexpectedEOF)
			}
			return
		}
		plain += int(min(MaxBlock, plainSize(rest[:Size(rest)])))
		pos += Size(rest)
		g.marks = append(g.marks, mark{raw: pos, next: at + int64(pos)})
	}
}

// inflate unpacks the blocks up to the first that is damaged.
func (g *group) inflate(r *Reader, z *Inflater) {
	from := 0
	for i := range g.marks {
		m := &g.marks[i]
		var err error
		if g.plain, err = z.Append(g.plain, g.raw[from:m.raw]); err != nil {
			g.marks, g.err = g.marks[:i], r.wrong(g.at+int64(from), err)
			return
		}
		m.plain = len(g.plain)
		from = m.raw
	}
}
