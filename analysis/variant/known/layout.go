package known

import (
	"encoding/json"

	"okazaki"
	"okazaki/format/container"
)

// A file of knowledge is a container: chunks, each at a multiple of 8 bytes,
// then the directory, which is the footer. All numbers are little-endian, so
// that the file can be used as it lies in memory, and a worker that has only a
// range of the genome to annotate reads the footer and its own chunks.
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

var fileKind = container.Kind{
	Magic: "okzknown", Version: 1, Last: true,
	Name: "file of knowledge", What: "a file of knowledge", Again: "make it again with okazaki index known",
}

// end is the footer and the tail of a file whose chunks end at byte at.
func (f *footer) end(at int64) []byte {
	body, err := json.Marshal(f)
	if err != nil {
		panic(err) // it holds numbers and strings
	}
	return fileKind.End(at, body)
}

// open reads the footer of a file.
func open(name string, f okazaki.File) (*container.File, *footer, error) {
	foot := new(footer)
	x, err := fileKind.Open(name, f, foot)
	if err != nil {
		return nil, nil, err
	}
	if err := foot.check(x); err != nil {
		_ = x.Close() // the error says more
		return nil, nil, err
	}
	return x, foot, nil
}

// check refuses a footer whose numbers don't fit each other.
func (f *footer) check(x *container.File) error {
	ok, end := true, x.End
	for _, c := range f.Contigs {
		last := -1
		for _, r := range c.Chunks {
			ok = ok && r.Number > last && r.Number < 1<<(31-chunkBits) && r.At >= x.Start && r.At%8 == 0 && r.Len > 0 && r.Len < 1<<32 && r.At <= end-r.Len && r.Rows > 0
			last = r.Number
		}
	}
	for _, field := range f.Fields {
		ok = ok && field.Kind < kinds
	}
	if !ok {
		return x.Damaged("its footer contradicts itself")
	}
	return nil
}
