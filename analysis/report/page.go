package report

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"strings"
)

//go:embed page.css
var styleText string

// Write writes the page. It has the elements of testdata/page.html, by which
// the tests know it. That file is a template of html/template, which would make
// the linker keep every method of every type of the program.
func (p *Page) Write(w io.Writer) error {
	b := bufio.NewWriterSize(w, 1<<16)
	m := markup{b}
	m.head(p)
	for i := range p.Sections {
		s := &p.Sections[i]
		m.put(`<section id="%v" aria-labelledby="%v-title">
<h2 id="%v-title">%v</h2>
`, s.ID, s.ID, s.ID, s.Title)
		for i := range s.Parts {
			if err := m.part(&s.Parts[i]); err != nil {
				return err
			}
		}
		m.put("</section>\n")
	}
	m.put("</main>\n<footer><p>%v</p></footer>\n</body>\n</html>\n", p.Foot)
	m.put("\n\n\n\n\n\n\n\n\n") // between the parts of the template
	return b.Flush()
}

// markup writes elements, in which a text is never taken for one.
type markup struct{ w *bufio.Writer }

// put writes a format of this file, a constant, with values that are escaped.
func (m markup) put(format string, values ...any) {
	for i, v := range values {
		if f, ok := v.(float64); ok {
			v = coordinate(f)
		}
		values[i] = escape.Replace(Clean(v))
	}
	fmt.Fprintf(m.w, format, values...) // Flush says if it can't be written
}

// escape makes of characters that HTML knows, within an element or a quoted
// attribute, their names.
var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;", "+", "&#43;")

// with writes a format that has one value, unless that is "".
func (m markup) with(text, format string) {
	if text != "" {
		m.put(format, text)
	}
}

func (m markup) head(p *Page) {
	m.put(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>%v</title>
<style>`, p.Title)
	m.w.WriteString(styleText)
	m.put(`</style>
</head>
<body>
<a class="skip" href="#main">To the results</a>
<header>
<h1>%v</h1>
`, p.Title)
	m.with(p.Lead, "<p class=\"lead\">%v</p>\n")
	if len(p.Facts) > 0 {
		m.put("<dl class=\"facts\">\n")
		m.facts(p.Facts)
		m.put("</dl>\n")
	}
	if len(p.Warnings) > 0 {
		m.put("<div class=\"warnings\" role=\"note\"><strong>Please note</strong><ul>\n")
		for _, text := range p.Warnings {
			m.put("<li>%v</li>\n", text)
		}
		m.put("</ul></div>\n")
	}
	m.put("<nav aria-label=\"Sections\"><ul>\n")
	for _, s := range p.Sections {
		m.put("<li><a href=\"#%v\">%v</a></li>\n", s.ID, s.Title)
	}
	m.put("</ul></nav>\n</header>\n<main id=\"main\">\n")
}

// facts writes names and values.
func (m markup) facts(facts []Fact) {
	for _, f := range facts {
		m.put("<div><dt>%v</dt><dd>%v", f.Name, f.Value)
		m.with(f.Note, " <small>%v</small>")
		m.put("</dd></div>\n")
	}
}

func (m markup) part(p *Part) error {
	m.with(p.Text, "<p>%v</p>\n")
	if p.Plot != nil {
		if err := m.plot(p.Plot); err != nil {
			return err
		}
	}
	if p.Bars != nil {
		m.bars(p.Bars)
	}
	if p.Table != nil {
		if err := m.table(p.Table); err != nil {
			return err
		}
	}
	if len(p.Cards) > 0 {
		m.put("<div class=\"cards\">\n")
		for i := range p.Cards {
			m.card(&p.Cards[i])
		}
		m.put("</div>\n")
	}
	return nil
}

func (m markup) table(t *Table) error {
	const many = 8
	if t.Folded {
		m.put("<details><summary>%v</summary>\n", t.Caption)
	}
	class := "wide"
	if len(t.Columns) > many {
		class += " many"
	}
	m.put(`<div class="%v" role="region" tabindex="0" aria-label="%v"><table>
<caption>%v</caption>
<thead><tr>`, class, t.Caption, t.Caption)
	for _, c := range t.Columns {
		m.put(`<th scope="col"`)
		if c.Number {
			m.put(` class="number"`)
		}
		m.put(">%v</th>", c.Name)
	}
	m.put("</tr></thead>\n<tbody>\n")
	for _, row := range t.Rows {
		if len(row) > len(t.Columns) {
			return fmt.Errorf("table %s: a row of %d cells under %d columns", t.Caption, len(row), len(t.Columns))
		}
		m.put("<tr>")
		for i, cell := range row {
			m.cell(t.Columns[i], cell)
		}
		m.put("</tr>\n")
	}
	m.put("</tbody></table></div>\n")
	m.with(t.Note, "<p class=\"note\">%v</p>\n")
	if t.Folded {
		m.put("</details>\n")
	}
	return nil
}

func (m markup) cell(c Column, cell any) {
	m.put("<td")
	m.with(cellClass(c, cell), ` class="%v"`)
	m.put(">")
	if letters, ok := cell.(Letters); ok && len(letters) > 0 {
		for _, l := range letters {
			if l.Marked {
				m.put("<mark>%v</mark>", l.Base)
			} else {
				m.put("%v", l.Base)
			}
		}
	} else {
		m.put("%v", cell)
	}
	m.put("</td>")
}

func (m markup) bars(b *Bars) {
	m.put(`<table class="bars">
<caption>%v</caption>
<thead><tr><th scope="col">%v</th><th scope="col" class="number">%v</th><td></td></tr></thead>
<tbody>
`, b.Caption, b.Label, b.Unit)
	for _, bar := range b.Bars {
		m.put(`<tr><th scope="row">%v</th><td class="number">%v</td><td class="bar">`, bar.Label, bar.Value)
		if bar.Length != 0 {
			m.put(`<span aria-hidden="true"`)
			m.with(bar.Class, ` class="%v"`)
			m.put(` style="width:%v%%"></span>`, bar.Percent())
		}
		m.put("</td></tr>\n")
	}
	m.put("</tbody></table>\n")
	m.with(b.Note, "<p class=\"note\">%v</p>\n")
}

func (m markup) plot(p *Plot) error {
	m.put(`<figure>
<div class="wide" role="region" tabindex="0" aria-label="%v"><svg viewBox="0 0 %v %v" role="img" aria-label="%v. %v">
`, p.Title, p.Width, p.Height, p.Title, p.Desc)
	for i := range p.Marks {
		m.mark(&p.Marks[i])
	}
	m.put("</svg></div>\n<figcaption>")
	if len(p.Legend) > 0 {
		m.put(`<ul class="legend">`)
		for _, k := range p.Legend {
			m.put(`<li><span class="%v" aria-hidden="true"></span>%v</li>`, k.Class, k.Text)
		}
		m.put("</ul>")
	}
	m.put("%v</figcaption>\n</figure>\n", p.Desc)
	if p.Table != nil {
		return m.table(p.Table)
	}
	return nil
}

func (m markup) mark(k *Mark) {
	switch k.Shape {
	case "text":
		m.put(`<text x="%v" y="%v"`, k.X, k.Y)
		m.with(k.Class, ` class="%v"`)
		m.with(k.Anchor, ` text-anchor="%v"`)
		if k.Turn != 0 {
			m.put(` transform="rotate(%v %v %v)"`, k.Turn, k.X, k.Y)
		}
		m.put(">%v</text>\n", k.Text)
	case "line":
		m.put(`<line x1="%v" y1="%v" x2="%v" y2="%v"`, k.X, k.Y, k.W, k.H)
		m.with(k.Class, ` class="%v"`)
		m.put("/>\n")
	case "dot":
		m.put(`<circle cx="%v" cy="%v" r="%v"`, k.X, k.Y, k.W)
		m.with(k.Class, ` class="%v"`)
		m.put(">")
		m.with(k.Text, "<title>%v</title>")
		m.put("</circle>\n")
	default:
		m.put(`<rect x="%v" y="%v" width="%v" height="%v"`, k.X, k.Y, k.W, k.H)
		m.with(k.Class, ` class="%v"`)
		m.put(">")
		m.with(k.Text, "<title>%v</title>")
		m.put("</rect>\n")
	}
}

func (m markup) card(c *Card) {
	m.put("<article class=\"card %v\">\n<h3>%v</h3>", c.Class, c.Title)
	m.with(c.Badge, ` <p class="badge">%v</p>`)
	m.put("\n<dl>\n")
	m.facts(c.Lines)
	m.put("</dl>\n")
	if len(c.List) > 0 {
		m.put("<h4>%v</h4><ul>\n", c.ListTitle)
		for _, f := range c.List {
			m.put("<li>")
			m.with(f.Name, "<b>%v</b> ")
			m.put("%v</li>\n", f.Value)
		}
		m.put("</ul>\n")
	}
	m.put("</article>\n")
}
