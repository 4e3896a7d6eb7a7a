// Package twobit reads UCSC's 2bit files: the sequences of a genome with two
// bits a base (https://genome.ucsc.edu/FAQ/FAQformat.html#format7), versions
// 0 and 1, of either byte order.
//
// Its one invariant: whatever a file claims, no more memory is taken than a
// small multiple of its size, but for the bases of the sequence that is read.
package twobit

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"okazaki"
)

const signature = 0x1A412743

// Is says whether a file begins as a 2bit file does.
func Is(f io.ReaderAt) bool {
	var b [4]byte
	if _, err := f.ReadAt(b[:], 0); err != nil {
		return false
	}
	return binary.LittleEndian.Uint32(b[:]) == signature || binary.BigEndian.Uint32(b[:]) == signature
}

// A File is an open 2bit file. Many goroutines may read it at once.
type File struct {
	name    string
	f       okazaki.File
	order   binary.ByteOrder
	names   []string
	lengths []int64
	offsets []int64 // of each sequence's record
}

// Open reads the index of a file, which stays the caller's to close. name is
// for errors, *okazaki.Error if the file is at fault.
func Open(name string, f okazaki.File) (*File, error) {
	t := &File{name: name, f: f}
	head, err := t.read(0, 16)
	if err != nil {
		return nil, err
	}
	t.order = binary.LittleEndian
	if t.order.Uint32(head) != signature {
		t.order = binary.BigEndian
	}
	version, count := t.order.Uint32(head[4:]), int64(t.order.Uint32(head[8:]))
	if t.order.Uint32(head) != signature || version > 1 {
		return nil, t.wrong("this is not a 2bit file of version 0 or 1")
	}
	wide := int64(4 + 4*version)
	if count*(1+wide) > f.Size() {
		return nil, t.wrong("the file is cut short in its index")
	}
	at := int64(16)
	for range count {
		n, err := t.read(at, 1)
		if err != nil {
			return nil, err
		}
		b, err := t.read(at+1, int64(n[0])+wide)
		if err != nil {
			return nil, err
		}
		at += 1 + int64(n[0]) + wide
		t.names = append(t.names, string(b[:n[0]]))
		offset := int64(t.order.Uint32(b[n[0]:]))
		if version == 1 {
			offset = int64(t.order.Uint64(b[n[0]:]))
		}
		size, err := t.read(offset, 4)
		if err != nil {
			return nil, err
		}
		t.offsets, t.lengths = append(t.offsets, offset), append(t.lengths, int64(t.order.Uint32(size)))
	}
	return t, nil
}

// Names returns the names of the sequences, in order. They must not be
// changed.
func (t *File) Names() []string { return t.names }

// Lengths returns the number of bases of each sequence, in order. They must
// not be changed.
func (t *File) Lengths() []int64 { return t.lengths }

// wrong is an error of the file's content.
func (t *File) wrong(message string) error {
	return &okazaki.Error{File: t.name, Message: message, Hint: "copy or download it again"}
}

// read returns n bytes.
func (t *File) read(at, n int64) ([]byte, error) {
	if at < 0 || n < 0 || at > t.f.Size()-n {
		return nil, t.wrong("the file is cut short")
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(io.NewSectionReader(t.f, at, n), b); err != nil {
		return nil, fmt.Errorf("%s: %w", t.name, err)
	}
	return b, nil
}

// Sequence appends the bases of sequence i: A, C, G, T and N, in upper case.
func (t *File) Sequence(dst []byte, i int) ([]byte, error) {
	length, at := t.lengths[i], t.offsets[i]+4
	starts, sizes, at, err := t.blocks(at)
	if err != nil {
		return nil, err
	}
	_, _, at, err = t.blocks(at) // what is in lower case
	if err != nil {
		return nil, err
	}
	packed, err := t.read(at+4, (length+3)/4)
	if err != nil {
		return nil, err
	}
	begin := len(dst)
	dst = slices.Grow(dst, int(length)+3)
	for _, b := range packed {
		dst = append(dst, "TCAG"[b>>6], "TCAG"[b>>4&3], "TCAG"[b>>2&3], "TCAG"[b&3])
	}
	dst = dst[:begin+int(length)]
	for k, start := range starts {
		if start > length || sizes[k] > length-start {
			return nil, t.wrong("a block of N lies beyond the end of " + t.names[i])
		}
		copy(dst[begin+int(start):], bytes.Repeat([]byte("N"), int(sizes[k])))
	}
	return dst, nil
}

// blocks reads a list of blocks and returns where it ends.
func (t *File) blocks(at int64) (starts, sizes []int64, end int64, err error) {
	b, err := t.read(at, 4)
	if err != nil {
		return nil, nil, 0, err
	}
	n := int64(t.order.Uint32(b))
	if b, err = t.read(at+4, 8*n); err != nil {
		return nil, nil, 0, err
	}
	for i := range n {
		starts = append(starts, int64(t.order.Uint32(b[4*i:])))
		sizes = append(sizes, int64(t.order.Uint32(b[4*(n+i):])))
	}
	return starts, sizes, at + 4 + 8*n, nil
}
