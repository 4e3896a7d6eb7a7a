package scatter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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

// GC deletes what the store holds of lives that ended more than age ago, and
// stored inputs that no job reads, and returns the names of the lives whose
// parts are gone. It may stop anywhere and go on later: what remains of a life
// is never taken for a whole one. A life's name, and that it has ended, go in a
// later pass than its parts.
func GC(ctx context.Context, s okazaki.Store, age time.Duration) ([]string, error) {
	c := &collector{s: s, age: age, leased: max(age, leaseKept), live: map[string]bool{}, copies: map[string]bool{}}
	if err := c.lives(ctx); err != nil {
		return c.gone, err
	}
	if err := c.hints(ctx); err != nil {
		return c.gone, err
	}
	if err := c.inputs(ctx); err != nil {
		return c.gone, err
	}
	return c.gone, c.former(ctx)
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
}

// lives collects each life that ended long ago, and closes those that are past
// their deadline and that nobody has closed.
func (c *collector) lives(ctx context.Context) error {
	ends, err := listAll(ctx, c.s, endedPrefix)
	if err != nil {
		return fmt.Errorf("list the jobs: %w", err)
	}
	ended := map[string]time.Duration{}
	for _, e := range ends {
		ended[strings.TrimPrefix(e.Key, endedPrefix)] = e.Age
	}
	names, err := Jobs(ctx, c.s) // after the ends: none of them ends a life that is not listed
	if err != nil {
		return err
	}
	latest := map[string]int64{}
	for _, name := range names {
		id, n, _ := parseName(name)
		latest[id] = max(latest[id], n)
	}
	c.open = map[string]bool{}
	for _, name := range names {
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
			if gone, err = c.life(ctx, l, since, l.n == latest[l.id]); err != nil {
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
	n, err := deleteAll(ctx, c.s, string(l.keys()))
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
func (c *collector) leftovers(ctx context.Context, ends []okazaki.Entry) error {
	for _, e := range ends {
		prefix := strings.TrimPrefix(e.Key, endedPrefix)
		if c.live[prefix] || e.Age < max(c.age, nameKept) || !isHex(prefix) {
			continue
		}
		if _, err := deleteAll(ctx, c.s, string(keysOf(prefix))); err != nil {
			return err
		}
		if err := c.s.Delete(ctx, endedKey(prefix)); err != nil {
			return err
		}
	}
	return nil
}

// hints deletes the hints of lives that are not open, and old reports of
// trouble.
func (c *collector) hints(ctx context.Context) error {
	entries, err := listAll(ctx, c.s, openPrefix)
	if err != nil {
		return fmt.Errorf("list the open jobs: %w", err)
	}
	for _, e := range entries {
		if c.open[strings.TrimPrefix(e.Key, openPrefix)] || e.Age < hintKept {
			continue
		}
		if err := c.s.Delete(ctx, e.Key); err != nil {
			return err
		}
	}
	entries, err = listAll(ctx, c.s, sickPrefix)
	if err != nil {
		return fmt.Errorf("list the sick workers: %w", err)
	}
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

// deleteAll deletes what lies under prefix, and returns how many keys that was.
// The last key goes first: of a life an axis, without which nothing of it is
// read any more.
func deleteAll(ctx context.Context, s okazaki.Store, prefix string) (int, error) {
	entries, err := listAll(ctx, s, prefix)
	if err != nil {
		return 0, err
	}
	for n, e := range slices.Backward(entries) {
		if err := s.Delete(ctx, e.Key); err != nil {
			return len(entries) - 1 - n, err
		}
	}
	return len(entries), nil
}

// Orphans deletes what lies under the prefixes of lives that no name and no end
// names any more, as where a store's expiry took those first. It reads the
// names of all keys. It returns the prefixes that are gone.
func Orphans(ctx context.Context, s okazaki.Store) ([]string, error) {
	entries, err := listAll(ctx, s, "")
	if err != nil {
		return nil, fmt.Errorf("list the store: %w", err)
	}
	var found []string
	young := map[string]bool{}
	for _, e := range entries {
		parts := strings.SplitN(e.Key, "/", 3)
		if len(parts) < 3 || len(parts[0]) != 2 || !isHex(parts[1]) || parts[1][:2] != parts[0] {
			continue
		}
		if len(found) == 0 || found[len(found)-1] != parts[1] {
			found = append(found, parts[1])
		}
		young[parts[1]] = young[parts[1]] || e.Age < nameKept
	}
	named, err := named(ctx, s)
	if err != nil {
		return nil, err
	}
	var gone []string
	for _, prefix := range found {
		if named[prefix] || young[prefix] {
			continue
		}
		if _, err := deleteAll(ctx, s, string(keysOf(prefix))); err != nil {
			return gone, err
		}
		gone = append(gone, prefix)
	}
	return gone, nil
}

// named returns the prefixes that lives, ends and jobs of the former layout
// name.
func named(ctx context.Context, s okazaki.Store) (map[string]bool, error) {
	names := map[string]bool{}
	for _, prefix := range []string{endedPrefix, formerPrefix} {
		entries, err := listAll(ctx, s, prefix)
		if err != nil {
			return nil, fmt.Errorf("list the jobs: %w", err)
		}
		for _, e := range entries {
			names[strings.TrimPrefix(e.Key, prefix)] = true
		}
	}
	jobs, err := Jobs(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, name := range jobs {
		l, err := loadLife(ctx, s, name)
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
	entries, err := listAll(ctx, c.s, formerPrefix)
	if err != nil {
		return fmt.Errorf("list the former jobs: %w", err)
	}
	for _, e := range entries {
		id := strings.TrimPrefix(e.Key, formerPrefix)
		if !isHex(id) || e.Age < c.age {
			continue
		}
		end, err := endOf(ctx, c.s, id)
		if err != nil {
			return err
		}
		if end == nil && e.Age < c.age+oldKept {
			continue
		}
		if _, err := deleteAll(ctx, c.s, string(keysOf(id))); err != nil {
			return err
		}
		if err := errors.Join(c.s.Delete(ctx, e.Key), c.s.Delete(ctx, endedKey(id))); err != nil {
			return err
		}
		c.gone = append(c.gone, id)
	}
	return nil
}
