//go:build !unix

package mmap

import "errors"

// Fd says that files can't be mapped here.
func Fd(uintptr, int64) ([]byte, func() error, error) { return nil, nil, errors.ErrUnsupported }
