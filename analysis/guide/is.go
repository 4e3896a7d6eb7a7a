package guide

import "io"

// IsIndex says whether a file begins like an index of okazaki index guide.
func IsIndex(f io.ReaderAt) bool { return fileKind.Is(f) }
