// Package reporttest reads pages of package report, for tests.
//
// Its one invariant: a page that a browser would have to mend fails the test.
package reporttest

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// TB is a test.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// A Page is what is in one.
type Page struct {
	Names []string   // of elements, and of attributes after @, in order
	Cells [][]string // of the rows of all tables
	Text  string     // outside of tags and styles
}

// Read reads a page, which must be well-formed and ask for nothing besides
// itself.
func Read(t TB, page []byte) *Page {
	t.Helper()
	p := &Page{}
	var text, cell strings.Builder
	d := xml.NewDecoder(strings.NewReader(closeMeta(string(page))))
	style := false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			p.Text = text.String()
			return p
		}
		if err != nil {
			t.Fatalf("the page is not well-formed: %v", err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			p.start(t, e)
			style = e.Name.Local == "style"
			if e.Name.Local == "td" || e.Name.Local == "th" {
				cell.Reset()
			}
		case xml.CharData:
			if !style {
				text.Write(e)
				cell.Write(e)
			}
		case xml.EndElement:
			style = false
			if n := len(p.Cells) - 1; (e.Name.Local == "td" || e.Name.Local == "th") && n >= 0 {
				p.Cells[n] = append(p.Cells[n], cell.String())
			}
		}
	}
}

// Row is the first row whose first cell is a name; nil if there is none.
func (p *Page) Row(name string) []string {
	for _, row := range p.Cells {
		if len(row) > 0 && row[0] == name {
			return row
		}
	}
	return nil
}

func (p *Page) start(t TB, e xml.StartElement) {
	t.Helper()
	if e.Name.Local == "tr" {
		p.Cells = append(p.Cells, nil)
	}
	p.Names = append(p.Names, e.Name.Local)
	for _, a := range e.Attr {
		p.Names = append(p.Names, "@"+a.Name.Local)
		if local := strings.HasPrefix(a.Value, "#"); a.Name.Local == "src" || a.Name.Local == "href" && !local || strings.HasPrefix(a.Name.Local, "on") {
			t.Errorf("the page has %s=%q", a.Name.Local, a.Value)
		}
	}
	for _, bad := range []string{"script", "link", "iframe", "img", "object", "base", "form"} {
		if e.Name.Local == bad {
			t.Errorf("the page has the element %s", bad)
		}
	}
}

// closeMeta makes a page XML: in HTML a meta element has no end.
func closeMeta(page string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimPrefix(page, "<!DOCTYPE html>\n")) {
		if strings.HasPrefix(line, "<meta ") {
			line = strings.TrimSuffix(line, ">\n") + "/>\n"
		}
		b.WriteString(line)
	}
	return b.String()
}
