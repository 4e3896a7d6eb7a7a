package container

import "unsafe"

// LittleEndian says whether this machine stores numbers as the files do, so
// that View and Raw may be used.
func LittleEndian() bool {
	one := uint16(1)
	return *(*byte)(unsafe.Pointer(&one)) == 1
}

// View returns bytes as the numbers that they hold, without copying. The bytes
// begin where such a number may begin in memory. A few bytes too many are left
// out.
func View[T any](b []byte) []T {
	var one T
	n := len(b) / int(unsafe.Sizeof(one))
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&b[0])), n)
}

// Raw returns numbers as the bytes that they lie in, without copying.
func Raw[T any](numbers []T) []byte {
	if len(numbers) == 0 {
		return nil
	}
	var one T
	return unsafe.Slice((*byte)(unsafe.Pointer(&numbers[0])), len(numbers)*int(unsafe.Sizeof(one)))
}
