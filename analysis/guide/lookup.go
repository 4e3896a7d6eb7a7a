package guide

import "math/bits"

// A searcher looks up guides in an index, one after the other. One goroutine
// may use it at a time.
type searcher struct {
	x                 *Index
	pam               PAM
	exact             bool // the index has no sites of other PAMs
	corePairsSuffices bool // a core that is found is a hit: exact, and plain
	allowance         Allowance
	plan              plan
	proximal          *seeder
	distal            *seeder
	lister            *lister
	// onProtospacer, if it is set, is called for each protospacer that is a hit
	// wherever it lies, with the number of its sites, before the hits. If it
	// returns true, they are not called for.
	onProtospacer func(at *site, a Alignment, sites int64) bool
	// reads says that the function called reads the genome about each hit.
	reads   bool
	group   int // of the current hit: the number of its call of onProtospacer; -1 for none
	ranges  []entries
	found   []found
	places  []uint64 // of found, with the strand, and above foundBits; below, its number
	radix   radixSorter
	contig  int // that the last place lay in
	at      site
	letters []byte
	touched uint32
}

// found is entries [i, end) of rests with one core that may be hits.
type found struct{ i, end, lo, hi uint32 }

const foundBits = 28

// entries [i, end) of rests or cores, which may have left more mismatches.
type entries struct {
	i, end uint32
	left   int
}

// searcher returns a searcher of hits beside a PAM that the index's own covers.
func (x *Index) searcher(pam PAM, a Allowance) *searcher {
	s := &searcher{x: x, pam: pam, exact: x.h.PAM.Within(pam), allowance: a}
	s.corePairsSuffices = s.exact && s.plain()
	s.plan = newPlan(x.h.Width, x.h.Core-x.h.Width, a)
	s.proximal, s.distal = newSeeder(s.plan), newSeeder(s.plan)
	s.lister = newLister(pam, x.h.Length-a.RNA)
	return s
}

// plain says whether a core that was found is a hit, whatever lies beyond it.
func (s *searcher) plain() bool { return !s.allowance.bulges() && s.x.h.Length == s.x.h.Core }

// search calls hit for each hit of a guide, by contig, anchor and strand. The
// site is valid until the next call. The error is the index's damage; hit may
// have been called before.
func (s *searcher) search(g *Guide, hit func(contig int, at *site, a Alignment)) error {
	s.found, s.places = s.found[:0], s.places[:0]
	if s.allowance.bulges() {
		s.findBulged(g)
	} else {
		s.findFar(g)
		s.findNear(g)
	}
	s.at.basesToContigEnd = g.Len() + MaxBulges
	met := s.onProtospacer != nil && s.corePairsSuffices
	for n, f := range s.found {
		if met {
			s.at.lo, s.at.hi, s.at.nonACGT = f.lo, f.hi, 0
			a := Alignment{Mismatches: bits.OnesCount32((f.lo ^ g.lo) | (f.hi ^ g.hi))}
			if s.onProtospacer(&s.at, a, int64(f.end-f.i)) {
				continue
			}
		}
		for i := f.i; i < f.end; i++ {
			s.places = append(s.places, s.x.place(i)<<foundBits|uint64(n))
		}
	}
	if s.x.err() != nil {
		return s.x.err()
	}
	s.places = s.radix.sort(s.places, s.x.placeBits)
	s.contig, s.group = 0, -1
	next := 0
	for i := range s.x.edges {
		e := &s.x.edges[i]
		at := site{lo: e.lo, hi: e.hi, nonACGT: e.other, basesToContigEnd: int(e.room), reverse: e.place&1 == 1}
		a, ok := g.align(&at, s.allowance)
		if !ok {
			continue
		}
		for next < len(s.places) && s.places[next]>>foundBits < uint64(e.place) {
			next = s.report(g, next, met, hit)
		}
		s.group = -1
		s.settle(&at, e.place>>1)
		if s.readable(&at) && s.fits(&at) {
			hit(s.contig, &at, a)
		}
	}
	for next < len(s.places) {
		next = s.report(g, next, met, hit)
	}
	return s.x.err()
}

// report looks at a found entry and returns the number of the next. An entry
// that differs beyond the core, or that has another PAM, is not a hit. The
// genome is read only where the core doesn't decide.
func (s *searcher) report(g *Guide, i int, met bool, hit func(contig int, at *site, a Alignment)) int {
	v := s.places[i]
	n := v & (1<<foundBits - 1)
	f := &s.found[n]
	at := &s.at
	at.lo, at.hi, at.nonACGT, at.reverse = f.lo, f.hi, 0, v>>foundBits&1 == 1
	s.settle(at, int64(v>>(foundBits+1)))
	if s.group = -1; met {
		s.group = int(n)
	}
	if diff := (f.lo ^ g.lo) | (f.hi ^ g.hi); s.corePairsSuffices {
		if (s.reads || diff == 0) && !s.readable(at) {
			return i + 1
		}
		hit(s.contig, at, Alignment{Mismatches: bits.OnesCount32(diff)})
		return i + 1
	}
	if !s.readable(at) {
		return i + 1
	}
	if !s.plain() {
		s.lister.look(s.x.contigs[s.contig].text, at, at.reverse)
	}
	if a, ok := g.align(at, s.allowance); ok && s.fits(at) {
		hit(s.contig, at, a)
	}
	return i + 1
}

// readable says whether the genome about a site on the current contig may be
// read.
func (s *searcher) readable(at *site) bool {
	place := s.x.starts[s.contig] + at.anchor
	return s.x.planesVerified(place-margin, place+2*margin)
}

// settle sets the contig and the anchor of a place, which is not before the
// last one.
func (s *searcher) settle(at *site, place int64) {
	for s.contig+1 < len(s.x.starts) && s.x.starts[s.contig+1] <= place {
		s.contig++
	}
	at.anchor = place - s.x.starts[s.contig]
}

func (s *searcher) fits(at *site) bool {
	return s.exact || s.pam.Fits(string(s.pamOf(at)))
}

// pamOf returns the PAM of a site on the current contig, from the genome. It is
// valid until the next call.
func (s *searcher) pamOf(at *site) []byte {
	s.letters = s.x.contigs[s.contig].text.append(s.letters[:0], at.anchor, at.anchor+int64(s.pam.Len()), at.reverse)
	return s.letters
}

// findFar finds the hits that have few mismatches in the distal key.
func (s *searcher) findFar(g *Guide) {
	x := s.x
	n := x.h.Core - x.h.Width
	mask := uint32(1)<<n - 1
	own := rest(g.lo, g.hi, 0, n)
	home := key(g.lo, g.hi, n, x.h.Width)
	for j, r := range s.lookUp(home, s.distal.away, farSection, x.far, x.rests) {
		k := home ^ s.distal.away[j]
		for i, other := range x.rests[r.i:r.end] {
			diff := other ^ own
			if bits.OnesCount32((diff|diff>>n)&mask) <= r.left {
				s.find(r.i+uint32(i), k, other)
			}
		}
	}
}

// find keeps an entry of rests, with its distal key. It extends the last entry
// if that has the same core.
func (s *searcher) find(entry, key, rest uint32) {
	n, width := s.x.h.Core-s.x.h.Width, s.x.h.Width
	mask := uint32(1)<<n - 1
	lo, hi := rest&mask|key&(1<<width-1)<<n, rest>>n&mask|key>>width<<n
	if last := len(s.found) - 1; last >= 0 && s.found[last] == (found{s.found[last].i, entry, lo, hi}) {
		s.found[last].end++
		return
	}
	s.found = append(s.found, found{entry, entry + 1, lo, hi})
}

// lookUp returns the entries of the keys about home. It leaves out keys where
// the index is damaged. It touches all entries first, so that memory is waited
// for once.
func (s *searcher) lookUp(home uint32, deltas []uint32, section int, starts, of []uint32) []entries {
	s.ranges = s.ranges[:0]
	for _, delta := range deltas {
		i, end, _ := s.x.keyEntries(section, starts, home^delta)
		s.ranges = append(s.ranges, entries{i, end, s.allowance.Mismatches - differing(delta, s.x.h.Width)})
	}
	for _, r := range s.ranges {
		if r.i < r.end {
			s.touched ^= of[r.i] ^ of[r.end-1]
		}
	}
	return s.ranges
}

// differing returns the number of bases in which two keys with this exclusive
// or differ.
func differing(delta uint32, width int) int {
	return bits.OnesCount32((delta | delta>>width) & (1<<width - 1))
}

// findNear finds the other hits by the proximal key.
func (s *searcher) findNear(g *Guide) {
	x := s.x
	width := x.h.Width
	n := x.h.Core - width // of a core's other bases the last width are the distal key
	mask := uint32(1)<<n - 1
	own := rest(g.lo, g.hi, width, n)
	home := key(g.lo, g.hi, 0, width)
	for i, r := range s.lookUp(home, s.proximal.near, nearSection, x.near, x.cores) {
		for _, core := range x.cores[r.i:r.end] {
			diff := core ^ own
			diff = (diff | diff>>n) & mask
			if bits.OnesCount32(diff) <= r.left && bits.OnesCount32(diff>>(n-width)) > s.plan.distal {
				s.take(home^s.proximal.near[i], core)
			}
		}
	}
}

// take finds the sites of a core.
func (s *searcher) take(near, core uint32) {
	lo, hi := s.join(near, core)
	n := s.x.h.Core - s.x.h.Width
	i, end := s.x.run(key(lo, hi, n, s.x.h.Width), rest(lo, hi, 0, n))
	s.found = append(s.found, found{i, end, lo, hi})
}

// join returns the planes of the core with a proximal key and other bases.
func (s *searcher) join(near, core uint32) (lo, hi uint32) {
	width := s.x.h.Width
	n := s.x.h.Core - width
	return near&(1<<width-1) | core&(1<<n-1)<<width, near>>width | core>>n&(1<<n-1)<<width
}

// findBulged finds candidates for hits with bulges. Not all of them are hits.
func (s *searcher) findBulged(g *Guide) {
	x := s.x
	width := x.h.Width
	n := x.h.Core - width
	const noStrand = strandBit - 1
	far := s.distal.distalSeeds(g)
	for _, k := range far {
		last, ok := ^uint32(0), false
		i, end, sound := x.keyEntries(farSection, x.far, k)
		for ; i < end && sound; i++ {
			if r := x.rests[i] & noStrand; r != last {
				last = r
				ok = s.mayMatch(g, r&(1<<n-1)|k<<n, r>>n|k>>width<<n)
			}
			if ok {
				s.find(i, k, last)
			}
		}
	}
	for _, k := range s.proximal.proximalSeeds(g) {
		i, end, sound := x.keyEntries(nearSection, x.near, k)
		for ; i < end && sound; i++ {
			core := x.cores[i]
			lo, hi := s.join(k, core)
			if !s.distal.has(key(lo, hi, n, width)) && s.mayMatch(g, lo, hi) {
				s.take(k, core)
			}
		}
	}
}

// mayMatch says whether sites of a core may be hits, whatever lies beyond it.
func (s *searcher) mayMatch(g *Guide, lo, hi uint32) bool {
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
	if s.allowance.Both == 1 {
		return g.once(&m, s.allowance)
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
