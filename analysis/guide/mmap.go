package guide

import "okazaki/format/mmap"

// mapped is a file as memory, read only. release gives it back.
func mapped(fd uintptr, size int64) (b []byte, release func() error, err error) {
	return mmap.Fd(fd, size)
}
