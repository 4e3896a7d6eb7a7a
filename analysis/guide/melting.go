package guide

import (
	"math"

	"okazaki/genome"
)

// meltingDNA is the DNA in a PCR, in mol of strands a litre.
const meltingDNA = 50e-9

// meltingSalt is the sodium, in mol a litre, that is equivalent to 50 mM of
// monovalent cations, 1.5 mM of magnesium and 0.6 mM of dNTP, which bind as
// much magnesium (von Ahsen et al. 2001, Clin. Chem. 47:1956).
var meltingSalt = 0.05 + 0.120*math.Sqrt(1.5-0.6)

// stacks are the enthalpies, kcal/mol, and entropies, cal/(mol K), of two
// neighbouring pairs, by the first two bases 5' to 3' (SantaLucia 1998, Proc. Natl.
// Acad. Sci. USA 95:1460, table 2, unified).
var stacks = map[string][2]float64{
	"AA": {-7.9, -22.2}, "TT": {-7.9, -22.2}, "AT": {-7.2, -20.4}, "TA": {-7.2, -21.3},
	"CA": {-8.5, -22.7}, "TG": {-8.5, -22.7}, "GT": {-8.4, -22.4}, "AC": {-8.4, -22.4},
	"CT": {-7.8, -21.0}, "AG": {-7.8, -21.0}, "GA": {-8.2, -22.2}, "TC": {-8.2, -22.2},
	"CG": {-10.6, -27.2}, "GC": {-9.8, -24.4}, "GG": {-8.0, -19.9}, "CC": {-8.0, -19.9},
}

// Melting returns the temperature, in degrees Celsius, at which half of a
// primer is bound. It uses nearest neighbours with the entropy corrected for
// salt (SantaLucia 1998), at the salt of meltingSalt and 50 nM of DNA. It
// returns NaN for fewer than 2 bases, or for letters other than A, C, G and T.
func Melting(letters string) float64 {
	if len(letters) < 2 {
		return math.NaN()
	}
	h, s := 0.0, 0.0
	for _, end := range []byte{letters[0], letters[len(letters)-1]} {
		if end == 'A' || end == 'T' {
			h, s = h+2.3, s+4.1
		} else {
			h, s = h+0.1, s-2.8
		}
	}
	for i := range len(letters) - 1 {
		stack, ok := stacks[letters[i:i+2]]
		if !ok {
			return math.NaN()
		}
		h, s = h+stack[0], s+stack[1]
	}
	strands := meltingDNA / 4
	if isOwnReverse(letters) {
		s, strands = s-1.4, meltingDNA
	}
	s += 0.368 * float64(len(letters)-1) * math.Log(meltingSalt)
	return 1000*h/(s+1.987*math.Log(strands)) - 273.15
}

// isOwnReverse says whether a sequence is its own reverse complement.
func isOwnReverse(letters string) bool {
	for i := range len(letters) {
		if genome.Complement(letters[len(letters)-1-i]) != letters[i] {
			return false
		}
	}
	return true
}
