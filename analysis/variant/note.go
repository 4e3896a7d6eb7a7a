package variant

import (
	"errors"
	"fmt"

	"okazaki/format/unpack"
	"okazaki/format/wire"
)

// append appends the layout, for the note of the axis.
func (l *layout) append(b []byte) []byte {
	b = append(b, byte(l.codec))
	for _, n := range []int64{l.header, l.end, l.unit, int64(len(l.members))} {
		b = wire.AppendUvarint(b, n)
	}
	var last unpack.Member
	for _, m := range l.members {
		b = wire.AppendUvarint(b, m.Offset-last.Offset)
		b = wire.AppendUvarint(b, m.Plain-last.Plain)
		last = m
	}
	return b
}

var errNote = errors.New("the note of the axis is damaged")

func readLayout(b []byte) (*layout, error) {
	r := wire.From(b)
	l := &layout{codec: unpack.Codec(r.Byte())}
	for _, n := range []*int64{&l.header, &l.end, &l.unit} {
		*n = int64(r.Uvarint())
	}
	var last unpack.Member
	for range r.Count(2) {
		last.Offset += int64(r.Uvarint())
		last.Plain += int64(r.Uvarint())
		l.members = append(l.members, last)
	}
	if r.End() != nil || l.unit < 1 || l.header < 1 || l.end < l.header {
		return nil, errNote
	}
	return l, nil
}

var errPart = errors.New("a part is damaged")

// damaged returns an error about a part, unless why is nil.
func damaged(why error) error {
	if why == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", errPart, why)
}
