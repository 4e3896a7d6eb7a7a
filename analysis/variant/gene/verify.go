package gene

import "io"

// IsModel says whether a file begins as a model of okazaki index genes does.
func IsModel(f io.ReaderAt) bool {
	head := make([]byte, len(magic))
	n, _ := f.ReadAt(head, 0) // a file too short has another beginning
	return string(head[:n]) == magic
}
