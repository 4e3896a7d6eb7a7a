package virus

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"okazaki/analysis/report"
	"okazaki/genome"
)

// A reportSite is a mutation at a position and how many genomes have it, of those
// whose base is known there.
type reportSite struct {
	pos          int
	name, gene   string
	amino        string
	count, known int
}

// sites returns all mutations of the genomes, the commonest first. It also
// returns by position the share of genomes that differ, and the share that lack
// the base.
func (r *reporter) sites() (all []reportSite, differ, lack []float64) {
	n := len(r.ref.Sequence)
	differ, lack = make([]float64, n), make([]float64, n)
	var aligned, unread, deleted int32
	for pos := range n {
		aligned, unread, deleted = aligned+r.aligned[pos], unread+r.unread[pos], deleted+r.deleted[pos]
		known := int(aligned - unread)
		if known <= 0 {
			continue
		}
		for k, count := range r.substituted[pos] {
			if count > 0 {
				differ[pos] += float64(count) / float64(known)
				all = append(all, reportSite{pos: pos, name: fmt.Sprintf("%c%d%c", r.ref.Sequence[pos], pos+1, "ACGT"[k]), count: int(count), known: known})
			}
		}
		lack[pos] = float64(deleted) / float64(known)
	}
	slices.SortStableFunc(all, func(a, b reportSite) int { return b.count - a.count })
	all = all[:min(len(all), 4096)]
	for i := range all[:min(len(all), reportMutations)] {
		r.explain(&all[i])
	}
	return all, differ, lack
}

// explain says what a substitution does to a protein by itself.
func (r *reporter) explain(s *reportSite) {
	seq := bytes.Clone(r.ref.Sequence)
	seq[s.pos] = s.name[len(s.name)-1]
	var genes, amino []string
	for g := range r.ref.Genes {
		cds := &r.ref.Genes[g]
		for _, at := range cds.Offsets(nil, s.pos) {
			if at/3 >= cds.Codons() {
				continue
			}
			was, is := cds.Translate(r.ref.Sequence)[at/3], cds.Translate(seq)[at/3]
			change := fmt.Sprintf("%s:%c%d%c", cds.Name, was, at/3+1, is)
			if was == is {
				change = "silent"
			}
			if !slices.Contains(genes, cds.Name) {
				genes, amino = append(genes, cds.Name), append(amino, change)
			}
		}
	}
	s.gene, s.amino = strings.Join(genes, ", "), strings.Join(amino, ", ")
}

// The map's measures.
const (
	mapWidth = 1000
	mapLeft  = 52
	mapRight = 985
	mapWhole = 100 // where 100 % of substitutions is
	mapZero  = 230
	mapLacks = 300 // where 100 % of deletions is
)

// mutationMap draws shares along the genome.
func (r *reporter) mutationMap() report.Part {
	all, differ, lack := r.sites()
	axis := report.Axis{Hi: float64(len(differ)), Left: mapLeft, Right: mapRight}
	p := &report.Plot{Title: "Mutations along the genome", Width: mapWidth,
		Desc: fmt.Sprintf("Each bar is the share of genomes with another base (above) or without it (below), of those whose base is known there; "+
			"the highest of the positions that share a bar. Labels are the commonest amino-acid changes. Reference: %s, %s bases.", r.ref.Name, report.Count(len(differ))),
		Legend: []report.Key{{Class: "blue", Text: "substitutions"}, {Class: "red", Text: "deletions"}, {Class: "gene", Text: "genes"}}}
	axis.Percents(p, mapZero, mapWhole)
	p.Line(mapLeft, mapLacks, mapRight, mapLacks, "")
	p.Write(mapLeft-6, mapLacks+4, "end", "soft small", "100 %")
	r.bars(p, axis, differ, all, mapWhole-mapZero, "blue")
	r.bars(p, axis, lack, nil, mapLacks-mapZero, "red")
	axis.Labels(p, mapWhole-18, r.aminoLabels(axis, differ, lack), false)
	var genes []report.Box
	for _, g := range r.ref.Genes {
		for _, s := range g.Segments {
			genes = append(genes, report.Box{Lo: s.Lo, Hi: s.Hi, Name: g.Name})
		}
	}
	bottom := float64(mapLacks + 14)
	if len(genes) > 0 {
		bottom = axis.Boxes(p, bottom, genes)
	}
	axis.Draw(p, bottom+8, "position in "+r.ref.Name+", bases from 1")
	p.Height = int(bottom) + 52
	p.Table = r.mutationTable(all)
	return report.Part{Plot: p}
}

// bars draws the highest share of each unit of the picture's width.
func (r *reporter) bars(p *report.Plot, axis report.Axis, share []float64, all []reportSite, height float64, class string) {
	names := map[int]string{}
	for _, s := range all {
		if _, ok := names[s.pos]; !ok {
			names[s.pos] = s.name
		}
	}
	for pos := 0; pos < len(share); {
		x, best := int(axis.At(pos)), pos
		for ; pos < len(share) && int(axis.At(pos)) == x; pos++ {
			if share[pos] > share[best] {
				best = pos
			}
		}
		if share[best] <= 0 {
			continue
		}
		h := height * min(1, share[best])
		if h > -0.7 && h < 0.7 {
			h = max(-0.7, min(0.7, h*1000)) // so that it is visible
		}
		says := fmt.Sprintf("%s: %.1f %%", names[best], 100*share[best])
		if names[best] == "" {
			says = fmt.Sprintf("position %s: %.1f %%", report.Count(best+1), 100*share[best])
		}
		p.Rect(float64(x), min(mapZero, mapZero+h), 1.6, max(h, -h), class, says)
	}
}

// aminoLabels returns the labels of the commonest amino-acid changes. Deletions
// of one gene that lie together have one label.
func (r *reporter) aminoLabels(axis report.Axis, differ, lack []float64) (labels []report.Label) {
	genes := map[string]*genome.CDS{}
	for g := range r.ref.Genes {
		genes[r.ref.Genes[g].Name] = &r.ref.Genes[g]
	}
	aligned := max(1, r.rows-r.failed)
	taken := map[string]int{} // where deletions were, by gene
	for _, c := range r.amino.Top(1000) {
		at := strings.LastIndexByte(c.Name, ':')
		if len(labels) == reportLabels || at < 0 || len(c.Name) < at+4 || 100*c.Count < aligned {
			continue
		}
		name := string(unsafeText([]byte(c.Name[:at])))
		codon, err := strconv.Atoi(c.Name[at+2 : len(c.Name)-1])
		cds := genes[name]
		if err != nil || cds == nil || codon < 1 || codon > cds.Codons() {
			continue
		}
		pos := cds.Position(3*(codon-1) + 1)
		y := float64(mapZero)
		for _, p := range []int{3 * (codon - 1), 3*(codon-1) + 1, 3*(codon-1) + 2} {
			y = min(y, mapZero+(mapWhole-mapZero)*min(1, differ[cds.Position(p)]))
		}
		if strings.HasSuffix(c.Name, "-") {
			if last, ok := taken[name]; ok && codon-last < 4 && last-codon < 4 {
				continue
			}
			taken[name] = codon
		}
		labels = append(labels, report.Label{X: axis.At(pos), Y: y - 1, Text: c.Name})
	}
	return labels
}

func (r *reporter) mutationTable(all []reportSite) *report.Table {
	t := &report.Table{Caption: "The commonest substitutions", Folded: true, Columns: []report.Column{
		{Name: "substitution"}, {Name: "gene"}, {Name: "amino acid, by itself"}, {Name: "genomes", Number: true}, {Name: "share", Number: true}}}
	for _, s := range all[:min(len(all), reportMutations)] {
		t.Rows = append(t.Rows, []any{s.name, s.gene, s.amino, report.Count(s.count), report.Share(s.count, s.known)})
	}
	if len(all) > reportMutations {
		t.Note = fmt.Sprintf("The first %d; all are in mutations.tsv, a row a genome. The share is of the genomes whose base is known there.", reportMutations)
	}
	return t
}

func (r *reporter) aminoTable() *report.Table {
	t := &report.Table{Caption: "The commonest amino-acid changes", Folded: true,
		Columns: []report.Column{{Name: "change"}, {Name: "genomes", Number: true}, {Name: "share of aligned genomes", Number: true}}}
	for _, c := range r.amino.Top(reportMutations) {
		t.Rows = append(t.Rows, []any{c.Name, report.Count(c.Count), report.Share(c.Count, r.rows-r.failed)})
	}
	if r.amino.Len() > reportMutations {
		t.Note = fmt.Sprintf("The first %d; '-' is a deleted amino acid.", reportMutations)
	}
	return t
}
