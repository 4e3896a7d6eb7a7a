package store

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"okazaki"
)

// A Counter is a store that counts the calls made to it. All of it may be
// used at once.
type Counter struct {
	s okazaki.Store

	Creates, Gets, Lists, Deletes atomic.Int64 // calls, whatever their result
	Exists, Busy                  atomic.Int64 // calls that returned ErrExists and ErrBusy
}

// Count returns s with its calls counted. Under Patient it counts what
// reaches the store, over it what the caller asks.
func Count(s okazaki.Store) *Counter { return &Counter{s: s} }

// Calls is the number of calls so far.
func (c *Counter) Calls() int64 {
	return c.Creates.Load() + c.Gets.Load() + c.Lists.Load() + c.Deletes.Load()
}

// String is the counts on one line.
func (c *Counter) String() string {
	return fmt.Sprintf("%d creates (%d existed), %d gets, %d lists, %d deletes, %d busy",
		c.Creates.Load(), c.Exists.Load(), c.Gets.Load(), c.Lists.Load(), c.Deletes.Load(), c.Busy.Load())
}

// Keeps is Keeper's.
func (c *Counter) Keeps() time.Duration { return Keep(c.s) }

// Create is okazaki.Store's.
func (c *Counter) Create(ctx context.Context, key string, value []byte) error {
	c.Creates.Add(1)
	return c.note(c.s.Create(ctx, key, value))
}

// Get is okazaki.Store's.
func (c *Counter) Get(ctx context.Context, key string) (okazaki.Value, error) {
	c.Gets.Add(1)
	v, err := c.s.Get(ctx, key)
	return v, c.note(err)
}

// List is okazaki.Store's.
func (c *Counter) List(ctx context.Context, prefix, after string) ([]okazaki.Entry, error) {
	c.Lists.Add(1)
	page, err := c.s.List(ctx, prefix, after)
	return page, c.note(err)
}

// Delete is okazaki.Store's.
func (c *Counter) Delete(ctx context.Context, key string) error {
	c.Deletes.Add(1)
	return c.note(c.s.Delete(ctx, key))
}

func (c *Counter) note(err error) error {
	if errors.Is(err, okazaki.ErrExists) {
		c.Exists.Add(1)
	}
	if errors.Is(err, okazaki.ErrBusy) {
		c.Busy.Add(1)
	}
	return err
}
