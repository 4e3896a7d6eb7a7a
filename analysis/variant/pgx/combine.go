package pgx

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// maxFree is how many blocks may be flipped freely when every strand is looked
// at on its own: 2^maxFree strands.
const maxFree = 10

// A strand is the bases at the called positions of one chromosome.
type strand struct {
	letters []string // at the gene's positions
}

// A reading is what the alleles of one strand may be called.
type reading struct {
	alleles []int    // in the gene's alleles; empty if it has none besides the reference
	partial []string // bases that belong to none of them
	name    string
}

// strands are the pairs of strands that explain the genotypes, each pair
// once; nil if there are too many to try.
func (s *sample) strands() [][2]strand {
	if len(s.blocks) > maxFree {
		return nil
	}
	var pairs [][2]strand
	flips := 1 << max(len(s.blocks)-1, 0) // the first block needn't be flipped
	for t := range flips {
		pair := [2]strand{{make([]string, len(s.calls))}, {make([]string, len(s.calls))}}
		set := func(x int, flipped bool) {
			a, b := s.calls[x].a, s.calls[x].b
			if flipped {
				a, b = b, a
			}
			pair[0].letters[x], pair[1].letters[x] = a, b
		}
		for _, x := range s.same {
			set(x, false)
		}
		for i, b := range s.blocks {
			for _, x := range b {
				set(x, i > 0 && t>>(i-1)&1 == 1)
			}
		}
		pairs = append(pairs, pair)
	}
	return pairs
}

// read finds combinations of alleles that a strand has together: alleles that
// share no position, the largest first. With partials, bases that differ from
// the reference sequence and belong to no allele are named by themselves.
func (s *sample) read(st strand, defs []definition, partials bool) []reading {
	var covered []definition
	for _, d := range defs {
		a := &s.g.Alleles[d.allele]
		if a.Reference || d.said == 0 {
			continue
		}
		fit := true
		for _, x := range s.known {
			fit = fit && (!a.core[x] || d.fits(x, st.letters[x]))
		}
		if fit {
			covered = append(covered, d)
		}
	}
	var combos [][]definition
	if len(covered) == 0 {
		combos = [][]definition{nil}
	} else {
		combos = s.combine(covered)
	}
	var readings []reading
	for _, combo := range combos {
		r := reading{}
		if partials {
			r.partial = s.partial(st, combo)
		}
		var names []string
		for _, d := range combo {
			r.alleles = append(r.alleles, d.allele)
			names = append(names, s.g.Alleles[d.allele].Name)
		}
		if len(names) == 0 && len(r.partial) == 0 {
			names = []string{s.g.Alleles[s.g.reference].Name}
		}
		r.name = strandName(names, r.partial)
		readings = append(readings, r)
	}
	return readings
}

// cores are the positions of the definition that a strand must have.
func (s *sample) cores(d definition) []int {
	return slices.DeleteFunc(slices.Clone(s.known), func(x int) bool { return !s.g.Alleles[d.allele].core[x] })
}

// combine puts alleles together that share no position. An allele whose
// positions are part of a larger one's goes with it. Alleles of equal size
// that overlap, as missing positions make them, are alternatives.
func (s *sample) combine(covered []definition) [][]definition {
	size := func(d definition) int { return len(s.cores(d)) }
	slices.SortStableFunc(covered, func(a, b definition) int {
		return cmp.Or(cmp.Compare(size(b), size(a)), compareNames(s.g.Alleles[a.allele].Name, s.g.Alleles[b.allele].Name))
	})
	var combos [][]definition
	for _, d := range covered {
		added, within := false, false
		for i, combo := range combos {
			overlaps := false
			for _, e := range combo {
				if slices.ContainsFunc(s.cores(d), func(x int) bool { return s.g.Alleles[e.allele].core[x] }) {
					overlaps = true
					if size(e) != size(d) {
						within = true
						break
					}
				}
			}
			if !overlaps {
				combos[i] = append(combo, d)
				added = true
			}
		}
		if !added && !within {
			combos = append(combos, []definition{d})
		}
	}
	return combos
}

// partial names the bases of the strand that differ from the reference
// sequence and that no allele of the combination accounts for.
func (s *sample) partial(st strand, combo []definition) (names []string) {
	for _, x := range s.known {
		letters, p := st.letters[x], &s.g.Positions[x]
		if letters == p.Ref || slices.ContainsFunc(combo, func(d definition) bool { return s.g.Alleles[d.allele].core[x] }) {
			continue
		}
		names = append(names, p.name(letters))
	}
	slices.SortFunc(names, natural)
	return names
}

// name returns an HGVS name for the bases at the position, or what comes
// nearest.
func (p *Position) name(letters string) string {
	at := "g." + strconv.Itoa(p.Pos+1)
	if letters == unknown {
		return at + "?"
	}
	if i := slices.Index(p.Alts, letters); i >= 0 && i < len(p.hgvs) && len(p.Ref) == 1 && strings.HasSuffix(p.hgvs[i], ">"+letters) {
		return p.hgvs[i]
	}
	return at + p.Ref + ">" + letters
}

// A pairing is two readings, one for each strand.
type pairing [2]reading

// combinations are all ways to read the genotypes as combinations, by name;
// ok is false if there are too many.
func (s *sample) combinations(partials bool) (found []pairing, ok bool) {
	pairs := s.strands()
	if pairs == nil {
		return nil, false
	}
	defs, _ := s.definitions(true)
	for _, pair := range pairs {
		seconds := s.read(pair[1], defs, partials)
		if s.single {
			seconds = []reading{{}}
		}
		for _, first := range s.read(pair[0], defs, partials) {
			for _, second := range seconds {
				p := pairing{first, second}
				if !s.single && compareNames(p[1].name, p[0].name) < 0 {
					p[0], p[1] = p[1], p[0]
				}
				found = append(found, p)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b pairing) int {
		return cmp.Or(compareNames(a[0].name, b[0].name), compareNames(a[1].name, b[1].name))
	})
	return slices.CompactFunc(found, func(a, b pairing) bool { return a[0].name == b[0].name && a[1].name == b[1].name }), true
}
