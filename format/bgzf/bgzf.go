// Package bgzf reads and writes BGZF: gzip in blocks of at most 64 KiB, so
// that a file can be read from its middle (SAM specification, section 4.1).
//
// Its one invariant: the bytes written depend on what is written and where
// Flush is called, never on how many goroutines compress.
package bgzf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/flate"

	"okazaki"
	"okazaki/format/inflate"
)

const (
	// MaxBlock is the most bytes of a block, compressed or not.
	MaxBlock = 1 << 16
	// Fill is how many bytes the writers here put into a block, as bgzip
	// does: then even bytes that can't be compressed fit.
	Fill = 0xff00
	// HeaderSize is how many bytes of a block say how long it is.
	HeaderSize = 18

	trailerSize = 8
)

// End is the empty block that marks the end of a file.
var End = []byte("\x1f\x8b\x08\x04\x00\x00\x00\x00\x00\xff\x06\x00BC\x02\x00\x1b\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00")

// An Offset is a place in the uncompressed bytes: the block's first byte in
// the file, and the byte within the uncompressed block. Offsets of one file
// order as their bytes do.
type Offset uint64

// At is the offset of a byte within the block that starts at block.
func At(block int64, within int) Offset { return Offset(uint64(block)<<16 | uint64(within)) }

// Block is where the block starts in the file.
func (o Offset) Block() int64 { return int64(o >> 16) }

// Within is the byte's place in the uncompressed block.
func (o Offset) Within() int { return int(o & 0xffff) }

// Is says whether bytes begin with the header of a block, with the field BC at
// its usual place, the first.
func Is(head []byte) bool {
	return len(head) >= HeaderSize && head[0] == 0x1f && head[1] == 0x8b && head[2] == 8 && head[3] == 4 &&
		head[12] == 'B' && head[13] == 'C' && head[14] == 2 && head[15] == 0
}

// Size returns the length of the block that begins with head. Is must be true
// of head.
func Size(head []byte) int { return int(binary.LittleEndian.Uint16(head[16:])) + 1 }

// errBlock says that bytes are not a block.
var errBlock = errors.New("not a BGZF block")

// MissingEnd is the error of a file without the block End; without a File.
func MissingEnd() *okazaki.Error {
	return &okazaki.Error{Err: io.ErrUnexpectedEOF,
		Message: "the BGZF data are cut short: the empty block that marks their end is missing",
		Hint:    "copy or download the file again; if it is whole, write it anew with zcat and bgzip"}
}

// An Inflater unpacks blocks. One goroutine may use it at a time.
type Inflater struct{ z inflate.Block }

// plainSize is how many bytes a whole block says that it holds.
func plainSize(block []byte) uint32 {
	if len(block) < trailerSize {
		return 0
	}
	return binary.LittleEndian.Uint32(block[len(block)-4:])
}

// Append appends the content of one whole block. On an error dst is as it was.
func (z *Inflater) Append(dst, block []byte) ([]byte, error) {
	if !Is(block) || Size(block) != len(block) {
		return dst, errBlock
	}
	start := 12 + int(binary.LittleEndian.Uint16(block[10:]))
	if start > len(block)-trailerSize {
		return dst, errBlock
	}
	trailer := block[len(block)-trailerSize:]
	claimed := plainSize(block)
	if claimed > MaxBlock {
		return dst, fmt.Errorf("a block claims to hold %d bytes", claimed)
	}
	size := int(claimed)
	out, err := z.z.Append(dst, block[start:len(block)-trailerSize], size)
	if err != nil {
		return dst, err
	}
	if plain := out[len(dst):]; len(plain) != size || crc32.ChecksumIEEE(plain) != binary.LittleEndian.Uint32(trailer) {
		return dst, errors.New("wrong checksum")
	}
	return out, nil
}

// A Deflater packs blocks. One goroutine may use it at a time.
type Deflater struct {
	level int
	w     *flate.Writer
	out   slice
}

// NewDeflater is one of a level of compression, 1 to 9.
func NewDeflater(level int) (*Deflater, error) {
	z := &Deflater{level: level}
	var err error
	if z.w, err = flate.NewWriter(&z.out, level); err != nil {
		return nil, fmt.Errorf("bgzf: %w", err)
	}
	return z, nil
}

// Append appends blocks that hold plain, Fill bytes in each but the last. An
// empty plain adds no block.
func (z *Deflater) Append(dst, plain []byte) []byte {
	for len(plain) > 0 {
		n := min(len(plain), Fill)
		dst = z.block(dst, plain[:n])
		plain = plain[n:]
	}
	return dst
}

// block appends one block of at most Fill bytes.
func (z *Deflater) block(dst, plain []byte) []byte {
	at := len(dst)
	z.out.b = append(dst, End[:HeaderSize]...)
	z.w.Reset(&z.out)
	// Writes to a slice don't fail.
	_, _ = z.w.Write(plain)
	_ = z.w.Close()
	dst = z.out.b
	if len(dst)-at+trailerSize > MaxBlock {
		dst = append(dst[:at+HeaderSize], 1, byte(len(plain)), byte(len(plain)>>8), ^byte(len(plain)), ^byte(len(plain)>>8))
		dst = append(dst, plain...)
	}
	dst = binary.LittleEndian.AppendUint32(dst, crc32.ChecksumIEEE(plain))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(plain)))
	binary.LittleEndian.PutUint16(dst[at+16:], uint16(len(dst)-at-1))
	return dst
}

// slice is what a Deflater writes to.
type slice struct{ b []byte }

func (s *slice) Write(p []byte) (int, error) {
	s.b = append(s.b, p...)
	return len(p), nil
}
