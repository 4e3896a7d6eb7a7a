package rank

import (
	"okazaki/analysis/variant/consequence"
	"okazaki/analysis/variant/gene"
	"okazaki/genome"
)

// null judges PVS1, by the decision tree of Abou Tayoun 2018 (Hum. Mutat.
// 39:1517) as far as genes alone decide it: whether the transcript decays, and
// how much of the protein is lost if it does not. Which parts of a protein
// matter is not known here, so that its loss is weighed by its length only.
func (j *judgement) null() {
	t := j.Call.Transcript
	switch {
	case j.gene.LoF == Unknown:
		j.v.missing |= noLoF
		return
	case j.gene.LoF == No:
		return
	case t == nil, t.Coding.Len() == 0, t.Biotype == "nonsense_mediated_decay":
		return // a transcript that codes for nothing, or decays anyway, can't be lost
	}
	s, w := j.truncation(t)
	if s == StandAlone {
		return
	}
	if j.gene.byConstraint { // which says that loss is selected against, not that it causes a disease
		s = lower(s)
	}
	j.meet(PVS1, s, w)
}

func lower(s Strength) Strength { return max(s/2, Supporting) }

// truncation is how strongly the variant speaks for loss of function; 0 is not
// at all.
func (j *judgement) truncation(t *gene.Transcript) (Strength, why) {
	switch {
	case j.terms.Has(consequence.TranscriptAblation):
		return VeryStrong, wholeGene
	case j.terms&consequence.Of(consequence.StopGained, consequence.Frameshift) != 0:
		return j.early(t)
	case j.terms&consequence.Of(consequence.SpliceDonor, consequence.SpliceAcceptor) != 0:
		return j.skipped(t)
	}
	return Supporting, startLost
}

// tooClose is how many bases before the last junction of exons a stop has to
// lie for the transcript to decay.
const tooClose = 50

// early weighs a stop that comes too early.
func (j *judgement) early(t *gene.Transcript) (Strength, why) {
	c := j.Call
	if c.CDNA.First == 0 || c.CDS.First == 0 {
		return Moderate, whereUnknown
	}
	residue := (int(c.CDS.First) + 2) / 3
	stop := int(c.CDNA.First)
	if j.Stop > 0 {
		stop += 3*j.Stop - int(c.CDS.First)
	}
	if j.Stop >= 0 && stop <= lastJunction(t)-tooClose {
		return VeryStrong, decays
	}
	return byLoss(float64(proteinLength(t)-residue+1)/float64(max(proteinLength(t), 1)), escapesMost, escapesSome)
}

// byLoss weighs the share of a protein that is lost.
func byLoss(share float64, most, some why) (Strength, why) {
	if share > 0.1 {
		return Strong, most
	}
	return Moderate, some
}

// skipped weighs the loss of a splice site: the exon before a donor, or after
// an acceptor, is left out.
func (j *judgement) skipped(t *gene.Transcript) (Strength, why) {
	c := j.Call
	n := len(t.Exons)
	if c.IntronFirst == 0 || int(c.IntronFirst) >= n {
		return Moderate, whereUnknown
	}
	exon := int(c.IntronFirst) // from 1
	if !j.terms.Has(consequence.SpliceDonor) {
		exon++
	}
	lost := exonAt(t, exon).Intersect(t.Coding).Len()
	switch {
	case j.SiteKept == Yes:
		return StandAlone, 0
	case lost == 0:
		return StandAlone, 0 // it codes for nothing
	case exon == 1 || exon == n:
		return Moderate, terminalExon // which is not skipped: where splicing goes instead is not known
	case lost%3 != 0 && exon < n-1:
		return VeryStrong, skipsAndDecays
	case lost%3 != 0:
		lost += exonAt(t, n).Intersect(t.Coding).Len()
		return byLoss(float64(lost)/3/float64(max(proteinLength(t), 1)), shiftsMost, shiftsSome)
	}
	return byLoss(float64(lost)/3/float64(max(proteinLength(t), 1)), skipsMost, skipsSome)
}

// exonAt is an exon by its number in the order of the transcript, from 1.
func exonAt(t *gene.Transcript, n int) genome.Region {
	if t.Reverse {
		return t.Exons[len(t.Exons)-n]
	}
	return t.Exons[n-1]
}

// lastJunction is where the last exon begins in the transcript; 0 if there is
// only one.
func lastJunction(t *gene.Transcript) (n int) {
	for i := 1; i < len(t.Exons); i++ {
		n += exonAt(t, i).Len()
	}
	return n
}

// proteinLength is in amino acids.
func proteinLength(t *gene.Transcript) (n int) {
	for _, e := range t.Exons {
		n += e.Intersect(t.Coding).Len()
	}
	if n = (n - t.Phase) / 3; !t.NoStop {
		n--
	}
	return max(n, 0)
}
