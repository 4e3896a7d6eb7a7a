package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"okazaki"
)

// Patience is how long a busy store is asked again.
type Patience struct {
	First time.Duration // the longest first wait; 0: 20 ms. The bound doubles each time
	Most  time.Duration // the longest single wait; 0: 5 s
	Limit time.Duration // waited in all, then ErrBusy is the answer; 0: 1 min
}

// Patient returns s with its calls repeated while it is busy, with Patience's
// defaults.
func Patient(s okazaki.Store) okazaki.Store { return Patience{}.Wrap(s) }

// Wrap returns s with its calls repeated while they return ErrBusy, after
// waits drawn evenly from zero to a doubling bound. After Limit a call still
// returns ErrBusy, with its cause. A Create that was repeated may return
// ErrExists for the caller's own value, as any Create after ErrBusy may.
func (p Patience) Wrap(s okazaki.Store) okazaki.Store {
	if p.First == 0 {
		p.First = 20 * time.Millisecond
	}
	if p.Most == 0 {
		p.Most = 5 * time.Second
	}
	if p.Limit == 0 {
		p.Limit = time.Minute
	}
	return &patient{s, p}
}

type patient struct {
	s okazaki.Store
	p Patience
}

func (t *patient) Keeps() time.Duration { return Keep(t.s) }

func (t *patient) Create(ctx context.Context, key string, value []byte) error {
	return t.try(ctx, func() error { return t.s.Create(ctx, key, value) })
}

func (t *patient) Get(ctx context.Context, key string) (v okazaki.Value, err error) {
	err = t.try(ctx, func() error { v, err = t.s.Get(ctx, key); return err })
	return v, err
}

func (t *patient) List(ctx context.Context, prefix, after string) (page []okazaki.Entry, err error) {
	err = t.try(ctx, func() error { page, err = t.s.List(ctx, prefix, after); return err })
	return page, err
}

func (t *patient) Delete(ctx context.Context, key string) error {
	return t.try(ctx, func() error { return t.s.Delete(ctx, key) })
}

func (t *patient) try(ctx context.Context, call func() error) error {
	var waited time.Duration
	for bound := t.p.First; ; bound = min(2*bound, t.p.Most) {
		err := call()
		if !errors.Is(err, okazaki.ErrBusy) {
			return err
		}
		if waited >= t.p.Limit {
			return fmt.Errorf("asked again for %v: %w", waited.Round(time.Millisecond), err)
		}
		// Always wait a little, or a store that answers at once would be
		// asked for ever.
		wait := 1 + rand.N(bound)
		waited += wait
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}
