//go:build !unix

package distance_test

// This system tells in another way, which nobody has needed yet.
func cpu() float64  { return 0 }
func peak() float64 { return 0 }
