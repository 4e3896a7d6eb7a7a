//go:build unix

package client

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// An alive tells the workers of this host of each other's death, so that what
// one of them held when it was killed need not wait for its lease. Each process
// holds the lock of a file that is named after it for as long as it lives; the
// kernel lets go of the lock however the process ends.
type alive struct {
	folder string
	file   *os.File // held until the process ends
}

// aliveKept is how long the file of a process that is gone stays: as long as
// its attempts may be looked at.
const aliveKept = 48 * time.Hour

// newAlive begins the life of a process of that name. It returns nil, and
// workers wait for leases, where the folder of such files can't be used.
func newAlive(name string) *alive {
	a := &alive{folder: filepath.Join(os.TempDir(), fmt.Sprintf("okazaki-alive-%d", os.Getuid()))}
	if err := os.MkdirAll(a.folder, 0o700); err != nil {
		return nil
	}
	if info, err := os.Lstat(a.folder); err != nil || !info.IsDir() || info.Mode().Perm() != 0o700 || !owned(info) || !thisHostOnly(a.folder) {
		return nil // somebody else's, or seen by other hosts
	}
	file, err := os.CreateTemp(a.folder, "new-*")
	if err != nil {
		return nil
	}
	// The lock first, then the name: another process never finds it unlocked.
	if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil || os.Rename(file.Name(), filepath.Join(a.folder, name)) != nil {
		os.Remove(file.Name())
		file.Close()
		return nil
	}
	a.file = file
	a.tidy()
	return a
}

func owned(info os.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Getuid()
}

// dead says whether the worker's process was of this host and is gone.
func (a *alive) dead(worker string) bool {
	process, _, ok := strings.Cut(worker, "-")
	if !ok || process == "" || strings.ContainsAny(process, "/.") {
		return false
	}
	return unlocked(filepath.Join(a.folder, process))
}

// unlocked says whether a file is there and nobody holds its lock.
func unlocked(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false // of another host, container or user
	}
	defer file.Close()
	return syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil
}

// tidied is the file whose time of change is when the folder was last tidied.
// No process has a name that short.
const tidied = "tidied"

// tidy deletes the files of processes that are long gone, once an hour.
func (a *alive) tidy() {
	mark := filepath.Join(a.folder, tidied)
	if info, err := os.Lstat(mark); err == nil && time.Since(info.ModTime()).Abs() < time.Hour {
		return
	}
	if os.WriteFile(mark, []byte(tidied), 0o600) != nil {
		return
	}
	entries, err := os.ReadDir(a.folder)
	if err != nil {
		return
	}
	for _, e := range entries {
		path := filepath.Join(a.folder, e.Name())
		if path == mark {
			continue
		}
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > aliveKept && unlocked(path) {
			os.Remove(path)
		}
	}
}
