package scatter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"okazaki"
)

// leaseTrimmed is how long an input that was kept in the store stays, where
// the store is too large, without a job that reads it.
const leaseTrimmed = 6 * time.Hour

// Trim makes a store smaller by excess bytes, if there is as much that may go:
// first the parts of lives, from the one that ended first, and then the stored
// inputs that no other life reads. size returns how many bytes lie under a
// prefix of keys. As GC does, it may stop anywhere, leaves the names to later
// passes of GC, and deletes inputs in a pass after the one that gave them up.
func Trim(ctx context.Context, s okazaki.Store, excess int64, size func(prefix string) int64) (Collection, error) {
	t := &trimmer{
		collector: collector{s: s, leased: leaseTrimmed, copies: map[string]bool{}},
		excess:    excess, size: size, ended: map[string]bool{},
	}
	err := t.trimLives(ctx)
	if err == nil && t.freed < excess && size(inputPrefix) > 0 {
		err = t.trimInputs(ctx)
	}
	done := t.done()
	done.Freed = t.freed
	return done, err
}

// A trimmer is one pass of Trim.
type trimmer struct {
	collector
	excess int64
	size   func(prefix string) int64
	ended  map[string]bool // prefixes of lives
	freed  int64
}

func (t *trimmer) trimLives(ctx context.Context) error {
	ends, err := t.list(ctx, endedPrefix)
	if err != nil {
		return fmt.Errorf("list the jobs: %w", err)
	}
	slices.SortStableFunc(ends, func(a, b keyEntry) int { return cmp.Compare(b.Age, a.Age) })
	for _, e := range ends {
		t.ended[e.prefix] = true
		if t.freed >= t.excess {
			continue
		}
		if n := t.size(string(keysOf(e.prefix))); n > 0 {
			if err := t.trimLife(ctx, e.prefix, e.Age, n); err != nil {
				return fmt.Errorf("job of prefix %s: %w", e.prefix, err)
			}
		}
	}
	return nil
}

// trimLife deletes the parts of a life that ended that long ago, n bytes, unless a
// worker that has not seen the end may still write some.
func (t *trimmer) trimLife(ctx context.Context, prefix string, since time.Duration, n int64) error {
	end, err := endOf(ctx, t.s, prefix)
	if err != nil || end == nil {
		return err // another collector has deleted the end
	}
	least := nameKept // where no name says how long a turn is
	l, err := loadLife(ctx, t.s, end.Job)
	switch {
	case err == nil:
		least = turnOf(l)
	case !errors.Is(err, okazaki.ErrNotFound):
		return err
	}
	if since < least {
		t.later(least - since)
		return nil
	}
	deleted, err := t.deleteParts(ctx, prefix)
	if err != nil || deleted == 0 { // what lies there is not the store's
		return err
	}
	t.gone, t.freed = append(t.gone, end.Job), t.freed+n
	return nil
}

// trimInputs gives up the stored inputs that are read only by lives whose parts
// are gone, and deletes those that were given up before.
func (t *trimmer) trimInputs(ctx context.Context) error {
	names, err := Jobs(ctx, t.s)
	if err != nil {
		return err
	}
	for _, name := range names {
		l, err := loadLife(ctx, t.s, name)
		if errors.Is(err, okazaki.ErrNotFound) {
			continue // another collector
		}
		gone := false
		if err == nil && t.ended[l.Prefix] {
			gone, err = l.collected(ctx, t.s)
		}
		if err != nil {
			return err
		}
		if !gone {
			t.reads(l)
		}
	}
	return t.inputs(ctx)
}
