package scatter_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"okazaki"
	"okazaki/scatter"
	"okazaki/wake/local"
)

// picky returns an engine of 100 units that do not concatenate, whose merges do
// what merge does first.
func picky(merge func(parts [][]byte) error) *pickyMerge {
	e := &pickyMerge{merge: merge}
	e.units, e.takes = 100, 100*time.Millisecond
	return e
}

// What fails on a sick machine is tried again by a worker of the same class: it
// is not for want of memory.
func TestTroubleIsNoClimb(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		good := &toy{units: 100, concat: true, takes: 500 * time.Millisecond}
		var failures atomic.Int64
		f := newFleet(good)
		f.job.Limits.Span, f.job.Limits.Classes = 1, []int64{128, 1024}
		c := newCrowd(t, f, 3, func(i int) okazaki.Engine {
			if i == 2 {
				return failing(good, &failures)
			}
			return good
		})
		if end := c.run(t); end.State != scatter.Done || failures.Load() == 0 {
			t.Errorf("%v after %d failures", end, failures.Load())
		}
	})
}

// A merge whose owner is known to be dead is taken over at once.
func TestDeadOwnerOfAMerge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		f := newFleet(&toy{units: 100})
		c := newCrowd(t, f, 2, func(i int) okazaki.Engine {
			return picky(func([][]byte) error {
				if i == 0 {
					<-hang
				}
				return nil
			})
		})
		dead := atomic.Bool{}
		for i, w := range c.workers {
			w.Name = []string{"first", "second"}[i]
			w.Dead = func(name string) bool { return name == "first" && dead.Load() }
		}
		victim := c.workers[0]
		victim.Waker = local.New(10)
		go func() { _, _ = victim.Take(t.Context(), okazaki.Wake{Job: c.id}) }()
		time.Sleep(20 * time.Second) // 10 s of work, and the merge
		dead.Store(true)
		c.workers = c.workers[1:]
		if end := c.run(t); end.State != scatter.Done || c.took > 3*time.Second {
			t.Errorf("%v after %v", end, c.took)
		}
		close(hang)
	})
}

// A merge that fails everywhere is a hole that says why, and soon.
func TestMergesThatFail(t *testing.T) {
	for _, c := range []struct {
		name   string
		merge  error
		want   string
		most   int64 // merges
		within time.Duration
	}{
		{"it fits nobody", okazaki.ErrTooBig, "of the largest worker", 1000, time.Minute},
		{"its input explains it", &okazaki.Error{Message: "the trees disagree"}, "the trees disagree", 1, time.Minute},
		{"it is broken", errors.New("index out of range"), "index out of range (met 2 times, on 2 machines)", 2, 3 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var merges atomic.Int64
				f := newFleet(&toy{units: 100})
				f.job.Limits.Classes, f.job.Limits.Span = []int64{128, 1024}, 10
				crowd := newCrowd(t, f, 2, func(int) okazaki.Engine {
					return picky(func([][]byte) error { merges.Add(1); return c.merge })
				})
				for _, w := range crowd.workers {
					w.Largest = 1024
				}
				end := crowd.run(t)
				if end.State != scatter.Incomplete || !strings.Contains(end.Holes[0].Reason, c.want) {
					t.Fatal(end)
				}
				if merges.Load() > c.most || crowd.took > c.within {
					t.Errorf("%d merges in %v", merges.Load(), crowd.took)
				}
			})
		})
	}
}

// hanging is an engine whose merges, or whose plan of the second stage, go on
// for as long as they are let.
type hanging struct {
	toy
	merges bool
	stood  atomic.Int64 // nanoseconds
}

func (e *hanging) hang(ctx context.Context) error {
	start := time.Now()
	<-ctx.Done()
	e.stood.Add(int64(time.Since(start)))
	return ctx.Err()
}

func (e *hanging) Merge(ctx context.Context, stage int, parts [][]byte) ([]byte, error) {
	if e.merges {
		return nil, e.hang(ctx)
	}
	return e.toy.Merge(ctx, stage, parts)
}

func (e *hanging) Plan(ctx context.Context, stage int, prior []okazaki.Result) (okazaki.Axis, error) {
	if stage > 0 {
		return okazaki.Axis{}, e.hang(ctx)
	}
	return e.toy.Plan(ctx, stage, prior)
}

// Merging and planning are cut off at what their attempt reserved, and tried
// five times at most.
func TestMergeAndPlanThatHang(t *testing.T) {
	for _, merges := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			f := newFleet(&toy{units: 100})
			f.job.Stages, f.job.Limits.Deadline = []string{"one", "two"}, 1000*time.Hour
			e := &hanging{merges: merges}
			e.units, e.takes = 100, 100*time.Millisecond
			end := newCrowd(t, f, 2, func(int) okazaki.Engine { return e }).run(t)
			if end.State != scatter.Incomplete || len(end.Holes) != 1 {
				t.Error(end)
			}
			if stood, most := time.Duration(e.stood.Load()), 5*f.job.Limits.Turn; stood > most || stood == 0 {
				t.Errorf("attempts stood still for %v, of %v", stood, most)
			}
		})
	}
}

// A worker that meets a job late knows how little of its time is left.
func TestWorkerClosesAJobPastItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 1000, takes: 10 * time.Second})
		id, err := scatter.Submit(t.Context(), f.store, f.engines(), &f.job, false)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(59*time.Minute + 50*time.Second)
		w := &scatter.Worker{Store: f.store, Waker: local.New(1000), Engines: f.engines()}
		for range 100 {
			visit, err := w.Take(t.Context(), okazaki.Wake{Job: id})
			if err != nil {
				t.Fatal(err)
			}
			if visit.End != nil {
				if visit.End.State != scatter.Expired {
					t.Error(visit.End)
				}
				return
			}
			time.Sleep(500 * time.Millisecond)
		}
		t.Error("the job is still open")
	})
}

// A job whose forced spans cost more than its budget is cut into larger ones,
// and the answer stays the same.
func TestForcedSpansBeyondTheBudget(t *testing.T) {
	for _, c := range []struct {
		units, span, gbs int64
		takes            time.Duration
	}{
		{5000, 1, 300, time.Millisecond},
		{5000, 7, 300, time.Millisecond},
		{1_000_000, 1, 400, time.Microsecond},
		{400, 1, 200, 10 * time.Millisecond},
		{2000, 1, 200, 50 * time.Millisecond}, // half of the budget is work
		{2000, 7, 200, 50 * time.Millisecond},
		{50, 1, 70, 10 * time.Millisecond}, // little more than one attempt
	} {
		for _, concat := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				f := newFleet(&toy{units: c.units, takes: c.takes, concat: concat})
				f.job.Limits.Budget, f.job.Limits.Span = okazaki.MBs(c.gbs)<<10, c.span
				id, end, err := f.run(t, t.Context())
				if err != nil || end.State != scatter.Done {
					t.Fatalf("%+v: %v, %v", c, end, err)
				}
				b, err := read(t.Context(), scatter.Gathered(f.store, id, 0))
				if err != nil || string(b) != f.engine.want() {
					t.Errorf("%+v: %d bytes of %d, %v", c, len(b), len(f.engine.want()), err)
				}
				if end.Spent > f.job.Limits.Budget {
					t.Errorf("%+v: %d spent", c, end.Spent)
				}
			})
		}
	}
}

func TestLimitsTooLargeToCount(t *testing.T) {
	for _, f := range []func(*okazaki.Limits){
		func(l *okazaki.Limits) { l.Turn = 1000 * time.Hour },
		func(l *okazaki.Limits) { l.Aim = 1_000_000 * time.Hour },
		func(l *okazaki.Limits) { l.Deadline = 1<<63 - 1 },
		func(l *okazaki.Limits) { l.Classes = []int64{1 << 40} },
	} {
		fleet := newFleet(&toy{units: 10})
		f(&fleet.job.Limits)
		var e *okazaki.Error
		if err := scatter.CheckLimits(fleet.store, &fleet.job); !errors.As(err, &e) || !strings.Contains(e.Message, "too large to be counted") {
			t.Errorf("%+v: %v", fleet.job.Limits, err)
		}
	}
}
