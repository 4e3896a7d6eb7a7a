//go:build !linux

package mmap

// Random is a hint that is not given here.
func Random([]byte) {}

// Ahead is a hint that is not given here.
func Ahead([]byte) {}

// Forget is a hint that is not given here.
func Forget([]byte) {}
