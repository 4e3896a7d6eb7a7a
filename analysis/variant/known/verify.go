package known

import (
	"context"
	"io"
)

// IsSource says whether a file begins as a file made by okazaki index known.
func IsSource(f io.ReaderAt) bool {
	head := make([]byte, len(magic))
	n, _ := f.ReadAt(head, 0) // a file too short has another beginning
	return string(head[:n]) == magic
}

// Verify reads the whole source, and returns an *okazaki.Error if it is not as it
// was written.
func (s *Source) Verify(ctx context.Context) error {
	for _, c := range s.foot.Contigs {
		for _, ref := range c.Chunks {
			if _, err := s.read(ref); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}
