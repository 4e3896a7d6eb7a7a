package guide

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"okazaki"
	"okazaki/analysis"
	"okazaki/analysis/report"
)

// The most that a report holds.
const (
	reportGuides  = 300   // rows of its table
	reportDrawn   = 2000  // guides of a picture
	reportPlaces  = 3     // pictures, of a target and a contig each
	reportSites   = 8     // off-targets of a guide
	reportDetails = 20    // guides whose off-targets are drawn
	reportExons   = 400   // of a picture
	reportKnown   = 20000 // targets that are told apart
)

// The names of guides and hits that only the report needs. No file has such
// names.
const (
	reportTable = "report guides"
	reportHits  = "report hits"
)

// forReport lists hits for the report if no file of hits is asked for.
func (r *request) forReport() {
	if r.hits == "" {
		r.hits, r.maxHits, r.unlisted = reportHits, reportSites+1, true
	}
}

// shownGuides and shownHits name the tables from which the report is made:
// files of the answer if those are TSV.
func (e *engine) shownGuides() string {
	if e.request.format == "tsv" {
		return "guides.tsv"
	}
	return reportTable
}

func (e *engine) shownHits() string {
	if e.request.format == "tsv" {
		return e.request.hits
	}
	return reportHits
}

// A reporter takes the page's content from the rows of the tables as they are
// written.
type reporter struct {
	e      *engine
	n      int
	bests  int // guides that are their target's first
	guides best[[]any]
	drawn  map[reportPlace][]reportGuide
	order  []reportPlace
	off    report.Tally // guides by number of off-targets
	sites  map[string][]reportSite
	first  best[reportGuide]
	none   int // guides without an off-target
}

// A best keeps the rows of the lowest ranks: of several targets it keeps as
// many ranks of each as fit.
type best[T any] struct {
	most  int // rows
	limit int // the last rank that is kept; 0 for any
	ranks []int
	rows  []T
}

func (b *best[T]) takes(rank int) bool { return b.limit == 0 || rank <= b.limit }

func (b *best[T]) add(rank int, row T) {
	b.ranks, b.rows = append(b.ranks, rank), append(b.rows, row)
	if len(b.rows) <= b.most {
		return
	}
	b.limit = max(1, slices.Max(b.ranks)-1)
	n := 0
	for i, rank := range b.ranks {
		if rank <= b.limit && n < b.most {
			b.ranks[n], b.rows[n] = rank, b.rows[i]
			n++
		}
	}
	b.ranks, b.rows = b.ranks[:n], b.rows[:n]
}

// A reportPlace is one target on one contig.
type reportPlace struct{ target, contig string }

type reportGuide struct {
	rank            int
	letters, id     string
	cut             int
	reverse         bool
	share           float64
	off, efficiency string
}

type reportSite struct {
	guide, site, pam, place, mismatches, cfd, gene string
}

// Render writes the files of the answer and, if it is asked for, the report.
func (e *engine) Render(ctx context.Context, results []okazaki.Result, out okazaki.Outputs) error {
	if !e.request.html {
		return e.renderFiles(ctx, results, out)
	}
	r := &reporter{e: e, guides: best[[]any]{most: reportGuides}, first: best[reportGuide]{most: reportDetails}, drawn: map[reportPlace][]reportGuide{}, sites: map[string][]reportSite{}}
	w := &report.Watch{Out: out, Hidden: []string{reportHits, reportTable}, Tables: map[string]func(*report.Row){e.shownGuides(): r.guide, e.shownHits(): r.hit}}
	if err := e.renderFiles(ctx, results, w); err != nil {
		return err
	}
	return r.page(w).Create(out)
}

// guideColumns are the columns of the page's table. A column that the table of
// guides lacks, or that has no value, is left out.
var guideColumns = []struct {
	name, column string
	number, code bool
}{
	{"guide", "guide", false, true}, {"PAM", "pam", false, true}, {"id", "id", false, false}, {"target", "target", false, false},
	{"contig", "contig", false, false}, {"cut", "cut", true, false}, {"strand", "strand", false, false},
	{"gene", "gene", false, false}, {"feature", "feature", false, false}, {"% of CDS", "cds_percent", true, false},
	{"off-targets", "off_targets", true, false}, {"by mismatches 0, 1, …", "by_mismatches", true, false}, {"with bulges", "bulged", true, false},
	{"CFD specificity", "cfd_specificity", true, false}, {"at least", "cfd_specificity_least", true, false}, {"MIT", "mit_specificity", true, false},
	{"Rule Set 2", "rule_set_2", true, false}, {"Rule Set 1", "rule_set_1", true, false}, {"CRISPRscan", "crisprscan", true, false}, {"enPAM+GB", "enpam_gb", true, false},
	{"GC", "gc", true, false}, {"TTTT", "poly_t", false, false}, {"own site", "own_site", false, false}, {"ranked lower for", "demoted", false, false},
}

func (r *reporter) guide(row *report.Row) {
	r.n++
	off := row.Text("off_targets")
	n, _ := strconv.Atoi(off)
	if n == 0 {
		r.none++
	}
	r.off.Add([]byte(offClass(n)))
	rank, err := strconv.Atoi(row.Text("rank"))
	if err != nil {
		rank = r.n // in a list
	}
	if rank == 1 {
		r.bests++
	}
	if r.guides.takes(rank) {
		cells := []any{integer(int64(rank))}
		for _, c := range guideColumns {
			cells = append(cells, row.Text(c.column))
		}
		r.guides.add(rank, cells)
	}
	g := reportGuide{rank: rank, letters: row.Text("guide"), id: row.Text("id"), reverse: row.Text("strand") == "-", off: off,
		efficiency: cmp.Or(row.Text("rule_set_2"), row.Text("enpam_gb"))}
	g.share = 1 / float64(1+n)
	if f, err := strconv.ParseFloat(row.Text("cfd_specificity"), 64); err == nil {
		g.share = f
	}
	if r.first.takes(rank) {
		r.first.add(rank, g)
	}
	cut, err := strconv.Atoi(row.Text("cut"))
	at := reportPlace{row.Text("target"), row.Text("contig")}
	if gene, _, ok := strings.Cut(at.target, " exon "); ok {
		at.target = gene // all its exons are one picture
	}
	if err != nil || at.target == "" && r.e.input("guides") != nil {
		return
	}
	if _, ok := r.drawn[at]; !ok {
		if len(r.order) == reportKnown {
			return
		}
		r.order = append(r.order, at)
		r.drawn[at] = []reportGuide{}
	}
	if g.cut = cut; len(r.drawn[at]) < reportDrawn && slices.Index(r.order[:min(len(r.order), reportPlaces)], at) >= 0 {
		r.drawn[at] = append(r.drawn[at], g)
	}
}

// offClasses are the classes of the number of off-targets.
var offClasses = []string{"none", "1 to 3", "4 to 10", "11 to 100", "101 to 1,000", "more than 1,000"}

func offClass(n int) string {
	for i, most := range []int{0, 3, 10, 100, 1000} {
		if n <= most {
			return offClasses[i]
		}
	}
	return offClasses[len(offClasses)-1]
}

// hit keeps the closest off-targets of the first guides.
func (r *reporter) hit(row *report.Row) {
	if len(r.sites) == 0 {
		for _, g := range r.first.rows {
			r.sites[g.letters] = nil
		}
	}
	sites, ok := r.sites[string(row.Get("guide"))]
	if !ok || len(sites) == reportSites || row.Text("on_target") == "true" {
		return
	}
	s := reportSite{guide: row.Text("guide_aligned"), site: row.Text("genome_aligned"), pam: row.Text("pam"), cfd: row.Text("cfd"), mismatches: row.Text("mismatches")}
	if start, err := strconv.Atoi(row.Text("start")); err == nil {
		s.place = fmt.Sprintf("%s:%s %s", row.Text("contig"), report.Count(start+1), row.Text("strand"))
	}
	for _, bulges := range []string{"dna_bulges", "rna_bulges"} {
		if n := row.Text(bulges); n != "0" && n != "" {
			s.mismatches += " + " + n + " " + strings.ToUpper(bulges[:3]) + " bulge"
		}
	}
	s.gene = strings.TrimSpace(row.Text("gene") + " " + row.Text("feature"))
	r.sites[string(row.Get("guide"))] = append(sites, s)
}

func (r *reporter) page(w *report.Watch) *report.Page {
	q := r.e.request
	what := cmp.Or(q.target, "the sequences of a file")
	if r.e.input("guides") != nil {
		what = "a list"
	} else if in := r.e.input("target"); in != nil {
		what = in.Name
	}
	p := &report.Page{Title: "CRISPR guides and their off-targets", Foot: report.Foot, Warnings: w.Warnings(),
		Lead: fmt.Sprintf("Guides of %s: %d bases beside %s; off-targets beside %s with up to %d mismatches, %d DNA and %d RNA bulges.",
			what, q.length, q.pam, q.off, q.allowance.Mismatches, q.allowance.DNA, q.allowance.RNA),
		Facts: []report.Fact{{Name: "guides", Value: report.Count(r.n)}, {Name: "without an off-target", Value: report.Count(r.none), Note: report.Share(r.none, r.n)}}}
	if r.bests == 1 && r.e.input("guides") == nil {
		best := r.first.rows[0]
		p.Facts = append(p.Facts, report.Fact{Name: "ranked first", Value: best.off + " off-targets", Note: best.letters})
	}
	if plots := r.plots(); len(plots) > 0 {
		p.Sections = append(p.Sections, report.Section{ID: "target", Title: "Where the guides cut", Parts: plots})
	}
	bars := &report.Bars{Caption: "Guides by number of off-targets", Label: "off-targets", Unit: "guides"}
	for _, c := range offClasses {
		if n := r.off.Of(c); n > 0 {
			bars.Bars = append(bars.Bars, report.Bar{Label: c, Value: report.Count(n) + " (" + report.Share(n, r.n) + ")", Length: float64(n) / float64(r.n)})
		}
	}
	p.Sections = append(p.Sections, report.Section{ID: "guides", Title: "The guides", Parts: []report.Part{{Bars: bars}, {Table: r.table()}}})
	p.Sections = append(p.Sections, r.offTargets())
	more := []report.Fact{{Name: "PAM of guides", Value: q.pam.String()}, {Name: "PAMs of off-targets", Value: q.off.String()}}
	for _, line := range w.About[r.e.shownGuides()] {
		more = append(more, report.Fact{Name: "of guides." + q.format, Value: line})
	}
	asked := *r.e.job
	if v, err := analysis.Decode(params, r.e.job); err == nil { // as Open found
		asked.Params = v.Canonical()
	}
	p.Sections = append(p.Sections, report.Asked(&asked, more...))
	return p
}

// table returns the guides, without the columns that say nothing.
func (r *reporter) table() *report.Table {
	t := &report.Table{Caption: "Guides, the best first", Columns: []report.Column{{Name: "rank", Number: true}}}
	if r.e.input("guides") != nil {
		t.Caption, t.Columns[0].Name = "Guides, in the order of the list", "number"
	}
	if r.bests > 1 {
		t.Caption = "Guides of each target, the best first"
	}
	kept := []int{0}
	for i, c := range guideColumns {
		if slices.ContainsFunc(r.guides.rows, func(row []any) bool { return row[i+1] != "" && row[i+1] != "false" }) {
			kept = append(kept, i+1)
			t.Columns = append(t.Columns, report.Column{Name: c.name, Number: c.number, Code: c.code})
		}
	}
	for _, row := range r.guides.rows {
		var cells []any
		for _, i := range kept {
			cells = append(cells, row[i])
		}
		t.Rows = append(t.Rows, cells)
	}
	t.Note = "cut counts from 0. CFD specificity is 1 without off-targets; “at least” takes those without a CFD to cut like the target. "
	if r.n > len(t.Rows) {
		t.Note += fmt.Sprintf("%s of %s guides, those of the first ranks; guides.%s has all.", report.Count(len(t.Rows)), report.Count(r.n), r.e.request.format)
	}
	return t
}

// offTargets returns the closest off-targets of the first guides as aligned
// bases.
func (r *reporter) offTargets() report.Section {
	s := report.Section{ID: "off-targets", Title: "The closest off-targets", Parts: []report.Part{{
		Text: fmt.Sprintf("Of %d guides of the first ranks up to %d off-targets each, the fewest mismatches first. Marked bases differ from the guide's; '-' lies opposite a bulge. Places count from 1.", len(r.first.rows), reportSites)}}}
	seen := map[string]bool{}
	for _, g := range r.first.rows {
		if seen[g.letters] {
			continue
		}
		seen[g.letters] = true
		t := &report.Table{Caption: fmt.Sprintf("%d. %s: %s off-targets", g.rank, strings.TrimSpace(g.letters+" "+g.id), g.off),
			Columns: []report.Column{{Name: "site", Code: true}, {Name: "PAM", Code: true}, {Name: "mismatches", Number: true}, {Name: "CFD", Number: true}, {Name: "place"}, {Name: "gene"}}}
		genes := false
		for _, site := range r.sites[g.letters] {
			genes = genes || site.gene != ""
			t.Rows = append(t.Rows, []any{report.Aligned(site.guide, site.site), site.pam, site.mismatches, site.cfd, site.place, site.gene})
		}
		if !genes {
			t.Columns = t.Columns[:5]
			for i := range t.Rows {
				t.Rows[i] = t.Rows[i][:5]
			}
		}
		if len(t.Rows) > 0 {
			s.Parts = append(s.Parts, report.Part{Table: t})
		} else if g.off == "0" {
			s.Parts = append(s.Parts, report.Part{Text: t.Caption + "."})
		}
	}
	return s
}

// plots draws the guides of the first targets along their contigs.
func (r *reporter) plots() (parts []report.Part) {
	for _, at := range r.order[:min(len(r.order), reportPlaces)] {
		p := r.plot(at)
		lo, hi := r.extent(at)
		axis := report.Axis{Lo: float64(lo), Hi: float64(hi), Left: 52, Right: 985}
		bottom := float64(296)
		if exons := r.exons(at.contig, lo, hi); len(exons) > 0 {
			bottom = axis.Boxes(p, bottom, exons)
			p.Legend = append(p.Legend, report.Key{Class: "gene", Text: "exons"})
		}
		axis.Draw(p, bottom+6, "position on "+at.contig+", bases from 1")
		p.Height = int(bottom) + 48
		parts = append(parts, report.Part{Plot: p})
	}
	if n := len(r.order) - len(parts); n > 0 {
		parts = append(parts, report.Part{Text: fmt.Sprintf("%s more targets are not drawn; guides.%s has their guides.", report.Count(n), r.e.request.format)})
	}
	return parts
}

// extent returns the stretch that a picture shows: the stretch of the cuts, and
// a twentieth around it.
func (r *reporter) extent(at reportPlace) (lo, hi int) {
	lo, hi = math.MaxInt, 0
	for _, g := range r.drawn[at] {
		lo, hi = min(lo, g.cut), max(hi, g.cut+1)
	}
	around := max(20, (hi-lo)/20)
	return max(0, lo-around), hi + around
}

func (r *reporter) plot(at reportPlace) *report.Plot {
	const zero, whole = 150, 110
	lo, hi := r.extent(at)
	axis := report.Axis{Lo: float64(lo), Hi: float64(hi), Left: 52, Right: 985}
	p := &report.Plot{Title: strings.TrimSpace("Guides of " + at.target + " on " + at.contig), Width: 1000,
		Desc: "Each guide stands where it cuts, above the line if it is on the + strand, below if on the −. It is as long as its CFD specificity, " +
			"where that is not defined as 1/(1 + off-targets). Numbers are ranks.",
		Legend: []report.Key{{Class: "green", Text: "the first ten"}, {Class: "grey", Text: "other guides"}}}
	for _, y := range []float64{zero - whole, zero + whole} {
		p.Line(axis.Left, y, axis.Right, y, "")
		p.Write(axis.Left-6, y+4, "end", "soft small", "1")
	}
	p.Write(axis.Left-6, zero+4, "end", "soft small", "0")
	p.Line(axis.Left, zero, axis.Right, zero, "axis")
	guides := slices.Clone(r.drawn[at])
	slices.Reverse(guides) // the best upon the others
	var numbered []reportGuide
	for _, g := range guides {
		x, y, class := axis.At(g.cut), zero-whole*g.share, "grey"
		if g.reverse {
			y = zero + whole*g.share
		}
		if g.rank <= 10 {
			class = "green"
		}
		p.Line(x, zero, x, y, class)
		p.Dot(x, y, 3, class, fmt.Sprintf("%d. %s: %s off-targets, cut at %s", g.rank, g.letters, g.off, report.Count(g.cut)))
		if g.rank <= 10 {
			numbered = append(numbered, g)
		}
	}
	numberGuides(p, axis, numbered, zero, whole)
	if n := len(r.drawn[at]); n == reportDrawn {
		p.Desc += fmt.Sprintf(" The first %s guides are drawn.", report.Count(n))
	}
	return p
}

// numberGuides writes the ranks of guides beyond their ends, so that none
// overlap.
func numberGuides(p *report.Plot, axis report.Axis, guides []reportGuide, zero, whole float64) {
	const apart = 18
	slices.SortFunc(guides, func(a, b reportGuide) int { return cmp.Or(cmp.Compare(a.cut, b.cut), cmp.Compare(a.rank, b.rank)) })
	last := map[bool]float64{false: -apart, true: -apart} // by strand
	for _, g := range guides {
		x, y := max(axis.At(g.cut), last[g.reverse]+apart), zero-whole*g.share-7
		if g.reverse {
			y = zero + whole*g.share + 16
		}
		last[g.reverse] = x
		p.Write(x, y, "middle", "small bold", strconv.Itoa(g.rank))
	}
}

// exons returns the exons of --genes on a contig that a picture shows.
func (r *reporter) exons(contig string, lo, hi int) (boxes []report.Box) {
	g := r.e.genes
	if g == nil {
		return nil
	}
	n, ok := g.names.Find(contig)
	if !ok {
		return nil
	}
	for _, t := range g.by[n] {
		for _, exon := range t.exons {
			b := report.Box{Lo: max(exon.Lo, lo), Hi: min(exon.Hi, hi), Name: t.gene}
			if b.Lo < b.Hi && len(boxes) < reportExons && !slices.Contains(boxes, b) {
				boxes = append(boxes, b)
			}
		}
	}
	return boxes
}
