// Package inflate unpacks DEFLATE streams (RFC 1951), and can begin between any
// two blocks of one: so a gzip file can be entered midway.
//
// Its one invariant: it unpacks and refuses the same streams as
// compress/flate, to the same bytes, in memory that doesn't grow.
package inflate

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"slices"
)

// Window is how many of the bytes before it a block may copy from.
const Window = 32 << 10

// slack is how far behind its limit a decoder may write: the longest match,
// copied in words.
const slack = 258 + 15

var errCorrupt = errors.New("invalid DEFLATE data")

// A decoder unpacks from one slice into another. Its caller brings more of the
// one and empties the other.
type decoder struct {
	in   []byte
	pos  int    // in[pos:] is not in bits yet
	bits uint64 // the lowest n are next; those above are zero or what in[pos:] holds
	n    uint

	state  state
	final  bool // the block is the stream's last
	stored int  // bytes that are left of a stored block
	codes  *tables
	own    tables
}

type state uint8

const (
	header state = iota // a block begins, or the stream has ended
	stored
	coded
)

// Why run stops.
type stop uint8

const (
	full  stop = iota // the output has reached its limit
	more              // in is used up
	block             // a block has ended
	end               // that was the last
	wrong             // the stream is damaged
)

// begin begins a stream whose next bit is number bit of in[0].
func (d *decoder) begin(in []byte, bit uint) {
	d.in, d.pos, d.bits, d.n, d.state, d.final = in, 0, 0, 0, header, false
	if bit > 0 && len(in) > 0 {
		d.bits, d.n, d.pos = uint64(in[0])>>bit, 8-bit, 1
	}
}

// used is how many bits of in have been used.
func (d *decoder) used() int { return 8*d.pos - int(d.n) }

// align drops what is left of a byte and gives back the whole ones.
func (d *decoder) align() {
	d.pos -= int(d.n >> 3)
	d.bits, d.n = 0, 0
}

// run unpacks to out[w:], which has slack bytes behind limit, and returns the
// end of what it wrote.
func (d *decoder) run(out []byte, w, limit int) (int, stop) {
	for {
		switch d.state {
		case header:
			if d.final {
				d.align()
				return w, end
			}
			if s := d.begins(); s != block {
				return w, s
			}
		case stored:
			n := min(d.stored, len(d.in)-d.pos, limit-w)
			copy(out[w:w+n], d.in[d.pos:])
			d.pos, d.stored, w = d.pos+n, d.stored-n, w+n
			if d.stored == 0 {
				d.state = header
				return w, block
			}
			if w >= limit {
				return w, full
			}
			return w, more
		case coded:
			var s stop
			if w, s = d.symbols(out, w, limit); s != block {
				return w, s
			}
			d.state = header
			return w, block
		}
	}
}

// begins reads a block's header. If there is not all of it, nothing is used.
func (d *decoder) begins() stop {
	pos, bits, n := d.pos, d.bits, d.n
	h := bitReader{d: d}
	final, kind := h.take(1), h.take(2)
	s := block
	switch kind {
	case 0:
		if !h.short {
			d.align()
			b := d.in[d.pos:]
			if len(b) < 4 {
				h.short = true
				break
			}
			size := binary.LittleEndian.Uint16(b)
			if size != ^binary.LittleEndian.Uint16(b[2:]) {
				s = wrong
			}
			d.pos += 4
			d.stored, d.state = int(size), stored
		}
	case 1:
		d.codes, d.state = &fixed, coded
	case 2:
		if !d.readCodes(&h) {
			s = wrong
		}
		d.state = coded
	default:
		s = wrong
	}
	if h.short {
		d.pos, d.bits, d.n, d.state = pos, bits, n, header
		return more
	}
	d.final = final == 1
	return s
}

// A bitReader takes bits one field at a time. Short of input it returns
// zeros.
type bitReader struct {
	d     *decoder
	short bool
}

func (h *bitReader) fill() {
	d := h.d
	for d.n < 56 && d.pos < len(d.in) {
		d.bits |= uint64(d.in[d.pos]) << d.n
		d.pos++
		d.n += 8
	}
}

func (h *bitReader) take(n uint) int {
	d := h.d
	h.fill()
	if d.n < n {
		h.short = true
		return 0
	}
	v := d.bits & (1<<n - 1)
	d.bits >>= n
	d.n -= n
	return int(v)
}

// code is the entry of the code that comes next.
func (h *bitReader) code(table []entry, root uint) entry {
	h.fill()
	e := table[h.d.bits&(1<<root-1)]
	if e&next != 0 {
		h.take(root)
		e = table[uint64(e>>16)+h.d.bits&(1<<(e>>8&15)-1)]
	}
	if e == 0 && h.d.n < 15 {
		h.short = true // zeros behind the end of the input may not be a code
	}
	h.take(uint(e & 31))
	return e
}

// value is the length or distance of an entry.
func (h *bitReader) value(e entry) int { return int(e>>16) + h.take(uint(e>>8&15)) }

// A Reader unpacks a stream. The zero value needs Reset.
type Reader struct {
	d     decoder
	src   *bufio.Reader
	begun int64 // bits of the source before d.in[0]
	out   []byte
	r, w  int // out[r:w] is unread
	err   error

	every  int64 // unpacked bytes between places; 0: none are wanted
	since  int64 // unpacked bytes since the last place
	placed *Place
}

// A Place is where a stream can be entered: between two blocks.
type Place struct {
	Bit    int64  // counted from where the Bit of the place given to Reset is counted
	Window []byte // the last unpacked bytes before it, Window of them if there are as many
}

// room is how much is unpacked at once.
const room = 128 << 10

// Reset begins at a place of a stream, Place{} being its start: the next byte
// of src contains the place's bit, and src holds a block's header, 600 bytes
// at most. Once Read has returned io.EOF, src can be read on behind the
// stream's last byte.
func (r *Reader) Reset(src *bufio.Reader, p Place) {
	if r.out == nil {
		r.out = make([]byte, Window+room+slack)
	}
	r.src, r.begun, r.err, r.since, r.placed = src, p.Bit&^7, nil, 0, nil
	in, err := src.Peek(1)
	if len(in) == 0 {
		r.err = unexpected(err)
	}
	r.d.begin(in, uint(p.Bit&7))
	r.w = copy(r.out, p.Window)
	r.r = r.w
}

// Places makes Place return a place about each every unpacked bytes.
func (r *Reader) Places(every int64) { r.every = every }

// Place returns the last place before the bytes that Read returned last, nil
// if there is none but the place given to Reset. Its Window is not written to
// again.
func (r *Reader) Place() *Place { return r.placed }

// Read returns unpacked bytes, io.EOF behind the stream's last byte, and
// io.ErrUnexpectedEOF where the source ends before. It does not read across a
// place.
func (r *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for r.r == r.w {
		if r.err != nil {
			return 0, r.err
		}
		r.unpack()
	}
	n := copy(p, r.out[r.r:r.w])
	r.r += n
	return n, nil
}

// unpack unpacks more, once all is read.
func (r *Reader) unpack() {
	if r.every > 0 && r.since >= r.every && r.d.state == header && !r.d.final {
		r.since = 0
		r.placed = &Place{r.begun + int64(r.d.used()), append([]byte(nil), r.out[max(0, r.w-Window):r.w]...)}
	}
	if r.w > Window {
		r.w = copy(r.out, r.out[r.w-Window:r.w])
		r.r = r.w
	}
	limit := len(r.out) - slack
	for r.err == nil {
		w, s := r.d.run(r.out, r.w, limit)
		r.since += int64(w - r.w)
		r.w = w
		switch s {
		case full:
			return
		case block:
			if r.every > 0 && r.since >= r.every {
				return
			}
		case more:
			r.feed()
		case end:
			r.err = io.EOF
			r.discard()
		case wrong:
			r.err = errCorrupt
			r.discard()
		}
	}
}

// discard moves the source behind the bytes that were used.
func (r *Reader) discard() {
	d := &r.d
	d.pos -= int(d.n >> 3)
	d.n &= 7
	d.bits &= 1<<d.n - 1
	_, _ = r.src.Discard(d.pos) // they were peeked at
	r.begun += 8 * int64(d.pos)
	d.in, d.pos = d.in[d.pos:], 0
}

// feed brings more input, or sets why there is none.
func (r *Reader) feed() {
	r.discard()
	had := len(r.d.in)
	if _, err := r.src.Peek(min(had+1, r.src.Size())); err != nil {
		r.err = unexpected(err)
		return
	}
	r.d.in, _ = r.src.Peek(r.src.Buffered())
	if len(r.d.in) == had {
		r.err = errCorrupt // a header longer than the source's buffer
	}
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// A Block unpacks streams that are whole in memory.
type Block struct{ d decoder }

// Append appends what packed holds, which must be one stream of most unpacked
// bytes at most. On an error dst is as it was.
func (b *Block) Append(dst, packed []byte, most int) ([]byte, error) {
	dst = slices.Grow(dst, most+1+slack)
	out := dst[len(dst) : len(dst)+most+1+slack]
	b.d.begin(packed, 0)
	for w := 0; ; {
		n, s := b.d.run(out, w, most+1)
		w = n
		switch {
		case w > most || s == wrong:
			return dst, errCorrupt
		case s == more:
			return dst, io.ErrUnexpectedEOF
		case s == end && b.d.pos < len(packed):
			return dst, errCorrupt
		case s == end:
			return dst[:len(dst)+w], nil
		}
	}
}
