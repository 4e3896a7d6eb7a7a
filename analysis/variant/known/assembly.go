package known

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"okazaki"
	"okazaki/genome"
)

// An Assembly is what a file says about the genome of its positions.
type Assembly struct {
	Name    string         // "" if unknown
	Lengths map[string]int // of contigs, bases
}

// firstLengths are the lengths of chromosome 1 in assemblies. They tell the
// assembly of a file that names none.
var firstLengths = map[int]string{
	249250621: "GRCh37", 248956422: "GRCh38", 248387328: "T2T-CHM13v2.0",
	195471971: "GRCm38", 195154279: "GRCm39",
}

// spellings are how assemblies are called, in lower case; the first that a text
// holds is meant.
var spellings = []struct{ part, name string }{
	{"grch38", "GRCh38"}, {"hg38", "GRCh38"}, {"hs38", "GRCh38"}, {"gca_000001405.15", "GRCh38"},
	{"grch37", "GRCh37"}, {"hg19", "GRCh37"}, {"b37", "GRCh37"}, {"hs37d5", "GRCh37"}, {"human_g1k_v37", "GRCh37"},
	{"chm13", "T2T-CHM13v2.0"}, {"hs1.fa", "T2T-CHM13v2.0"},
	{"grcm39", "GRCm39"}, {"mm39", "GRCm39"}, {"grcm38", "GRCm38"}, {"mm10", "GRCm38"},
}

// AssemblyOf is the common name of the assembly that a text names, such as the
// address of a reference; "" if it names none that is known here.
func AssemblyOf(text string) string {
	text = strings.ToLower(text)
	for _, s := range spellings {
		if strings.Contains(text, s.part) {
			return s.name
		}
	}
	return ""
}

// normal is the assembly with its common name: by its own, or by the length
// of its first chromosome.
func (a Assembly) normal() Assembly {
	if common := AssemblyOf(a.Name); common != "" {
		a.Name = common
	}
	if a.Name == "" {
		for name, n := range a.Lengths {
			if genome.PlainContig(name) == "1" {
				a.Name = firstLengths[n]
			}
		}
	}
	return a
}

// Check returns an error if the source and the file that it is used for,
// named by file, disagree on the assembly. Either may know only a part of its
// own; what both know has to agree.
func (s *Source) Check(file string, of Assembly) error {
	mine, of := s.Assembly().normal(), of.normal()
	hint := "use a source of the same assembly"
	if mine.Name != "" && of.Name != "" && !strings.EqualFold(mine.Name, of.Name) {
		return &okazaki.Error{File: s.name, Message: fmt.Sprintf("the source is for %s, %s is for %s", mine.Name, file, of.Name), Hint: hint}
	}
	lengths := map[string]int{}
	for name, n := range of.Lengths {
		lengths[genome.PlainContig(name)] = n
	}
	for _, name := range slices.Sorted(maps.Keys(mine.Lengths)) {
		if n, ok := lengths[genome.PlainContig(name)]; ok && n > 0 && n != mine.Lengths[name] && genome.PlainContig(name) != "MT" {
			return &okazaki.Error{File: s.name, Message: fmt.Sprintf("contig %s has %d bases there, and %d in %s: this is another assembly", name, mine.Lengths[name], n, file), Hint: hint}
		}
	}
	return nil
}
