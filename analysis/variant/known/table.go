package known

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"okazaki"
	"okazaki/format/unpack"
)

// A table reads a source, whatever its format, as entries.
type table struct {
	name      string
	intervals bool
	version   string
	assembly  Assembly
	contigs   []string // that the header has, in its order
	columns   []heading
	places    places
	slots     []int // columns that are wanted
	vcf       *vcfTable
	in        *lines
	e         entry
	cells     [][]byte
}

// A heading is a column, or a key of INFO, that a source has.
type heading struct {
	name, description string
	kind              Kind
	op                Op   // if the configuration names none
	number            byte // 'A' or 'R': one value an allele, from the first alternative or the reference; 0: one for all
}

// places are the columns that say where an entry is; -1 if there is none.
type places struct{ contig, pos, end, ref, alt, base int }

// An entry is a record of a source. It is valid until the next.
type entry struct {
	contig   []byte
	pos, end int // 0-based; end of an interval only
	ref      []byte
	alts     [][]byte
	values   [][]byte // by slot
	line     int64
}

// lines reads a file line by line.
type lines struct {
	name string
	un   *unpack.Reader
	in   *bufio.Reader
	line int64
	long []byte
}

const maxLine = 64 << 20

// maxPosition is beyond what a file of knowledge can say.
const maxPosition = 1<<31 - chunkSize

var errFar = errors.New("POS is larger than any contig")

func (l *lines) next() ([]byte, error) {
	l.line++
	l.long = l.long[:0]
	for {
		part, err := l.in.ReadSlice('\n')
		switch {
		case err == nil && len(l.long) == 0:
			return bytes.TrimRight(part, "\r\n"), nil
		case err == bufio.ErrBufferFull || err == nil:
			if l.long = append(l.long, part...); len(l.long) > maxLine {
				return nil, l.fail("the line is longer than 64 MiB", "is this the right file?")
			}
			if err == nil {
				return bytes.TrimRight(l.long, "\r\n"), nil
			}
		case err == io.EOF && len(l.long)+len(part) > 0:
			l.long = append(l.long, part...)
			return bytes.TrimRight(l.long, "\r\n"), nil
		default:
			return nil, err
		}
	}
}

func (l *lines) fail(message, hint string) error {
	return &okazaki.Error{File: l.name, Line: l.line, Message: message, Hint: hint}
}

// openTable reads a source's header.
func openTable(name string, r io.Reader) (*table, error) {
	un, err := unpack.NewReader(name, r)
	if err != nil {
		return nil, err
	}
	t := &table{name: name, in: &lines{name: name, un: un, in: bufio.NewReaderSize(un, 1<<18)}}
	start, err := t.in.in.Peek(len(vcfStart))
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case string(start) == vcfStart:
		err = t.openVCF()
	case strings.Contains(strings.ToLower(name), ".bed"):
		err = t.openBED()
	default:
		err = t.openTSV()
	}
	if err != nil {
		_ = un.Close() // the first error says more
		return nil, err
	}
	return t, nil
}

func (t *table) close() {
	if t.vcf != nil {
		_ = t.vcf.Close() // it only gives memory back
	}
	_ = t.in.un.Close() // likewise
}

// openBED finds out how many columns there are. A BED file has no header.
func (t *table) openBED() error {
	t.intervals, t.places = true, places{contig: 0, pos: 1, end: 2, ref: -1, alt: -1}
	first, err := t.peekRow()
	if err != nil {
		return err
	}
	if bytes.Count(first, []byte{'\t'}) < 2 {
		return &okazaki.Error{File: t.name, Message: "the first row has no three columns", Hint: "a BED has contig, start and end, separated by tabs"}
	}
	names := []string{"chrom", "start", "end", "name", "score", "strand"}
	for i := range bytes.Count(first, []byte{'\t'}) + 1 {
		c := heading{name: strconv.Itoa(i + 1), op: Self}
		if i < len(names) {
			c.name = names[i]
		}
		t.columns = append(t.columns, c)
	}
	return nil
}

// peekRow returns the first line that is not a comment; it is read again
// later.
func (t *table) peekRow() ([]byte, error) {
	head, err := t.in.in.Peek(1 << 16)
	if err != nil && err != io.EOF {
		return nil, err
	}
	for line := range bytes.Lines(head) {
		if !comment(line) {
			return bytes.TrimRight(line, "\r\n"), nil
		}
	}
	return nil, &okazaki.Error{File: t.name, Message: "the file has no rows", Hint: "is this the right file?"}
}

func comment(line []byte) bool {
	return len(bytes.TrimSpace(line)) == 0 || line[0] == '#' || bytes.HasPrefix(line, []byte("track")) || bytes.HasPrefix(line, []byte("browser"))
}

// openTSV reads the names of the columns. Lines that begin with ## come
// before them.
func (t *table) openTSV() error {
	line, err := t.in.next()
	for err == nil && bytes.HasPrefix(line, []byte("##")) {
		line, err = t.in.next()
	}
	if err == io.EOF {
		return &okazaki.Error{File: t.name, Message: "the file is empty", Hint: "is this the right file?"}
	}
	if err != nil {
		return err
	}
	t.places = places{-1, -1, -1, -1, -1, 0}
	for i, cell := range bytes.Split(bytes.TrimPrefix(line, []byte("#")), []byte{'\t'}) {
		name := string(bytes.TrimSpace(cell))
		t.columns = append(t.columns, heading{name: name, op: Self})
		switch strings.ToLower(name) {
		case "chrom", "chr", "chromosome", "contig":
			t.places.contig = i
		case "pos", "position":
			t.places.pos, t.places.base = i, 1
		case "start", "chromstart":
			if t.places.pos < 0 {
				t.places.pos = i
			}
		case "end", "chromend":
			t.places.end = i
		case "ref":
			t.places.ref = i
		case "alt":
			t.places.alt = i
		}
	}
	p := t.places
	t.intervals = p.ref < 0 && p.alt < 0
	if p.contig < 0 || p.pos < 0 || t.intervals && (p.end < 0 || p.base == 1) || !t.intervals && (p.ref < 0 || p.alt < 0 || p.base == 0) {
		return t.in.fail("the first line names no columns that say where a row is", "name them chrom, pos (from 1), ref and alt; or chrom, start (from 0) and end")
	}
	return nil
}

// slot returns the number of a value that is named, or given by the number of
// its column, from 1.
func (t *table) slot(name string) int {
	i := slices.IndexFunc(t.columns, func(c heading) bool { return c.name == name })
	if i < 0 {
		n, _ := strconv.Atoi(name) // fields has checked that one of the two is there
		i = n - 1
	}
	if s := slices.Index(t.slots, i); s >= 0 {
		return s
	}
	t.slots = append(t.slots, i)
	return len(t.slots) - 1
}

// has says whether slot would find a name.
func (t *table) has(name string) bool {
	n, err := strconv.Atoi(name)
	return slices.ContainsFunc(t.columns, func(c heading) bool { return c.name == name }) || err == nil && t.vcf == nil && n > 0 && n <= len(t.columns)
}

// fields are those that the options ask for.
func (t *table) fields(o Options) ([]Field, error) {
	switch {
	case o.Recipe != "" && o.Config != nil:
		return nil, &okazaki.Error{Message: "a recipe and a configuration can't both be given", Hint: "leave out --recipe or --config"}
	case o.Recipe != "":
		return t.cook(o.Recipe)
	case o.Config != nil:
		return o.Config.fields(t)
	}
	var fields []Field
	at := []int{t.places.contig, t.places.pos, t.places.end, t.places.ref, t.places.alt}
	for i, c := range t.columns {
		if t.vcf == nil && slices.Contains(at, i) || t.vcf != nil && slices.Contains(fixed[:], c.name) {
			continue
		}
		fields = append(fields, Field{Name: c.name, Kind: c.kind, Op: c.op, From: []string{c.name}, Description: c.description})
	}
	if len(fields) == 0 {
		fields = []Field{{Name: stem(t.name), Op: Flag, From: []string{t.columns[max(t.places.contig, 0)].name}}}
	}
	return fields, nil
}

// next is the next entry, or io.EOF.
func (t *table) next() (*entry, error) {
	if t.vcf != nil {
		return t.nextVCF()
	}
	line, err := t.in.next()
	for err == nil && comment(line) {
		line, err = t.in.next()
	}
	if err != nil {
		return nil, err
	}
	t.cells = splitTabs(t.cells[:0], line)
	if len(t.cells) < len(t.columns) {
		return nil, t.in.fail(fmt.Sprintf("the row has %d columns, the first has %d", len(t.cells), len(t.columns)), "separate columns by tabs, and write . for no value")
	}
	p, e := &t.places, &t.e
	*e = entry{contig: t.cells[p.contig], values: e.values[:0], alts: e.alts[:0], line: t.in.line}
	if e.pos, err = t.position(t.cells[p.pos], p.base); err != nil {
		return nil, err
	}
	if p.end >= 0 {
		if e.end, err = t.position(t.cells[p.end], 0); err != nil {
			return nil, err
		}
	}
	if t.intervals && e.end < e.pos {
		return nil, t.in.fail(fmt.Sprintf("the interval ends at %d, before it begins", e.end), "the columns are contig, start from 0, end")
	}
	if !t.intervals {
		e.ref, e.alts = t.cells[p.ref], append(e.alts, t.cells[p.alt])
	}
	for _, i := range t.slots {
		e.values = append(e.values, given(t.cells[i]))
	}
	return e, nil
}

func (t *table) position(cell []byte, base int) (int, error) {
	n, err := strconv.ParseUint(string(cell), 10, 31)
	if err != nil || int(n) < base || n >= maxPosition {
		return 0, t.in.fail(fmt.Sprintf("%.40q is not a position", cell), "the file is VCF, BED or TSV, its columns separated by tabs")
	}
	return int(n) - base, nil
}

// given returns a value, or nothing if the value is a sign for none.
func given(v []byte) []byte {
	if string(v) == "." {
		return nil
	}
	return v
}

func splitTabs(dst [][]byte, line []byte) [][]byte {
	for {
		i := bytes.IndexByte(line, '\t')
		if i < 0 {
			return append(dst, line)
		}
		dst, line = append(dst, line[:i]), line[i+1:]
	}
}

// pick is the value of a slot for an alternative allele, from 0.
func (t *table) pick(e *entry, slot, allele int) []byte {
	v := e.values[slot]
	switch t.columns[t.slots[slot]].number {
	case 'R':
		allele++
	case 'A':
	default:
		return v
	}
	for ; allele > 0; allele-- {
		i := bytes.IndexByte(v, ',')
		if i < 0 {
			return nil
		}
		v = v[i+1:]
	}
	if i := bytes.IndexByte(v, ','); i >= 0 {
		v = v[:i]
	}
	return given(v)
}
