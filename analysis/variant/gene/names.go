package gene

import (
	"slices"
	"strconv"
	"strings"

	"okazaki/genome"
)

// mitochondria are the names that are given to a mitochondrial genome, and the
// code that it is read by where the annotation doesn't say. A plant's, Mt, is
// read by the standard one.
var mitochondria = map[string]genome.Code{
	"MT": 2, "M": 2, "Mito": 3, "MtDNA": 5, "mitochondrion_genome": 5, "dmel_mitochondrion_genome": 5,
}

// spellings are other ways to write a contig's name.
func spellings(name string) []string {
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
	if other := first(human(name), scaffold(name)); other != "" {
		return append(all, append(spellings(other), other)...)
	}
	if other := map[string]string{"M": "MT", "MT": "M"}[bare]; other != "" {
		all = append(all, other, "chr"+other, "Mito")
	}
	return all
}

// human is the chromosome that a RefSeq accession stands for, in any version,
// if it is one of the human's: NC_000001 to NC_000024 and NC_012920.
func human(accession string) string {
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

// scaffold is the accession in UCSC's name of one: of chrUn_KI270302v1 and of
// chr1_KI270706v1_random KI270302.1 and KI270706.1.
func scaffold(name string) string {
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

// find is the contig that has a name, or the same one in another manner.
func (m *Model) find(name string) *Contig {
	if c := m.byName[name]; c != nil {
		return c
	}
	for _, other := range spellings(name) {
		if c := m.byName[other]; c != nil && !c.otherVersion(name) {
			return c
		}
	}
	return nil
}

// otherVersion says whether the contig has the accession in another version:
// it is the same chromosome of another assembly.
func (c *Contig) otherVersion(accession string) bool {
	bare, version, _ := strings.Cut(accession, ".")
	return slices.ContainsFunc(append([]string{c.Name}, c.Aliases...), func(name string) bool {
		b, v, ok := strings.Cut(name, ".")
		return ok && b == bare && v != version
	})
}

// alias lets a contig be asked for by another name, unless it is taken.
func (m *Model) alias(c *Contig, name string) {
	if name == "" || m.find(name) != nil {
		return
	}
	c.Aliases = append(c.Aliases, name)
	m.byName[name] = c
}

// chromosome is the one that a reference's header line says a record is:
// "Homo sapiens chromosome 1, GRCh38.p14 Primary Assembly" is 1.
func chromosome(description string) string {
	switch {
	case strings.Contains(description, "unlocalized") || strings.Contains(description, "unplaced") || strings.Contains(description, "patch") ||
		strings.Contains(description, "alternate locus"):
		return ""
	case strings.Contains(description, "mitochondrion"):
		return "MT"
	}
	_, rest, ok := strings.Cut(description, " chromosome ")
	name, _, ends := strings.Cut(rest, ",")
	if !ok || !ends || strings.Contains(name, " ") {
		return ""
	}
	return name
}
