package guide

import "io"

// IsIndex says whether a file begins like an index of okazaki index guide.
func IsIndex(f io.ReaderAt) bool {
	head := make([]byte, len(magic))
	n, _ := f.ReadAt(head, 0) // a file too short has another beginning
	return string(head[:n]) == magic
}
