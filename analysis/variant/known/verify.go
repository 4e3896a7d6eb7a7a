package known

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"okazaki/format/container"
)

// IsSource says whether a file begins as a file made by okazaki index known.
func IsSource(f io.ReaderAt) bool { return fileKind.Is(f) }

// Verify reads the whole source, and returns an *okazaki.Error if it is not as it
// was written.
func (s *Source) Verify(ctx context.Context) error {
	var all []container.Section
	for _, c := range s.foot.Contigs {
		for _, ref := range c.Chunks {
			all = append(all, container.Section{
				Name: fmt.Sprintf("chunk %d of %s", ref.Number, c.Name), At: ref.At, Len: ref.Len, Sum: ref.Sum,
				Parse: func(b []byte) error {
					_, err := s.parse(ref, b)
					return err
				},
			})
		}
	}
	slices.SortFunc(all, func(a, b container.Section) int { return cmp.Compare(a.At, b.At) })
	return s.file.Check(ctx, slices.Values(all))
}
