package genome

// A Base is a set of nucleotides, as IUPAC's one-letter codes name them
// (Cornish-Bowden 1985, Nucleic Acids Res. 13:3021): bit 0 is A, 1 C, 2 G, 3
// T. The empty set stands for a byte that is not a nucleotide.
type Base uint8

// The four nucleotides, and any of them.
const (
	A Base = 1 << iota
	C
	G
	T
	N Base = A | C | G | T
)

const baseLetters = "-ACMGRSVTWYHKDBN"

var bases = func() (t [256]Base) {
	for b, letter := range []byte(baseLetters) {
		if b > 0 {
			t[letter], t[letter|0x20] = Base(b), Base(b)
		}
	}
	t['U'], t['u'] = T, T
	return t
}()

// BaseOf is the set that an IUPAC letter names, in either case; U is T.
func BaseOf(letter byte) Base { return bases[letter] }

// Letter is the upper-case IUPAC letter of the set; '-' for the empty set.
func (b Base) Letter() byte { return baseLetters[b&N] }

// Complement is the set of the complements.
func (b Base) Complement() Base {
	return b&A<<3 | b&C<<1 | b&G>>1 | b&T>>3
}

// Compatible says whether the sets share a nucleotide.
func (b Base) Compatible(o Base) bool { return b&o != 0 }

var complements = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if b := bases[i]; b != 0 {
			t[i] = b.Complement().Letter() | byte(i)&0x20
		}
	}
	return t
}()

// Complement is the complementary IUPAC letter, in the same case. A byte that
// is not a nucleotide is its own complement.
func Complement(letter byte) byte { return complements[letter] }

// AppendReverseComplement appends the reverse complement of seq to dst, which
// must not overlap seq.
func AppendReverseComplement(dst, seq []byte) []byte {
	for i := len(seq) - 1; i >= 0; i-- {
		dst = append(dst, complements[seq[i]])
	}
	return dst
}
