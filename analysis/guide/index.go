package guide

import (
	"math/bits"

	"okazaki"
	"okazaki/format/container"
	"okazaki/format/mmap"
)

// An Index knows where guides bind, so that a search does not read the genome.
// It is read-only; many goroutines may use it at once.
type Index struct {
	*verifier
	h    *header
	file *container.File

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
	if !container.LittleEndian() {
		return nil, &okazaki.Error{File: name, Message: "this machine keeps numbers big end first, and an index does not", Hint: "search with --genome"}
	}
	x := &Index{h: new(header)}
	var err error
	if x.file, err = fileKind.Open(name, f, x.h); err != nil {
		return nil, err
	}
	mmap.Random(x.file.Mapped) // a guide looks at a small part of it
	if err := x.lay(); err != nil {
		_ = x.Close() // the error says more
		return nil, err
	}
	return x, nil
}

// Close gives the memory back. The index can't be used afterwards.
func (x *Index) Close() error { return x.file.Close() }

// readAhead asks the system to fetch the index, much of which will be read.
func (x *Index) readAhead() {
	if x.file.Mapped != nil {
		mmap.Ahead(x.file.Mapped)
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
func (x *Index) lay() error {
	if err := x.h.check(x.file); err != nil {
		return err
	}
	b, err := x.file.Load()
	if err != nil {
		return err
	}
	s := &x.h.Sections
	x.far, x.rests, x.places = view[uint32](b, s[farSection]), view[uint32](b, s[restsSection]), view[uint32](b, s[placesSection])
	x.near, x.cores = view[uint32](b, s[nearSection]), view[uint32](b, s[coresSection])
	x.edges = view[edge](b, s[edgesSection])
	if x.verifier, err = newSoundness(x.file, b, s[sumsSection]); err != nil {
		return err
	}
	x.file.End = s[sumsSection].At + s[sumsSection].Len - 4 // the last bytes are the sum of the sums
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
			return x.file.Damaged("it has too few runs of other letters")
		}
		t := &text{n: c.Length + 2*c.Halo, lo: lo[word:end], hi: hi[word:end], odd: odd[first:last]}
		x.contigs = append(x.contigs, &contig{Name: c.Name, Length: c.Length, Halo: c.Halo, text: t})
		x.starts = append(x.starts, word*64+margin)
		word, first = end, last
	}
	x.placeBits = bits.Len64(uint64(word) * 64 * 2)
	if int64(x.far[len(x.far)-1]) != x.h.Sites || int(x.near[len(x.near)-1]) != len(x.cores) {
		return x.file.Damaged("its tables don't end where they should")
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
