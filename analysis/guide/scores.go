package guide

import (
	"math"
	"math/bits"
	"strings"
)

// scored is the guide length of the published models of SpCas9.
const scored = 20

// cfd has the weight of a mismatch by position from the PAM, base of the guide
// and base of the genome; 1 where they are the same.
var cfd = func() (w [scored][4][4]float64) {
	for i := range w {
		for b := range 4 {
			w[i][b][b] = 1
		}
	}
	for _, row := range rows(cfdTable) {
		ours, theirs := strings.Index("ACGT", row[0]), strings.Index("ACGT", row[1])
		for i, s := range row[2:] {
			w[scored-1-i][ours][theirs] = number(s)
		}
	}
	return w
}()

var cfdPAM = func() map[string]float64 {
	w := map[string]float64{}
	for _, row := range rows(cfdPAMTable) {
		for i, s := range row[1:] {
			w[row[0]+"ACGT"[i:i+1]] = number(s)
		}
	}
	return w
}()

// CFD returns the cutting frequency determination score (Doench et al. 2016,
// Nat. Biotechnol. 34:184) of a guide of SpCas9 at a protospacer with its PAM,
// 0 to 1: the product of a weight for each mismatch and one for the PAM. A
// guide of 17 to 19 bases is aligned at the PAM: it has the last positions. It
// returns false if the score is not defined. It is defined for up to 20 bases
// and 3 of the PAM, all A, C, G or T.
func CFD(guide, protospacer, pam string) (float64, bool) {
	g, err := NewGuide("", guide, false)
	if err != nil {
		return 0, false
	}
	t, err := NewGuide("", protospacer, false)
	if err != nil || t.Len() != g.Len() {
		return 0, false
	}
	score, ok := g.cfd(&site{lo: t.lo, hi: t.hi})
	weight, of := pamWeight([]byte(pam))
	return score * weight, ok && of
}

// cfd returns the product of the weights of the mismatches, without the PAM's.
func (g *Guide) cfd(s *site) (float64, bool) {
	n := g.Len()
	if n > scored || s.nonACGT&(1<<n-1) != 0 {
		return 0, false
	}
	score := 1.0
	diff := ((g.lo ^ s.lo) | (g.hi ^ s.hi)) & (1<<n - 1)
	for ; diff != 0; diff &^= 1 << (bits.Len32(diff) - 1) { // as the paper multiplies: position 1 first
		i := bits.Len32(diff) - 1
		ours, theirs := g.hi>>i&1<<1|g.lo>>i&1, s.hi>>i&1<<1|s.lo>>i&1
		score *= cfd[i][ours][theirs]
	}
	return score, true
}

// isScored says whether the CFD is defined for a hit without bulges.
func (g *Guide) isScored(s *site, pam []byte) bool {
	_, ok := g.cfd(s)
	_, of := pamWeight(pam)
	return ok && of
}

// pamWeight returns CFD's weight of a PAM of 3 bases, which depends on the last
// two. It returns false if they are not A, C, G or T.
func pamWeight(pam []byte) (float64, bool) {
	if len(pam) != 3 {
		return 0, false
	}
	w, ok := cfdPAM[string(pam[1:])]
	return w, ok
}

// mit are the weights M of Hsu et al. 2013, Nat. Biotechnol. 31:827,
// supplementary figure 10, position 1 first.
var mit = [scored]float64{0, 0, 0.014, 0, 0, 0.395, 0.317, 0, 0.389, 0.079,
	0.445, 0.508, 0.613, 0.851, 0.732, 0.828, 0.615, 0.804, 0.685, 0.583}

// MIT returns the score of crispr.mit.edu (Hsu et al. 2013) of a hit of a guide
// of 20 bases, 0 to 100. mismatches has bit i set if base i from the PAM is a
// mismatch.
//
// The published values take the mean distance d between mismatches rounded down
// to a whole number; with exact it is not rounded.
func MIT(mismatches uint32, exact bool) float64 {
	score := 100.0
	first, last := scored, 0
	mismatches &= 1<<scored - 1
	for left := mismatches; left != 0; left &^= 1 << (bits.Len32(left) - 1) {
		last = scored - bits.Len32(left)
		first = min(first, last)
		score *= 1 - mit[last]
	}
	n := bits.OnesCount32(mismatches)
	if n == 0 {
		return score
	}
	if n > 1 {
		d := float64(last-first) / float64(n-1)
		if !exact {
			d = math.Floor(d)
		}
		score /= float64((scored-1-d)/(scored-1)*4) + 1
	}
	return score / float64(n*n)
}

// The contexts of a protospacer from which efficiency is predicted: bases
// before the protospacer and after it, the PAM of 3 included.
const (
	ruleSet1Before, ruleSet1After     = 4, 6
	crisprScanBefore, crisprScanAfter = 6, 9
	crisprScanContext                 = crisprScanBefore + scored + crisprScanAfter
)

var (
	ruleSet1   = newLinear(ruleSet1Table, ruleSet1Before+scored+ruleSet1After)
	crisprScan = newLinear(crisprScanTable, crisprScanContext)
	u6         = newLinear(u6Table, crisprScanContext)
)

// A Model predicts how well a guide cuts from its context, the protospacer with
// the bases on both sides. It returns false if it can't.
type Model func(context string) (score float64, ok bool)

// efficiencies are the columns of predicted efficiency. A trained model is
// added here.
var efficiencies = []struct {
	name    string
	digits  int
	context int   // bases
	model   Model // of SpCas9: of 6 bases before, the protospacer, its PAM and 6 after
}{
	{"rule_set_1", 4, crisprScanContext, func(context string) (float64, bool) { return RuleSet1(ruleSet1Context(context)) }},
	{"crisprscan", 1, crisprScanContext, CRISPRscan},
	{"okazaki_u6", 4, crisprScanContext, U6},
	{"rule_set_2", 4, crisprScanContext, func(context string) (float64, bool) { return RuleSet2(ruleSet1Context(context)) }},
	{"enpam_gb", 4, enPAMContext, EnPAMGB},
}

// The columns of efficiencies by which guides are ranked.
const ruleSet2Column, enPAMColumn = 3, 4

// ruleSet1Context returns the part of a context of 35 bases that Rule Set 1
// reads.
func ruleSet1Context(context string) string {
	return context[crisprScanBefore-ruleSet1Before : crisprScanBefore+scored+ruleSet1After]
}

// strongOf returns the number of G and C.
func strongOf(letters string) int { return strings.Count(letters, "G") + strings.Count(letters, "C") }

// RuleSet1 predicts how well a guide of SpCas9 that is transcribed from a U6
// promoter cuts in cells, 0 to 1 (Doench et al. 2014, Nat. Biotechnol.
// 32:1262). context is 30 bases: 4, the protospacer, NGG, 3. It returns false
// if there are other letters than A, C, G and T.
func RuleSet1(context string) (float64, bool) {
	sum, ok := ruleSet1.sum(context)
	if !ok {
		return 0, false
	}
	sum += ruleSet1.gc(context[ruleSet1Before : ruleSet1Before+scored])
	return 1 / (1 + math.Exp(-sum)), true
}

// gc returns the weight of G and C in a protospacer, by the difference from 10
// of them.
func (m *linear) gc(protospacer string) float64 {
	if gc := strongOf(protospacer); gc < 10 {
		return float64(10-gc) * m.named["gc_low"]
	} else {
		return float64(gc-10) * m.named["gc_high"]
	}
}

// U6 predicts how well a guide of SpCas9 that is transcribed from a U6
// promoter cuts in cells, as the share of measured guides that it beats, about
// 0 to 1: ridge regression on the guides that Haeussler et al. 2016 (Genome
// Biol. 17:148) collected. context is as CRISPRscan's.
func U6(context string) (float64, bool) { return u6.efficiency(context) }

// efficiency returns the sum for a context of 35 bases, G and C included.
func (m *linear) efficiency(context string) (float64, bool) {
	sum, ok := m.sum(context)
	if ok {
		sum += m.gc(context[crisprScanBefore : crisprScanBefore+scored])
	}
	return sum, ok
}

// CRISPRscan predicts how well a guide of SpCas9 that was transcribed in vitro
// by T7 cuts in embryos, about 0 to 100 (Moreno-Mateos et al. 2015, Nat.
// Methods 12:982). context is 35 bases: 6, the protospacer, NGG, 6. It returns
// false if there are other letters than A, C, G and T.
func CRISPRscan(context string) (float64, bool) {
	sum, ok := crisprScan.sum(context)
	return 100 * sum, ok
}
