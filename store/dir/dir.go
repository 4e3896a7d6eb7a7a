// Package dir is a store in a folder of a local or network file system, for
// one machine or for many that mount it.
//
// Its one invariant: a file under a key's name is whole, on disk before it had
// the name, and never changes.
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
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"

	"okazaki"
	"okazaki/store"
)

// Options are how a Store treats its disk.
type Options struct {
	// NoSync gives up that a created value survives the crash of a machine:
	// for tests, and for stores that are thrown away. Default: it does.
	NoSync bool
	// Durable says of which keys the value must survive a crash of the
	// machine. Nil: of every key.
	Durable func(key string) bool
}

// A Store keeps each value in a file of its key's name. All methods may be
// called at once, by any number of processes. A Create whose context ends, or
// that answers another error than ErrExists, may have succeeded all the same.
type Store struct {
	root  string
	name  string // root as the user named it
	nonce string // of this Store, in the names of its temporary files
	temps atomic.Int64
	clock clock
	sync  syncer

	durable func(key string) bool // nil: every key is
}

var _ okazaki.Store = (*Store)(nil)

// temp is the folder of files that have no key yet. No key has a plus.
const temp = "+tmp"

func (s *Store) path(key string) string { return filepath.Join(s.root, filepath.FromSlash(key)) }

// newTemp is a name that no other process or Store uses.
func (s *Store) newTemp() string {
	return filepath.Join(s.root, temp, fmt.Sprintf("%s.%d", s.nonce, s.temps.Add(1)))
}

func newNonce() string { return strings.ToLower(rand.Text()) }

// Create is okazaki.Store's. When it answers nil the value survives a crash,
// unless the Options say otherwise.
func (s *Store) Create(ctx context.Context, key string, value []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := store.CheckKey(key); err != nil {
		return err
	}
	sync := s.sync
	if s.durable != nil && !s.durable(key) {
		sync = noSync{}
	}
	defer sync.begin(len(value))()
	tmp := s.newTemp()
	err := s.write(tmp, value, sync)
	if err == nil {
		err = sync.values(ctx)
	}
	if err == nil {
		err = s.link(tmp, s.path(key))
	}
	_ = os.Remove(tmp) // what can't be removed is swept at a later Open
	if err == nil {
		err = sync.names(ctx, s.path(store.Folder(key)))
	}
	return s.explain(err)
}

func (s *Store) write(tmp string, value []byte, sync syncer) error {
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		return err
	}
	_, err = f.Write(value)
	if err == nil {
		err = sync.file(f)
	}
	// A network file system may only now say that the disk is full.
	return errors.Join(err, f.Close())
}

// link gives tmp the name path, and answers okazaki.ErrExists if there is one.
// An NFS client that sends the request again, because the reply was lost,
// hears "exists" of its own link: whether the two are one file is the truth.
func (s *Store) link(tmp, path string) error {
	var err error
	for range 100 { // others may delete the folder as often as it is made
		if err = os.Link(tmp, path); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err == nil || sameFile(tmp, path) {
		return nil
	}
	if errors.Is(err, fs.ErrExist) {
		return okazaki.ErrExists
	}
	return err
}

func sameFile(a, b string) bool {
	ai, aerr := os.Lstat(a)
	bi, berr := os.Lstat(b)
	return aerr == nil && berr == nil && os.SameFile(ai, bi)
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
	if errors.Is(err, okazaki.ErrNotFound) {
		// An NFS client remembers for a while what wasn't there; to open the
		// folder makes it look again.
		if f, err := os.Open(s.path(store.Folder(key))); err == nil {
			_ = f.Close()
			return s.read(s.path(key))
		}
	}
	return v, err
}

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
	value := make([]byte, info.Size())
	if _, err := io.ReadFull(f, value); err != nil {
		return okazaki.Value{}, s.absent(err)
	}
	now, err := s.clock.now()
	if err != nil {
		return okazaki.Value{}, s.explain(err)
	}
	return okazaki.Value{Bytes: value, Age: max(0, now.Sub(info.ModTime()))}, nil
}

// List is okazaki.Store's. It reads the folders that the page lies in whole,
// and looks at the age of the entries that it answers.
func (s *Store) List(ctx context.Context, prefix, after string) ([]okazaki.Entry, error) {
	now, err := s.clock.now()
	if err != nil {
		return nil, s.explain(err)
	}
	return store.Walk(ctx, prefix, after, s.items, func(it store.Item) (okazaki.Entry, bool, error) {
		info, err := os.Lstat(s.path(it.Key))
		if errors.Is(err, fs.ErrNotExist) {
			return okazaki.Entry{}, false, nil
		}
		if err != nil {
			return okazaki.Entry{}, false, s.absent(err)
		}
		return okazaki.Entry{Key: it.Key, Age: max(0, now.Sub(info.ModTime()))}, true, nil
	})
}

// items are the keys and folders in a folder of the store, in order.
func (s *Store) items(folder string) ([]store.Item, error) {
	if folder != "" && store.CheckKey(folder[:len(folder)-1]) != nil {
		return nil, nil // nothing starts so, and nothing outside is looked at
	}
	f, err := os.Open(s.path(folder))
	if err != nil {
		if err = s.absent(err); errors.Is(err, okazaki.ErrNotFound) {
			return nil, nil
		}
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
		return nil, s.absent(err)
	}
	items := make([]store.Item, 0, len(entries))
	for _, e := range entries {
		switch name := e.Name(); {
		case !store.IsPart(name) || nfsGhost.MatchString(name):
		case e.IsDir():
			items = append(items, store.Item{Key: folder + name + "/"})
		case e.Type().IsRegular():
			items = append(items, store.Item{Key: folder + name})
		}
	}
	slices.SortFunc(items, func(a, b store.Item) int { return strings.Compare(a.Key, b.Key) })
	return items, nil
}

// nfsGhost are files that were deleted while this machine had them open.
var nfsGhost = regexp.MustCompile(`^\.nfs[0-9a-f]{16,}$`)

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
	if err := os.Remove(s.path(key)); err != nil {
		if err = s.absent(err); !errors.Is(err, okazaki.ErrNotFound) {
			return err
		}
	}
	for folder := store.Folder(key); folder != ""; folder = store.Folder(folder[:len(folder)-1]) {
		if syscall.Rmdir(s.path(folder)) != nil {
			break // others have keys in it, or are about to
		}
	}
	return nil
}
