package fasta

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/maphash"
	"io"
	"runtime"
	"slices"
	"sort"

	"okazaki"
	"okazaki/format/unpack"
)

// An Index tells how many records some sources hold and where reading can
// begin. It does not change; many goroutines may use it at once.
type Index struct {
	files   []fileIndex
	names   []string // of each record; nil unless asked for
	lengths []int64
	repeats []repeat
	layouts []layout // where their letters lie
}

// IndexOptions say what NewIndex does besides; the zero value is usual.
type IndexOptions struct {
	AllowDuplicates bool // let records have the same name
	AllowUnnamed    bool // a record without a name is called Unnamed
	Whole           bool // a name is the whole header line, not its first word
	// Number lets records have the same name, and numbers each record whose
	// name was there before: see Index.Number.
	Number  bool
	Lengths bool // keep the name and the letters of each record
	// Each is given the records, in order, until it returns false. A Record and its
	// Seq are valid until it returns. It goes without Lengths.
	Each func(*Record) bool
	// Progress is told now and then, and at the end, how many bytes of the
	// sources, as they are stored, have been read.
	Progress func(bytesRead, total int64)
}

// A fileIndex is the index of one source.
type fileIndex struct {
	size    int64 // bytes as stored
	plain   int64 // bytes unpacked
	records int64
	codec   unpack.Codec
	points  []point // ascending; the first is record 0
}

// A point is a record that reading can begin at.
type point struct {
	record int64 // in its file, from 0
	line   int64 // from 1
	member unpack.Member
	skip   int64  // unpacked bytes between the member's start and the '>'
	check  uint32 // of the header
}

// offset is how many unpacked bytes precede the record.
func (p point) offset() int64 { return p.member.Plain + p.skip }

const (
	spacing   = 4 << 20 // unpacked bytes between points, if the file is not large
	maxPoints = 1 << 14 // a file; more of them are thinned out
	// A point inside a gzip member holds inflate.Window bytes. It is kept
	// only if at least one in insideShare of all bytes before it lies between
	// it and the last point.
	insideShare = 256
)

// NewIndex reads all sources once, whole. It refuses, with an *okazaki.Error,
// what is not FASTA, what is damaged or cut short, records without a name,
// and two records of one name in all the sources, unless the options allow
// them. Records that can't be used (see Record.Err) count like any other.
func NewIndex(ctx context.Context, sources []Source, opt IndexOptions) (*Index, error) {
	return newIndex(ctx, sources, opt, spacing)
}

func newIndex(ctx context.Context, sources []Source, opt IndexOptions, gap int64) (*Index, error) {
	b := builder{ctx: ctx, gap: gap, sources: sources, opt: opt, seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}, x: &Index{}}
	for _, s := range sources {
		if err := s.missing(); err != nil {
			return nil, err
		}
		b.total += s.File.Size()
	}
	for _, s := range sources {
		if err := b.file(s); err != nil {
			return nil, err
		}
		b.done += s.File.Size()
		b.progress(0)
	}
	return b.x, b.number()
}

// Records is the number of records of all sources.
func (x *Index) Records() int64 {
	var n int64
	for i := range x.files {
		n += x.files[i].records
	}
	return n
}

// Names returns the name of each record, in order; nil unless the index was
// made with Lengths. It must not be changed.
func (x *Index) Names() []string { return x.names }

// Lengths returns the number of letters of each record, in order; nil unless
// the index was made with Lengths. It must not be changed.
func (x *Index) Lengths() []int64 { return x.lengths }

// at is the last point at or before a record of the file.
func (f *fileIndex) at(record int64) point {
	i := sort.Search(len(f.points), func(i int) bool { return f.points[i].record > record })
	return f.points[i-1]
}

// A builder makes an Index.
type builder struct {
	ctx         context.Context
	sources     []Source
	opt         IndexOptions
	done, total int64
	plain       int64 // unpacked bytes of the files before this one
	gap         int64 // unpacked bytes between points
	seed        maphash.Seed
	seen        map[uint64]struct{} // hashes of names: to keep the names would cost more than the index
	again       map[string]bool     // names whose hash was there before
	x           *Index
}

func (b *builder) progress(offset int64) {
	if b.opt.Progress != nil {
		b.opt.Progress(b.done+offset, b.total)
	}
}

func (b *builder) file(src Source) error {
	in, err := unpack.Open(src.Name, src.File)
	if err != nil {
		return err
	}
	in.Parallel(runtime.GOMAXPROCS(0))
	in.Places(2 * b.gap)
	s := newScanner(src.Name, in)
	defer s.close()
	s.lenient = b.opt.AllowUnnamed
	b.x.files = append(b.x.files, fileIndex{size: src.File.Size(), codec: in.Codec()})
	err = b.records(s, &b.x.files[len(b.x.files)-1])
	var wrong *okazaki.Error
	if errors.As(err, &wrong) && s.err == nil && in.Codec() != unpack.Plain {
		// The cause may be damage, which a checksum further on would show.
		if _, damage := io.CopyN(io.Discard, in, suspected); errors.As(damage, &wrong) {
			return damage
		}
	}
	return err
}

// suspected is how many bytes behind an error are unpacked to see whether the
// file is damaged.
const suspected = 1 << 30

// records goes through all that s reads.
func (b *builder) records(s *scanner, f *fileIndex) error {
	told := int64(0)
	for gap := b.gap; ; f.records++ {
		if err := b.ctx.Err(); err != nil {
			return err
		}
		if err := s.start(); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		p := s.point(f.records, f.codec)
		if err := b.pass(s); err != nil {
			return err
		}
		p.check = crc32.ChecksumIEEE(s.head)
		if len(f.points) == 0 || p.member.Inside == nil || (b.plain+p.offset())/insideShare <= p.offset()-f.points[len(f.points)-1].offset() {
			gap = f.keep(p, gap)
		}
		if err := b.name(s, f.records, p.line); err != nil {
			return err
		}
		if b.opt.Lengths {
			b.x.names = append(b.x.names, string(b.nameOf(s.head)))
			b.x.lengths = append(b.x.lengths, s.letters)
			b.x.layouts = append(b.x.layouts, s.lay.of(s.letters))
		}
		if at := s.in.Offset(); at-told >= 1<<20 {
			told = at
			b.progress(at)
		}
	}
	f.plain = s.offset()
	b.plain += f.plain
	return nil
}

// pass goes past the record that s stands at, which Each may want.
func (b *builder) pass(s *scanner) error {
	if b.opt.Each == nil {
		return s.survey()
	}
	rec, err := s.read()
	if err == nil && !b.opt.Each(rec) {
		b.opt.Each = nil
	}
	return err
}

// point is the place of the record that s stands at, but for its check.
func (s *scanner) point(record int64, codec unpack.Codec) point {
	p := point{record: record, line: s.line, member: s.member()}
	if codec == unpack.Plain {
		p.member = unpack.Member{Offset: s.offset(), Plain: s.offset()}
	}
	p.skip = s.offset() - p.member.Plain
	return p
}

// keep adds a point that is far enough from the last and would spare reading.
// It returns how far apart points are from now on.
func (f *fileIndex) keep(p point, gap int64) int64 {
	if n := len(f.points); n > 0 {
		last := f.points[n-1]
		if p.offset()-last.offset() < gap || p.member == last.member {
			return gap
		}
	}
	f.points = append(f.points, p)
	if len(f.points) == maxPoints {
		for i := range maxPoints / 2 {
			f.points[i] = f.points[2*i]
		}
		f.points = slices.Clip(f.points[:maxPoints/2])
		gap *= 2
	}
	return gap
}

// name refuses a name that was there before. Two names may have one hash, so
// the sources are read again, up to here, for the same name.
func (b *builder) name(s *scanner, record, line int64) error {
	if b.opt.AllowDuplicates {
		return nil
	}
	name := b.nameOf(s.head)
	h := maphash.Bytes(b.seed, name)
	if _, ok := b.seen[h]; !ok {
		b.seen[h] = struct{}{}
		return nil
	}
	if b.opt.Number {
		if b.again == nil {
			b.again = map[string]bool{}
		}
		b.again[string(name)] = true
		return nil
	}
	for i, src := range b.sources[:len(b.x.files)] {
		end := b.x.files[i].records
		if i == len(b.x.files)-1 {
			end = record
		}
		first, err := b.find(src, string(name), end)
		if err != nil {
			return err
		}
		if first > 0 {
			return &okazaki.Error{File: s.name, Line: line, Record: shown(string(name)),
				Message: fmt.Sprintf("the name was used before, at %s:%d", src.Name, first),
				Hint:    "give each record a name of its own, or leave one of them out"}
		}
	}
	return nil
}

func (b *builder) nameOf(head []byte) []byte {
	if b.opt.Whole {
		return head
	}
	return nameOf(head)
}

// find returns the line of the first of a source's records [0, end) with the
// name, or 0 if there is none.
func (b *builder) find(src Source, name string, end int64) (int64, error) {
	in, err := unpack.Open(src.Name, src.File)
	if err != nil {
		return 0, err
	}
	s := newScanner(src.Name, in)
	defer s.close()
	s.lenient = b.opt.AllowUnnamed
	for range end {
		if err := b.ctx.Err(); err != nil {
			return 0, err
		}
		if err := s.start(); err != nil {
			return 0, err
		}
		line := s.line
		if err := s.header(); err != nil {
			return 0, err
		}
		if string(b.nameOf(s.head)) == name {
			return line, nil
		}
		if err := s.body(skip); err != nil {
			return 0, err
		}
	}
	return 0, nil
}
