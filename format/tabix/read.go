package tabix

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"okazaki"
	"okazaki/format/bgzf"
	"okazaki/format/unpack"
	"okazaki/format/wire"
)

// maxIndex bounds an index, bytes.
const maxIndex = 1 << 30

// An Index finds the records of a region. Many goroutines may use it.
type Index struct {
	names    []string
	refs     []ref
	byName   map[string]int
	shift    int
	depth    int
	firstOfs bool // bins tell where to begin, as in a .csi
}

// A ref is one contig of a file's index.
type ref struct {
	bins    map[uint32]refBin
	linear  []bgzf.Offset
	records int64 // -1 if the index doesn't say
}

type refBin struct {
	offset bgzf.Offset
	chunks []Chunk
}

// Read reads a .tbi or .csi. Errors are *okazaki.Error, or of r.
func Read(name string, r io.Reader) (*Index, error) {
	z, err := unpack.NewReader(name, r)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	b, err := io.ReadAll(io.LimitReader(z, maxIndex+1))
	if err != nil {
		return nil, err
	}
	d := &decoder{wire.From(b)}
	x := d.index()
	if len(b) > maxIndex {
		d.fail("it is too long")
	}
	if why := d.Err(); why != nil {
		return nil, &okazaki.Error{File: name, Message: "this is not an index of a VCF, or it is damaged: " + why.Error(), Hint: "make it again with tabix -p vcf"}
	}
	return x, nil
}

// Contigs are the names, in the order of the file. The caller doesn't change
// them.
func (x *Index) Contigs() []string { return x.names }

// Records is how many records a contig has, or -1 if the index doesn't say.
func (x *Index) Records(contig string) int64 {
	i, ok := x.byName[contig]
	if !ok {
		return 0
	}
	return x.refs[i].records
}

// Chunks are the runs of bytes that hold all records that overlap [lo, hi) of
// a contig, 0-based; in order, and none overlaps another.
func (x *Index) Chunks(contig string, lo, hi int) []Chunk {
	i, ok := x.byName[contig]
	lo = max(lo, 0)
	hi = min(hi, 1<<(x.shift+3*x.depth))
	if !ok || lo >= hi {
		return nil
	}
	r := &x.refs[i]
	begin := x.begin(r, lo)
	var all []Chunk
	take := func(number uint32) {
		for _, c := range r.bins[number].chunks {
			if c.To > begin {
				c.From = max(c.From, begin)
				all = append(all, c)
			}
		}
	}
	for level := range x.depth + 1 {
		shift := x.shift + 3*(x.depth-level)
		from, to := uint32(lo>>shift), uint32((hi-1)>>shift)
		if int(to-from) > len(r.bins) { // a wide level that is mostly empty
			for number := range r.bins {
				if p := number - first(level); number >= first(level) && from <= p && p <= to {
					take(number)
				}
			}
			continue
		}
		for p := from; p <= to; p++ {
			take(first(level) + p)
		}
	}
	slices.SortFunc(all, func(a, b Chunk) int { return cmp.Compare(a.From, b.From) })
	merged := all[:0]
	for _, c := range all {
		if n := len(merged); n > 0 && c.From <= merged[n-1].To {
			merged[n-1].To = max(merged[n-1].To, c.To)
		} else {
			merged = append(merged, c)
		}
	}
	return merged
}

// begin is an offset before which nothing overlaps what comes from lo on.
func (x *Index) begin(r *ref, lo int) bgzf.Offset {
	if !x.firstOfs {
		if w := lo >> x.shift; w < len(r.linear) {
			return r.linear[w]
		}
		if n := len(r.linear); n > 0 {
			return r.linear[n-1]
		}
		return 0
	}
	for level := x.depth; level >= 0; level-- {
		if b, ok := r.bins[first(level)+uint32(lo>>(x.shift+3*(x.depth-level)))]; ok {
			return b.offset
		}
	}
	return 0
}

// A decoder reads an index.
type decoder struct{ wire.Reader }

func (d *decoder) fail(format string, args ...any) { d.Fail(fmt.Errorf(format, args...)) }

// count reads a number of things that take at least size bytes each.
func (d *decoder) count(size int) int {
	n := int(int32(d.Uint32()))
	if n < 0 || n > d.Len()/size {
		d.fail("it counts %d things where there is no room for them", n)
		return 0
	}
	return n
}

func (d *decoder) index() *Index {
	x := &Index{byName: map[string]int{}, shift: minShift, depth: tbiDepth}
	var refs int
	switch magic := string(d.Take(4)); magic {
	case "TBI\x01":
		refs = d.count(8)
		d.about(x)
	case "CSI\x01":
		x.firstOfs = true
		x.shift, x.depth = int(int32(d.Uint32())), int(int32(d.Uint32()))
		if x.shift < 1 || x.depth < 0 || x.shift+3*x.depth > 50 || x.depth > 9 {
			d.fail("bins of %d levels from 2^%d bases", x.depth, x.shift)
			return x
		}
		aux := d.Take(d.count(1))
		inner := &decoder{wire.From(aux)}
		if inner.about(x); inner.Err() != nil {
			d.Fail(inner.Err())
		}
		refs = d.count(4)
	default:
		d.fail("it begins with %q", magic)
	}
	if d.Err() == nil && refs != len(x.names) {
		d.fail("it has %d contigs and %d names", refs, len(x.names))
	}
	for range x.names {
		x.refs = append(x.refs, d.ref(x))
	}
	return x
}

// about reads the columns and the names.
func (d *decoder) about(x *Index) {
	format := d.Uint32()
	d.Take(20)
	names := d.Take(d.count(1))
	if format&0xffff != 2 {
		d.fail("it indexes another format than VCF")
	}
	if d.Err() != nil || len(names) == 0 {
		return
	}
	names, ended := bytes.CutSuffix(names, []byte{0})
	if !ended {
		d.fail("the last name has no end")
		return
	}
	for name := range strings.SplitSeq(string(names), "\x00") {
		x.byName[name] = len(x.names)
		x.names = append(x.names, name)
	}
}

func (d *decoder) ref(x *Index) ref {
	r := ref{bins: map[uint32]refBin{}, records: -1}
	size := 8
	if x.firstOfs {
		size += 8
	}
	for range d.count(size) {
		number := d.Uint32()
		var b refBin
		if x.firstOfs {
			b.offset = bgzf.Offset(d.Uint64())
		}
		for range d.count(16) {
			b.chunks = append(b.chunks, Chunk{bgzf.Offset(d.Uint64()), bgzf.Offset(d.Uint64())})
		}
		if number == first(x.depth+1)+1 { // it describes the contig
			if len(b.chunks) == 2 {
				r.records = int64(b.chunks[1].From)
			}
			continue
		}
		r.bins[number] = b
	}
	if !x.firstOfs {
		for range d.count(8) {
			r.linear = append(r.linear, bgzf.Offset(d.Uint64()))
		}
	}
	return r
}
