package dir

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"okazaki"
	"okazaki/store"
)

// List is okazaki.Store's. It reads the folders that the page lies in whole.
// The ages of what is in a folder are remembered, so that to list it again
// takes no look at each file.
func (s *Store) List(ctx context.Context, prefix, after string) ([]okazaki.Entry, error) {
	now, err := s.clock.now()
	if err != nil {
		return nil, s.explain(err)
	}
	return store.Walk(ctx, prefix, after, s.items, func(it store.Item) (okazaki.Entry, bool, error) {
		if it.At.IsZero() {
			info, err := os.Lstat(s.path(it.Key))
			if errors.Is(err, fs.ErrNotExist) {
				return okazaki.Entry{}, false, nil
			}
			if err != nil {
				return okazaki.Entry{}, false, s.absent(err)
			}
			it.At = info.ModTime()
		}
		return okazaki.Entry{Key: it.Key, Age: max(0, now.Sub(it.At))}, true, nil
	})
}

const (
	// mostListings is how many folders are remembered.
	mostListings = 64
	// mostItems is how many items a folder that is remembered has: one of
	// more is a page or two of many.
	mostItems = 4 * okazaki.PageSize
)

// A listing is what is remembered about a folder. A file is known again by
// its name and its number in the file system, and then has the age that it
// had.
type listing struct {
	scans atomic.Int64 // that began

	mu    sync.Mutex
	items []store.Item // in order; never changed, so a caller may read on
	files map[string]*dirent
}

// A dirent is what a folder says about a file or folder in it.
type dirent struct {
	name   string
	number uint64 // 0: not known
	folder bool
	at     time.Time // of a file; zero: not looked at
	scan   int64     // that saw it last
}

func (e *dirent) item(folder string) store.Item {
	if e.folder {
		return store.Item{Key: folder + e.name + "/"}
	}
	return store.Item{Key: folder + e.name, At: e.at}
}

// items are the keys and folders in a folder of the store, in order.
func (s *Store) items(folder string) ([]store.Item, error) {
	if folder != "" && store.CheckKey(folder[:len(folder)-1]) != nil {
		return nil, nil // nothing starts so, and nothing outside is looked at
	}
	l := s.listing(folder)
	before := l.scans.Load()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.scans.Load() > before {
		return l.items, nil // of a look that began after this call
	}
	if err := s.scan(l, folder); err != nil {
		s.forget(folder)
		if err = s.absent(err); errors.Is(err, okazaki.ErrNotFound) {
			err = nil
		}
		return nil, err
	}
	items := l.items
	if len(items) > mostItems {
		s.forget(folder)
	}
	return items, nil
}

func (s *Store) listing(folder string) *listing {
	s.listings.Lock()
	defer s.listings.Unlock()
	if l := s.folders[folder]; l != nil {
		return l
	}
	for other := range s.folders {
		if len(s.folders) < mostListings {
			break
		}
		delete(s.folders, other)
	}
	l := &listing{files: map[string]*dirent{}}
	if s.folders == nil {
		s.folders = map[string]*listing{}
	}
	s.folders[folder] = l
	return l
}

func (s *Store) forget(folder string) {
	s.listings.Lock()
	defer s.listings.Unlock()
	delete(s.folders, folder)
}

// scan reads a folder. l.mu is held.
func (s *Store) scan(l *listing, folder string) error {
	scan := l.scans.Add(1)
	d, err := openFolder(s.path(folder))
	if err != nil {
		l.items = nil
		return err
	}
	defer d.close()
	var added []*dirent
	seen := 0
	err = d.each(func(name []byte, number uint64, isFolder bool) {
		e := l.files[string(name)]
		if e == nil || e.number != number || e.folder != isFolder || number == 0 {
			if !store.IsPart(string(name)) || nfsGhost.Match(name) {
				return
			}
			e = &dirent{name: string(name), number: number, folder: isFolder}
			l.files[e.name] = e
			added = append(added, e)
		}
		e.scan = scan
		seen++
	})
	if err != nil {
		l.items = nil
		return err
	}
	if seen <= mostItems {
		added = slices.DeleteFunc(added, func(e *dirent) bool {
			if e.folder {
				return false
			}
			at, err := d.time(e.name)
			if e.at = at; !errors.Is(err, fs.ErrNotExist) {
				return false // List asks again
			}
			delete(l.files, e.name)
			seen--
			return true
		})
	}
	if len(added) > 0 || seen < len(l.items) {
		l.update(folder, scan, added)
	}
	return nil
}

// update makes the items anew: the files that a scan saw, and added, the new
// ones among them.
func (l *listing) update(folder string, scan int64, added []*dirent) {
	fresh := make([]store.Item, len(added))
	for i, e := range added {
		fresh[i] = e.item(folder)
	}
	slices.SortFunc(fresh, func(a, b store.Item) int { return strings.Compare(a.Key, b.Key) })
	isNew := map[string]bool{}
	for _, e := range added {
		isNew[e.name] = true
	}
	items := make([]store.Item, 0, len(l.items)+len(fresh))
	for _, it := range l.items {
		name := strings.TrimSuffix(it.Key[len(folder):], "/")
		if e := l.files[name]; e == nil || e.scan != scan || isNew[name] {
			continue // it has gone, or is another
		}
		for len(fresh) > 0 && fresh[0].Key < it.Key {
			items, fresh = append(items, fresh[0]), fresh[1:]
		}
		items = append(items, it)
	}
	l.items = append(items, fresh...)
	if len(l.files) > len(l.items) {
		for name, e := range l.files {
			if e.scan != scan {
				delete(l.files, name)
			}
		}
	}
}

// nfsGhost are files that were deleted while this machine had them open.
var nfsGhost = regexp.MustCompile(`^\.nfs[0-9a-f]{16,}$`)
