package virus_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"okazaki/analysis/virus"
	"okazaki/genome"
)

// scores are alignment parameters that datasets of Nextclade have.
type scores struct {
	match, mismatch, open, inFrame, outOfFrame, extend int
}

var scoresOfDatasets = []scores{
	{3, 1, 6, 7, 8, 0},
	{3, 1, 13, 18, 23, 1}, // CVA16
	{3, 1, 12, 16, 18, 1}, // hMPV
	{3, 1, 10, 15, 17, 1}, // measles
	{4, 1, 4, 4, 6, 1},    // mumps
	{3, 1, 8, 12, 14, 0},  // PRRSV
	{3, 1, 12, 16, 18, 9},
	{1, 0, 2, 2, 3, 0},
}

func (s scores) pathogen() []byte {
	return fmt.Appendf(nil, `{"alignmentParams": {"scoreMatch": %d, "penaltyMismatch": %d, "penaltyGapOpen": %d, "penaltyGapOpenInFrame": %d,
		"penaltyGapOpenOutOfFrame": %d, "penaltyGapExtend": %d, "terminalBandwidth": 500, "minSeedCover": 0.1}}`,
		s.match, s.mismatch, s.open, s.inFrame, s.outOfFrame, s.extend)
}

// oracle aligns q by these scores.
func (s scores) oracle(ref *virus.Reference, q []byte) *oracle {
	open := penalties(ref)
	for i, o := range open {
		open[i] = []int{s.open, s.inFrame, s.outOfFrame}[o-6]
	}
	return &oracle{ref: string(ref.Sequence), q: string(q), open: open, extend: s.extend, score: func(r, q byte) int {
		switch {
		case r == 'N' || q == 'N':
			return s.match - 1
		case genome.BaseOf(r).Compatible(genome.BaseOf(q)):
			return s.match
		}
		return -s.mismatch
	}}
}

// Whatever a dataset says that gaps cost, the alignment scores as the oracle's.
func TestPenaltiesOfDatasets(t *testing.T) {
	for _, s := range scoresOfDatasets {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			p, err := virus.ParseParams("pathogen.json", s.pathogen())
			if err != nil {
				t.Fatal(err)
			}
			for seed := range draws() {
				rng := rand.New(rand.NewPCG(seed, 11))
				ref := reference(rng, 600+rng.IntN(800))
				q := relative(rng, string(ref.Sequence), 15+rng.IntN(80))
				if at, n := 150+rng.IntN(len(q)-300), 5+rng.IntN(25); rng.IntN(2) == 0 { // other bases in place of some
					copy(q[at:], letters(rng, "ACGT", n))
				}
				calls := virus.NewCaller(ref, p).Call(q)
				if want := s.oracle(ref, q).best(); calls.Problem != "" || calls.Score != want {
					t.Errorf("seed %d: score %d, %q, the oracle's is %d: deletions %v, %d insertions", seed, calls.Score, calls.Problem,
						want, calls.Deletions, len(calls.Insertions))
				}
			}
		})
	}
}

// Forty bases that are others: where each base of a gap costs, they are
// substitutions, and where it doesn't two gaps find more matches.
func TestGapExtensionCounts(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 0))
	ref := &virus.Reference{Name: "r", Sequence: []byte(letters(rng, "ACGT", 1500))}
	q := slices.Clone(ref.Sequence)
	copy(q[700:], strings.Repeat("A", 5)+letters(rng, "ACGT", 35))
	gaps := map[int]int{}
	for _, extend := range []int{0, 1, 9} {
		s := scores{3, 1, 12, 12, 12, extend}
		p, err := virus.ParseParams("pathogen.json", s.pathogen())
		if err != nil {
			t.Fatal(err)
		}
		calls := virus.NewCaller(ref, p).Call(q)
		if want := s.oracle(ref, q).best(); calls.Score != want {
			t.Errorf("extend %d: score %d, the oracle's is %d", extend, calls.Score, want)
		}
		gaps[extend] = len(calls.Deletions) + len(calls.Insertions)
	}
	if gaps[0] == 0 || gaps[9] != 0 {
		t.Errorf("gaps by what their bases cost: %v", gaps)
	}
}
