package fasta

import (
	"errors"
	"fmt"
	"math"

	"github.com/klauspost/compress/zstd"

	"okazaki/format/inflate"
	"okazaki/format/unpack"
	"okazaki/format/wire"
)

// magic begins an encoded index; its last byte is the version.
const magic = "OKFA\x04"

// maxWindows limits the windows of all points, in bytes: twice what the
// windows of 10 TB of input take.
const maxWindows = 256 << 20

// MarshalBinary writes the index in a form that UnmarshalBinary reads: about
// ten bytes a point, one point for each 4 MB of large files at most. A point
// inside a gzip member, one for each 8 MB at most, takes up to 8 KB more, and
// little where genomes are alike.
func (x *Index) MarshalBinary() ([]byte, error) {
	b := []byte(magic)
	b = wire.AppendUvarint(b, len(x.files))
	var windows []byte
	for i := range x.files {
		b = x.files[i].append(b)
		for _, p := range x.files[i].points {
			if p.member.Inside != nil {
				windows = append(windows, p.member.Inside.Window...)
			}
		}
	}
	var packed []byte // EncodeAll would write a frame for no bytes too
	if len(windows) > 0 {
		z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		packed = z.EncodeAll(windows, nil)
	}
	b = wire.AppendBytes(b, packed)
	b = x.appendRepeats(b)
	if x.lengths == nil {
		return append(b, 0), nil
	}
	b = append(b, 1)
	for i, n := range x.lengths {
		b = wire.AppendUvarint(b, n)
		b = wire.AppendBytes(b, x.names[i])
		b = wire.AppendUvarint(b, x.layouts[i].begin)
		b = wire.AppendUvarint(b, x.layouts[i].width)
	}
	return b, nil
}

func (f *fileIndex) append(b []byte) []byte {
	for _, v := range []int64{f.size, f.plain, f.records, int64(f.codec), int64(len(f.points))} {
		b = wire.AppendUvarint(b, v)
	}
	var last point
	for _, p := range f.points {
		for _, v := range []int64{p.record - last.record, p.line - last.line,
			p.member.Offset - last.member.Offset, p.member.Plain - last.member.Plain, p.skip} {
			b = wire.AppendUvarint(b, v)
		}
		b = wire.AppendUint32(b, p.check)
		if in := p.member.Inside; in == nil {
			b = append(b, 0)
		} else {
			b = append(b, 1+byte(in.Bit&7))
			b = wire.AppendUvarint(b, len(in.Window))
		}
		last = p
	}
	return b
}

// UnmarshalBinary reads what MarshalBinary wrote. It needs no more memory than
// a small multiple of the data and maxWindows, whatever they are, and an error
// leaves x as it was.
func (x *Index) UnmarshalBinary(data []byte) error {
	if len(data) < len(magic) || string(data[:len(magic)-1]) != magic[:len(magic)-1] {
		return errors.New("fasta: this is not an index of FASTA files")
	}
	if v := data[len(magic)-1]; v != magic[len(magic)-1] {
		return fmt.Errorf("fasta: an index of version %d, only %d is read", v, magic[len(magic)-1])
	}
	d := decoder{Reader: wire.From(data[len(magic):])}
	var y Index
	for range d.Count(5) {
		y.files = append(y.files, d.file())
	}
	d.windows(&y)
	d.repeats(&y)
	if d.Bool() {
		d.lengths(&y)
	}
	if err := d.End(); err != nil {
		return fmt.Errorf("fasta: the index is damaged: %w", err)
	}
	*x = y
	return nil
}

// A decoder reads an encoded index.
type decoder struct {
	wire.Reader
	records int64
	sizes   []int64 // of the windows
	inside  int64   // their sum
}

var errContradiction = errors.New("its numbers contradict each other")

// int reads a number, four of which can be added.
func (d *decoder) int() int64 {
	v := d.Uvarint()
	if v > math.MaxInt64/4 {
		d.Fail(wire.ErrLarge)
		return 0
	}
	return int64(v)
}

func (d *decoder) file() fileIndex {
	f := fileIndex{size: d.int(), plain: d.int(), records: d.int()}
	f.codec = unpack.Codec(min(d.int(), math.MaxUint8))
	n := d.Count(10)
	f.points = make([]point, 0, n)
	var p point
	for range n {
		p.member.Inside = nil
		p.record += d.int()
		p.line += d.int()
		p.member.Offset += d.int()
		p.member.Plain += d.int()
		p.skip = d.int()
		p.check = d.Uint32()
		if bit := d.Byte(); bit > 0 {
			size := d.int()
			if d.inside += size; size > inflate.Window || d.inside > maxWindows || bit > 8 || f.codec != unpack.Gzip {
				d.Fail(errContradiction)
				break
			}
			p.member.Inside = &inflate.Place{Bit: p.member.Offset<<3 | int64(bit-1)}
			d.sizes = append(d.sizes, size)
		}
		if !f.fits(p) {
			d.Fail(errContradiction)
			break
		}
		f.points = append(f.points, p)
	}
	// A file that was indexed has a record, and it can be reached.
	if n == 0 || f.records == 0 || f.codec > unpack.XZ || f.records > f.plain {
		d.Fail(errContradiction)
	}
	d.records += f.records
	if d.records > math.MaxInt64/4 {
		d.Fail(errContradiction)
	}
	return f
}

// fits says whether a point may follow the points of f.
func (f *fileIndex) fits(p point) bool {
	if n := len(f.points); n > 0 {
		last := f.points[n-1]
		if p.record <= last.record || p.line <= last.line || p.offset() <= last.offset() {
			return false
		}
	} else if p.record != 0 || p.line == 0 {
		return false
	}
	return p.record < f.records && p.member.Offset < f.size && p.offset() >= 0 && p.offset() < f.plain
}

// windows reads the windows of all points inside gzip members.
func (d *decoder) windows(x *Index) {
	packed := d.Bytes()
	if d.inside == 0 && len(packed) > 0 {
		d.Fail(errContradiction)
	}
	if d.Err() != nil || d.inside == 0 {
		return
	}
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(d.inside)))
	if err != nil {
		d.Fail(errContradiction)
		return
	}
	defer z.Close()
	all, err := z.DecodeAll(packed, nil)
	if err != nil || int64(len(all)) != d.inside {
		d.Fail(errContradiction)
		return
	}
	for i := range x.files {
		for _, p := range x.files[i].points {
			if in := p.member.Inside; in != nil {
				in.Window, all, d.sizes = all[:d.sizes[0]], all[d.sizes[0]:], d.sizes[1:]
			}
		}
	}
}

func (d *decoder) lengths(x *Index) {
	if d.records > int64(d.Len()/4) {
		d.Fail(wire.ErrShort)
		return
	}
	x.lengths = make([]int64, d.records)
	x.names = make([]string, d.records)
	x.layouts = make([]layout, d.records)
	for i := range x.lengths {
		x.lengths[i] = d.int()
		x.names[i] = d.String()
		x.layouts[i] = layout{d.int(), d.int()}
	}
}
