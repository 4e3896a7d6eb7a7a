package variant

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestOrder ranks rows in as little memory as wanted, as a stable sort does.
func TestOrder(t *testing.T) {
	type row struct {
		key  uint64
		text string
	}
	rapid.Check(t, func(t *rapid.T) {
		var keys []uint64
		for range rapid.IntRange(1, 20).Draw(t, "keys") {
			keys = append(keys, rapid.Uint64().Draw(t, "key")>>rapid.SampledFrom([]int{0, 1, 20, 50}).Draw(t, "shift"))
		}
		near := rapid.IntRange(0, 3).Draw(t, "near")
		var rows []row
		for i := range rapid.IntRange(0, 300).Draw(t, "rows") {
			key := rapid.SampledFrom(keys).Draw(t, "key") + uint64(rapid.IntRange(0, near).Draw(t, "plus"))
			rows = append(rows, row{key, fmt.Sprintf("row %d", i)})
		}
		var got []string
		s := &sorter{
			keep: int64(rapid.IntRange(1, 20_000).Draw(t, "keep")),
			rows: func(do func(uint64, []byte) error) error {
				for _, r := range rows {
					if err := do(r.key, []byte(r.text)); err != nil {
						return err
					}
				}
				return nil
			},
			write: func(b []byte) error { got = append(got, string(b)); return nil },
		}
		bins := make([]bin, 1<<digits)
		for _, r := range rows {
			count(bins, r.key, 64-digits, len(r.text))
		}
		if err := s.sort(bins); err != nil {
			t.Fatal(err)
		}
		slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(b.key, a.key) })
		var want []string
		for _, r := range rows {
			want = append(want, r.text)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%v\nwant %v", got, want)
		}
	})
}
