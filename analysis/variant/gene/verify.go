package gene

import (
	"context"
	"errors"
	"io"
	"slices"
)

// IsModel says whether a file begins as a model made by okazaki index genes.
func IsModel(f io.ReaderAt) bool {
	return fileKind.Is(f)
}

// Verify reads the whole model, and returns an *okazaki.Error if it is not as it
// was written.
func (m *Model) Verify(ctx context.Context) error {
	if m.file != nil {
		if err := m.file.Check(ctx, slices.Values(m.sections)); err != nil {
			return err
		}
	}
	for _, c := range m.Contigs {
		if err := errors.Join(ctx.Err(), c.Load()); err != nil {
			return err
		}
	}
	return nil
}
