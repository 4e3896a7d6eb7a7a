package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"okazaki"
	"okazaki/store"
)

// A Clock is a store's own, which a test sets.
type Clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

// Advance sets the clock forward, or back.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// RunClocks checks that ages are by the store's own clock: open's stores have
// one that the suite sets, hours away from this process's. A worker whose
// clock is wrong sees the same as one whose store's is.
func RunClocks(t *testing.T, open func(t *testing.T, clock *Clock) okazaki.Store) {
	for _, ahead := range []time.Duration{0, 5 * time.Hour, -5 * time.Hour, 90 * time.Second, -90 * time.Second} {
		t.Run(fmt.Sprintf("Ahead%d", int(ahead.Seconds())), func(t *testing.T) {
			clock := &Clock{}
			clock.Advance(ahead)
			s := store.Patient(open(t, clock))
			create(t, s, "clock/first", "")
			wantAge(t, s, "clock/first", 0)
			clock.Advance(time.Hour)
			create(t, s, "clock/second", "")
			wantAge(t, s, "clock/first", time.Hour)
			wantAge(t, s, "clock/second", 0)
		})
	}
}

// wantAge checks that Get and List agree on an age. Clocks of whole seconds
// and a slow machine may add some, and may take off a second.
func wantAge(t *testing.T, s okazaki.Store, key string, want time.Duration) {
	t.Helper()
	const late = 10 * time.Minute
	early := min(want, 2*time.Second)
	v, err := s.Get(t.Context(), key)
	if err != nil || v.Age < want-early || v.Age > want+late {
		t.Errorf("%s is %v old instead of %v, %v", key, v.Age, want, err)
	}
	page, err := s.List(t.Context(), key, "")
	if err != nil || len(page) != 1 || page[0].Age < want-early || page[0].Age > want+late {
		t.Errorf("%s is listed as %v instead of %v old, %v", key, page, want, err)
	}
}

// RunExpiry checks a store.Keeper whose expired keys are not removed. May
// says whether an expired key may be created again; a create is else ErrBusy.
func RunExpiry(t *testing.T, may bool, open func(t *testing.T, clock *Clock) okazaki.Store) {
	clock := &Clock{}
	s := open(t, clock)
	keep := store.Keep(store.Patient(store.Count(s)))
	if keep <= 0 {
		t.Fatalf("it keeps for %v", keep)
	}
	large := strings.Repeat("large", 100_000)
	create(t, s, "e/old", "one")
	create(t, s, "e/large", large)
	clock.Advance(keep / 2)
	create(t, s, "e/young", "two")
	wantList(t, s, "e/", "", "e/large", "e/old", "e/young")
	clock.Advance(keep/2 + time.Minute)
	for _, key := range []string{"e/old", "e/large"} {
		if v, err := s.Get(t.Context(), key); !errors.Is(err, okazaki.ErrNotFound) {
			t.Errorf("%s is there, %v old, %v", key, v.Age, err)
		}
	}
	wantList(t, s, "e/", "", "e/young")
	wantList(t, s, "e/old", "")
	if got := get(t, s, "e/young"); got != "two" {
		t.Errorf("e/young holds %q", got)
	}
	if err := s.Create(t.Context(), "e/young", nil); !errors.Is(err, okazaki.ErrExists) {
		t.Errorf("a create of what has not expired: %v", err)
	}
	if !may {
		if err := s.Create(t.Context(), "e/old", nil); !errors.Is(err, okazaki.ErrBusy) || errors.Is(err, okazaki.ErrExists) {
			t.Errorf("a create of what has expired: %v", err)
		}
		return
	}
	racesOnce(t, s, "e/old")
	create(t, s, "e/large", large+"again")
	if got := get(t, s, "e/large"); got != large+"again" {
		t.Errorf("a large value, created again, has %d bytes", len(got))
	}
	wantList(t, s, "e/", "", "e/large", "e/old", "e/young")
	wantAge(t, s, "e/old", 0)
}
