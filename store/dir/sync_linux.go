package dir

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncsWhole says whether one call syncs the whole file system that root is
// on. FUSE ignores it.
func syncsWhole(root *os.File) bool {
	var st unix.Statfs_t
	err := unix.Fstatfs(int(root.Fd()), &st)
	return err == nil && st.Type != unix.FUSE_SUPER_MAGIC && syncWhole(root) == nil
}

func syncWhole(root *os.File) error {
	conn, err := root.SyscallConn()
	if err != nil {
		return err
	}
	var syncErr error
	if err := conn.Control(func(fd uintptr) { syncErr = unix.Syncfs(int(fd)) }); err != nil {
		return err
	}
	return os.NewSyscallError("syncfs", syncErr)
}
