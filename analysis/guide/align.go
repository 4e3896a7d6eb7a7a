package guide

import (
	"fmt"
	"math/bits"
)

// An Allowance is the number of differences that a hit may have from its guide.
type Allowance struct {
	Mismatches int // pairs that don't match, 0 to MaxMismatches
	DNA        int // bases of the genome opposite no base of the guide, 0 to MaxBulges
	RNA        int // bases of the guide opposite no base of the genome, 0 to MaxBulges
	Both       int // DNA and RNA together, 0 to DNA+RNA
}

// String returns the allowance as k4, or as k4d1r1b2 if it has bulges.
func (a Allowance) String() string {
	if !a.bulges() {
		return fmt.Sprintf("k%d", a.Mismatches)
	}
	return fmt.Sprintf("k%dd%dr%db%d", a.Mismatches, a.DNA, a.RNA, a.Both)
}

// bulges says whether bulges are allowed.
func (a Allowance) bulges() bool { return a.Both > 0 }

// An Alignment is how a guide lies on a site.
//
// Among the alignments within the allowance it has the fewest bulges, then the
// fewest mismatches. Of the rest it pairs for longest before a bulge, read from
// the PAM, with DNA bulges before RNA bulges. So a site that is hit without
// bulges is the same hit when bulges are allowed. The guide's first and last
// base always pair. No DNA bulge touches an RNA bulge: that is a mismatch.
type Alignment struct {
	Mismatches, DNA, RNA int
	ops                  []op // from the PAM; nil if there is no bulge
}

type op uint8

const (
	pair op = iota
	dna     // a base of the genome alone
	rna     // a base of the guide alone
)

// mismatch marks the guide's bases that don't pair with the site's base that
// lies shift further from the PAM. Beyond the contig nothing pairs.
func (g *Guide) mismatch(s *site, shift int) uint32 {
	lo, hi, other, room := s.lo, s.hi, s.nonACGT, s.basesToContigEnd-shift
	if shift >= 0 {
		lo, hi, other = lo>>shift, hi>>shift, other>>shift
	} else {
		lo, hi, other = lo<<-shift, hi<<-shift, other<<-shift|(1<<-shift-1)
	}
	x := (lo ^ g.lo) | (hi ^ g.hi) | other
	if room < 32 {
		x |= ^uint32(0) << max(room, 0)
	}
	return x & (1<<g.Len() - 1)
}

// align finds the canonical alignment. It returns false if there is none within
// the allowance.
func (g *Guide) align(s *site, a Allowance) (Alignment, bool) {
	if s.basesToContigEnd >= g.Len() {
		if n := bits.OnesCount32(g.mismatch(s, 0)); n <= a.Mismatches {
			return Alignment{Mismatches: n}, true
		}
	}
	if !a.bulges() {
		return Alignment{}, false
	}
	return g.alignBulged(s, a)
}

// alignBulged is align for sites that are not a hit without bulges.
func (g *Guide) alignBulged(s *site, a Allowance) (Alignment, bool) {
	var m shifted
	for shift := -a.RNA; shift <= a.DNA; shift++ {
		m[shift+MaxBulges] = g.mismatch(s, shift)
	}
	least := g.least(&m, a)
	for total := 1; total <= a.Both; total++ {
		if best, ok := g.alignTotal(&m, &least, s.basesToContigEnd, total, a); ok {
			return best, true
		}
	}
	return Alignment{}, false
}

// shifted has mismatch's result for each shift, from -MaxBulges on.
type shifted [2*MaxBulges + 1]uint32

// alignTotal returns the best alignment with a given number of bulges.
func (g *Guide) alignTotal(m *shifted, least *bounds, room, total int, a Allowance) (best Alignment, found bool) {
	for d := max(0, total-a.RNA); d <= min(total, a.DNA); d++ {
		r := total - d
		if g.Len()+d-r > room || int(least[d][r]) > a.Mismatches {
			continue
		}
		t := newTable(m, g.Len(), d, r)
		n := t.cost(0, d, r, pair)
		if n > a.Mismatches || found && n > best.Mismatches {
			continue
		}
		next := Alignment{Mismatches: n, DNA: d, RNA: r, ops: t.walk(d, r)}
		if !found || n < best.Mismatches || before(next.ops, best.ops) {
			best, found = next, true
		}
	}
	return best, found
}

// bounds has, by the number of DNA and RNA bulges, a number of mismatches below
// which there is no alignment.
type bounds [MaxBulges + 1][MaxBulges + 1]int8

// least goes as far along the guide as it can for each number of mismatches
// (Landau and Vishkin 1989, J. Algorithms 10:157). Unlike an alignment, its
// path may end in a bulge, and bulges may touch.
func (g *Guide) least(m *shifted, a Allowance) (found bounds) {
	for i := range found {
		found[i] = [...]int8{never, never, never}
	}
	var far [MaxBulges + 1][MaxBulges + 1][MaxMismatches + 1]int
	n := g.Len()
	for d := 0; d <= a.DNA; d++ {
		for r := 0; r <= a.RNA; r++ {
			if d+r > a.Both {
				continue
			}
			diff := uint64(m[MaxBulges+d-r]) | 1<<n
			for k := 0; k <= a.Mismatches; k++ {
				i := 0
				if k > 0 {
					i = far[d][r][k-1] + 1
				}
				if d > 0 {
					i = max(i, far[d-1][r][k])
				}
				if r > 0 {
					i = max(i, far[d][r-1][k]+1)
				}
				i = min(i, n)
				i += bits.TrailingZeros64(diff >> i)
				if far[d][r][k] = i; i >= n {
					found[d][r] = int8(k)
					break
				}
			}
		}
	}
	return found
}

// once says whether least finds no more mismatches than allowed with at most
// one bulge: some bases from the PAM on without a shift, the others with one.
func (g *Guide) once(m *shifted, a Allowance) bool {
	n := g.Len()
	var straight [MaxMismatches + 1]int // bases from the PAM with at most i mismatches
	x := uint64(m[MaxBulges]) | 1<<n
	for i := 0; i <= a.Mismatches; i++ {
		if straight[i] = bits.TrailingZeros64(x); straight[i] == n {
			return true
		}
		x &= x - 1
	}
	for skip, allowed := range [2]int{a.DNA, a.RNA} { // an RNA bulge skips a base
		if allowed == 0 {
			continue
		}
		y := uint64(bits.Reverse32(m[MaxBulges+1-2*skip])>>(32-n)) | 1<<n
		for i := 0; i <= a.Mismatches; i++ {
			if straight[a.Mismatches-i]+skip+bits.TrailingZeros64(y) >= n {
				return true
			}
			y &= y - 1
		}
	}
	return false
}

func before(a, b []op) bool {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return len(a) < len(b)
}

// A table has the fewest mismatches of the rest of an alignment, by the guide's
// next base, the number of bulges left to make and the op before.
type table struct {
	m     *shifted
	n     int
	d, r  int                                                  // bulges of the whole alignment
	known [MaxLength + 1][MaxBulges + 1][MaxBulges + 1][3]int8 // cost + 1
}

const never = 100 // mismatches: there is no such alignment

func newTable(m *shifted, n, d, r int) *table { return &table{m: m, n: n, d: d, r: r} }

func (t *table) cost(i, d, r int, last op) int {
	if i == t.n {
		if d+r > 0 || last != pair {
			return never
		}
		return 0
	}
	known := &t.known[i][d][r][last]
	if *known == 0 {
		least := t.paired(i, d, r)
		if t.may(dna, i, d, last) {
			least = min(least, t.cost(i, d-1, r, dna))
		}
		if t.may(rna, i, r, last) {
			least = min(least, t.cost(i+1, d, r-1, rna))
		}
		*known = int8(least) + 1
	}
	return int(*known) - 1
}

// paired returns the cost if base i pairs.
func (t *table) paired(i, d, r int) int {
	shift := t.d - d - (t.r - r)
	return min(never, int(t.m[shift+MaxBulges]>>i&1)+t.cost(i+1, d, r, pair))
}

// may says whether a bulge may lie before base i, or at base i for an RNA
// bulge.
func (t *table) may(o op, i, left int, last op) bool {
	return left > 0 && i > 0 && (last == pair || last == o)
}

// walk returns the first of the best alignments.
func (t *table) walk(d, r int) []op {
	var ops []op
	last := pair
	for i := 0; i < t.n; {
		want := t.cost(i, d, r, last)
		switch {
		case t.paired(i, d, r) == want:
			i, last = i+1, pair
		case t.may(dna, i, d, last) && t.cost(i, d-1, r, dna) == want:
			d, last = d-1, dna
		default:
			i, r, last = i+1, r-1, rna
		}
		ops = append(ops, last)
	}
	return ops
}

// letters returns the guide and the site as they lie on each other, 5' to 3' on
// the protospacer's strand. '-' stands opposite a bulge. The genome's bases are
// in lower case where they don't pair.
func (g *Guide) letters(s *site, a Alignment, fivePrime bool) (ours, theirs []byte) {
	i, j := 0, 0
	each := func(o op) {
		mine, base := byte('-'), byte('-')
		if o != dna {
			mine = "ACGT"[g.hi>>i&1<<1|g.lo>>i&1]
			i++
		}
		if o != rna {
			base = s.letter(j)
			j++
		}
		if o == pair && mine != base {
			base |= 0x20
		}
		ours, theirs = append(ours, mine), append(theirs, base)
	}
	for _, o := range a.ops {
		each(o)
	}
	for a.ops == nil && i < g.Len() {
		each(pair)
	}
	if !fivePrime {
		reverseInPlace(ours)
		reverseInPlace(theirs)
	}
	return ours, theirs
}

func (s *site) letter(i int) byte {
	if s.nonACGT>>i&1 == 1 {
		return 'N'
	}
	return "ACGT"[s.hi>>i&1<<1|s.lo>>i&1]
}

func reverseInPlace(b []byte) {
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
}
