package guide

import (
	"context"
	"fmt"
	"strings"

	"okazaki"
	"okazaki/genome"
)

// Guides that are demoted: a reason halves what they are ranked by.
//
// Four T end a transcript of a U6 promoter (Paul et al. 2002, Nat. Biotechnol.
// 20:505). Guides of very little or much G and C cut less (Wang et al. 2014,
// Science 343:80). What is made of a gene that is cut late may do its work; the
// bound is CRISPick's.
const (
	leastGC   = 0.20
	mostGC    = 0.80
	latestCut = 65 // per cent of the coding sequence
)

// demotions returns the reasons to demote a guide.
func (s *summary) demotions() (reasons []string) {
	letters := s.candidate.Letters
	if strings.Contains(letters, "TTTT") {
		reasons = append(reasons, "poly_t")
	}
	if gc := GC(letters); gc < leastGC || gc > mostGC {
		reasons = append(reasons, "gc")
	}
	if s.protein != nil && s.protein.percent > latestCut {
		reasons = append(reasons, "late_in_cds")
	}
	return reasons
}

// loadGenes reads the genes, if there are any, once.
func (e *engine) loadGenes(ctx context.Context) error {
	in := e.input("genes")
	if in == nil {
		return nil
	}
	e.geneMu.Lock()
	defer e.geneMu.Unlock()
	if e.genes != nil {
		return nil
	}
	g, err := readGenes(ctx, e.files, *in)
	if err == nil {
		e.genes = g
	}
	return err
}

// summarise returns a guide's row, with the genes at its cut.
func (e *engine) summarise(t *tally) *summary {
	if e.request.exclude.sameGene {
		t = e.withoutOwnGene(t)
	}
	s := e.request.summarise(t)
	if e.genes != nil && s.home != nil {
		cut := s.home.cut(e.request.pam, e.request.cut)
		place, near := e.genes.at(s.home.Name, cut)
		s.place = &place
		if len(place.genes) > 0 {
			s.protein, s.with, s.of = cutOf(near, e.genes.of(s.home.Name, place.genes[0]), cut)
		}
	}
	s.demoted = s.demotions()
	return s
}

// geneCells returns the gene and the feature of a place; NA without genes.
func geneCells(a *annotation) (gene, feature string) {
	if a == nil {
		return "NA", "NA"
	}
	gene = "NA"
	if len(a.genes) > 0 {
		gene = strings.Join(a.genes, ",")
	}
	return gene, featureNames[a.feature]
}

// hitPlace returns the gene and the feature of a hit, and whether it lies in a
// gene of the guide's own site.
func (e *engine) hitPlace(h *hit, own *home) (gene, feature, same string) {
	if e.genes == nil {
		return "NA", "NA", "NA"
	}
	r := e.request
	place, _ := e.genes.at(h.Name, h.cut(r.pam, r.cut))
	gene, feature = geneCells(&place)
	if own == nil {
		return gene, feature, "NA"
	}
	return gene, feature, fmt.Sprint(meet(e.genesOf(&h.locus), e.genesOf(&own.locus)))
}

// An overhang is the bases before the guide in one oligo and before its other
// strand in the other, so that they fit a cut vector.
type overhang struct{ forward, reverse string }

// vectors are the vectors that have a name here. Of all three the oligos are
// CACC(G)N20 and AAACN20(C) (Ran et al. 2013, Nat. Protoc. 8:2281; Sanjana et
// al. 2014, Nat. Methods 11:783).
var vectors = map[string]overhang{
	"px330":      {"CACC", "AAAC"}, // BbsI
	"lentiguide": {"CACC", "AAAC"}, // BsmBI, and lentiCRISPR v2
}

// parseOverhang reads a vector's name, or two overhangs with a comma between.
func parseOverhang(s string) (*overhang, error) {
	if o, ok := vectors[strings.ToLower(s)]; ok {
		return &o, nil
	}
	forward, reverse, ok := strings.Cut(strings.ToUpper(s), ",")
	if ok && len(forward) != len(reverse) && forward != "" && reverse != "" {
		return nil, &okazaki.Error{Message: fmt.Sprintf("--oligos %q has overhangs of %d and %d bases", s, len(forward), len(reverse)),
			Hint: "give what the vector's enzyme leaves, alike at both ends, such as CACC,AAAC: a G for U6 is added behind CACC, and its C in the other oligo"}
	}
	if !ok || forward == "" || reverse == "" || strings.Trim(forward+reverse, "ACGT") != "" {
		return nil, &okazaki.Error{Message: fmt.Sprintf("--oligos %q is neither a vector nor two overhangs", s), Hint: "give px330, lentiguide, or both overhangs, 5' to 3', such as CACC,AAAC"}
	}
	return &overhang{forward, reverse}, nil
}

// oligos returns the oligos to order for a guide, 5' to 3'. U6 begins with G:
// with the overhang CACC one is added before a guide that doesn't.
func (o *overhang) oligos(guide string) (forward, reverse string) {
	if o.forward == "CACC" && !strings.HasPrefix(guide, "G") {
		guide = "G" + guide
	}
	return o.forward + guide, o.reverse + string(genome.AppendReverseComplement(nil, []byte(guide)))
}
