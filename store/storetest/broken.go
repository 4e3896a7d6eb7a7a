package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"okazaki"
	"okazaki/store/mem"
)

// A BrokenStore is a way to break okazaki.Store's promises that real servers
// and clients have.
type BrokenStore struct {
	Name   string
	Breaks string // part of the promise, as store.Probe names it
	Open   func() okazaki.Store
}

const overlap = 20 * time.Millisecond // how long a broken create pauses, so that others overlap it

// Broken are stores that store.Probe must refuse.
func Broken() []BrokenStore {
	const winner = "exactly one of many creates of a key wins"
	return []BrokenStore{
		{"overwrites", winner, func() okazaki.Store {
			b := wrap()
			b.create = b.overwrite
			return b
		}},
		{"checks, then writes", winner, func() okazaki.Store {
			b := wrap()
			b.create = func(ctx context.Context, key string, value []byte) error {
				if _, err := b.Store.Get(ctx, key); err == nil {
					return okazaki.ErrExists
				}
				time.Sleep(overlap)
				return b.overwrite(ctx, key, value)
			}
			return b
		}},
		{"tells losers that they won", winner, func() okazaki.Store {
			b := wrap()
			b.create = func(ctx context.Context, key string, value []byte) error {
				if err := b.Store.Create(ctx, key, value); !errors.Is(err, okazaki.ErrExists) {
					return err
				}
				return nil
			}
			return b
		}},
		{"overwrites what is old", "a value is never rewritten", func() okazaki.Store {
			b := wrap()
			b.create = func(ctx context.Context, key string, value []byte) error {
				v, err := b.Store.Get(ctx, key)
				if err == nil && v.Age > overlap {
					return b.overwrite(ctx, key, value)
				}
				err = b.Store.Create(ctx, key, value)
				time.Sleep(2 * overlap)
				return err
			}
			return b
		}},
		{"says exists for try again", "told apart", func() okazaki.Store {
			b := wrap()
			racing := map[string]int{}
			b.create = func(ctx context.Context, key string, value []byte) error {
				b.mu.Lock()
				racing[key]++
				b.mu.Unlock()
				time.Sleep(overlap)
				b.mu.Lock()
				defer b.mu.Unlock()
				if racing[key] > 1 {
					return okazaki.ErrExists
				}
				return b.Store.Create(ctx, key, value)
			}
			return b
		}},
		{"mangles bytes", winner, func() okazaki.Store {
			b := wrap()
			b.create = func(ctx context.Context, key string, value []byte) error {
				return b.Store.Create(ctx, key, []byte(strings.ToValidUTF8(string(value), "?")))
			}
			return b
		}},
		{"lists late", "a list sees a created key at once", func() okazaki.Store {
			return wrap().listing(func(page []okazaki.Entry) []okazaki.Entry {
				return slices.DeleteFunc(page, func(e okazaki.Entry) bool { return e.Age < time.Minute })
			})
		}},
		{"lists out of order", "in order", func() okazaki.Store {
			return wrap().listing(func(page []okazaki.Entry) []okazaki.Entry {
				slices.Reverse(page)
				return page
			})
		}},
		{"ignores after", "may start after a key", func() okazaki.Store {
			b := wrap()
			b.list = func(ctx context.Context, prefix, _ string) ([]okazaki.Entry, error) {
				return b.Store.List(ctx, prefix, "")
			}
			return b
		}},
		{"lists folders only", "middle of a name", func() okazaki.Store {
			b := wrap()
			b.list = func(ctx context.Context, prefix, after string) ([]okazaki.Entry, error) {
				if !strings.HasSuffix(prefix, "/") {
					return nil, nil
				}
				return b.Store.List(ctx, prefix, after)
			}
			return b
		}},
		{"ages by a clock in another zone", "ages", func() okazaki.Store {
			return wrap().listing(func(page []okazaki.Entry) []okazaki.Entry {
				for i := range page {
					page[i].Age += 2 * time.Hour
				}
				return page
			})
		}},
	}
}

// broken is a good store, but for what replaces its methods.
type broken struct {
	*mem.Store
	mu     sync.Mutex
	create func(ctx context.Context, key string, value []byte) error
	list   func(ctx context.Context, prefix, after string) ([]okazaki.Entry, error)
}

func wrap() *broken {
	s := mem.New(nil)
	return &broken{Store: s, create: s.Create, list: s.List}
}

func (b *broken) listing(change func([]okazaki.Entry) []okazaki.Entry) *broken {
	b.list = func(ctx context.Context, prefix, after string) ([]okazaki.Entry, error) {
		page, err := b.Store.List(ctx, prefix, after)
		return change(page), err
	}
	return b
}

func (b *broken) Create(ctx context.Context, key string, value []byte) error {
	return b.create(ctx, key, value)
}

func (b *broken) List(ctx context.Context, prefix, after string) ([]okazaki.Entry, error) {
	return b.list(ctx, prefix, after)
}

// overwrite is a plain put.
func (b *broken) overwrite(ctx context.Context, key string, value []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return errors.Join(b.Store.Delete(ctx, key), b.Store.Create(ctx, key, value))
}
