package mmap

import "syscall"

// Forget tells the system that bytes that were mapped are not needed for now:
// they stay as they are, and are fetched again when they are looked at. Others
// may be reading them.
func Forget(b []byte) {
	if len(b) > 0 {
		_ = syscall.Madvise(b, syscall.MADV_DONTNEED) // a hint: whether it is heeded makes no difference
	}
}
