package dir

import (
	"bytes"
	"encoding/binary"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A folder is one that is being read, with the numbers of its files.
type folder struct{ fd int }

func openFolder(path string) (folder, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return folder{}, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return folder{fd}, nil
}

func (f folder) close() { _ = unix.Close(f.fd) }

// each calls visit with the files and folders in f, but for "." and "..". The
// name is visit's only until it returns.
func (f folder) each(visit func(name []byte, number uint64, isFolder bool)) error {
	// What getdents64(2) fills: number, offset, length, type, name.
	const length, kind, start = 16, 18, 19
	buf := make([]byte, 64<<10)
	for {
		n, err := unix.Getdents(f.fd, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return os.NewSyscallError("getdents64", err)
		}
		for b := buf[:n]; len(b) > 0; b = b[binary.NativeEndian.Uint16(b[length:]):] {
			name := b[start:binary.NativeEndian.Uint16(b[length:])]
			name = name[:max(0, bytes.IndexByte(name, 0))]
			if s := string(name); s == "" || s == "." || s == ".." {
				continue
			}
			switch f.kind(name, b[kind]) {
			case unix.DT_DIR:
				visit(name, binary.NativeEndian.Uint64(b), true)
			case unix.DT_REG:
				visit(name, binary.NativeEndian.Uint64(b), false)
			}
		}
	}
}

// kind is what a folder says that a name is, or what the file says itself
// where the folder doesn't know.
func (f folder) kind(name []byte, said byte) byte {
	var st unix.Stat_t
	if said != unix.DT_UNKNOWN || unix.Fstatat(f.fd, string(name), &st, unix.AT_SYMLINK_NOFOLLOW) != nil {
		return said
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return unix.DT_DIR
	case unix.S_IFREG:
		return unix.DT_REG
	}
	return said
}

// time is when a file in the folder was written.
func (f folder) time(name string) (time.Time, error) {
	var st unix.Stat_t
	if err := unix.Fstatat(f.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return time.Time{}, err
	}
	return time.Unix(st.Mtim.Unix()), nil
}
