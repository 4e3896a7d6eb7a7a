package guide

import (
	"context"
	"math/bits"
)

// A scanner compares all sites of a text with all guides in one pass. It is
// read-only once it is made; many goroutines may use it at once.
//
// It keeps the guides' seeds in two tables, one for each window, so that a site
// is compared only with the guides of which it may be a hit.
type scanner struct {
	guides    []Guide
	allowance Allowance
	plan      plan
	covered   uint32 // bases of a site that an alignment can cover
	always    uint32 // and those that each does
	lister    *lister
	proximal  *hash
	distal    *hash
}

// maxSeeds is the most seeds that a scanner keeps. Above that, sites are
// compared with every guide.
const maxSeeds = 32 << 20

func newScanner(guides []Guide, length int, pam PAM, a Allowance) *scanner {
	width := min(10, length/2)
	s := &scanner{guides: guides, allowance: a, plan: newPlan(width, length-width, a)}
	s.covered, s.always = uint32(1<<(length+a.DNA)-1), 1<<(length-a.RNA)-1
	s.lister = newLister(pam, length-a.RNA)
	seeder := newSeeder(s.plan)
	if len(guides) > 0 && len(guides)*len(seeder.distalSeeds(&guides[0])) > maxSeeds {
		return s
	}
	s.proximal, s.distal = newHash(width), newHash(width)
	for _, h := range []struct {
		table *hash
		seeds func(*Guide) []uint32
	}{{s.proximal, seeder.proximalSeeds}, {s.distal, seeder.distalSeeds}} {
		for pass := range 2 {
			for i := range guides {
				for _, k := range h.seeds(&guides[i]) {
					h.table.add(pass, k, uint32(i))
				}
			}
			h.table.passed(pass)
		}
	}
	return s
}

// A hash has the guides of each key.
type hash struct {
	some   []uint64 // keys that have any
	starts []uint32
	guides []uint32
}

func newHash(width int) *hash {
	n := 1 << (2 * width)
	return &hash{some: make([]uint64, (n+63)/64), starts: make([]uint32, n+1)}
}

// add counts in pass 0 and keeps in pass 1.
func (h *hash) add(pass int, key, guide uint32) {
	if pass == 0 {
		h.some[key>>6] |= 1 << (key & 63)
		h.starts[key]++
		return
	}
	h.starts[key]--
	h.guides[h.starts[key]] = guide
}

func (h *hash) passed(pass int) {
	if pass == 0 {
		var sum uint32
		for i := range h.starts {
			sum += h.starts[i]
			h.starts[i] = sum
		}
		h.guides = make([]uint32, sum)
	}
}

func (h *hash) has(key uint32) bool { return h.some[key>>6]>>(key&63)&1 == 1 }

func (h *hash) at(key uint32) []uint32 { return h.guides[h.starts[key]:h.starts[key+1]] }

// scan calls hit for each hit whose anchor lies in [from, to), by anchor, then
// strand. The guides at a site come in any order.
func (s *scanner) scan(ctx context.Context, t *text, from, to int64, hit func(guide int, at *site, a Alignment)) error {
	const stretch = 1 << 20
	for at := from; at < to; at += stretch {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.lister.each(t, at, min(at+stretch, to), func(x *site) { s.compare(x, hit) })
	}
	return nil
}

func (s *scanner) compare(x *site, hit func(guide int, at *site, a Alignment)) {
	if x.nonACGT&s.covered != 0 || s.distal == nil {
		if bits.OnesCount32(x.nonACGT&s.always) > s.allowance.Mismatches+s.allowance.DNA {
			return
		}
		for i := range s.guides {
			if a, ok := s.guides[i].align(x, s.allowance); ok {
				hit(i, x, a)
			}
		}
		return
	}
	near, away := key(x.lo, x.hi, 0, s.plan.width), key(x.lo, x.hi, s.plan.far, s.plan.width)
	far := s.distal.has(away)
	if far {
		for _, i := range s.distal.at(away) {
			if a, ok := s.guides[i].align(x, s.allowance); ok {
				hit(int(i), x, a)
			}
		}
	}
	if s.proximal.has(near) {
		for _, i := range s.proximal.at(near) {
			if far && s.seen(x, i, away) {
				continue
			}
			if a, ok := s.guides[i].align(x, s.allowance); ok {
				hit(int(i), x, a)
			}
		}
	}
}

// seen says whether the guide was compared for its distal window.
func (s *scanner) seen(x *site, guide, away uint32) bool {
	if !s.allowance.bulges() {
		g := &s.guides[guide]
		diff := ((x.lo ^ g.lo) | (x.hi ^ g.hi)) >> s.plan.far & (1<<s.plan.width - 1)
		return bits.OnesCount32(diff) <= s.plan.distal
	}
	for _, i := range s.distal.at(away) {
		if i == guide {
			return true
		}
	}
	return false
}
