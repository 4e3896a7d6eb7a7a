package variant

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"okazaki/analysis/variant/consequence"
	"okazaki/analysis/variant/known"
	"okazaki/analysis/variant/rank"
	"okazaki/format/vcf"
)

// A table is the ranked rows of a unit's alleles, one each. A row begins with a
// byte of marks.
type table struct {
	columns []knownColumn
	judge   *judge
	rows    []byte
	row     []byte
	text    []byte
	first   bool // of the record's rows, none is there yet
}

// The marks of a row.
const (
	firstRow  = 1 << iota // of its record
	candidate             // it may have a partner in its gene
)

// A knownColumn is a field of a source in a table of its own.
type knownColumn struct {
	source, field int
	name          string
}

// knownColumns returns the fields of the sources. Unless all, it leaves out
// sources with a recipe, which the ranking shows already.
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

// tableColumns are the columns of ranked.tsv, before the columns of other
// sources.
var tableColumns = []string{"rank", "contig", "position", "id", "ref", "alt", "genotype", "class", "points", "inheritance", "criteria", "missing",
	"clinvar", "clinvar_stars", "clinvar_condition", "frequency", "gene", "transcript", "consequence", "impact", "hgvsc", "hgvsp", "compound", "reason",
	"depth", "genotype_quality"}

// The places, in a row that has no rank yet, of the cells that a partner
// changes.
const (
	classCell = 6 + iota
	pointsCell
	inheritanceCell
	criteriaCell
)

func newTable(e *engine, h *vcf.Header) sheet {
	return &table{columns: e.knownColumns(false), judge: newJudge(e, h)}
}

func (t *table) record(a *annotator) {
	t.first = true
	t.judge.record(a)
}

func (t *table) end(*annotator) {}

func (t *table) take(_ *annotator, b []byte) []byte {
	b = append(b, t.rows...)
	t.rows = t.rows[:0]
	return b
}

// variant appends the row of one allele, all but its rank.
func (t *table) variant(a *annotator) {
	r := &a.rec
	b := append(t.row[:0], 0)
	if t.first {
		b[0], t.first = firstRow, false
	}
	v := t.judge.judge(a)
	b = append(b, r.Chrom...)
	b = strconv.AppendInt(append(b, '\t'), int64(r.Pos+1), 10)
	for _, field := range [...][]byte{r.ID, r.Ref, a.alt, a.genotype} {
		b = append(append(b, '\t'), field...)
	}
	b = append(append(b, '\t'), v.Class.String()...)
	b = strconv.AppendInt(append(b, '\t'), int64(v.Points), 10)
	b = append(append(b, '\t'), v.Key.Mode().String()...)
	b = v.AppendReasons(append(b, '\t'), t.judge.facts)
	b = append(b, '\t')
	if v.Class != rank.Unjudged {
		b = v.AppendMissing(b)
	}
	b = t.judge.known(b, a)
	b = t.consequence(b, a)
	b = append(b, '\t')
	if a.pick != nil {
		b = a.appendTogether(b, a.pick.Transcript.ID)
	}
	b = append(append(b, '\t'), a.why...)
	b = appendNumber(append(b, '\t'), a.depth, false)
	b = appendNumber(append(b, '\t'), a.quality, true)
	for _, c := range t.columns {
		b = append(b, '\t')
		if a.found[c.source] {
			b = appendCell(b, a.cursors[c.source], c.field)
		}
	}
	if a.number > 0 && t.judge.facts.Inheritance.Copies == 1 {
		t.text = appendID(t.text[:0], r.Chrom, strconv.AppendInt(nil, int64(r.Pos+1), 10), r.Ref, a.alt)
		if c, ok := a.e.evaluator.Candidate(t.judge.facts, v, string(t.text)); ok {
			b[0] |= candidate
			a.frame.candidates = c.Append(a.frame.candidates)
		}
	}
	t.row = b
	t.rows = appendRow(t.rows, uint64(v.Key)<<32, b)
}

// appendNumber appends a number of a genotype, and nothing in place of what is
// not one.
func appendNumber(b, number []byte, fraction bool) []byte {
	_, err := strconv.ParseUint(string(number), 10, 31)
	if err != nil && fraction {
		var f float64
		if f, err = strconv.ParseFloat(string(number), 64); err == nil && (math.IsNaN(f) || math.IsInf(f, 0)) {
			return b
		}
	}
	if err != nil {
		return b
	}
	return append(b, number...)
}

// appendID appends what a reader calls an allele: 1:12345 A>C.
func appendID(b, contig, position, ref, alt []byte) []byte {
	b = append(append(append(b, contig...), ':'), position...)
	return append(append(append(append(b, ' '), ref...), '>'), alt...)
}

// consequence appends the gene, the transcript, what happens to it, and how
// HGVS calls that.
func (t *table) consequence(b []byte, a *annotator) []byte {
	c := a.pick
	if c == nil {
		b = append(b, "\t\t\t"...)
		if len(a.calls) == 0 {
			return append(b, "\t\t\t"...)
		}
		c = &a.calls[0] // intergenic
		b = append(c.Terms.Append(b), '\t')
		return append(append(b, c.Terms.Impact().String()...), "\t\t"...)
	}
	name := c.Transcript.Symbol
	if name == "" {
		name = c.Transcript.Gene
	}
	b = append(append(b, '\t'), name...)
	b = append(append(b, '\t'), c.Transcript.ID...)
	b = c.Terms.Append(append(b, '\t'))
	b = append(append(b, '\t'), c.Terms.Impact().String()...)
	if c.Terms.Has(consequence.Upstream) || c.Terms.Has(consequence.Downstream) {
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

// A ranking is the writing of ranked.tsv.
type ranking struct {
	*writing
	partners map[string]rank.Partner
	text     []byte
	number   []byte
	rank     int64
}

// table writes the rows by rank.
func (w *writing) table() error {
	return w.create("ranked.tsv", func(b *bufio.Writer) error {
		// First the records are counted, and pairs made of all candidates.
		var records int64
		var candidates []byte
		var err error
		w.survey, err = w.e.survey(w.ctx, w.layout, w.header, w.result, w.what, func(f *frame) error {
			candidates = append(candidates, f.candidates...)
			return eachRow(f.payload, func(_ uint64, text []byte) error {
				if len(text) > 0 && text[0]&firstRow != 0 {
					records++
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
		if records != w.survey.records {
			return fmt.Errorf("%d records were read, and %d are in the table", w.survey.records, records)
		}
		r := &ranking{writing: w}
		if r.partners, err = rank.Pair(candidates); err != nil {
			return err
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
		// Then the keys are counted, their partners considered, and sorted.
		bins := make([]bin, 1<<digits)
		err = r.rows(func(key uint64, text []byte) error {
			count(bins, key, 64-digits, len(text))
			return nil
		})
		if err != nil {
			return err
		}
		s := &sorter{keep: w.e.keep, rows: r.rows, write: func(text []byte) error { return r.write(b, text) }}
		return s.sort(bins)
	})
}

// rows calls do for all rows, those that have a partner changed by it.
func (r *ranking) rows(do func(key uint64, text []byte) error) error {
	return r.e.eachFrame(r.ctx, r.result, r.what, func(f *frame) error {
		return eachRow(f.payload, func(key uint64, text []byte) error {
			if len(text) == 0 {
				return errPart
			}
			if text[0]&candidate != 0 && len(r.partners) > 0 {
				key, text = r.beside(key, text)
			}
			return do(key, text)
		})
	})
}

// beside is the row of a candidate, its partner considered.
func (r *ranking) beside(key uint64, text []byte) (uint64, []byte) {
	cells := bytes.Split(text[1:], []byte{'\t'})
	p, ok := r.partners[string(appendID(nil, cells[0], cells[1], cells[3], cells[4]))]
	if !ok {
		return key, text
	}
	k := p.Key(rank.Key(key >> 32))
	cells[classCell] = []byte(k.Class().String())
	cells[pointsCell] = strconv.AppendInt(nil, int64(k.Points()), 10)
	cells[inheritanceCell] = []byte(k.Mode().String())
	because := bytes.Clone(cells[criteriaCell])
	if len(because) > 0 {
		because = append(because, "; "...)
	}
	cells[criteriaCell] = p.Append(because)
	r.text = append(append(r.text[:0], text[0]), bytes.Join(cells, []byte{'\t'})...)
	return uint64(k) << 32, r.text
}

// write writes a row after its rank.
func (r *ranking) write(b *bufio.Writer, text []byte) error {
	r.rank++
	r.number = append(strconv.AppendInt(r.number[:0], r.rank, 10), '\t')
	_, err1 := b.Write(r.number)
	_, err2 := b.Write(text[1:])
	return errors.Join(err1, err2, b.WriteByte('\n'))
}
