package genome

// A Codon is three IUPAC letters, in either case.
type Codon [3]byte

// Stop and Unknown are the amino acid letters of a stop codon, and of a codon
// that doesn't say which amino acid it is.
const (
	Stop    = '*'
	Unknown = 'X'
)

// standardCode is NCBI's translation table 1, its codons in the order TCAG.
const standardCode = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"

// aminoAcids is the standard code over sets of nucleotides, 4 bits a letter.
var aminoAcids = func() (t [1 << 12]byte) {
	order := [4]Base{T, C, A, G}
	for i, a := range order {
		for j, b := range order {
			for k, c := range order {
				t[int(a)<<8|int(b)<<4|int(c)] = standardCode[i*16+j*4+k]
			}
		}
	}
	for i := range t {
		if t[i] == 0 {
			t[i] = agreed(&t, i)
		}
	}
	return t
}()

// agreed is the amino acid of all the codons in a set of them, or Unknown.
func agreed(t *[1 << 12]byte, set int) byte {
	aa := byte(0)
	for i := Base(1); i <= T; i <<= 1 {
		for j := Base(1); j <= T; j <<= 1 {
			for k := Base(1); k <= T; k <<= 1 {
				one := int(i)<<8 | int(j)<<4 | int(k)
				switch {
				case one&set != one:
				case aa == 0:
					aa = t[one]
				case aa != t[one]:
					return Unknown
				}
			}
		}
	}
	if aa == 0 {
		return Unknown
	}
	return aa
}

// AminoAcid is the codon's amino acid by the standard genetic code. An
// ambiguous codon has one if all that it may be agree; else it is Unknown.
func (c Codon) AminoAcid() byte {
	return aminoAcids[int(bases[c[0]])<<8|int(bases[c[1]])<<4|int(bases[c[2]])]
}

// AppendTranslation appends the amino acids of coding, from its first letter,
// to dst. One or two letters left at the end are no codon.
func AppendTranslation(dst, coding []byte) []byte {
	for ; len(coding) >= 3; coding = coding[3:] {
		dst = append(dst, Codon(coding[:3]).AminoAcid())
	}
	return dst
}
