package rank

import "strings"

// ClinVar is the germline classification of the allele. It is a line of its
// own: no criterion is met by it (PP5 and BP6 are not judged, Biesecker 2018,
// Genet. Med. 20:1687).
type ClinVar struct {
	Significance Significance
	Stars        int // of the review status, 0 to 4
}

// A Significance is a germline classification of ClinVar.
type Significance uint8

// The significances, from what weighs the least for a rank. Other is a drug
// response, a risk factor and the like.
const (
	NotInClinVar Significance = iota
	ClinVarBenign
	ClinVarLikelyBenign
	ClinVarOther
	ClinVarUncertain
	ClinVarConflicting
	ClinVarLikelyPathogenic
	ClinVarPathogenic
)

// ParseSignificance reads CLNSIG as ClinVar writes it:
// Pathogenic/Likely_pathogenic|drug_response. Of two the stronger counts.
func ParseSignificance(clnsig string) Significance {
	if clnsig == "" {
		return NotInClinVar
	}
	best := ClinVarOther
	low := strings.ToLower(clnsig)
	main, _, _ := strings.Cut(low, "|")
	for one := range strings.FieldsFuncSeq(main, func(r rune) bool { return r == '/' || r == ',' }) {
		s := ClinVarOther
		switch strings.TrimPrefix(one, "_") {
		case "pathogenic":
			s = ClinVarPathogenic
		case "likely_pathogenic":
			s = ClinVarLikelyPathogenic
		case "uncertain_significance":
			s = ClinVarUncertain
		case "likely_benign":
			s = ClinVarLikelyBenign
		case "benign":
			s = ClinVarBenign
		}
		if strings.HasPrefix(one, "conflicting") {
			return ClinVarConflicting
		}
		if best == ClinVarOther || s > best && s != ClinVarOther {
			best = s
		}
	}
	return best
}

// Pathogenic says whether it is pathogenic or likely so.
func (s Significance) Pathogenic() bool { return s >= ClinVarLikelyPathogenic }

// Benign says whether it is benign or likely so.
func (s Significance) Benign() bool { return s == ClinVarBenign || s == ClinVarLikelyBenign }
