package guide

import (
	"slices"
	"strings"

	"okazaki/genome"
)

// GC returns the share of G and C among the bases, 0 to 1.
func GC(letters string) float64 {
	return float64(strings.Count(letters, "G")+strings.Count(letters, "C")) / float64(max(1, len(letters)))
}

// Homopolymer returns the length of the longest run of one base.
func Homopolymer(letters string) int {
	longest, run := 0, 0
	for i := range len(letters) {
		if i > 0 && letters[i] != letters[i-1] {
			run = 0
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// hairpinLoop is the least number of bases between the arms of a hairpin.
const hairpinLoop = 3

// Hairpin returns the length of the longest stem that the bases can form with
// themselves: Watson-Crick pairs without a gap, around a loop of 3 bases or
// more.
func Hairpin(letters string) int {
	longest := 0
	for i := range len(letters) {
		for j := i + hairpinLoop + 1; j < len(letters); j++ {
			n := 0
			for i-n >= 0 && j+n < len(letters) && letters[i-n] == genome.Complement(letters[j+n]) {
				n++
			}
			longest = max(longest, n)
		}
	}
	return longest
}

// restriction are the type IIS enzymes that guides are cloned with, and others
// in use for checking cuts, with their recognition sites in IUPAC letters
// (REBASE, Roberts et al. 2015, Nucleic Acids Res. 43:D298).
var restriction = []struct{ name, site string }{
	{"BbsI", "GAAGAC"}, {"BsaI", "GGTCTC"}, {"BsmBI", "CGTCTC"}, {"BspQI", "GCTCTTC"}, {"BfuAI", "ACCTGC"},
	{"EcoRI", "GAATTC"}, {"HindIII", "AAGCTT"}, {"BamHI", "GGATCC"}, {"XhoI", "CTCGAG"}, {"NotI", "GCGGCCGC"},
}

// Restriction returns the names of the enzymes that recognise a site in the
// sequence, on either strand.
func Restriction(letters string) []string {
	var names []string
	other := string(genome.AppendReverseComplement(nil, []byte(letters)))
	for _, e := range restriction {
		if strings.Contains(letters, e.site) || strings.Contains(other, e.site) {
			names = append(names, e.name)
		}
	}
	slices.Sort(names)
	return names
}
