package report_test

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki"
	"okazaki/analysis/report"
	"okazaki/analysis/report/reporttest"
)

// hostile are texts that a page must not take for its own.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='x`, `</title></style></table>`, `{{.}}`, `javascript:alert(1)`,
	`&lt;b&gt;`, "\x00\x01\x1b[31m", "\xff\xfe", "\u202egnirts", "a\nb\tc", strings.Repeat("x", 10_000), strings.Repeat("é", 10_000), `]]>`, `<!--`, `@import url(x)`,
}

func written(t rapid.TB, p *report.Page) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// full is a page with a text everywhere that a page takes one.
func full(s string) *report.Page {
	facts := []report.Fact{{Name: s, Value: s, Note: s}}
	table := &report.Table{Caption: s, Note: s, Folded: true, Columns: []report.Column{{Name: s}, {Name: s, Code: true}, {Name: s, Number: true}},
		Rows: [][]any{{s, report.Aligned(s, s), 7}}}
	plot := &report.Plot{Title: s, Desc: s, Width: 10, Height: 10, Legend: []report.Key{{Class: "blue", Text: s}}, Table: table}
	axis := report.Axis{Hi: 100, Right: 1000}
	axis.Draw(plot, 1, s)
	axis.Boxes(plot, 1, []report.Box{{Lo: 0, Hi: 1, Name: s}, {Lo: 1, Hi: 2, Name: s}})
	axis.Labels(plot, 1, []report.Label{{X: 1, Y: 2, Text: s}}, false)
	plot.Dot(1, 1, 1, "blue", s)
	return &report.Page{Title: s, Lead: s, Foot: s, Facts: facts, Warnings: []string{s}, Sections: []report.Section{{ID: "one", Title: s, Parts: []report.Part{
		{Text: s}, {Table: table}, {Plot: plot}, {Bars: &report.Bars{Caption: s, Label: s, Unit: s, Note: s, Bars: []report.Bar{{Label: s, Value: s, Length: 2}}}},
		{Cards: []report.Card{{Title: s, Badge: s, Class: "good", Lines: facts, List: facts, ListTitle: s}}},
	}}}}
}

func TestTextStaysText(t *testing.T) {
	want := slices.DeleteFunc(reporttest.Read(t, []byte(written(t, full("a")))).Names, func(name string) bool { return name == "@class" })
	check := func(t rapid.TB, s string) {
		t.Helper()
		page := written(t, full(s))
		var got []string
		for _, name := range reporttest.Read(t, []byte(page)).Names {
			if name != "mark" && name != "@class" { // of aligned bases, and of long words
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%.60q changed the page's elements", s)
		}
		for _, bad := range []string{"<script", "\x00", "\x1b", "\u202e", "src=\""} {
			if strings.Contains(page, bad) {
				t.Errorf("%.60q: the page has %q", s, bad)
			}
		}
		if len(page) > 400_000 {
			t.Errorf("%.60q: the page has %d bytes", s, len(page))
		}
	}
	for _, s := range hostile {
		check(t, s)
	}
	rapid.Check(t, func(t *rapid.T) { check(t, "a"+rapid.String().Draw(t, "text")) })
}

func TestPageAsksForNothing(t *testing.T) {
	page := written(t, full("a"))
	if !strings.Contains(page, `content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"`) {
		t.Error("the page has no policy of content")
	}
	for _, bad := range []string{"http:", "https:", "//", "<script", "<link", "<iframe", "@import", "url(", "src="} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
}

func TestClean(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"hCoV-19/Zürich/1", "hCoV-19/Zürich/1"}, {"a\x00b", `a\x00b`}, {"a\tb", `a\x09b`}, {"\xff", `\xff`}, {"\u202ex", `\u{202e}x`}, {"�", "�"},
		{strings.Repeat("é", 1234), strings.Repeat("é", 300) + "… (1,234 characters)"},
	} {
		if got := report.Clean(c.text); got != c.want {
			t.Errorf("Clean(%.20q) = %.40q, want %.40q", c.text, got, c.want)
		}
	}
}

func TestCountsAndShares(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", -1000: "-1,000", 1234567: "1,234,567", -999: "-999"} {
		if got := report.Count(n); got != want {
			t.Errorf("Count(%d) = %s, want %s", n, got, want)
		}
	}
	for _, c := range []struct {
		n, all int
		want   string
	}{{0, 5, "0 %"}, {1, 3, "33.3 %"}, {5, 5, "100.0 %"}, {1, 100_000, "< 0.1 %"}, {99_999, 100_000, "> 99.9 %"}, {0, 0, ""}} {
		if got := report.Share(c.n, c.all); got != c.want {
			t.Errorf("Share(%d, %d) = %s, want %s", c.n, c.all, got, c.want)
		}
	}
}

func TestTally(t *testing.T) {
	tally := report.Tally{Most: 2}
	for _, name := range []string{"b", "a", "b", "c", "a", "b", "d"} {
		tally.Add([]byte(name))
	}
	bars := tally.Bars("", "", "", 1, nil)
	if tally.Total() != 7 || tally.Len() != 2 || tally.Of("b") != 3 || tally.Of("c") != 0 {
		t.Errorf("%d things of %d names, %d b, %d c", tally.Total(), tally.Len(), tally.Of("b"), tally.Of("c"))
	}
	if len(bars.Bars) != 2 || bars.Bars[0].Value != "3 (42.9 %)" || bars.Bars[1].Value != "4 (57.1 %)" {
		t.Errorf("bars %+v", bars.Bars)
	}
}

func TestAligned(t *testing.T) {
	marked := ""
	for _, l := range report.Aligned("AC-GT", "AgTG-") {
		if l.Marked {
			marked += l.Base
		} else {
			marked += "."
		}
	}
	if marked != ".gT.-" {
		t.Errorf("marked %s", marked)
	}
}

// An answer holds files in memory.
type answer map[string]*bytes.Buffer

func (a answer) Create(name string) (io.WriteCloser, error) {
	a[name] = &bytes.Buffer{}
	return nopCloser{a[name]}, nil
}
func (a answer) Note(okazaki.Note) {}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// A built answer knows its build.
type built struct{ answer }

func (built) Build() string { return "v1.2.3, build 0123" }

func TestBuildStandsAtTheFoot(t *testing.T) {
	p := &report.Page{Title: "t", Foot: report.Foot}
	for _, c := range []struct {
		out  okazaki.Outputs
		want string
	}{
		{answer{}, "<p>" + report.Foot + "</p>"},
		{built{answer{}}, "<p>" + report.Foot + " Written by okazaki v1.2.3, build 0123.</p>"},
	} {
		if err := p.Create(c.out); err != nil {
			t.Fatal(err)
		}
		files, ok := c.out.(answer)
		if !ok {
			files = c.out.(built).answer
		}
		if page := files[report.FileName].String(); !strings.Contains(page, c.want) {
			t.Errorf("the page lacks %s", c.want)
		}
	}
}

// TestWatch writes a table in pieces of any size and sees its rows.
func TestWatch(t *testing.T) {
	const table = "## made by: a test\n# more\nname\tn\tname\n#1\t7\tx\nb\t8\n"
	rapid.Check(t, func(t *rapid.T) {
		a, rows := answer{}, ""
		w := &report.Watch{Out: a, Hidden: []string{"hidden.tsv"}, Heads: map[string]func([]string){"t.tsv": func(names []string) { rows += strings.Join(names, ",") + ";" }}}
		w.Tables = map[string]func(*report.Row){"t.tsv": func(r *report.Row) { rows += r.Text("name") + r.Text("n") + r.Text("none") + ";" }}
		w.Tables["hidden.tsv"] = w.Tables["t.tsv"]
		name := rapid.SampledFrom([]string{"t.tsv", "hidden.tsv"}).Draw(t, "name")
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		for rest := table; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "n")
			if _, err := io.WriteString(f, rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		want := "#17;b8;"
		if name == "t.tsv" {
			want = "name,n,name;" + want
			if a[name].String() != table {
				t.Fatalf("the file has %q", a[name])
			}
		} else if len(a) > 0 {
			t.Fatal("a hidden file was passed on")
		}
		if rows != want || strings.Join(w.About[name], ";") != "made by: a test;more" {
			t.Fatalf("rows %q, comments %q", rows, w.About[name])
		}
	})
}
