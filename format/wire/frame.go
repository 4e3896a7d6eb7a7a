package wire

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// step is the most bytes that ReadFrame makes room for before it has read as
// many.
const step = 1 << 20

// ReadFrame reads a length, of at most limit, and then as many bytes, which is
// what AppendBytes wrote. It returns them in buf's memory, if they fit. A
// length alone allocates little: room is made as the bytes come. Where there
// are no bytes at all it returns io.EOF.
func ReadFrame(in *bufio.Reader, buf []byte, limit uint64) ([]byte, error) {
	n, err := binary.ReadUvarint(in)
	if err == io.EOF {
		return nil, io.EOF
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNumber, err)
	}
	if n > limit {
		return nil, ErrLarge
	}
	buf = buf[:0]
	for left := n; left > 0; {
		more := int(min(left, uint64(max(step, len(buf), cap(buf)-len(buf)))))
		from := len(buf)
		buf = slices.Grow(buf, more)[:from+more]
		if _, err := io.ReadFull(in, buf[from:]); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrShort, err)
		}
		left -= uint64(more)
	}
	return buf, nil
}
