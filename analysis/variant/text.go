package variant

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"okazaki"
	"okazaki/analysis"
	"okazaki/format/bgzf"
	"okazaki/format/unpack"
	"okazaki/format/vcf"
)

// A layout says where the lines of a VCF are: what Plan finds out for all
// workers. Bytes are those that were compressed, if they are.
//
// The axis of the annotation is the bytes after the header in units of equal
// size. A record belongs to the unit that its line begins in.
type layout struct {
	codec       unpack.Codec
	header, end int64           // the first byte after the header, and after all
	unit        int64           // bytes of a unit
	members     []unpack.Member // where reading can begin: the last member before each unit, if it is not the same as the unit before has
}

// Units of 64 KiB are a few hundred variants, or a millisecond. A small file
// has smaller ones, so that there is something to share, and a huge one larger
// ones, so that what all workers have to know stays small.
const (
	leastUnit = 1 << 10
	usualUnit = 64 << 10
	fewUnits  = 256
	mostUnits = 1 << 15
)

func unitSize(size int64) int64 {
	unit := min(max(size/fewUnits, leastUnit), usualUnit)
	return max(unit, (size+mostUnits-1)/mostUnits)
}

func (l *layout) units() int64 {
	return (l.end - l.header + l.unit - 1) / l.unit
}

// slow says that a worker that begins in the middle must read from the start.
func (l *layout) slow() bool { return l.codec != unpack.Plain && l.codec != unpack.BGZF }

// start is the first byte of a unit.
func (l *layout) start(unit int64) int64 { return min(l.header+unit*l.unit, l.end) }

// text is an open VCF.
type text struct {
	in   okazaki.Input
	file okazaki.File
}

// lay reads as much of a VCF as there is to know before its records: the
// header and, of BGZF, the blocks' headers; of other compressed files
// everything.
func (x *text) lay(ctx context.Context) (*layout, *vcf.Header, error) {
	r, err := vcf.Open(x.in.Name, x.file, 1)
	if err != nil {
		return nil, nil, err
	}
	h, codec := r.Header(), r.Codec()
	if err := r.Close(); err != nil {
		return nil, nil, err
	}
	l := &layout{codec: codec, header: r.HeaderEnd()}
	all := []unpack.Member{{}}
	switch codec {
	case unpack.Plain:
		l.end = x.file.Size()
	case unpack.BGZF:
		all, l.end, err = x.blocks(ctx)
	default:
		all, l.end, err = x.through(ctx)
	}
	if err != nil {
		return nil, nil, err
	}
	l.header = min(l.header, l.end)
	l.unit = unitSize(l.end - l.header)
	l.thin(all)
	return l, h, nil
}

// thin keeps of each unit the last member at which its lines can be read
// from: they are looked for from the byte before it on.
func (l *layout) thin(all []unpack.Member) {
	i := 0
	for k := range l.units() {
		for i+1 < len(all) && all[i+1].Plain <= l.start(k)-1 {
			i++
		}
		if n := len(l.members); n == 0 || l.members[n-1] != all[i] {
			l.members = append(l.members, all[i])
		}
	}
}

// member is where to begin to read in order to come to a byte.
func (l *layout) member(at int64) unpack.Member {
	best := unpack.Member{}
	for lo, hi := 0, len(l.members); lo < hi; {
		if mid := (lo + hi) / 2; l.members[mid].Plain <= at {
			best, lo = l.members[mid], mid+1
		} else {
			hi = mid
		}
	}
	return best
}

// blocks finds the BGZF blocks by their headers alone.
func (x *text) blocks(ctx context.Context) (all []unpack.Member, plain int64, err error) {
	var head [bgzf.HeaderSize + 4]byte // the size of the block before is just before
	last := int64(0)
	for at := int64(0); at < x.file.Size(); {
		if len(all)%1024 == 0 && ctx.Err() != nil {
			return nil, 0, ctx.Err()
		}
		from := max(0, at-4)
		n, err := x.file.ReadAt(head[:min(int64(len(head)), x.file.Size()-from)], from)
		if err != nil && err != io.EOF {
			return nil, 0, fmt.Errorf("reading %s: %w", x.in.Name, err)
		}
		if at > 0 {
			last = int64(binary.LittleEndian.Uint32(head[:]))
			plain += last
		}
		block := head[at-from : n]
		if !bgzf.Is(block) || last > bgzf.MaxBlock {
			return nil, 0, x.damaged(at)
		}
		all = append(all, unpack.Member{Offset: at, Plain: plain})
		if at += int64(bgzf.Size(block)); at > x.file.Size() {
			return nil, 0, x.cutShort(at)
		}
	}
	end := make([]byte, len(bgzf.End))
	if n, err := x.file.ReadAt(end, max(0, x.file.Size()-int64(len(end)))); err != nil && err != io.EOF {
		return nil, 0, fmt.Errorf("reading %s: %w", x.in.Name, err)
	} else if binary.LittleEndian.Uint32(end[max(0, n-4):]) != 0 {
		missing := bgzf.MissingEnd()
		missing.File = x.in.Name
		return nil, 0, missing
	}
	return all, plain, nil
}

func (x *text) damaged(at int64) error {
	return &okazaki.Error{File: x.in.Name, Message: fmt.Sprintf("the BGZF data are damaged near byte %d", at),
		Hint: "copy or download the file again until `gzip -t` accepts it"}
}

func (x *text) cutShort(at int64) error {
	return &okazaki.Error{File: x.in.Name, Err: io.ErrUnexpectedEOF,
		Message: fmt.Sprintf("the BGZF data are cut short: the last block would end at byte %d, and the file at %d", at, x.file.Size()),
		Hint:    "copy or download the file again"}
}

// through reads the whole file for its members and its length.
func (x *text) through(ctx context.Context) (all []unpack.Member, plain int64, err error) {
	z, err := unpack.Open(x.in.Name, x.file)
	if err != nil {
		return nil, 0, err
	}
	defer z.Close()
	buf := make([]byte, 256<<10)
	r := analysis.Reader(ctx, z)
	for {
		n, err := r.Read(buf)
		if n > 0 && (len(all) == 0 || all[len(all)-1] != z.Member()) {
			all = append(all, z.Member())
		}
		plain += int64(n)
		if err == io.EOF {
			return all, plain, nil
		} else if err != nil {
			return nil, 0, err
		}
	}
}

// cutter begins to cut at a unit, and unpacks on the given number of cores.
func (x *text) cutter(l *layout, unit int64, cores int) (*cutter, error) {
	at := l.start(unit) - 1
	r, err := x.from(l, at, cores)
	if mend, ok := errors.AsType[*okazaki.Error](err); ok {
		return &cutter{l: l, r: damage{mend}, at: at}, nil
	} else if err != nil {
		return nil, err
	}
	return &cutter{l: l, r: r, at: at}, nil
}

// A damage is read of a file that is damaged before the place to begin at.
type damage struct{ err error }

func (d damage) Read([]byte) (int, error) { return 0, d.err }
func (d damage) Close() error             { return nil }

// Close ends the reading.
func (c *cutter) Close() error { return c.r.Close() }

// from reads from a byte on, and unpacks on the given number of cores.
func (x *text) from(l *layout, at int64, cores int) (io.ReadCloser, error) {
	m := l.member(at)
	var r io.ReadCloser
	switch l.codec {
	case unpack.BGZF:
		z := bgzf.NewReader(x.in.Name, x.file, cores)
		z.Seek(bgzf.At(m.Offset, 0))
		r = z
	case unpack.Plain:
		return io.NopCloser(io.NewSectionReader(x.file, at, x.file.Size()-at)), nil
	default:
		z, err := unpack.OpenAt(x.in.Name, x.file, l.codec, m)
		if err != nil {
			return nil, err
		}
		r = z
	}
	if _, err := io.CopyN(io.Discard, r, at-m.Plain); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// A cutter cuts a stream into the lines of one unit after the other.
type cutter struct {
	l    *layout
	r    io.ReadCloser
	kept []byte // what buf is a part of
	buf  []byte // the bytes read that may be asked for
	at   int64  // of buf[0]
	end  bool   // the stream has ended
	// wrong is with the file, from the unit before on; nil if nothing is.
	wrong *okazaki.Error
	// asked and answered are the argument and the result of newline's last
	// call; there is no '\n' from asked to searched.
	asked, answered, searched int64
}

// errLong says that a line is longer than vcf.MaxLine.
var errLong = errors.New("a long line")

// newline is the first byte after the first '\n' at from or later, or the end
// of the stream. from ascends. Where that is too far it is errLong, wherever
// the cutter began.
func (c *cutter) newline(from int64) (int64, error) {
	switch {
	case c.asked <= from && from < c.answered:
		return c.answered, nil
	case from >= c.searched || c.asked > from:
		c.searched = from
	}
	c.asked = from
	for {
		if i := c.searched - c.at; i < int64(len(c.buf)) {
			n := bytes.IndexByte(c.buf[i:], '\n')
			if n >= 0 {
				c.searched += int64(n)
			} else {
				c.searched = c.at + int64(len(c.buf))
			}
			if c.searched-from > vcf.MaxLine {
				return 0, errLong
			}
			if n >= 0 {
				c.answered = c.searched + 1
				return c.answered, nil
			}
		}
		if c.end {
			return c.at + int64(len(c.buf)), nil
		}
		if err := c.more(); err != nil {
			return 0, err
		}
	}
}

// more reads on. What is left is moved only if it is less than was used, so
// that in all each byte is moved about once.
func (c *cutter) more() error {
	n := len(c.buf)
	if cap(c.buf)-n < 64<<10 {
		if n > cap(c.kept)/2 {
			c.kept = make([]byte, 0, 2*n)
		} else if c.kept == nil {
			c.kept = make([]byte, 0, 512<<10)
		}
		c.buf = append(c.kept[:0], c.buf...)
	}
	m, err := c.r.Read(c.buf[n:min(cap(c.buf), n+256<<10)])
	c.buf = c.buf[:n+m]
	if err == io.EOF {
		c.end, err = true, nil
	}
	return err
}

// unit appends the lines of a unit. Units are asked for in order. After
// errLong, the next may be asked for.
func (c *cutter) unit(k int64, dst []byte) ([]byte, error) {
	next := c.l.start(k+1) - 1
	lo, err := c.newline(c.l.start(k) - 1)
	if err == nil {
		var hi int64
		if hi, err = c.newline(next); err == nil {
			dst = append(dst, c.buf[lo-c.at:hi-c.at]...)
		}
	}
	used := min(int64(len(c.buf)), max(0, next-c.at))
	c.buf = c.buf[used:]
	c.at += used
	return dst, err
}
