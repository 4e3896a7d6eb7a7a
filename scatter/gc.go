package scatter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"okazaki"
)

// How long the collector waits, by the store's clock.
const (
	// settle is how long after a life's records were deleted its name may go:
	// by then whatever a late writer left has landed, and was deleted too.
	settle = time.Hour
	// nameKept is how long the latest name of a question stays, so that the
	// next life of the same day gets another.
	nameKept = 48 * time.Hour
	// leaseKept is how long an input that was kept in the store stays without
	// a job that reads it: it must be submitted by then.
	leaseKept = 48 * time.Hour
	// hintKept is how long a hint stays that names no open job.
	hintKept = 24 * time.Hour
	// oldKept is how much longer than the rest stays what an earlier version
	// of the store's layout left open.
	oldKept = 30 * 24 * time.Hour
)

// A Collection is what a collector has done.
type Collection struct {
	Gone    []string      // the names of the lives whose parts are gone; of orphans, their prefixes
	Foreign int           // keys that it came upon and left, since no store has such
	Freed   int64         // Trim: bytes of those parts
	Next    time.Duration // Trim: until more may go; 0: that is not known
}

// GC deletes what the store holds of lives that ended more than age ago, and
// stored inputs that no job reads. It may stop anywhere and go on later: what
// remains of a life is never taken for a whole one. A life's name, and that it
// has ended, go in a later pass than its parts.
func GC(ctx context.Context, s okazaki.Store, age time.Duration) (Collection, error) {
	c := &collector{s: s, age: age, leased: max(age, leaseKept), live: map[string]bool{}, copies: map[string]bool{}}
	var err error
	for _, pass := range []func(context.Context) error{c.lives, c.hints, c.reports, c.inputs, c.former} {
		if err = pass(ctx); err != nil {
			break
		}
	}
	return c.done(), err
}

// A collector is one pass.
type collector struct {
	s      okazaki.Store
	age    time.Duration   // what ended longer ago goes
	leased time.Duration   // inputs that were leased longer ago go, if no life reads them
	live   map[string]bool // prefixes that some life names
	open   map[string]bool // names of lives that have not ended
	copies map[string]bool // DIGEST/COPY of inputs that some life reads
	gone   []string

	foreign map[string]bool // keys that no store has
	next    time.Duration   // until something may go that may not yet; 0: that is not known
}

func (c *collector) done() Collection {
	return Collection{Gone: c.gone, Foreign: len(c.foreign), Next: c.next}
}

// later notes that something may go after so long, or in the next pass.
func (c *collector) later(wait time.Duration) {
	if wait = max(wait, 1); c.next == 0 || wait < c.next {
		c.next = wait
	}
}

// list lists what the store holds under prefix, and notes what else is there.
func (c *collector) list(ctx context.Context, prefix string) ([]keyEntry, error) {
	return listKeys(ctx, c.s, prefix, func(key string) {
		if c.foreign == nil {
			c.foreign = map[string]bool{}
		}
		c.foreign[key] = true
	})
}

// lives collects each life that ended long ago, and closes those that are past
// their deadline and that nobody has closed.
func (c *collector) lives(ctx context.Context) error {
	ends, err := c.list(ctx, endedPrefix)
	if err != nil {
		return fmt.Errorf("list the jobs: %w", err)
	}
	ended := map[string]time.Duration{}
	for _, e := range ends {
		ended[e.prefix] = e.Age
	}
	lives, err := c.list(ctx, livesPrefix) // after the ends: none of them ends a life that is not listed
	if err != nil {
		return fmt.Errorf("list the jobs: %w", err)
	}
	latest := map[string]int64{} // of those that every list shows by now
	for _, e := range lives {
		if id, n, _ := parseName(e.life); e.Age >= settle {
			latest[id] = max(latest[id], n)
		}
	}
	c.open = map[string]bool{}
	for _, e := range lives {
		name := e.life
		l, err := loadLife(ctx, c.s, name)
		if errors.Is(err, okazaki.ErrNotFound) {
			continue // another collector
		}
		if err != nil {
			return err
		}
		since, over := ended[l.Prefix]
		if !over {
			if over, err = c.expire(ctx, l); err != nil {
				return err
			}
		}
		gone := false
		if over {
			if gone, err = c.life(ctx, l, since, l.n >= latest[l.id]); err != nil {
				return fmt.Errorf("job %s: %w", name, err)
			}
		}
		if !gone {
			c.live[l.Prefix], c.open[name] = true, !over
			c.reads(l)
		}
	}
	return c.leftovers(ctx, ends)
}

// reads notes which stored inputs a life reads.
func (c *collector) reads(l *life) {
	for _, in := range l.Job.Inputs {
		c.copies[in.Digest+"/"+in.Copy] = true
	}
}

// expire closes a life that is well past its deadline.
func (c *collector) expire(ctx context.Context, l *life) (bool, error) {
	if l.age <= l.Job.Limits.Deadline+l.Job.Limits.Turn+settle {
		return false, nil
	}
	_, err := endAs(ctx, c.s, l, Expired)
	return err == nil, err
}

// turnOf is how long after a life's end a worker that has not seen the end may
// still write.
func turnOf(l *life) time.Duration { return l.Job.Limits.Turn + Grace }

// life deletes the parts of a life that ended a while ago, or, in a pass that
// finds none, its name and then its end. It returns whether the name is gone.
// What Trim has collected before its time loses its name before its time.
func (c *collector) life(ctx context.Context, l *life, since time.Duration, latest bool) (bool, error) {
	least := max(c.age, turnOf(l))
	if since < least && since >= nameKept {
		trimmed, err := l.collected(ctx, c.s)
		if err != nil {
			return false, err
		}
		if trimmed {
			least = nameKept
		}
	}
	if since < least {
		return false, nil
	}
	n, err := c.deleteParts(ctx, l.Prefix)
	if err != nil || n > 0 {
		if err == nil {
			c.gone = append(c.gone, l.name())
		}
		return false, err
	}
	if since < least+settle || latest && min(since, l.age) < nameKept {
		return false, nil
	}
	if err := c.s.Delete(ctx, lifeKey(l.id, l.n)); err != nil {
		return false, err
	}
	return true, c.s.Delete(ctx, endedKey(l.Prefix))
}

// leftovers deletes the ends, and what lies beside them, of lives whose names
// are gone.
func (c *collector) leftovers(ctx context.Context, ends []keyEntry) error {
	for _, e := range ends {
		if c.live[e.prefix] || e.Age < max(c.age, nameKept) {
			continue
		}
		if _, err := c.deleteParts(ctx, e.prefix); err != nil {
			return err
		}
		if err := c.s.Delete(ctx, e.Key); err != nil {
			return err
		}
	}
	return nil
}

// hints deletes the hints of lives that are not open.
func (c *collector) hints(ctx context.Context) error {
	entries, err := c.list(ctx, openPrefix)
	if err != nil {
		return fmt.Errorf("list the open jobs: %w", err)
	}
	return c.deleteOld(ctx, slices.DeleteFunc(entries, func(e keyEntry) bool { return c.open[e.life] }))
}

// reports deletes old reports of trouble.
func (c *collector) reports(ctx context.Context) error {
	entries, err := c.list(ctx, sickPrefix)
	if err != nil {
		return fmt.Errorf("list the sick workers: %w", err)
	}
	return c.deleteOld(ctx, entries)
}

// deleteOld deletes what nobody needs any more once it is as old as a hint may
// be.
func (c *collector) deleteOld(ctx context.Context, entries []keyEntry) error {
	for _, e := range entries {
		if e.Age < hintKept {
			continue
		}
		if err := c.s.Delete(ctx, e.Key); err != nil {
			return err
		}
	}
	return nil
}

// deleteParts deletes what lies under a life's prefix, and returns how many
// keys that was. The last key goes first: an axis, without which nothing of the
// life is read any more.
func (c *collector) deleteParts(ctx context.Context, prefix string) (int, error) {
	entries, err := c.list(ctx, string(keysOf(prefix)))
	if err != nil {
		return 0, err
	}
	for n, e := range slices.Backward(entries) {
		if err := c.s.Delete(ctx, e.Key); err != nil {
			return len(entries) - 1 - n, err
		}
	}
	return len(entries), nil
}

// Orphans deletes what lies under the prefixes of lives that no name and no end
// names any more, as where a store's expiry took those first. It reads the
// names of all keys.
func Orphans(ctx context.Context, s okazaki.Store) (Collection, error) {
	c := &collector{s: s}
	entries, err := c.list(ctx, "")
	if err != nil {
		return Collection{}, fmt.Errorf("list the store: %w", err)
	}
	var found []string
	young := map[string]bool{}
	for _, e := range entries {
		if e.kind != partKind {
			continue
		}
		if len(found) == 0 || found[len(found)-1] != e.prefix {
			found = append(found, e.prefix)
		}
		young[e.prefix] = young[e.prefix] || e.Age < nameKept
	}
	named, err := c.named(ctx)
	if err == nil {
		err = c.orphans(ctx, slices.DeleteFunc(found, func(prefix string) bool { return named[prefix] || young[prefix] }))
	}
	return c.done(), err
}

// orphans deletes what lies under prefixes that nothing names.
func (c *collector) orphans(ctx context.Context, prefixes []string) error {
	for _, prefix := range prefixes {
		if _, err := c.deleteParts(ctx, prefix); err != nil {
			return err
		}
		c.gone = append(c.gone, prefix)
	}
	return nil
}

// named returns the prefixes that lives, ends and jobs of the former layout
// name.
func (c *collector) named(ctx context.Context) (map[string]bool, error) {
	names := map[string]bool{}
	for _, prefix := range []string{endedPrefix, formerPrefix} {
		entries, err := c.list(ctx, prefix)
		if err != nil {
			return nil, fmt.Errorf("list the jobs: %w", err)
		}
		for _, e := range entries {
			names[e.prefix] = true
		}
	}
	jobs, err := Jobs(ctx, c.s)
	if err != nil {
		return nil, err
	}
	for _, name := range jobs {
		l, err := loadLife(ctx, c.s, name)
		if errors.Is(err, okazaki.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		names[l.Prefix] = true
	}
	return names, nil
}

// formerPrefix lists the jobs of the store's first layout, which had one life
// each, under their id. They are never read, and collected by age.
const formerPrefix = "jobs/"

func (c *collector) former(ctx context.Context) error {
	entries, err := c.list(ctx, formerPrefix)
	if err != nil {
		return fmt.Errorf("list the former jobs: %w", err)
	}
	for _, e := range entries {
		if e.Age < c.age {
			continue
		}
		end, err := endOf(ctx, c.s, e.prefix)
		if err != nil {
			return err
		}
		if end == nil && e.Age < c.age+oldKept {
			continue
		}
		if _, err := c.deleteParts(ctx, e.prefix); err != nil {
			return err
		}
		if err := errors.Join(c.s.Delete(ctx, e.Key), c.s.Delete(ctx, endedKey(e.prefix))); err != nil {
			return err
		}
		c.gone = append(c.gone, e.prefix)
	}
	return nil
}
