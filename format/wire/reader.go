package wire

import (
	"encoding/binary"
	"errors"
)

// The errors of a Reader.
var (
	ErrShort  = errors.New("the bytes end too soon")
	ErrNumber = errors.New("a number is cut short or too long")
	ErrLarge  = errors.New("a number is too large")
	ErrBool   = errors.New("a byte is neither 0 nor 1")
	ErrRest   = errors.New("there are bytes after the end")
)

// A Reader reads what the functions Append wrote. It keeps its first error;
// after it, nothing is left and all is zero. So a caller may read many fields
// and look at Err once, and in loops whose number was read. The zero Reader has
// nothing to read.
type Reader struct {
	b   []byte
	at  int // of the next byte
	err error
}

// From returns a Reader of b. What it returns shares b's memory, except
// strings.
func From(b []byte) Reader { return Reader{b: b} }

// Err returns the first error.
func (r *Reader) Err() error { return r.err }

// Fail notes an error, unless there is one, and leaves nothing to read.
func (r *Reader) Fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.b, r.at = nil, 0
}

// End returns the first error, or ErrRest if bytes are left.
func (r *Reader) End() error {
	if r.Len() > 0 {
		r.Fail(ErrRest)
	}
	return r.err
}

// Len returns the number of bytes that are left.
func (r *Reader) Len() int { return len(r.b) - r.at }

// Rest returns all bytes that are left, without reading them.
func (r *Reader) Rest() []byte { return r.b[r.at:] }

// Uvarint reads an unsigned varint, in its shortest form only.
func (r *Reader) Uvarint() uint64 {
	if r.at < len(r.b) && r.b[r.at] < 0x80 { // most are short
		r.at++
		return uint64(r.b[r.at-1])
	}
	x, n := binary.Uvarint(r.b[r.at:])
	if n <= 0 || r.b[r.at+n-1] == 0 {
		r.Fail(ErrNumber)
		return 0
	}
	r.at += n
	return x
}

// Varint reads a varint, in its shortest form only.
func (r *Reader) Varint() int64 {
	x := r.Uvarint()
	return int64(x>>1) ^ -int64(x&1)
}

// Below reads an unsigned varint in [0, limit).
func (r *Reader) Below(limit int) int {
	x := r.Uvarint()
	if limit <= 0 || x >= uint64(limit) {
		r.Fail(ErrLarge)
		return 0
	}
	return int(x)
}

// Count reads the number of things that follow, of at least size bytes each.
func (r *Reader) Count(size int) int {
	n := r.Uvarint()
	if n > uint64(r.Len()/size) {
		r.Fail(ErrShort)
		return 0
	}
	return int(n)
}

// Take reads n bytes.
func (r *Reader) Take(n int) []byte {
	if n < 0 || n > r.Len() {
		r.Fail(ErrShort)
		return nil
	}
	r.at += n
	return r.b[r.at-n : r.at : r.at]
}

// Bytes reads a length and as many bytes.
func (r *Reader) Bytes() []byte {
	n := r.Uvarint()
	if n > uint64(r.Len()) {
		r.Fail(ErrShort)
		return nil
	}
	r.at += int(n)
	return r.b[r.at-int(n) : r.at : r.at]
}

// String reads a length and a text of as many bytes.
func (r *Reader) String() string { return string(r.Bytes()) }

// Byte reads a byte.
func (r *Reader) Byte() byte {
	if r.at == len(r.b) {
		r.Fail(ErrShort)
		return 0
	}
	r.at++
	return r.b[r.at-1]
}

// Bool reads a byte that is 0 or 1.
func (r *Reader) Bool() bool {
	v := r.Byte()
	if v > 1 {
		r.Fail(ErrBool)
	}
	return v == 1
}

// Uint32 reads four bytes, the least first.
func (r *Reader) Uint32() uint32 {
	if b := r.Take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// Uint64 reads eight bytes, the least first.
func (r *Reader) Uint64() uint64 {
	if b := r.Take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}
