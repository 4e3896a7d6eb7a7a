package dir

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"okazaki"
)

// Names in the store's folder that are not keys: a file that is locked, one
// whose age says which other files have seals, and one that is there if other
// machines may use the folder.
const (
	lockName   = "+lock"
	sealsName  = "+seals"
	sharedName = "+shared"
)

// staleTemp is longer than any Create takes.
const staleTemp = 24 * time.Hour

// Open is the store in the folder path, which is made if it isn't there.
// Temporary files that a crash left behind more than a day ago are removed.
func Open(path string, o Options) (*Store, error) {
	return open(path, o, thisMachine())
}

// open is Open on a machine that may not be this one.
func open(path string, o Options, m machine) (*Store, error) {
	root, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	s := &Store{root: root, name: path, nonce: newNonce(), durable: o.Durable, own: o.Own, machine: m}
	s.clock.touch = s.touch
	s.lock.path = filepath.Join(root, lockName)
	if err := os.MkdirAll(filepath.Join(root, tempFolder), 0o777); err != nil {
		return nil, s.explain(err)
	}
	if err := s.tryLink(); err != nil {
		return nil, err
	}
	if err := s.sweep(); err != nil {
		return nil, s.explain(err)
	}
	s.disk.open(filepath.Join(root, tempFolder), s.newTemp())
	if s.since, err = s.sealedSince(); err != nil {
		return nil, s.explain(err)
	}
	if err := s.keep(o); err != nil {
		return nil, s.explain(err)
	}
	return s, nil
}

// keep readies what makes values survive a crash, and restores values from
// the journal after an earlier crash.
func (s *Store) keep(o Options) error {
	sync, err := s.newSyncer(o)
	if err != nil {
		return err
	}
	s.sync = sync
	if !s.local {
		return s.share()
	}
	_, err = os.Stat(filepath.Join(s.root, journalFolder))
	if begins := !o.NoSync && !s.isShared(); s.boot == "" || !begins && err != nil {
		return nil
	}
	j, err := s.openJournal()
	if errors.Is(err, errLocked) {
		err = &okazaki.Error{
			File: s.name, Err: err,
			Message: "another process is mending this folder after a crash of the machine, or was stopped while it did",
			Hint:    "try again in a minute, and end that process if it was stopped",
		}
	}
	if err != nil {
		return errors.Join(err, sync.close())
	}
	if o.NoSync || s.isShared() {
		return j.close()
	}
	s.journal = j
	return nil
}

// share says to all processes that use the folder, now and later, that a
// journal is useless: after a crash of the machine whose disk it is, others
// may read the folder before the journal is replayed.
func (s *Store) share() error {
	if s.isShared() {
		return nil
	}
	if err := s.disk.zeros(filepath.Join(s.root, sharedName), 0); err != nil {
		return err
	}
	return s.disk.syncFolder(s.root)
}

func (s *Store) isShared() bool {
	_, err := os.Lstat(filepath.Join(s.root, sharedName))
	return err == nil
}

// sealedSince is the time from which on files of the store have a seal: when
// the first program that writes seals opened it.
func (s *Store) sealedSince() (time.Time, error) {
	path := filepath.Join(s.root, sealsName)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = s.disk.zeros(path, 0); err == nil {
			info, err = os.Stat(path)
		}
	}
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

// FromURL is the store of "dir:PATH" or "dir:PATH?sync=no", with other options
// as given.
func FromURL(u *url.URL, o Options) (*Store, error) {
	path, err := u.Path, error(nil)
	if u.Opaque != "" {
		path, err = url.PathUnescape(u.Opaque)
	}
	q := u.Query()
	o.NoSync = o.NoSync || q.Get("sync") == "no"
	q.Del("sync")
	if u.Scheme != "dir" || u.Host != "" || path == "" || err != nil || len(q) > 0 {
		return nil, &okazaki.Error{
			Message: "the store " + u.Redacted() + " is not a folder",
			Hint:    `write "dir:PATH", or "dir:PATH?sync=no" for one that need not survive a crash`,
		}
	}
	return Open(path, o)
}

// Folder is the path of the store's folder.
func (s *Store) Folder() string { return s.root }

// Close lets go of the folder. Calls under way may fail.
func (s *Store) Close() error {
	s.disk.close()
	err := errors.Join(s.sync.close(), s.lock.close())
	if s.journal != nil {
		err = errors.Join(err, s.journal.close())
	}
	return err
}

// tryLink makes sure that a name can be given once.
func (s *Store) tryLink() error {
	a, b := s.newTemp(), s.newTemp()
	f, err := os.OpenFile(a, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		return s.explain(err)
	}
	_ = f.Close()
	defer os.Remove(a)
	defer os.Remove(b)
	err = os.Link(a, b)
	switch {
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.ENOSYS), errors.Is(err, errors.ErrUnsupported):
		return &okazaki.Error{
			File: s.name, Err: err,
			Message: "the file system of this folder has no hard links, so that no key can be created once",
			Hint:    "use a folder on a local disk or on NFS",
		}
	case err != nil:
		return s.explain(err)
	}
	if err := os.Link(a, b); !errors.Is(err, fs.ErrExist) {
		return &okazaki.Error{
			File: s.name, Err: err,
			Message: "the file system of this folder gives a name twice",
			Hint:    "use a folder on a local disk or on NFS",
		}
	}
	return nil
}

// sweep removes temporary files that no process will link any more.
func (s *Store) sweep() error {
	now, err := s.clock.now()
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(filepath.Join(s.root, tempFolder))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > staleTemp {
			_ = os.Remove(filepath.Join(s.root, tempFolder, e.Name())) // another may sweep too
		}
	}
	return nil
}

// mends are the faults of a disk that a user can do something about.
var mends = []struct {
	err           error
	message, hint string
}{
	{syscall.ENOSPC, "the disk is full", "free some space, or put the store on another disk"},
	{syscall.EDQUOT, "the disk quota is used up", "free some space, or put the store on another disk"},
	{syscall.EROFS, "the file system can't be written to", "put the store on another disk"},
	{fs.ErrPermission, "the folder may not be written to", "change its permissions, or put the store elsewhere"},
}

// passing are faults that are over soon.
var passing = []error{
	syscall.ESTALE, syscall.EINTR, syscall.EAGAIN, syscall.ETIMEDOUT, syscall.EBUSY, syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS,
}

// explain is err in the words of okazaki.Store.
func (s *Store) explain(err error) error {
	for _, m := range mends {
		if errors.Is(err, m.err) {
			return &okazaki.Error{File: s.name, Message: m.message, Hint: m.hint, Err: err}
		}
	}
	for _, p := range passing {
		if errors.Is(err, p) {
			return fmt.Errorf("%w: %w", okazaki.ErrBusy, err)
		}
	}
	if !isAbsent(err) {
		return err
	}
	switch info, statErr := os.Stat(s.root); {
	case statErr == nil && !info.IsDir(), errors.Is(statErr, syscall.ENOTDIR):
		return &okazaki.Error{File: s.name, Message: "this is a file, not a folder", Hint: "name a folder for the store", Err: err}
	case errors.Is(statErr, fs.ErrNotExist):
		return &okazaki.Error{File: s.name, Message: "the folder of the store has gone", Hint: "mount or restore it, and start again", Err: err}
	}
	return err
}

// absent is explain for what may well not be there.
func (s *Store) absent(err error) error {
	err = s.explain(err)
	if _, mend := err.(*okazaki.Error); !mend && isAbsent(err) {
		return okazaki.ErrNotFound
	}
	return err
}

func isAbsent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}
