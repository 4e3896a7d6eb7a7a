// Package table writes a table in other formats than the tab-separated lines
// that analyses write.
//
// Its one invariant: each line of the table is one row of what is written, in
// the same order, and a value that doesn't fit its column's kind is an error.
package table

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"

	"okazaki"
)

// Formats are the formats that a table may be written in, by the endings of
// files. "tsv", "tab" and "txt" are the lines as they are.
var Formats = []string{"tsv", "tab", "txt", "csv", "json", "ndjson", "parquet"}

// IsFormat says whether a name's ending, without its point, is one of Formats.
func IsFormat(ending string) bool { return slices.Contains(Formats, ending) }

// NewWriter returns a writer of the lines of a table, which writes them to w in
// a format. Lines that begin with '#' before the line of names are about the
// table. Columns that are not among columns hold text. Close ends the table, and
// leaves w open.
func NewWriter(w io.Writer, format string, columns []okazaki.Column) io.WriteCloser {
	switch format {
	case "csv":
		return &lineWriter{to: &csvTable{w: w}, columns: columns}
	case "json":
		return &lineWriter{to: &jsonTable{w: w, array: true}, columns: columns}
	case "ndjson":
		return &lineWriter{to: &jsonTable{w: w}, columns: columns}
	case "parquet":
		return &lineWriter{to: &parquetTable{w: w}, columns: columns}
	}
	return nopCloser{w}
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// A sink takes a table's rows. A value that is nil is not known.
type sink interface {
	begin(about []string, columns []okazaki.Column) error
	row(values []value) error
	end() error
}

// A value is a cell of a column: its text and its meaning.
type value struct {
	text  []byte // valid until the next row
	known bool   // there is a value
	n     int64  // of a whole number
	f     float64
	b     bool
}

// A lineWriter cuts what is written into lines and cells.
type lineWriter struct {
	to      sink
	columns []okazaki.Column // that are declared, and after the line of names the table's own

	begun  bool
	about  []string
	line   []byte // the beginning of one
	number int64  // of lines
	values []value
	err    error
}

// Write takes lines.
func (t *lineWriter) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 && t.err == nil {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			t.line = append(t.line, p...)
			break
		}
		line := p[:i]
		if len(t.line) > 0 {
			t.line = append(t.line, line...)
			line = t.line
		}
		t.number++
		t.err = t.take(line)
		t.line, p = t.line[:0], p[i+1:]
	}
	return n, t.err
}

func (t *lineWriter) take(line []byte) error {
	if !t.begun {
		if bytes.HasPrefix(line, []byte("#")) {
			t.about = append(t.about, string(bytes.TrimSpace(bytes.TrimLeft(line, "#"))))
			return nil
		}
		t.begun = true
		t.columns = named(line, t.columns)
		t.values = make([]value, len(t.columns))
		return t.to.begin(t.about, t.columns)
	}
	i := 0
	for cell := range bytes.SplitSeq(line, []byte("\t")) {
		if i < len(t.values) {
			var err error
			if t.values[i], err = parse(cell, &t.columns[i]); err != nil {
				return fmt.Errorf("line %d of the table, column %s: %w", t.number, t.columns[i].Name, err)
			}
		}
		i++
	}
	if i != len(t.values) {
		return fmt.Errorf("line %d of the table has %d columns of %d", t.number, i, len(t.values))
	}
	return t.to.row(t.values)
}

// named are the columns of a line of names.
func named(line []byte, declared []okazaki.Column) (columns []okazaki.Column) {
	for name := range bytes.SplitSeq(line, []byte("\t")) {
		i := slices.IndexFunc(declared, func(c okazaki.Column) bool { return c.Name == string(name) })
		if i < 0 {
			columns = append(columns, okazaki.Column{Name: string(name)})
		} else {
			columns = append(columns, declared[i])
		}
	}
	return columns
}

// parse reads a cell. An empty cell is not known, and neither is NA unless
// it is text of the column.
func parse(cell []byte, c *okazaki.Column) (value, error) {
	v := value{text: cell, known: len(cell) > 0}
	isNA := string(cell) == "NA"
	if c.Kind == okazaki.StringParam || c.Kind == okazaki.FileParam {
		v.known = v.known && !(c.NA && isNA)
		return v, nil
	}
	if isNA || string(cell) == "." {
		v.known = false
	}
	if !v.known {
		return v, nil
	}
	var err error
	switch c.Kind {
	case okazaki.IntParam:
		v.n, err = strconv.ParseInt(string(cell), 10, 64)
	case okazaki.FloatParam:
		v.f, err = strconv.ParseFloat(string(cell), 64)
	case okazaki.BoolParam:
		v.b, err = strconv.ParseBool(string(cell))
	}
	return v, err
}

// Close ends the table.
func (t *lineWriter) Close() error {
	if t.err == nil && len(t.line) > 0 {
		t.err = fmt.Errorf("the table's last line has no end: %w", io.ErrUnexpectedEOF)
	}
	if t.err == nil && !t.begun {
		t.err = t.to.begin(t.about, nil)
	}
	if t.err != nil {
		return t.err
	}
	return t.to.end()
}
