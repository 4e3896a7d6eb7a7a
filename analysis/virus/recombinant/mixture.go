package recombinant

import (
	"cmp"
	"slices"
)

// leastMixed is how many mixed mutations make a genome worth a look.
const leastMixed = 3

// A Mixture is a genome whose letters come from two others at once.
type Mixture struct {
	Genome     int            // that is mixed
	One, Other int            // genomes as those that are in it
	Mixed      []Substitution // that it has and hasn't, of those that several genomes have
	Explained  int            // of Mixed: those that just one of the two has
}

// A part is the genomes that may be in a mixture and have the same of its mixed
// variants.
type part struct {
	mask   mask
	off    int // how much else sets the best of them apart
	genome int
}

// Mixture returns how the n-th genome with mixed letters is a mixture of two,
// if it is: three in four of its mixed mutations are explained. Of several
// pairs it takes the one that explains most, then the one that has the fewest
// other mutations.
func (f *Finder) Mixture(n int) (m Mixture, ok bool) {
	x := &f.mixed[n]
	parts := f.parts(x)
	best, most := [2]int{}, 0
	for i := range parts {
		for j := range i {
			common := parts[i].mask.and(&parts[j].mask)
			explained := parts[i].mask.size() + parts[j].mask.size() - 2*common.size()
			off := parts[i].off + parts[j].off
			if explained > most || explained == most && most > 0 && off < parts[best[0]].off+parts[best[1]].off {
				best, most = [2]int{j, i}, explained
			}
		}
	}
	if most < leastMixed || 4*most < 3*len(x.variants) {
		return m, false
	}
	one, other := parts[best[0]].genome, parts[best[1]].genome
	return Mixture{Genome: int(x.genome), One: min(one, other), Other: max(one, other),
		Mixed: f.substitutions(x.variants), Explained: most}, true
}

// parts lists the backbones that may be in a mixture, the likeliest first.
// Among backbones with the same mixed variants it lists the likeliest, of these
// the first.
func (f *Finder) parts(x *mixture) []part {
	clear(f.masks)
	for i, v := range x.variants {
		for _, b := range f.carriers[v] {
			f.masks[b].set(i)
		}
	}
	told := f.backbones[x.backbone].variants
	f.sites = slices.Sorted(slices.Values(slices.Concat(told, x.variants)))
	f.lay()
	allowed := 1 + len(x.variants)/4
	index := map[mask]int{}
	var parts []part
	for b := range f.backbones {
		off := f.apart(f.backbones[b].variants, told, x)
		if off > allowed {
			continue
		}
		p := part{f.masks[b], off, f.firstTelling(b)}
		if p.genome < 0 {
			continue
		}
		n, old := index[p.mask]
		switch {
		case !old:
			index[p.mask] = len(parts)
			parts = append(parts, p)
		case cmp.Or(cmp.Compare(p.off, parts[n].off), cmp.Compare(p.genome, parts[n].genome)) < 0:
			parts[n] = p
		}
	}
	slices.SortFunc(parts, func(p, q part) int { return cmp.Or(cmp.Compare(p.off, q.off), cmp.Compare(p.genome, q.genome)) })
	return parts
}

// apart returns the number of a genome's variants that the mixture knows and
// hasn't, and the number of unmixed variants of the mixture that the genome
// hasn't.
func (f *Finder) apart(variants, told []uint32, x *mixture) (n int) {
	gaps := x.gaps
	for len(variants) > 0 || len(told) > 0 {
		switch {
		case len(variants) == 0 || len(told) > 0 && told[0] < variants[0]:
			n++
			told = told[1:]
		case len(told) == 0 || variants[0] < told[0]:
			for len(gaps) > 0 && gaps[0].hi <= variants[0] {
				gaps = gaps[1:]
			}
			if len(gaps) == 0 || variants[0] < gaps[0].lo {
				n++
			}
			variants = variants[1:]
		default:
			variants, told = variants[1:], told[1:]
		}
	}
	return n
}
