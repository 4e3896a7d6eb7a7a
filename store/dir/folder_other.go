//go:build !linux

package dir

import (
	"os"
	"path/filepath"
	"time"
)

// A folder is one that is being read.
type folder struct{ f *os.File }

func openFolder(path string) (folder, error) {
	f, err := os.Open(path)
	return folder{f}, err
}

func (f folder) close() { _ = f.f.Close() }

// each calls visit with the files and folders in f.
func (f folder) each(visit func(name []byte, number uint64, isFolder bool)) error {
	entries, err := f.f.ReadDir(-1)
	for _, e := range entries {
		if e.IsDir() || e.Type().IsRegular() {
			visit([]byte(e.Name()), 0, e.IsDir())
		}
	}
	return err
}

// time is when a file in the folder was written.
func (f folder) time(name string) (time.Time, error) {
	info, err := os.Lstat(filepath.Join(f.f.Name(), name))
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}
