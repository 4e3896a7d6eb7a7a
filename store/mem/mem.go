// Package mem is the store of one process: the fastest, and gone with it.
//
// Its one invariant: a key is in its folder's values exactly when it is in
// every page of List that covers it, as soon as Create has returned.
package mem

import (
	"context"
	"hash/maphash"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"okazaki"
	"okazaki/store"
)

const shardCount = 64

// A Store keeps values in memory. All methods may be called at once.
type Store struct {
	// Keep, if set before the first call, is how long a key is there. Then it
	// has expired, and may be created again. 0: until it is deleted.
	Keep time.Duration

	now    func() time.Time
	seed   maphash.Seed
	shards [shardCount]shard
}

var _ okazaki.Store = (*Store)(nil)

// A shard holds the folders whose names hash to it.
type shard struct {
	mu      sync.RWMutex
	folders map[string]*folder
}

// A folder holds the keys whose part up to the last slash is its name, and
// the names of the folders in it. Folders are locked from the inside out: a
// folder before the one that it lies in.
type folder struct {
	mu     sync.Mutex
	name   string // with its slash; "" for the root
	gone   bool   // taken out of its shard: look again
	values map[string]value
	items  []store.Item // in order, never changed in place: what List reads
	added  []store.Item // in values but not yet in items, out of order
	stale  bool         // items has some that values has no more
}

// A value is a key's bytes, or nothing for a folder.
type value struct {
	bytes []byte
	at    time.Time
}

// New is an empty store. now is the store's clock; nil means time.Now.
func New(now func() time.Time) *Store {
	if now == nil {
		now = time.Now
	}
	s := &Store{now: now, seed: maphash.MakeSeed()}
	for i := range s.shards {
		s.shards[i].folders = map[string]*folder{}
	}
	return s
}

// FromURL is the store of "mem:".
func FromURL(u *url.URL) (*Store, error) {
	if u.Scheme != "mem" || u.Opaque != "" || u.Host != "" || u.Path != "" || u.RawQuery != "" {
		return nil, &okazaki.Error{Message: "the store " + u.String() + " is not one in memory", Hint: `write "mem:"`}
	}
	return New(nil), nil
}

// Create is okazaki.Store's. The store keeps val itself: the caller must not
// change it afterwards.
func (s *Store) Create(ctx context.Context, key string, val []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := store.CheckKey(key); err != nil {
		return err
	}
	f := s.lock(store.Folder(key))
	defer f.mu.Unlock()
	now := s.now()
	if v, ok := f.values[key]; ok {
		if !s.expired(v.at, now) {
			return okazaki.ErrExists
		}
		f.stale = true
	}
	f.add(key, value{val, now})
	return nil
}

// Keeps is store.Keeper's.
func (s *Store) Keeps() time.Duration { return s.Keep }

func (s *Store) expired(at, now time.Time) bool { return s.Keep > 0 && now.Sub(at) > s.Keep }

// Get is okazaki.Store's. The bytes are the store's own: the caller must not
// change them.
func (s *Store) Get(ctx context.Context, key string) (okazaki.Value, error) {
	if err := ctx.Err(); err != nil {
		return okazaki.Value{}, err
	}
	if err := store.CheckKey(key); err != nil {
		return okazaki.Value{}, err
	}
	f := s.find(store.Folder(key))
	if f == nil {
		return okazaki.Value{}, okazaki.ErrNotFound
	}
	f.mu.Lock()
	v, ok := f.values[key]
	f.mu.Unlock()
	now := s.now()
	if !ok || s.expired(v.at, now) {
		return okazaki.Value{}, okazaki.ErrNotFound
	}
	return okazaki.Value{Bytes: v.bytes, Age: max(0, now.Sub(v.at))}, nil
}

// List is okazaki.Store's. A prefix that is one folder without folders in it
// costs a search in its sorted keys; the sorting is done by the first List
// after a Create.
func (s *Store) List(ctx context.Context, prefix, after string) ([]okazaki.Entry, error) {
	now := s.now()
	return store.Walk(ctx, prefix, after,
		func(name string) ([]store.Item, error) {
			if f := s.find(name); f != nil {
				return f.sorted(), nil
			}
			return nil, nil
		},
		func(it store.Item) (okazaki.Entry, bool, error) {
			return okazaki.Entry{Key: it.Key, Age: max(0, now.Sub(it.At))}, !s.expired(it.At, now), nil
		})
}

// Delete is okazaki.Store's.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := store.CheckKey(key); err != nil {
		return err
	}
	f := s.find(store.Folder(key))
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.values[key]; !ok {
		return nil
	}
	s.remove(f, key)
	return nil
}

func (s *Store) shard(name string) *shard {
	return &s.shards[maphash.String(s.seed, name)%shardCount]
}

// find is the folder of that name, or nil.
func (s *Store) find(name string) *folder {
	sh := s.shard(name)
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	return sh.folders[name]
}

// lock returns the folder of that name, locked, and makes it if need be.
func (s *Store) lock(name string) *folder {
	for {
		f := s.find(name)
		if f == nil {
			if f = s.make(name); f != nil {
				return f
			}
			continue
		}
		f.mu.Lock()
		if !f.gone {
			return f
		}
		f.mu.Unlock()
	}
}

// make returns a new folder, locked; nil if another goroutine made it first.
// The folder can't be reached before the folder that holds it lists it.
func (s *Store) make(name string) *folder {
	f := &folder{name: strings.Clone(name), values: map[string]value{}}
	f.mu.Lock()
	sh := s.shard(name)
	sh.mu.Lock()
	if sh.folders[name] != nil {
		sh.mu.Unlock()
		return nil
	}
	sh.folders[f.name] = f
	sh.mu.Unlock()
	if name != "" {
		outer := s.lock(f.outer())
		outer.add(f.name, value{})
		outer.mu.Unlock()
	}
	return f
}

// remove takes key out of f, which is locked, and f out of the store when
// that was the last.
func (s *Store) remove(f *folder, key string) {
	delete(f.values, key)
	f.stale = true
	if len(f.values) > 0 || f.name == "" {
		return
	}
	f.gone = true
	outer := s.find(f.outer())
	outer.mu.Lock()
	s.remove(outer, f.name)
	outer.mu.Unlock()
	sh := s.shard(f.name)
	sh.mu.Lock()
	delete(sh.folders, f.name)
	sh.mu.Unlock()
}

func (f *folder) outer() string { return store.Folder(f.name[:len(f.name)-1]) }

func (f *folder) add(key string, v value) {
	f.values[key] = v
	f.added = append(f.added, store.Item{Key: key, At: v.at})
}

// sorted returns what the folder holds, in order. It is never changed in
// place.
func (f *folder) sorted() []store.Item {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.added) == 0 && !f.stale {
		return f.items
	}
	items := slices.Concat(f.items, f.added)
	if f.stale {
		items = slices.DeleteFunc(items, func(it store.Item) bool {
			v, ok := f.values[it.Key]
			return !ok || v.at != it.At
		})
	}
	slices.SortFunc(items, func(a, b store.Item) int { return strings.Compare(a.Key, b.Key) })
	f.items, f.added, f.stale = slices.CompactFunc(items, func(a, b store.Item) bool { return a.Key == b.Key }), nil, false
	return f.items
}
