package gene

import (
	"strings"

	"okazaki/genome"
)

// mitochondria are the names that are given to a mitochondrial genome, and the
// code that it is read by where the annotation doesn't say. Mt is a plant's.
var mitochondria = []struct {
	name string
	code genome.Code
}{
	{"MT", 2}, {"M", 2}, {"Mito", 3}, {"MtDNA", 5}, {"mitochondrion_genome", 5}, {"dmel_mitochondrion_genome", 5},
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
	if bare == "M" || bare == "MT" {
		other := map[string]string{"M": "MT", "MT": "M"}[bare]
		all = append(all, other, "chr"+other, "Mito", "chrMito")
	}
	return all
}
