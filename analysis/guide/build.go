package guide

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math/bits"
	"runtime"

	"okazaki"
	"okazaki/format/container"
)

// A Builder makes an index of a genome. It is given the contigs one after the
// other. It holds up to 18 bytes a site, 3 bits a base and the longest contig.
type Builder struct {
	h      header
	lister *lister
	lo, hi []uint64
	other  []uint64
	odd    []run
	names  map[string]bool
	edges  []edge

	sites *sorter // by distal key: rest of the core, place, strand
}

// NewBuilder returns a Builder for the sites of a PAM and guides of a length.
// The error is an *okazaki.Error.
func NewBuilder(pam PAM, length int) (*Builder, error) {
	if length < MinLength || length > MaxLength {
		return nil, &okazaki.Error{Message: fmt.Sprintf("guides of %d bases can't be indexed", length), Hint: fmt.Sprintf("give %d to %d", MinLength, MaxLength)}
	}
	if !container.LittleEndian() {
		return nil, &okazaki.Error{Message: "this machine keeps numbers big end first, and an index does not", Hint: "search with --genome"}
	}
	b := &Builder{lister: newLister(pam, length-MaxBulges), names: map[string]bool{}}
	b.h.PAM, b.h.Length = pam, length
	return b, nil
}

// Add adds a contig. It doesn't keep letters.
func (b *Builder) Add(name string, letters []byte, circular bool) error {
	c := newContig(name, letters, circular)
	if b.names[name] {
		return &okazaki.Error{Record: name, Message: "the name was used before", Hint: "give each contig a name of its own"}
	}
	b.names[name] = true
	if int64(len(b.lo)+len(c.text.lo))*64 > maxPlanes {
		return &okazaki.Error{Message: fmt.Sprintf("the genome has more than %d bases", int64(maxPlanes)), Hint: "index its chromosomes in several files"}
	}
	b.lo, b.hi, b.other = append(b.lo, c.text.lo...), append(b.hi, c.text.hi...), append(b.other, c.text.other...)
	b.odd = append(b.odd, c.text.odd...)
	b.h.Contigs = append(b.h.Contigs, headerContig{Name: name, Length: c.Length, Halo: c.Halo, Odd: len(c.text.odd)})
	return nil
}

// Write sorts the sites and writes the index. The Builder can't be used again.
func (b *Builder) Write(ctx context.Context, w io.Writer) error {
	b.digestGenome()
	if err := b.plan(ctx); err != nil {
		return err
	}
	if err := b.place(ctx); err != nil {
		return err
	}
	b.other = nil
	far, placed := b.sites.sort(true)
	b.sites = nil
	b.h.Sites = int64(len(placed))
	runtime.GC() // what the sort held is not held together with what comes
	near, cores := b.cores(far, placed)
	if err := ctx.Err(); err != nil {
		return err
	}
	b.layOut(int64(len(cores)))
	sums := &sumWriter{w: w}
	out := &sectionWriter{w: bufio.NewWriterSize(sums, 1<<20), h: &b.h}
	out.header()
	out.bytes(farSection, container.Raw(far))
	out.entries(restsSection, placed, restEntry)
	out.entries(placesSection, placed, func(v uint64) uint32 { return uint32(v >> 1) })
	out.bytes(nearSection, container.Raw(near))
	out.entries(coresSection, cores, func(v uint64) uint32 { return uint32(v) })
	out.bytes(loSection, container.Raw(b.lo))
	out.bytes(hiSection, container.Raw(b.hi))
	out.bytes(oddSection, container.Raw(b.odd))
	out.bytes(edgesSection, container.Raw(b.edges))
	if err := out.end(); err != nil {
		return err
	}
	return sums.end()
}

// A site in sites: the rest of its core, its place, its strand.
const siteRest = 36

func restEntry(v uint64) uint32 {
	place := v >> 1 & (maxPlanes - 1)
	return uint32(v>>siteRest) | uint32(v&1)*strandBit | uint32(place>>32)<<placeShift
}

// PAM returns the PAM beside which the index's sites lie.
func (b *Builder) PAM() PAM { return b.h.PAM }

// Sites returns the number of sites that Write wrote.
func (b *Builder) Sites() int64 { return b.h.Sites + int64(len(b.edges)) }

// digestGenome computes the digest of the names and bases. It depends neither
// on their case nor on the files' compression.
func (b *Builder) digestGenome() {
	h := sha256.New()
	for _, c := range b.h.Contigs {
		fmt.Fprintf(h, "%q %d %d %d\n", c.Name, c.Length, c.Halo, c.Odd)
	}
	h.Write(container.Raw(b.lo))
	h.Write(container.Raw(b.hi))
	for _, r := range b.odd {
		fmt.Fprintln(h, r.start, r.end, r.letter)
	}
	b.h.Digest = hex.EncodeToString(h.Sum(nil))
}

// each calls f for all sites, with their place.
func (b *Builder) each(ctx context.Context, f func(s *site, place int64)) error {
	word := int64(0)
	for i := range b.h.Contigs {
		if err := ctx.Err(); err != nil {
			return err
		}
		c := &b.h.Contigs[i]
		end := word + c.words()
		t := &text{n: c.Length + 2*c.Halo, lo: b.lo[word:end], hi: b.hi[word:end], other: b.other[word:end]}
		b.lister.each(t, c.Halo, c.Halo+c.Length, func(s *site) { f(s, word*64+margin+s.anchor) })
		word = end
	}
	return nil
}

// plan counts the sites, chooses the width of the keys by their number, and
// counts them again by key.
func (b *Builder) plan(ctx context.Context) error {
	var n int64
	word := int64(0)
	for i := range b.h.Contigs {
		c := &b.h.Contigs[i]
		end := word + c.words()
		t := &text{n: c.Length + 2*c.Halo, lo: b.lo[word:end], hi: b.hi[word:end], other: b.other[word:end]}
		for at := c.Halo; at < c.Halo+c.Length; at += 64 {
			plus, minus := b.lister.fitting(t, at)
			n += int64(bits.OnesCount64(plus) + bits.OnesCount64(minus))
		}
		word = end
	}
	if n > maxSites {
		return &okazaki.Error{Message: fmt.Sprintf("the genome has %d sites of %s, more than an index can hold", n, b.h.PAM),
			Hint: "search with --genome, or index its chromosomes in several files"}
	}
	h := &b.h
	h.Width = min(10, h.Length/2)
	for h.Width > 6 && int64(8)<<(2*h.Width) > n*5/4 {
		h.Width--
	}
	h.Core = min(h.Length, h.Width+maxRest)
	b.sites = newSorter(2 * h.Width)
	return b.each(ctx, func(s *site, _ int64) {
		if b.plain(s) {
			b.sites.count(key(s.lo, s.hi, h.Core-h.Width, h.Width))
		}
	})
}

// plain says whether all bases that a hit could cover are A, C, G or T, and lie
// within the contig.
func (b *Builder) plain(s *site) bool { return s.nonACGT<<(32-MaxBulges-b.h.Length) == 0 }

// place stores each plain site in its key's bucket. Sites with other letters or
// cut off by a contig's end go to edges.
func (b *Builder) place(ctx context.Context) error {
	h := &b.h
	b.sites.counted()
	n := h.Core - h.Width
	return b.each(ctx, func(s *site, place int64) {
		strand := uint64(0)
		if s.reverse {
			strand = 1
		}
		if b.plain(s) {
			b.sites.put(key(s.lo, s.hi, n, h.Width), uint64(rest(s.lo, s.hi, 0, n))<<siteRest|uint64(place)<<1|strand)
		} else if bits.OnesCount32(s.nonACGT&(1<<(h.Length-MaxBulges)-1)) <= MaxMismatches+MaxBulges {
			b.edges = append(b.edges, edge{s.lo, s.hi, s.nonACGT, int32(s.basesToContigEnd), place<<1 | int64(strand)})
		}
	})
}

// cores lists the different cores by proximal key.
func (b *Builder) cores(far []uint32, placed []uint64) (near []uint32, cores []uint64) {
	h := &b.h
	n, width := h.Core-h.Width, h.Width
	each := func(f func(lo, hi uint32)) {
		for k := range uint32(len(far) - 1) {
			last := ^uint64(0)
			for _, v := range placed[far[k]:far[k+1]] {
				if r := v >> siteRest; r != last {
					last = r
					f(uint32(r)&(1<<n-1)|k<<n, uint32(r)>>n|k>>width<<n)
				}
			}
		}
	}
	s := newSorter(2 * width)
	each(func(lo, hi uint32) { s.count(key(lo, hi, 0, width)) })
	s.counted()
	each(func(lo, hi uint32) { s.put(key(lo, hi, 0, width), uint64(rest(lo, hi, width, n))) })
	return s.sort(false)
}

// layOut decides where each section goes. The header's own length depends on
// that: it has room for its digits.
func (b *Builder) layOut(cores int64) {
	h := &b.h
	keys := int64(1)<<(2*h.Width) + 1
	planes := int64(len(container.Raw(b.lo)))
	at := container.HeadSize(len(h.json())) + 50*sections
	for i, n := range [sections]int64{
		4 * keys, 4 * h.Sites, 4 * h.Sites, 4 * keys, 4 * cores, planes, planes, int64(len(container.Raw(b.odd))), int64(len(container.Raw(b.edges))), 0,
	} {
		at = (at + sectionSize - 1) / sectionSize * sectionSize
		if i == sumsSection {
			n = 4 * (blocks(at) + 1)
		}
		h.Sections[i] = where{at, n}
		at += n
	}
	h.Size = at
}

// A sectionWriter writes an index section after section. It keeps its first
// error.
type sectionWriter struct {
	w   *bufio.Writer
	h   *header
	at  int64
	err error
}

func (o *sectionWriter) write(p []byte) {
	if o.err == nil {
		_, o.err = o.w.Write(p)
		o.at += int64(len(p))
	}
}

func (o *sectionWriter) header() { o.write(o.h.marshal()) }

// pad writes zeros up to a place.
func (o *sectionWriter) pad(to int64) {
	if o.at < to {
		o.write(make([]byte, to-o.at))
	}
}

func (o *sectionWriter) bytes(section int, p []byte) {
	o.pad(o.h.Sections[section].At)
	o.write(p)
}

// entries writes the number that entry returns for each value.
func (o *sectionWriter) entries(section int, values []uint64, entry func(uint64) uint32) {
	o.pad(o.h.Sections[section].At)
	buf := make([]byte, 0, 1<<16)
	for len(values) > 0 {
		few := values[:min(len(values), cap(buf)/4)]
		values, buf = values[len(few):], buf[:0]
		for _, v := range few {
			buf = binary.LittleEndian.AppendUint32(buf, entry(v))
		}
		o.write(buf)
	}
}

func (o *sectionWriter) end() error {
	o.pad(o.h.Sections[sumsSection].At)
	if o.err != nil {
		return o.err
	}
	return o.w.Flush()
}
