package scatter_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"okazaki"
	"okazaki/scatter"
	"okazaki/store/mem"
	"okazaki/store/storetest"
	"okazaki/wake/local"
)

// A toy engine writes each unit's number. Its second stage writes the length
// of what the first gathered.
type toy struct {
	units  int64
	concat bool
	takes  time.Duration // a unit
	setup  time.Duration // before the first unit of each span
	worked atomic.Int64  // units, redone ones again
	unit   func(ctx context.Context, u int64) error
	tooBig func(okazaki.Span) bool
}

func (e *toy) Plan(ctx context.Context, stage int, prior []okazaki.Result) (okazaki.Axis, error) {
	if stage == 0 {
		return okazaki.Axis{Units: e.units, Concat: e.concat, Note: []byte("note")}, nil
	}
	b, err := read(ctx, prior[stage-1])
	return okazaki.Axis{Units: int64(len(b)), Concat: e.concat}, err
}

func (e *toy) Work(ctx context.Context, t *okazaki.Task) ([]byte, int64, error) {
	var b bytes.Buffer
	if e.tooBig != nil && e.tooBig(t.Span) {
		return nil, 0, okazaki.ErrTooBig
	}
	time.Sleep(e.setup)
	for u := t.Span.Lo; u < t.Span.Hi; u++ {
		if e.unit != nil {
			if err := e.unit(ctx, u); err != nil {
				return nil, 0, err
			}
		}
		select {
		case <-time.After(e.takes):
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		}
		e.worked.Add(1)
		fmt.Fprintf(&b, "%d,", u)
		if t.Continue != nil && !t.Continue(u+1) {
			return b.Bytes(), u + 1, nil
		}
	}
	return b.Bytes(), t.Span.Hi, nil
}

func (e *toy) Merge(_ context.Context, _ int, parts [][]byte) ([]byte, error) {
	return bytes.Join(parts, nil), nil
}

func (e *toy) Render(context.Context, []okazaki.Result, okazaki.Outputs) error { return nil }

func (e *toy) want() string {
	var b strings.Builder
	for u := range e.units {
		fmt.Fprintf(&b, "%d,", u)
	}
	return b.String()
}

func read(ctx context.Context, r okazaki.Result) ([]byte, error) {
	rc, err := r(ctx)
	if err != nil {
		return nil, err
	}
	defer rc.Close()
	return io.ReadAll(rc)
}

// A fleet runs a toy's job in this process.
type fleet struct {
	store   okazaki.Store
	engine  *toy
	job     okazaki.Job
	workers int
	classes []int // of the workers, in turn
	inline  int
	fresh   bool
	errs    []error
	lives   lives
}

func newFleet(e *toy) *fleet {
	return &fleet{
		store: mem.New(nil), engine: e, workers: 2,
		job: okazaki.Job{Analysis: "toy", Stages: []string{"only"}, Limits: okazaki.Limits{
			Budget: 100_000 << 10, Classes: []int64{1024}, Turn: 30 * time.Second, Aim: 2 * time.Second,
			Deadline: time.Hour, Concurrency: 2,
		}},
	}
}

// run submits the job, works it and waits for its end.
func (f *fleet) run(t *testing.T, ctx context.Context) (string, *scatter.End, error) {
	job := f.job
	var ls lives
	engines := ls.engines(f.engine)
	defer ls.check(t)
	defer engines.Close()
	id, err := scatter.Submit(ctx, f.store, engines, &job, f.fresh)
	if err != nil {
		return "", nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	waker := local.New(1000)
	var wg sync.WaitGroup
	var mu sync.Mutex
	for i := range f.workers {
		class := 0
		if len(f.classes) > 0 {
			class = f.classes[i%len(f.classes)]
		}
		wg.Go(func() {
			w := &scatter.Worker{Store: f.store, Waker: waker, Engines: engines, Class: class, Inline: f.inline}
			err := w.Serve(ctx, func(_ string, err error) {
				mu.Lock()
				f.errs = append(f.errs, err)
				mu.Unlock()
			})
			if ctx.Err() == nil {
				t.Errorf("a worker left: %v", err)
			}
		})
	}
	end, err := scatter.Wait(ctx, f.store, waker, id, 500*time.Millisecond, nil)
	cancel()
	wg.Wait()
	return id, end, err
}

// answer is the gathered result of a run that must end with one.
func (f *fleet) answer(t *testing.T) string {
	t.Helper()
	id, end, err := f.run(t, t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if end.State != scatter.Done {
		t.Fatal(end)
	}
	b, err := read(t.Context(), scatter.Gathered(f.store, id, len(f.job.Stages)-1))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAnyCutGivesTheSameBytes(t *testing.T) {
	for _, concat := range []bool{false, true} {
		for _, span := range []int64{0, 1, 2, 7, 50, 1200} {
			for _, workers := range []int{1, 4} {
				for _, inline := range []int{1, 0} {
					synctest.Test(t, func(t *testing.T) {
						f := newFleet(&toy{units: 1200, concat: concat, takes: 50 * time.Millisecond})
						f.job.Limits.Span, f.workers, f.inline = span, workers, inline
						if got := f.answer(t); got != f.engine.want() {
							t.Errorf("concat %v span %d workers %d: %.60q…", concat, span, workers, got)
						}
						if n := f.engine.worked.Load(); n != f.engine.units {
							t.Errorf("concat %v span %d workers %d: %d units were worked, of %d", concat, span, workers, n, f.engine.units)
						}
					})
				}
			}
		}
	}
}

func TestSpansTakeAboutTheAim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 2000, concat: true, takes: 100 * time.Millisecond})
		f.answer(t)
		folders := map[string]int{}
		for _, key := range keysIn(t, f.store) {
			if parts := strings.Split(key, "/"); len(parts) == 5 && parts[2] == "v" {
				folders[parts[3]]++
			}
		}
		// 200 s of work at an aim of 2 s a span
		if n := slices.Max(slices.Collect(maps.Values(folders))); n < 80 || n > 130 {
			t.Errorf("%d spans", n)
		}
	})
}

func TestFaultyStore(t *testing.T) {
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			f := newFleet(&toy{units: 60, concat: seed%2 == 0, takes: 200 * time.Millisecond})
			f.workers = 3
			f.store = storetest.Faulty(f.store, seed, storetest.Faults{
				Busy: 0.1, Lost: 0.1, Late: 0.05, Stale: 0.1, Delay: 0.2, MaxDelay: time.Second,
			})
			if got := f.answer(t); got != f.engine.want() {
				t.Errorf("seed %d: %q", seed, got)
			}
		})
	}
}

func TestStagesFollowEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 40, takes: time.Second})
		f.job.Stages = []string{"one", "two"}
		n := int64(len(f.engine.want()))
		if got, want := f.answer(t), (&toy{units: n}).want(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

func TestWorkerIsKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 40, takes: time.Second})
		ctx, cancel := context.WithTimeout(t.Context(), 3500*time.Millisecond)
		defer cancel()
		if _, _, err := f.run(t, ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		done := f.engine.worked.Load()
		if got := f.answer(t); got != f.engine.want() {
			t.Errorf("%q", got)
		}
		if again := f.engine.worked.Load() - done; again > f.engine.units {
			t.Errorf("%d units of %d were worked after %d had been", again, f.engine.units, done)
		}
	})
}

func TestHolesAreNamed(t *testing.T) {
	for name, unit := range map[string]func(context.Context, int64) error{
		"refuses": func(_ context.Context, u int64) error {
			if u == 13 {
				return &okazaki.Error{Message: "unit 13 is unlucky"}
			}
			return nil
		},
		"fails": func(_ context.Context, u int64) error {
			if u == 13 {
				return errors.New("unit 13 is unlucky")
			}
			return nil
		},
		"panics": func(_ context.Context, u int64) error {
			if u == 13 {
				panic("unit 13 is unlucky")
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFleet(&toy{units: 40, unit: unit})
				f.job.Limits.Span = 1
				_, end, err := f.run(t, t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if end.State != scatter.Incomplete || end.Missing != 1 ||
					end.Holes[0].Span != (okazaki.Span{Lo: 13, Hi: 14}) || !strings.Contains(end.Holes[0].Reason, "unlucky") {
					t.Errorf("%v", end)
				}
			})
		})
	}
}

func TestHangingUnitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 40, concat: true, unit: func(ctx context.Context, u int64) error {
			if u == 13 {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}})
		_, end, err := f.run(t, t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if end.State != scatter.Incomplete || end.Missing != 1 || end.Holes[0].Span != (okazaki.Span{Lo: 13, Hi: 14}) {
			t.Errorf("%v", end)
		}
	})
}

func TestTooBigIsSplit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 64, tooBig: func(s okazaki.Span) bool { return s.Len() > 5 }})
		if got := f.answer(t); got != f.engine.want() {
			t.Errorf("%q", got)
		}
	})
}

func TestFloorClimbsToALargerClass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tries atomic.Int64
		f := newFleet(&toy{units: 1, tooBig: func(okazaki.Span) bool { return tries.Add(1) == 1 }})
		f.job.Limits.Classes = []int64{128, 1024}
		f.classes = []int{0, 1}
		if got := f.answer(t); got != f.engine.want() {
			t.Errorf("%q", got)
		}
	})
}

func TestCancelAndSubmitAgain(t *testing.T) {
	f := newFleet(&toy{units: 10})
	job := f.job
	first, err := scatter.Submit(t.Context(), f.store, f.engines(), &job, false)
	if err != nil {
		t.Fatal(err)
	}
	end, err := scatter.Cancel(t.Context(), f.store, first)
	if err != nil || end.State != scatter.Cancelled {
		t.Fatal(end, err)
	}
	w := &scatter.Worker{Store: f.store, Waker: local.New(1), Engines: f.engines()}
	v, err := w.Take(t.Context(), okazaki.Wake{Job: first})
	if err != nil || v.Bought != 0 || v.End.State != scatter.Cancelled {
		t.Errorf("a worker at a cancelled job: %+v, %v", v, err)
	}
	second, end, err := f.run(t, t.Context())
	if err != nil || second == first || end.State != scatter.Done {
		t.Errorf("submitted again as %s, after %s: %v, %v", second, first, end, err)
	}
	worked := f.engine.worked.Load()
	third, _, err := f.run(t, t.Context())
	if err != nil || third != second || f.engine.worked.Load() != worked {
		t.Errorf("answered as %s, not %s, or worked again: %v", third, second, err)
	}
	f.fresh = true
	if fourth, _, err := f.run(t, t.Context()); err != nil || fourth == third {
		t.Errorf("fresh is %s, %v", fourth, err)
	}
}

func TestDeadlineCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 1000, takes: 10 * time.Second})
		f.job.Limits.Deadline = time.Minute
		_, end, err := f.run(t, t.Context())
		if err != nil || end.State != scatter.Expired {
			t.Errorf("%v, %v", end, err)
		}
	})
}

func TestBudgetRunsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 1000, takes: 10 * time.Second, concat: true})
		f.job.Limits.Budget = 300 << 10
		id, end, err := f.run(t, t.Context())
		if err != nil || end.State != scatter.Incomplete {
			t.Fatalf("%v, %v", end, err)
		}
		if !strings.Contains(end.String(), "over budget") {
			t.Errorf("%v", end)
		}
		if spent := f.engine.worked.Load() * 10; spent > 300 {
			t.Errorf("%d s ran at 1 GB, of a budget of 300 GB-s", spent)
		}
		if _, err := read(t.Context(), scatter.Gathered(f.store, id, 0)); err == nil {
			t.Error("a result with holes was read to its end")
		}
	})
}

func TestBudgetTooSmallToStart(t *testing.T) {
	f := newFleet(&toy{units: 10})
	f.job.Limits.Budget = 10
	var e *okazaki.Error
	if _, _, err := f.run(t, t.Context()); !errors.As(err, &e) || !strings.Contains(e.Hint, "at least") {
		t.Errorf("%v", err)
	}
}

func TestGC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 10})
		f.answer(t)
		in := &scatter.Inputs{Store: f.store}
		if _, err := in.Keep(t.Context(), "genomes", "-", strings.NewReader("ACGT")); err != nil {
			t.Fatal(err)
		}
		if gone, err := scatter.GC(t.Context(), f.store, time.Hour); err != nil || len(gone.Gone) != 0 {
			t.Errorf("too young, and yet gone: %v, %v", gone, err)
		}
		time.Sleep(2 * time.Hour)
		if gone, err := scatter.GC(t.Context(), f.store, time.Hour); err != nil || len(gone.Gone) != 1 {
			t.Errorf("gone: %v, %v", gone, err)
		}
		for _, key := range keysIn(t, f.store) {
			if strings.Count(key, "/") > 1 && !strings.HasPrefix(key, "in/") && !strings.HasPrefix(key, "lives/") {
				t.Errorf("left: %s", key)
			}
		}
		for range 3 {
			time.Sleep(50 * time.Hour)
			if gone, err := scatter.GC(t.Context(), f.store, time.Hour); err != nil || len(gone.Gone) != 0 {
				t.Errorf("gone again: %v, %v", gone, err)
			}
		}
		if left := keysIn(t, f.store); !slices.Equal(left, []string{"format"}) {
			t.Errorf("left: %v", left)
		}
	})
}

func keysIn(t *testing.T, s okazaki.Store) []string {
	t.Helper()
	var keys []string
	for after := ""; ; after = keys[len(keys)-1] {
		page, err := s.List(t.Context(), "", after)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page {
			keys = append(keys, e.Key)
		}
		if len(page) < okazaki.PageSize {
			return keys
		}
	}
}

// A waiting submitter hears of the end from a worker of its process, however seldom it
// looks.
func TestWaitIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 8, takes: time.Second, concat: true})
		id, err := scatter.Submit(t.Context(), f.store, f.engines(), &f.job, false)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		waker, told := local.New(10), make(chan struct{}, 1)
		w := &scatter.Worker{Store: f.store, Waker: waker, Engines: f.engines(), Ended: func(job string) {
			if job == id {
				told <- struct{}{}
			}
		}}
		left := make(chan error)
		go func() { left <- w.Serve(ctx, func(_ string, err error) { t.Error(err) }) }()
		start := time.Now()
		end, err := scatter.Wait(t.Context(), f.store, waker, id, 1000*time.Hour, told)
		cancel()
		<-left
		if err != nil || end.State != scatter.Done || time.Since(start) > time.Minute {
			t.Errorf("after %v: %v, %v", time.Since(start), end, err)
		}
	})
}

// rerun begins the life after one whose answer has gone, and works it.
func (f *fleet) rerun(t *testing.T, gone string) (string, *scatter.End, error) {
	t.Helper()
	job := f.job
	if _, err := scatter.Resubmit(t.Context(), f.store, f.engines(), &job, gone); err != nil {
		return "", nil, err
	}
	return f.run(t, t.Context())
}
