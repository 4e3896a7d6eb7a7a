package guide

import (
	"cmp"
	"context"
	"io"
	"slices"
	"sort"
	"strings"

	"okazaki"
	"okazaki/analysis"
	"okazaki/format/gff3"
	"okazaki/format/unpack"
	"okazaki/genome"
)

// genes is an annotation's genes. It does not change once it is read; many
// goroutines may use it at once.
type genes struct {
	names   *genome.ContigNames
	contigs []string
	by      [][]*transcript // of each contig, by where they begin with their promoter
	longest []int           // of each contig, the longest of these extents
}

// A transcript is a transcript of a gene, or a gene without any.
type transcript struct {
	gene    string // its name, or its identifier if it has none
	id      string
	contig  string
	reverse bool
	exons   []genome.Region // ascending
	coding  []genome.Region // ascending
}

// promoter is the number of bases before its first base that belong to a
// transcript's promoter.
const promoter = 1000

// readGenes reads GFF3 or GTF.
func readGenes(ctx context.Context, files okazaki.Files, in okazaki.Input) (*genes, error) {
	features, err := readFeatures(ctx, files, in)
	if err != nil {
		return nil, err
	}
	names, parents := map[string]string{}, map[string]string{} // by identifier
	for i := range features {
		a := attributesOf(&features[i])
		if id := a["ID"]; id != "" {
			names[id] = cmp.Or(a["Name"], a["gene_name"], a["gene"])
			parents[id], _, _ = strings.Cut(a["Parent"], ",")
		}
	}
	all := map[string]*transcript{}
	var order []*transcript
	for i := range features {
		f := &features[i]
		if f.Type != "exon" && f.Type != "CDS" && f.Type != "stop_codon" {
			continue
		}
		a := attributesOf(f)
		for id := range strings.SplitSeq(cmp.Or(a["Parent"], a["transcript_id"], a["gene_id"], a["ID"]), ",") {
			key := f.SeqID + "\t" + id
			t := all[key]
			if t == nil {
				t = &transcript{id: id, contig: f.SeqID, reverse: f.Strand == '-', gene: geneName(id, a, names, parents)}
				all[key], order = t, append(order, t)
			}
			if f.Type == "exon" {
				t.exons = append(t.exons, f.Region)
			} else {
				t.coding = append(t.coding, f.Region)
			}
		}
	}
	return newGenes(order), nil
}

// geneName returns the name of the gene that a part of a transcript belongs to.
func geneName(id string, a, names, parents map[string]string) string {
	top := id
	for range 4 { // a part, a transcript, a gene, and what NCBI has above
		if parents[top] == "" {
			break
		}
		top = parents[top]
	}
	plain := top
	for _, kind := range []string{"gene:", "gene-"} {
		plain = strings.TrimPrefix(plain, kind)
	}
	return cmp.Or(a["gene_name"], names[top], a["gene"], a["gene_id"], plain)
}

func newGenes(all []*transcript) *genes {
	g := &genes{}
	numbers := map[string]int{}
	for _, t := range all {
		if len(t.exons) == 0 {
			t.exons = slices.Clone(t.coding)
		}
		t.exons = joined(t.exons)
		if len(t.coding) > 0 {
			t.coding = joined(t.coding)
		}
		n, ok := numbers[t.contig]
		if !ok {
			n = len(g.contigs)
			numbers[t.contig] = n
			g.contigs, g.by, g.longest = append(g.contigs, t.contig), append(g.by, nil), append(g.longest, 0)
		}
		g.by[n] = append(g.by[n], t)
		g.longest[n] = max(g.longest[n], t.extent().Len())
	}
	for _, list := range g.by {
		slices.SortStableFunc(list, func(a, b *transcript) int { return cmp.Compare(a.extent().Lo, b.extent().Lo) })
	}
	g.names = genome.NewContigNames(g.contigs)
	return g
}

// extent returns the transcript's region with its promoter.
func (t *transcript) extent() genome.Region {
	r := genome.Region{Lo: t.exons[0].Lo, Hi: t.exons[len(t.exons)-1].Hi}
	if t.reverse {
		r.Hi += promoter
	} else {
		r.Lo -= promoter
	}
	return r
}

// What a place is to a transcript, the most important first.
const (
	inExon = iota // a coding sequence's, or any of a transcript without one
	inUTR
	inIntron
	inPromoter
	intergenic
)

var featureNames = [...]string{"exon", "UTR", "intron", "promoter", "intergenic"}

// feature returns which part of the transcript a base lies in.
func (t *transcript) feature(at int) int {
	contains := func(r genome.Region) bool { return r.Contains(at) }
	switch {
	case !t.extent().Contains(at):
		return intergenic
	case len(t.coding) > 0 && slices.ContainsFunc(t.coding, contains), len(t.coding) == 0 && slices.ContainsFunc(t.exons, contains):
		return inExon
	case slices.ContainsFunc(t.exons, contains):
		return inUTR
	case at < t.exons[0].Lo || at >= t.exons[len(t.exons)-1].Hi:
		return inPromoter
	}
	return inIntron
}

// An annotation is the genes and the feature at a place.
type annotation struct {
	genes   []string // that have the feature there
	feature int
}

// at returns the annotation of a base of a contig, and the transcripts near it.
func (g *genes) at(contig string, base int64) (a annotation, near []*transcript) {
	a.feature = intergenic
	n, ok := g.names.Find(contig)
	if !ok {
		return a, nil
	}
	list, at := g.by[n], int(base)
	for i := sort.Search(len(list), func(i int) bool { return list[i].extent().Lo > at-g.longest[n] }); i < len(list) && list[i].extent().Lo <= at; i++ {
		t := list[i]
		f := t.feature(at)
		if f == intergenic {
			continue
		}
		near = append(near, t)
		if f < a.feature {
			a.feature, a.genes = f, nil
		}
		if f == a.feature && !slices.Contains(a.genes, t.gene) {
			a.genes = append(a.genes, t.gene)
		}
	}
	return a, near
}

// around returns the names of the genes that a base of a contig lies in, their
// promoters included.
func (g *genes) around(contig string, base int64) (names []string) {
	_, near := g.at(contig, base)
	for _, t := range near {
		if !slices.Contains(names, t.gene) {
			names = append(names, t.gene)
		}
	}
	slices.Sort(names)
	return names
}

// A proteinPlace is where a cut lies in a coding sequence.
type proteinPlace struct {
	aminoAcids, percent float64 // before the cut
}

// cutOf returns where a cut lies in the longest coding sequence of some
// transcripts. With and of are the number of a gene's transcripts that have the
// cut in an exon, and of all its transcripts.
func cutOf(near []*transcript, all []*transcript, base int64) (place *proteinPlace, with, of int) {
	longest := 0
	for _, t := range all {
		if slices.ContainsFunc(t.exons, func(r genome.Region) bool { return r.Contains(int(base)) }) {
			with++
		}
	}
	for _, t := range near {
		if total, before, ok := t.codingAt(int(base)); ok && total > longest {
			longest = total
			place = &proteinPlace{aminoAcids: float64(before / 3), percent: 100 * float64(before) / float64(total)}
		}
	}
	return place, with, len(all)
}

// codingAt returns the length of the coding sequence and how many of its bases
// lie before a base of it.
func (t *transcript) codingAt(at int) (total, before int, ok bool) {
	for _, r := range t.coding {
		total += r.Len()
		switch {
		case r.Contains(at) && t.reverse:
			before, ok = before+r.Hi-1-at, true
		case r.Contains(at):
			before, ok = before+at-r.Lo, true
		case r.Lo > at == t.reverse:
			before += r.Len()
		}
	}
	return total, before, ok
}

// of returns a gene's transcripts on a contig.
func (g *genes) of(contig, gene string) (all []*transcript) {
	if n, ok := g.names.Find(contig); ok {
		for _, t := range g.by[n] {
			if t.gene == gene {
				all = append(all, t)
			}
		}
	}
	return all
}

func readFeatures(ctx context.Context, files okazaki.Files, in okazaki.Input) (all []gff3.Feature, err error) {
	err = eachFeature(ctx, files, in, func(f *gff3.Feature) { all = append(all, *f) })
	return all, err
}

// eachFeature calls found for each feature of GFF3 or GTF.
func eachFeature(ctx context.Context, files okazaki.Files, in okazaki.Input, found func(*gff3.Feature)) error {
	f, err := files.Open(ctx, in)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := unpack.Open(in.Name, f)
	if err != nil {
		return err
	}
	defer r.Close()
	for features := gff3.NewReader(in.Name, analysis.Reader(ctx, r)); ; {
		f, err := features.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		found(f)
	}
}
