package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"okazaki"
	"okazaki/deploy/aws"
	"okazaki/scatter"
	"okazaki/store"
	"okazaki/store/dir"
	"okazaki/store/dynamo"
	"okazaki/store/mem"
	"okazaki/store/s3"
)

// A Store is an open store, and how jobs use it.
type Store struct {
	okazaki.Store
	URL    string        // as the user wrote it, without secrets
	Sweep  time.Duration // how often a waiting process looks for lost work
	Shared bool          // other processes can see it
	Remote bool          // other machines see it, and not this one's files
}

// folderOptions say what scatter knows about its keys.
var folderOptions = dir.Options{Durable: scatter.Durable, Own: scatter.Own}

// drivers open stores, by the scheme of their URL.
var drivers = map[string]struct {
	open func(context.Context, *url.URL) (okazaki.Store, error)
	Store
}{
	"mem":    {open: func(_ context.Context, u *url.URL) (okazaki.Store, error) { return mem.FromURL(u) }, Store: Store{Sweep: time.Second}},
	"dir":    {open: func(_ context.Context, u *url.URL) (okazaki.Store, error) { return dir.FromURL(u, folderOptions) }, Store: Store{Sweep: time.Second, Shared: true}},
	"dynamo": {open: openDynamo, Store: Store{Sweep: 5 * time.Second, Shared: true, Remote: true}},
	"s3":     {open: func(ctx context.Context, u *url.URL) (okazaki.Store, error) { return s3.FromURL(ctx, u) }, Store: Store{Sweep: 5 * time.Second, Shared: true, Remote: true}},
}

// openDynamo opens a table, and what its URL names for large values.
func openDynamo(ctx context.Context, u *url.URL) (okazaki.Store, error) {
	return dynamo.FromURL(ctx, u, func(ctx context.Context, large *url.URL) (okazaki.Store, error) {
		switch large.Scheme {
		case "s3":
			return s3.FromURL(ctx, large)
		case "dir":
			return dir.FromURL(large, folderOptions)
		}
		return nil, &okazaki.Error{Message: fmt.Sprintf("large values can't lie in %q", large.Redacted()), Hint: "give s3://BUCKET/PREFIX"}
	})
}

const storeHint = "write mem:, dir:PATH, s3://BUCKET/PREFIX or dynamo://TABLE/PREFIX"

// OpenStore opens the store at a URL: of a folder only if that is a store, or may
// become one.
func OpenStore(ctx context.Context, raw string) (*Store, error) {
	folder := StoreFolder(raw)
	used := folder != "" && isUsed(folder)
	if used && !looksLikeStore(folder) {
		return nil, notStore(folder)
	}
	s, err := OpenUnchecked(ctx, raw)
	if err != nil || !used || s.Remote {
		return s, err
	}
	is, err := scatter.IsStore(ctx, s)
	if err == nil && !is {
		err = notStore(folder)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// OpenUnchecked opens the store at a URL, and does not ask it anything yet.
func OpenUnchecked(ctx context.Context, raw string) (*Store, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, &okazaki.Error{Message: fmt.Sprintf("the store %q is not a URL", raw), Hint: storeHint, Err: err}
	}
	d, ok := drivers[u.Scheme]
	if !ok {
		return nil, &okazaki.Error{Message: fmt.Sprintf("the store %q has no known kind", raw), Hint: storeHint}
	}
	opened := d.Store
	if opened.Store, err = d.open(ctx, u); err != nil {
		return nil, err
	}
	opened.URL = u.Redacted()
	return &opened, nil
}

// Probe returns an error if the store does not keep what a store promises.
func (s *Store) Probe(ctx context.Context) error {
	if err := store.Probe(ctx, s.Store); err != nil {
		return fmt.Errorf("store %s: %w", s.URL, err)
	}
	return nil
}

// Calls are what calls to the store take of a job's budget: nothing, unless it
// is AWS's own.
func (s *Store) Calls() okazaki.Prices {
	if !s.Remote || strings.Contains(s.URL, "endpoint=") {
		return okazaki.Prices{}
	}
	scheme, _, _ := strings.Cut(s.URL, ":")
	return aws.Calls(scheme)
}

// Keeps is store.Keeper's.
func (s *Store) Keeps() time.Duration { return store.Keep(s.Store) }

// Alone says whether no other machine works the store's jobs.
func (s *Store) Alone() bool { return !s.Shared || s.URL == DefaultStore() }

// Close lets go of the store.
func (s *Store) Close() {
	if c, ok := s.Store.(io.Closer); ok {
		_ = c.Close() // nothing was left to be written
	}
}

// DefaultStore is the URL of a folder in the user's cache folder; "" if there
// is none.
func DefaultStore() string {
	if folder := CacheFolder("okazaki"); folder != "" {
		return "dir:" + folder
	}
	return ""
}

// CacheFolder is a folder in the user's cache folder; "" if there is none.
func CacheFolder(name string) string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, name)
}

// OpenHere opens and probes the store of a job that this process submits. ""
// stands for the default store or, where its folder can't be used, for one in
// memory.
func OpenHere(ctx context.Context, raw string) (*Store, error) {
	if raw != "" {
		return openProbed(ctx, raw)
	}
	if u := DefaultStore(); u != "" {
		s, err := openProbed(ctx, u)
		if err == nil || !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EROFS) && !errors.Is(err, syscall.ENOTDIR) {
			return s, err
		}
	}
	return openProbed(ctx, "mem:")
}

func openProbed(ctx context.Context, raw string) (*Store, error) {
	s, err := OpenStore(ctx, raw)
	if err != nil {
		return nil, err
	}
	if err := s.Probe(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}
