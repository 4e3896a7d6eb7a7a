package guide

// An Enzyme is a nuclease with the PAM that it needs.
type Enzyme struct {
	Name      string
	PAM       string // patterns
	FivePrime bool
	Length    int // of its guides, bases
	Cut       int // bases between the PAM and the cut; of a staggered one, on the strand that the guide doesn't bind
}

// Enzymes are the enzymes that have a name here; any other is given by its PAM.
//
// SpCas9: Jinek et al. 2012, Science 337:816. SpG and SpRY: Walton et al. 2020,
// Science 368:290. SaCas9: Ran et al. 2015, Nature 520:186. Cas12a: Zetsche et
// al. 2015, Cell 163:759.
var Enzymes = []Enzyme{
	{Name: "spcas9", PAM: "NGG", Length: 20, Cut: 3},
	{Name: "spg", PAM: "NGN", Length: 20, Cut: 3},
	{Name: "spry", PAM: "NRN", Length: 20, Cut: 3},
	{Name: "sacas9", PAM: "NNGRRT", Length: 21, Cut: 3},
	{Name: "cas12a", PAM: "TTTV", FivePrime: true, Length: 23, Cut: 18},
}

func enzymeNames() []string {
	var names []string
	for _, e := range Enzymes {
		names = append(names, e.Name)
	}
	return names
}

// A locus' extent and cut, on the + strand.

// leftward says whether the protospacer lies to the left of the PAM.
func leftward(reverse, fivePrime bool) bool { return reverse == fivePrime }

// extent returns the protospacer, letters bases long, with its PAM.
func (l *locus) extent(pam PAM, letters int) (start, end int64) {
	if leftward(l.Reverse, pam.FivePrime) {
		return l.Anchor - int64(letters), l.Anchor + int64(pam.Len())
	}
	return l.Anchor, l.Anchor + int64(pam.Len()+letters)
}

// cut returns the base on the right of the cut.
func (l *locus) cut(pam PAM, letters int) int64 {
	if leftward(l.Reverse, pam.FivePrime) {
		return l.Anchor - int64(letters)
	}
	return l.Anchor + int64(pam.Len()+letters)
}
