package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"okazaki"
)

const (
	racers = 5
	// sanestAge is more than a probe takes, and less than the error of a
	// clock that was never set.
	sanestAge = 10 * time.Minute
)

// Probe refuses a store that doesn't keep okazaki.Store's promises, with an
// *okazaki.Error that says which one is broken. It makes about two dozen
// calls, more if the store is busy, and takes its keys, probe/<nonce>/…, away
// again. An error of another kind means that the store could not be asked.
func Probe(ctx context.Context, s okazaki.Store) error {
	p := &probe{s: Patience{Limit: 20 * time.Second}.Wrap(s), root: "probe/" + strings.ToLower(rand.Text()) + "/"}
	defer p.clean(ctx)
	for _, step := range []func(context.Context) error{p.empty, p.race, p.again, p.lists} {
		if err := step(ctx); err != nil {
			return p.explain(err)
		}
	}
	return nil
}

type probe struct {
	s    okazaki.Store
	root string
	won  []byte // the value that won the race
}

func (p *probe) key() string   { return p.root + "m" } // that the racers race for
func (p *probe) inner() string { return p.root + "f/x" }
func (p *probe) last() string  { return p.root + "m.1" }

// broken is the error of a promise that isn't kept.
func broken(promise, format string, a ...any) error {
	return &okazaki.Error{
		Message: "this store breaks a promise that Okazaki needs: " + promise + " (" + fmt.Sprintf(format, a...) + ")",
		Hint: "use a store that creates a key once: Amazon S3 or a server that honours If-None-Match, " +
			"a folder on a local or NFS file system, or DynamoDB",
	}
}

// empty checks that a key that nobody made isn't there.
func (p *probe) empty(ctx context.Context) error {
	const promise = "a key is there only once created"
	v, err := p.s.Get(ctx, p.key())
	switch {
	case err == nil:
		return broken(promise, "a key that nobody made holds %d bytes", len(v.Bytes))
	case errors.Is(err, okazaki.ErrNotFound):
		return nil
	}
	return err
}

// race checks that exactly one of many creates at once wins, and that a
// caller that is told "exists" finds the key.
func (p *probe) race(ctx context.Context) error {
	const promise = "exactly one of many creates of a key wins"
	var (
		wg    sync.WaitGroup
		start = make(chan struct{})
		errs  [racers]error // each racer's answer
		seen  [racers][]byte
	)
	for i := range racers {
		wg.Go(func() {
			<-start
			errs[i] = p.s.Create(ctx, p.key(), racer(i))
			if err := errs[i]; err == nil || errors.Is(err, okazaki.ErrExists) {
				var v okazaki.Value
				v, err = p.s.Get(ctx, p.key())
				seen[i] = v.Bytes
				if errors.Is(err, okazaki.ErrNotFound) {
					errs[i] = broken(`"exists" and "try again" are told apart`,
						"a create returned and the key was not there")
				} else if err != nil {
					errs[i] = err
				}
			}
		})
	}
	close(start)
	wg.Wait()
	winners := 0
	for i, err := range errs {
		if err != nil && !errors.Is(err, okazaki.ErrExists) {
			return err
		}
		if err == nil {
			winners++
			if !bytes.Equal(seen[i], racer(i)) {
				return broken(promise, "the winner's value was replaced")
			}
		}
		if !bytes.Equal(seen[i], seen[0]) {
			return broken(promise, "two readers saw different values")
		}
	}
	// It may be that no create returned nil: one that was busy may have
	// succeeded, and its repeat then found its own value.
	if winners > 1 {
		return broken(promise, "%d of %d won", winners, racers)
	}
	for i := range racers {
		if bytes.Equal(seen[0], racer(i)) {
			p.won = seen[0]
			return nil
		}
	}
	return broken(promise, "the key holds what nobody wrote")
}

// racer is the value of one racer: all bytes, to see that they come back.
func racer(i int) []byte {
	value := make([]byte, 256)
	for j := range value {
		value[j] = byte(i + j)
	}
	return value
}

// again checks that a key stays what it is.
func (p *probe) again(ctx context.Context) error {
	const promise = "a value is never rewritten"
	if err := p.s.Create(ctx, p.key(), []byte("again")); err == nil {
		return broken(promise, "a second create succeeded")
	} else if !errors.Is(err, okazaki.ErrExists) {
		return err
	}
	v, err := p.s.Get(ctx, p.key())
	if err != nil {
		return err
	}
	if !bytes.Equal(v.Bytes, p.won) {
		return broken(promise, "a create that lost changed it")
	}
	return saneAge(v.Age)
}

func saneAge(age time.Duration) error {
	if age < 0 || age > sanestAge {
		return broken("ages are by the store's own clock", "a new key is %v old", age)
	}
	return nil
}

// lists checks that lists see what was created at once, in order, and no more
// than was asked for.
func (p *probe) lists(ctx context.Context) error {
	for _, key := range []string{p.inner(), p.last()} {
		if err := p.s.Create(ctx, key, nil); err != nil && !errors.Is(err, okazaki.ErrExists) {
			return err
		}
	}
	for _, c := range []struct {
		promise, prefix, after string
		want                   []string
	}{
		{"a list sees a created key at once, in order", p.root, "", []string{p.inner(), p.key(), p.last()}},
		{"a list may start after a key", p.root, p.inner(), []string{p.key(), p.last()}},
		{"a list may start after a name that is not a key", p.root, p.key() + ".0", []string{p.last()}},
		{"a list's prefix may end in the middle of a name", p.key(), "", []string{p.key(), p.last()}},
	} {
		page, err := p.s.List(ctx, c.prefix, c.after)
		if err != nil {
			return err
		}
		var got []string
		for _, e := range page {
			got = append(got, e.Key)
			if err := saneAge(e.Age); err != nil {
				return err
			}
		}
		if strings.Join(got, " ") != strings.Join(c.want, " ") {
			return broken(c.promise, "asked for %q after %q: %q instead of %q", c.prefix, c.after, got, c.want)
		}
	}
	return nil
}

// explain returns an error that the user can mend for a store that never
// answered.
func (p *probe) explain(err error) error {
	if mend, ok := errors.AsType[*okazaki.Error](err); ok {
		return mend
	}
	if errors.Is(err, okazaki.ErrBusy) {
		return &okazaki.Error{
			Message: fmt.Sprintf("the store doesn't answer: %v", err),
			Hint:    "check its address and that it is running, then try again",
			Err:     err,
		}
	}
	return fmt.Errorf("probing the store: %w", err)
}

// clean takes the probe's keys away, even when ctx has ended. What it can't
// delete does no harm.
func (p *probe) clean(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	for _, key := range []string{p.key(), p.inner(), p.last()} {
		_ = p.s.Delete(ctx, key)
	}
}
