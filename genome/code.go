package genome

import "strconv"

// A Code is a genetic code by NCBI's number of its translation table; 0 is the
// standard code, as 1 is.
type Code uint8

// The genetic codes of nuclei and of the mitochondria of vertebrates and yeasts.
const (
	Standard                  Code = 1
	VertebrateMitochondrial   Code = 2
	YeastMitochondrial        Code = 3
	InvertebrateMitochondrial Code = 5
	Bacterial                 Code = 11
)

// codeTables are NCBI's translation tables (The Genetic Codes, Elzanowski and
// Ostell, update of September 2024), their codons in the order TCAG: the amino
// acids, and M where translation may start. Codes 27, 28 and 31 read some
// codons as an amino acid or as a stop, by context: here they are amino acids.
var codeTables = [...]struct {
	code               Code
	name, acids, start string
}{
	{1, "standard",
		"FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
		"---M---------------M---------------M----------------------------"},
	{2, "vertebrate mitochondrial",
		"FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSS**VVVVAAAADDEEGGGG",
		"--------------------------------MMMM---------------M------------"},
	{3, "yeast mitochondrial",
		"FFLLSSSSYY**CCWWTTTTPPPPHHQQRRRRIIMMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
		"----------------------------------MM---------------M------------"},
	{4, "mold, protozoan and coelenterate mitochondrial, Mycoplasma, Spiroplasma",
		"FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
		"--MM---------------M------------MMMM---------------M------------"},
	{5, "invertebrate mitochondrial",
		"FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSSSSVVVVAAAADDEEGGGG",
		"---M----------------------------MMMM---------------M------------"},
	{6, "ciliate, dasycladacean and Hexamita nuclear",
		"FFLLSSSSYYQQCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
		"-----------------------------------M----------------------------"},
	{9, "echinoderm and flatworm mitochondrial",
		"FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNNKSSSSVVVVAAAADDEEGGGG",
		"-----------------------------------M---------------M------------"},
	{10, "euplotid nuclear",
		"FFLLSSSSYY**CCCWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
		"-----------------------------------M----------------------------"},
	{11, "bacterial, archaeal and plant plastid",
		"FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
		"---M---------------M------------MMMM---------------M------------"},
	{12, "alternative yeast nuclear",
		"FFLLSSSSYY**CC*WLLLSPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
		"-------------------M---------------M----------------------------"},
	{13, "ascidian mitochondrial",
		"FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSSGGVVVVAAAADDEEGGGG",
		"---M------------------------------MM---------------M------------"},
	{14, "alternative flatworm mitochondrial",
		"FFLLSSSSYYY*CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNNKSSSSVVVVAAAADDEEGGGG",
		"-----------------------------------M----------------------------"},
	{15, "Blepharisma nuclear",
		"FFLLSSSSYY*QCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
		"-----------------------------------M----------------------------"},
	{16, "chlorophycean mitochondrial",
		"FFLLSSSSYY*LCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
		"-----------------------------------M----------------------------"},
	{21, "trematode mitochondrial",
		"FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNNKSSSSVVVVAAAADDEEGGGG",
		"-----------------------------------M---------------M------------"},
	{22, "Scenedesmus obliquus mitochondrial",
		"FFLLSS*SYY*LCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
		"-----------------------------------M----------------------------"},
	{23, "Thraustochytrium mitochondrial",
		"FF*LSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
		"--------------------------------M--M---------------M------------"},
	{24, "Rhabdopleuridae mitochondrial",
		"FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSSKVVVVAAAADDEEGGGG",
		"---M---------------M---------------M---------------M------------"},
	{25, "candidate division SR1 and Gracilibacteria",
		"FFLLSSSSYY**CCGWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
		"---M-------------------------------M---------------M------------"},
	{26, "Pachysolen tannophilus nuclear",
		"FFLLSSSSYY**CC*WLLLAPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
		"-------------------M---------------M----------------------------"},
	{27, "karyorelict nuclear",
		"FFLLSSSSYYQQCCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
		"-----------------------------------M----------------------------"},
	{28, "Condylostoma nuclear",
		"FFLLSSSSYYQQCCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
		"-----------------------------------M----------------------------"},
	{29, "Mesodinium nuclear",
		"FFLLSSSSYYYYCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
		"-----------------------------------M----------------------------"},
	{30, "peritrich nuclear",
		"FFLLSSSSYYEECC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
		"-----------------------------------M----------------------------"},
	{31, "Blastocrithidia nuclear",
		"FFLLSSSSYYEECCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
		"-----------------------------------M----------------------------"},
	{32, "Balanophoraceae plastid",
		"FFLLSSSSYY*WCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
		"---M---------------M------------MMMM---------------M------------"},
	{33, "Cephalodiscidae mitochondrial",
		"FFLLSSSSYYY*CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSSKVVVVAAAADDEEGGGG",
		"---M---------------M---------------M---------------M------------"},
}

// A meaning is what a set of codons says.
type meaning struct {
	acid  byte
	start bool // each of them may start translation
}

// meanings holds each code's table over codons of sets of nucleotides, 4 bits
// a set. The numbers that NCBI gives to no code share a table in which all is
// unknown.
var meanings = func() (all [256]*[1 << 12]meaning) {
	unknown := new([1 << 12]meaning)
	for i := range unknown {
		unknown[i].acid = Unknown
	}
	for i := range all {
		all[i] = unknown
	}
	for _, t := range codeTables {
		all[t.code] = read(t.acids, t.start)
	}
	all[0] = all[Standard]
	return all
}()

// read makes the table of sets from NCBI's 64 letters. A set of several
// codons means what two smaller sets agree on, which come before it.
func read(acids, start string) *[1 << 12]meaning {
	t := new([1 << 12]meaning)
	order := [4]Base{T, C, A, G}
	for i, a := range order {
		for j, b := range order {
			for k, c := range order {
				n := i*16 + j*4 + k
				t[int(a)<<8|int(b)<<4|int(c)] = meaning{acids[n], start[n] == 'M'}
			}
		}
	}
	for set := range t {
		if t[set].acid != 0 {
			continue
		}
		t[set].acid = Unknown
		if set&0xf00 == 0 || set&0xf0 == 0 || set&0xf == 0 {
			continue // one of its letters is not a nucleotide
		}
		for shift := 0; shift < 12; shift += 4 {
			letter := set >> shift & 0xf
			if first := letter & -letter; first != letter {
				t[set] = t[set^(letter^first)<<shift].and(t[set^first<<shift])
				break
			}
		}
	}
	return t
}

// and is what both sets of codons mean.
func (m meaning) and(o meaning) meaning {
	if m.acid != o.acid {
		m.acid = Unknown
	}
	m.start = m.start && o.start
	return m
}

// Codes are all that NCBI numbers, ascending.
func Codes() []Code {
	var codes []Code
	for _, t := range codeTables {
		codes = append(codes, t.code)
	}
	return codes
}

// Known says whether NCBI gives a code this number.
func (c Code) Known() bool { return c == 0 || meanings[c] != meanings[255] }

// String is the code as a reader knows it: "2, vertebrate mitochondrial".
func (c Code) String() string {
	number := strconv.Itoa(int(max(c, Standard)))
	for _, t := range codeTables {
		if t.code == max(c, Standard) {
			return number + ", " + t.name
		}
	}
	return number + ", which NCBI gives to no code"
}

// AminoAcid returns the codon's amino acid. An ambiguous codon has one if all
// the codons that it stands for have the same; else it is Unknown. All codons
// are Unknown if the code is not Known.
func (c Code) AminoAcid(codon Codon) byte { return meanings[c][codon.set()].acid }

// IsStart says whether translation may start at the codon. It may at an
// ambiguous codon if it may at all the codons that this stands for.
func (c Code) IsStart(codon Codon) bool { return meanings[c][codon.set()].start }

// AppendTranslation appends the amino acids of coding, from its first base,
// to dst. One or two bases left at the end are ignored.
func (c Code) AppendTranslation(dst, coding []byte) []byte {
	for ; len(coding) >= 3; coding = coding[3:] {
		dst = append(dst, c.AminoAcid(Codon(coding)))
	}
	return dst
}
