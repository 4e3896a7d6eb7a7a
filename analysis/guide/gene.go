package guide

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"

	"okazaki"
	"okazaki/format/gff3"
	"okazaki/genome"
)

// gene finds the exons of a gene or transcript. It takes the exons of all its
// transcripts, joined where they overlap. If windows are asked for, it takes
// the windows about the transcripts' starts instead. The name may be any of the
// gene's names or its identifier.
func (r *resolver) gene(ctx context.Context, name string) (*target, error) {
	features, err := r.annotation(ctx)
	if err != nil {
		return nil, err
	}
	ours := map[string]bool{} // identifiers of the gene and what is part of it
	var names []string
	t := &target{of: name, exons: true}
	transcripts := map[string]genome.Region{}
	for i := range features {
		f := &features[i]
		a := attributesOf(f)
		names = append(names, a["gene_name"], a["Name"], a["gene_id"])
		if !named(a, name) && !slices.ContainsFunc(strings.Split(a["Parent"], ","), func(p string) bool { return p != "" && ours[p] }) {
			continue
		}
		if a["ID"] != "" {
			ours[a["ID"]] = true
		}
		if f.Type == "exon" && (t.contig == "" || t.contig == f.SeqID) {
			t.contig, t.reverse = f.SeqID, f.Strand == '-'
			t.regions = append(t.regions, f.Region)
			key := cmp.Or(a["transcript_id"], a["Parent"])
			extent, ok := transcripts[key]
			if !ok {
				extent = f.Region
			}
			transcripts[key] = genome.Region{Lo: min(extent.Lo, f.Region.Lo), Hi: max(extent.Hi, f.Region.Hi)}
		}
	}
	if t.regions == nil {
		return nil, &okazaki.Error{File: r.in.Name, Message: fmt.Sprintf("there are no exons of a gene %q in it", name), Hint: nearest(name, names)}
	}
	if window := r.e.request.tss; window != nil {
		t.of, t.exons, t.regions = name+" TSS", false, nil
		for _, extent := range transcripts {
			t.regions = append(t.regions, window.about(extent, t.reverse))
		}
	}
	t.regions = joined(t.regions)
	return t, nil
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

// named says whether a feature, or what it is part of, has a name; an
// identifier may be given without its version (ENSG00000128191.8).
func named(a map[string]string, name string) bool {
	for _, tag := range []string{"Name", "gene_name", "gene"} {
		if a[tag] == name {
			return true
		}
	}
	for _, tag := range []string{"ID", "gene_id", "transcript_id"} {
		id := a[tag]
		for _, kind := range []string{"gene:", "gene-", "transcript:", "rna-"} {
			id = strings.TrimPrefix(id, kind)
		}
		if at := strings.LastIndexByte(id, '.'); a[tag] == name || id == name || at > 0 && id[:at] == name && strings.Trim(id[at+1:], "0123456789") == "" {
			return true
		}
	}
	return false
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
