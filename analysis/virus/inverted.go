package virus

import (
	"cmp"
	"slices"

	"okazaki/genome"
)

// beside is the greatest distance from an inverted stretch of a difference that
// is due to it: the stretch's ends are known to within a few bases.
const beside = 8

// blank removes the mutations in an inverted stretch. It is not known which of
// its bases stands for which of the reference's, so that all are missing. The
// difference in length stays, as one gap at the end.
func (c *Caller) blank(r genome.Region) {
	r = c.disturbed(r)
	out, q := &c.calls, c.walker.q
	from, to := c.queryAt(r.Lo), c.queryAt(r.Hi)
	for i := range out.Insertions {
		if x := &out.Insertions[i]; x.Pos == r.Lo {
			from = min(from, c.queryAt(r.Lo)-len(x.Letters))
		}
	}
	more := to - from - r.Len()
	out.turned = append(out.turned, genome.Region{Lo: from, Hi: to - max(more, 0)})
	within := func(pos int) bool { return r.Contains(pos) }
	out.Substitutions = slices.DeleteFunc(out.Substitutions, func(s Substitution) bool { return within(s.Pos) })
	out.Held = slices.DeleteFunc(out.Held, func(s Substitution) bool { return within(s.Pos) })
	out.Insertions = slices.DeleteFunc(out.Insertions, func(i Insertion) bool { return r.Lo <= i.Pos && i.Pos <= r.Hi })
	out.Deletions, out.Missing = without(out.Deletions, r), without(out.Missing, r)
	var mixed []Ambiguous
	for _, a := range out.Ambiguous {
		for _, part := range without([]genome.Region{a.Region}, r) {
			mixed = append(mixed, Ambiguous{a.Letter, part})
		}
	}
	out.Ambiguous = mixed
	unread := r
	if more > 0 {
		i := slices.IndexFunc(out.Insertions, func(i Insertion) bool { return i.Pos > r.Hi })
		if i < 0 {
			i = len(out.Insertions)
		}
		out.Insertions = slices.Insert(out.Insertions, i, Insertion{r.Hi, q[to-more : to]})
	} else if more < 0 {
		unread.Hi += more
		out.Deletions = with(out.Deletions, genome.Region{Lo: unread.Hi, Hi: r.Hi})
	}
	out.Missing = with(out.Missing, unread)
	for i := range c.aligned[r.Lo:r.Hi] {
		c.aligned[r.Lo+i] = 'N'
		if r.Lo+i >= unread.Hi {
			c.aligned[r.Lo+i] = '-'
		}
	}
}

// together returns the regions, joined where they lie closer than leastMoved.
func together(rs []genome.Region) (out []genome.Region) {
	slices.SortFunc(rs, func(a, b genome.Region) int { return cmp.Compare(a.Lo, b.Lo) })
	for _, r := range rs {
		if k := len(out) - 1; k >= 0 && r.Lo < out[k].Hi+leastMoved {
			out[k].Hi = max(out[k].Hi, r.Hi)
		} else {
			out = append(out, r)
		}
	}
	return out
}

// disturbed returns a stretch with the differences next to it.
func (c *Caller) disturbed(r genome.Region) genome.Region {
	lo, hi := r.Lo, r.Hi
	reach := func(d genome.Region) {
		if d.Hi >= r.Lo-beside && d.Lo <= r.Hi+beside && d.Len() < leastMoved {
			lo, hi = min(lo, d.Lo), max(hi, d.Hi)
		}
	}
	for _, s := range c.calls.Substitutions {
		reach(genome.Region{Lo: s.Pos, Hi: s.Pos + 1})
	}
	for _, d := range c.calls.Deletions {
		reach(d)
	}
	for _, i := range c.calls.Insertions {
		reach(genome.Region{Lo: i.Pos, Hi: i.Pos})
	}
	return genome.Region{Lo: lo, Hi: hi}.Intersect(c.calls.Aligned)
}

// without returns the parts of regions, ascending, that lie outside r.
func without(rs []genome.Region, r genome.Region) (out []genome.Region) {
	for _, x := range rs {
		if before := (genome.Region{Lo: x.Lo, Hi: min(x.Hi, r.Lo)}); before.Len() > 0 {
			out = append(out, before)
		}
		if behind := (genome.Region{Lo: max(x.Lo, r.Hi), Hi: x.Hi}); behind.Len() > 0 {
			out = append(out, behind)
		}
	}
	return out
}

// with returns regions, ascending, and r, which none of them overlaps. Regions
// that touch are joined.
func with(rs []genome.Region, r genome.Region) (out []genome.Region) {
	at := slices.IndexFunc(rs, func(x genome.Region) bool { return x.Lo > r.Lo })
	if at < 0 {
		at = len(rs)
	}
	for _, x := range slices.Insert(slices.Clone(rs), at, r) {
		out = extend(out, x.Lo, x.Hi)
	}
	return out
}

// untold returns the genome with Ns for the stretches that are missing for an
// inversion, as its mutations describe it.
func (c *Caller) untold() []byte {
	q := slices.Clone(c.walker.q)
	for _, r := range c.calls.turned {
		for i := r.Lo; i < r.Hi; i++ {
			q[i] = 'N'
		}
	}
	return q
}
