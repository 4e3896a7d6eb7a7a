package known

import (
	"encoding/binary"

	"github.com/klauspost/compress/zstd"

	"okazaki/format/container"
)

// A chunk is one chunk of a file, validated so that later reads cannot run
// out of bounds. Only one goroutine may use it.
type chunk struct {
	ref  chunkRef
	base int // the position of its first base

	blockPos, blockAt  []uint32
	keys               []byte
	longAt             []uint32
	long               []byte
	starts, ends, most []uint32
	columns            []column

	place place // from which the next search may go on
}

// A place lies between two keys of a chunk.
type place struct {
	block int    // of the key before, or that begins here; -1: nowhere
	row   int    // of the next key
	at    uint32 // of the next key, in keys
	pos   uint32 // of the key before, or of the first of the block
}

// A column is a field of a chunk's rows. Each row has a code of 0, 1, 2 or 4
// bytes; a code of 0 bytes is 0. In a column of numbers a code is the place
// of a decimal in words; if words is empty the codes themselves are decimals.
// In a column of Code, codes are one more than the place in the dictionary of
// the file, and 0 means no value. In other columns they are places of texts,
// and the first text is "", which means no value.
type column struct {
	kind   Kind
	width  int
	codes  []byte
	words  []uint32
	textAt []uint32
	packed []byte
	text   []byte // unpacked; nil if that was not needed yet
}

// parseChunk looks at a chunk's bytes, which begin at a multiple of 8 bytes.
func parseChunk(f *footer, ref chunkRef, b []byte) (*chunk, bool) {
	c := &chunk{ref: ref, base: ref.Number << chunkBits, place: place{block: -1}}
	n := keySections + fieldSections*len(f.Fields)
	if len(b) < 8+8*n {
		return nil, false
	}
	directory := container.View[uint32](b[:8+8*n])
	if int(directory[0]) != ref.Rows || int(directory[1]) != n {
		return nil, false
	}
	section := func(i int) []byte {
		at, size := uint64(directory[2+2*i]), uint64(directory[3+2*i])
		if at%4 != 0 || at+size > uint64(len(b)) {
			return nil
		}
		return b[at : at+size]
	}
	if f.Intervals {
		c.starts, c.ends, c.most = container.View[uint32](section(0)), container.View[uint32](section(1)), container.View[uint32](section(2))
		if len(c.starts) != ref.Rows || len(c.ends) != ref.Rows || len(c.most) != ref.Rows {
			return nil, false
		}
	} else {
		c.blockPos, c.blockAt, c.keys = container.View[uint32](section(0)), container.View[uint32](section(1)), section(2)
		c.longAt, c.long = container.View[uint32](section(3)), section(4)
		blocks := (ref.Rows + blockSize - 1) / blockSize
		if len(c.blockPos) != blocks || len(c.blockAt) != blocks || !ascending(c.blockPos, chunkSize-1) || !ascending(c.blockAt, len(c.keys)) || !ascending(c.longAt, len(c.long)) {
			return nil, false
		}
	}
	c.columns = make([]column, len(f.Fields))
	for i := range c.columns {
		s := keySections + fieldSections*i
		col := &c.columns[i]
		*col = column{kind: f.Fields[i].Kind, codes: section(s), words: container.View[uint32](section(s + 1)), textAt: container.View[uint32](section(s + 2)), packed: section(s + 3)}
		if !col.check(ref.Rows) {
			return nil, false
		}
	}
	return c, true
}

func (col *column) check(rows int) bool {
	col.width = len(col.codes) / rows
	switch col.width {
	case 0, 1, 2, 4:
	default:
		return false
	}
	if len(col.codes) != col.width*rows {
		return false
	}
	if n := len(col.textAt); n > 0 {
		size := int(col.textAt[n-1])
		if col.textAt[0] != 0 || !ascending(col.textAt, maxText) || len(col.packed) > size {
			return false
		}
		if len(col.packed) == size {
			col.text = col.packed
		}
	}
	return true
}

// maxText is the most that the texts of a column in a chunk take, in bytes.
const maxText = 1 << 30

func ascending(numbers []uint32, most int) bool {
	last := uint32(0)
	for _, n := range numbers {
		if n < last {
			return false
		}
		last = n
	}
	return int(last) <= most
}

// code returns the code of a row.
func (col *column) code(row int) uint32 {
	switch col.width {
	case 1:
		return uint32(col.codes[row])
	case 2:
		return uint32(binary.LittleEndian.Uint16(col.codes[2*row:]))
	case 4:
		return binary.LittleEndian.Uint32(col.codes[4*row:])
	}
	return 0
}

// number is the decimal of a row of numbers.
func (col *column) number(row int) decimal {
	code := col.code(row)
	if len(col.words) == 0 && col.width == 4 {
		return decimal(code)
	}
	if int(code) >= len(col.words) {
		return noValue
	}
	return decimal(col.words[code])
}

// entry is text i, which is "" if there is none or the chunk is damaged.
func (col *column) entry(i uint32) []byte {
	if uint64(i)+1 >= uint64(len(col.textAt)) {
		return nil
	}
	if col.text == nil && !col.unpack() {
		return nil
	}
	return col.text[col.textAt[i]:col.textAt[i+1]]
}

// unpack decompresses the texts. Those of a damaged chunk are all "".
func (col *column) unpack() bool {
	size := col.textAt[len(col.textAt)-1]
	text, err := unzstd.DecodeAll(col.packed, make([]byte, 0, min(int(size), 64*len(col.packed))))
	if err != nil || len(text) != int(size) {
		col.textAt = nil
		return false
	}
	col.text = text
	return true
}

// unzstd may be used by many goroutines at once.
var unzstd = func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxText), zstd.WithDecoderConcurrency(0))
	if err != nil {
		panic(err) // the options are right
	}
	return d
}()

// A key in a block is a byte. Its upper half is the distance from the key
// before, or 15 if the distance follows as a varint. Its lower half holds the
// two bases of a change of one base; or sameA, if the lengths of Ref and Alt
// follow in a byte, and then their bases, two bits each; or sameC, if the
// number of the long change follows as a varint.
const (
	sameA    = 0
	sameC    = 5
	farDelta = 15
)

// start is the place before a block.
func (c *chunk) start(b int) place {
	return place{b, b * blockSize, c.blockAt[b], c.blockPos[b]}
}

// step reads the next key. It returns false at the end of the chunk, and if
// the chunk is damaged; then p.row is -1.
func (c *chunk) step(p *place) (word uint64, ok bool) {
	if p.row == c.ref.Rows {
		return 0, false
	}
	if p.row%blockSize == 0 {
		*p = c.start(p.row / blockSize)
	}
	if int(p.at) >= len(c.keys) {
		return p.torn()
	}
	first := c.keys[p.at]
	p.at++
	p.row++
	delta := uint64(first >> 4)
	if delta == farDelta {
		n := 0
		if delta, n = binary.Uvarint(c.keys[p.at:]); n <= 0 || delta >= chunkSize {
			return p.torn()
		}
		p.at += uint32(n)
	}
	p.pos += uint32(delta)
	n := 0
	switch code := first & 15; code {
	case sameA:
		word, n = readShort(c.keys[p.at:])
	case sameC:
		if word, n = binary.Uvarint(c.keys[p.at:]); word+1 >= uint64(len(c.longAt)) {
			return p.torn()
		}
		word |= longWord
	default:
		return shortSNV | uint64(code>>2) | uint64(code&3)<<2, true
	}
	if n <= 0 {
		return p.torn()
	}
	p.at += uint32(n)
	return word, true
}

func (p *place) torn() (uint64, bool) {
	p.row = -1
	return 0, false
}

// shortSNV is the word of a change of one base, without the bases.
const shortSNV = 1<<altShift | 1<<refShift

func appendShort(dst []byte, word uint64) []byte {
	ref, alt := word>>refShift&maxShort, word>>altShift&maxShort
	dst = append(dst, byte(ref<<4|alt))
	for n := 2 * int(ref+alt); n > 0; n -= 8 {
		dst = append(dst, byte(word))
		word >>= 8
	}
	if len(dst) > 0 && (ref+alt)%4 != 0 {
		dst[len(dst)-1] &= 1<<(2*((ref+alt)%4)) - 1
	}
	return dst
}

// readShort returns an n of 0 if b doesn't begin with a short change.
func readShort(b []byte) (word uint64, n int) {
	if len(b) == 0 {
		return 0, 0
	}
	ref, alt := uint64(b[0]>>4), uint64(b[0]&15)
	n = 1 + (2*int(ref+alt)+7)/8
	if ref+alt > maxWord || n > len(b) {
		return 0, 0
	}
	for i := n - 1; i > 0; i-- {
		word = word<<8 | uint64(b[i])
	}
	return word | alt<<altShift | ref<<refShift, n
}

// longText is REF, a tab and ALT of a long change.
func (c *chunk) longText(word uint64) []byte {
	i := word &^ longWord
	return c.long[c.longAt[i]:c.longAt[i+1]]
}
