package simulate

import (
	"okazaki/genome"
)

const (
	visible = 2   // sites at least in which the parents of a recombinant differ, on both sides
	twice   = 0.3 // share of recombinants with two breakpoints
)

// recombinant adds a case of a lineage that has part of its genome from
// another lineage, if there is one that differs enough.
func (e *epidemic) recombinant(line, day int, flags flag) bool {
	for range 5 {
		if donor := e.shares.draw(&e.src); donor != line && e.lineages[donor].founder >= 0 {
			_, ok := e.join(e.infector(line, day), donor, line, day, flags)
			return ok
		}
	}
	return false
}

// join adds a case whose genome is a parent's, but for a region that a case of
// the donor lineage gives.
func (e *epidemic) join(parent int32, from, line, day int, flags flag) (int32, bool) {
	if from < 0 {
		return 0, false
	}
	t, donor := &e.tree, e.infector(from, day)
	for range 10 { // one whose record can be named, if there is one
		if t.flags[donor]&sequenced == 0 {
			donor = e.infector(from, day)
		}
	}
	e.mine = e.tracer.changes(e.mine[:0], parent)
	e.other = e.tracer.changes(e.other[:0], donor)
	for range 20 {
		r := e.breakpoints()
		inside, outside := 0, 0
		differences(e.mine, e.other, func(pos int) {
			if r.Contains(pos) {
				inside++
			} else {
				outside++
			}
		})
		if inside < visible || outside < visible || !e.whole(parent, r) || !e.whole(donor, r) {
			continue
		}
		t.changes = appendJoined(t.changes, e.mine, e.other, r)
		chain := e.rechain(e.rechain(-1, parent, r, false), donor, r, true)
		place := e.where(&e.src, t.place[parent])
		i := t.add(parent, uint16(day), uint16(line), place, flags|whole, chain)
		t.joined[i] = junction{donor, r}
		return i, true
	}
	return 0, false
}

// breakpoints draws a region: up to the end, or with two breakpoints.
func (e *epidemic) breakpoints() genome.Region {
	inner, end := e.spectrum.region, len(e.ref.Sequence)
	lo := e.src.between(inner.Lo, inner.Hi)
	if !e.src.happens(chanceOf(twice)) {
		return genome.Region{Lo: lo, Hi: end}
	}
	hi := e.src.between(inner.Lo, inner.Hi)
	return genome.Region{Lo: min(lo, hi), Hi: max(lo, hi)}
}

// differences calls f with the sites in which two genomes differ, given their
// changes in order.
func differences(a, b []change, f func(pos int)) {
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].pos() < b[0].pos():
			f(a[0].pos())
			a = a[1:]
		case len(a) == 0 || b[0].pos() < a[0].pos():
			f(b[0].pos())
			b = b[1:]
		default:
			if a[0] != b[0] {
				f(a[0].pos())
			}
			a, b = a[1:], b[1:]
		}
	}
}

// whole says whether no indel of a case is near the ends of a region.
func (e *epidemic) whole(i int32, r genome.Region) bool {
	c := e.tree.chain[i]
	return e.tree.free(c, genome.Region{Lo: r.Lo, Hi: r.Lo}, apart) && e.tree.free(c, genome.Region{Lo: r.Hi, Hi: r.Hi}, apart)
}

// appendJoined appends the changes of a outside the region, and of b inside.
func appendJoined(dst, a, b []change, r genome.Region) []change {
	for _, c := range a {
		if !r.Contains(c.pos()) {
			dst = append(dst, c)
		}
	}
	for _, c := range b {
		if r.Contains(c.pos()) {
			dst = append(dst, c)
		}
	}
	return dst
}

// rechain adds to a chain the indels of a case that lie inside a region, or
// outside. It returns the chain's newest.
func (e *epidemic) rechain(chain, i int32, r genome.Region, inside bool) int32 {
	t := &e.tree
	for x := t.chain[i]; x >= 0; x = t.indels[x].before {
		if old := t.indels[x]; r.Contains(old.at.Lo) == inside {
			t.indels = append(t.indels, indel{old.at, old.letters, chain})
			chain = int32(len(t.indels) - 1)
		}
	}
	return chain
}
