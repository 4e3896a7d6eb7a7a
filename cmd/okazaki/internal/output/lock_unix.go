//go:build unix

package output

import (
	"os"

	"golang.org/x/sys/unix"
)

// lockFolder keeps other commands from writing into a folder's record until
// unlock is called. Where that can't be done, they may.
func lockFolder(folder string) (unlock func()) {
	f, err := os.Open(folder)
	if err != nil {
		return func() {}
	}
	_ = unix.Flock(int(f.Fd()), unix.LOCK_EX) // a file system without locks does without
	return func() { _ = f.Close() }
}
