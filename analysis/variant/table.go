package variant

import (
	"bufio"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"okazaki/analysis/variant/consequence"
	"okazaki/analysis/variant/known"
	"okazaki/format/vcf"
)

// A table is the ranked rows of a unit's alleles, one each.
type table struct {
	columns []knownColumn
	judge   *judge
	rows    []byte
	row     []byte
	first   bool // of the record's rows, none is there yet
}

// A knownColumn is a field of a source in a table of its own.
type knownColumn struct {
	source, field int
	name          string
}

// knownColumns are all fields of the sources, but of those with a recipe the
// ones that the ranking tells of already.
func (e *engine) knownColumns(all bool) (columns []knownColumn) {
	for i, s := range e.sources {
		if s.Recipe() != "" && !all {
			continue
		}
		for f, field := range s.Fields() {
			columns = append(columns, knownColumn{i, f, column(s.Name(), field.Name)})
		}
	}
	return columns
}

var tableColumns = []string{"rank", "contig", "position", "id", "ref", "alt", "genotype", "gene", "transcript", "consequence", "impact", "hgvsc", "hgvsp",
	"clinvar", "clinvar_stars", "clinvar_condition", "frequency", "points", "class", "criteria", "inheritance", "reason"}

func newTable(e *engine, h *vcf.Header) sheet {
	return &table{columns: e.knownColumns(false), judge: newJudge(e, h)}
}

func (t *table) record(*annotator) { t.first = true }
func (t *table) end(*annotator)    {}

func (t *table) take(_ *annotator, b []byte) []byte {
	b = append(b, t.rows...)
	t.rows = t.rows[:0]
	return b
}

// variant appends the row of one allele, all but its rank. A byte before it
// says whether it is the record's first.
func (t *table) variant(a *annotator) {
	r := &a.rec
	b := append(t.row[:0], 0)
	if t.first {
		b[0], t.first = 1, false
	}
	verdict := t.judge.judge(a)
	tab := func() { b = append(b, '\t') }
	b = append(b, r.Chrom...)
	tab()
	b = strconv.AppendInt(b, int64(r.Pos+1), 10)
	for _, field := range [...][]byte{r.ID, r.Ref, a.alt, a.genotype} {
		tab()
		b = append(b, field...)
	}
	b = t.consequence(b, a)
	b = t.judge.known(b, a)
	tab()
	b = strconv.AppendInt(b, int64(verdict.points), 10)
	for _, field := range [...]string{verdict.class, verdict.criteria, verdict.inheritance, a.why} {
		tab()
		b = append(b, field...)
	}
	for _, c := range t.columns {
		tab()
		if a.found[c.source] {
			b = appendCell(b, a.cursors[c.source], c.field)
		}
	}
	t.row = b
	t.rows = appendRow(t.rows, verdict.key, b)
}

// consequence appends the gene, the transcript, what happens to it, and how
// HGVS calls that.
func (t *table) consequence(b []byte, a *annotator) []byte {
	c := a.pick
	if c == nil {
		return append(b, "\t\t\t\t\t\t"...)
	}
	b = append(b, '\t')
	if c.Transcript != nil {
		name := c.Transcript.Symbol
		if name == "" {
			name = c.Transcript.Gene
		}
		b = append(append(append(b, name...), '\t'), c.Transcript.ID...)
	} else {
		b = append(b, '\t')
	}
	b = append(b, '\t')
	b = c.Terms.Append(b)
	b = append(b, '\t')
	b = append(b, c.Terms.Impact().String()...)
	if c.Transcript == nil || c.Terms.Has(consequence.Upstream) || c.Terms.Has(consequence.Downstream) {
		return append(b, "\t\t"...)
	}
	b = a.place.caller.AppendHGVSc(append(b, '\t'), c)
	return a.place.caller.AppendHGVSp(append(b, '\t'), c)
}

// appendCell appends a source's value, in which nothing ends a cell or a row.
func appendCell(b []byte, c *known.Cursor, field int) []byte {
	at := len(b)
	b = c.Append(b, field)
	for i := at; i < len(b); i++ {
		if b[i] < ' ' {
			b[i] = ' '
		}
	}
	return b
}

// table writes the rows by rank.
func (w *writing) table() error {
	return w.create("ranked.tsv", func(b *bufio.Writer) error {
		bins := make([]bin, 1<<digits)
		var records int64
		var err error
		w.survey, err = w.e.survey(w.ctx, w.layout, w.header, w.result, func(f *frame) error {
			return eachRow(f.payload, func(key uint64, text []byte) error {
				if len(text) == 0 {
					return errPart
				}
				records += int64(text[0])
				count(bins, key, 64-digits, len(text))
				return nil
			})
		})
		if err != nil {
			return err
		}
		if records != w.survey.records {
			return fmt.Errorf("%d records were read, and %d are in the table", w.survey.records, records)
		}
		if err := w.comments(b); err != nil {
			return err
		}
		columns := tableColumns
		for _, c := range w.e.knownColumns(false) {
			columns = append(columns[:len(columns):len(columns)], c.name)
		}
		if _, err := b.WriteString(strings.Join(columns, "\t") + "\n"); err != nil {
			return err
		}
		rank := int64(0)
		var number []byte
		s := &sorter{keep: w.e.keep,
			rows: func(do func(uint64, []byte) error) error {
				return w.e.eachFrame(w.ctx, w.result, func(f *frame) error { return eachRow(f.payload, do) })
			},
			write: func(text []byte) error {
				rank++
				number = append(strconv.AppendInt(number[:0], rank, 10), '\t')
				_, err1 := b.Write(number)
				_, err2 := b.Write(text[1:])
				return errors.Join(err1, err2, b.WriteByte('\n'))
			}}
		return s.sort(bins)
	})
}
