package mmap

import "syscall"

// Random tells the system that mapped bytes will be read in random order: no
// more is fetched than is read.
func Random(b []byte) { advise(b, syscall.MADV_RANDOM) }

// Ahead takes that back: what comes next is fetched too.
func Ahead(b []byte) { advise(b, syscall.MADV_NORMAL) }

// Forget tells the system that mapped bytes are not needed for now: they stay
// as they are, and are fetched again when they are read. Other goroutines may
// be reading them.
func Forget(b []byte) { advise(b, syscall.MADV_DONTNEED) }

func advise(b []byte, how int) {
	if len(b) > 0 {
		_ = syscall.Madvise(b, how) // a hint: whether it is heeded makes no difference
	}
}
