package guide

import (
	"math"
	"math/bits"
	"strings"
)

// scored is the length of the guides that the published models are of.
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

// CFD is the cutting frequency determination score (Doench et al. 2016, Nat.
// Biotechnol. 34:184) of a guide of SpCas9 at a protospacer with its PAM, 0 to
// 1: the product of a weight for each mismatch and one for the PAM. False if it
// is not defined: it is for 20 letters and 3 of the PAM, all A, C, G or T.
func CFD(guide, protospacer, pam string) (float64, bool) {
	g, err := NewGuide("", guide, false)
	if err != nil {
		return 0, false
	}
	t, err := NewGuide("", protospacer, false)
	if err != nil || t.Len() != g.Len() {
		return 0, false
	}
	return g.cfd(&site{lo: t.lo, hi: t.hi}, []byte(pam))
}

func (g *Guide) cfd(s *site, pam []byte) (float64, bool) {
	if g.Len() != scored || s.other&(1<<scored-1) != 0 || len(pam) != 3 {
		return 0, false
	}
	score, ok := cfdPAM[string(pam[1:])]
	diff := ((g.lo ^ s.lo) | (g.hi ^ s.hi)) & (1<<scored - 1)
	for ; diff != 0; diff &^= 1 << (bits.Len32(diff) - 1) { // as the paper multiplies: position 1 first
		i := bits.Len32(diff) - 1
		ours, theirs := g.hi>>i&1<<1|g.lo>>i&1, s.hi>>i&1<<1|s.lo>>i&1
		score *= cfd[i][ours][theirs]
	}
	return score, ok
}

// mit are the weights M of Hsu et al. 2013, Nat. Biotechnol. 31:827,
// supplementary figure 10, position 1 first.
var mit = [scored]float64{0, 0, 0.014, 0, 0, 0.395, 0.317, 0, 0.389, 0.079,
	0.445, 0.508, 0.613, 0.851, 0.732, 0.828, 0.615, 0.804, 0.685, 0.583}

// MIT is the score of crispr.mit.edu (Hsu et al. 2013) of a hit of a guide of
// 20 letters, 0 to 100. mismatches has bit i set if the pair that is i letters
// from the PAM is none.
//
// The published values take the mean distance d between mismatches rounded
// down to a whole number; with exact it is taken as it is.
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

// Contexts of a protospacer that efficiency is read from: letters before the
// protospacer and after it, the PAM of 3 included.
const (
	ruleSet1Before, ruleSet1After     = 4, 6
	crisprScanBefore, crisprScanAfter = 6, 9
)

var (
	ruleSet1   = newLinear(ruleSet1Table, ruleSet1Before+scored+ruleSet1After)
	crisprScan = newLinear(crisprScanTable, crisprScanBefore+scored+crisprScanAfter)
)

// RuleSet1 predicts how well a guide of SpCas9 that is transcribed from a U6
// promoter cuts in cells, 0 to 1 (Doench et al. 2014, Nat. Biotechnol.
// 32:1262). context are 30 letters: 4, the protospacer, NGG, 3. False if it
// has other letters than A, C, G and T.
func RuleSet1(context string) (float64, bool) {
	sum, ok := ruleSet1.sum(context)
	if !ok {
		return 0, false
	}
	gc := strings.Count(context[ruleSet1Before:ruleSet1Before+scored], "G") + strings.Count(context[ruleSet1Before:ruleSet1Before+scored], "C")
	if gc < 10 {
		sum += float64(float64(10-gc) * ruleSet1.named["gc_low"])
	} else {
		sum += float64(float64(gc-10) * ruleSet1.named["gc_high"])
	}
	return 1 / (1 + math.Exp(-sum)), true
}

// CRISPRscan predicts how well a guide of SpCas9 that was transcribed in vitro
// by T7 cuts in embryos, about 0 to 100 (Moreno-Mateos et al. 2015, Nat.
// Methods 12:982). context are 35 letters: 6, the protospacer, NGG, 6. False
// if it has other letters than A, C, G and T.
func CRISPRscan(context string) (float64, bool) {
	sum, ok := crisprScan.sum(context)
	return 100 * sum, ok
}
