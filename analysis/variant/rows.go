package variant

import (
	"bufio"
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"okazaki/analysis/variant/consequence"
	"okazaki/analysis/variant/gene"
	"okazaki/format/vcf"
)

// consequences are rows of a unit: one for each allele and transcript.
type consequences struct {
	columns []knownColumn
	rows    []byte
	csq     []byte
}

func newConsequences(e *engine, _ *vcf.Header) sheet {
	return &consequences{columns: e.knownColumns(true)}
}

func (t *consequences) record(*annotator) {}
func (t *consequences) end(*annotator)    {}

func (t *consequences) take(_ *annotator, b []byte) []byte {
	b = append(b, t.rows...)
	t.rows = t.rows[:0]
	return b
}

func (t *consequences) variant(a *annotator) {
	if len(a.calls) == 0 {
		t.row(a, nil, nil, false)
	}
	picked := consequence.Pick(a.calls)
	for i := range a.calls {
		c := &a.calls[i]
		t.csq = a.appendCSQ(t.csq[:0], c)
		t.row(a, t.csq, c.Transcript, c == picked)
	}
}

// row appends a row, without CSQ for an allele that was not called.
func (t *consequences) row(a *annotator, csq []byte, of *gene.Transcript, picked bool) {
	r := &a.rec
	b := append(t.rows, r.Chrom...)
	b = strconv.AppendInt(append(b, '\t'), int64(r.Pos+1), 10)
	for _, field := range [...][]byte{r.ID, r.Ref, a.alt} {
		b = append(append(b, '\t'), field...)
	}
	b = append(append(b, '\t'), a.why...)
	b = append(b, '\t')
	if csq == nil {
		b = append(b, strings.Repeat("\t", len(consequence.Fields)-1)...)
	}
	for _, c := range csq {
		if c == '|' {
			c = '\t'
		}
		b = append(b, c)
	}
	b = append(b, '\t')
	if picked {
		b = append(b, '1')
	}
	b = append(b, '\t')
	if of != nil {
		b = a.appendTogether(b, of.ID)
	}
	for _, c := range t.columns {
		b = append(b, '\t')
		if a.found[c.source] {
			b = appendCell(b, a.cursors[c.source], c.field)
		}
	}
	t.rows = append(b, '\n')
}

// consequences writes consequences.tsv.
func (w *writing) consequences() error {
	columns := append([]string{"contig", "position", "id", "ref", "alt", "reason"}, consequence.Fields...)
	columns = append(columns, "pick", "compound")
	for _, c := range w.e.knownColumns(true) {
		columns = append(columns, c.name)
	}
	return w.text("consequences.tsv", func(b *bufio.Writer) error {
		if err := w.comments(b); err != nil {
			return err
		}
		_, err := b.WriteString(strings.Join(columns, "\t") + "\n")
		return err
	})
}

// objects are JSON objects of a unit's records, a line each.
type objects struct {
	columns []knownColumn
	rows    []byte
	csq     []byte
	names   [][]byte // of the fields of CSQ, as members of an object
}

func newObjects(e *engine, _ *vcf.Header) sheet {
	t := &objects{columns: e.knownColumns(true)}
	for _, f := range consequence.Fields {
		t.names = append(t.names, append(appendJSON(nil, []byte(f)), ':'))
	}
	return t
}

func (t *objects) record(a *annotator) {
	r := &a.rec
	b := append(t.rows, `{"contig":`...)
	b = appendJSON(b, r.Chrom)
	b = append(b, `,"position":`...)
	b = strconv.AppendInt(b, int64(r.Pos+1), 10)
	for _, f := range [...]struct {
		name  string
		value []byte
	}{{"id", r.ID}, {"ref", r.Ref}, {"qual", r.Qual}, {"filter", r.Filter}, {"genotype", a.genotype}} {
		if len(f.value) > 0 && string(f.value) != "." {
			b = append(append(append(b, `,"`...), f.name...), `":`...)
			b = appendJSON(b, f.value)
		}
	}
	t.rows = append(b, `,"alleles":[`...)
}

func (t *objects) variant(a *annotator) {
	b := t.rows
	if a.number > 1 {
		b = append(b, ',')
	}
	b = appendJSON(append(b, `{"alt":`...), a.alt)
	if a.why != "" {
		b = appendJSON(append(b, `,"reason":`...), []byte(a.why))
	}
	first := true
	for _, c := range t.columns {
		if !a.found[c.source] {
			continue
		}
		if t.csq = a.cursors[c.source].Append(t.csq[:0], c.field); len(t.csq) == 0 {
			continue
		}
		if first {
			b, first = append(b, `,"known":{`...), false
		} else {
			b = append(b, ',')
		}
		b = append(appendJSON(b, []byte(c.name)), ':')
		b = appendJSON(b, t.csq)
	}
	if !first {
		b = append(b, '}')
	}
	for i, c := range a.together {
		if i == 0 {
			b = append(b, `,"compounds":[`...)
		} else {
			b = append(b, ',')
		}
		for k, field := range [...]struct{ name, value string }{{"consequence", c.terms}, {"gene", c.symbol}, {"transcript", c.transcript}, {"amino_acids", c.amino}, {"with", c.with}} {
			if k == 0 {
				b = append(b, '{')
			} else {
				b = append(b, ',')
			}
			b = append(append(append(b, '"'), field.name...), `":`...)
			b = appendJSON(b, []byte(field.value))
		}
		b = strconv.AppendInt(append(b, `,"haplotypes":`...), int64(c.copies), 10)
		b = append(b, '}')
	}
	if len(a.together) > 0 {
		b = append(b, ']')
	}
	b = append(b, `,"consequences":[`...)
	picked := consequence.Pick(a.calls)
	for i := range a.calls {
		if i > 0 {
			b = append(b, ',')
		}
		t.csq = a.appendCSQ(t.csq[:0], &a.calls[i])
		if b = t.object(b); picked == &a.calls[i] {
			b = append(b[:len(b)-1], `,"PICK":"1"}`...)
		}
	}
	t.rows = append(b, "]}"...)
}

// object appends the fields of an entry of CSQ that are not empty.
func (t *objects) object(b []byte) []byte {
	b = append(b, '{')
	first := true
	rest := t.csq
	for _, name := range t.names {
		var field []byte
		field, rest, _ = bytes.Cut(rest, []byte{'|'})
		if len(field) == 0 {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = appendJSON(append(b, name...), field)
	}
	return append(b, '}')
}

func (t *objects) end(*annotator) { t.rows = append(t.rows, "]}\n"...) }

func (t *objects) take(_ *annotator, b []byte) []byte {
	b = append(b, t.rows...)
	t.rows = t.rows[:0]
	return b
}

// appendJSON appends a text as JSON.
func appendJSON(b, text []byte) []byte {
	for _, c := range text {
		if c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			s, err := json.Marshal(string(text))
			if err != nil {
				panic(err) // a string can always be marshalled
			}
			return append(b, s...)
		}
	}
	return append(append(append(b, '"'), text...), '"')
}

// objects writes variants.ndjson: first an object about the answer.
func (w *writing) objects() error {
	return w.text("variants.ndjson", func(b *bufio.Writer) error {
		line, err := json.Marshal(map[string][]string{"about": w.notes()})
		if err != nil {
			return err
		}
		_, err = b.Write(append(line, '\n'))
		return err
	})
}
