package recombinant

import (
	"cmp"
	"math"
	"slices"
)

// A Mosaic is how a backbone's genomes join two parents.
type Mosaic struct {
	Parent, Donor           int            // the genomes most alike, each on its stretch
	ParentSites, DonorSites []Substitution // that only one of them has
	Breakpoints             []Breakpoint   // one, or two around what the donor gave
	Chance                  float64        // that the sites lie as they do by accident
	Both, First, Second     int            // genomes that have both kinds of sites, the parent's only, the donor's only
}

// A Breakpoint lies after the base at After, and not after the base at Before:
// positions of the reference, from 0.
type Breakpoint struct{ After, Before int }

// A Finder finds mosaics in a Set. One goroutine may use it at a time.
type Finder struct {
	*Set
	sites    []uint32 // variants of the backbone asked about
	before   []uint32 // by variant: how many sites are before it
	masks    []mask   // by backbone: which sites it has
	patterns []pattern
	index    map[mask]int
	some     []uint32
}

// A pattern is all genomes that know all sites and have the same of them.
type pattern struct {
	mask   mask
	size   int // of mask
	weight int // genomes
}

// Finder returns a new Finder.
func (s *Set) Finder() *Finder {
	return &Finder{Set: s, before: make([]uint32, len(s.variants)+1), masks: make([]mask, len(s.backbones)), index: map[mask]int{}}
}

// A split is a pair of patterns that fits.
type split struct {
	p, q                int // patterns; p's sites lie outside, or on the left
	a, b                mask
	two                 bool
	explained           int // sites that one of the two has
	rank                int // goes before the chance
	chance              float64
	both, first, second int
}

// muchMore is how many more mutations a pair of parents must explain to be
// preferred to the pair of the least chance.
const muchMore = 2

// Find says how a backbone's genomes are a mosaic of others, if they are. Of
// several ways it takes the one with the least chance, then the one with the
// commonest parents. But if ways explain muchMore mutations more, as two
// breakpoints do with mutations beyond one, it takes the way that explains
// most.
func (f *Finder) Find(backbone int) (m Mosaic, ok bool) {
	f.sites = f.backbones[backbone].variants
	if len(f.sites) < 2*f.options.Sites || len(f.sites) > maskSites {
		return m, false
	}
	f.gather()
	best := f.best(func(int) int { return 0 })
	if best.both == 0 {
		return m, false
	}
	least := best.explained + muchMore
	if more := f.best(func(explained int) int { return max(0, explained-least+1) }); more.explained >= least {
		best = more
	}
	m = f.mosaic(&best)
	f.second(&m, backbone)
	return m, true
}

// best returns the pair of patterns of the greatest rank that fits.
func (f *Finder) best(rank func(explained int) int) (best split) {
	for x := range f.patterns {
		for y := range x {
			if f.patterns[x].weight > 1 && f.patterns[y].weight > 1 {
				f.try(x, y, rank, &best)
			}
		}
	}
	return best
}

// gather finds the patterns.
func (f *Finder) gather() {
	clear(f.masks)
	for i, v := range f.sites {
		for _, b := range f.carriers[v] {
			f.masks[b].set(i)
		}
	}
	f.lay()
	f.patterns = f.patterns[:0]
	clear(f.index)
	for i, mask := range f.masks {
		size := mask.size()
		if size < f.options.Sites {
			continue
		}
		weight := f.telling(i)
		if weight == 0 {
			continue
		}
		n, old := f.index[mask]
		if !old {
			n = len(f.patterns)
			f.index[mask] = n
			f.patterns = append(f.patterns, pattern{mask: mask, size: size})
		}
		f.patterns[n].weight += weight
	}
}

// lay finds, for every variant, the number of sites before it.
func (f *Finder) lay() {
	at := 0
	for v := range f.before {
		for at < len(f.sites) && int(f.sites[at]) < v {
			at++
		}
		f.before[v] = uint32(at)
	}
}

// telling returns the number of a backbone's genomes in which all sites are
// known.
func (f *Finder) telling(backbone int) int {
	x := &f.backbones[backbone]
	n := len(x.members)
	for _, gaps := range x.gaps {
		if !f.tells(gaps) {
			n--
		}
	}
	return n
}

func (f *Finder) tells(gaps []gap) bool {
	for _, g := range gaps {
		if f.before[g.lo] != f.before[g.hi] {
			return false
		}
	}
	return true
}

// try takes a pair of patterns for the best if it is.
func (f *Finder) try(x, y int, rank func(explained int) int, best *split) {
	p, q := &f.patterns[x], &f.patterns[y]
	common := p.mask.and(&q.mask)
	n := common.size()
	if p.size-n < f.options.Sites || q.size-n < f.options.Sites {
		return
	}
	s := split{p: x, q: y, a: p.mask.without(&common), b: q.mask.without(&common), explained: p.size + q.size - n}
	if !s.order() {
		return
	}
	m, n := f.events(f.chosen(&s.a)), f.events(f.chosen(&s.b))
	if m < f.options.Sites || n < f.options.Sites {
		return
	}
	s.rank = rank(s.explained)
	if s.chance = chance(m, n, s.two); s.chance > f.options.Chance || best.both > 0 && s.compareFit(best) > 0 {
		return
	}
	f.count(&s)
	if s.both >= s.first || s.both >= s.second {
		return
	}
	if best.both == 0 || s.before(best) {
		*best = s
	}
}

// before says whether a split is better than another. Masks decide at last,
// so that the order of patterns doesn't.
func (s *split) before(t *split) bool {
	return cmp.Or(s.compareFit(t), cmp.Compare(min(t.first, t.second), min(s.first, s.second)),
		slices.Compare(s.a[:], t.a[:]), slices.Compare(s.b[:], t.b[:])) < 0
}

// compareFit returns negative if a split has a greater rank than another, or a
// lower chance.
func (s *split) compareFit(t *split) int {
	return cmp.Or(cmp.Compare(t.rank, s.rank), cmp.Compare(s.chance, t.chance))
}

// order says whether the sites of a and b lie apart, and swaps them so that a
// is on the left, or outside.
func (s *split) order() bool {
	aLo, aHi := s.a.ends()
	bLo, bHi := s.b.ends()
	switch {
	case aHi < bLo:
	case bHi < aLo:
		s.swap()
	case s.a.free(bLo, bHi):
		s.two = true
	case s.b.free(aLo, aHi):
		s.two = true
		s.swap()
	default:
		return false
	}
	return true
}

func (s *split) swap() { s.p, s.q, s.a, s.b = s.q, s.p, s.b, s.a }

// events counts variants, those close together once.
func (s *Set) events(variants []uint32) (n int) {
	last := 0
	for i, v := range variants {
		pos := int(s.variants[v] >> 2)
		if i == 0 || pos-last > s.options.Apart {
			n++
		}
		last = pos
	}
	return n
}

// chosen returns the sites of a mask.
func (f *Finder) chosen(m *mask) []uint32 {
	f.some = f.some[:0]
	for i := range m.each() {
		f.some = append(f.some, f.sites[i])
	}
	return f.some
}

// chance returns the chance that m and n sites in random order lie apart.
func chance(m, n int, two bool) float64 {
	ways := 2.0
	if two {
		ways = float64(m + 1)
	}
	for i := 1; i <= n; i++ {
		ways *= float64(i) / float64(m+i)
	}
	return math.Min(ways, 1)
}

// count counts the genomes that have both a's and b's sites, at least half of
// each, and the genomes that have all of one and none of the other.
func (f *Finder) count(s *split) {
	sizeA, sizeB := s.a.size(), s.b.size()
	for i := range f.patterns {
		x := &f.patterns[i]
		a, b := x.mask.and(&s.a), x.mask.and(&s.b)
		m, n := a.size(), b.size()
		switch {
		case 2*m >= sizeA && 2*n >= sizeB:
			s.both += x.weight
		case m == sizeA && n == 0:
			s.first += x.weight
		case m == 0 && n == sizeB:
			s.second += x.weight
		}
	}
}

func (f *Finder) mosaic(s *split) Mosaic {
	m := Mosaic{Chance: s.chance, Both: s.both, First: s.first, Second: s.second,
		ParentSites: f.substitutions(f.chosen(&s.a)), DonorSites: f.substitutions(f.chosen(&s.b))}
	aLo, _ := s.a.ends()
	bLo, bHi := s.b.ends()
	if aLo < bLo {
		m.Breakpoints = append(m.Breakpoints, Breakpoint{f.position(s.a.last(bLo)), f.position(bLo)})
	}
	if next := s.a.next(bHi); next >= 0 {
		m.Breakpoints = append(m.Breakpoints, Breakpoint{f.position(bHi), f.position(next)})
	}
	m.Parent = f.likest(f.patterns[s.p].mask, m.Breakpoints, false)
	m.Donor = f.likest(f.patterns[s.q].mask, m.Breakpoints, true)
	return m
}

func (f *Finder) position(site int) int { return int(f.variants[f.sites[site]] >> 2) }

func (s *Set) substitutions(variants []uint32) (out []Substitution) {
	for _, v := range variants {
		code := s.variants[v]
		out = append(out, Substitution{int32(code >> 2), "ACTG"[code&3]})
	}
	return out
}

// likest returns the genome of a pattern that has the fewest other mutations on
// its stretch, of these the first. The donor's stretch lies between the
// breakpoints, or after the only one.
func (f *Finder) likest(pattern mask, breaks []Breakpoint, donor bool) int {
	best, fewest := -1, 0
	for i, mask := range f.masks {
		if mask != pattern {
			continue
		}
		n := 0
		for _, v := range f.backbones[i].variants {
			pos := int(f.variants[v] >> 2)
			given := pos >= breaks[0].Before && (len(breaks) == 1 || pos <= breaks[1].After)
			if _, own := slices.BinarySearch(f.sites, v); !own && given == donor {
				n++
			}
		}
		if best >= 0 && n > fewest {
			continue
		}
		if g := f.firstTelling(i); g >= 0 && (best < 0 || n < fewest || g < best) {
			best, fewest = g, n
		}
	}
	return best
}

// firstTelling returns the first of a backbone's genomes in which all sites are
// known, or -1.
func (f *Finder) firstTelling(backbone int) int {
	x := &f.backbones[backbone]
	open, gaps := x.open, x.gaps
	for _, g := range x.members {
		if len(open) == 0 || open[0] != g {
			return int(g)
		}
		if f.tells(gaps[0]) {
			return int(g)
		}
		open, gaps = open[1:], gaps[1:]
	}
	return -1
}
