package guide

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"okazaki/format/wire"
)

// Hits in a gene of the guide's own site can be left out. But the own site of a
// guide of a list is known only when the whole genome was searched. So a
// guide's sums are kept for each set of genes that hits lie in, too.

// A geneSum is the sums over the hits of a kind that lie in the same genes.
type geneSum struct {
	genes       string // their names, with tabs between
	kind        int
	n, cfd, mit int64
	unscored    int64
}

type geneKind struct {
	genes string
	kind  int
}

type geneSums map[geneKind]*geneSum

// geneSum returns the sum that a hit at a place goes to. It returns a sum that
// nobody reads if the place lies in no gene, or if genes are not asked for.
func (t *hitCollector) geneSum(place *locus, kind int) *geneSum {
	if t.genes == nil {
		t.nowhere.kind = kind
		return &t.nowhere
	}
	key := geneKind{strings.Join(t.genes.around(place.Name, place.cut(t.request.pam, t.request.cut)), "\t"), kind}
	if key.genes == "" {
		t.nowhere.kind = kind
		return &t.nowhere
	}
	return t.tally.genes.of(key)
}

func (s *geneSums) of(key geneKind) *geneSum {
	own := (*s)[key]
	if own == nil {
		if *s == nil {
			*s = geneSums{}
		}
		own = &geneSum{genes: key.genes, kind: key.kind}
		(*s)[key] = own
	}
	return own
}

func (s *geneSums) add(o geneSums) {
	for key, more := range o {
		own := s.of(key)
		own.n, own.cfd, own.mit, own.unscored = own.n+more.n, own.cfd+more.cfd, own.mit+more.mit, own.unscored+more.unscored
	}
}

// append writes the sums, by genes and kind.
func (s geneSums) append(b []byte) []byte {
	b = wire.AppendUvarint(b, len(s))
	for _, key := range slices.SortedFunc(maps.Keys(s), func(a, b geneKind) int {
		return cmp.Or(strings.Compare(a.genes, b.genes), cmp.Compare(a.kind, b.kind))
	}) {
		own := s[key]
		b = append(wire.AppendBytes(b, key.genes), byte(key.kind))
		b = wire.AppendVarint(wire.AppendVarint(wire.AppendUvarint(b, own.n), own.cfd), own.mit)
		b = wire.AppendUvarint(b, own.unscored)
	}
	return b
}

// leastSum is the least number of bytes of a sum.
const leastSum = 6

// geneSums reads the bytes that append wrote.
func (r *reader) geneSums() (s geneSums) {
	for n := r.Count(leastSum); n > 0 && r.Err() == nil; n-- {
		own := s.of(geneKind{r.String(), int(r.Byte())})
		own.n, own.cfd, own.mit, own.unscored = int64(r.Uvarint()), r.Varint(), r.Varint(), int64(r.Uvarint())
		if own.kind >= kinds {
			r.Fail(errKind)
		}
	}
	return s
}

// closest returns the first hits of each set of genes, at most that many of
// each. When some genes are left out, the first remaining hits are among them.
func closest(sorted []hit, most int) []hit {
	seen := map[string]int{}
	kept := sorted[:0]
	for _, h := range sorted {
		if seen[h.genes]++; seen[h.genes] <= most {
			kept = append(kept, h)
		}
	}
	return kept
}

// genesOf returns the genes that the cut of a site lies in.
func (e *engine) genesOf(l *locus) []string {
	return e.genes.around(l.Name, l.cut(e.request.pam, e.request.cut))
}

// meet says whether two lists share a name.
func meet(a, b []string) bool {
	return slices.ContainsFunc(a, func(name string) bool { return slices.Contains(b, name) })
}

// withoutOwnGene returns a tally without the hits in genes of the guide's own
// site, except the site itself.
func (e *engine) withoutOwnGene(t *tally) *tally {
	own := *t
	var home []string // genes of the own site
	if t.home != nil {
		home = e.genesOf(&t.home.locus)
	}
	inOwn := func(genes string) bool { return meet(strings.Split(genes, "\t"), home) }
	for key, s := range t.genes {
		if inOwn(key.genes) {
			own.counts[key.kind] -= s.n
			own.cfd, own.mit, own.unscored = own.cfd-s.cfd, own.mit-s.mit, own.unscored-s.unscored
		}
	}
	if home != nil {
		own.counts[kind(0, 0, 0)]++
		own.cfd += t.home.cfd
		own.mit += unit
	}
	own.hits = nil
	for _, h := range t.hits {
		if (t.most == 0 || len(own.hits) < t.most) && (!inOwn(h.genes) || h.locus.compare(&t.home.locus) == 0) {
			own.hits = append(own.hits, h)
		}
	}
	return &own
}

// leavesOut says whether --exclude leaves a hit out.
func (e *engine) leavesOut(h *hit, own *home) bool {
	x := &e.request.exclude
	if own != nil && own.locus.compare(&h.locus) == 0 {
		return false
	}
	return slices.Contains(x.copies, h.copied) || x.sameGene && own != nil && meet(e.genesOf(&h.locus), e.genesOf(&own.locus))
}
