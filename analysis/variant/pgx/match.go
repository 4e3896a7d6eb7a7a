package pgx

import (
	"slices"
	"strings"
)

// iupac are the letters that stand for several bases.
var iupac = map[byte]string{'R': "AG", 'Y': "CT", 'S': "CG", 'W': "AT", 'K': "GT", 'M': "AC", 'B': "CGT", 'D': "AGT", 'H': "ACT", 'V': "ACG", 'N': "ACGT"}

func isWobble(letters string) bool { return len(letters) == 1 && iupac[letters[0]] != "" }

// fits says whether a strand's bases match a definition.
func fits(definition, strand string) bool {
	return definition == strand || isWobble(definition) && len(strand) == 1 && strings.Contains(iupac[definition[0]], strand)
}

// A block is a set of positions for which it is known which bases share a
// strand. A heterozygous genotype without phase is a block of its own.
type block []int

// A sample is what the matcher knows about a gene in one sample.
type sample struct {
	g      *Gene
	calls  []genotype
	known  []int   // called positions
	same   block   // called positions whose strands are alike, or with one strand only
	blocks []block // the others
	single bool    // one strand
}

// newSample sorts out the phase: genotypes of one phase set belong together,
// and so do all phased ones that name none.
func newSample(g *Gene, calls []genotype) *sample {
	s := &sample{g: g, calls: calls, single: true}
	sets := map[string]int{}
	for x, c := range calls {
		if !c.called() {
			continue
		}
		s.known = append(s.known, x)
		s.single = s.single && (c.haploid() || !c.het())
		switch {
		case !c.het():
			s.same = append(s.same, x)
		case !c.phased:
			s.blocks = append(s.blocks, block{x})
		default:
			i, ok := sets[c.set]
			if !ok {
				i = len(s.blocks)
				sets[c.set] = i
				s.blocks = append(s.blocks, nil)
			}
			s.blocks[i] = append(s.blocks[i], x)
		}
	}
	s.single = s.single && slices.ContainsFunc(calls, genotype.haploid)
	return s
}

// twoStrands says whether at most two sequences explain the genotypes: they
// are phased throughout, or it doesn't matter.
func (s *sample) twoStrands() bool { return len(s.blocks) <= 1 }

// mixed says whether some positions have one strand and others two that
// differ, which no diplotype explains.
func (s *sample) mixed() bool {
	return !s.single && slices.ContainsFunc(s.calls, genotype.haploid)
}

// phase is how well the strands are known.
func (s *sample) phase() string {
	sets := map[string]bool{}
	phased := true
	for _, b := range s.blocks {
		for _, x := range b {
			if phased = phased && s.calls[x].phased; s.calls[x].phased {
				sets[s.calls[x].set] = true
			}
		}
	}
	switch {
	case s.single:
		return "one strand"
	case len(s.blocks) == 0:
		return "homozygous"
	case len(sets) > 1 && phased:
		return "phase sets"
	case len(sets) > 0 && !phased:
		return "partly phased"
	case len(sets) > 0:
		return "phased"
	case len(s.blocks) == 1:
		return "one heterozygous position"
	}
	return "unphased"
}

// A definition is an allele as far as the sample's positions go.
type definition struct {
	allele  int
	letters []string // at the gene's positions; "" where any will do
	said    int      // called positions that the allele itself names: its score
	wobbles []int
	missing []int // positions that it names and the sample lacks
}

// definitions returns the alleles that can still be told: alleles that name a
// called position. Where an allele says nothing it has the reference's base;
// if loose, any base fits there.
func (s *sample) definitions(loose bool) (defs []definition, lost []string) {
	reference := &s.g.Alleles[s.g.reference]
	for i := range s.g.Alleles {
		a := &s.g.Alleles[i]
		d := definition{allele: i, letters: make([]string, len(a.Letters))}
		for _, x := range s.known {
			letters := a.Letters[x]
			switch {
			case letters != "":
				d.said++
				if isWobble(letters) {
					d.wobbles = append(d.wobbles, x)
				}
			case !loose && isWobble(reference.Letters[x]):
				letters = s.g.Positions[x].Ref
			case !loose:
				letters = reference.Letters[x]
			}
			d.letters[x] = letters
		}
		for x, c := range s.calls {
			if !c.called() && a.Letters[x] != "" {
				d.missing = append(d.missing, x)
			}
		}
		if d.said == 0 {
			lost = append(lost, a.Name)
			continue
		}
		defs = append(defs, d)
	}
	return defs, lost
}

// fits says whether the definition has the strand's bases at x.
func (d *definition) fits(x int, strand string) bool {
	return d.letters[x] == "" || fits(d.letters[x], strand)
}

// possible says whether some strand of the sample could be the allele.
func (s *sample) possible(d *definition) bool {
	for _, x := range s.same {
		if !d.fits(x, s.calls[x].a) {
			return false
		}
	}
	for _, b := range s.blocks {
		a, z := true, true
		for _, x := range b {
			a = a && d.fits(x, s.calls[x].a)
			z = z && d.fits(x, s.calls[x].b)
		}
		if !a && !z {
			return false
		}
	}
	return true
}

// A match is two alleles, or one, that explain the genotypes.
type match struct {
	first, second int // in the gene's alleles; second is -1 for one strand
	score         int
}

// pairs returns all pairs of definitions that explain every genotype, with each
// block flipped or not. It finds what trying every combination of unphased
// genotypes finds, without trying them.
func (s *sample) pairs(defs []definition) []match {
	var candidates []*definition
	for i := range defs {
		if s.possible(&defs[i]) {
			candidates = append(candidates, &defs[i])
		}
	}
	var matches []match
	for i, d := range candidates {
		if s.single {
			matches = append(matches, match{d.allele, -1, d.said + s.wobbled(d, s.same, false)})
			continue
		}
		for _, e := range candidates[i:] {
			if score, ok := s.pair(d, e); ok {
				matches = append(matches, match{d.allele, e.allele, score})
			}
		}
	}
	return matches
}

// pair is the score of two definitions that explain the genotypes: how many
// of the positions that they name were matched. A letter that stands for
// several counts only where the sample differs from the reference.
func (s *sample) pair(d, e *definition) (score int, ok bool) {
	score = d.said + e.said + s.wobbled(d, s.same, false) + s.wobbled(e, s.same, false)
	for _, b := range s.blocks {
		best, any := 0, false
		for _, flipped := range []bool{false, true} {
			if s.explain(b, d, e, flipped) {
				if w := s.wobbled(d, b, flipped) + s.wobbled(e, b, !flipped); !any || w > best {
					best, any = w, true
				}
			}
		}
		if !any {
			return 0, false
		}
		score += best
	}
	return score, true
}

// explain says whether d explains the first strand of the block and e the
// second, or the other way if flipped.
func (s *sample) explain(b block, d, e *definition, flipped bool) bool {
	for _, x := range b {
		first, second := s.calls[x].a, s.calls[x].b
		if flipped {
			first, second = second, first
		}
		if !d.fits(x, first) || !e.fits(x, second) {
			return false
		}
	}
	return true
}

// wobbled returns what the score loses because the allele's ambiguous letters
// in the block stand for the reference here: 0 or less.
func (s *sample) wobbled(d *definition, b block, second bool) int {
	n := 0
	for _, x := range d.wobbles {
		letters := s.calls[x].a
		if second {
			letters = s.calls[x].b
		}
		if letters == s.g.Positions[x].Ref && slices.Contains(b, x) {
			n--
		}
	}
	return n
}
