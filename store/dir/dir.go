// Package dir is a store in a folder of a local or network file system, for
// one machine or for many that mount it.
//
// Its one invariant: a file under a key's name never changes, and after a
// crash it holds its whole value or none.
package dir

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"okazaki"
	"okazaki/store"
)

// Options are how a Store treats its disk.
type Options struct {
	// NoSync gives up that a created value survives the crash of a machine:
	// for tests, and for stores that are thrown away. Default: it does.
	NoSync bool
	// Durable says whether a key's value must survive a crash of the machine.
	// Nil: every key's must.
	Durable func(key string) bool
	// Own says whether only files of the store can have a key. Such a file that is
	// torn is removed by the Get that calls it missing, and when the folder is mended
	// after a crash. Another one stays, and List shows it. Nil: no key is the store's
	// alone.
	Own func(key string) bool
}

// A Store keeps each value in a file of its key's name. All methods may be
// called at once, by any number of processes. A Create whose context ends, or
// that returns another error than ErrExists, may have succeeded all the same.
type Store struct {
	machine
	root  string
	name  string // root as the user named it
	nonce string // of this Store, in the names of its temporary files
	temps atomic.Int64
	clock clock
	sync  syncer
	lock  lock
	since time.Time // files that are older have no seal
	local bool      // no other machine has the folder

	folders  map[string]*listing // of late
	listings sync.Mutex          // for folders

	journal *journal              // nil: there is none
	durable func(key string) bool // nil: every key is
	own     func(key string) bool // nil: no key is
}

var _ okazaki.Store = (*Store)(nil)

// tempFolder is the folder of files that have no key yet. No key has a plus.
const tempFolder = "+tmp"

func (s *Store) path(key string) string { return filepath.Join(s.root, filepath.FromSlash(key)) }

// newTemp is a name that no other process or Store uses.
func (s *Store) newTemp() string {
	return filepath.Join(s.root, tempFolder, fmt.Sprintf("%s.%d", s.nonce, s.temps.Add(1)))
}

func newNonce() string { return strings.ToLower(rand.Text()) }

// Create is okazaki.Store's. When it returns nil the value survives a crash,
// unless the Options say otherwise.
func (s *Store) Create(ctx context.Context, key string, value []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := store.CheckKey(key); err != nil {
		return err
	}
	switch durable := s.durable == nil || s.durable(key); {
	case !durable:
		return s.explain(s.create(ctx, key, value, noSync{}))
	case s.journal == nil || len(value) > brief:
		return s.explain(s.create(ctx, key, value, s.sync))
	}
	err := s.createJournaled(ctx, key, value)
	if errors.Is(err, errLocked) {
		err = s.create(ctx, key, value, s.sync)
	}
	return s.explain(err)
}

// createJournaled makes a create survive by a record in the journal, which the
// disk takes up while the key gets its name.
func (s *Store) createJournaled(ctx context.Context, key string, value []byte) error {
	j, path := s.journal, s.path(key)
	defer j.group.begin(len(value))()
	tmp, err := s.disk.write(s.newTemp(), false, sealed(value)...)
	var survives *round
	if err == nil {
		r := record{kind: created, key: key, value: value}
		err = j.change(r, func() error { return s.vacant(path) }, func() error {
			survives = j.group.join()
			return s.link(tmp, path)
		})
	}
	s.disk.drop(tmp)
	if err != nil {
		return err
	}
	return survives.wait(ctx)
}

func (s *Store) create(ctx context.Context, key string, value []byte, sync syncer) error {
	defer sync.begin(len(value))()
	tmp, err := s.disk.write(s.newTemp(), sync.files(), sealed(value)...)
	if err == nil {
		err = sync.values(ctx)
	}
	if err == nil {
		err = s.claim(tmp, s.path(key))
	}
	s.disk.drop(tmp)
	if err == nil {
		err = sync.names(ctx, s.path(store.Folder(key)))
	}
	return err
}

// claim gives tmp the name path, which may be a torn file's.
func (s *Store) claim(tmp temp, path string) error {
	err := s.link(tmp, path)
	if !errors.Is(err, okazaki.ErrExists) || !s.isTorn(path) {
		return err
	}
	err = s.lock.hold(time.Second, func() error {
		if err := s.vacant(path); err != nil {
			return err
		}
		return s.link(tmp, path)
	})
	if errors.Is(err, errLocked) {
		return fmt.Errorf("%w: %w", okazaki.ErrBusy, err)
	}
	return err
}

// settled is when every machine sees all of a file that another has written.
const settled = time.Minute

// vacant returns okazaki.ErrExists if path holds a value. It removes a file
// that a crash has torn; the store's lock is held.
func (s *Store) vacant(path string) error {
	info, err := os.Lstat(path)
	if isAbsent(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if !s.isTorn(path) {
		return okazaki.ErrExists
	}
	if !s.local {
		now, err := s.clock.now()
		if err != nil {
			return err
		}
		if now.Sub(info.ModTime()) < settled {
			return fmt.Errorf("%w: what another machine writes is not whole yet", okazaki.ErrBusy)
		}
	}
	return s.disk.remove(path)
}

// isTorn says whether the file path differs from what was written, because of
// a crash of the machine.
func (s *Store) isTorn(path string) bool {
	_, err := s.read(path)
	return errors.Is(err, errTorn)
}

// link gives tmp the name path, and returns okazaki.ErrExists if there is one.
func (s *Store) link(tmp temp, path string) error {
	var err error
	for range 100 { // others may delete the folder as often as it is made
		if err = s.disk.link(tmp, path); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err := s.mkdirAll(filepath.Dir(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if errors.Is(err, fs.ErrExist) {
		return okazaki.ErrExists
	}
	return err
}

// Get is okazaki.Store's.
func (s *Store) Get(ctx context.Context, key string) (okazaki.Value, error) {
	if err := ctx.Err(); err != nil {
		return okazaki.Value{}, err
	}
	if err := store.CheckKey(key); err != nil {
		return okazaki.Value{}, err
	}
	v, err := s.read(s.path(key))
	if errors.Is(err, okazaki.ErrNotFound) && s.journal == nil {
		// An NFS client remembers for a while what wasn't there; to open the
		// folder makes it look again.
		if f, openErr := os.Open(s.path(store.Folder(key))); openErr == nil {
			_ = f.Close()
			v, err = s.read(s.path(key))
		}
	}
	if errors.Is(err, errTorn) {
		if s.own != nil && s.own(key) {
			// Lists would show what no Get finds. To remove it is manners: another may
			// have the lock, or the folder may be read-only.
			_ = s.lock.hold(0, func() error { return s.vacant(s.path(key)) })
		}
		return okazaki.Value{}, okazaki.ErrNotFound
	}
	return v, err
}

// errTorn says that a file is not as it was written.
var errTorn = errors.New("a crash of the machine has torn this file")

func (s *Store) read(path string) (okazaki.Value, error) {
	f, err := os.Open(path)
	if err != nil {
		return okazaki.Value{}, s.absent(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return okazaki.Value{}, s.absent(err)
	}
	if info.IsDir() {
		return okazaki.Value{}, okazaki.ErrNotFound
	}
	file := make([]byte, info.Size())
	if _, err := io.ReadFull(f, file); err != nil {
		return okazaki.Value{}, s.absent(err)
	}
	value, whole := unseal(file)
	if !whole && !info.ModTime().Before(s.since) {
		return okazaki.Value{}, errTorn
	}
	if !whole {
		value = file
	}
	now, err := s.clock.now()
	if err != nil {
		return okazaki.Value{}, s.explain(err)
	}
	return okazaki.Value{Bytes: value, Age: max(0, now.Sub(info.ModTime()))}, nil
}

// Delete is okazaki.Store's. It deletes folders that are left empty.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := store.CheckKey(key); err != nil {
		return err
	}
	if info, err := os.Lstat(s.path(key)); err == nil && info.IsDir() {
		return nil
	}
	if err := s.remove(key); err != nil {
		if err = s.absent(err); !errors.Is(err, okazaki.ErrNotFound) {
			return err
		}
	}
	for folder := store.Folder(key); folder != ""; folder = store.Folder(folder[:len(folder)-1]) {
		if s.disk.rmdir(s.path(folder)) != nil {
			break // others have keys in it, or are about to
		}
	}
	return nil
}

// remove deletes a key's file, and says so in the journal, or a crash could
// bring it back.
func (s *Store) remove(key string) error {
	path := s.path(key)
	remove := func() error { return s.disk.remove(path) }
	if s.journal == nil || s.durable != nil && !s.durable(key) {
		return remove()
	}
	mark, err := markOf(path)
	if err != nil {
		return err
	}
	r := record{kind: deleted, key: key, value: []byte(mark)}
	err = s.journal.change(r, func() error { return nil }, remove)
	if errors.Is(err, errLocked) {
		return remove() // it would come back as it was
	}
	return err
}
