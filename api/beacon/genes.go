package beacon

import (
	"cmp"
	"slices"
	"strings"

	"okazaki/analysis/variant/gene"
	"okazaki/genome"
)

// UseGenes lets the Beacon answer for the genes of the model, which must stay
// open: by symbol, whatever its case, or by identifier, whatever its version.
// An *okazaki.Error says that the model is damaged.
func (o *Options) UseGenes(m *gene.Model) error {
	places := map[string][]Place{}
	for _, c := range m.Contigs {
		if err := c.Load(); err != nil {
			return err
		}
		for _, t := range c.Transcripts() {
			id, _, _ := strings.Cut(t.Gene, ".")
			keys := []string{t.Symbol, t.Gene, id}
			for i, key := range keys {
				if key == "" || slices.Contains(keys[:i], key) {
					continue
				}
				key = strings.ToUpper(key)
				list := places[key]
				// Transcripts of one gene lie close together; transcripts of
				// two genes with one name don't.
				if n := len(list) - 1; n >= 0 && list[n].Contig == c.Name && t.Region.Lo <= list[n].Region.Hi {
					list[n].Region.Hi = max(list[n].Region.Hi, t.Region.Hi)
					continue
				}
				places[key] = append(list, Place{c.Name, t.Region})
			}
		}
	}
	o.Genes = func(id string) []Place {
		id = strings.ToUpper(id)
		if list := places[id]; list != nil {
			return list
		}
		id, _, _ = strings.Cut(id, ".")
		return places[id]
	}
	o.GenesAt = func(contig string, lo, hi int) (names []string) {
		c, ok := m.Contig(contig)
		if !ok {
			return nil
		}
		r := genome.Region{Lo: lo, Hi: hi}
		for _, t := range c.Near(lo, hi, 0, nil) {
			if t.Region.Overlaps(r) {
				names = append(names, cmp.Or(t.Symbol, t.Gene))
			}
		}
		slices.Sort(names)
		return slices.Compact(names)
	}
	return nil
}
