package simulate_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"okazaki/analysis/virus"
	"okazaki/analysis/virus/simulate"
	"okazaki/format/fasta"
)

// odd is an outbreak with all that can be odd.
var odd = simulate.Options{Genomes: 3000, Seed: 3, Reversed: 0.05, Mixed: 0.03, Foreign: 0.03, Other: 0.03, Recombinants: 0.02,
	Indels: 0.1, Ambiguous: 1, Unread: 2, Dropout: 0.05}

func outbreak(tb testing.TB, o simulate.Options) *simulate.Outbreak {
	tb.Helper()
	b, err := simulate.New(virus.SARS2(), o)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// files writes an outbreak to memory.
func files(tb testing.TB, o *simulate.Outbreak, pack bool) (genomes, truth, tree, lineages []byte) {
	tb.Helper()
	var b [4]bytes.Buffer
	f := func(i int) simulate.File { return simulate.File{Writer: &b[i], Zstd: pack} }
	if err := o.Write(context.Background(), simulate.Files{Genomes: f(0), Truth: f(1), Tree: f(2), Lineages: f(3)}); err != nil {
		tb.Fatal(err)
	}
	return b[0].Bytes(), b[1].Bytes(), b[2].Bytes(), b[3].Bytes()
}

// TestTheTruthIsWhatTheCallerFinds aligns the genomes of an outbreak in which
// everything odd is common.
func TestTheTruthIsWhatTheCallerFinds(t *testing.T) {
	caller := virus.NewCaller(virus.SARS2(), virus.SARS2Params())
	for _, o := range []simulate.Options{{Genomes: 2000}, odd} {
		wrong := 0
		for _, r := range outbreak(t, o).All(0, o.Genomes) {
			calls := caller.Call(r.Sequence)
			got, want := shown(calls), shown(&r.Calls)
			switch {
			case r.Kind == simulate.Other:
				if calls.Problem == "" {
					t.Errorf("%s: another virus is aligned", r.Name)
				}
			case r.Kind != simulate.Foreign && (got != want || calls.Reverse != (r.Kind == simulate.Reversed)):
				if wrong++; wrong < 20 {
					t.Logf("%s, %v:\ngot  %s\nwant %s", r.Name, r.Kind, got, want)
				}
			}
		}
		t.Logf("%d of %d are called otherwise", wrong, o.Genomes)
		if wrong > o.Genomes/1000 {
			t.Errorf("%d of %d are called otherwise", wrong, o.Genomes)
		}
	}
}

func shown(c *virus.Calls) string {
	return c.Problem + fmt.Sprint(c.Aligned) + string(c.AppendMutations(nil))
}

var _ = []any{io.Discard, math.Abs, regexp.MustCompile, runtime.NumCPU, slices.Sort[[]int], strconv.Itoa, strings.Cut, time.Now, zstd.NewReader, rapid.Check, fasta.Scan}
