//go:build unix

package known

import "syscall"

// mapped is a file as memory, read only. release gives it back.
func mapped(fd uintptr, size int64) (b []byte, release func() error, err error) {
	b, err = syscall.Mmap(int(fd), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED)
	return b, func() error { return syscall.Munmap(b) }, err
}
