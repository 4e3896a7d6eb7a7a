package unpack

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"strings"
	"sync"

	"okazaki/format/bgzf"
	"okazaki/format/inflate"
)

// gunzip reads gzip and BGZF, one member or block at a time.
type gunzip struct {
	z       inflate.Reader
	src     *source
	block   bool   // the member is a BGZF block
	entered bool   // inside: its trailer is about the whole and can't be checked
	size    int64  // of the member's content so far
	sum     uint32 // and its checksum
}

// gunzips are those that were closed.
var gunzips = sync.Pool{New: func() any { return &gunzip{} }}

func (d *gunzip) next(src *source) error {
	if _, err := skipZeros(src); err == io.EOF && d.block && d.size > 0 {
		return bgzf.MissingEnd()
	} else if err != nil {
		return err
	}
	head, err := src.Peek(sniffed)
	if err != nil && err != io.EOF {
		return err
	}
	d.block = bgzf.Is(head)
	if err := gzipHeader(src); err != nil {
		return unexpected(err)
	}
	d.enter(src, inflate.Place{Bit: 8 * src.offset()})
	d.entered = false
	return nil
}

// enter goes on inside a member: the next byte of src contains the place's
// bit.
func (d *gunzip) enter(src *source, p inflate.Place) {
	d.src, d.entered, d.size, d.sum = src, true, 0, 0
	d.z.Reset(src.Reader, p)
}

func (d *gunzip) Read(p []byte) (int, error) {
	n, err := d.z.Read(p)
	d.size += int64(n)
	if !d.entered {
		d.sum = crc32.Update(d.sum, crc32.IEEETable, p[:n])
	}
	if err != io.EOF {
		return n, err
	}
	var trailer [8]byte
	if _, err := io.ReadFull(d.src, trailer[:]); err != nil {
		return n, unexpected(err)
	}
	if !d.entered && (binary.LittleEndian.Uint32(trailer[:]) != d.sum || binary.LittleEndian.Uint32(trailer[4:]) != uint32(d.size)) {
		return n, errors.New("wrong checksum")
	}
	return n, io.EOF
}

func (d *gunzip) window() int64 { return 256 << 10 }

func (d *gunzip) Close() error {
	d.src, d.size = nil, 0
	d.z.Places(0)
	gunzips.Put(d)
	return nil
}

// gzipHeader passes over a member's header (RFC 1952, 2.3).
func gzipHeader(src *source) error {
	const magic, sum, extra, name, comment, unknown = "\x1f\x8b\x08", 1 << 1, 1 << 2, 1 << 3, 1 << 4, 0xe0
	var head [10]byte
	n, err := io.ReadFull(src, head[:])
	if !strings.HasPrefix(magic, string(head[:min(n, len(magic))])) || head[3]&unknown != 0 {
		return errors.New("invalid header")
	}
	if err != nil {
		return err
	}
	flags := head[3]
	h := crc32.Update(0, crc32.IEEETable, head[:])
	if flags&extra != 0 {
		size, err := src.Peek(2)
		if err != nil {
			return err
		}
		field := make([]byte, 2+int(binary.LittleEndian.Uint16(size)))
		if _, err := io.ReadFull(src, field); err != nil {
			return err
		}
		h = crc32.Update(h, crc32.IEEETable, field)
	}
	for _, text := range []byte{name, comment} {
		for flags&text != 0 {
			b, err := src.ReadByte()
			if err != nil {
				return err
			}
			h = crc32.Update(h, crc32.IEEETable, []byte{b})
			if b == 0 {
				break
			}
		}
	}
	if flags&sum != 0 {
		var want [2]byte
		if _, err := io.ReadFull(src, want[:]); err != nil {
			return err
		}
		if binary.LittleEndian.Uint16(want[:]) != uint16(h) {
			return errors.New("wrong checksum of the header")
		}
	}
	return nil
}

// skipZeros passes over the padding that tapes and archives leave behind.
func skipZeros(src *source) (n int64, err error) {
	for ; ; n++ {
		b, err := src.ReadByte()
		if err != nil {
			return n, err
		}
		if b != 0 {
			return n, src.UnreadByte()
		}
	}
}
