package guide

import (
	"cmp"
	"context"
	"fmt"
	"sort"
	"strings"

	"okazaki"
	"okazaki/format/gff3"
	"okazaki/genome"
)

// geneIndex returns the names of the genes, read once.
func (r *resolver) geneIndex(ctx context.Context) (*geneIndex, error) {
	if r.genes != nil {
		return r.genes, nil
	}
	x := newGeneIndex()
	if err := eachFeature(ctx, r.e.files, *r.in, x.add); err != nil {
		return nil, err
	}
	r.genes = x
	return x, nil
}

// gene finds the exons of a gene or transcript: of all its transcripts, joined
// where they overlap. If windows are asked for, it takes the windows about the
// transcripts' starts instead. The name may be any of the gene's names or its
// identifier. If a contig is given, it takes the gene that lies there. A name
// that fits in several places is refused.
func (r *resolver) gene(ctx context.Context, name, contig string) (*target, error) {
	x, err := r.geneIndex(ctx)
	if err != nil {
		return nil, err
	}
	nodes := x.find(name, func(c string) bool { return r.fits(c, contig) })
	if nodes == nil && contig == "" {
		nodes = x.find(name, func(string) bool { return true }) // on contigs that the genome does not have
	}
	if nodes == nil {
		return nil, &okazaki.Error{File: r.in.Name, Message: fmt.Sprintf("there is no gene %q%s in it", name, on(contig)), Hint: nearest(name, x.spellings())}
	}
	found := places(nodes)
	if len(found) > 1 {
		return nil, r.severalPlaces(name, found)
	}
	body := found[0].body
	t := &target{of: cmp.Or(r.asked, name), contig: found[0].nodes[0].contig, reverse: body.reverse, exons: true, regions: body.exons}
	if len(t.regions) == 0 {
		return nil, &okazaki.Error{File: r.in.Name, Message: fmt.Sprintf("the gene %q has no place in it: only what is part of %s has", name, nodes[0].id), Hint: "give contig:start-end"}
	}
	if window := r.e.request.tss; window != nil {
		t.of, t.exons, t.regions = t.of+windowSuffix, false, nil
		for _, extent := range body.transcripts {
			t.regions = append(t.regions, window.about(extent, t.reverse))
		}
	}
	t.regions = joined(t.regions)
	return t, nil
}

func on(contig string) string {
	if contig == "" {
		return ""
	}
	return " on " + contig
}

// fits says whether a contig of the genes is the given one of the genome, or
// any if none is given.
func (r *resolver) fits(own, contig string) bool {
	i, ok := r.contigs.Find(own)
	if contig == "" || !ok {
		return ok
	}
	j, ok := r.contigs.Find(contig)
	return ok && i == j
}

// maxPlaces is the most places that an error names.
const maxPlaces = 4

// severalPlaces returns the error for a name that fits in several places.
func (r *resolver) severalPlaces(name string, found []genePlace) error {
	var list []string
	contigs, ids := map[string]bool{}, map[string]bool{}
	for i, p := range found {
		n := p.nodes[0]
		contigs[n.contig], ids[n.top().id] = true, true
		if i < maxPlaces {
			list = append(list, fmt.Sprintf("%s (%s:%d-%d)", n.top().id, n.contig, p.body.extent.Lo+1, p.body.extent.Hi))
		}
	}
	if more := len(found) - len(list); more > 0 {
		list = append(list, fmt.Sprintf("%d more", more))
	}
	hint := "give a region of one of them, contig:start-end"
	n := found[0].nodes[0]
	switch {
	case len(contigs) == len(found):
		hint = fmt.Sprintf("give one with its contig, such as %s:%s", n.contig, name)
	case len(ids) == len(found):
		hint = fmt.Sprintf("give the identifier of one, such as %s", n.top().id)
	}
	return &okazaki.Error{File: r.in.Name, Message: fmt.Sprintf("the gene %q is in several places: %s", name, strings.Join(list, ", ")), Hint: hint}
}

// attributesOf returns a feature's attributes by tag. It reads GTF's (tag
// "value") too.
func attributesOf(f *gff3.Feature) map[string]string {
	all := map[string]string{}
	for _, a := range f.Attributes {
		if tag, value, ok := strings.Cut(a.Tag, " "); ok && a.Value == "" {
			a.Tag, a.Value = tag, strings.Trim(value, ` "`)
		}
		if all[a.Tag] == "" {
			all[a.Tag] = a.Value
		}
	}
	return all
}

// joined returns the regions ascending, joined where they touch.
func joined(regions []genome.Region) []genome.Region {
	sort.Slice(regions, func(i, j int) bool { return regions[i].Lo < regions[j].Lo })
	all := regions[:1]
	for _, r := range regions[1:] {
		if last := &all[len(all)-1]; r.Lo <= last.Hi {
			last.Hi = max(last.Hi, r.Hi)
		} else {
			all = append(all, r)
		}
	}
	return all
}

// nearest returns a hint that names the name with the most similar spelling.
func nearest(name string, names []string) string {
	best, least := "", len(name)/2+2
	for _, n := range names {
		if d := distance(strings.ToLower(name), strings.ToLower(n), least); n != "" && d < least {
			best, least = n, d
		}
	}
	if best == "" {
		return "check the spelling"
	}
	return "did you mean " + best + "?"
}

// distance returns the number of letters to change, add or remove (Levenshtein
// 1966). It returns most if that is less.
func distance(a, b string, most int) int {
	if len(a)-len(b) >= most || len(b)-len(a) >= most {
		return most
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return min(most, row[len(b)])
}
