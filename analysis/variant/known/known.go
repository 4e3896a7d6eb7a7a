// Package known holds what is already known about a genome's variants:
// ClinVar's significance, a population's frequencies, regions of a BED file.
// A source is indexed once into one file of columns, by contig and chunks of
// 2^20 bases, which is mapped into memory and joined with sorted variants by
// a cursor.
//
// Its one invariant: a value comes out with the bytes that the source has,
// however the questions are cut.
package known

import (
	"fmt"
	"strings"
	"sync"

	"okazaki"
	"okazaki/format/container"
	"okazaki/genome"
)

// A Kind is how the values of a field are kept.
type Kind uint8

// The kinds of fields.
const (
	Text   Kind = iota // texts, each once in a chunk, compressed
	Number             // numbers as they were written
	Code               // one of few texts: each once in the file
	kinds
)

// A Field is one of the values that a Source has for a row.
type Field struct {
	Name        string // as results call it
	Kind        Kind
	Op          Op       // what is made of several values
	From        []string // the source's names: if there are several, all are values
	Description string   // of the source

	derive func(dst, value []byte) []byte // makes the stored value while it is indexed; nil: the value itself
}

// A Source is a file that index known made. Many goroutines may use it at once.
type Source struct {
	file    *container.File
	name    string
	foot    *footer
	contigs *genome.ContigNames

	mu      sync.Mutex
	checked map[int64]bool // chunks whose sum was right, by their places
}

// Open opens a source, mapping it into memory if it can be. The file has to
// stay open as long as the source is used, and stays the caller's to close.
// name is for errors, *okazaki.Error if the file is at fault.
func Open(name string, f okazaki.File) (*Source, error) {
	if !container.LittleEndian() {
		return nil, &okazaki.Error{File: name, Message: "this machine keeps numbers big end first, and a file of knowledge does not", Hint: "use another machine"}
	}
	file, foot, err := open(name, f)
	if err != nil {
		return nil, err
	}
	s := &Source{name: name, file: file, foot: foot, checked: map[int64]bool{}}
	var names []string
	for _, c := range foot.Contigs {
		names = append(names, c.Name)
	}
	s.contigs = genome.NewContigNames(names)
	return s, nil
}

// Forget gives back the memory that the file's bytes take for now. Others may
// use the source meanwhile.
func (s *Source) Forget() { s.file.Forget() }

// Close gives the memory back. Cursors can't be used afterwards.
func (s *Source) Close() error { return s.file.Close() }

// Name is what results call the source.
func (s *Source) Name() string { return s.foot.Name }

// Recipe is the name of the recipe that it was made by, or "".
func (s *Source) Recipe() string { return s.foot.Recipe }

// String says where the knowledge is from, for the header of an answer:
// clinvar 2026-02-26 (clinvar.vcf.gz, GRCh38, 69302 rows).
func (s *Source) String() string {
	return fmt.Sprintf("%s (%s, %s, %d rows)", strings.TrimSpace(s.foot.Name+" "+s.foot.Version), s.foot.File, first(s.foot.Assembly, "assembly not named"), s.foot.Rows)
}

// Assembly is the name of the genome's assembly and the lengths of its contigs
// as far as the source gives them.
func (s *Source) Assembly() Assembly {
	a := Assembly{Name: s.foot.Assembly, Lengths: map[string]int{}}
	for _, c := range s.foot.Contigs {
		if c.Length > 0 {
			a.Lengths[c.Name] = c.Length
		}
	}
	return a
}

// Intervals says whether the source is asked with Overlap rather than Find.
func (s *Source) Intervals() bool { return s.foot.Intervals }

// Aligned says whether the keys were moved to the left by a reference. Those of
// a source that was not lie where the source has them.
func (s *Source) Aligned() bool { return s.foot.Aligned }

// Rows is the number of changes or intervals.
func (s *Source) Rows() int64 { return s.foot.Rows }

// Skipped counts the alleles of the source that have no key, by reason.
func (s *Source) Skipped() map[string]int { return s.foot.Skipped }

// Fields returns the fields of each row, in the order of their numbers.
func (s *Source) Fields() []Field {
	fields := make([]Field, len(s.foot.Fields))
	for i, f := range s.foot.Fields {
		fields[i] = Field{Name: f.Name, Kind: f.Kind, Op: f.Op, From: f.From, Description: f.Description}
	}
	return fields
}

// Field is the number of the field with a name, or -1.
func (s *Source) Field(name string) int {
	for i := range s.foot.Fields {
		if s.foot.Fields[i].Name == name {
			return i
		}
	}
	return -1
}

// Codes are the values of a field of kind Code, by number.
func (s *Source) Codes(field int) []string { return s.foot.Fields[field].Codes }

// Contig returns the number of a contig, for a Cursor. The source may have it
// under another spelling of its name, if no other contig has one (see
// genome.ContigNames).
func (s *Source) Contig(name string) (int, bool) { return s.contigs.Find(name) }

// ContigName is the source's own name of a contig.
func (s *Source) ContigName(contig int) string { return s.foot.Contigs[contig].Name }

// Cursor is a new one.
func (s *Source) Cursor() *Cursor { return &Cursor{s: s, contig: -1} }

// read is a chunk, its sum checked the first time.
func (s *Source) read(ref chunkRef) (*chunk, error) {
	b, err := s.file.Bytes(ref.At, ref.Len)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	checked := s.file.Mapped != nil && s.checked[ref.At]
	s.mu.Unlock()
	if !checked {
		if container.Sum(b) != ref.Sum {
			return nil, s.file.Damaged("a chunk has another checksum")
		}
		s.mu.Lock()
		s.checked[ref.At] = true
		s.mu.Unlock()
	}
	return s.parse(ref, b)
}

func (s *Source) parse(ref chunkRef, b []byte) (*chunk, error) {
	c, ok := parseChunk(s.foot, ref, b)
	if !ok {
		return nil, s.file.Damaged("a chunk contradicts itself")
	}
	return c, nil
}
