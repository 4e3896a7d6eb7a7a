//go:build !linux

package dir

import (
	"errors"
	"os"
)

func fileSystem(*os.File) (whole, local bool) { return false, false }

func syncWhole(*os.File) error { return errors.ErrUnsupported }

func syncData(f *os.File) error { return f.Sync() }

// tryLock locks nothing: it keeps apart the goroutines of one process only.
func tryLock(*os.File) (bool, error) { return true, nil }

func unlock(*os.File) {}
