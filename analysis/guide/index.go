package guide

import (
	"fmt"
	"io"
	"math/bits"

	"okazaki"
	"okazaki/format/mmap"
)

// An Index knows where guides bind, so that a search does not read the genome.
// It is read-only; many goroutines may use it at once.
type Index struct {
	*verifier
	h       *header
	release func() error
	mapped  []byte // nil if the index was read

	far, rests, places []uint32
	near, cores        []uint32
	edges              []edge
	contigs            []*contig
	starts             []int64 // place of each contig's first base
	placeBits          int     // bits of a place and its strand
}

// OpenIndex opens an index, mapping it into memory if that is possible. The
// file may be closed afterwards. name is the index's name in errors, which are
// *okazaki.Error if the index is at fault.
func OpenIndex(name string, f okazaki.File) (*Index, error) {
	if !littleEndian() {
		return nil, &okazaki.Error{File: name, Message: "this machine keeps numbers big end first, and an index does not", Hint: "search with --genome"}
	}
	b, mapped, release, err := content(f)
	if err != nil {
		return nil, fmt.Errorf("index %s: %w", name, err)
	}
	mmap.Random(mapped) // a guide looks at a small part of it
	x := &Index{release: release, mapped: mapped}
	if x.h, err = parseHeader(name, b, f.Size()); err == nil {
		err = x.lay(name, b)
	}
	if err != nil {
		_ = x.Close() // the error says more
		return nil, err
	}
	return x, nil
}

// content returns a whole file, mapped if that is possible.
func content(f okazaki.File) (b, mapped []byte, release func() error, err error) {
	if b, release, err := mmap.File(f); err == nil {
		return b, b, release, nil
	}
	words := make([]uint64, (f.Size()+7)/8) // so that sections are aligned
	b = raw(words)[:f.Size()]
	_, err = io.ReadFull(io.NewSectionReader(f, 0, f.Size()), b)
	return b, nil, func() error { return nil }, err
}

// Close gives the memory back. The index can't be used afterwards.
func (x *Index) Close() error { return x.release() }

// readAhead asks the system to fetch the index, much of which will be read.
func (x *Index) readAhead() {
	if x.mapped != nil {
		mmap.Ahead(x.mapped)
	}
}

// Digest returns the digest of the genome's contig names and letters.
func (x *Index) Digest() string { return x.h.Digest }

// PAM returns the PAM beside which the index's sites lie.
func (x *Index) PAM() PAM { return x.h.PAM }

// Length returns the guide length, in bases, that the index was built for.
func (x *Index) Length() int { return x.h.Length }

// Sites returns the number of sites, those with letters other than A, C, G and
// T and those at the ends of contigs included.
func (x *Index) Sites() int64 { return x.h.Sites + int64(len(x.edges)) }

// lay finds the sections in the file's bytes.
func (x *Index) lay(name string, b []byte) error {
	s := &x.h.Sections
	x.far, x.rests, x.places = view[uint32](b, s[farSection]), view[uint32](b, s[restsSection]), view[uint32](b, s[placesSection])
	x.near, x.cores = view[uint32](b, s[nearSection]), view[uint32](b, s[coresSection])
	x.edges = view[edge](b, s[edgesSection])
	var err error
	if x.verifier, err = newSoundness(name, b, s[sumsSection]); err != nil {
		return err
	}
	ends := []where{s[oddSection], s[edgesSection], {s[farSection].At + s[farSection].Len - 4, 4}, {s[nearSection].At + s[nearSection].Len - 4, 4}}
	for _, read := range ends { // soon, or all the time
		if !x.verified(read.At, read.At+read.Len) {
			return x.err()
		}
	}
	lo, hi, odd := view[uint64](b, s[loSection]), view[uint64](b, s[hiSection]), view[run](b, s[oddSection])
	word, first := int64(0), 0
	for i := range x.h.Contigs {
		c := &x.h.Contigs[i]
		end, last := word+c.words(), first+c.Odd
		if last > len(odd) {
			return &okazaki.Error{File: name, Message: "the index is damaged: it has too few runs of other letters", Hint: "make it again with okazaki index guide"}
		}
		t := &text{n: c.Length + 2*c.Halo, lo: lo[word:end], hi: hi[word:end], odd: odd[first:last]}
		x.contigs = append(x.contigs, &contig{Name: c.Name, Length: c.Length, Halo: c.Halo, text: t})
		x.starts = append(x.starts, word*64+margin)
		word, first = end, last
	}
	x.placeBits = bits.Len64(uint64(word) * 64 * 2)
	if int64(x.far[len(x.far)-1]) != x.h.Sites || int(x.near[len(x.near)-1]) != len(x.cores) {
		return &okazaki.Error{File: name, Message: "the index is damaged: its tables don't end where they should", Hint: "make it again with okazaki index guide"}
	}
	return nil
}

// place returns the place of entry i, with the strand in bit 0. It returns 0
// where the index is damaged. The entry's rest has been read.
func (x *Index) place(i uint32) uint64 {
	if at := x.h.Sections[placesSection].At + 4*int64(i); !x.verified(at, at+4) {
		return 0
	}
	r := x.rests[i]
	return (uint64(r>>placeShift)<<32|uint64(x.places[i]))<<1 | uint64(r&strandBit)>>restBits
}

// run returns the entries [i, end) of a distal key with a rest. It returns none
// where the index is damaged.
func (x *Index) run(key, rest uint32) (i, end uint32) {
	const mask = strandBit - 1
	first, last, ok := x.keyEntries(farSection, x.far, key)
	if !ok {
		return 0, 0
	}
	for i, end = first, last; i < end; {
		if middle := i + (end-i)/2; x.rests[middle]&mask < rest {
			i = middle + 1
		} else {
			end = middle
		}
	}
	for end = i; end < last && x.rests[end]&mask == rest; end++ {
	}
	return i, end
}
