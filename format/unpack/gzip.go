package unpack

import (
	"io"

	"github.com/klauspost/compress/gzip"

	"okazaki/format/bgzf"
)

// gunzip reads gzip and BGZF, one member or block at a time.
type gunzip struct {
	z     *gzip.Reader
	block bool  // the member is a BGZF block
	size  int64 // of the member's content so far
}

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
	d.block, d.size = bgzf.Is(head), 0
	if d.z == nil {
		d.z, err = gzip.NewReader(src)
	} else {
		err = d.z.Reset(src)
	}
	if err != nil {
		return unexpected(err)
	}
	d.z.Multistream(false)
	return nil
}

func (d *gunzip) Read(p []byte) (int, error) {
	n, err := d.z.Read(p)
	d.size += int64(n)
	return n, err
}

func (d *gunzip) window() int64 { return 64 << 10 }

func (d *gunzip) Close() error { return nil }

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
