package dir

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"okazaki/store"
)

// replay does to the store what the journal of an earlier boot says, and
// begins a new one. No other process has the store open: those before the
// machine was started are gone, and a new one waits for the lock.
func (j *journal) replay() error {
	numbers, err := j.numbers()
	if err != nil {
		return err
	}
	keys := map[string]*past{}
	for _, n := range unbroken(numbers) {
		b, err := os.ReadFile(j.path(n))
		if err != nil {
			return err
		}
		for {
			r, size, ok := decode(b, n)
			if !ok {
				break
			}
			if keys[r.key] == nil {
				keys[r.key] = &past{}
			}
			keys[r.key].add(r)
			b = b[size:]
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if err := j.s.redo(keys[key]); err != nil {
			return err
		}
	}
	if err := j.s.dropTorn(); err != nil {
		return err
	}
	p := position{0, noRoom}
	if len(numbers) > 0 {
		p.number = numbers[len(numbers)-1]
		if err := j.s.disk.syncAll(j.state); err != nil {
			return err
		}
	}
	// Oldest first, since a file is replayed only with all after it.
	for _, n := range numbers {
		if err := errors.Join(j.s.disk.remove(j.path(n)), j.s.disk.syncFolder(j.folder)); err != nil {
			return err
		}
	}
	return j.note(p)
}

// unbroken are the last of these numbers that follow on each other. A file
// before a gap was removed, and a crash has brought it back.
func unbroken(numbers []uint64) []uint64 {
	for i := len(numbers) - 1; i > 0; i-- {
		if numbers[i-1]+1 != numbers[i] {
			return numbers[i:]
		}
	}
	return numbers
}

// writtenBack is a time within which a system has written each file to its
// disk, unasked.
const writtenBack = time.Hour

// dropTorn removes own files that the crash has torn: lists would show them.
// Only those that were new then can be.
func (s *Store) dropTorn() error {
	var newest time.Time
	err := s.walk(func(_ string, at time.Time) error {
		if at.After(newest) {
			newest = at
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.walk(func(path string, at time.Time) error {
		if newest.Sub(at) > writtenBack || !s.isTorn(path) {
			return nil
		}
		return s.disk.remove(path)
	})
}

// walk calls visit for the file of each own key, with the time when it was
// created. It leaves out what it may not look into.
func (s *Store) walk(visit func(path string, at time.Time) error) error {
	if s.own == nil {
		return nil
	}
	return filepath.WalkDir(s.root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrPermission):
			return fs.SkipDir
		case err != nil:
			return err
		}
		key := strings.TrimPrefix(filepath.ToSlash(path[len(s.root):]), "/")
		switch {
		case d.IsDir() && key != "" && !store.IsPart(d.Name()):
			return fs.SkipDir
		case !d.Type().IsRegular() || store.CheckKey(key) != nil || !s.own(key):
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return visit(path, info.ModTime())
	})
}

// A past is what a journal says about one key.
type past struct {
	last record
	gone []string // the marks of files that were deleted
}

func (p *past) add(r record) {
	if p.last = r; r.kind == deleted {
		p.gone = append(p.gone, string(r.value))
	}
}

// redo gives a key the value that it had at the end of its past, unless the
// store holds a later one: the key may have been deleted and created again
// without the journal.
func (s *Store) redo(p *past) error {
	r, path := p.last, s.path(p.last.key)
	mark, err := markOf(path)
	if err == nil && slices.Contains(p.gone, mark) {
		if err := s.disk.remove(path); err != nil {
			return err
		}
		err = fs.ErrNotExist
	}
	if r.kind != created {
		return nil
	}
	if err == nil && s.holds(path, r) {
		return nil
	}
	// What is there goes first: after a crash it is seen again, or the record is.
	if err := s.disk.remove(path); err != nil && !isAbsent(err) {
		return err
	}
	tmp, err := s.disk.write(s.newTemp(), false, sealed(r.value)...)
	if err == nil {
		err = s.link(tmp, path)
	}
	s.disk.drop(tmp)
	if err != nil {
		return err
	}
	return s.disk.setTime(path, r.at)
}

// holds says whether a file is what a record made, or came later.
func (s *Store) holds(path string, r record) bool {
	info, err := os.Lstat(path)
	if err != nil {
		return false
	}
	file, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	value, whole := unseal(file)
	return whole && (bytes.Equal(value, r.value) || info.ModTime().After(r.at))
}

// markOf tells the file of a key from another that had the key before: by its
// time and its seal.
func markOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	seal := make([]byte, sealSize)
	if _, err := f.ReadAt(seal, max(0, info.Size()-sealSize)); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strconv.FormatInt(info.ModTime().UnixNano(), 36) + string(seal), nil
}

// bootID names this start of the machine; "" where the system has no name for
// it.
func bootID() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
