package dir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// A disk has the calls to the operating system by which a Store changes a
// file or a folder, so that a test can say what a crash leaves. All paths are
// absolute. Files are read through package os.
type disk interface {
	// open readies a folder for files that have no key yet. It may use the
	// path trial, in that folder, meanwhile.
	open(folder, trial string)
	close()
	// of says whether one call syncs the whole file system of root, and
	// whether this machine alone has it mounted, on a disk.
	of(root *os.File) (whole, local bool)
	// write makes a file with the bytes of chunks. It has the name path, which
	// is new, or none where the system can do without. With sync the bytes
	// survive a crash.
	write(path string, sync bool, chunks ...[]byte) (temp, error)
	link(t temp, path string) error
	drop(t temp) // what can't be removed is swept at a later Open
	// zeros makes the file path, with size bytes that survive a crash.
	zeros(path string, size int) error
	// setTime makes a file as old as if it had been written then.
	setTime(path string, then time.Time) error
	// writeAt changes bytes of a file that is there.
	writeAt(f *os.File, b []byte, at int64) error
	remove(path string) error
	mkdir(path string) error
	rmdir(path string) error

	syncFile(f *os.File) error    // the bytes of a file survive a crash
	syncFolder(path string) error // the names in a folder survive a crash
	syncAll(root *os.File) error  // all that was done before, in the whole file system
}

// A machine is what a Store runs on.
type machine struct {
	disk disk
	boot string // names this start of the machine; "": it has no name, so that there can't be a journal
	// The sizes of a journal's files, of the first and of the others. The first
	// is small, since many stores are used little.
	firstJournal, fullJournal int
	patience                  time.Duration // how long to wait for the process that mends the store after a crash
}

func thisMachine() machine { return machine{&osDisk{}, bootID(), 256 << 10, 4 << 20, time.Minute} }

// A temp is a file that has no key yet: a path, or a descriptor if that is "".
type temp struct {
	path string
	fd   int
}

// An osDisk is the operating system itself.
type osDisk struct{ nameless }

func (d *osDisk) write(path string, sync bool, chunks ...[]byte) (temp, error) {
	if fd, ok := d.take(); ok {
		return temp{fd: fd}, writeNameless(fd, sync, chunks)
	}
	return temp{path: path}, writeFile(path, sync, chunks)
}

func writeFile(path string, sync bool, chunks [][]byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		return err
	}
	for _, b := range chunks {
		if err == nil {
			_, err = f.Write(b)
		}
	}
	if err == nil && sync {
		err = f.Sync()
	}
	// A network file system may only now say that the disk is full.
	return errors.Join(err, f.Close())
}

func (d *osDisk) link(t temp, path string) error {
	if t.path == "" {
		return d.linkNameless(t.fd, path)
	}
	err := os.Link(t.path, path)
	// An NFS client that sends the request again, because the reply was lost,
	// hears "exists" of its own link: whether the two are one file is the truth.
	if errors.Is(err, fs.ErrExist) && sameFile(t.path, path) {
		return nil
	}
	return err
}

func sameFile(a, b string) bool {
	ai, aerr := os.Lstat(a)
	bi, berr := os.Lstat(b)
	return aerr == nil && berr == nil && os.SameFile(ai, bi)
}

func (d *osDisk) drop(t temp) {
	if t.path == "" {
		closeNameless(t.fd)
		return
	}
	_ = os.Remove(t.path)
}

func (*osDisk) zeros(path string, size int) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	if _, err = f.Write(make([]byte, size)); err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func (*osDisk) setTime(path string, then time.Time) error { return os.Chtimes(path, then, then) }

func (*osDisk) writeAt(f *os.File, b []byte, at int64) error {
	_, err := f.WriteAt(b, at)
	return err
}

func (*osDisk) of(root *os.File) (whole, local bool) { return fileSystem(root) }

func (*osDisk) remove(path string) error    { return os.Remove(path) }
func (*osDisk) mkdir(path string) error     { return os.Mkdir(path, 0o777) }
func (*osDisk) rmdir(path string) error     { return syscall.Rmdir(path) }
func (*osDisk) syncFile(f *os.File) error   { return syncData(f) }
func (*osDisk) syncAll(root *os.File) error { return syncWhole(root) }

func (*osDisk) syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	err = f.Sync()
	_ = f.Close()
	return err
}

// mkdirAll makes a folder of the store and those above it.
func (s *Store) mkdirAll(path string) error {
	err := s.disk.mkdir(path)
	if errors.Is(err, fs.ErrNotExist) && path != s.root {
		if err := s.mkdirAll(filepath.Dir(path)); err != nil {
			return err
		}
		err = s.disk.mkdir(path)
	}
	if errors.Is(err, fs.ErrExist) {
		if info, statErr := os.Stat(path); statErr == nil && info.IsDir() {
			return nil
		}
	}
	return err
}
