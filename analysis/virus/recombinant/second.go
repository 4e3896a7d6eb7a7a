package recombinant

import "slices"

// A side is a site at which a mosaic's parents differ: which of them the
// genome is like.
type side struct {
	pos   int
	donor bool
}

// second looks for another breakpoint in a mosaic with one. A genome's
// mutations show the two stretches that gave them. Beyond, at an end of the
// genome, it may be the other parent's again, which only its lack of mutations
// shows: the mutations of the one parent that the other hasn't either.
func (f *Finder) second(m *Mosaic, backbone int) {
	if len(m.Breakpoints) != 1 {
		return
	}
	sides := f.sides(m, backbone)
	only := m.Breakpoints[0]
	var left, right []side // from the ends of the genome to the breakpoint
	for _, s := range sides {
		if s.pos <= only.After {
			left = append(left, s)
		} else if s.pos >= only.Before {
			right = append(right, s)
		}
	}
	slices.Reverse(right)
	l, lChance := f.turn(left, true)
	r, rChance := f.turn(right, false)
	switch {
	case l >= 0 && (r < 0 || lChance <= rChance):
		b := Breakpoint{left[l].pos, left[l+1].pos}
		m.Breakpoints = []Breakpoint{b, only}
		m.swap() // the donor's is now what lies within
	case r >= 0:
		m.Breakpoints = append(m.Breakpoints, Breakpoint{right[r+1].pos, right[r].pos})
	default:
		return
	}
}

// swap makes the donor the parent.
func (m *Mosaic) swap() {
	m.Parent, m.Donor, m.First, m.Second = m.Donor, m.Parent, m.Second, m.First
	m.ParentSites, m.DonorSites = m.DonorSites, m.ParentSites
}

// turn returns the last of the sites, from an end of the genome on, that is
// like the other parent than the rest, and the chance that they lie so by
// accident; -1 if that is too much. Sites that don't fit take the place of
// others that do.
func (f *Finder) turn(sites []side, donor bool) (last int, chanceOf float64) {
	last = -1
	sum, best := 0, 0
	for i, s := range sites {
		if s.donor == donor {
			sum++
		} else {
			sum--
		}
		if sum > best {
			best, last = sum, i
		}
	}
	if last < 0 || last+1 == len(sites) {
		return -1, 1
	}
	other, rest := f.net(sites[:last+1], donor), f.net(sites[last+1:], !donor)
	if other < f.options.Sites || rest < f.options.Sites {
		return -1, 1
	}
	if chanceOf = chance(rest, other, false); chanceOf > f.options.Chance {
		return -1, 1
	}
	return last, chanceOf
}

// net returns how many sites are like a parent, less those that are like the
// other. Sites close together count once.
func (f *Finder) net(sites []side, donor bool) (n int) {
	for i, s := range sites {
		if i > 0 && s.donor == sites[i-1].donor && max(s.pos-sites[i-1].pos, sites[i-1].pos-s.pos) <= f.options.Apart {
			continue
		}
		if s.donor == donor {
			n++
		} else {
			n--
		}
	}
	return n
}

// sides returns the sites at which the parents differ and all three letters are
// known.
func (f *Finder) sides(m *Mosaic, backbone int) (out []side) {
	parent, donor := f.backboneOf(m.Parent), f.backboneOf(m.Donor)
	own := f.backbones[backbone].variants
	gaps := slices.Concat(f.gapsOf(backbone, int(f.backbones[backbone].members[0])), f.gapsOf(parent, m.Parent), f.gapsOf(donor, m.Donor))
	p, d := f.backbones[parent].variants, f.backbones[donor].variants
	for len(p) > 0 || len(d) > 0 {
		var v uint32
		inDonor := len(p) == 0 || len(d) > 0 && d[0] <= p[0]
		inParent := len(d) == 0 || len(p) > 0 && p[0] <= d[0]
		if inDonor {
			v, d = d[0], d[1:]
		}
		if inParent {
			v, p = p[0], p[1:]
		}
		if inDonor == inParent || slices.ContainsFunc(gaps, func(g gap) bool { return g.lo <= v && v < g.hi }) {
			continue
		}
		_, has := slices.BinarySearch(own, v)
		out = append(out, side{int(f.variants[v] >> 2), has == inDonor})
	}
	return out
}

// gapsOf returns the variants that are unknown in a genome of a backbone.
func (s *Set) gapsOf(backbone, genome int) []gap {
	x := &s.backbones[backbone]
	if i, ok := slices.BinarySearch(x.open, int32(genome)); ok {
		return x.gaps[i]
	}
	return nil
}
