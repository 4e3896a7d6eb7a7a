package dir

import (
	"errors"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// local are the file systems that one machine alone has mounted, on a disk.
var local = []int64{unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC, unix.OVERLAYFS_SUPER_MAGIC}

// fileSystem is disk's of. FUSE ignores syncfs.
func fileSystem(root *os.File) (whole, isLocal bool) {
	var st unix.Statfs_t
	if unix.Fstatfs(int(root.Fd()), &st) != nil {
		return false, false
	}
	return st.Type != unix.FUSE_SUPER_MAGIC, slices.Contains(local, int64(st.Type))
}

func syncWhole(root *os.File) error {
	return control(root, "syncfs", unix.Syncfs)
}

// syncData makes the bytes of a file survive.
func syncData(f *os.File) error {
	return control(f, "fdatasync", unix.Fdatasync)
}

func tryLock(f *os.File) (bool, error) {
	err := control(f, "flock", func(fd int) error { return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) })
	if errors.Is(err, unix.EWOULDBLOCK) || errors.Is(err, unix.EINTR) {
		return false, nil
	}
	return err == nil, err
}

func unlock(f *os.File) {
	_ = control(f, "flock", func(fd int) error { return unix.Flock(fd, unix.LOCK_UN) })
}

func control(f *os.File, name string, call func(fd int) error) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var callErr error
	if err := conn.Control(func(fd uintptr) { callErr = call(int(fd)) }); err != nil {
		return err
	}
	return os.NewSyscallError(name, callErr)
}
