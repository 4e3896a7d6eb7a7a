package variant

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"okazaki"
	"okazaki/analysis/report"
	"okazaki/analysis/variant/pgx"
)

// What a report holds at most.
const (
	reportCards = 24
	reportRows  = 300 // of its table of variants, and of pharmacogenes
	reportBars  = 15
)

// A reporter takes what the page says from the rows of the tables, as they are
// written.
type reporter struct {
	file         string   // that has all alleles
	columns      []string // of ranked.tsv
	rows         int
	unjudged     int // that could not be annotated
	classes      report.Tally
	consequences report.Tally
	impacts      report.Tally
	clinvar      report.Tally
	contigs      report.Tally
	inheritance  report.Tally
	frequencies  [5]int
	cards        []report.Card
	table        [][]any
	genes        [][]any // pharmacogenes
	more         int     // of them that are left out
}

// Render writes the files of the answer and, if it is asked for, the report.
func (e *engine) Render(ctx context.Context, results []okazaki.Result, out okazaki.Outputs) error {
	if e.reported == nil {
		return e.renderFiles(ctx, results, out)
	}
	r := &reporter{file: e.format.files[0]}
	w := &report.Watch{Out: out, Heads: map[string]func([]string){"ranked.tsv": func(names []string) { r.columns = names }},
		Tables: map[string]func(*report.Row){"ranked.tsv": r.variant, "pharmacogenes.tsv": r.pharmacogene}}
	if e.beside {
		w.Hidden = []string{"ranked.tsv"}
	}
	if err := e.renderFiles(ctx, results, w); err != nil {
		return err
	}
	return r.page(e, w).Create(out)
}

// frequencyClasses are the classes of the highest frequency in any population.
var frequencyClasses = []struct {
	least float64
	label string
}{{0.05, "5 % or more"}, {0.01, "1 to 5 %"}, {0.001, "0.1 to 1 %"}, {0, "less than 0.1 %"}}

func (r *reporter) variant(row *report.Row) {
	r.rows++
	r.classes.Add(row.Get("class"))
	r.contigs.Add(row.Get("contig"))
	if s := row.Get("consequence"); len(s) > 0 {
		r.consequences.Add(s)
		r.impacts.Add(row.Get("impact"))
	}
	if s := row.Get("clinvar"); len(s) > 0 {
		r.clinvar.Add(s)
	}
	if s := row.Get("inheritance"); len(s) > 0 {
		r.inheritance.Add(s)
	}
	if len(row.Get("reason")) > 0 {
		r.unjudged++
	}
	at := len(frequencyClasses)
	if f, err := strconv.ParseFloat(row.Text("frequency"), 64); err == nil {
		for at = 0; at < len(frequencyClasses)-1 && f < frequencyClasses[at].least; at++ {
		}
	}
	r.frequencies[at]++
	if len(r.cards) < reportCards {
		r.cards = append(r.cards, r.card(row))
	}
	if len(r.table) < reportRows {
		var cells []any
		for _, c := range reportColumns {
			cells = append(cells, row.Text(c.column))
		}
		r.table = append(r.table, cells)
	}
}

// reportColumns are the columns of the page's table.
var reportColumns = []struct {
	name, column string
	number       bool
}{
	{"rank", "rank", true}, {"contig", "contig", false}, {"position", "position", true}, {"ref", "ref", false}, {"alt", "alt", false}, {"genotype", "genotype", false}, {"depth", "depth", true}, {"genotype quality", "genotype_quality", true},
	{"class", "class", false}, {"points", "points", true}, {"gene", "gene", false}, {"consequence", "consequence", false}, {"coding change", "hgvsc", false},
	{"protein change", "hgvsp", false}, {"ClinVar", "clinvar", false}, {"frequency", "frequency", true}, {"inheritance", "inheritance", false}, {"not annotated because", "reason", false},
}

// classClass is the colour of a class.
func classClass(class string) string {
	switch {
	case strings.Contains(class, "pathogenic"):
		return "bad"
	case strings.Contains(class, "benign"):
		return "good"
	case class == "uncertain":
		return "fair"
	}
	return ""
}

// card is a variant with its evidence.
func (r *reporter) card(row *report.Row) report.Card {
	class := row.Text("class")
	place := fmt.Sprintf("%s:%s %s>%s", row.Text("contig"), row.Text("position"), row.Text("ref"), row.Text("alt"))
	c := report.Card{Title: row.Text("rank") + ". " + cmp.Or(row.Text("gene"), place), Class: classClass(class), ListTitle: "Evidence",
		Badge: class + ", " + row.Text("points") + " points"}
	if row.Text("points") == "1" {
		c.Badge = class + ", 1 point"
	}
	line := func(name, value, note string) {
		if value != "" {
			c.Lines = append(c.Lines, report.Fact{Name: name, Value: value, Note: note})
		}
	}
	line("variant", place, strings.TrimPrefix(row.Text("id"), "."))
	line("consequence", strings.ReplaceAll(strings.ReplaceAll(row.Text("consequence"), "&", ", "), "_", " "), strings.ToLower(row.Text("impact")))
	line("transcript", row.Text("transcript"), "")
	line("coding", afterColon(row.Text("hgvsc")), "")
	line("protein", afterColon(row.Text("hgvsp")), "")
	line("genotype", row.Text("genotype"), zygosity(row.Text("genotype")))
	line("depth", row.Text("depth"), "reads of the sample (DP)")
	line("quality", row.Text("genotype_quality"), "of the genotype (GQ): 20 is one error in 100")
	line("inheritance", row.Text("inheritance"), "")
	stars := row.Text("clinvar_stars")
	if stars != "" {
		stars += " of 4 stars"
	}
	line("ClinVar", strings.ReplaceAll(row.Text("clinvar"), "_", " "), stars)
	line("condition", strings.ReplaceAll(row.Text("clinvar_condition"), "_", " "), "")
	line("frequency", row.Text("frequency"), "the highest of any population")
	line("together with", row.Text("compound"), "")
	for _, name := range r.columns[min(len(r.columns), len(tableColumns)):] {
		line(name, row.Text(name), "")
	}
	for because := range strings.SplitSeq(row.Text("criteria"), "; ") {
		criterion, why, ok := strings.Cut(because, ": ")
		if !ok || strings.Contains(criterion, " ") {
			criterion, why = "", because
		}
		if because != "" {
			c.List = append(c.List, report.Fact{Name: criterion, Value: why})
		}
	}
	if text := row.Text("missing"); text != "" {
		c.List = append(c.List, report.Fact{Value: text})
	}
	if text := row.Text("reason"); text != "" {
		c.List = append(c.List, report.Fact{Name: "not annotated", Value: text})
	}
	return c
}

func afterColon(s string) string {
	if _, after, ok := strings.Cut(s, ":"); ok {
		return after
	}
	return s
}

// zygosity is a genotype of two copies in words.
func zygosity(genotype string) string {
	a, b, ok := strings.Cut(strings.ReplaceAll(genotype, "|", "/"), "/")
	phased := ""
	if strings.Contains(genotype, "|") {
		phased = ", phased"
	}
	switch {
	case !ok || strings.Contains(b, "/"):
		return ""
	case a == "." || b == ".":
		return "partly or not called"
	case a == b && a == "0":
		return "not carried"
	case a == b:
		return "homozygous"
	}
	return "heterozygous" + phased
}

func (r *reporter) pharmacogene(row *report.Row) {
	if len(r.genes) == reportRows {
		r.more++
		return
	}
	var cells []any
	for _, name := range pgx.Columns {
		cells = append(cells, row.Text(name))
	}
	r.genes = append(r.genes, cells)
}

func (r *reporter) page(e *engine, w *report.Watch) *report.Page {
	pathogenic := 0
	for _, c := range r.classes.Top(0) {
		if strings.Contains(c.Name, "pathogenic") {
			pathogenic += c.Count
		}
	}
	p := &report.Page{Title: "Variants by evidence", Foot: report.Foot, Warnings: append(w.Warnings(), "This is decision support for research. It is not a diagnosis."),
		Lead: fmt.Sprintf("The variants of %s, what they do to genes, what is known of them, and how much speaks for disease.", filepath.Base(e.text.in.Name)),
		Facts: []report.Fact{{Name: "alleles", Value: report.Count(r.rows)}, {Name: "pathogenic or likely so", Value: report.Count(pathogenic)},
			{Name: "of high impact", Value: report.Count(r.impacts.Of("HIGH"))}, {Name: "known to ClinVar", Value: report.Count(r.clinvar.Total())},
			{Name: "not annotated", Value: report.Count(r.unjudged)}}}
	if e.sample != "" {
		p.Lead += " Genotypes are of sample " + e.sample + "."
	}
	if len(r.cards) > 0 {
		text := "The most telling first, as ranked.tsv has them."
		if r.rows > len(r.cards) {
			text += fmt.Sprintf(" The first %d of %s; more are in the table below, and all in %s.", len(r.cards), report.Count(r.rows), r.file)
		}
		p.Sections = append(p.Sections, report.Section{ID: "first", Title: "The first variants", Parts: []report.Part{{Text: text}, {Cards: r.cards}}})
	}
	p.Sections = append(p.Sections, r.summary())
	if len(r.genes) > 0 {
		t := &report.Table{Caption: "Star alleles, diplotypes and phenotypes", Rows: r.genes}
		for _, name := range pgx.Columns {
			t.Columns = append(t.Columns, report.Column{Name: strings.ReplaceAll(name, "_", " ")})
		}
		if r.more > 0 {
			t.Note = report.Count(r.more) + " more rows are in pharmacogenes.tsv."
		}
		p.Sections = append(p.Sections, report.Section{ID: "pharmacogenes", Title: "Pharmacogenes", Parts: []report.Part{{Table: t}}})
	}
	var more []report.Fact
	for _, line := range w.About["ranked.tsv"] {
		name, value, ok := strings.Cut(line, ": ")
		if !ok {
			name, value = "about", line
		}
		more = append(more, report.Fact{Name: name, Value: value})
	}
	p.Sections = append(p.Sections, r.tableSection(), report.Asked(e.reported, more...))
	return p
}

// summary counts the variants.
func (r *reporter) summary() report.Section {
	s := report.Section{ID: "summary", Title: "All variants"}
	if r.rows == 0 {
		s.Parts = append(s.Parts, report.Part{Text: "There are none."})
		return s
	}
	for _, t := range []struct {
		of             *report.Tally
		caption, label string
		class          func(string) string
	}{
		{&r.classes, "By class", "class", classClass}, {&r.consequences, "By consequence", "consequence", nil}, {&r.impacts, "By impact", "impact", nil},
		{&r.clinvar, "By what ClinVar says", "ClinVar", func(name string) string { return classClass(strings.ToLower(name)) }},
		{&r.inheritance, "By inheritance", "inheritance", nil}, {&r.contigs, "By contig", "contig", nil},
	} {
		if t.of.Total() > 0 {
			s.Parts = append(s.Parts, report.Part{Bars: t.of.Bars(t.caption, t.label, "alleles", reportBars, t.class)})
		}
	}
	if unknown := r.frequencies[len(frequencyClasses)]; unknown < r.rows {
		b := &report.Bars{Caption: "By the highest frequency in any population", Label: "frequency", Unit: "alleles"}
		for i, n := range r.frequencies {
			label := "not known"
			if i < len(frequencyClasses) {
				label = frequencyClasses[i].label
			}
			b.Bars = append(b.Bars, report.Bar{Label: label, Value: report.Count(n) + " (" + report.Share(n, r.rows) + ")", Length: float64(n) / float64(r.rows)})
		}
		s.Parts = slices.Insert(s.Parts, len(s.Parts)-1, report.Part{Bars: b})
	}
	return s
}

func (r *reporter) tableSection() report.Section {
	t := &report.Table{Caption: "Variants by rank"}
	var kept []int
	for i, c := range reportColumns {
		if slices.ContainsFunc(r.table, func(row []any) bool { return row[i] != "" }) {
			kept = append(kept, i)
			t.Columns = append(t.Columns, report.Column{Name: c.name, Number: c.number})
		}
	}
	for _, row := range r.table {
		var cells []any
		for _, i := range kept {
			cells = append(cells, row[i])
		}
		t.Rows = append(t.Rows, cells)
	}
	if r.rows > len(t.Rows) {
		t.Note = fmt.Sprintf("The first %s of %s alleles; %s has all.", report.Count(len(t.Rows)), report.Count(r.rows), r.file)
	}
	return report.Section{ID: "variants", Title: "The variants", Parts: []report.Part{{Table: t}}}
}
