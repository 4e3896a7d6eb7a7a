package storetest

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"okazaki"
	"okazaki/store"
)

// Faults are the chances, from 0 to 1, of what an honest store may do. At
// most one of Busy, Lost and Late befalls a call.
type Faults struct {
	Busy  float64 // ErrBusy, and nothing happened
	Lost  float64 // a Create or Delete is applied, and its reply lost: ErrBusy
	Late  float64 // a Create answers ErrBusy, and lands after some later calls, if nothing did before
	Stale float64 // a List doesn't know the last keys that were created
	Delay float64 // a call takes up to MaxDelay
	// MaxDelay is by the clock of the time package: in a synctest bubble it
	// costs nothing.
	MaxDelay time.Duration
	Horizon  int // the most calls that a late write waits, and keys that a stale list misses; 0: 32
}

// A FaultyStore is a store to whose calls things happen. All of it may be used
// at once, and then only the draws replay, not what they meet.
type FaultyStore struct {
	s      okazaki.Store
	seed   uint64
	faults Faults

	mu       sync.Mutex
	attempts map[string]int // by call and key
	calls    int
	pending  []pending
	recent   []string // the last keys created, oldest first
}

type pending struct {
	key   string
	value []byte
	due   int // lands before the call of this number
}

// Faulty is s with faults drawn from (seed, the call, its key, how many such
// calls there were before).
func Faulty(s okazaki.Store, seed uint64, f Faults) *FaultyStore {
	if f.Horizon == 0 {
		f.Horizon = 32
	}
	return &FaultyStore{s: s, seed: seed, faults: f, attempts: map[string]int{}}
}

// A fate is what befalls one call.
type fate struct {
	busy, lost, late, stale bool
	delay                   time.Duration
	horizon                 int
}

// draw decides the fate of the next such call at key, and answers the late
// writes that land before it.
func (f *FaultyStore) draw(call, key string) (fate, []pending) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := call + " " + key
	attempt := f.attempts[at]
	f.attempts[at]++
	f.calls++
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%d %s %d", f.seed, at, attempt)
	rng := rand.New(rand.NewPCG(f.seed, h.Sum64()))

	var d fate
	switch p := rng.Float64(); {
	case p < f.faults.Busy:
		d.busy = true
	case p < f.faults.Busy+f.faults.Lost:
		d.lost = true
	case p < f.faults.Busy+f.faults.Lost+f.faults.Late:
		d.late = true
	}
	d.stale = rng.Float64() < f.faults.Stale
	if slow := rng.Float64() < f.faults.Delay; slow && f.faults.MaxDelay > 0 {
		d.delay = time.Duration(rng.Int64N(int64(f.faults.MaxDelay)))
	}
	d.horizon = 1 + rng.IntN(f.faults.Horizon)

	var due []pending
	f.pending = slices.DeleteFunc(f.pending, func(p pending) bool {
		if p.due > f.calls {
			return false
		}
		due = append(due, p)
		return true
	})
	return d, due
}

// begin lets the fate of the call take its time.
func (f *FaultyStore) begin(ctx context.Context, call, key string) (fate, error) {
	d, due := f.draw(call, key)
	for _, p := range due {
		f.land(ctx, p)
	}
	if d.delay > 0 {
		timer := time.NewTimer(d.delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return d, ctx.Err()
		}
	}
	if d.busy {
		return d, fmt.Errorf("%s %s: %w (injected, without effect)", call, key, okazaki.ErrBusy)
	}
	return d, nil
}

// Flush lands all late writes that are under way.
func (f *FaultyStore) Flush(ctx context.Context) {
	f.mu.Lock()
	due := f.pending
	f.pending = nil
	f.mu.Unlock()
	for _, p := range due {
		f.land(ctx, p)
	}
}

// land applies a late write. That it may lose is what it is for.
func (f *FaultyStore) land(ctx context.Context, p pending) {
	if f.s.Create(context.WithoutCancel(ctx), p.key, p.value) == nil {
		f.created(p.key)
	}
}

func (f *FaultyStore) created(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.recent = append(f.recent, key)
	if len(f.recent) > f.faults.Horizon {
		f.recent = slices.Delete(f.recent, 0, 1)
	}
}

// Keeps is store.Keeper's.
func (f *FaultyStore) Keeps() time.Duration { return store.Keep(f.s) }

// Create is okazaki.Store's. A late write keeps value: the caller must not
// change it.
func (f *FaultyStore) Create(ctx context.Context, key string, value []byte) error {
	d, err := f.begin(ctx, "create", key)
	if err != nil {
		return err
	}
	if d.late {
		f.mu.Lock()
		f.pending = append(f.pending, pending{key, value, f.calls + d.horizon})
		f.mu.Unlock()
		return fmt.Errorf("create %s: %w (injected, lands late)", key, okazaki.ErrBusy)
	}
	if err = f.s.Create(ctx, key, value); err == nil {
		f.created(key)
	}
	if d.lost {
		return fmt.Errorf("create %s: %w (injected, the reply is lost)", key, okazaki.ErrBusy)
	}
	return err
}

// Get is okazaki.Store's.
func (f *FaultyStore) Get(ctx context.Context, key string) (okazaki.Value, error) {
	if _, err := f.begin(ctx, "get", key); err != nil {
		return okazaki.Value{}, err
	}
	return f.s.Get(ctx, key)
}

// List is okazaki.Store's. A stale list is a whole list of an earlier time.
func (f *FaultyStore) List(ctx context.Context, prefix, after string) ([]okazaki.Entry, error) {
	d, err := f.begin(ctx, "list", prefix+" after "+after)
	if err != nil {
		return nil, err
	}
	if !d.stale {
		return f.s.List(ctx, prefix, after)
	}
	f.mu.Lock()
	unknown := slices.Clone(f.recent[max(0, len(f.recent)-d.horizon):])
	f.mu.Unlock()
	var page []okazaki.Entry
	for {
		more, err := f.s.List(ctx, prefix, after)
		if err != nil {
			return nil, err
		}
		for _, e := range more {
			if !slices.Contains(unknown, e.Key) && len(page) < okazaki.PageSize {
				page = append(page, e)
			}
		}
		if len(page) == okazaki.PageSize || len(more) < okazaki.PageSize {
			return page, nil
		}
		after = more[len(more)-1].Key
	}
}

// Delete is okazaki.Store's.
func (f *FaultyStore) Delete(ctx context.Context, key string) error {
	d, err := f.begin(ctx, "delete", key)
	if err != nil {
		return err
	}
	err = f.s.Delete(ctx, key)
	if d.lost {
		return fmt.Errorf("delete %s: %w (injected, the reply is lost)", key, okazaki.ErrBusy)
	}
	return err
}
