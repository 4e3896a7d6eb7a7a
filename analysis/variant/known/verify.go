package known

import "io"

// IsSource says whether a file begins as one of okazaki index known does.
func IsSource(f io.ReaderAt) bool {
	head := make([]byte, len(magic))
	n, _ := f.ReadAt(head, 0) // a file too short has another beginning
	return string(head[:n]) == magic
}
