package virus

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"okazaki"
	"okazaki/analysis/report"
	"okazaki/genome"
)

// The most that a report holds.
const (
	reportGenomes   = 300 // rows of its table
	reportMutations = 40
	reportLabels    = 18
	reportClusters  = 12
	reportPlaces    = 3 // columns of clades and lineages
	reportBars      = 20
)

// A reporter takes the page's numbers from the rows of the tables as they are
// written.
type reporter struct {
	e   *engine
	ref *Reference

	rows, failed int
	aligned      []int32    // by position: genomes that begin here, less those that ended
	unread       []int32    // likewise of bases that are N, ambiguous or other
	deleted      []int32    // likewise
	substituted  [][4]int32 // by position and base
	amino        report.Tally
	places       []string // columns that say where on the tree
	lineages     map[string]*report.Tally
	status       report.Tally
	rules        map[string]*report.Tally
	errors       report.Tally
	warnings     report.Tally
	covered      [5]int
	inserted     int // genomes with an insertion
	missing      int64
	genomes      [][]any

	nearest     [22]int // genomes by the distance to their nearest
	lastName    string
	clusters    map[string]int32 // numbers by name
	sizes       []report.Counted // by number
	members     []int32          // clusters of the genomes that were aligned, in order
	recombinant [][]any
	joins       int
	found       report.Tally // findings of fingerprints
}

// coverages are the lower ends of the classes of coverage.
var coverages = [5]float64{0.99, 0.95, 0.9, 0.5, 0}

// Render writes the files of the answer and, if it is asked for, the report.
func (e *engine) Render(ctx context.Context, results []okazaki.Result, out okazaki.Outputs) error {
	if e.reported == nil {
		return e.renderFiles(ctx, results, out)
	}
	r := newReporter(e)
	w := &report.Watch{Out: out, Heads: map[string]func([]string){"mutations.tsv": r.head}, Tables: map[string]func(*report.Row){
		"mutations.tsv": r.genome, "neighbours.tsv": r.neighbour, "clusters.tsv": r.cluster,
		"recombinants.tsv": r.recombination, "fingerprints.tsv": r.fingerprint,
	}}
	if err := e.renderFiles(ctx, results, w); err != nil {
		return err
	}
	p, err := r.page(ctx, results[mutationsStage], w)
	if err != nil {
		return err
	}
	return p.Create(out)
}

func newReporter(e *engine) *reporter {
	ref := e.first.Reference()
	n := len(ref.Sequence) + 1
	return &reporter{e: e, ref: ref, aligned: make([]int32, n), unread: make([]int32, n), deleted: make([]int32, n),
		substituted: make([][4]int32, n), amino: report.Tally{Most: 500_000}, clusters: map[string]int32{},
		lineages: map[string]*report.Tally{}, rules: map[string]*report.Tally{}}
}

// ruleNames are the rules of quality in the table's columns.
var ruleNames = [][2]string{{"missingData", "missing data"}, {"mixedSites", "mixed sites"}, {"privateMutations", "private mutations"},
	{"snpClusters", "clusters of mutations"}, {"frameShifts", "frame shifts"}, {"stopCodons", "stop codons"}, {"fragment", "a fragment"}}

// head takes the columns of mutations.tsv: the clade, and what else a tree says.
func (r *reporter) head(columns []string) {
	from, to := slices.Index(columns, "clade"), slices.Index(columns, "qc.overallScore")
	if r.e.first.judge.Tree == nil || from < 0 || to < from {
		return
	}
	for _, name := range columns[from:min(to, from+1+len(r.e.first.judge.Tree.Attributes))] {
		r.places = append(r.places, name)
		r.lineages[name] = &report.Tally{}
	}
}

// genome takes a row of mutations.tsv.
func (r *reporter) genome(row *report.Row) {
	r.rows++
	if len(r.genomes) < reportGenomes {
		r.genomes = append(r.genomes, r.genomeRow(row))
	}
	if bad := row.Get("errors"); len(bad) > 0 {
		r.failed++
		r.errors.Add(bad)
		return
	}
	r.mutations(row)
	for name, t := range r.lineages {
		t.Add(row.Get(name))
	}
	if s := row.Get("qc.overallStatus"); len(s) > 0 {
		r.status.Add(s)
	}
	for _, rule := range ruleNames {
		if s := row.Get("qc." + rule[0] + ".status"); len(s) > 0 {
			if r.rules[rule[0]] == nil {
				r.rules[rule[0]] = &report.Tally{}
			}
			r.rules[rule[0]].Add(s)
		}
	}
	for w := range bytes.SplitSeq(row.Get("warnings"), []byte{';'}) {
		if len(w) > 0 {
			r.warnings.Add(w)
		}
	}
	share, _ := strconv.ParseFloat(row.Text("coverage"), 64)
	for i, least := range coverages {
		if share >= least {
			r.covered[i]++
			break
		}
	}
	n, _ := strconv.ParseInt(row.Text("totalMissing"), 10, 64)
	r.missing += n
	if len(row.Get("insertions")) > 0 {
		r.inserted++
	}
}

// mutations counts a genome's mutations by position.
func (r *reporter) mutations(row *report.Row) {
	read := &fieldReader{}
	count := func(in []int32, of genome.Region) {
		of = of.Intersect(genome.Region{Hi: len(r.ref.Sequence)})
		if read.err == nil && of.Len() > 0 {
			in[of.Lo]++
			in[of.Hi]--
		}
	}
	count(r.aligned, genome.Region{Lo: read.number(row.Get("alignmentStart")) - 1, Hi: read.number(row.Get("alignmentEnd"))})
	for x := range items(row.Get("deletions")) {
		count(r.deleted, read.region(x))
	}
	for x := range items(row.Get("missing")) {
		count(r.unread, read.region(x))
	}
	for x := range items(row.Get("nonACGTNs")) {
		if len(x) > 2 {
			count(r.unread, read.region(x[2:]))
		}
	}
	for _, s := range read.substitutions(nil, row.Get("substitutions")) {
		if k := strings.IndexByte("ACGT", s.Alt); k >= 0 && 0 <= s.Pos && s.Pos < len(r.ref.Sequence) {
			r.substituted[s.Pos][k]++
		}
	}
	for _, column := range []string{"aaSubstitutions", "aaDeletions"} {
		for x := range items(row.Get(column)) {
			r.amino.Add(x)
		}
	}
}

// genomeColumns are the columns of the page's table. The places on the tree
// stand behind the name.
var genomeColumns = []struct{ name, column string }{
	{"quality", "qc.overallStatus"}, {"substitutions", "totalSubstitutions"}, {"deleted bases", "totalDeletions"}, {"inserted bases", "totalInsertions"},
	{"frame shifts", "totalFrameShifts"}, {"amino-acid changes", "totalAminoacidSubstitutions"}, {"missing bases", "totalMissing"}, {"coverage", "coverage"},
}

func (r *reporter) genomeRow(row *report.Row) []any {
	cells := []any{row.Text("seqName")}
	for _, name := range r.places[:min(len(r.places), reportPlaces)] {
		cells = append(cells, row.Text(name))
	}
	for _, c := range genomeColumns {
		text := row.Text(c.column)
		if share, err := strconv.ParseFloat(text, 64); err == nil && c.column == "coverage" {
			text = strconv.FormatFloat(100*share, 'f', 1, 64) + " %"
		}
		cells = append(cells, text)
	}
	return append(cells, strings.Join(slices.DeleteFunc([]string{row.Text("errors"), row.Text("warnings")}, func(s string) bool { return s == "" }), "; "))
}

func (r *reporter) neighbour(row *report.Row) {
	name := row.Get("seqName")
	if string(name) == r.lastName {
		return // the nearest comes first
	}
	r.lastName = string(name)
	if d, err := strconv.Atoi(row.Text("distance")); err == nil && d >= 0 {
		r.nearest[min(d, len(r.nearest)-1)]++
	}
}

func (r *reporter) cluster(row *report.Row) {
	n, ok := r.clusters[string(row.Get("cluster"))]
	if !ok {
		name := string(row.Get("cluster"))
		n = int32(len(r.sizes))
		r.clusters[name], r.sizes = n, append(r.sizes, report.Counted{Name: name})
	}
	r.sizes[n].Count++
	r.members = append(r.members, n)
}

func (r *reporter) fingerprint(row *report.Row) {
	for f := range strings.SplitSeq(row.Text("finding"), ", ") {
		r.found.Add([]byte(f))
	}
}

var recombinantCells = []string{"seqName", "parent", "donor", "breakpoints", "chance", "parentClade", "donorClade"}

func (r *reporter) recombination(row *report.Row) {
	if r.joins++; r.joins > reportMutations {
		return
	}
	var cells []any
	for _, name := range recombinantCells {
		cells = append(cells, row.Text(name))
	}
	r.recombinant = append(r.recombinant, cells)
}

// page returns the whole report.
func (r *reporter) page(ctx context.Context, rows okazaki.Result, w *report.Watch) (*report.Page, error) {
	aligned := r.rows - r.failed
	p := &report.Page{Title: "Virus genomes: mutations and quality", Foot: report.Foot, Warnings: w.Warnings(),
		Lead: fmt.Sprintf("%s genomes, aligned to %s (%s bases, %d genes).", report.Count(r.rows), r.ref.Name, report.Count(len(r.ref.Sequence)), len(r.ref.Genes)),
		Facts: []report.Fact{{Name: "aligned", Value: report.Count(aligned), Note: "of " + report.Count(r.rows)},
			{Name: "not aligned", Value: report.Count(r.failed)}}}
	if n := r.status.Total(); n > 0 {
		p.Facts = append(p.Facts, report.Fact{Name: "of good quality", Value: report.Count(r.status.Of("good")), Note: report.Share(r.status.Of("good"), n)})
	}
	if aligned > 0 {
		p.Facts = append(p.Facts, report.Fact{Name: "missing bases (N)", Value: report.Count(r.missing / int64(aligned)), Note: "a genome, on average"},
			report.Fact{Name: "with an insertion", Value: report.Count(r.inserted), Note: report.Share(r.inserted, aligned)})
		p.Sections = append(p.Sections, report.Section{ID: "mutations", Title: "Mutations", Parts: []report.Part{r.mutationMap(), {Table: r.aminoTable()}}})
	}
	p.Sections = append(p.Sections, r.quality())
	if s := r.lineageSection(); len(s.Parts) > 0 {
		p.Sections = append(p.Sections, s)
	}
	kin, err := r.kin(ctx, rows)
	if err != nil {
		return nil, err
	}
	if len(kin.Parts) > 0 {
		p.Sections = append(p.Sections, kin)
	}
	p.Sections = append(p.Sections, r.genomeSection(), report.Asked(r.e.reported))
	return p, nil
}

func statusClass(name string) string {
	return map[string]string{"good": "good", "mediocre": "fair", "bad": "bad"}[name]
}

// quality returns the section about the genomes' quality.
func (r *reporter) quality() report.Section {
	s := report.Section{ID: "quality", Title: "Quality"}
	if r.status.Total() > 0 {
		s.Parts = append(s.Parts, report.Part{Bars: r.status.Bars("Genomes by overall quality", "quality", "genomes", 0, statusClass)})
		t := &report.Table{Caption: "Genomes by rule of quality", Columns: []report.Column{{Name: "rule"}, {Name: "good", Number: true}, {Name: "mediocre", Number: true}, {Name: "bad", Number: true}}}
		for _, rule := range ruleNames {
			if c := r.rules[rule[0]]; c != nil {
				t.Rows = append(t.Rows, []any{rule[1], report.Count(c.Of("good")), report.Count(c.Of("mediocre")), report.Count(c.Of("bad"))})
			}
		}
		s.Parts = append(s.Parts, report.Part{Table: t})
	}
	if aligned := r.rows - r.failed; aligned > 0 {
		b := &report.Bars{Caption: "Coverage: the share of the reference whose base is known", Label: "coverage", Unit: "genomes"}
		for i, label := range []string{"99 % or more", "95 to 99 %", "90 to 95 %", "50 to 90 %", "less than 50 %"} {
			b.Bars = append(b.Bars, report.Bar{Label: label, Value: report.Count(r.covered[i]) + " (" + report.Share(r.covered[i], aligned) + ")",
				Length: float64(r.covered[i]) / float64(aligned), Class: []string{"good", "good", "fair", "bad", "bad"}[i]})
		}
		s.Parts = append(s.Parts, report.Part{Bars: b})
	}
	for _, t := range []struct {
		of      *report.Tally
		caption string
		class   string
	}{{&r.errors, "Why genomes could not be aligned", "bad"}, {&r.warnings, "Warnings", "fair"}, {&r.found, "Findings of the k-mers", ""}} {
		if t.of.Total() > 0 {
			s.Parts = append(s.Parts, report.Part{Bars: t.of.BarsOf(r.rows, report.Bars{Caption: t.caption, Label: "reason", Unit: "genomes"}, reportBars, func(string) string { return t.class })})
		}
	}
	return s
}

// lineageSection counts clades, and the other attributes of the tree.
func (r *reporter) lineageSection() report.Section {
	s := report.Section{ID: "clades", Title: "Clades and lineages"}
	var told [][]report.Counted
	for _, name := range r.places {
		t := r.lineages[name]
		counts := t.Top(0)
		again := slices.ContainsFunc(told, func(other []report.Counted) bool { return slices.Equal(other, counts) })
		if t.Of("") < t.Total() && !again && len(told) < reportPlaces {
			told = append(told, counts)
			s.Parts = append(s.Parts, report.Part{Bars: t.Bars("Genomes by "+name, name, "genomes", reportBars, nil)})
		}
	}
	return s
}

// kin returns the section about how genomes compare: neighbours, clusters and
// recombinants.
func (r *reporter) kin(ctx context.Context, rows okazaki.Result) (report.Section, error) {
	s := report.Section{ID: "kin", Title: "How the genomes compare"}
	n := 0
	for _, c := range r.nearest {
		n += c
	}
	if n > 0 {
		b := &report.Bars{Caption: "Differences from the nearest other genome", Label: "differences", Unit: "genomes"}
		for d, c := range r.nearest {
			label := strconv.Itoa(d)
			if d == len(r.nearest)-1 {
				label = fmt.Sprintf("%d or more", d)
			}
			if c > 0 {
				b.Bars = append(b.Bars, report.Bar{Label: label, Value: report.Count(c) + " (" + report.Share(c, n) + ")", Length: float64(c) / float64(n)})
			}
		}
		s.Parts = append(s.Parts, report.Part{Bars: b})
	}
	if len(r.sizes) > 0 {
		t, err := r.clusterTable(ctx, rows)
		if err != nil {
			return s, err
		}
		s.Parts = append(s.Parts, report.Part{Table: t})
	}
	if r.joins > 0 {
		t := &report.Table{Caption: "Genomes that join the mutations of two others", Rows: r.recombinant}
		for _, name := range recombinantCells {
			t.Columns = append(t.Columns, report.Column{Name: name})
		}
		if r.joins > len(t.Rows) {
			t.Note = fmt.Sprintf("The first %d of %s; all are in recombinants.tsv.", len(t.Rows), report.Count(r.joins))
		}
		s.Parts = append(s.Parts, report.Part{Table: t})
	}
	return s, nil
}

// clusterTable lists the largest clusters with what they have in common.
func (r *reporter) clusterTable(ctx context.Context, rows okazaki.Result) (*report.Table, error) {
	top := slices.DeleteFunc(slices.Clone(r.sizes), func(c report.Counted) bool { return c.Count < 2 })
	slices.SortStableFunc(top, func(a, b report.Counted) int { return b.Count - a.Count })
	several := len(top)
	top = top[:min(len(top), reportClusters)]
	t := &report.Table{Caption: "The largest clusters", Columns: []report.Column{{Name: "cluster, by its first genome"}, {Name: "genomes", Number: true}, {Name: "substitutions that define it"}},
		Note: fmt.Sprintf("%s clusters of two genomes or more, and %s genomes alone; clusters.tsv has each genome's. A substitution defines a cluster if 90 %% of its genomes or more have it, and of all others 10 %% or fewer.",
			report.Count(several), report.Count(len(r.sizes)-several))}
	common, err := r.common(ctx, rows, top)
	for _, c := range top {
		t.Rows = append(t.Rows, []any{c.Name, report.Count(c.Count), strings.Join(common[c.Name], " ")})
	}
	return t, err
}

// common returns the substitutions that define clusters. It reads all rows once
// more.
func (r *reporter) common(ctx context.Context, rows okazaki.Result, top []report.Counted) (map[string][]string, error) {
	all, own := map[Substitution]int{}, map[int32]map[Substitution]int{}
	for _, c := range top {
		own[r.clusters[c.Name]] = map[Substitution]int{}
	}
	n := 0
	err := r.e.eachRow(ctx, rows, func(_ *Table, c *Calls) error {
		if c.Problem != "" || n == len(r.members) {
			return nil
		}
		mine := own[r.members[n]]
		n++
		for _, s := range c.Substitutions {
			all[s]++
			if mine != nil {
				mine[s]++
			}
		}
		return nil
	})
	out := map[string][]string{}
	for _, c := range top {
		mine := own[r.clusters[c.Name]]
		for _, s := range slices.SortedFunc(maps.Keys(mine), func(a, b Substitution) int { return a.Pos - b.Pos }) {
			if in, others := mine[s], n-c.Count; 10*in >= 9*c.Count && 10*(all[s]-in) <= others {
				out[c.Name] = append(out[c.Name], fmt.Sprintf("%c%d%c", s.Ref, s.Pos+1, s.Alt))
			}
		}
		if k := len(out[c.Name]); k > reportBars {
			out[c.Name] = append(out[c.Name][:reportBars:reportBars], fmt.Sprintf("and %d more", k-reportBars))
		}
	}
	return out, err
}

func (r *reporter) genomeSection() report.Section {
	t := &report.Table{Caption: "Genomes, in the order of the input", Rows: r.genomes, Columns: []report.Column{{Name: "genome"}}}
	for _, name := range r.places[:min(len(r.places), reportPlaces)] {
		t.Columns = append(t.Columns, report.Column{Name: name})
	}
	for _, c := range genomeColumns {
		t.Columns = append(t.Columns, report.Column{Name: c.name, Number: c.column != "qc.overallStatus"})
	}
	t.Columns = append(t.Columns, report.Column{Name: "errors and warnings"})
	if r.rows > len(t.Rows) {
		t.Note = fmt.Sprintf("The first %s of %s genomes; mutations.tsv has all of them, and their mutations.", report.Count(len(t.Rows)), report.Count(r.rows))
	}
	return report.Section{ID: "genomes", Title: "The genomes", Parts: []report.Part{{Table: t}}}
}
