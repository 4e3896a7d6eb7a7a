package known

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"okazaki"
	"okazaki/format/container"
)

// Options say how Build reads a source. The zero value keeps every field of a
// VCF or TSV as it is.
type Options struct {
	Name     string // of the source in results; "": the recipe's, or the file's
	Recipe   string // one of Recipes; "": none
	Config   *Config
	Assembly string // "": as the source says, which may be by its contigs' lengths only
	Version  string // of the source; "": as the source says
	// Reference returns a contig's bases, by which changes are moved to the
	// left. If it is nil or returns nil, they stay where the source has them.
	Reference func(contig string) Reference
}

// A Built is what Build has written.
type Built struct {
	Name, Version, Assembly string
	Records, Rows, Bytes    int64
	Skipped                 map[string]int // alleles without a key, by reason
}

// Build reads a VCF, BED or TSV file, compressed or not, and writes a file
// for Open. name is for messages; what the user can mend is an *okazaki.Error
// with the line. It holds the rows of three chunks in memory at most.
//
// A file whose first line says so is VCF; one whose name has .bed in it is BED;
// any other is TSV, whose first line names its columns.
func Build(ctx context.Context, name string, r io.Reader, o Options, w io.Writer) (*Built, error) {
	in, err := openTable(name, r)
	if err != nil {
		return nil, err
	}
	defer in.close()
	b := &builder{ctx: ctx, name: name, in: in, w: w, reference: o.Reference, seen: map[string]int{}}
	if err := b.prepare(o); err != nil {
		return nil, err
	}
	if err := b.write(fileKind.Begin()); err != nil {
		return nil, err
	}
	for {
		e, err := in.next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = b.add(e)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := b.flush(1 << 31); err != nil {
		return nil, err
	}
	b.foot.Fields = b.enc.fields
	if err := b.write(b.foot.end(b.at)); err != nil {
		return nil, err
	}
	f := b.foot
	return &Built{f.Name, f.Version, f.Assembly, f.Records, f.Rows, b.at, f.Skipped}, nil
}

// A builder reads a source in order and writes its chunks.
type builder struct {
	ctx       context.Context
	name      string
	in        *table
	w         io.Writer
	at        int64
	foot      *footer
	enc       *encoder
	plan      []origin
	reference func(string) Reference

	seen    map[string]int // contigs that were met, by their places in the footer; -1 until then
	contig  int
	last    string
	lastPos int
	ref     Reference
	pending []*pending // ascending
	values  [][]byte
	parts   [][]byte
	scratch []byte
	made    []byte
}

// An origin is where a field's values are from.
type origin struct {
	slots  []int // of an entry
	op     Op    // of several slots
	derive func(dst, value []byte) []byte
}

// prepare decides on the fields and the assembly.
func (b *builder) prepare(o Options) error {
	fields, err := b.in.fields(o)
	if err != nil {
		return err
	}
	f := &footer{File: filepath.Base(b.name), Recipe: o.Recipe, Intervals: b.in.intervals, Aligned: o.Reference != nil && !b.in.intervals, Skipped: map[string]int{}}
	b.foot = f
	names := map[string]bool{}
	for _, field := range fields {
		if names[field.Name] {
			return &okazaki.Error{File: b.name, Message: fmt.Sprintf("two fields are called %s", field.Name), Hint: "give each its own name in the configuration"}
		}
		names[field.Name] = true
		s := origin{op: field.Op, derive: field.derive}
		for _, from := range field.From {
			s.slots = append(s.slots, b.in.slot(from))
		}
		b.plan = append(b.plan, s)
		f.Fields = append(f.Fields, footerField{Name: field.Name, Kind: field.Kind, Op: field.Op, From: field.From, Description: field.Description})
	}
	b.enc = newEncoder(f.Fields, f.Intervals)
	f.Name, f.Version, f.Assembly = first(o.Name, o.Recipe, stem(b.name)), first(o.Version, b.in.version), first(o.Assembly, b.in.assembly.normal().Name, b.in.assembly.Name)
	if f.Assembly == "" && len(b.in.assembly.Lengths) == 0 {
		return &okazaki.Error{File: b.name, Message: "nothing in the file says of which assembly its positions are", Hint: "give it with --assembly, as GRCh38"}
	}
	if common := AssemblyOf(f.Assembly); common != "" {
		f.Assembly = common
	}
	if said := b.in.assembly.normal().Name; said != "" && o.Assembly != "" && !strings.EqualFold(said, f.Assembly) {
		return &okazaki.Error{File: b.name, Message: fmt.Sprintf("the file is for %s, not for %s", said, o.Assembly), Hint: "leave --assembly out"}
	}
	for _, name := range b.in.contigs {
		if _, twice := b.seen[name]; twice {
			continue
		}
		b.seen[name] = -1
		f.Contigs = append(f.Contigs, footerContig{Name: name, Length: b.in.assembly.Lengths[name]})
	}
	return nil
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// stem returns a file's name without folders and without the first dot and
// all after it.
func stem(path string) string {
	name, _, _ := strings.Cut(filepath.Base(path), ".")
	return name
}

// add takes one record, whose places must not go back.
func (b *builder) add(e *entry) error {
	if string(e.contig) != b.last || b.foot.Records == 0 {
		if err := b.begin(string(e.contig), e.line); err != nil {
			return err
		}
	}
	if e.pos < b.lastPos {
		return b.unsorted(e.line, fmt.Sprintf("%s:%d comes after %s:%d", e.contig, e.pos+1, b.last, b.lastPos+1))
	}
	b.lastPos = e.pos
	b.foot.Records++
	reach := 0
	if !b.foot.Intervals {
		reach = MaxShift
	}
	if err := b.flush((e.pos - reach) >> chunkBits); err != nil {
		return err
	}
	if b.foot.Intervals {
		b.chunk(e.pos>>chunkBits).add(e.pos, e.end, nil, nil, b.fill(e, 0))
		return nil
	}
	for i, alt := range e.alts {
		k, ok := MakeKey(e.pos, e.ref, alt)
		if !ok {
			b.foot.Skipped[whyNot(alt)]++
			continue
		}
		if b.ref != nil {
			k, b.scratch = k.LeftAlign(b.ref, b.scratch)
		}
		b.chunk(k.Pos>>chunkBits).add(k.Pos, 0, k.Ref, k.Alt, b.fill(e, i))
	}
	return nil
}

func whyNot(alt []byte) string {
	switch {
	case string(alt) == ".":
		return "no alternative"
	case string(alt) == "*":
		return "overlapping deletion (*)"
	case strings.ContainsAny(string(alt), "<[]"):
		return "symbolic or breakend"
	}
	return "letters other than A, C, G, T and N, or no change"
}

func (b *builder) unsorted(line int64, what string) error {
	hint := "sort it: bcftools sort"
	if b.foot.Intervals {
		hint = "sort it: sort -k1,1 -k2,2n"
	}
	return &okazaki.Error{File: b.name, Line: line, Message: "the file is not sorted: " + what, Hint: hint}
}

// begin goes to another contig.
func (b *builder) begin(contig string, line int64) error {
	if err := b.flush(1 << 31); err != nil {
		return err
	}
	i, told := b.seen[contig]
	switch {
	case told && i >= 0:
		return b.unsorted(line, fmt.Sprintf("contig %s comes a second time", contig))
	case told:
		for j := range b.foot.Contigs {
			if b.foot.Contigs[j].Name == contig {
				i = j
			}
		}
	default:
		i = len(b.foot.Contigs)
		b.foot.Contigs = append(b.foot.Contigs, footerContig{Name: contig})
	}
	b.seen[contig] = i
	b.contig, b.last, b.lastPos, b.ref = i, contig, -1, nil
	if b.reference != nil {
		b.ref = b.reference(contig)
	}
	return nil
}

// chunk is the pending chunk with a number.
func (b *builder) chunk(number int) *pending {
	at := len(b.pending)
	for at > 0 && b.pending[at-1].number >= number {
		at--
		if b.pending[at].number == number {
			return b.pending[at]
		}
	}
	b.pending = append(b.pending, nil)
	copy(b.pending[at+1:], b.pending[at:])
	b.pending[at] = &pending{number: number}
	return b.pending[at]
}

// flush writes the chunks before number. Intervals that reach into the next
// chunk are in that too.
func (b *builder) flush(number int) error {
	for len(b.pending) > 0 && b.pending[0].number < number {
		p := b.pending[0]
		b.pending = b.pending[1:]
		if err := b.ctx.Err(); err != nil {
			return err
		}
		body, rows, err := b.enc.encode(p)
		if err != nil {
			return &okazaki.Error{File: b.name, Message: err.Error(), Hint: "leave out fields, or split the file"}
		}
		c := &b.foot.Contigs[b.contig]
		c.Chunks = append(c.Chunks, chunkRef{Number: p.number, At: b.at, Len: int64(len(body)), Rows: rows, Sum: container.Sum(body)})
		if err := b.write(body); err != nil {
			return err
		}
		b.foot.Rows += int64(rows)
		var next *pending
		for i := range p.rows {
			r := &p.rows[i]
			if r.pos < p.number<<chunkBits {
				b.foot.Rows-- // it was counted in the chunk that it begins in
			}
			if r.end > (p.number+1)<<chunkBits {
				if next == nil {
					next = b.chunk(p.number + 1)
				}
				b.values = p.values(b.values[:0], r, len(b.plan))
				next.add(r.pos, r.end, nil, nil, b.values)
			}
		}
	}
	return nil
}

func (b *builder) write(body []byte) error {
	n, err := b.w.Write(body)
	b.at += int64(n)
	return err
}

// fill returns the values of a record's fields for one of its alternative
// alleles.
func (b *builder) fill(e *entry, allele int) [][]byte {
	b.values, b.made = b.values[:0], b.made[:0]
	for i := range b.plan {
		s := &b.plan[i]
		b.parts = b.parts[:0]
		for _, slot := range s.slots {
			if v := b.in.pick(e, slot, allele); len(v) > 0 {
				b.parts = append(b.parts, v)
			}
		}
		var v []byte
		switch {
		case len(b.parts) == 1 && s.op != Count && s.op != Flag, len(b.parts) == 1 && len(s.slots) == 1:
			v = b.parts[0]
		case len(b.parts) > 1:
			at := len(b.made)
			b.made = s.op.reduce(b.made, b.parts)
			v = b.made[at:len(b.made):len(b.made)]
		}
		if s.derive != nil && len(v) > 0 {
			at := len(b.made)
			b.made = s.derive(b.made, v)
			v = b.made[at:len(b.made):len(b.made)]
		}
		b.values = append(b.values, v)
	}
	return b.values
}
