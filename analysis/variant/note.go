package variant

import (
	"encoding/binary"
	"errors"

	"okazaki/format/unpack"
)

// append appends the layout, for the note of the axis.
func (l *layout) append(b []byte) []byte {
	b = append(b, byte(l.codec))
	for _, n := range []int64{l.header, l.end, l.unit, int64(len(l.members))} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	var last unpack.Member
	for _, m := range l.members {
		b = binary.AppendUvarint(b, uint64(m.Offset-last.Offset))
		b = binary.AppendUvarint(b, uint64(m.Plain-last.Plain))
		last = m
	}
	return b
}

var errNote = errors.New("the note of the axis is damaged")

func readLayout(b []byte) (*layout, error) {
	d := &decoder{b: b}
	l := &layout{codec: unpack.Codec(d.byte())}
	for _, n := range []*int64{&l.header, &l.end, &l.unit} {
		*n = int64(d.uvarint())
	}
	var last unpack.Member
	for range d.count(2) {
		last.Offset += int64(d.uvarint())
		last.Plain += int64(d.uvarint())
		l.members = append(l.members, last)
	}
	if d.err != nil || l.unit < 1 || l.header < 1 || l.end < l.header {
		return nil, errNote
	}
	return l, nil
}

// A decoder reads from a slice. After its first error it reads zeros.
type decoder struct {
	b   []byte
	err error
}

var errPart = errors.New("a part is damaged")

func (d *decoder) fail() {
	d.b, d.err = nil, errPart
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.fail()
		return 0
	}
	c := d.b[0]
	d.b = d.b[1:]
	return c
}

func (d *decoder) uvarint() uint64 {
	n, size := binary.Uvarint(d.b)
	if size <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[size:]
	return n
}

// count reads a number of things that take at least size bytes each.
func (d *decoder) count(size int) int {
	n := d.uvarint()
	if n > uint64(len(d.b)/size) {
		d.fail()
		return 0
	}
	return int(n)
}

// bytes reads a number and then that many bytes, which share the decoder's
// memory.
func (d *decoder) bytes() []byte {
	n := d.count(1)
	b := d.b[:n:n]
	d.b = d.b[n:]
	return b
}

func appendBytes(b, field []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(field))), field...)
}

func (d *decoder) varint() int64 {
	n, size := binary.Varint(d.b)
	if size <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[size:]
	return n
}
