package recombinant_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"okazaki/analysis/virus/recombinant"
)

// plantedSites is the number of sites of a planted set.
const plantedSites = 110

// planted makes lineages, and genomes that were joined of two: at one
// breakpoint, or at two.
func planted(rnd *rand.Rand) (lineages, joined []row) {
	for range 5 {
		r := make([]byte, plantedSites)
		for i := range r {
			if r[i] = '0'; rnd.IntN(4) == 0 {
				r[i] = '1'
			}
		}
		lineages = append(lineages, row(r))
	}
	for n := range 60 {
		x := rnd.IntN(len(lineages))
		p, q := lineages[x], lineages[(x+1+rnd.IntN(len(lineages)-1))%len(lineages)]
		lo := 15 + rnd.IntN(40)
		hi := lo + 20 + rnd.IntN(30)
		if n%2 == 1 {
			hi = plantedSites
		}
		joined = append(joined, p[:lo]+q[lo:hi]+p[hi:])
	}
	return lineages, joined
}

// among returns three genomes of each lineage, and one that was joined.
func among(lineages []row, child row) (rows []row) {
	for _, l := range lineages {
		rows = append(rows, l, l, l)
	}
	return append(rows, child)
}

// A history is lineages that a genome was joined of, and the breakpoints.
type history struct{ parent, donor, lo, hi int }

// histories tries all pairs of lineages and all breakpoints, and returns those
// histories without a wrong site that have the fewest breakpoints.
func histories(child row, lineages []row) (breaks int, all []history) {
	right := make([][]int, len(lineages)) // by lineage: how many of the first sites are right
	for l, r := range lineages {
		right[l] = []int{0}
		for i := range r {
			n := right[l][i]
			if child[i] == r[i] {
				n++
			}
			right[l] = append(right[l], n)
		}
	}
	is := func(l, lo, hi int) bool { return right[l][hi]-right[l][lo] == hi-lo }
	for breaks = range 3 {
		for p := range lineages {
			for q := range lineages {
				for lo := 1; lo < plantedSites; lo++ {
					for hi := lo + 1; hi <= plantedSites; hi++ {
						if (hi == plantedSites) != (breaks < 2) || (p == q) != (breaks == 0) {
							continue
						}
						if is(p, 0, lo) && is(q, lo, hi) && is(p, hi, plantedSites) {
							all = append(all, history{p, q, lo, hi})
						}
					}
				}
			}
		}
		if len(all) > 0 {
			return breaks, all
		}
	}
	return 3, nil
}

// demanded says whether the genome's own mutations show both breakpoints of a
// history by the rule of the docs: two of each parent, some of the parent's on
// either side, and (m+1) / C(m+n, n) is 0.01 or less.
func demanded(child row, lineages []row, h history) bool {
	var before, within, after int
	for i := range child {
		p, q := lineages[h.parent].has(i), lineages[h.donor].has(i)
		switch {
		case !child.has(i) || p == q:
		case i < h.lo:
			before++
		case i >= h.hi:
			after++
		default:
			within++
		}
	}
	m := before + after
	ways := new(big.Int).Binomial(int64(m+within), int64(within))
	return before > 0 && after > 0 && within >= 2 && ways.Cmp(big.NewInt(int64(100*(m+1)))) >= 0
}

// TestPlanted holds what is said of joined genomes against all that might have
// been: where their mutations demand two breakpoints, two are said, and where
// one is enough, one.
func TestPlanted(t *testing.T) {
	lineages, joined := planted(rand.New(rand.NewPCG(12, 5)))
	var one, two int
	for i, child := range joined {
		breaks, all := histories(child, lineages)
		demands := breaks == 2 && demanded(child, lineages, all[0])
		rows := among(lineages, child)
		got := found(setOf(t, recombinant.Options{}, rows), len(rows))
		for g, m := range got[:len(rows)-1] {
			if m != nil {
				t.Errorf("genome %d was not joined: %+v", g, m)
			}
		}
		switch m := got[len(rows)-1]; {
		case m == nil && demands:
			t.Errorf("joined genome %d: nothing is said, its histories are %v", i, all)
		case m == nil:
		case len(m.Breakpoints) > breaks:
			t.Errorf("joined genome %d: breakpoints %v, and %d explain it", i, m.Breakpoints, breaks)
		case breaks == 1:
			one++
		case demands:
			if two++; !bracketed(m, all) {
				t.Errorf("joined genome %d: breakpoints %v, its histories are %v", i, m.Breakpoints, all)
			}
		}
	}
	if one < 15 || two < 15 {
		t.Errorf("%d genomes of one breakpoint and %d of two are too few to say anything", one, two)
	}
}

// TestAmongMany joins a genome of two lineages of nineteen genomes among 9,000
// others, each of another combination: the lineages' mutations must count.
func TestAmongMany(t *testing.T) {
	const noise = 14
	none := row(strings.Repeat("0", 18))
	var rows []row
	for n := range 9_000 {
		rows = append(rows, none+row(fmt.Sprintf("%0*b", noise, n)))
	}
	quiet := row(strings.Repeat("0", noise))
	for range 19 {
		rows = append(rows, "111111000000111111"+quiet, "000000111111000000"+quiet)
	}
	rows = append(rows, "111111111111111111"+quiet)
	s := setOf(t, recombinant.Options{}, rows)
	last := int32(len(rows) - 1)
	for n := range s.Backbones() {
		if s.Members(n)[0] != last {
			continue
		}
		m, ok := s.Finder().Find(n)
		if ok && len(m.Breakpoints) == 2 && s.Backbones() > 9_000 {
			return
		}
		t.Fatalf("%v %+v among %d combinations, want two breakpoints", ok, m, s.Backbones())
	}
	t.Errorf("the genome has no combination of its own among %d", s.Backbones())
}

// bracketed says whether both breakpoints lie around a history's.
func bracketed(m *recombinant.Mosaic, all []history) bool {
	if len(m.Breakpoints) != 2 {
		return false
	}
	around := func(b recombinant.Breakpoint, site int) bool {
		return b.After < site*spaced && site*spaced <= b.Before
	}
	for _, h := range all {
		if around(m.Breakpoints[0], h.lo) && around(m.Breakpoints[1], h.hi) {
			return true
		}
	}
	return false
}
