package kit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"okazaki"
	"okazaki/analysis"
)

// A Table is an output of tab-separated lines. --tables and --output write it in
// other formats.
type Table struct {
	Name    string // of the file: "orfs.tsv"
	Rows    string // what they are, for the help: "one row per open reading frame"
	Columns []Column

	records bool // it has the columns record and errors
}

// A Column is a column of a Table, with its meaning for the help.
type Column struct {
	okazaki.Column
	Meaning string
}

// Text is a column of text.
func Text(name, meaning string) Column { return Column{okazaki.Column{Name: name}, meaning} }

// Int is a column of whole numbers.
func Int(name, unit, meaning string) Column {
	return Column{okazaki.Column{Name: name, Kind: okazaki.IntParam, Unit: unit}, meaning}
}

// Float is a column of numbers.
func Float(name, unit, meaning string) Column {
	return Column{okazaki.Column{Name: name, Kind: okazaki.FloatParam, Unit: unit}, meaning}
}

// RecordTable returns a table about records, for a RecordStage. The columns that
// are given stand between two others: record, the record's name, and errors, which
// says why a record can't be used and is empty for all others.
func RecordTable(name, rows string, columns ...Column) *Table {
	all := append([]Column{Text("record", "name of the record")}, columns...)
	return &Table{Name: name, Rows: rows, Columns: append(all, Text("errors", "why a record can't be used; it has no other values then")), records: true}
}

// help describes the table as a part of Analysis.Long.
func (t *Table) help() string {
	width := 0
	for _, c := range t.Columns {
		width = max(width, len(c.Name))
	}
	text := fmt.Sprintf("\n\n%s: %s\n\n", t.Name, t.Rows)
	for _, c := range t.Columns {
		text += strings.TrimRight(fmt.Sprintf("  %-*s  %s", width, c.Name, c.Meaning), " ") + "\n"
	}
	return strings.TrimSuffix(text, "\n")
}

// render writes the header and the rows.
func (t *Table) render(ctx context.Context, rows okazaki.Result, out okazaki.Outputs) error {
	r, err := rows(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := out.Create(t.Name)
	if err != nil {
		return err
	}
	var names []string
	for _, c := range t.Columns {
		names = append(names, c.Name)
	}
	_, err = io.WriteString(w, strings.Join(names, "\t")+"\n")
	failed := failures{last: '\t'}
	if err == nil {
		_, err = io.Copy(io.MultiWriter(w, &failed), analysis.Reader(ctx, r))
	}
	if err = errors.Join(err, w.Close()); err == nil && t.records && failed.rows > 0 {
		text := fmt.Sprintf("%d records could not be used; see column errors of %s", failed.rows, t.Name)
		if failed.rows == 1 {
			text = "1 record could not be used; see column errors of " + t.Name
		}
		out.Note(okazaki.Note{Text: text, Warning: true})
	}
	return err
}

// failures counts the rows whose last column is not empty.
type failures struct {
	rows int
	last byte // before what is written next
}

func (f *failures) Write(b []byte) (int, error) {
	for rest := b; len(rest) > 0; {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			f.last = rest[len(rest)-1]
			break
		}
		if i > 0 {
			f.last = rest[i-1]
		}
		if f.last != '\t' {
			f.rows++
		}
		rest = rest[i+1:]
	}
	return len(b), nil
}

// Rows takes the rows of one record.
type Rows struct {
	table  *Table
	record string
	part   []byte
}

// Add adds a row. The values are for the columns that RecordTable was given;
// another number of them is a mistake of the analysis, and panics. No value may
// hold a tab or a line end.
func (r *Rows) Add(values ...any) {
	if len(values) != len(r.table.Columns)-2 {
		panic(fmt.Sprintf("%s: %d values for %d columns", r.table.Name, len(values), len(r.table.Columns)-2))
	}
	r.part = append(r.part, r.record...)
	for _, v := range values {
		if r.part = append(r.part, '\t'); v != nil {
			r.part = fmt.Append(r.part, v)
		}
	}
	r.part = append(r.part, "\t\n"...)
}

// fail adds the row of a record that can't be used.
func (r *Rows) fail(err error) {
	text := err.Error()
	if e, ok := errors.AsType[*okazaki.Error](err); ok {
		text = e.Message // the record's name is in the row
	}
	r.part = append(r.part, r.record+strings.Repeat("\t", len(r.table.Columns)-1)+text+"\n"...)
}
