//go:build !unix

package output

// lockFolder keeps other commands from writing into a folder's record where
// that can be done.
func lockFolder(string) (unlock func()) { return func() {} }
