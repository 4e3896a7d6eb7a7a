package rank

import (
	"okazaki/analysis/variant/consequence"
)

// residue judges PS1 and PM5: what is known about other changes to the
// residue. A classification with two stars or more counts in full, one with a
// single star as supporting.
func (j *judgement) residue() {
	r := &j.Residue
	if !r.Asked {
		j.v.missing |= noResidues
		return
	}
	if j.terms&spliceTerms != 0 {
		return // the bases may matter more for splicing than for the amino acid
	}
	switch {
	case r.Same.Stars >= 2:
		j.meet(PS1, Strong, sameChange)
	case r.Same.Stars == 1:
		j.meet(PS1, Supporting, sameChange)
	}
	if r.Same.Stars > 0 {
		return // one line of ClinVar's is not counted twice
	}
	switch {
	case r.Other.Stars >= 2:
		j.meet(PM5, Moderate, sameResidue)
	case r.Other.Stars == 1:
		j.meet(PM5, Supporting, sameResidue)
	}
}

// parents judges PS2 and PM6. PM3 needs all variants of the gene: see Pair.
func (j *judgement) parents() {
	in := &j.Inheritance
	switch {
	case in.DeNovo != Yes || j.terms.Impact() < consequence.Moderate && j.terms&spliceTerms == 0:
	case j.o.Parentage:
		j.meet(PS2, Strong, deNovo)
	default:
		j.meet(PM6, Moderate, deNovo)
	}
}

// spot judges PM1 and PP2.
func (j *judgement) spot() {
	if j.Hotspot == Yes {
		j.meet(PM1, Moderate, hotspot)
	}
	// A Z of 3.09 is a chance of 0.001 (Lek 2016).
	if j.terms.Has(consequence.Missense) && j.gene.Missense >= 3.09 {
		j.meet(PP2, Supporting, constrained)
	}
}

// rare judges PM2.
func (j *judgement) rare() {
	f := &j.Frequency
	switch {
	case j.terms.Impact() == consequence.Modifier:
		// What does nothing to a gene is not the rarer for it.
	case !f.Asked:
		j.v.missing |= noFrequencies
	case !f.Known:
		j.meet(PM2, Supporting, absent)
	case f.Max <= j.o.PM2 && !f.Filtered:
		j.meet(PM2, Supporting, rare)
	}
}

// frequent judges BA1, BS1 and BS2.
func (j *judgement) frequent() {
	f := &j.Frequency
	often := f.often()
	switch few := f.Number > 0 && f.Number < 2000; { // alleles (Ghosh 2018)
	case !f.Known || f.Filtered || few:
	case often > j.o.BA1 && j.exception():
		j.v.missing |= exception
	case often > j.o.BA1:
		j.alone = true
		j.meet(BA1, StandAlone, common)
	case often > j.o.BS1:
		j.meet(BS1, Strong, common)
	}
	if f.Known && !f.Filtered && j.o.BS2 > 0 && f.Homozygotes >= j.o.BS2 && j.gene.Mode&Dominant == 0 {
		j.meet(BS2, Strong, homozygotes)
	}
}

// often is how frequent the allele is, for all that is sure.
func (f *Frequency) often() float64 {
	if f.FAF > 0 {
		return f.FAF
	}
	return f.Max
}

// exceptions are variants above 5 % that cause a disease all the same (Ghosh
// 2018, table 2), as far as they change a residue: gene, residue, amino acids.
var exceptions = []struct {
	gene     string
	residue  int
	from, to byte
}{
	{"GJB2", 37, 'V', 'I'}, {"HFE", 63, 'H', 'D'}, {"HFE", 282, 'C', 'Y'}, {"MEFV", 369, 'P', 'S'}, {"MEFV", 408, 'R', 'Q'},
	{"PIBF1", 405, 'R', 'Q'}, {"ACADS", 171, 'R', 'W'}, {"BTD", 444, 'D', 'H'},
}

func (j *judgement) exception() bool {
	if j.Call == nil || j.Call.Transcript == nil || !j.terms.Has(consequence.Missense) {
		return false
	}
	for _, e := range exceptions {
		if e.gene == j.Call.Transcript.Symbol && e.residue == int(j.Call.Protein.First) && (j.Residue.To == 0 || j.Residue.From == e.from && j.Residue.To == e.to) {
			return true
		}
	}
	return false
}

// length judges PM4 and BP3.
func (j *judgement) length() {
	switch {
	case j.met(PVS1):
	case j.terms.Has(consequence.StopLost):
		j.meet(PM4, Moderate, stopLost)
	case j.terms&inframeTerms == 0:
	case j.Repeat == No:
		j.meet(PM4, Moderate, longer)
	case j.Repeat == Yes:
		j.meet(BP3, Supporting, repeats)
	default:
		j.v.missing |= noReference
	}
}

// A band of a predictor's scores is evidence.
type band struct {
	from, to float64 // the score lies in [from, to]
	benign   bool
	strength Strength
}

// Bands of calibrated predictors: of REVEL and CADD Pejaver 2022 (table 2), of
// SpliceAI Walker 2023. No predictor weighs more than
// strong here.
var (
	revel = []band{
		{0.932, 1, false, Strong}, {0.773, 0.932, false, Moderate}, {0.644, 0.773, false, Supporting},
		{0, 0.016, true, Strong}, {0.016, 0.183, true, Moderate}, {0.183, 0.290, true, Supporting},
	}
	cadd = []band{
		{28.1, 100, false, Moderate}, {25.3, 28.1, false, Supporting},
		{0, 0.15, true, Strong}, {0.15, 17.3, true, Moderate}, {17.3, 22.7, true, Supporting},
	}
	spliceAI = []band{{0.2, 1, false, Supporting}, {0, 0.1, true, Supporting}}
)

// predicted judges PP3 and BP4, each by one predictor: for missense REVEL, or
// CADD if that says nothing; else, and if that speaks for damage, SpliceAI.
func (j *judgement) predicted() {
	if j.met(PVS1) {
		return // which says it already
	}
	s := &j.Scores
	splice, w := find(spliceAI, s.SpliceAI), bySpliceAI
	if j.terms.Has(consequence.Missense) {
		b, by := find(revel, s.REVEL), byREVEL
		if !s.REVEL.Known {
			b, by = find(cadd, s.CADD), byCADD
		}
		if !s.REVEL.Known && !s.CADD.Known {
			j.v.missing |= noPredictor
		}
		// Damage by splicing outweighs a harmless amino acid.
		if b != nil && (splice == nil || splice.benign || !b.benign) {
			splice, w = b, by
		} else if splice != nil && splice.benign {
			splice = nil // it says nothing about the protein
		}
	} else if j.terms&nullTerms != 0 || j.terms.Impact() == consequence.Moderate {
		return // SpliceAI says nothing about a protein that changes anyway
	}
	switch {
	case splice == nil:
	case splice.benign:
		j.meet(BP4, splice.strength, w)
	default:
		s := splice.strength
		if j.met(PM1) {
			s = min(s, Moderate) // both together weigh no more than strong
		}
		j.meet(PP3, s, w)
	}
}

// find is the band of a score; nil if there is none.
func find(bands []band, s Score) *band {
	if !s.Known {
		return nil
	}
	for i := range bands {
		if b := &bands[i]; b.from <= s.Value && s.Value <= b.to {
			return b
		}
	}
	return nil
}

// silent judges BP7.
func (j *judgement) silent() {
	if j.terms.Has(consequence.Synonymous) && j.terms&spliceTerms == 0 && !(j.Scores.SpliceAI.Known && j.Scores.SpliceAI.Value > 0.1) {
		j.meet(BP7, Supporting, synonymous)
	}
}
