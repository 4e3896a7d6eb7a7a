// Package report makes one page of HTML of an answer: pictures, figures and
// tables that a browser shows without a network, and that print.
//
// Its one invariant: whatever text a page is given stays text, of bounded
// length, and the page asks for nothing besides itself. The same answer has the
// same bytes.
package report

import (
	"slices"
	"strings"
)

// A Page is what one file holds.
type Page struct {
	Title    string
	Lead     string // a sentence or two on what was asked
	Facts    []Fact // the figures that come first
	Warnings []string
	Sections []Section
	Foot     string
}

// A Fact is a figure and its name.
type Fact struct{ Name, Value, Note string }

// A Section is a heading and what is under it.
type Section struct {
	ID    string // letters and hyphens; unique on the page
	Title string
	Parts []Part
}

// A Part is one of its fields.
type Part struct {
	Text  string
	Table *Table
	Bars  *Bars
	Plot  *Plot
	Cards []Card
}

// A Table has a caption, a head and rows. A cell is a string, or a Letters.
type Table struct {
	Caption string
	Columns []Column
	Rows    [][]any
	Note    string // below: what is left out, and where it is
	Folded  bool   // behind its caption
}

// A Column is one of a table.
type Column struct {
	Name   string
	Number bool // its cells are set to the right
	Code   bool // its cells are sequences or names of files
}

// Bars are counts with a bar each, at most 1 long.
type Bars struct {
	Caption     string
	Label, Unit string // heads of the two columns
	Bars        []Bar
	Note        string
}

// A Bar is a count and its length, 0 to 1.
type Bar struct {
	Label, Value string
	Length       float64
	Class        string // good, fair, bad or empty
}

// Percent is the bar's length.
func (b Bar) Percent() float64 { return max(0, min(100, 100*b.Length)) }

// A Card is one thing with what is known about it.
type Card struct {
	Title, Badge, Class string
	Lines               []Fact
	List                []Fact // below: evidence, a line each
	ListTitle           string
}

// Letters are aligned bases, of which some are marked.
type Letters []Letter

// A Letter is one base, or '-'.
type Letter struct {
	Base   string
	Marked bool
}

// Aligned returns the letters of a site under a guide's, marked where they
// differ. Both have the same length; an N of the guide fits any base.
func Aligned(guide, site string) Letters {
	out := make(Letters, 0, len(site))
	for i := range min(len(site), maxText) {
		differ := i >= len(guide) || guide[i]&^0x20 != site[i]&^0x20 || guide[i] == '-' || site[i] == '-'
		out = append(out, Letter{Clean(site[i : i+1]), differ})
	}
	return out
}

// cellClass is the class of a cell.
func cellClass(c Column, cell any) string {
	const longWord = 32
	class := ""
	switch {
	case c.Number:
		class = "number"
	case c.Code:
		class = "code"
	}
	if text, ok := cell.(string); ok && slices.ContainsFunc(strings.Fields(text), func(word string) bool { return len(word) > longWord }) {
		class = strings.TrimSpace(class + " long")
	}
	return class
}
