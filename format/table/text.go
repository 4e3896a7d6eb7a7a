package table

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"strconv"

	"okazaki"
)

// A csvTable writes the table by RFC 4180, in UTF-8. Lines about the table
// come first, after '#'.
type csvTable struct {
	w     io.Writer
	csv   *csv.Writer
	cells []string
}

func (t *csvTable) begin(about []string, columns []okazaki.Column) error {
	for _, line := range about {
		if _, err := io.WriteString(t.w, "# "+line+"\n"); err != nil {
			return err
		}
	}
	t.csv = csv.NewWriter(t.w)
	t.cells = make([]string, len(columns))
	for i, c := range columns {
		t.cells[i] = c.Name
	}
	return t.csv.Write(t.cells)
}

func (t *csvTable) row(values []value) error {
	for i := range values {
		t.cells[i] = string(values[i].text)
	}
	return t.csv.Write(t.cells)
}

func (t *csvTable) end() error {
	t.csv.Flush()
	return t.csv.Error()
}

// A jsonTable is an object a row, with the columns in their order: lines, or
// the elements of an array. Lines about the table are left out.
type jsonTable struct {
	w     io.Writer
	array bool

	b     *bufio.Writer
	keys  [][]byte
	kinds []okazaki.Kind
	rows  int64
	line  []byte
}

func (t *jsonTable) begin(_ []string, columns []okazaki.Column) error {
	t.b = bufio.NewWriterSize(t.w, 1<<16)
	for i, c := range columns {
		key, err := json.Marshal(c.Name)
		if err != nil {
			return err
		}
		if i > 0 {
			key = append([]byte(","), key...)
		}
		t.keys, t.kinds = append(t.keys, append(key, ':')), append(t.kinds, c.Kind)
	}
	if t.array {
		return t.b.WriteByte('[')
	}
	return nil
}

func (t *jsonTable) row(values []value) error {
	t.line = t.line[:0]
	if t.array {
		if t.rows > 0 {
			t.line = append(t.line, ',')
		}
		t.line = append(t.line, '\n')
	}
	t.line = append(t.line, '{')
	for i := range values {
		var err error
		if t.line, err = values[i].appendJSON(append(t.line, t.keys[i]...), t.kinds[i]); err != nil {
			return err
		}
	}
	t.line = append(t.line, '}')
	if !t.array {
		t.line = append(t.line, '\n')
	}
	t.rows++
	_, err := t.b.Write(t.line)
	return err
}

func (t *jsonTable) end() error {
	if t.array {
		if _, err := t.b.WriteString("\n]\n"); err != nil {
			return err
		}
	}
	return t.b.Flush()
}

func (v *value) appendJSON(b []byte, kind okazaki.Kind) ([]byte, error) {
	isText := kind == okazaki.StringParam || kind == okazaki.FileParam
	switch {
	case isText && (v.known || len(v.text) == 0):
		text, err := json.Marshal(string(v.text))
		return append(b, text...), err
	case !v.known, kind == okazaki.FloatParam && (math.IsNaN(v.f) || math.IsInf(v.f, 0)):
		return append(b, "null"...), nil
	case kind == okazaki.IntParam:
		return strconv.AppendInt(b, v.n, 10), nil
	case kind == okazaki.FloatParam:
		text, err := json.Marshal(v.f)
		return append(b, text...), err
	}
	return strconv.AppendBool(b, v.b), nil
}

// NewArray returns a writer of lines of JSON, which writes them to w as the
// elements of an array. Close ends it, and leaves w open.
func NewArray(w io.Writer) io.WriteCloser { return &arrayWriter{w: bufio.NewWriterSize(w, 1<<16)} }

type arrayWriter struct {
	w     *bufio.Writer
	begun bool
	ended bool // the line before; a comma is due
}

func (a *arrayWriter) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		switch {
		case !a.begun:
			_, _ = a.w.WriteString("[\n") // a bufio.Writer keeps its first error
			a.begun = true
		case a.ended:
			_, _ = a.w.WriteString(",\n")
		}
		line, rest, ended := bytes.Cut(p, []byte("\n"))
		_, _ = a.w.Write(line)
		a.ended, p = ended, rest
	}
	_, err := a.w.Write(nil)
	return n, err
}

func (a *arrayWriter) Close() error {
	if !a.begun {
		_, _ = a.w.WriteString("[")
	}
	_, _ = a.w.WriteString("\n]\n")
	return a.w.Flush()
}
