package report

import (
	"bytes"
	"io"
	"slices"

	"okazaki"
)

// A Row is one of a table of an answer, valid until the next.
type Row struct {
	columns map[string]int
	fields  [][]byte
}

// Get is the value of a column; nil if there is no such column.
func (r *Row) Get(column string) []byte {
	if i, ok := r.columns[column]; ok && i < len(r.fields) {
		return r.fields[i]
	}
	return nil
}

// Text is the value of a column; "" if it is not there, or is NA.
func (r *Row) Text(column string) string {
	if b := r.Get(column); string(b) != "NA" {
		return string(b)
	}
	return ""
}

// A Watch passes the files of an answer on, and shows their rows as they are
// written. So a report has the numbers of the tables.
type Watch struct {
	Out    okazaki.Outputs
	Tables map[string]func(r *Row)           // by name of the file
	Heads  map[string]func(columns []string) // of tables
	Hidden []string                          // files that are shown but not passed on
	Notes  []okazaki.Note
	About  map[string][]string // comments above tables, by name of the file
}

// maxAbout is how many comments of a table are kept.
const maxAbout = 100

// Note is okazaki.Outputs'.
func (w *Watch) Note(n okazaki.Note) {
	w.Notes = append(w.Notes, n)
	w.Out.Note(n)
}

// Create is okazaki.Outputs'.
func (w *Watch) Create(name string) (io.WriteCloser, error) {
	show := w.Tables[name]
	if slices.Contains(w.Hidden, name) {
		return &watched{w: w, name: name, show: show}, nil
	}
	f, err := w.Out.Create(name)
	if err != nil || show == nil {
		return f, err
	}
	return &watched{w: w, name: name, show: show, f: f}, nil
}

// A watched table is cut into rows. Lines that begin with # before its head are
// comments.
type watched struct {
	w    *Watch
	name string
	show func(*Row)
	f    io.WriteCloser // nil if it goes nowhere
	line []byte         // the beginning of one
	row  Row
}

func (t *watched) Write(b []byte) (int, error) {
	n := len(b)
	if t.f != nil {
		var err error
		if n, err = t.f.Write(b); err != nil {
			return n, err
		}
	}
	for rest := b; len(rest) > 0; {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			t.line = append(t.line, rest...)
			break
		}
		line := rest[:i]
		if len(t.line) > 0 {
			t.line = append(t.line, line...)
			line = t.line
		}
		t.take(line)
		t.line, rest = t.line[:0], rest[i+1:]
	}
	return n, nil
}

func (t *watched) take(line []byte) {
	if t.row.columns == nil {
		if about, ok := bytes.CutPrefix(line, []byte{'#'}); ok {
			t.comment(about)
			return
		}
		t.row.columns = map[string]int{}
		var names []string
		for i, name := range bytes.Split(line, []byte{'\t'}) {
			names = append(names, string(name))
			if _, twice := t.row.columns[string(name)]; !twice {
				t.row.columns[string(name)] = i
			}
		}
		if head := t.w.Heads[t.name]; head != nil {
			head(names)
		}
		return
	}
	t.row.fields = t.row.fields[:0]
	for {
		field, rest, more := bytes.Cut(line, []byte{'\t'})
		t.row.fields = append(t.row.fields, field)
		if line = rest; !more {
			break
		}
	}
	t.show(&t.row)
}

func (t *watched) comment(text []byte) {
	if t.w.About == nil {
		t.w.About = map[string][]string{}
	}
	if all := t.w.About[t.name]; len(all) < maxAbout {
		t.w.About[t.name] = append(all, string(bytes.TrimSpace(bytes.TrimLeft(text, "#"))))
	}
}

func (t *watched) Close() error {
	if t.f == nil {
		return nil
	}
	return t.f.Close()
}
