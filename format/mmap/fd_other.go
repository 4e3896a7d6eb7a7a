//go:build !unix

package mmap

import "errors"

// mapped says that files can't be mapped here.
func mapped(uintptr, int64) ([]byte, func() error, error) { return nil, nil, errors.ErrUnsupported }
