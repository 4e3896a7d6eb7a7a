package rank

import (
	"math"
)

// A Key orders variants: the greatest first; among equal ones the first in
// the file. From its upper bits down it holds
//
//	tier          3 bits   the class, or ClinVar's if that has a star; see tier
//	points        6 bits   of the criteria, 32 added
//	significance  3 bits   of ClinVar
//	stars         3 bits   of ClinVar
//	impact        2 bits   of the consequence
//	rarity        4 bits   15 is absent, or not known; else each step is half as frequent
//	panel         1 bit    the gene is in the panel
//	inheritance   3 bits   see Mode
//
// and class, 3 bits, which doesn't change the order.
type Key uint32

const (
	classBits   = 3
	modeShift   = classBits
	panelShift  = modeShift + 3
	rareShift   = panelShift + 1
	impactShift = rareShift + 4
	starShift   = impactShift + 2
	sigShift    = starShift + 3
	pointShift  = sigShift + 3
	tierShift   = pointShift + 6
)

// bitsOf is n bits of the key.
func (k Key) bitsOf(shift, n int) int { return int(k >> shift & (1<<n - 1)) }

// with is the key with other bits.
func (k Key) with(shift, n, value int) Key {
	return k&^((1<<n-1)<<shift) | Key(value)<<shift
}

// Points are the sum of the criteria's points.
func (k Key) Points() int { return k.bitsOf(pointShift, 6) - 32 }

// Class is the variant's class by the criteria.
func (k Key) Class() Class { return Class(k.bitsOf(0, classBits)) }

// Mode is how the variant is inherited.
func (k Key) Mode() Mode { return Mode(k.bitsOf(modeShift, 3)) }

func (k Key) significance() Significance { return Significance(k.bitsOf(sigShift, 3)) }

// key returns the key of a judged variant.
func (j *judgement) key(inPanel bool) Key {
	k := Key(j.v.Class)
	k = k.with(pointShift, 6, min(max(j.v.Points, -32), 31)+32).with(sigShift, 3, int(j.ClinVar.Significance)).with(starShift, 3, min(j.ClinVar.Stars, 4))
	k = k.with(impactShift, 2, int(j.terms.Impact())).with(rareShift, 4, rarity(&j.Frequency)).with(modeShift, 3, int(j.Inheritance.Mode))
	if inPanel {
		k = k.with(panelShift, 1, 1)
	}
	return k.with(tierShift, 3, k.tier())
}

// tier is the class; or where ClinVar has the variant as pathogenic or benign,
// likely or not, with a star at least, ClinVar's, unless the criteria call it
// likely pathogenic or more.
func (k Key) tier() int {
	class := k.Class()
	if k.bitsOf(starShift, 3) == 0 {
		return int(tiers[class])
	}
	of := class
	switch k.significance() {
	case ClinVarPathogenic:
		of = Pathogenic
	case ClinVarLikelyPathogenic:
		of = LikelyPathogenic
	case ClinVarLikelyBenign:
		of = LikelyBenign
	case ClinVarBenign:
		of = Benign
	}
	if class >= LikelyPathogenic {
		of = max(of, class)
	}
	return int(tiers[of])
}

// tiers are the classes as they are ordered.
var tiers = [...]uint8{Benign: 0, LikelyBenign: 1, Unjudged: 2, Uncertain: 3, LikelyPathogenic: 4, Pathogenic: 5}

// rarity is 15 for a variant that no population has, and 0 for one as
// frequent as 1 in 4 or more; each halving of the frequency adds one.
func rarity(f *Frequency) int {
	if f.Max <= 0 {
		return 15
	}
	_, exponent := math.Frexp(f.Max)
	return min(max(-exponent-1, 0), 14)
}

// beside returns the key with more points and another mode.
func (k Key) beside(points int, m Mode) Key {
	class := k.Class()
	if alone := class == Benign && ClassOf(k.Points()) != Benign; !alone && points > 0 {
		class = ClassOf(k.Points() + points)
	}
	k = k.with(0, classBits, int(class)).with(pointShift, 6, min(k.Points()+points, 31)+32).with(modeShift, 3, int(m))
	return k.with(tierShift, 3, k.tier())
}
