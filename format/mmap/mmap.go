// Package mmap lets a file's bytes be used as they lie on disk.
//
// Its one invariant: what is mapped is read only.
package mmap

import (
	"errors"

	"okazaki"
)

// File maps a whole file into memory. release gives it back: the bytes can't
// be used afterwards. The file may be closed before. An error says that the
// file must be read instead: it is in a store, it is empty, or this system
// can't map it.
func File(f okazaki.File) (b []byte, release func() error, err error) {
	local, ok := f.(interface{ Fd() uintptr })
	if !ok || f.Size() <= 0 {
		return nil, nil, errors.ErrUnsupported
	}
	return mapped(local.Fd(), f.Size())
}
