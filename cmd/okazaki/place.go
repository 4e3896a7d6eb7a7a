package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
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

// drivers open the stores that --store may name, by the scheme of its URL.
var drivers = map[string]driver{
	"mem":    {open: func(_ context.Context, u *url.URL) (okazaki.Store, error) { return mem.FromURL(u) }, sweep: time.Second},
	"dir":    {open: func(_ context.Context, u *url.URL) (okazaki.Store, error) { return dir.FromURL(u, scatter.Durable) }, sweep: time.Second, shared: true},
	"dynamo": {open: openDynamo, sweep: 5 * time.Second, shared: true, remote: true},
	"s3":     {open: func(ctx context.Context, u *url.URL) (okazaki.Store, error) { return s3.FromURL(ctx, u) }, sweep: 5 * time.Second, shared: true, remote: true},
}

// openDynamo opens a table, and what its URL names for large values.
func openDynamo(ctx context.Context, u *url.URL) (okazaki.Store, error) {
	return dynamo.FromURL(ctx, u, func(ctx context.Context, large *url.URL) (okazaki.Store, error) {
		switch large.Scheme {
		case "s3":
			return s3.FromURL(ctx, large)
		case "dir":
			return dir.FromURL(large, scatter.Durable)
		}
		return nil, &okazaki.Error{Message: fmt.Sprintf("large values can't lie in %q", large.Redacted()), Hint: "give s3://BUCKET/PREFIX"}
	})
}

type driver struct {
	open   func(context.Context, *url.URL) (okazaki.Store, error)
	sweep  time.Duration // how often a waiting process looks for lost work
	shared bool          // other processes can see it
	remote bool          // other machines see it, and not this one's files
}

// A place is an open store that has been probed.
type place struct {
	okazaki.Store
	driver
	url    string  // as the user wrote it, without secrets
	keeper *keeper // of the default store; nil of another
}

// open opens the store that the configuration names.
func (a *app) open(ctx context.Context) (*place, error) {
	p, err := openStore(ctx, a.config.store)
	if err != nil {
		return nil, err
	}
	if err := store.Probe(ctx, p.Store); err != nil {
		p.close()
		return nil, fmt.Errorf("store %s: %w", p.url, err)
	}
	a.keep(p)
	return p, nil
}

// openHere opens the store of a job that this process submits. Where there is
// no folder for one, and the user named none, it is in memory.
func (a *app) openHere(ctx context.Context) (*place, error) {
	if a.config.store != "" && a.config.store != defaultStore() {
		return a.open(ctx)
	}
	if a.config.store != "" {
		p, err := a.open(ctx)
		if err == nil || !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EROFS) && !errors.Is(err, syscall.ENOTDIR) {
			return p, err
		}
	}
	a.config.store = "mem:"
	return a.open(ctx)
}

// openStore is openPlace, of a folder only if that is a store, or may become
// one.
func openStore(ctx context.Context, raw string) (*place, error) {
	folder := storeFolder(raw)
	used := folder != "" && isUsed(folder)
	if used && !looksLikeStore(folder) {
		return nil, notStore(folder)
	}
	p, err := openPlace(ctx, raw)
	if err != nil || !used || p.remote {
		return p, err
	}
	is, err := scatter.IsStore(ctx, p)
	if err == nil && !is {
		err = notStore(folder)
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// isUsed says whether a folder holds files or folders with which no new store
// begins. Hidden ones count for nothing, nor do what a store has beside its keys,
// what a probe leaves for a moment, and what a new disk has.
func isUsed(folder string) bool {
	entries, err := os.ReadDir(folder)
	return err == nil && slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		name := e.Name()
		return name[0] != '+' && name[0] != '.' && name != "probe" && name != "lost+found"
	})
}

// looksLikeStore says whether a folder may be a store's, without a change to it:
// it has a store's mark, or somebody has opened it as a store.
func looksLikeStore(folder string) bool {
	for _, name := range []string{"format", "jobs", "+tmp"} {
		if _, err := os.Lstat(filepath.Join(folder, name)); err == nil {
			return true
		}
	}
	return false
}

func notStore(folder string) error {
	return &okazaki.Error{
		File:    folder,
		Message: "this folder holds other files, and is not a store of okazaki's",
		Hint:    "give --store a store's folder, or one that is empty or not there yet",
	}
}

func openPlace(ctx context.Context, raw string) (*place, error) {
	if raw == "" {
		return nil, &okazaki.Error{Message: "there is no cache folder to keep a store in", Hint: `give --store, "mem:" or "dir:PATH"`}
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, &okazaki.Error{Message: fmt.Sprintf("the store %q is not a URL", raw), Hint: storeHint, Err: err}
	}
	d, ok := drivers[u.Scheme]
	if !ok {
		return nil, &okazaki.Error{Message: fmt.Sprintf("the store %q has no known kind", raw), Hint: storeHint}
	}
	s, err := d.open(ctx, u)
	if err != nil {
		return nil, err
	}
	return &place{Store: s, driver: d, url: u.Redacted()}, nil
}

var storeHint = "write mem:, dir:PATH, s3://BUCKET/PREFIX or dynamo://TABLE/PREFIX"

// calls are what calls to the store take of a job's budget: nothing, unless it
// is AWS's own.
func (p *place) calls() okazaki.Calls {
	if !p.remote || strings.Contains(p.url, "endpoint=") {
		return okazaki.Calls{}
	}
	scheme, _, _ := strings.Cut(p.url, ":")
	return aws.Calls(scheme)
}

// Keeps is store.Keeper's.
func (p *place) Keeps() time.Duration { return store.Keep(p.Store) }

// alone says that no other machine works the store's jobs.
func (p *place) alone() bool { return !p.shared || p.url == defaultStore() }

// close lets go of the store.
func (p *place) close() {
	if c, ok := p.Store.(io.Closer); ok {
		_ = c.Close() // nothing was left to be written
	}
}
