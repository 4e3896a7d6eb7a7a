//go:build !linux

package mmap

// Forget is a hint that is not given here.
func Forget([]byte) {}
