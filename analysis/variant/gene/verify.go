package gene

import (
	"context"
	"errors"
	"io"
)

// IsModel says whether a file begins as a model made by okazaki index genes.
func IsModel(f io.ReaderAt) bool {
	head := make([]byte, len(magic))
	n, _ := f.ReadAt(head, 0) // a file too short has another beginning
	return string(head[:n]) == magic
}

// Verify reads the whole model, and returns an *okazaki.Error if it is not as it
// was written.
func (m *Model) Verify(ctx context.Context) error {
	for _, c := range m.Contigs {
		if err := errors.Join(ctx.Err(), c.Load()); err != nil {
			return err
		}
	}
	return nil
}
