package variant

import (
	"bufio"
	"bytes"
	"fmt"
	"slices"
	"strings"

	"okazaki/analysis/variant/consequence"
	"okazaki/format/bgzf"
	"okazaki/format/tabix"
	"okazaki/format/vcf"
	"okazaki/format/wire"
)

// level is how hard a VCF is compressed: the harder one makes a third of its
// size less, and takes most of the time that there is.
const level = 1

// variants are the lines of a unit's records with CSQ, and blocks of BGZF.
// Before the blocks the payload has, for each record, how far its position is
// from the record before (or from 0 on another contig), how many bases it
// covers, and how long its line is.
type variants struct {
	columns []knownColumn
	deflate *bgzf.Deflater
	drop    []string // lines of the header that are written anew here
	text    []byte
	places  []byte
	values  [][]byte // by column: a value for each allele
	some    []bool
	others  []byte // what the record's alleles do together with others
	whys    []byte // why alleles have no consequence, a value for each
	silent  int    // how many have none
	start   int    // of the record's line
	entries int    // of its CSQ
	last    int    // position
	runs    int    // of the frame, at the record before
}

func newVariants(e *engine, h *vcf.Header) sheet {
	d, err := bgzf.NewDeflater(level)
	if err != nil {
		panic(err) // the level is one
	}
	t := &variants{columns: e.knownColumns(true), deflate: d}
	for _, name := range e.infoNames() {
		if _, ok := h.Info[name]; ok {
			t.drop = append(t.drop, name)
		}
	}
	t.values, t.some = make([][]byte, len(t.columns)), make([]bool, len(t.columns))
	return t
}

func (t *variants) record(a *annotator) {
	r := &a.rec
	t.start, t.entries, t.others, t.whys, t.silent = len(t.text), 0, t.others[:0], t.whys[:0], 0
	info := r.Info
	head := len(r.Text) - len(info)
	if r.Rest != nil {
		head -= 1 + len(r.Rest)
	}
	t.text = append(t.text, r.Text[:head]...)
	if len(t.drop) > 0 {
		info = without(info, t.drop)
	}
	if string(info) != "." {
		t.text = append(t.text, info...)
	}
	for i := range t.values {
		t.values[i], t.some[i] = t.values[i][:0], false
	}
}

// without is INFO without some keys.
func without(info []byte, keys []string) []byte {
	var kept [][]byte
	for field := range bytes.SplitSeq(info, []byte{';'}) {
		if name, _, _ := bytes.Cut(field, []byte{'='}); !slices.Contains(keys, string(name)) {
			kept = append(kept, field)
		}
	}
	if len(kept) == 0 {
		return []byte(".")
	}
	return bytes.Join(kept, []byte{';'})
}

// separate ends what INFO has so far.
func (t *variants) separate() {
	if c := t.text[len(t.text)-1]; c != '\t' {
		t.text = append(t.text, ';')
	}
}

func (t *variants) variant(a *annotator) {
	if a.number > 1 {
		t.whys = append(t.whys, ',')
	}
	if a.why == "" {
		t.whys = append(t.whys, '.')
	} else {
		t.silent++
		t.whys = append(t.whys, infoText.Replace(a.why)...)
	}
	for i := range a.calls {
		if t.entries == 0 {
			t.separate()
			t.text = append(t.text, "CSQ="...)
		} else {
			t.text = append(t.text, ',')
		}
		t.entries++
		t.text = a.appendCSQ(t.text, &a.calls[i])
	}
	for _, c := range a.together {
		if len(t.others) > 0 {
			t.others = append(t.others, ',')
		}
		t.others = fmt.Appendf(t.others, "%s|%s|%s|%s|%s|%s|%d", a.alt, c.terms, c.symbol, c.transcript, c.amino, strings.NewReplacer(" & ", "&", " ", "_").Replace(c.with), c.copies)
	}
	for i, c := range t.columns {
		v := t.values[i]
		if a.number > 1 {
			v = append(v, ',')
		}
		at := len(v)
		if a.found[c.source] {
			v = appendInfo(v, a, c)
		}
		if len(v) == at {
			v = append(v, '.')
		} else {
			t.some[i] = true
		}
		t.values[i] = v
	}
}

// infoText writes a text as a value of INFO.
var infoText = strings.NewReplacer(" ", "_", ",", "%2C", ";", "%3B", "=", "%3D")

// infoNames are the keys of INFO that are written.
func (e *engine) infoNames() []string {
	names := []string{"CSQ", "COMPOUND", "NOT_CALLED"}
	for _, c := range e.knownColumns(true) {
		names = append(names, c.name)
	}
	return names
}

// appendInfo appends a source's value as a value of INFO may be written (VCF
// 4.3, section 1.2).
func appendInfo(b []byte, a *annotator, c knownColumn) []byte {
	a.moved = a.cursors[c.source].Append(a.moved[:0], c.field)
	for _, x := range a.moved {
		switch {
		case x == ' ':
			b = append(b, '_')
		case x < ' ' || strings.IndexByte(",;=%", x) >= 0:
			b = fmt.Appendf(b, "%%%02X", x)
		default:
			b = append(b, x)
		}
	}
	return b
}

func (t *variants) end(a *annotator) {
	r := &a.rec
	if len(t.others) > 0 {
		t.separate()
		t.text = append(append(t.text, "COMPOUND="...), t.others...)
	}
	for i, c := range t.columns {
		if t.some[i] {
			t.separate()
			t.text = append(append(append(t.text, c.name...), '='), t.values[i]...)
		}
	}
	if t.silent > 0 {
		t.separate()
		t.text = append(append(t.text, "NOT_CALLED="...), t.whys...)
	}
	if t.text[len(t.text)-1] == '\t' {
		t.text = append(t.text, '.')
	}
	if r.Rest != nil {
		t.text = append(append(t.text, '\t'), r.Rest...)
	}
	t.text = append(t.text, '\n')
	if t.runs != len(a.frame.runs) {
		t.runs, t.last = len(a.frame.runs), 0
	}
	t.places = wire.AppendVarint(t.places, r.Pos-t.last)
	t.places = wire.AppendUvarint(t.places, r.End()-r.Pos)
	t.places = wire.AppendUvarint(t.places, len(t.text)-t.start)
	t.last = r.Pos
}

func (t *variants) take(_ *annotator, b []byte) []byte {
	b = wire.AppendBytes(b, t.places)
	b = t.deflate.Append(b, t.text)
	t.text, t.places, t.runs, t.last = t.text[:0], t.places[:0], 0, 0
	return b
}

// variants writes variants.vcf.gz and its index.
func (w *writing) variants() error {
	var index tabix.Builder
	err := w.create("variants.vcf.gz", func(b *bufio.Writer) error {
		// The head describes the whole file: it is surveyed first.
		var err error
		if w.survey, err = w.e.survey(w.ctx, w.layout, w.header, w.result, w.what, func(*frame) error { return nil }); err != nil {
			return err
		}
		d, err := bgzf.NewDeflater(level)
		if err != nil {
			return err
		}
		head := d.Append(nil, w.head())
		if _, err := b.Write(head); err != nil {
			return err
		}
		x := &indexing{b: &index, at: int64(len(head))}
		err = w.e.eachFrame(w.ctx, w.result, w.what, func(f *frame) error {
			blocks, err := x.frame(f)
			if err != nil {
				return err
			}
			_, err = b.Write(blocks)
			return err
		})
		if err != nil {
			return err
		}
		if x.records != w.survey.records {
			return fmt.Errorf("%d records were read, and %d are in the VCF", w.survey.records, x.records)
		}
		_, err = b.Write(bgzf.End)
		return err
	})
	if err != nil {
		return err
	}
	name := "variants.vcf.gz.tbi"
	if index.CSI() {
		name = "variants.vcf.gz.csi"
	}
	return w.create(name, func(b *bufio.Writer) error {
		_, err := index.WriteTo(b)
		return err
	})
}

// head is the header, with what is new in it before the line of columns.
func (w *writing) head() []byte {
	lines := bytes.SplitAfter(bytes.ReplaceAll(w.header.Text, []byte("\r\n"), []byte("\n")), []byte("\n"))
	lines = lines[:len(lines)-1] // after the last '\n' there is nothing
	var b []byte
	ours := w.e.infoNames()
	for _, line := range lines[:len(lines)-1] {
		field, ok := bytes.CutPrefix(line, []byte("##INFO=<ID="))
		if id, _, _ := bytes.Cut(field, []byte(",")); !ok || !slices.Contains(ours, string(id)) {
			b = append(b, line...)
		}
	}
	for _, note := range w.notes() {
		b = fmt.Appendf(b, "##okazaki=%s\n", oneLine(note))
	}
	b = fmt.Appendf(b, "##INFO=<ID=CSQ,Number=.,Type=String,Description=\"Consequences in the layout of Ensembl VEP. Format: %s\">\n", strings.Join(consequence.Fields, "|"))
	b = append(b, "##INFO=<ID=COMPOUND,Number=.,Type=String,Description=\"Consequences together with other alleles of the haplotype. Format: Allele|Consequence|SYMBOL|Feature|Amino_acids|With|Haplotypes\">\n"...)
	b = append(b, "##INFO=<ID=NOT_CALLED,Number=.,Type=String,Description=\"Why an allele has no consequence, one for each; . if it has some\">\n"...)
	for _, c := range w.e.knownColumns(true) {
		s := w.e.sources[c.source]
		b = fmt.Appendf(b, "##INFO=<ID=%s,Number=A,Type=String,Description=%s>\n", c.name, vcf.Quote(s.Fields()[c.field].Description+", of "+s.String()))
	}
	return append(b, lines[len(lines)-1]...)
}

// indexing makes the index of the frames that follow each other.
type indexing struct {
	b       *tabix.Builder
	at      int64 // of the next block in the file
	records int64
}

// frame takes the records of a frame and returns its blocks.
func (x *indexing) frame(f *frame) ([]byte, error) {
	d := wire.From(f.payload)
	places := wire.From(d.Bytes())
	blocks := d.Rest()
	if d.Err() != nil {
		return nil, damaged(d.Err())
	}
	starts := []int64{x.at} // of the blocks, and the end
	for rest := blocks; len(rest) > 0; {
		if !bgzf.Is(rest) || bgzf.Size(rest) > len(rest) {
			return nil, errPart
		}
		x.at += int64(bgzf.Size(rest))
		starts, rest = append(starts, x.at), rest[bgzf.Size(rest):]
	}
	text := 0
	place := func() bgzf.Offset { return bgzf.At(starts[text/bgzf.Fill], text%bgzf.Fill) }
	for _, r := range f.runs {
		pos := 0
		for range r.records {
			pos += int(places.Varint())
			end := pos + int(places.Uvarint())
			from := place()
			text += int(places.Uvarint())
			if places.Err() != nil || text/bgzf.Fill >= len(starts) {
				return nil, errPart
			}
			to := place()
			if places.Len() == 0 {
				to = bgzf.At(x.at, 0)
			}
			if err := x.b.Add([]byte(r.contig), pos, end, tabix.Chunk{From: from, To: to}); err != nil {
				return nil, err
			}
			x.records++
		}
	}
	return blocks, nil
}
