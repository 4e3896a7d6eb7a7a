package virus

import (
	"bytes"
	"fmt"
	"strconv"

	"okazaki/genome"
)

// A Table reads the rows that AppendRow writes.
type Table struct {
	d      *Dataset
	width  int
	column map[string]int // the first of that name
	fields [][]byte
	calls  Calls
}

// NewTable reads rows about the dataset's virus.
func (d *Dataset) NewTable() *Table {
	t := &Table{d: d, column: map[string]int{}}
	for i, name := range d.columns() {
		if _, twice := t.column[name]; !twice {
			t.column[name] = i
		}
		t.width++
	}
	return t
}

// Read takes the row that the other methods are about. It is a line without its
// newline, and must stay as it is until the next Read.
func (t *Table) Read(row []byte) error {
	t.fields = t.fields[:0]
	for {
		field, rest, more := bytes.Cut(row, []byte{'\t'})
		t.fields = append(t.fields, field)
		if row = rest; !more {
			break
		}
	}
	if len(t.fields) != t.width {
		return fmt.Errorf("a row has %d columns, not %d", len(t.fields), t.width)
	}
	return nil
}

// Field returns the row's value of a column, unchanged; nil if there is no such
// column.
func (t *Table) Field(column string) []byte {
	if i, ok := t.column[column]; ok {
		return t.fields[i]
	}
	return nil
}

// Name returns the genome's name as it was given.
func (t *Table) Name() string { return string(unsafeText(t.Field("seqName"))) }

// Calls returns the row's nucleotides: its substitutions, deletions,
// insertions, missing and ambiguous letters, the genome's place, and its
// problem. They are valid until the next call.
func (t *Table) Calls() (*Calls, error) {
	c := &t.calls
	c.reset()
	if c.Problem = string(unsafeText(t.Field("errors"))); c.Problem != "" {
		return c, nil
	}
	r := &fieldReader{}
	c.Aligned = genome.Region{Lo: r.number(t.Field("alignmentStart")) - 1, Hi: r.number(t.Field("alignmentEnd"))}
	c.Reverse = string(t.Field("isReverseComplement")) == "true"
	c.Substitutions = r.substitutions(c.Substitutions, t.Field("substitutions"))
	c.Held = r.substitutions(c.Held, t.Field("heldByReference"))
	for x := range items(t.Field("deletions")) {
		c.Deletions = append(c.Deletions, r.region(x))
	}
	for x := range items(t.Field("insertions")) {
		at, letters, _ := bytes.Cut(x, []byte{':'})
		c.Insertions = append(c.Insertions, Insertion{Pos: r.number(at), Letters: letters})
	}
	for x := range items(t.Field("missing")) {
		c.Missing = append(c.Missing, r.region(x))
	}
	for x := range items(t.Field("nonACGTNs")) {
		if len(x) < 3 {
			r.bad(x)
			break
		}
		c.Ambiguous = append(c.Ambiguous, Ambiguous{Letter: x[0], Region: r.region(x[2:])})
	}
	if r.err == nil {
		r.err = c.within(len(t.d.Reference.Sequence))
	}
	return c, r.err
}

// within returns an error if the calls lie outside a reference.
func (c *Calls) within(length int) error {
	all := genome.Region{Hi: length}
	check := func(r genome.Region) bool { return r.Lo < r.Hi && r.Intersect(all) == r }
	ok := check(c.Aligned)
	for _, list := range [][]Substitution{c.Substitutions, c.Held} {
		for _, s := range list {
			ok = ok && all.Contains(s.Pos)
		}
	}
	for _, i := range c.Insertions {
		ok = ok && 0 <= i.Pos && i.Pos <= length
	}
	for _, rs := range [][]genome.Region{c.Deletions, c.Missing} {
		for _, r := range rs {
			ok = ok && check(r)
		}
	}
	for _, a := range c.Ambiguous {
		ok = ok && check(a.Region)
	}
	if !ok {
		return fmt.Errorf("a row has a position outside the reference's %d letters", length)
	}
	return nil
}

// A fieldReader reads numbers. It keeps its first error.
type fieldReader struct{ err error }

func (r *fieldReader) bad(field []byte) {
	if r.err == nil {
		r.err = fmt.Errorf("a row has the field %q", field)
	}
}

func (r *fieldReader) number(field []byte) int {
	n, err := strconv.Atoi(string(field))
	if err != nil {
		r.bad(field)
	}
	return n
}

// substitutions appends the substitutions of a list: C241T.
func (r *fieldReader) substitutions(dst []Substitution, field []byte) []Substitution {
	for x := range items(field) {
		if len(x) < 3 {
			r.bad(x)
			break
		}
		dst = append(dst, Substitution{Pos: r.number(x[1:len(x)-1]) - 1, Ref: x[0], Alt: x[len(x)-1]})
	}
	return dst
}

// region reads 5-6, or 7: positions from 1, the end included.
func (r *fieldReader) region(field []byte) genome.Region {
	lo, hi, two := bytes.Cut(field, []byte{'-'})
	out := genome.Region{Lo: r.number(lo) - 1}
	if out.Hi = out.Lo + 1; two {
		out.Hi = r.number(hi)
	}
	return out
}

// items yields the items of a comma-separated list.
func items(field []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(field) > 0 {
			x, rest, _ := bytes.Cut(field, []byte{','})
			if !yield(x) {
				return
			}
			field = rest
		}
	}
}

// unsafeText undoes appendSafe.
func unsafeText(field []byte) []byte {
	if bytes.IndexByte(field, '\\') < 0 {
		return field
	}
	var out []byte
	for i := 0; i < len(field); i++ {
		b := field[i]
		if b == '\\' && i+1 < len(field) {
			if i++; field[i] == 'x' && i+2 < len(field) {
				if n, err := strconv.ParseUint(string(field[i+1:i+3]), 16, 8); err == nil {
					b = byte(n)
					i += 2
				}
			}
		}
		out = append(out, b)
	}
	return out
}
