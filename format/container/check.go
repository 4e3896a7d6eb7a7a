package container

import (
	"context"
	"fmt"
	"iter"
)

// A Section is a stretch of a file with a checksum.
type Section struct {
	Name    string // in errors; may be empty
	At, Len int64
	Sum     uint32                   // CRC-32C of the bytes
	Parse   func(bytes []byte) error // looks at the bytes, if their sum is right; may be nil
}

// Check reads all sections, which come in the order of the file, and the zeros
// between them. It returns an *okazaki.Error if the file is not as it was
// written.
func (x *File) Check(ctx context.Context, sections iter.Seq[Section]) error {
	at, last := x.Start, int64(0)
	for s := range sections {
		if err := ctx.Err(); err != nil {
			return err
		}
		if s.At < last || s.Len < 0 || s.At > x.End-s.Len {
			return x.Damaged("its " + x.where() + " contradicts itself")
		}
		if err := x.zeros(at, s.At); err != nil {
			return err
		}
		if err := x.check(&s); err != nil {
			return err
		}
		last = s.At + s.Len
		at = max(at, last)
	}
	return x.zeros(at, x.End)
}

func (x *File) check(s *Section) error {
	b, err := x.Bytes(s.At, s.Len)
	if err != nil {
		return err
	}
	if Sum(b) != s.Sum {
		what := fmt.Sprintf("another checksum at byte %d", s.At)
		if s.Name != "" {
			what += ", in " + s.Name
		}
		return x.Damaged(what)
	}
	if s.Parse == nil {
		return nil
	}
	return s.Parse(b)
}

// zeros returns an error unless the bytes [from, to) are zeros.
func (x *File) zeros(from, to int64) error {
	const step = 1 << 20
	for ; from < to; from += step {
		b, err := x.Bytes(from, min(step, to-from))
		if err != nil {
			return err
		}
		for i, c := range b {
			if c != 0 {
				return x.Damaged(fmt.Sprintf("byte %d lies between its sections and is not 0", from+int64(i)))
			}
		}
	}
	return nil
}
