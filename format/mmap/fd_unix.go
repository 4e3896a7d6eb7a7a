//go:build unix

package mmap

import "syscall"

// mapped is size bytes of an open file as memory.
func mapped(fd uintptr, size int64) (b []byte, release func() error, err error) {
	b, err = syscall.Mmap(int(fd), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED)
	return b, func() error { return syscall.Munmap(b) }, err
}
