//go:build !unix

package known

import "errors"

// mapped says that files can't be mapped here: they are read.
func mapped(uintptr, int64) ([]byte, func() error, error) { return nil, nil, errors.ErrUnsupported }
