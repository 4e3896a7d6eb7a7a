package genome_test

import (
	"testing"

	"okazaki/genome"
)

// Where a code differs from the standard one, as NCBI's page lists it.
func TestCodesDifferFromTheStandardOne(t *testing.T) {
	for code, want := range map[genome.Code]map[string]byte{
		genome.VertebrateMitochondrial:   {"AGA": '*', "AGG": '*', "ATA": 'M', "TGA": 'W'},
		genome.YeastMitochondrial:        {"ATA": 'M', "CTT": 'T', "CTC": 'T', "CTA": 'T', "CTG": 'T', "TGA": 'W'},
		4:                                {"TGA": 'W'},
		genome.InvertebrateMitochondrial: {"AGA": 'S', "AGG": 'S', "ATA": 'M', "TGA": 'W'},
		6:                                {"TAA": 'Q', "TAG": 'Q'},
		9:                                {"AAA": 'N', "AGA": 'S', "AGG": 'S', "TGA": 'W'},
		10:                               {"TGA": 'C'},
		genome.Bacterial:                 {},
		12:                               {"CTG": 'S'},
		13:                               {"AGA": 'G', "AGG": 'G', "ATA": 'M', "TGA": 'W'},
		14:                               {"AAA": 'N', "AGA": 'S', "AGG": 'S', "TAA": 'Y', "TGA": 'W'},
		15:                               {"TAG": 'Q'},
		16:                               {"TAG": 'L'},
		21:                               {"TGA": 'W', "ATA": 'M', "AGA": 'S', "AGG": 'S', "AAA": 'N'},
		22:                               {"TCA": '*', "TAG": 'L'},
		23:                               {"TTA": '*'},
		24:                               {"AGA": 'S', "AGG": 'K', "TGA": 'W'},
		25:                               {"TGA": 'G'},
		26:                               {"CTG": 'A'},
		27:                               {"TAG": 'Q', "TAA": 'Q', "TGA": 'W'},
		28:                               {"TAA": 'Q', "TAG": 'Q', "TGA": 'W'},
		29:                               {"TAA": 'Y', "TAG": 'Y'},
		30:                               {"TAA": 'E', "TAG": 'E'},
		31:                               {"TGA": 'W', "TAG": 'E', "TAA": 'E'},
		32:                               {"TAG": 'W'},
		33:                               {"TAA": 'Y', "TGA": 'W', "AGA": 'S', "AGG": 'K'},
	} {
		for _, codon := range codons("ACGT") {
			aa, differs := want[string(codon[:])]
			if !differs {
				aa = codon.AminoAcid()
			}
			if got := code.AminoAcid(codon); got != aa {
				t.Errorf("code %v: %s is %c, want %c", code, codon, got, aa)
			}
		}
	}
	if n := len(genome.Codes()); n != 27 {
		t.Errorf("there are %d codes, and NCBI numbers 27", n)
	}
}

func TestStarts(t *testing.T) {
	for code, want := range map[genome.Code]string{
		0: "ATG CTG TTG", 1: "ATG CTG TTG", 2: "ATA ATC ATG ATT GTG", 3: "ATA ATG GTG", 4: "ATA ATC ATG ATT CTG GTG TTA TTG",
		6: "ATG", 11: "ATA ATC ATG ATT CTG GTG TTG", 7: "",
	} {
		got := ""
		for _, codon := range codons("ACGT") {
			if code.IsStart(codon) {
				got += " " + string(codon[:])
			}
		}
		if want != "" {
			want = " " + want
		}
		if got != want {
			t.Errorf("code %v starts at%s, want%s", code, got, want)
		}
	}
}

// A set of codons means what all codons in it mean.
func TestAmbiguousCodonsOfAllCodes(t *testing.T) {
	for _, code := range append(genome.Codes(), 0, 7) {
		for _, set := range codons("ACGTRYSWKMBDHVN-") {
			aa, start, n := byte(0), true, 0
			for _, one := range codons("ACGT") {
				if !genome.BaseOf(set[0]).Compatible(genome.BaseOf(one[0])) || !genome.BaseOf(set[1]).Compatible(genome.BaseOf(one[1])) ||
					!genome.BaseOf(set[2]).Compatible(genome.BaseOf(one[2])) {
					continue
				}
				if a := code.AminoAcid(one); n > 0 && a != aa {
					aa = genome.Unknown
				} else {
					aa = a
				}
				start = start && code.IsStart(one)
				n++
			}
			if n == 0 {
				aa, start = genome.Unknown, false
			}
			if got := code.AminoAcid(set); got != aa || code.IsStart(set) != start {
				t.Fatalf("code %v: %s is %c, start %v; want %c, %v", code, set, got, code.IsStart(set), aa, start)
			}
		}
	}
}

func TestUnknownCodes(t *testing.T) {
	for code, want := range map[genome.Code]string{0: "1, standard", 2: "2, vertebrate mitochondrial", 7: "7, which NCBI gives to no code"} {
		if code.String() != want || code.Known() != (code != 7) {
			t.Errorf("code %d is %q, known: %v", uint8(code), code, code.Known())
		}
	}
}

func codons(letters string) (all []genome.Codon) {
	for _, a := range []byte(letters) {
		for _, b := range []byte(letters) {
			for _, c := range []byte(letters) {
				all = append(all, genome.Codon{a, b, c})
			}
		}
	}
	return all
}
