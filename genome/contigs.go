package genome

import (
	"strconv"
	"strings"
)

// Spellings are other ways to write a contig's name: with chr and without, M
// for MT, for RefSeq's accessions of human chromosomes their numbers, for UCSC's
// names of scaffolds their accessions.
func Spellings(name string) []string {
	bare := name
	if len(name) > 3 && strings.EqualFold(name[:3], "chr") {
		bare = name[3:]
	}
	var all []string
	for _, s := range []string{bare, "chr" + bare, "Chr" + bare, "CHR" + bare} {
		if s != name {
			all = append(all, s)
		}
	}
	for _, other := range []string{HumanChromosome(name), ScaffoldAccession(name)} {
		if other != "" {
			return append(all, append(Spellings(other), other)...)
		}
	}
	if other := map[string]string{"M": "MT", "MT": "M"}[bare]; other != "" {
		all = append(all, other, "chr"+other, "Mito")
	}
	return all
}

// PlainContig returns the part of a contig's name that all dialects share: without
// chr, MT for a mitochondrion, for RefSeq's accessions of human chromosomes their
// numbers, for UCSC's names of scaffolds their accessions. Two contigs of one
// genome may share it: ContigNames tells them apart.
func PlainContig(name string) string {
	for _, other := range []string{HumanChromosome(name), ScaffoldAccession(name)} {
		if other != "" {
			return other
		}
	}
	if len(name) > 3 && strings.EqualFold(name[:3], "chr") {
		name = name[3:]
	}
	if name == "M" || name == "Mito" {
		return "MT"
	}
	return name
}

// HumanChromosome returns the human chromosome that a RefSeq accession stands
// for, in any version: NC_000001 to NC_000024 and NC_012920.
func HumanChromosome(accession string) string {
	bare, _, _ := strings.Cut(accession, ".")
	number, ok := strings.CutPrefix(bare, "NC_0000")
	n, err := strconv.Atoi(number)
	switch {
	case bare == "NC_012920":
		return "MT"
	case !ok || err != nil || len(number) != 2 || n < 1 || n > 24:
		return ""
	case n > 22:
		return []string{"X", "Y"}[n-23]
	}
	return strconv.Itoa(n)
}

// ScaffoldAccession returns the accession in UCSC's name of a scaffold:
// KI270302.1 for chrUn_KI270302v1, and KI270706.1 for chr1_KI270706v1_random.
func ScaffoldAccession(name string) string {
	parts := strings.Split(name, "_")
	if len(parts) < 2 || !strings.HasPrefix(name, "chr") {
		return ""
	}
	i := strings.LastIndexByte(parts[1], 'v')
	if i < 6 {
		return ""
	}
	if _, err := strconv.Atoi(parts[1][i+1:]); err != nil {
		return ""
	}
	return parts[1][:i] + "." + parts[1][i+1:]
}

// SameAccession says whether two names may mean one sequence. One accession
// in two versions does not: it belongs to two assemblies.
func SameAccession(a, b string) bool {
	bareA, versionA, okA := strings.Cut(a, ".")
	bareB, versionB, okB := strings.Cut(b, ".")
	return !okA || !okB || bareA != bareB || versionA == versionB
}

// ContigNames finds contigs by their name or by another spelling of it. It does
// not change; many goroutines may use it at once.
type ContigNames struct {
	list    []string
	numbers map[string]int // of names
	spelt   map[string]int // of spellings; -1 for a spelling of several contigs
}

// NewContigNames is the names of a genome's contigs, in order.
func NewContigNames(names []string) *ContigNames {
	c := &ContigNames{list: names, numbers: map[string]int{}, spelt: map[string]int{}}
	for i, name := range names {
		c.numbers[name] = i
	}
	for i, name := range names {
		for _, s := range Spellings(name) {
			if was, ok := c.spelt[s]; ok && was != i {
				c.spelt[s] = -1
				continue
			}
			c.spelt[s] = i
		}
	}
	return c
}

// Find returns the number of the contig with a name, or else of the only
// contig whose name has this spelling.
func (c *ContigNames) Find(name string) (int, bool) {
	if i, ok := c.numbers[name]; ok {
		return i, true
	}
	found := -1
	for _, s := range append(Spellings(name), name) {
		for _, known := range []map[string]int{c.numbers, c.spelt} {
			i, ok := known[s]
			if !ok {
				continue
			}
			if i < 0 || found >= 0 && found != i {
				return 0, false
			}
			found = i
		}
	}
	if found < 0 || !SameAccession(name, c.list[found]) {
		return 0, false
	}
	return found, true
}
