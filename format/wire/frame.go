package wire

import (
	"bufio"
	"encoding/binary"
	"io"
	"slices"
)

// step is the most bytes that ReadFrame makes room for before it has read as
// many.
const step = 1 << 20

// ReadFrame reads a length, of at most limit, and then as many bytes, which is
// what AppendBytes wrote. It returns them in buf's memory, if they fit. A
// length alone allocates little: room is made as the bytes come. At the
// end of in it returns io.EOF. An error of in is returned as it is.
func ReadFrame(in *bufio.Reader, buf []byte, limit uint64) ([]byte, error) {
	n, err := frameSize(in, limit)
	if err != nil {
		return nil, err
	}
	buf = buf[:0]
	for left := n; left > 0; {
		more := int(min(left, uint64(max(step, len(buf), cap(buf)-len(buf)))))
		from := len(buf)
		buf = slices.Grow(buf, more)[:from+more]
		if _, err := io.ReadFull(in, buf[from:]); err != nil {
			return nil, ended(err, ErrShort)
		}
		left -= uint64(more)
	}
	return buf, nil
}

// SkipFrame skips what ReadFrame reads, with the same errors.
func SkipFrame(in *bufio.Reader, limit uint64) error {
	n, err := frameSize(in, limit)
	for n > 0 && err == nil {
		var skipped int
		skipped, err = in.Discard(int(min(n, step)))
		n, err = n-uint64(skipped), ended(err, ErrShort)
	}
	return err
}

// frameSize reads a length, of at most limit.
func frameSize(in *bufio.Reader, limit uint64) (uint64, error) {
	n, err := binary.ReadUvarint(in)
	switch {
	case err == io.EOF:
		return 0, io.EOF
	case err != nil:
		return 0, ended(err, ErrNumber)
	case n > limit:
		return 0, ErrLarge
	}
	return n, nil
}

// ended returns why for an error that says that there are no more bytes.
func ended(err, why error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return why
	}
	return err
}
