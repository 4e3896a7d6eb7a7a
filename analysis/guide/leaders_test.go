package guide

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"okazaki"
	"pgregory.net/rapid"
)

// TestLeadersAreTheFirstOfEachTarget holds the leaders against all guides in their
// order. Many guides are equal but for how well they are predicted to cut.
func TestLeadersAreTheFirstOfEachTarget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := &engine{request: &request{pam: PAM{Patterns: []string{"NGG"}}, length: scored, maxOff: 3, excludeWithin: -1}, block: blockRows, job: &okazaki.Job{}}
		most, guides := rapid.IntRange(1, 4).Draw(t, "most"), rapid.IntRange(0, 90).Draw(t, "guides")
		e.request.primers = &amplification{most: most}
		var records []byte
		for i := range guides {
			own := &tally{number: i, candidate: Candidate{Of: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "target")}}
			own.cfd = int64(rapid.IntRange(0, 1).Draw(t, "CFD")) * unit / 4
			own.counts[kind(0, 0, 0)] = int64(rapid.IntRange(1, 4).Draw(t, "hits"))
			own.home = &home{locus: locus{Name: "chr1", Anchor: int64(100 * i)}, pam: "AGG"}
			if n := rapid.IntRange(0, 4).Draw(t, "context"); n > 0 { // 0: none
				own.home.context = strings.Repeat("ACGT", 6)[n:n+20] + "ACGTACAGGACGTAC"
			}
			records = own.append(records)
		}
		result := func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(records)), nil }
		var want []int
		err := e.ranked(t.Context(), result, func(s *summary) []byte {
			if s.rank > most {
				return nil
			}
			return binary.AppendUvarint(nil, uint64(s.number))
		}, func(row []byte) error {
			if n, ok := binary.Uvarint(row); ok > 0 {
				want = append(want, int(n))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		task := &okazaki.Task{Prior: []okazaki.Result{result}}
		var parts [][]byte
		for lo := int64(0); lo < int64(guides); {
			task.Span = okazaki.Span{Lo: lo, Hi: int64(guides)}
			stop := rapid.Int64Range(lo+1, int64(guides)).Draw(t, "stop")
			task.Continue = func(done int64) bool { return done < stop }
			part, done, err := e.workLeaders(t.Context(), task)
			if err != nil || done != stop {
				t.Fatalf("the span from %d ends at %d, not %d: %v", lo, done, stop, err)
			}
			parts, lo = append(parts, part), done
		}
		merged, err := e.mergeLeaders(parts)
		if err != nil {
			t.Fatal(err)
		}
		targets, err := e.joinLeaders(merged)
		if err != nil {
			t.Fatal(err)
		}
		at := 0
		for _, list := range targets {
			for i := range list.list {
				if at >= len(want) || int(list.list[i].number) != want[at] {
					t.Fatalf("leader %d is guide %d; of the first %d the guides are %v", at, list.list[i].number, most, want)
				}
				at++
			}
		}
		if at != len(want) {
			t.Fatalf("%d leaders, not %d", at, len(want))
		}
	})
}
