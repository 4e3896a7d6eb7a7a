package main

import (
	"context"
	"errors"

	"okazaki"
	"okazaki/client"
)

// A place is an open store that has been probed.
type place struct {
	*client.Store
	keeper *keeper // of the default store; nil of another
}

// open opens the store that the configuration names.
func (a *app) open(ctx context.Context) (*place, error) {
	p, err := openStore(ctx, a.config.store)
	if err != nil {
		return nil, err
	}
	if err := p.Probe(ctx); err != nil {
		p.Close()
		return nil, err
	}
	a.keep(p)
	return p, nil
}

// openHere opens the store of a job that this process submits. Where there is
// no folder for one, and the user named none, it is in memory.
func (a *app) openHere(ctx context.Context) (*place, error) {
	named := a.config.store
	if named == client.DefaultStore() {
		named = ""
	}
	s, err := client.OpenHere(ctx, named)
	if err != nil {
		return nil, inFlags(err)
	}
	p := &place{Store: s}
	a.keep(p)
	return p, nil
}

// openStore opens a store: of a folder only if that is one, or may become one.
func openStore(ctx context.Context, raw string) (*place, error) {
	return openWith(ctx, raw, client.OpenStore)
}

// openPlace opens a store, whatever its folder holds.
func openPlace(ctx context.Context, raw string) (*place, error) {
	return openWith(ctx, raw, client.OpenUnchecked)
}

func openWith(ctx context.Context, raw string, open func(context.Context, string) (*client.Store, error)) (*place, error) {
	if raw == "" {
		return nil, &okazaki.Error{Message: "there is no cache folder to keep a store in", Hint: `give --store, "mem:" or "dir:PATH"`}
	}
	s, err := open(ctx, raw)
	if err != nil {
		return nil, inFlags(err)
	}
	return &place{Store: s}, nil
}

// inFlags has an error's hint name the flag to give.
func inFlags(err error) error {
	if e, ok := errors.AsType[*okazaki.Error](err); ok && e.Err == client.ErrNotStore {
		e.Hint = "give --store a store's folder, or one that is empty or not there yet"
	}
	return err
}
