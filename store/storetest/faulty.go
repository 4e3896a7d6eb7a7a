package storetest

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"okazaki"
	"okazaki/store"
)

// Faults are the chances, from 0 to 1, of what an honest store may do. At
// most one of Busy, Lost and Late befalls a call.
type Faults struct {
	Busy float64 // ErrBusy, and nothing happened
	Lost float64 // a Create or Delete is applied, and its reply lost: ErrBusy
	Late float64 // a Create returns ErrBusy, and lands after some later calls, if nothing did before
	// LateDelete is Late for a Delete: whatever the key then holds is gone.
	LateDelete float64
	Stale      float64 // a List doesn't know the last keys that were created, and still has those that were deleted
	// Expire is the chance that before a call a key goes that Expires says
	// may, any one of them, whichever was created first.
	Expire  float64
	Expires func(key string) bool // nil: none
	Delay   float64               // a call takes up to MaxDelay
	// MaxDelay is by the clock of the time package: in a synctest bubble it
	// costs nothing.
	MaxDelay time.Duration
	Horizon  int // the most calls that a late write or delete waits, and keys that a stale list misses; 0: 32
}

// A FaultyStore is a store whose calls can fail. Many goroutines may use it
// at once; then only the draws of faults replay, not the state that they
// meet.
type FaultyStore struct {
	s      okazaki.Store
	seed   uint64
	faults Faults

	mu       sync.Mutex
	attempts map[string]int // by call and key
	calls    int
	pending  []pending
	recent   []string        // the last keys created, oldest first
	deleted  []okazaki.Entry // the last keys deleted, oldest first
	mortal   []string        // keys that may expire, in order
}

// A pending call lands late: a Create, or a Delete.
type pending struct {
	key    string
	value  []byte
	remove bool
	due    int // lands before the call of this number
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

// draw decides the fate of the next such call at key, and returns what lands
// before it.
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
	case p < f.faults.Busy+f.faults.Lost+f.late(call):
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
	if rng.Float64() < f.faults.Expire && len(f.mortal) > 0 {
		i := rng.IntN(len(f.mortal))
		due = append(due, pending{key: f.mortal[i], remove: true})
		f.mortal = slices.Delete(f.mortal, i, i+1)
	}
	return d, due
}

func (f *FaultyStore) late(call string) float64 {
	switch call {
	case "create":
		return f.faults.Late
	case "delete":
		return f.faults.LateDelete
	}
	return 0
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

// Flush lands all late writes and deletes that are under way.
func (f *FaultyStore) Flush(ctx context.Context) {
	f.mu.Lock()
	due := f.pending
	f.pending = nil
	f.mu.Unlock()
	for _, p := range due {
		f.land(ctx, p)
	}
}

// land applies a late call. A late write may lose the race for its key, which
// is the point of it.
func (f *FaultyStore) land(ctx context.Context, p pending) {
	ctx = context.WithoutCancel(ctx)
	if p.remove {
		_ = f.remove(ctx, p.key)
	} else if f.s.Create(ctx, p.key, p.value) == nil {
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
	if f.faults.Expires != nil && f.faults.Expires(key) {
		if i, found := slices.BinarySearch(f.mortal, key); !found {
			f.mortal = slices.Insert(f.mortal, i, key)
		}
	}
}

// remove deletes a key, which stale lists go on to hold.
func (f *FaultyStore) remove(ctx context.Context, key string) error {
	if f.faults.Stale > 0 {
		if v, err := f.s.Get(ctx, key); err == nil {
			f.mu.Lock()
			f.deleted = append(f.deleted, okazaki.Entry{Key: key, Age: v.Age})
			if len(f.deleted) > f.faults.Horizon {
				f.deleted = slices.Delete(f.deleted, 0, 1)
			}
			f.mu.Unlock()
		}
	}
	return f.s.Delete(ctx, key)
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
		f.pending = append(f.pending, pending{key: key, value: value, due: f.calls + d.horizon})
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

// List is okazaki.Store's. A stale list shows an earlier time: it lacks the
// keys that were created since, and has the keys that were deleted since.
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
	ghosts := slices.Clone(f.deleted[max(0, len(f.deleted)-d.horizon):])
	f.mu.Unlock()
	ghosts = slices.DeleteFunc(ghosts, func(e okazaki.Entry) bool { return !strings.HasPrefix(e.Key, prefix) || e.Key <= after })
	page := ghosts
	for more := true; more && len(page) < okazaki.PageSize+len(ghosts); {
		known, err := f.s.List(ctx, prefix, after)
		if err != nil {
			return nil, err
		}
		for _, e := range known {
			if !slices.Contains(unknown, e.Key) {
				page = append(page, e)
			}
		}
		if more = len(known) == okazaki.PageSize; more {
			after = known[len(known)-1].Key
		}
	}
	byKey := func(a, b okazaki.Entry) int { return strings.Compare(a.Key, b.Key) }
	slices.SortStableFunc(page, byKey)
	page = slices.CompactFunc(page, func(a, b okazaki.Entry) bool { return a.Key == b.Key })
	return page[:min(len(page), okazaki.PageSize)], nil
}

// Delete is okazaki.Store's.
func (f *FaultyStore) Delete(ctx context.Context, key string) error {
	d, err := f.begin(ctx, "delete", key)
	if err != nil {
		return err
	}
	if d.late {
		f.mu.Lock()
		f.pending = append(f.pending, pending{key: key, remove: true, due: f.calls + d.horizon})
		f.mu.Unlock()
		return fmt.Errorf("delete %s: %w (injected, lands late)", key, okazaki.ErrBusy)
	}
	err = f.remove(ctx, key)
	if d.lost {
		return fmt.Errorf("delete %s: %w (injected, the reply is lost)", key, okazaki.ErrBusy)
	}
	return err
}
