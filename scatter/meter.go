package scatter

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"okazaki"
)

// A Meter is a store that counts what is asked of it, tries of a busy store
// included. While an attempt runs it refuses what the attempt can't pay for.
// It belongs to one worker, and to the reader of that worker's inputs.
type Meter struct {
	s okazaki.Store

	creates, large, gets, lists, entries, rings atomic.Int64

	over    atomic.Pointer[func() bool]
	refused atomic.Bool
}

// NewMeter is s, metered from zero on.
func NewMeter(s okazaki.Store) *Meter { return &Meter{s: s} }

var errOverdrawn = errors.New("its requests cost more than an attempt may spend")

// Calls is what was asked so far.
func (m *Meter) Calls() okazaki.Calls {
	if m == nil {
		return okazaki.Calls{}
	}
	return okazaki.Calls{
		Creates: m.creates.Load(), Large: m.large.Load(), Gets: m.gets.Load(), Lists: m.lists.Load(), Entries: m.entries.Load(), Rings: m.rings.Load(),
	}
}

// withLimit does something of an attempt, whose calls are refused once over says
// that they cost too much. Its error then is errOverdrawn, whatever became of
// the refusal.
func (m *Meter) withLimit(over func() bool, do func() error) error {
	if m == nil {
		return do()
	}
	m.refused.Store(false)
	m.over.Store(&over)
	err := do()
	m.over.Store(nil)
	if m.refused.Load() {
		return errOverdrawn
	}
	return err
}

func (m *Meter) admit(kind *atomic.Int64) error {
	if over := m.over.Load(); over != nil && (*over)() {
		m.refused.Store(true)
		return errOverdrawn
	}
	kind.Add(1)
	return nil
}

// countRings counts rings.
func (m *Meter) countRings(n int) {
	if m != nil {
		m.rings.Add(int64(n))
	}
}

// Create is okazaki.Store's.
func (m *Meter) Create(ctx context.Context, key string, value []byte) error {
	kind := &m.creates
	if len(value) > okazaki.SmallValue {
		kind = &m.large
	}
	if err := m.admit(kind); err != nil {
		return err
	}
	return m.s.Create(ctx, key, value)
}

// Get is okazaki.Store's.
func (m *Meter) Get(ctx context.Context, key string) (okazaki.Value, error) {
	if err := m.admit(&m.gets); err != nil {
		return okazaki.Value{}, err
	}
	return m.s.Get(ctx, key)
}

// List is okazaki.Store's.
func (m *Meter) List(ctx context.Context, prefix, after string) ([]okazaki.Entry, error) {
	if err := m.admit(&m.lists); err != nil {
		return nil, err
	}
	page, err := m.s.List(ctx, prefix, after)
	m.entries.Add(int64(len(page)))
	return page, err
}

// Keeps is how long the store keeps a key; 0: until it is deleted.
func (m *Meter) Keeps() time.Duration { return keeps(m.s) }

// Delete is okazaki.Store's. It isn't counted: no worker deletes.
func (m *Meter) Delete(ctx context.Context, key string) error { return m.s.Delete(ctx, key) }
