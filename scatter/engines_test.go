package scatter_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"okazaki"
	"okazaki/scatter"
	"okazaki/wake/local"
)

// lives are the engines that were opened, and what was wrong with them.
type lives struct {
	mu     sync.Mutex
	all    []*life
	faults []string
}

// A life is an engine that says when it was used out of its time.
type life struct {
	okazaki.Engine
	lives  *lives
	users  atomic.Int64
	closed atomic.Int64
}

func (ls *lives) engines(e okazaki.Engine) *scatter.Engines {
	return &scatter.Engines{Open: func(context.Context, string, *okazaki.Job) (okazaki.Engine, error) {
		return ls.open(e), nil
	}}
}

func (f *fleet) engines() *scatter.Engines { return f.lives.engines(f.engine) }

func (e *toy) Close() error { return nil }

func (ls *lives) open(e okazaki.Engine) *life {
	l := &life{Engine: e, lives: ls}
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.all = append(ls.all, l)
	return l
}

// count is how many were opened, and how many of them are open.
func (ls *lives) count() (opened, open int) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	for _, l := range ls.all {
		if l.closed.Load() == 0 {
			open++
		}
	}
	return len(ls.all), open
}

// check fails unless all that were opened are closed, each once and unused.
func (ls *lives) check(t testing.TB) {
	t.Helper()
	opened, open := ls.count()
	if open > 0 {
		t.Errorf("%d of %d engines were not closed", open, opened)
	}
	ls.mu.Lock()
	defer ls.mu.Unlock()
	for _, f := range ls.faults {
		t.Error(f)
	}
}

func (ls *lives) fault(format string, args ...any) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.faults = append(ls.faults, fmt.Sprintf(format, args...))
}

func (l *life) use() func() {
	l.users.Add(1)
	return func() {
		if l.closed.Load() > 0 {
			l.lives.fault("an engine was closed under its user")
		}
		l.users.Add(-1)
	}
}

func (l *life) Plan(ctx context.Context, stage int, prior []okazaki.Result) (okazaki.Axis, error) {
	defer l.use()()
	return l.Engine.Plan(ctx, stage, prior)
}

func (l *life) Work(ctx context.Context, t *okazaki.Task) ([]byte, int64, error) {
	defer l.use()()
	return l.Engine.Work(ctx, t)
}

func (l *life) Merge(ctx context.Context, stage int, parts [][]byte) ([]byte, error) {
	defer l.use()()
	return l.Engine.Merge(ctx, stage, parts)
}

func (l *life) Close() error {
	if l.users.Load() > 0 {
		l.lives.fault("an engine was closed under %d users", l.users.Load())
	}
	if l.closed.Add(1) > 1 {
		l.lives.fault("an engine was closed again")
	}
	return l.Engine.Close()
}

// none uses an engine for nothing.
func none(okazaki.Engine) error { return nil }

// submitted is a fleet with jobs in its store.
func submitted(t testing.TB, jobs int) (f *fleet, ids []string) {
	t.Helper()
	f = newFleet(&toy{units: 4, concat: true})
	engines := f.engines()
	for n := range jobs {
		job := f.job
		job.Version = n
		id, err := scatter.Submit(t.Context(), f.store, engines, &job, false)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	engines.Close()
	f.lives.check(t)
	return f, ids
}

// TestEnginesAreClosedOnce uses and forgets the engines of a few jobs in random
// order, many at a time.
func TestEnginesAreClosedOnce(t *testing.T) {
	f, ids := submitted(t, 3)
	rapid.Check(t, func(r *rapid.T) {
		var ls lives
		engines := ls.engines(f.engine)
		engines.Idle = time.Hour
		held := map[int]chan struct{}{}
		users := 0
		var wg sync.WaitGroup
		r.Repeat(map[string]func(*rapid.T){
			"use": func(r *rapid.T) {
				id, begun, done := rapid.SampledFrom(ids).Draw(r, "job"), make(chan struct{}), make(chan struct{})
				wg.Go(func() {
					err := engines.Use(t.Context(), f.store, id, func(e okazaki.Engine) error {
						defer e.(*life).use()()
						close(begun)
						<-done
						return nil
					})
					if err != nil {
						ls.fault("%v", err)
					}
				})
				<-begun
				users++
				held[users] = done
			},
			"be done": func(r *rapid.T) {
				for n, done := range held {
					close(done)
					delete(held, n)
					return
				}
			},
			"forget": func(r *rapid.T) { engines.Forget(rapid.SampledFrom(ids).Draw(r, "job")) },
			"keep":   func(r *rapid.T) { engines.Keep(rapid.SliceOf(rapid.SampledFrom(ids)).Draw(r, "jobs")) },
		})
		for _, done := range held {
			close(done)
		}
		engines.Close()
		wg.Wait()
		ls.check(t)
	})
}

// TestEndedJobsHoldNoEngine has a worker serve until the jobs are done: it
// closes their engines though it goes on serving.
func TestEndedJobsHoldNoEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ids := submitted(t, 5)
		ctx, cancel := context.WithCancel(t.Context())
		waker := local.New(10)
		w := &scatter.Worker{Store: f.store, Waker: waker, Engines: f.engines()}
		left := make(chan error)
		go func() { left <- w.Serve(ctx, func(_ string, err error) { t.Error(err) }) }()
		for _, id := range ids {
			if end, err := scatter.Wait(t.Context(), f.store, waker, id, time.Second, nil); err != nil || end.State != scatter.Done {
				t.Fatal(end, err)
			}
		}
		synctest.Wait()
		f.lives.check(t)
		cancel()
		<-left
	})
}

// TestOthersEndJobs has jobs ended by others: the worker that holds their
// engines hears of it when it looks at the open jobs.
func TestOthersEndJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ids := submitted(t, 3)
		engines := f.engines()
		for _, id := range ids {
			if err := engines.Use(t.Context(), f.store, id, none); err != nil {
				t.Fatal(err)
			}
			if _, err := scatter.Cancel(t.Context(), f.store, id); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		w := &scatter.Worker{Store: f.store, Waker: polling{}, Engines: engines}
		left := make(chan error)
		go func() { left <- w.Serve(ctx, func(_ string, err error) { t.Error(err) }) }()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		f.lives.check(t)
		cancel()
		<-left
	})
}

// polling wakes for whatever there is, every second.
type polling struct{}

func (polling) Ring(context.Context, okazaki.Wake) error { return nil }

func (polling) Wait(ctx context.Context, _ bool) (okazaki.Wake, error) {
	select {
	case <-ctx.Done():
		return okazaki.Wake{}, ctx.Err()
	case <-time.After(time.Second):
		return okazaki.Wake{}, nil
	}
}

// TestIdleEnginesAreClosed has a process hear of job after job and of the end
// of none, as one does that is woken by name.
func TestIdleEnginesAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ids := submitted(t, 40)
		engines := f.engines()
		for _, id := range ids {
			if err := engines.Use(t.Context(), f.store, id, none); err != nil {
				t.Fatal(err)
			}
			if _, open := f.lives.count(); open > 11 {
				t.Fatalf("%d engines are open, of one job a minute", open)
			}
			time.Sleep(time.Minute)
		}
		// One that is used stays, however long that takes.
		err := engines.Use(t.Context(), f.store, ids[0], func(okazaki.Engine) error {
			time.Sleep(3 * scatter.DefaultIdle)
			return engines.Use(t.Context(), f.store, ids[1], none)
		})
		if _, open := f.lives.count(); err != nil || open != 2 {
			t.Errorf("%d engines are open, of two that were used last: %v", open, err)
		}
		engines.Close()
		f.lives.check(t)
	})
}

// TestOpeningIsShared has many wait for an engine that is slow to open. Some
// leave before it is, and nobody else hears of that.
func TestOpeningIsShared(t *testing.T) {
	for _, fails := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f, ids := submitted(t, 1)
			var ls lives
			opened := 0
			engines := &scatter.Engines{Open: func(context.Context, string, *okazaki.Job) (okazaki.Engine, error) {
				opened++
				time.Sleep(time.Minute)
				if fails {
					return nil, errors.New("no such luck")
				}
				return ls.open(f.engine), nil
			}}
			brief, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			var wg sync.WaitGroup
			for n := range 8 {
				wg.Go(func() {
					time.Sleep(time.Duration(n) * time.Millisecond)
					ctx := t.Context()
					if n == 3 {
						ctx = brief
					}
					err := engines.Use(ctx, f.store, ids[0], none)
					switch {
					case n == 3 && !errors.Is(err, context.DeadlineExceeded):
						t.Errorf("the caller that left hears %v", err)
					case n != 3 && fails != (err != nil && strings.Contains(err.Error(), "no such luck")):
						t.Errorf("waiter %d hears %v", n, err)
					}
				})
			}
			time.Sleep(30 * time.Second)
			engines.Forget(ids[0]) // while it is being opened
			wg.Wait()
			if opened != 1 {
				t.Errorf("it was opened %d times", opened)
			}
			ls.check(t)
		})
	}
}

// TestOpenerLeaves has others wait for an engine whose opener has to go.
func TestOpenerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ids := submitted(t, 1)
		var ls lives
		engines := &scatter.Engines{Open: func(ctx context.Context, _ string, _ *okazaki.Job) (okazaki.Engine, error) {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(time.Minute):
				return ls.open(f.engine), nil
			}
		}}
		var wg sync.WaitGroup
		for n := range 4 {
			wg.Go(func() {
				ctx, want := t.Context(), error(nil)
				time.Sleep(time.Duration(n) * time.Second)
				if n < 2 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, 10*time.Second)
					defer cancel()
					want = context.DeadlineExceeded
				}
				if err := engines.Use(ctx, f.store, ids[0], none); !errors.Is(err, want) {
					t.Errorf("user %d hears %v, not %v", n, err, want)
				}
			})
		}
		wg.Wait()
		engines.Close()
		ls.check(t)
		if opened, _ := ls.count(); opened != 1 {
			t.Errorf("%d engines were opened", opened)
		}
	})
}

// TestCloseThatFails has an engine that can't be closed, and one that panics.
func TestCloseThatFails(t *testing.T) {
	f, ids := submitted(t, 1)
	var heard []string
	engines := &scatter.Engines{
		Open: func(context.Context, string, *okazaki.Job) (okazaki.Engine, error) {
			return stuck{f.engine, len(heard) > 0}, nil
		},
		Closed: func(job string, err error) { heard = append(heard, fmt.Sprintf("%s: %v", job, err)) },
	}
	for range 2 {
		if err := engines.Use(t.Context(), f.store, ids[0], none); err != nil {
			t.Error(err)
		}
		engines.Forget(ids[0])
	}
	want := []string{ids[0] + ": the disk is gone", ids[0] + ": the engine panicked: twice"}
	if !slices.Equal(heard, want) {
		t.Errorf("heard %q, want %q", heard, want)
	}
}

// stuck is an engine that can't be closed.
type stuck struct {
	okazaki.Engine
	panics bool
}

func (e stuck) Close() error {
	if e.panics {
		panic("twice")
	}
	return errors.New("the disk is gone")
}
