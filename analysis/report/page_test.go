package report_test

import (
	"html/template"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki/analysis/report"
)

// oracle is the page as html/template writes it, which knows where in a page a
// text stands and what it must not do there.
func oracle(t *testing.T) *template.Template {
	t.Helper()
	text, err := os.ReadFile("testdata/page.html")
	if err != nil {
		t.Fatal(err)
	}
	page, err := template.New("page").Funcs(template.FuncMap{
		"t":       report.Clean,
		"n":       report.Coordinate,
		"style":   func() template.CSS { return template.CSS(report.StyleText) },
		"class":   report.CellClass,
		"letters": func(cell any) report.Letters { l, _ := cell.(report.Letters); return l },
	}).Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// TestPageIsTheTemplate writes pages with texts of all kinds, and with parts
// left out, and wants the bytes of html/template.
func TestPageIsTheTemplate(t *testing.T) {
	page := oracle(t)
	check := func(t rapid.TB, p *report.Page) {
		t.Helper()
		var want strings.Builder
		if err := page.Execute(&want, p); err != nil {
			t.Fatal(err)
		}
		if got := written(t, p); got != want.String() {
			at := 0
			for at < min(len(got), want.Len()) && got[at] == want.String()[at] {
				at++
			}
			lo := max(0, at-40)
			t.Fatalf("byte %d: %.90q, want %.90q", at, got[lo:], want.String()[lo:])
		}
	}
	for _, s := range append(hostile, "", "a+b=c") {
		check(t, full(s))
	}
	rapid.Check(t, func(t *rapid.T) { check(t, anyPage(t)) })
}

// anyPage is a page of which any part may be missing.
func anyPage(t *rapid.T) *report.Page {
	text := func() string {
		return rapid.OneOf(rapid.SampledFrom(append(hostile, "", "AC-GT", strings.Repeat("w", 40))), rapid.String()).Draw(t, "text")
	}
	some := func() int { return rapid.IntRange(0, 2).Draw(t, "some") }
	yes := func() bool { return rapid.Bool().Draw(t, "yes") }
	number := func() float64 { return rapid.SampledFrom([]float64{0, 1, 0.25, -3.5, 1234.56, 2}).Draw(t, "number") }
	word := func() string { return rapid.SampledFrom([]string{"", "good", "blue"}).Draw(t, "word") }
	facts := func() (all []report.Fact) {
		for range some() {
			all = append(all, report.Fact{Name: text(), Value: text(), Note: text()})
		}
		return all
	}
	table := func() *report.Table {
		if yes() {
			return nil
		}
		x := &report.Table{Caption: text(), Note: text(), Folded: yes()}
		for range rapid.SampledFrom([]int{1, 2, 9}).Draw(t, "columns") {
			x.Columns = append(x.Columns, report.Column{Name: text(), Number: yes(), Code: yes()})
		}
		for range some() {
			var row []any
			for range x.Columns {
				row = append(row, rapid.SampledFrom([]any{text(), 7, 0.5, report.Aligned(text(), text()), report.Letters{}}).Draw(t, "cell"))
			}
			x.Rows = append(x.Rows, row)
		}
		return x
	}
	p := &report.Page{Title: text(), Lead: text(), Foot: text(), Facts: facts()}
	for range some() {
		p.Warnings = append(p.Warnings, text())
	}
	for range some() {
		part := report.Part{Text: text(), Table: table()}
		if yes() {
			part.Bars = &report.Bars{Caption: text(), Label: text(), Unit: text(), Note: text()}
			for range some() {
				part.Bars.Bars = append(part.Bars.Bars, report.Bar{Label: text(), Value: text(), Length: number(), Class: word()})
			}
		}
		if yes() {
			part.Plot = &report.Plot{Title: text(), Desc: text(), Width: some(), Height: 100, Table: table()}
			for range some() {
				part.Plot.Legend = append(part.Plot.Legend, report.Key{Class: word(), Text: text()})
				part.Plot.Marks = append(part.Plot.Marks, report.Mark{Shape: rapid.SampledFrom([]string{"rect", "line", "dot", "text"}).Draw(t, "shape"),
					X: number(), Y: number(), W: number(), H: number(), Class: word(), Text: text(), Anchor: word(), Turn: number()})
			}
		}
		for range some() {
			part.Cards = append(part.Cards, report.Card{Title: text(), Badge: text(), Class: word(), Lines: facts(), List: facts(), ListTitle: text()})
		}
		p.Sections = append(p.Sections, report.Section{ID: rapid.SampledFrom([]string{"one", "two-b"}).Draw(t, "id"), Title: text(), Parts: []report.Part{part}})
	}
	return p
}

// A row that has more cells than there are columns is an error.
func TestRowsFitTheirColumns(t *testing.T) {
	p := &report.Page{Sections: []report.Section{{ID: "one", Parts: []report.Part{{Table: &report.Table{Caption: "t", Columns: []report.Column{{Name: "a"}}, Rows: [][]any{{"1", "2"}}}}}}}}
	if err := p.Write(&strings.Builder{}); err == nil || !strings.Contains(err.Error(), "a row of 2 cells under 1 columns") {
		t.Errorf("%v", err)
	}
}
