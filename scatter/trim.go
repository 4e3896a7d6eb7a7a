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
// prefix of keys. Trim returns the names of the lives whose parts are gone,
// and how many bytes that freed. As GC does, it may stop anywhere, leaves the
// names to later passes of GC, and deletes inputs in a pass after the one that
// gave them up.
func Trim(ctx context.Context, s okazaki.Store, excess int64, size func(prefix string) int64) (gone []string, freed int64, err error) {
	t := &trimmer{s: s, excess: excess, size: size, ended: map[string]bool{}}
	if err = t.lives(ctx); err == nil && t.freed < excess && size(inputPrefix) > 0 {
		err = t.inputs(ctx)
	}
	return t.gone, t.freed, err
}

// A trimmer is one pass of Trim.
type trimmer struct {
	s      okazaki.Store
	excess int64
	size   func(prefix string) int64
	ended  map[string]bool // prefixes of lives
	gone   []string
	freed  int64
}

func (t *trimmer) lives(ctx context.Context) error {
	ends, err := listKeys(ctx, t.s, endedPrefix, nil)
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
			if err := t.life(ctx, e.prefix, e.Age, n); err != nil {
				return fmt.Errorf("job of prefix %s: %w", e.prefix, err)
			}
		}
	}
	return nil
}

// life deletes the parts of a life that ended that long ago, n bytes, unless a
// worker that has not seen the end may still write some.
func (t *trimmer) life(ctx context.Context, prefix string, since time.Duration, n int64) error {
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
		return nil
	}
	deleted, err := (&collector{s: t.s}).deleteParts(ctx, prefix)
	if err != nil || deleted == 0 { // what lies there is not the store's
		return err
	}
	t.gone, t.freed = append(t.gone, end.Job), t.freed+n
	return nil
}

// inputs gives up the stored inputs that are read only by lives whose parts
// are gone, and deletes those that were given up before.
func (t *trimmer) inputs(ctx context.Context) error {
	names, err := Jobs(ctx, t.s)
	if err != nil {
		return err
	}
	c := &collector{s: t.s, leased: leaseTrimmed, copies: map[string]bool{}}
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
			c.reads(l)
		}
	}
	return c.inputs(ctx)
}
