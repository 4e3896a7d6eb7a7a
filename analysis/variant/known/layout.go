package known

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"unsafe"

	"okazaki"
)

// A file of knowledge is the magic bytes and the version; chunks, each at a
// multiple of 8 bytes; the footer, which is JSON; and a tail that says where the
// footer lies and its CRC-32C. All numbers are little-endian, so that the file
// can be used as it lies in memory, and a worker that has only a range of the
// genome to annotate reads the tail, the footer and its own chunks.
//
// A chunk holds the rows of 2^20 bases of a contig, by the position of their
// keys. It begins with the number of rows, the number of sections, and the
// place and length of each section in the chunk. A chunk of changes has
//
//	blockPos   of each block of 32 rows: the position of its first, in the chunk
//	blockAt    of each block: where its keys begin in keys
//	keys       see block
//	longAt     of each change that keys give by its number: where its text begins; and the end
//	long       the texts: REF, a tab, ALT
//
// a chunk of intervals has
//
//	starts ends    of each row, in the contig
//	reach          of each row: the largest end of the rows up to it
//	(two that are empty)
//
// and then each has, for each field, see column
//
//	codes words textAt text
const (
	magic         = "okzknown"
	layoutVersion = 1
	headSize      = 16
	tailSize      = 24
	maxFooter     = 1 << 30

	chunkBits = 20
	chunkSize = 1 << chunkBits
	blockSize = 32 // rows

	keySections   = 5
	fieldSections = 4
)

// A footer says what a file holds.
type footer struct {
	Name      string         `json:"name"`      // of the source, as results call it
	File      string         `json:"file"`      // that it was made from, without folders
	Version   string         `json:"version"`   // of the source, as it says itself
	Recipe    string         `json:"recipe"`    // "" if none
	Assembly  string         `json:"assembly"`  // GRCh38 …
	Intervals bool           `json:"intervals"` // rows are intervals, not changes
	Aligned   bool           `json:"aligned"`   // to the left, by a reference
	Skipped   map[string]int `json:"skipped"`   // alleles that have no key, by reason
	Fields    []footerField  `json:"fields"`
	Contigs   []footerContig `json:"contigs"`
	Rows      int64          `json:"rows"`
	Records   int64          `json:"records"` // of the source
}

type footerField struct {
	Name        string   `json:"name"`
	Kind        Kind     `json:"kind"`
	Op          Op       `json:"op"`
	From        []string `json:"from"`
	Description string   `json:"description,omitempty"`
	Codes       []string `json:"codes,omitempty"` // of a Code, in the order in which they were met
}

type footerContig struct {
	Name   string     `json:"name"`
	Length int        `json:"length"` // 0 if the source doesn't say
	Chunks []chunkRef `json:"chunks"` // ascending
}

// A chunkRef is where a chunk lies.
type chunkRef struct {
	Number int    `json:"n"` // the position of its first base by chunkSize
	At     int64  `json:"at"`
	Len    int64  `json:"len"`
	Rows   int    `json:"rows"`
	Sum    uint32 `json:"crc"` // CRC-32C of its bytes
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func head() []byte {
	b := append([]byte(magic), make([]byte, headSize-len(magic))...)
	binary.LittleEndian.PutUint32(b[8:], layoutVersion)
	return b
}

// end is the footer and the tail of a file whose chunks end at byte at.
func (f *footer) end(at int64) []byte {
	body, err := json.Marshal(f)
	if err != nil {
		panic(err) // it holds numbers and strings
	}
	tail := binary.LittleEndian.AppendUint64(nil, uint64(at))
	tail = binary.LittleEndian.AppendUint32(tail, uint32(len(body)))
	tail = binary.LittleEndian.AppendUint32(tail, crc32.Checksum(body, castagnoli))
	return append(append(body, tail...), magic...)
}

const rebuild = "make it again with okazaki index known"

func damaged(name, what string) *okazaki.Error {
	return &okazaki.Error{File: name, Message: "the file of knowledge is damaged: " + what, Hint: "copy it again, or " + rebuild}
}

// readFooter reads what end wrote.
func readFooter(name string, f okazaki.File) (*footer, error) {
	size := f.Size()
	h, t := make([]byte, headSize), make([]byte, tailSize)
	if size >= headSize {
		if _, err := f.ReadAt(h, 0); err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
	}
	if !bytes.HasPrefix(h, []byte(magic)) {
		return nil, &okazaki.Error{File: name, Message: "this is not a file of knowledge", Hint: rebuild}
	}
	if v := binary.LittleEndian.Uint32(h[8:]); v != layoutVersion {
		return nil, &okazaki.Error{File: name, Message: fmt.Sprintf("the file of knowledge has version %d, this okazaki reads version %d", v, layoutVersion), Hint: rebuild}
	}
	if size < headSize+tailSize {
		return nil, damaged(name, "it is cut short")
	}
	if _, err := f.ReadAt(t, size-tailSize); err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	at, n := int64(binary.LittleEndian.Uint64(t)), int64(binary.LittleEndian.Uint32(t[8:]))
	if !bytes.HasSuffix(t, []byte(magic)) || n > maxFooter || at < headSize || at+n != size-tailSize {
		return nil, damaged(name, "it is cut short")
	}
	body := make([]byte, n)
	if _, err := f.ReadAt(body, at); err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(t[12:]) {
		return nil, damaged(name, "its footer has another checksum")
	}
	foot := new(footer)
	if err := json.Unmarshal(body, foot); err != nil {
		return nil, damaged(name, "its footer can't be read")
	}
	return foot, foot.check(name, at)
}

// check refuses a footer whose numbers don't fit each other.
func (f *footer) check(name string, end int64) error {
	ok := true
	for _, c := range f.Contigs {
		last := -1
		for _, r := range c.Chunks {
			ok = ok && r.Number > last && r.Number < 1<<(31-chunkBits) && r.At >= headSize && r.At%8 == 0 && r.Len > 0 && r.Len < 1<<32 && r.At <= end-r.Len && r.Rows > 0
			last = r.Number
		}
	}
	for _, field := range f.Fields {
		ok = ok && field.Kind < kinds
	}
	if !ok {
		return damaged(name, "its footer contradicts itself")
	}
	return nil
}

// view is bytes as the numbers that they hold, without copying. A few bytes
// too many are left out.
func view(b []byte) []uint32 {
	if len(b) < 4 {
		return nil
	}
	return unsafe.Slice((*uint32)(unsafe.Pointer(&b[0])), len(b)/4)
}

// raw is numbers as the bytes that they lie in.
func raw(numbers []uint32) []byte {
	if len(numbers) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&numbers[0])), len(numbers)*4)
}

// littleEndian says whether this machine keeps numbers as a file does.
func littleEndian() bool {
	one := uint16(1)
	return *(*byte)(unsafe.Pointer(&one)) == 1
}
