package guide

import (
	"math/bits"
	"slices"
)

// A searcher looks up guides in an index, one after the other. One goroutine
// may use it at a time.
type searcher struct {
	x         *Index
	pam       PAM
	exact     bool // the index has no sites of other PAMs
	allowance Allowance
	plan      plan
	proximal  *seeder
	distal    *seeder
	lister    *lister
	found     []uint64 // places of hits, with the strand in bit 0
	letters   []byte
}

// searcher looks for hits beside a PAM that the index's own covers.
func (x *Index) searcher(pam PAM, a Allowance) *searcher {
	s := &searcher{x: x, pam: pam, exact: x.h.PAM.Within(pam), allowance: a}
	s.plan = newPlan(x.h.Width, x.h.Core-x.h.Width, a)
	s.proximal, s.distal = newSeeder(s.plan), newSeeder(s.plan)
	s.lister = newLister(pam, x.h.Length-a.RNA)
	return s
}

// search calls hit for each hit of a guide, by contig, anchor and strand. The
// site is valid until the next.
func (s *searcher) search(g *Guide, hit func(contig int, at *site, a Alignment)) {
	s.found = s.found[:0]
	if s.allowance.bulges() {
		s.findBulged(g)
	} else {
		s.findFar(g)
		s.findNear(g)
	}
	slices.Sort(s.found)
	s.found = slices.Compact(s.found)
	next := 0
	for i := range s.x.edges {
		e := &s.x.edges[i]
		at := site{lo: e.lo, hi: e.hi, other: e.other, room: int(e.room), reverse: e.place&1 == 1}
		a, ok := g.align(&at, s.allowance)
		if !ok {
			continue
		}
		for next < len(s.found) && s.found[next] < uint64(e.place) {
			next = s.report(g, next, hit)
		}
		contig := s.x.contig(e.place >> 1)
		at.anchor = e.place>>1 - s.x.starts[contig]
		if s.fits(contig, &at) {
			hit(contig, &at, a)
		}
	}
	for next < len(s.found) {
		next = s.report(g, next, hit)
	}
}

// report looks at what was found and answers the number of the next. What
// differs beyond the core, or has another PAM, is no hit.
func (s *searcher) report(g *Guide, i int, hit func(contig int, at *site, a Alignment)) int {
	at, contig := s.site(s.found[i])
	if a, ok := g.align(&at, s.allowance); ok && s.fits(contig, &at) {
		hit(contig, &at, a)
	}
	return i + 1
}

// site reads the genome beside a place.
func (s *searcher) site(v uint64) (at site, contig int) {
	place := int64(v >> 1)
	contig = s.x.contig(place)
	at.anchor = place - s.x.starts[contig]
	s.lister.look(s.x.contigs[contig].text, &at, v&1 == 1)
	return at, contig
}

func (s *searcher) fits(contig int, at *site) bool {
	if s.exact {
		return true
	}
	s.letters = s.x.contigs[contig].text.append(s.letters[:0], at.anchor, at.anchor+int64(s.pam.Len()), at.reverse)
	return s.pam.Fits(string(s.letters))
}

// findFar finds the hits that have few mismatches in the distal key.
func (s *searcher) findFar(g *Guide) {
	x := s.x
	n := x.h.Core - x.h.Width
	mask := uint32(1)<<n - 1
	own := rest(g.lo, g.hi, 0, n)
	home := key(g.lo, g.hi, n, x.h.Width)
	for _, delta := range s.distal.away {
		left := s.allowance.Mismatches - differing(delta, x.h.Width)
		k := home ^ delta
		for i, end := x.far[k], x.far[k+1]; i < end; i++ {
			diff := x.rests[i] ^ own
			if bits.OnesCount32((diff|diff>>n)&mask) <= left {
				s.found = append(s.found, x.place(i))
			}
		}
	}
}

// differing is the number of bases in which keys with such an exclusive or
// differ.
func differing(delta uint32, width int) int {
	return bits.OnesCount32((delta | delta>>width) & (1<<width - 1))
}

// findNear finds the other hits by the proximal key.
func (s *searcher) findNear(g *Guide) {
	x := s.x
	width := x.h.Width
	n := x.h.Core - width // of a core's other bases, the last width are the distal key
	mask := uint32(1)<<n - 1
	own := rest(g.lo, g.hi, width, n)
	home := key(g.lo, g.hi, 0, width)
	for _, delta := range s.proximal.near {
		k := home ^ delta
		left := s.allowance.Mismatches - differing(delta, width)
		for _, core := range x.cores[x.near[k]:x.near[k+1]] {
			diff := core ^ own
			diff = (diff | diff>>n) & mask
			if bits.OnesCount32(diff) <= left && bits.OnesCount32(diff>>(n-width)) > s.plan.distal {
				s.take(k, core)
			}
		}
	}
}

// take finds the sites of a core.
func (s *searcher) take(near, core uint32) {
	lo, hi := s.join(near, core)
	n := s.x.h.Core - s.x.h.Width
	i, end := s.x.run(key(lo, hi, n, s.x.h.Width), rest(lo, hi, 0, n))
	for ; i < end; i++ {
		s.found = append(s.found, s.x.place(i))
	}
}

// join is the planes of the core with a proximal key and other bases.
func (s *searcher) join(near, core uint32) (lo, hi uint32) {
	width := s.x.h.Width
	n := s.x.h.Core - width
	return near&(1<<width-1) | core&(1<<n-1)<<width, near>>width | core>>n&(1<<n-1)<<width
}

// findBulged finds what may be a hit with bulges, and some of what is none.
func (s *searcher) findBulged(g *Guide) {
	x := s.x
	width := x.h.Width
	n := x.h.Core - width
	const noStrand = strandBit - 1
	far := s.distal.distalSeeds(g)
	for _, k := range far {
		last, ok := ^uint32(0), false
		for i, end := x.far[k], x.far[k+1]; i < end; i++ {
			if r := x.rests[i] & noStrand; r != last {
				last = r
				ok = s.hopeful(g, r&(1<<n-1)|k<<n, r>>n|k>>width<<n)
			}
			if ok {
				s.found = append(s.found, x.place(i))
			}
		}
	}
	for _, k := range s.proximal.proximalSeeds(g) {
		for _, core := range x.cores[x.near[k]:x.near[k+1]] {
			lo, hi := s.join(k, core)
			if !s.distal.has(key(lo, hi, n, width)) && s.hopeful(g, lo, hi) {
				s.take(k, core)
			}
		}
	}
}

// hopeful says whether sites of a core may be hits, whatever lies beyond it.
func (s *searcher) hopeful(g *Guide, lo, hi uint32) bool {
	core := uint32(1)<<s.x.h.Core - 1
	lo, hi = lo&core, hi&core
	var m shifted
	for shift := -s.allowance.RNA; shift <= s.allowance.DNA; shift++ {
		l, h, known := lo, hi, core
		if shift >= 0 {
			l, h, known = l>>shift, h>>shift, known>>shift
		} else {
			l, h, known = l<<-shift, h<<-shift, known<<-shift
		}
		m[shift+MaxBulges] = ((l ^ g.lo) | (h ^ g.hi)) & known & (1<<g.Len() - 1)
	}
	least := g.least(&m, s.allowance)
	for _, row := range least {
		for _, n := range row {
			if int(n) <= s.allowance.Mismatches {
				return true
			}
		}
	}
	return false
}
