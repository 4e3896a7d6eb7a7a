package beacon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"okazaki"
	"okazaki/analysis/variant/known"
	"okazaki/format/vcf"
	"okazaki/genome"
)

// A Dataset is the alleles of one VCF file, in memory: about 60 bytes each
// with its bases, if they are few. It is read-only once it is read, for any
// number of goroutines.
type Dataset struct {
	ID       string // as results name it
	Assembly string // as the file's header or the user names it; "" if neither does
	Samples  int
	Alleles  int
	Skipped  int // ALT entries that are not alleles: '*', <NON_REF>

	contigs map[string]*contig  // by their names
	ordered []string            // their names, in the order of genomes
	names   *genome.ContigNames // by which they are found
}

// MaxAlleles is how many alleles a Dataset holds.
const MaxAlleles = 200_000_000

// blockSize is how many alleles share an entry of contig.furthest.
const blockSize = 256

// A contig is the alleles of one sequence.
type contig struct {
	name     string    // as the file writes it
	alleles  []variant // by start, end and letters
	letters  []byte
	furthest []uint32 // of each block of alleles: the largest end
}

// A variant is one alternate allele as the file writes it, not trimmed.
type variant struct {
	start, end       uint32 // of REF, or up to INFO's END; 0-based, half-open
	at               uint32 // in the contig's letters: REF, ALT, ID
	ref, alt         uint32 // their lengths
	id               uint16
	kind             vcf.Kind
	counted          bool   // the next ones are known
	count, number    uint32 // of the allele, and of all called ones
	homs, hets, hemi uint32 // samples; 0 without genotypes
}

func (c *contig) ref(v *variant) []byte { return c.letters[v.at:][:v.ref] }
func (c *contig) alt(v *variant) []byte { return c.letters[v.at+v.ref:][:v.alt] }
func (c *contig) rs(v *variant) []byte  { return c.letters[v.at+v.ref+v.alt:][:v.id] }

// Read reads a VCF file, sorted or not. What is wrong with it is an
// *okazaki.Error that names the line.
func Read(ctx context.Context, id, name string, f okazaki.File, cores int) (*Dataset, error) {
	r, err := vcf.Open(name, f, cores)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	h := r.Header()
	d := &Dataset{ID: id, Samples: len(h.Samples), Assembly: known.AssemblyOf(h.Get("reference")), contigs: map[string]*contig{}}
	for _, c := range h.Contigs {
		if d.Assembly = cmp.Or(d.Assembly, c.Assembly); d.Assembly == "" && c.Length > 0 {
			d.Assembly = assemblyOf(genome.PlainContig(c.Name), c.Length)
		}
	}
	var g counter
	for n := 0; ; n++ {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && n%4096 == 0 {
			err = context.Cause(ctx)
		}
		if err == nil {
			err = d.add(name, rec, &g)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, c := range d.contigs {
		c.sort()
	}
	d.ordered = slices.SortedFunc(maps.Keys(d.contigs), byContig)
	d.names = genome.NewContigNames(d.ordered)
	d.Alleles = 0
	for _, c := range d.contigs {
		d.Alleles += len(c.alleles)
	}
	return d, nil
}

// find is the contig that a request or the genes call so; nil if there is none.
func (d *Dataset) find(name string) *contig {
	if i, ok := d.names.Find(name); ok {
		return d.contigs[d.ordered[i]]
	}
	return nil
}

// Renamed are the contigs whose names the answers write otherwise than the file:
// identifiers have the plain ones.
func (d *Dataset) Renamed() (all []string) {
	for _, name := range d.ordered {
		if plain := genome.PlainContig(name); plain != name {
			all = append(all, name+" is "+plain)
		}
	}
	return all
}

// byContig orders contigs as genomes do: numbers by size, then names.
func byContig(a, c string) int {
	plainA, plainC := genome.PlainContig(a), genome.PlainContig(c)
	if len(plainA) != len(plainC) && strings.Trim(plainA+plainC, "0123456789") == "" {
		return len(plainA) - len(plainC)
	}
	return cmp.Or(strings.Compare(plainA, plainC), strings.Compare(a, c))
}

// add takes the alleles of a record.
func (d *Dataset) add(name string, rec *vcf.Record, g *counter) error {
	c := d.contigs[string(rec.Chrom)]
	if c == nil {
		c = &contig{name: string(rec.Chrom)}
		d.contigs[c.name] = c
	}
	g.read(rec)
	for i, alt := range rec.Alts() {
		kind := vcf.KindOf(alt)
		switch {
		case kind == vcf.Overlapping, kind == vcf.Missing, string(alt) == "<NON_REF>", string(alt) == "<*>":
			d.Skipped++
			continue
		case kind == vcf.Malformed:
			return &okazaki.Error{File: name, Line: rec.Line, Message: fmt.Sprintf("the alternate allele %.40q is none", alt), Hint: "mend the line"}
		}
		end := rec.Pos + len(rec.Ref)
		if kind == vcf.Symbolic {
			end = rec.End()
		}
		size := len(rec.Ref) + len(alt) + len(rec.ID)
		if d.Alleles++; d.Alleles > MaxAlleles || len(c.letters)+size > math.MaxUint32 || end > math.MaxInt32 {
			return &okazaki.Error{File: name, Line: rec.Line, Message: "too much for one dataset", Hint: "split the file"}
		}
		v := variant{start: uint32(max(rec.Pos, 0)), end: uint32(end), at: uint32(len(c.letters)), ref: uint32(len(rec.Ref)), alt: uint32(len(alt)), kind: kind}
		c.letters = appendUpper(c.letters, rec.Ref)
		if kind == vcf.Sequence {
			c.letters = appendUpper(c.letters, alt)
		} else {
			c.letters = append(c.letters, alt...)
		}
		if len(rec.ID) <= math.MaxUint16 && string(rec.ID) != "." {
			c.letters = append(c.letters, rec.ID...)
			v.id = uint16(len(rec.ID))
		}
		g.count(&v, i)
		c.alleles = append(c.alleles, v)
	}
	return nil
}

func appendUpper(dst, letters []byte) []byte {
	for _, b := range letters {
		if 'a' <= b && b <= 'z' {
			b -= 'a' - 'A'
		}
		dst = append(dst, b)
	}
	return dst
}

// sort puts the alleles in order, one that is given twice once.
func (c *contig) sort() {
	order := func(a, b variant) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end), slices.Compare(c.ref(&a), c.ref(&b)), slices.Compare(c.alt(&a), c.alt(&b)))
	}
	slices.SortStableFunc(c.alleles, order)
	c.alleles = slices.CompactFunc(c.alleles, func(a, b variant) bool { return order(a, b) == 0 })
	for i, v := range c.alleles {
		if i%blockSize == 0 {
			c.furthest = append(c.furthest, 0)
		}
		c.furthest[i/blockSize] = max(c.furthest[i/blockSize], v.end)
	}
}

// over calls visit with the alleles that share a base with [r.Lo, r.Hi), in
// order, until it returns false. Blocks of alleles that end before the region
// are passed over, and the last one is found by binary search.
func (c *contig) over(r genome.Region, visit func(*variant) bool) {
	end, _ := slices.BinarySearchFunc(c.alleles, r.Hi, func(v variant, hi int) int { return cmp.Compare(int(v.start), hi) })
	for b := 0; b*blockSize < end; b++ {
		if int(c.furthest[b]) <= r.Lo {
			continue
		}
		for i := b * blockSize; i < min((b+1)*blockSize, end); i++ {
			if v := &c.alleles[i]; int(v.end) > r.Lo && !visit(v) {
				return
			}
		}
	}
}

// A counter counts alleles of a record: in its genotypes, or else as INFO
// says.
type counter struct {
	genotypes bool
	number    uint32
	alleles   []tally // from REF on
	info      []uint32
	gt        vcf.Genotype
}

type tally struct{ count, homs, hets, hemi uint32 }

func (g *counter) read(rec *vcf.Record) {
	g.genotypes, g.number, g.alleles, g.info = false, 0, g.alleles[:0], g.info[:0]
	for range rec.Alts() {
		g.alleles = append(g.alleles, tally{})
	}
	g.alleles = append(g.alleles, tally{})
	if place := rec.FieldIndex("GT"); place >= 0 {
		for _, sample := range rec.Samples() {
			if g.gt.Parse(vcf.Value(sample, place)) {
				g.sample()
			}
		}
		g.genotypes = true
		return
	}
	an, ok := rec.Get("AN")
	n, err := strconv.ParseUint(string(an), 10, 32)
	counts, ok2 := rec.Get("AC")
	if !ok || !ok2 || err != nil {
		return
	}
	for _, field := range splitCommas(counts) {
		count, err := strconv.ParseUint(string(field), 10, 32)
		if err != nil {
			g.info = g.info[:0]
			return
		}
		g.info = append(g.info, uint32(count))
	}
	g.number = uint32(n)
}

// sample adds the genotype of one sample.
func (g *counter) sample() {
	for i, allele := range g.gt.Alleles {
		if allele == vcf.NoCall || allele >= len(g.alleles) {
			continue
		}
		g.number++
		t := &g.alleles[allele]
		t.count++
		if slices.Contains(g.gt.Alleles[:i], allele) {
			continue // this sample has been counted
		}
		switch n := g.gt.Count(allele); {
		case len(g.gt.Alleles) == 1:
			t.hemi++
		case n == len(g.gt.Alleles):
			t.homs++
		default:
			t.hets++
		}
	}
}

// count fills in the counts of alternate allele i, from 0.
func (g *counter) count(v *variant, i int) {
	switch {
	case g.genotypes && i+1 < len(g.alleles):
		t := g.alleles[i+1]
		v.count, v.homs, v.hets, v.hemi = t.count, t.homs, t.hets, t.hemi
	case i < len(g.info):
		v.count = g.info[i]
	default:
		return
	}
	v.number, v.counted = g.number, g.number > 0
}

func splitCommas(b []byte) (fields [][]byte) {
	for {
		i := slices.Index(b, ',')
		if i < 0 {
			return append(fields, b)
		}
		fields, b = append(fields, b[:i]), b[i+1:]
	}
}
