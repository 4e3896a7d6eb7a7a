package guide

import (
	"encoding/json"
	"io"
	"math"

	"okazaki/format/container"
)

// An index is a container of sections, each at a multiple of 64 bytes. All
// numbers are little-endian, so that the file can be used as it lies in memory.
//
// A site's first bases from the PAM, core of them, are its core. Its distal
// key is the last width bases of the core, its proximal key the first. By
// distal key, then by the rest of the core, then by place, the sites are
//
//	far        for each distal key, the number of sites with a smaller one
//	rests      of each site: the rest of its core, strand and 3 bits of its place
//	places     of each site: the low 32 bits of its place
//
// and by proximal key the different cores are
//
//	near       for each proximal key, the number of cores with a smaller one
//	cores      of each core: the bases without the proximal key
//
// A place is a bit of the planes, which hold the genome:
//
//	lo hi      bit planes of all contigs, each with its margins
//	odd        runs of letters that are not A, C, G or T
//	edges      sites with such a letter or at a contig's end
//
// and last are checksums (see verifier)
var fileKind = container.Kind{
	Magic: "okzguide", Version: 2, Name: "index", What: "an index of guides", Again: "make it again with okazaki index guide",
}

// The sections, in order.
const (
	farSection = iota
	restsSection
	placesSection
	nearSection
	coresSection
	loSection
	hiSection
	oddSection
	edgesSection
	sumsSection
	sections
)

// maxRest is the most bases beside a key that an entry can hold.
const maxRest = 14

// Of an entry of rests.
const (
	restBits    = 2 * maxRest
	strandBit   = 1 << restBits
	placeHigh   = 3 // bits of a place
	placeShift  = 32 - placeHigh
	maxPlanes   = 1 << (32 + placeHigh) // bases of a genome
	maxSites    = math.MaxUint32
	sectionSize = 64
)

// A header says what an index holds.
type header struct {
	Size     int64           `json:"size"` // of the file, bytes
	PAM      PAM             `json:"pam"`
	Length   int             `json:"length"` // of a guide
	Width    int             `json:"width"`  // bases of a key
	Core     int             `json:"core"`
	Sites    int64           `json:"sites"`
	Digest   string          `json:"digest"` // of the genome's names and letters
	Contigs  []headerContig  `json:"contigs"`
	Sections [sections]where `json:"sections"`
}

type headerContig struct {
	Name   string `json:"name"`
	Length int64  `json:"length"`
	Halo   int64  `json:"halo,omitempty"`
	Odd    int    `json:"odd,omitempty"` // runs of odd letters
}

// where says where a section lies, in bytes.
type where struct {
	At  int64 `json:"at"`
	Len int64 `json:"len"`
}

// words returns the number of words of the planes that the contig takes.
func (c *headerContig) words() int64 { return planeWords(c.Length + 2*c.Halo) }

func planeWords(letters int64) int64 { return (letters+2*margin)/64 + 2 }

// json returns the directory of the file.
func (h *header) json() []byte {
	body, err := json.Marshal(h)
	if err != nil {
		panic(err) // it holds numbers and strings
	}
	return body
}

func (h *header) marshal() []byte { return fileKind.Head(h.json()) }

// check returns an error if the header's numbers contradict each other, or the
// file.
func (h *header) check(x *container.File) error {
	if err := x.HasSize(h.Size); err != nil {
		return err
	}
	keys := int64(1)<<(2*min(max(h.Width, 0), 10)) + 1
	var words int64
	sane := true
	for i := range h.Contigs {
		c := &h.Contigs[i]
		sane = sane && c.Length >= 0 && c.Length < maxPlanes && c.Halo >= 0 && c.Halo <= c.Length && c.Odd >= 0
		words += c.words()
	}
	ok := sane && h.Sections[sumsSection].At+h.Sections[sumsSection].Len == h.Size && h.Width > 0 && h.Width <= 10 && len(h.PAM.Patterns) > 0 && h.Core >= 2*h.Width && h.Core <= h.Length && h.Core-h.Width <= maxRest
	for i, want := range [sections]int64{4 * keys, 4 * h.Sites, 4 * h.Sites, 4 * keys, -1, 8 * words, 8 * words, -1, -1, 4 * (blocks(h.Sections[sumsSection].At) + 1)} {
		s := h.Sections[i]
		ok = ok && s.At >= x.Start && s.Len >= 0 && s.At+s.Len <= h.Size && s.At%sectionSize == 0 && (want < 0 || s.Len == want)
	}
	if !ok {
		return x.Damaged("its header contradicts itself")
	}
	return nil
}

// view returns a section as the numbers that it holds, without copying.
func view[T any](b []byte, s where) []T {
	return container.View[T](b[s.At : s.At+s.Len])
}

// An edge is a site that is compared with every guide.
type edge struct {
	lo, hi, other uint32
	room          int32
	place         int64 // and the strand in bit 0
}

// rest returns bases [from, from+n) of a site's core, as an entry has them.
func rest(lo, hi uint32, from, n int) uint32 {
	mask := uint32(1)<<n - 1
	return lo>>from&mask | hi>>from&mask<<n
}

// IsIndex says whether a file begins like an index of okazaki index guide.
func IsIndex(f io.ReaderAt) bool { return fileKind.Is(f) }
