package simulate

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// A source draws the random numbers of one actor. All draws compare integers,
// so that no processor's rounding is seen in an outbreak.
type source struct{ pcg rand.PCG }

// The actors that draw.
const (
	actorTree = iota
	actorWaves
	actorSites
	actorTiles
	actorStrangers
	actorRecords // and onwards: one a record
)

// seeded returns the source of an actor.
func seeded(seed, actor uint64) source {
	var s source
	s.pcg.Seed(mix(seed), mix(actor^0x6f6b617a616b69))
	return s
}

// mix spreads the bits of x over all of the result (Steele et al. 2014,
// OOPSLA, SplitMix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// below draws from [0, n).
func (s *source) below(n int) int {
	hi, _ := bits.Mul64(s.pcg.Uint64(), uint64(n))
	return int(hi)
}

// between draws from [lo, hi).
func (s *source) between(lo, hi int) int { return lo + s.below(hi-lo) }

// A chance is a probability, of 2^63.
type chance uint64

func chanceOf(p float64) chance { return chance(math.Round(min(max(p, 0), 1) * (1 << 63))) }

// happens draws whether an event with this chance happens.
func (s *source) happens(c chance) bool { return s.pcg.Uint64()>>1 < uint64(c) }

// weights are the running totals of the indexes' weights.
type weights []uint64

// weigh rounds the indexes' weights to multiples of unit.
func weigh(unit float64, each []float64) weights {
	w, total := make(weights, len(each)), uint64(0)
	for i, x := range each {
		total += uint64(math.Round(x / unit))
		w[i] = total
	}
	return w
}

// draw draws an index by its weight. The weights must not all be 0.
func (w weights) draw(s *source) int {
	at, _ := bits.Mul64(s.pcg.Uint64(), w[len(w)-1])
	i, _ := slices.BinarySearch(w, at+1)
	return i
}

// poisson returns the distribution of a count with the mean, which is at most a
// few hundred.
func poisson(mean float64) weights {
	var each []float64
	for p, k, left := math.Exp(-mean), 0.0, 1.0; left > 1e-12; k++ {
		each = append(each, p)
		left -= p
		p *= mean / (k + 1)
		if k > mean && p < 1e-15 {
			break
		}
	}
	return weigh(1.0/(1<<52), each)
}
