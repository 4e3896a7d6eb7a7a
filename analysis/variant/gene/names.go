package gene

import (
	"slices"
	"strings"

	"okazaki/genome"
)

// mitochondria are the names of mitochondrial genomes, and the code that each
// is read by if the annotation doesn't say. A plant's, Mt, is read by the
// standard code.
var mitochondria = map[string]genome.Code{
	"MT": 2, "M": 2, "Mito": 3, "MtDNA": 5, "mitochondrion_genome": 5, "dmel_mitochondrion_genome": 5,
}

// find returns the contig that has a name, or that has it in another manner.
func (m *Model) find(name string) *Contig {
	if c := m.byName[name]; c != nil {
		return c
	}
	for _, other := range genome.Spellings(name) {
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

// chromosome returns the chromosome that a reference's header line names: 1
// for "Homo sapiens chromosome 1, GRCh38.p14 Primary Assembly".
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
