package virus_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"okazaki/analysis/virus"
)

// crowded is a genome of ref with some long gaps, between which many bases
// differ.
func crowded(rng *rand.Rand, ref string) []byte {
	q := []byte(ref)
	for range len(q) / 16 {
		q[rng.IntN(len(q))] = "ACGT"[rng.IntN(4)]
	}
	lengths := []int{1, 3, 9, 30, 45, 100}
	for range 3 {
		at := 100 + rng.IntN(len(q)-400)
		q = slices.Delete(q, at, at+lengths[rng.IntN(6)])
		at = 100 + rng.IntN(len(q)-200)
		q = slices.Insert(q, at, []byte(letters(rng, "ACGT", lengths[rng.IntN(5)]))...)
	}
	return q
}

// Long gaps close together are found, each of which leads away from where the
// genome goes on.
func TestLongGapsCloseTogether(t *testing.T) {
	for seed := range 2 * draws() {
		rng := rand.New(rand.NewPCG(seed, 9))
		ref := reference(rng, 700)
		isOptimal(t, fmt.Sprint("seed ", seed), ref, virus.Params{TerminalBand: 200}, crowded(rng, string(ref.Sequence)))
	}
}
