package fasta

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"okazaki/format/unpack"
)

// A layout is where the letters of a record lie in its file, unpacked: begin
// is the offset of the first, and each line but the last has width of them. A
// width of 0 says that the lines differ in length.
type layout struct{ begin, width int64 }

// recordLines are what is known so far of a record's layout.
type recordLines struct {
	layout
	ended  bool // a line was shorter than the others: no letter may follow
	ragged bool // there is no layout
}

// look takes the next bytes of a record, the first of which lies at an offset.
func (l *recordLines) look(b []byte, at int64) {
	for len(b) > 0 && !l.ragged {
		if l.ended {
			l.ragged = len(bytes.Trim(b, "\n")) > 0
			return
		}
		end := int64(len(b))
		if l.width > 0 {
			end = l.width - (at-l.begin)%(l.width+1) // where the line ends
		}
		i := int64(bytes.IndexByte(b[:min(end, int64(len(b)))], '\n'))
		switch {
		case i >= 0 && l.width == 0:
			l.width = at + i - l.begin
			l.ended = l.width == 0
			b, at = b[i+1:], at+i+1
		case i >= 0:
			l.ended = true
			b, at = b[i+1:], at+i+1
		case end >= int64(len(b)):
			return
		case b[end] != '\n':
			l.ragged = true
		default:
			b, at = b[end+1:], at+end+1
		}
	}
}

// of returns the layout of a record with the given number of letters.
func (l *recordLines) of(letters int64) layout {
	switch {
	case l.ragged || letters == 0:
		return layout{}
	case l.width == 0:
		return layout{l.begin, letters} // a line without an end
	}
	return l.layout
}

// CanRange says whether letters of a record can be read without those before
// them: its file is not compressed, and its lines are equally long.
func (r *Reader) CanRange(record int64) bool {
	file := r.fileOf(record)
	return record < int64(len(r.x.layouts)) && r.x.layouts[record].width > 0 && r.x.files[file].codec == unpack.Plain
}

// Range appends the letters [from, to) of a record that CanRange to dst. An error
// is an *okazaki.Error if the source is not what it was when it was indexed.
func (r *Reader) Range(ctx context.Context, dst []byte, record, from, to int64) ([]byte, error) {
	if from < 0 || to < from || !r.CanRange(record) || to > r.x.lengths[record] {
		return dst, fmt.Errorf("fasta: letters [%d,%d) of record %d", from, to, record)
	}
	file := r.fileOf(record)
	src, l := r.sources[file], r.x.layouts[record]
	if err := src.missing(); err != nil {
		return dst, err
	}
	if n := src.File.Size(); n != r.x.files[file].size {
		return dst, changed(src.Name, fmt.Sprintf("it has %d bytes and had %d", n, r.x.files[file].size))
	}
	buf := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(buf)
	at := l.begin + from + from/l.width
	between := false // a line has ended, and its line feed comes next
	for from < to {
		if err := ctx.Err(); err != nil {
			return dst, err
		}
		b := buf[:min(int64(len(buf)), l.begin+to+(to-1)/l.width-at)]
		if n, err := src.File.ReadAt(b, at); n < len(b) {
			if err == io.EOF {
				return dst, changed(src.Name, "it ends sooner")
			}
			return dst, err
		}
		at += int64(len(b))
		for len(b) > 0 && from < to {
			if between {
				if b[0] != '\n' {
					return dst, changed(src.Name, "a line is longer")
				}
				b = b[1:]
			}
			n := min(int64(len(b)), l.width-from%l.width, to-from)
			if bytes.IndexByte(b[:n], '\n') >= 0 {
				return dst, changed(src.Name, "a line is shorter")
			}
			dst, b, from = append(dst, b[:n]...), b[n:], from+n
			between = from%l.width == 0 && n > 0
		}
	}
	return dst, nil
}

// fileOf is the number of the source that a record is in.
func (r *Reader) fileOf(record int64) int {
	for i := range r.x.files {
		if record -= r.x.files[i].records; record < 0 {
			return i
		}
	}
	return len(r.x.files) - 1
}
