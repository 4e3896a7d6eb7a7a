package guide

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"unsafe"

	"okazaki"
)

// An index is a file of sections, each at a multiple of 64 bytes, after a
// header: the magic bytes, the version, the length and CRC-32C of what
// follows, then JSON. All numbers are little-endian, so that the file can be
// used as it lies in memory.
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
const (
	magic         = "okzguide"
	layoutVersion = 2
	headerStart   = 20 // bytes before the JSON
	maxHeader     = 1 << 30
)

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

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// json returns the bytes that follow the header's first ones.
func (h *header) json() []byte {
	body, err := json.Marshal(h)
	if err != nil {
		panic(err) // it holds numbers and strings
	}
	return body
}

func (h *header) marshal() []byte {
	body := h.json()
	b := append([]byte(magic), make([]byte, headerStart-len(magic))...)
	binary.LittleEndian.PutUint32(b[8:], layoutVersion)
	binary.LittleEndian.PutUint32(b[12:], uint32(len(body)))
	binary.LittleEndian.PutUint32(b[16:], crc32.Checksum(body, castagnoli))
	return append(b, body...)
}

// parseHeader reads what json wrote, of a file of size bytes.
func parseHeader(name string, b []byte, size int64) (*header, error) {
	rebuild := "make it again with okazaki index guide"
	if len(b) < headerStart || !bytes.HasPrefix(b, []byte(magic)) {
		return nil, &okazaki.Error{File: name, Message: "this is not an index of guides", Hint: rebuild}
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v != layoutVersion {
		return nil, &okazaki.Error{File: name, Message: fmt.Sprintf("the index has version %d, this okazaki reads version %d", v, layoutVersion), Hint: rebuild}
	}
	n := int64(binary.LittleEndian.Uint32(b[12:]))
	if n > maxHeader || headerStart+n > int64(len(b)) {
		return nil, &okazaki.Error{File: name, Message: "the index is cut short in its header", Hint: "copy it again, or " + rebuild}
	}
	body := b[headerStart : headerStart+n]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(b[16:]) {
		return nil, &okazaki.Error{File: name, Message: "the index is damaged: its header has another checksum", Hint: "copy it again, or " + rebuild}
	}
	h := new(header)
	if err := json.Unmarshal(body, h); err != nil {
		return nil, &okazaki.Error{File: name, Message: "the index is damaged: its header can't be read", Hint: rebuild, Err: err}
	}
	if h.Size != size {
		return nil, &okazaki.Error{File: name, Message: fmt.Sprintf("the index is cut short: it has %d bytes of %d", size, h.Size), Hint: "copy it again, or " + rebuild}
	}
	return h, h.check(name)
}

// check returns an error if the header's numbers contradict each other.
func (h *header) check(name string) error {
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
		ok = ok && s.At >= headerStart && s.Len >= 0 && s.At+s.Len <= h.Size && s.At%sectionSize == 0 && (want < 0 || s.Len == want)
	}
	if !ok {
		return &okazaki.Error{File: name, Message: "the index is damaged: its header contradicts itself", Hint: "make it again with okazaki index guide"}
	}
	return nil
}

// view returns a section as the numbers that it holds, without copying.
func view[T any](b []byte, s where) []T {
	var one T
	n := s.Len / int64(unsafe.Sizeof(one))
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&b[s.At])), n)
}

// raw returns numbers as the bytes that they lie in.
func raw[T any](numbers []T) []byte {
	if len(numbers) == 0 {
		return nil
	}
	var one T
	return unsafe.Slice((*byte)(unsafe.Pointer(&numbers[0])), len(numbers)*int(unsafe.Sizeof(one)))
}

// littleEndian says whether this machine stores numbers as an index does.
func littleEndian() bool {
	one := uint16(1)
	return *(*byte)(unsafe.Pointer(&one)) == 1
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
