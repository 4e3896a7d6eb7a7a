package guide

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestGuidesAreRankedInBlocks ranks guides that are held a few at a time. The
// ranks are as if all were held, each target's guides by themselves.
func TestGuidesAreRankedInBlocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := &engine{request: &request{pam: PAM{Patterns: []string{"NGG"}}, length: scored, maxOff: 3, excludeWithin: -1}, block: rapid.IntRange(1, 5).Draw(t, "block")}
		var records []byte
		var want []standing
		var of []string // targets, in order
		for i := range rapid.IntRange(0, 20).Draw(t, "guides") {
			own := &tally{number: i, candidate: Candidate{Of: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "target")}, cfd: int64(rapid.IntRange(0, 3).Draw(t, "CFD")) * unit / 4}
			own.counts[kind(0, 0, 0)] = int64(rapid.IntRange(0, 4).Draw(t, "hits"))
			own.unscored = int64(rapid.IntRange(0, 1).Draw(t, "unscored"))
			records = own.append(records)
			if s := e.summarise(own); e.request.keeps(s) {
				own := s.standing()
				if !slices.Contains(of, s.candidate.Of) {
					of = append(of, s.candidate.Of)
				}
				own.target = int32(slices.Index(of, s.candidate.Of))
				want = append(want, own)
			}
		}
		slices.SortFunc(want, better)
		result := func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(records)), nil }
		at, rank := 0, 0
		err := e.ranked(t.Context(), result, func(s *summary) []byte { return fmt.Append(nil, s.number, " ", s.rank) }, func(row []byte) error {
			if rank++; at > 0 && want[at].target != want[at-1].target {
				rank = 1
			}
			if at >= len(want) || string(row) != fmt.Sprint(want[at].number, " ", rank) {
				t.Fatalf("guide and rank %s is the best but %d", row, at)
			}
			at++
			return nil
		})
		if err != nil || at != len(want) {
			t.Fatalf("%d of %d guides are ranked: %v", at, len(want), err)
		}
	})
}
