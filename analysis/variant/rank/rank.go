// Package rank says what speaks for and against a variant being the cause of a
// disease, by the criteria of ACMG and AMP (Richards 2015, Genet. Med. 17:405)
// that data at hand can support, and orders variants by it. It is decision
// support for research, never a diagnosis.
//
// Its one invariant: a criterion is met only for a reason that can be told;
// where the data for it are missing it is not met, and that is told too.
package rank

import (
	"okazaki/analysis/variant/consequence"
)

// Facts are what is known about one allele. A field left zero is not known.
type Facts struct {
	Call        *consequence.Consequence // at the transcript that stands for its gene, see Pick; nil if there is none
	Frequency   Frequency
	ClinVar     ClinVar
	Residue     Residue // of a missense variant, see Neighbours
	Stop        int     // of a frameshift, the residue at which translation then stops, from 1; -1 if it doesn't; 0 if unknown
	Repeat      Answer  // whether an indel lies in a tandem repeat, see InRepeat
	SiteKept    Answer  // whether an indel at a splice site leaves it as it was, see KeepsSite
	Hotspot     Answer  // whether it lies in a hot spot of a source; Unknown if there is no such source
	Scores      Scores
	Inheritance Inheritance
}

// An Answer is yes, no, or unknown.
type Answer uint8

// The values of an Answer.
const (
	Unknown Answer = iota
	No
	Yes
)

// Frequency is how often populations have the allele.
type Frequency struct {
	Asked       bool // there is a source of frequencies
	Known       bool // it has the allele; the rest is zero if not
	Filtered    bool // but its filters doubt it
	Max         float64
	FAF         float64 // the frequency that the allele surely has, 95 % (Whiffin 2017, Genet. Med. 19:1151); 0 if the source doesn't say
	Number      int     // alleles that were looked at; 0 if the source doesn't say
	Homozygotes int
}

// Scores are the predictors' scores, as far as sources have them.
type Scores struct {
	REVEL, CADD, SpliceAI Score
}

// A Score is one predictor's.
type Score struct {
	Known bool
	Value float64
}

// Options are the thresholds and lists that criteria go by. The zero value has
// the defaults, and no lists.
type Options struct {
	BA1 float64 // allele frequency above which BA1 (stand-alone benign) applies; 0: 0.05
	BS1 float64 // allele frequency above which BS1 applies; 0: 0.01
	PM2 float64 // allele frequency up to which PM2 applies; 0: 0.0001
	BS2 int     // this many homozygotes speak against a recessive disease of childhood; 0: not judged

	Genes     *Genes // what is known about genes: loss of function, constraint; nil: nothing
	Panel     *Genes // genes of interest; nil: none
	Parentage bool   // parentage was confirmed
}

// A Verdict is what the criteria say.
type Verdict struct {
	Points  int // Tavtigian 2020, Hum. Mutat. 41:1734
	Class   Class
	Key     Key
	missing missing
	n       int
	applied [maxApplied]Applied
}

// maxApplied is more than criteria can be met at once.
const maxApplied = 16

// An Applied is a criterion that is met.
type Applied struct {
	Criterion Criterion
	Strength  Strength
	why       why
}

// Applied are the criteria that are met, in the order of their codes.
func (v *Verdict) Applied() []Applied { return v.applied[:v.n] }

// A Class is one of five, or none.
type Class uint8

// The classes, the most benign first. Unjudged is a variant that does nothing
// to a gene and about which nothing else is known.
const (
	Unjudged Class = iota
	Benign
	LikelyBenign
	Uncertain
	LikelyPathogenic
	Pathogenic
)

var classes = [...]string{"not judged", "benign", "likely benign", "uncertain", "likely pathogenic", "pathogenic"}

// String is the class as a reader calls it: likely pathogenic.
func (c Class) String() string { return classes[c] }

// ClassOf is the class of a sum of points (Tavtigian 2020, table 2).
func ClassOf(points int) Class {
	switch {
	case points >= 10:
		return Pathogenic
	case points >= 6:
		return LikelyPathogenic
	case points >= 0:
		return Uncertain
	case points >= -6:
		return LikelyBenign
	}
	return Benign
}

// An Evaluator judges variants by Options. Many goroutines may use it at once.
type Evaluator struct{ o Options }

// New is an evaluator.
func New(o Options) *Evaluator {
	if o.BA1 == 0 {
		o.BA1 = 0.05
	}
	if o.BS1 == 0 {
		o.BS1 = 0.01
	}
	if o.PM2 == 0 {
		o.PM2 = 0.0001
	}
	return &Evaluator{o}
}

// A judgement is one call of Evaluate.
type judgement struct {
	*Evaluator
	*Facts
	gene  Gene
	terms consequence.Terms
	alone bool // BA1 is met
	v     Verdict
}

// Evaluate judges one allele. It allocates nothing.
func (e *Evaluator) Evaluate(f *Facts) Verdict {
	j := judgement{Evaluator: e, Facts: f}
	inPanel := false
	if f.Call != nil {
		j.terms = f.Call.Terms
		if t := f.Call.Transcript; t != nil {
			if j.terms.Impact() > consequence.Low || e.o.BS2 > 0 {
				j.gene, _ = e.o.Genes.Find(t)
			}
			_, inPanel = e.o.Panel.Find(t)
		}
	}
	if j.terms&nullTerms != 0 {
		j.null()
	}
	if j.terms.Has(consequence.Missense) {
		j.residue()
	}
	j.parents()
	if j.terms&proteinTerms != 0 {
		j.spot()
	}
	j.rare()
	j.length()
	j.predicted()
	j.frequent()
	j.silent()
	j.close()
	j.v.Key = j.key(inPanel)
	return j.v
}

// Terms that criteria are about.
var (
	nullTerms    = consequence.Of(consequence.TranscriptAblation, consequence.SpliceAcceptor, consequence.SpliceDonor, consequence.StopGained, consequence.Frameshift, consequence.StartLost)
	inframeTerms = consequence.Of(consequence.InframeInsertion, consequence.InframeDeletion, consequence.ProteinAltering)
	proteinTerms = inframeTerms | consequence.Of(consequence.Missense)
	spliceTerms  = consequence.Of(consequence.SpliceAcceptor, consequence.SpliceDonor, consequence.SpliceDonor5thBase, consequence.SpliceRegion, consequence.SpliceDonorRegion, consequence.SplicePolypyrimidineTract)
)

// meet notes that a criterion is met.
func (j *judgement) meet(c Criterion, s Strength, w why) {
	j.v.applied[j.v.n] = Applied{c, s, w}
	j.v.n++
	if c.benign() {
		j.v.Points -= int(s)
	} else {
		j.v.Points += int(s)
	}
}

// met says whether a criterion is.
func (j *judgement) met(c Criterion) bool {
	for _, a := range j.v.Applied() {
		if a.Criterion == c {
			return true
		}
	}
	return false
}

// close brings the criteria into order and makes a class of the points. BA1
// stands alone.
func (j *judgement) close() {
	applied := j.v.Applied()
	for i := range applied { // there are few
		for k := i; k > 0 && applied[k].Criterion < applied[k-1].Criterion; k-- {
			applied[k], applied[k-1] = applied[k-1], applied[k]
		}
	}
	switch {
	case j.alone:
		j.v.Class = Benign
	case j.v.n == 0 && j.terms.Impact() == consequence.Modifier:
		j.v.Class = Unjudged
	default:
		j.v.Class = ClassOf(j.v.Points)
	}
}

// Pick returns the index of the consequence that stands for the allele. In
// each gene it takes the transcript that is MANE Select, MANE Plus Clinical,
// canonical, or codes for a protein, in this order, and among equals the most
// severe; among the genes it takes the most severe. It returns -1 if no
// transcript is near.
func Pick(calls []consequence.Consequence) int {
	best := -1
	for i := range calls {
		if calls[i].Transcript == nil || !leads(calls, i) {
			continue
		}
		if best < 0 || calls[i].Terms.Worst() < calls[best].Terms.Worst() ||
			calls[i].Terms.Worst() == calls[best].Terms.Worst() && standing(&calls[i]) > standing(&calls[best]) {
			best = i
		}
	}
	return best
}

// leads says whether call i belongs to the transcript that stands for its
// gene.
func leads(calls []consequence.Consequence, i int) bool {
	c := &calls[i]
	for k := range calls {
		o := &calls[k]
		if k == i || o.Transcript == nil || o.Transcript.Gene != c.Transcript.Gene {
			continue
		}
		s, os := standing(c), standing(o)
		if os > s || os == s && (o.Terms.Worst() < c.Terms.Worst() || o.Terms.Worst() == c.Terms.Worst() && k < i) {
			return false
		}
	}
	return true
}

func standing(c *consequence.Consequence) (n int) {
	t := c.Transcript
	for _, is := range [...]bool{t.ManeSelect != "", t.ManePlus != "", t.Canonical, t.Biotype == "protein_coding"} {
		n *= 2
		if is {
			n++
		}
	}
	return n
}
