package unpack

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"

	"github.com/ulikunitz/xz/lzma"

	"okazaki"
)

// unxz reads xz, the .xz File Format 1.2, one stream at a time. The container
// is read here and not by a library so that the memory that a block asks for
// is known before it is taken.
type unxz struct {
	src  *source
	most int64 // the largest dictionary so far

	flags   [2]byte     // of the stream
	check   hash.Hash   // of the stream's blocks; nil if it can't be verified
	sum     int         // bytes that the check takes
	blocks  uint64      // that ended
	records hash.Hash32 // of what the stream's index should hold

	block  *lzma.Reader2 // nil between blocks
	offset int64         // where the block's data began
	header int64         // bytes of the block's header
	plain  uint64        // bytes of the block so far
}

var (
	xzMagic    = []byte{0xfd, '7', 'z', 'X', 'Z', 0}
	xzSums     = [16]int{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64}
	errXZCheck = errors.New("checksum does not match")
	errXZIndex = errors.New("index does not match")
)

func (d *unxz) next(src *source) error {
	n, err := skipZeros(src)
	if err == io.EOF && n%4 != 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	var h [12]byte
	if err := full(src, h[:]); err != nil {
		return err
	}
	if !bytes.Equal(h[:6], xzMagic) || crc32.ChecksumIEEE(h[6:8]) != binary.LittleEndian.Uint32(h[8:]) || h[6] != 0 || h[7] > 15 {
		return errors.New("stream header")
	}
	d.src, d.block, d.blocks, d.records = src, nil, 0, crc32.NewIEEE()
	copy(d.flags[:], h[6:8])
	d.sum, d.check = xzSums[h[7]], nil
	switch h[7] {
	case 1:
		d.check = crc32.NewIEEE()
	case 4:
		d.check = crc64.New(crc64.MakeTable(crc64.ECMA))
	case 10:
		d.check = sha256.New()
	}
	return nil
}

func (d *unxz) Read(p []byte) (int, error) {
	for {
		if d.block == nil {
			size, err := d.src.ReadByte()
			if err != nil {
				return 0, unexpected(err)
			}
			if size == 0 {
				if err := d.end(); err != nil {
					return 0, err
				}
				return 0, io.EOF
			}
			if err := d.begin((int(size) + 1) * 4); err != nil {
				return 0, err
			}
		}
		n, err := d.block.Read(p)
		d.plain += uint64(n)
		if d.check != nil {
			d.check.Write(p[:n])
		}
		if err == io.EOF {
			err = d.finish()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// begin reads a block's header, section 3.1; its first byte is read already.
func (d *unxz) begin(size int) error {
	h := make([]byte, size)
	h[0] = byte(size/4 - 1)
	if err := full(d.src, h[1:]); err != nil {
		return err
	}
	h, sum := h[:size-4], binary.LittleEndian.Uint32(h[size-4:])
	if crc32.ChecksumIEEE(h) != sum || h[1]&0x3c != 0 {
		return errors.New("block header")
	}
	rest := h[2:]
	for _, bit := range []byte{0x40, 0x80} { // its sizes, which the index has again
		if h[1]&bit != 0 {
			_, n := binary.Uvarint(rest)
			if n <= 0 {
				return errors.New("block header")
			}
			rest = rest[n:]
		}
	}
	if h[1]&3 != 0 || len(rest) < 3 || rest[0] != 0x21 || rest[1] != 1 {
		return &okazaki.Error{Message: "the xz data went through a filter besides LZMA2, which is not read here",
			Hint: "compress the file again with xz alone"}
	}
	window, err := lzma.DecodeDictCap(rest[2])
	if err != nil {
		return err
	}
	if window > MaxWindow {
		return &okazaki.Error{
			Message: fmt.Sprintf("the xz data need a dictionary of %d MiB, and %d MiB are allowed", window>>20, MaxWindow>>20),
			Hint:    "compress the file again with xz -9 or less"}
	}
	d.most = max(d.most, window)
	d.offset, d.header, d.plain = d.src.offset(), int64(size), 0
	if d.check != nil {
		d.check.Reset()
	}
	d.block, err = lzma.Reader2Config{DictCap: int(max(window, lzma.MinDictCap))}.NewReader2(d.src)
	return unexpected(err)
}

// finish reads what follows a block's data.
func (d *unxz) finish() error {
	used := d.src.offset() - d.offset
	tail := make([]byte, int(-used&3)+d.sum)
	if err := full(d.src, tail); err != nil {
		return err
	}
	tail, pad := tail[-used&3:], tail[:-used&3]
	if bytes.Count(pad, []byte{0}) != len(pad) {
		return errors.New("padding")
	}
	if d.check != nil && !bytes.Equal(d.checksum(), tail) {
		return errXZCheck
	}
	d.blocks++
	record := binary.AppendUvarint(nil, uint64(d.header+used+int64(d.sum)))
	d.records.Write(binary.AppendUvarint(record, d.plain))
	d.block = nil
	return nil
}

// checksum is the block's, in the order of its bytes in the file.
func (d *unxz) checksum() []byte {
	sum := d.check.Sum(nil)
	if d.flags[1] != 10 {
		for i, j := 0, len(sum)-1; i < j; i, j = i+1, j-1 {
			sum[i], sum[j] = sum[j], sum[i]
		}
	}
	return sum
}

// end reads a stream's index and footer, section 4; the index's first byte is
// read already.
func (d *unxz) end() error {
	all := crc32.NewIEEE()
	all.Write([]byte{0})
	size := 1
	number := func(more io.Writer) (uint64, error) {
		v, err := binary.ReadUvarint(d.src)
		if err != nil {
			return 0, unexpected(err)
		}
		b := binary.AppendUvarint(nil, v)
		size += len(b)
		all.Write(b)
		more.Write(b)
		return v, nil
	}
	n, err := number(io.Discard)
	if err != nil {
		return err
	}
	if n != d.blocks {
		return errXZIndex
	}
	records := crc32.NewIEEE()
	for range 2 * n {
		if _, err := number(records); err != nil {
			return err
		}
	}
	if records.Sum32() != d.records.Sum32() {
		return errXZIndex
	}
	tail := make([]byte, -size&3+4+12)
	if err := full(d.src, tail); err != nil {
		return err
	}
	pad := -size & 3
	all.Write(tail[:pad])
	if all.Sum32() != binary.LittleEndian.Uint32(tail[pad:]) {
		return errXZIndex
	}
	f := tail[pad+4:]
	if crc32.ChecksumIEEE(f[4:10]) != binary.LittleEndian.Uint32(f) || !bytes.Equal(f[8:10], d.flags[:]) ||
		f[10] != 'Y' || f[11] != 'Z' || (int(binary.LittleEndian.Uint32(f[4:]))+1)*4 != size+pad+4 {
		return errors.New("stream footer")
	}
	return nil
}

func (d *unxz) window() int64 { return d.most }

func (d *unxz) Close() error { return nil }

// full fills b, or says that the stream was cut short.
func full(src *source, b []byte) error {
	_, err := io.ReadFull(src, b)
	return unexpected(err)
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
