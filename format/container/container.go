// Package container lays out the files that okazaki index makes: a directory,
// which is JSON, and sections with checksums, which can be mapped into memory.
//
// Its one invariant: each byte of a file belongs to its head, its directory, a
// section, or the zeros between two sections, so that Check finds any change.
package container

import (
	"encoding/binary"
	"hash/crc32"
	"io"
)

// A Kind describes the files of one kind. All numbers are little-endian. A
// file begins with the magic bytes and the version. Then come
//
//	length and CRC-32C of the directory, the directory, the sections
//
// or, in a file that is written while its directory is not known yet,
//
//	four zeros, the sections, the directory,
//	place, length and CRC-32C of the directory, the magic bytes again
type Kind struct {
	Magic   string // eight bytes
	Version uint32
	Last    bool   // the directory comes last
	Name    string // in errors: the NAME is cut short
	What    string // in errors: this is not WHAT
	Again   string // a hint: how the user makes the file again
	Instead string // a hint: what the user may give instead of a file of another kind; Again if empty
}

const (
	magicSize    = 8
	firstHead    = magicSize + 4 + 4 + 4 // before a directory that comes first
	lastHead     = magicSize + 4 + 4     // before the sections, if the directory comes last
	lastTail     = 8 + 4 + 4 + magicSize // behind a directory that comes last
	maxDirectory = 1 << 30
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Sum returns the CRC-32C of b.
func Sum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// AddSum returns the CRC-32C of bytes with the CRC-32C sum, followed by b.
func AddSum(sum uint32, b []byte) uint32 { return crc32.Update(sum, castagnoli, b) }

// Is says whether a file begins as one of the kind.
func (k *Kind) Is(f io.ReaderAt) bool {
	head := make([]byte, magicSize)
	n, _ := f.ReadAt(head, 0) // a file too short has another beginning
	return string(head[:n]) == k.Magic
}

// Head returns the first bytes of a file whose directory comes first, with the
// directory.
func (k *Kind) Head(directory []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(k.Magic), k.Version)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(directory)))
	b = binary.LittleEndian.AppendUint32(b, Sum(directory))
	return append(b, directory...)
}

// HeadSize returns the number of bytes before the sections, where a directory
// of a size comes first.
func HeadSize(directory int) int64 { return firstHead + int64(directory) }

// Begin returns the first bytes of a file whose directory comes last.
func (k *Kind) Begin() []byte {
	b := binary.LittleEndian.AppendUint32([]byte(k.Magic), k.Version)
	return append(b, 0, 0, 0, 0)
}

// End returns the last bytes of a file whose directory comes last, and whose
// sections end at byte at.
func (k *Kind) End(at int64, directory []byte) []byte {
	b := binary.LittleEndian.AppendUint64(append([]byte(nil), directory...), uint64(at))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(directory)))
	b = binary.LittleEndian.AppendUint32(b, Sum(directory))
	return append(b, k.Magic...)
}
