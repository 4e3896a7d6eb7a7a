package genome

// A Codon is three IUPAC letters, in either case.
type Codon [3]byte

// Stop and Unknown are the amino acid letters of a stop codon, and of a codon
// that doesn't say which amino acid it is.
const (
	Stop    = '*'
	Unknown = 'X'
)

// set is the set of codons that the letters name, 4 bits a letter.
func (c Codon) set() int {
	return int(bases[c[0]])<<8 | int(bases[c[1]])<<4 | int(bases[c[2]])
}

// AminoAcid returns the codon's amino acid by the standard genetic code. An
// ambiguous codon has one if all the codons that it stands for have the same;
// else it is Unknown.
func (c Codon) AminoAcid() byte { return Standard.AminoAcid(c) }

// AppendTranslation appends the amino acids of coding by the standard genetic
// code, from its first base, to dst. One or two bases left at the end are
// ignored.
func AppendTranslation(dst, coding []byte) []byte {
	return Standard.AppendTranslation(dst, coding)
}
