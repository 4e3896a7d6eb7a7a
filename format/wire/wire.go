// Package wire has the one way in which parts, notes and blocks are written:
// numbers and texts, one after the other, without names.
//
// Its one invariant: whatever the bytes, a Reader neither panics nor reads
// beyond them, and a length that is longer than what is left is an error
// before anything is allocated. What a Reader accepts, the functions Append
// write again as the same bytes.
package wire

import "encoding/binary"

// A number is an integer, which is written as a varint.
type number interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

// AppendUvarint appends n as an unsigned varint. A negative n takes ten bytes;
// Reader.Uvarint returns its bits.
func AppendUvarint[T number](b []byte, n T) []byte {
	return binary.AppendUvarint(b, uint64(n))
}

// AppendVarint appends n as a varint, so that a small negative n is short too.
func AppendVarint[T number](b []byte, n T) []byte {
	return binary.AppendVarint(b, int64(n))
}

// AppendBytes appends the length of s, then s.
func AppendBytes[T ~string | ~[]byte](b []byte, s T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// AppendBool appends a byte, 0 or 1.
func AppendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// AppendUint32 appends four bytes, the least first.
func AppendUint32(b []byte, n uint32) []byte { return binary.LittleEndian.AppendUint32(b, n) }

// AppendUint64 appends eight bytes, the least first.
func AppendUint64(b []byte, n uint64) []byte { return binary.LittleEndian.AppendUint64(b, n) }
