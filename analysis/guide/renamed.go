package guide

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"okazaki"
)

// maxRenamed is the most contigs that a remark names.
const maxRenamed = 20

// renamedRemarks returns remarks about the contigs of a file that the genome
// has under another name.
func renamedRemarks(renamed map[string]string, file string) (remarks []string) {
	names := slices.Sorted(maps.Keys(renamed))
	for _, name := range names[:min(maxRenamed, len(names))] {
		remarks = append(remarks, fmt.Sprintf("contig %s of the %s is %s of the genome", name, file, renamed[name]))
	}
	if more := len(names) - maxRenamed; more > 0 {
		remarks = append(remarks, fmt.Sprintf("and %d more", more))
	}
	return remarks
}

// geneRemarks returns remarks about the contigs with sites that the genes have
// under another name. It warns if the genes have none of them.
func (e *engine) geneRemarks(ctx context.Context, result okazaki.Result, out okazaki.Outputs) (string, error) {
	if e.genes == nil {
		return "", nil
	}
	met := map[string]bool{}
	err := e.each(ctx, result, func(t *tally) error {
		if t.home != nil {
			met[t.home.Name] = true
		}
		for i := range t.hits {
			met[t.hits[i].Name] = true
		}
		return nil
	})
	renamed, without := map[string]string{}, slices.Sorted(maps.Keys(met))
	for name := range met {
		if i, ok := e.genes.names.Find(name); ok {
			without = nil
			if own := e.genes.contigs[i]; own != name {
				renamed[own] = name
			}
		}
	}
	if len(without) > 0 {
		out.Note(okazaki.Note{Warning: true, Text: fmt.Sprintf("the genes are on no contig that guides have sites on, such as %s: all of these are intergenic; are they of this genome?", without[0])})
	}
	return strings.Join(renamedRemarks(renamed, "genes"), "; "), err
}
