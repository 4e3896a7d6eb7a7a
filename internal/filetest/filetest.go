// Package filetest has files for tests.
//
// Its one invariant: a file that Memory returns is in memory, so that it can't be mapped.
package filetest

import (
	"bytes"

	"okazaki"
)

// Memory returns a file that holds b. Closing it does nothing.
func Memory(b []byte) okazaki.File { return memory{bytes.NewReader(b)} }

type memory struct{ *bytes.Reader }

func (memory) Close() error { return nil }
