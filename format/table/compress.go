package table

import (
	"errors"
	"io"
	"runtime"

	"github.com/klauspost/compress/zstd"

	"okazaki/format/bgzf"
	"okazaki/format/unpack"
)

// Compressions are the endings of compressed files that Compress knows.
var Compressions = []string{"gz", "bgz", "zst"}

// Compress returns a writer that compresses what it is given to w: "gz" and "bgz"
// as BGZF, which gunzip reads and tabix indexes, "zst" as Zstandard. Close ends
// it, and leaves w open.
func Compress(w io.Writer, ending string) (io.WriteCloser, error) {
	switch ending {
	case "gz", "bgz":
		return bgzf.NewWriter(w, 6, runtime.GOMAXPROCS(0))
	case "zst":
		return zstd.NewWriter(w)
	}
	return nopCloser{w}, nil
}

// Unpack returns a writer of a compressed file, which writes what was compressed
// to w. Close waits for its end, and leaves w open.
func Unpack(w io.Writer) io.WriteCloser {
	r, in := io.Pipe()
	u := &unpacker{PipeWriter: in, done: make(chan error, 1)}
	go func() {
		z, err := unpack.NewReader("", r)
		if err == nil {
			_, err = io.Copy(w, z)
			err = errors.Join(err, z.Close())
		}
		_ = r.CloseWithError(err) // nil: a writer that goes on is told io.ErrClosedPipe
		u.done <- err
	}()
	return u
}

type unpacker struct {
	*io.PipeWriter
	done chan error
}

// Close is io.Closer's.
func (u *unpacker) Close() error { return errors.Join(u.PipeWriter.Close(), <-u.done) }
