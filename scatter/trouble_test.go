package scatter_test

import (
	"bytes"
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

	"okazaki"
	"okazaki/scatter"
	"okazaki/wake/local"
)

// A crowd is workers of one process that are set up one by one.
type crowd struct {
	f       *fleet
	id      string
	workers []*scatter.Worker
	took    time.Duration // until the job had ended
}

// newCrowd submits the fleet's job for workers, each on a machine and with
// engines of its own.
func newCrowd(t *testing.T, f *fleet, n int, engine func(i int) okazaki.Engine) *crowd {
	t.Helper()
	job := f.job
	id, err := scatter.Submit(t.Context(), f.store, f.engines(), &job, false)
	if err != nil {
		t.Fatal(err)
	}
	c := &crowd{f: f, id: id}
	for i := range n {
		e := engine(i)
		c.workers = append(c.workers, &scatter.Worker{Store: f.store, Engines: &scatter.Engines{
			Open: func(context.Context, string, *okazaki.Job) (okazaki.Engine, error) { return e, nil },
		}})
	}
	return c
}

// run works the job until it has ended.
func (c *crowd) run(t *testing.T) *scatter.End {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	waker, start := local.New(1000), time.Now()
	var wg sync.WaitGroup
	for _, w := range c.workers {
		w.Waker = waker
		wg.Go(func() { _ = w.Serve(ctx, func(string, error) {}) })
	}
	end, err := scatter.Wait(ctx, c.f.store, waker, c.id, 500*time.Millisecond, nil)
	c.took = time.Since(start)
	cancel()
	wg.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if end.State == scatter.Done {
		b, err := read(t.Context(), scatter.Gathered(c.f.store, c.id, 0))
		if err != nil || string(b) != c.f.engine.want() {
			t.Errorf("%d bytes, %v", len(b), err)
		}
	}
	return end
}

// failing returns an engine like good on a machine whose disk fails.
func failing(good *toy, failures *atomic.Int64) *toy {
	return &toy{units: good.units, concat: good.concat, unit: func(context.Context, int64) error {
		failures.Add(1)
		time.Sleep(10 * time.Millisecond)
		return errors.New("read genomes.fasta: input/output error")
	}}
}

// One sick machine of ten costs no span, stops taking work, and says so.
func TestSickMachineCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		good := &toy{units: 1000, concat: true, takes: 500 * time.Millisecond}
		var failures atomic.Int64
		f := newFleet(good)
		f.job.Limits.Span, f.job.Limits.Concurrency = 1, 10
		c := newCrowd(t, f, 10, func(i int) okazaki.Engine {
			if i == 9 {
				return failing(good, &failures)
			}
			return good
		})
		if end := c.run(t); end.State != scatter.Done {
			t.Error(end)
		}
		if n := failures.Load(); n > 6 {
			t.Errorf("the sick machine was given %d spans", n)
		}
		reports, err := scatter.Sick(t.Context(), f.store, time.Hour, map[string]bool{})
		rests := slices.DeleteFunc(reports, func(k scatter.Sickness) bool { return k.Rest == 0 })
		if err != nil || len(rests) != 1 || !strings.Contains(rests[0].String(), "stopped taking work for 1m0s: read genomes.fasta: input/output error") {
			t.Errorf("%+v, %v", rests, err)
		}
	})
}

// Sixteen workers of one sick host stop after few failures between them, also
// if each is a process of its own.
func TestSickHostOfManyWorkers(t *testing.T) {
	for _, processes := range []int{1, 16} {
		synctest.Test(t, func(t *testing.T) {
			good := &toy{units: 400, concat: true, takes: 500 * time.Millisecond}
			var failures atomic.Int64
			f := newFleet(good)
			f.job.Limits.Span, f.job.Limits.Concurrency = 1, 20
			c := newCrowd(t, f, 20, func(i int) okazaki.Engine {
				if i >= 4 {
					return failing(good, &failures)
				}
				return good
			})
			shared := &scatter.Health{Machine: "host"}
			for _, w := range c.workers[4:] {
				w.Health = shared
				if processes > 1 {
					w.Health = &scatter.Health{Machine: "host"}
				}
			}
			if end := c.run(t); end.State != scatter.Done {
				t.Error(end)
			}
			if n := failures.Load(); n > 40 {
				t.Errorf("%d processes: the sick host was given %d spans", processes, n)
			}
		})
	}
}

// A machine rests, tries again and goes on when its trouble has passed.
func TestMachineRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &toy{units: 400, concat: true, takes: 500 * time.Millisecond}
		start := time.Now()
		e.unit = func(context.Context, int64) error {
			if time.Since(start) < 3*time.Minute {
				return errors.New("write /tmp/x: no space left on device")
			}
			return nil
		}
		f := newFleet(e)
		f.job.Limits.Span = 20
		c := newCrowd(t, f, 2, func(int) okazaki.Engine { return e })
		for _, w := range c.workers {
			w.Health = &scatter.Health{Machine: "host"}
		}
		if end := c.run(t); end.State != scatter.Done {
			t.Error(end)
		}
	})
}

// Where every machine fails, the job ends, with the reasons.
func TestAllMachinesAreSick(t *testing.T) {
	for _, machines := range []int{1, 2, 5} {
		for _, alone := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				good := &toy{units: 20, concat: true}
				var failures atomic.Int64
				f := newFleet(good)
				f.job.Limits.Span, f.job.Limits.Deadline = 1, 1000*time.Hour
				c := newCrowd(t, f, machines, func(int) okazaki.Engine { return failing(good, &failures) })
				for _, w := range c.workers {
					w.Alone = alone && machines == 1
				}
				start := time.Now()
				end := c.run(t)
				if end.State != scatter.Incomplete || end.Missing != 20 || !strings.Contains(end.Holes[0].Reason, "input/output error (met") {
					t.Errorf("%d machines: %v", machines, end)
				}
				if took := time.Since(start); took > 24*time.Hour {
					t.Errorf("%d machines: it took %v", machines, took)
				}
			})
		}
	}
}

// A span that fails everywhere costs two attempts where there are two machines,
// three where there is one. What its input explains costs one.
func TestSpanAtFault(t *testing.T) {
	for _, c := range []struct {
		name     string
		machines int
		fail     func() error
		attempts int64
		within   time.Duration
	}{
		{"panic, two machines", 2, func() error { panic("unit 13") }, 2, 8 * time.Second},
		{"error, three machines", 3, func() error { return errors.New("unit 13") }, 2, 8 * time.Second},
		{"error, one machine that is alone", 1, func() error { return errors.New("unit 13") }, 3, 8 * time.Second},
		{"explained", 2, func() error { return &okazaki.Error{Message: "unit 13"} }, 1, 8 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var tried atomic.Int64
				e := &toy{units: 40, concat: true, takes: 100 * time.Millisecond, unit: func(_ context.Context, u int64) error {
					if u == 13 {
						tried.Add(1)
						return c.fail()
					}
					return nil
				}}
				f := newFleet(e)
				f.job.Limits.Span = 1
				crowd := newCrowd(t, f, c.machines, func(int) okazaki.Engine { return e })
				for _, w := range crowd.workers {
					w.Alone = c.machines == 1
				}
				start := time.Now()
				end := crowd.run(t)
				if end.State != scatter.Incomplete || end.Missing != 1 || !strings.Contains(end.Holes[0].Reason, "unit 13") {
					t.Error(end)
				}
				if n := tried.Load(); n != c.attempts || time.Since(start) > c.within {
					t.Errorf("%d attempts in %v", n, time.Since(start))
				}
			})
		})
	}
}

// A merge needs the memory, or the machine, that it needs.
type pickyMerge struct {
	toy
	merge func(parts [][]byte) error
}

func (e *pickyMerge) Merge(ctx context.Context, stage int, parts [][]byte) ([]byte, error) {
	if err := e.merge(parts); err != nil {
		return nil, err
	}
	return e.toy.Merge(ctx, stage, parts)
}

func TestMergeThatDoesNotFit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 200, takes: 100 * time.Millisecond})
		f.job.Limits.Classes = []int64{128, 1024}
		c := newCrowd(t, f, 2, func(i int) okazaki.Engine {
			e := &pickyMerge{merge: func([][]byte) error {
				if i == 0 {
					return okazaki.ErrTooBig
				}
				return nil
			}}
			e.units, e.takes = 200, 100*time.Millisecond
			return e
		})
		c.workers[1].Class = 1
		start := time.Now()
		if end := c.run(t); end.State != scatter.Done {
			t.Error(end)
		}
		if took := time.Since(start); took > 40*time.Second {
			t.Errorf("it took %v: the attempt was not released", took)
		}
	})
}

// A worker that may act as a larger class does.
func TestWorkerActsAsALargerClass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var merges, spans atomic.Int64
		f := newFleet(&toy{units: 20, takes: 100 * time.Millisecond})
		f.job.Limits.Classes = []int64{128, 1024}
		c := newCrowd(t, f, 1, func(int) okazaki.Engine {
			e := &pickyMerge{merge: func([][]byte) error {
				if merges.Add(1) == 1 {
					return okazaki.ErrTooBig
				}
				return nil
			}}
			e.units, e.takes = 20, 100*time.Millisecond
			e.tooBig = func(s okazaki.Span) bool { return s.Len() == 1 && s.Lo == 7 && spans.Add(1) == 1 }
			return e
		})
		f.job.Limits.Span = 1
		c.workers[0].Largest = 1024
		if end := c.run(t); end.State != scatter.Done {
			t.Error(end)
		}
	})
}

// A merge holds no more at once than the worker's memory allows, and joins
// fewer parts where the engine asks for it.
func TestMergeHasABoundedFanIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var most int
		e := &pickyMerge{merge: func(parts [][]byte) error {
			if len(bytes.Join(parts, nil)) > 3000 && len(parts) > 2 {
				return okazaki.ErrTooBig
			}
			most = max(most, len(parts))
			return nil
		}}
		e.units = 2000
		f := newFleet(&toy{units: 2000})
		f.job.Limits.Span = 10
		c := newCrowd(t, f, 1, func(int) okazaki.Engine { return e })
		c.workers[0].Inline = 1
		if end := c.run(t); end.State != scatter.Done {
			t.Error(end)
		}
		if most < 2 || most > 100 {
			t.Errorf("%d parts at once", most)
		}
	})
}

// A machine's trouble with a merge, or with planning, is not the job's.
func TestMergeAndPlanOnASickMachine(t *testing.T) {
	for _, fault := range []func(){func() { panic("merge") }, nil} {
		synctest.Test(t, func(t *testing.T) {
			f := newFleet(&toy{units: 100, takes: 100 * time.Millisecond})
			f.job.Limits.Span = 10
			c := newCrowd(t, f, 2, func(i int) okazaki.Engine {
				e := &pickyMerge{merge: func([][]byte) error {
					if i == 0 && fault != nil {
						fault()
					} else if i == 0 {
						return errors.New("EIO")
					}
					return nil
				}}
				e.units, e.takes = 100, 100*time.Millisecond
				return e
			})
			if end := c.run(t); end.State != scatter.Done {
				t.Error(end)
			}
		})
	}
}

// A worker that knows of its machine's dead does not wait for their attempts
// to lapse.
func TestDeadOwnersAreSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &toy{units: 4000, concat: true, takes: 10 * time.Millisecond}
		f := newFleet(e)
		c := newCrowd(t, f, 3, func(int) okazaki.Engine { return e })
		dead := map[string]bool{}
		for i, w := range c.workers {
			w.Name = fmt.Sprint("worker", i)
			w.Dead = func(name string) bool { return dead[name] }
		}
		ctx, cancel := context.WithTimeout(t.Context(), 11*time.Second)
		victim := c.workers[0]
		victim.Waker = local.New(10)
		if _, err := victim.Take(ctx, okazaki.Wake{Job: c.id}); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		cancel()
		dead["worker0"] = true
		c.workers = c.workers[1:]
		start := time.Now()
		if end := c.run(t); end.State != scatter.Done {
			t.Error(end)
		}
		if took := time.Since(start); took > 25*time.Second { // 29 s of work for two
			t.Errorf("it took %v", took)
		}
	})
}

// A worker finds its machine's dead also behind many spans that the living hold.
func TestDeadOwnersAreSeenAmongManyLiving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const units, lastLiving = 40, 30
		var holds [units]atomic.Int64 // the worker that holds each unit
		f := newFleet(&toy{units: units, concat: true})
		f.job.Limits.Span, f.job.Limits.Turn = 1, 15*time.Minute
		c := newCrowd(t, f, units, func(i int) okazaki.Engine {
			return &toy{units: units, concat: true, unit: func(ctx context.Context, u int64) error {
				holds[u].Store(int64(i))
				<-ctx.Done()
				return ctx.Err()
			}}
		})
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for i, w := range c.workers {
			w.Name, w.Waker = fmt.Sprint("worker", i), local.New(1)
			wg.Go(func() { _, _ = w.Take(ctx, okazaki.Wake{Job: c.id}) })
			synctest.Wait() // at its unit: of two that race for one, the loser may leave with none
		}
		dead := map[string]bool{}
		for u := lastLiving; u < units; u++ {
			dead[fmt.Sprint("worker", holds[u].Load())] = true
		}
		var worked atomic.Int64
		e := &toy{units: units, concat: true, unit: func(context.Context, int64) error { worked.Add(1); return nil }}
		w := &scatter.Worker{
			Name: "fresh", Store: f.store, Waker: local.New(1), Dead: func(name string) bool { return dead[name] },
			Engines: &scatter.Engines{Open: func(context.Context, string, *okazaki.Job) (okazaki.Engine, error) { return e, nil }},
		}
		for range 30 {
			if _, err := w.Take(ctx, okazaki.Wake{Job: c.id}); err != nil {
				t.Fatal(err)
			}
		}
		if n := worked.Load(); n != units-lastLiving {
			t.Errorf("%d of %d spans that the dead held were worked", n, units-lastLiving)
		}
		cancel()
		wg.Wait()
	})
}

// An idle worker takes a second try at the last spans of a stage, so that one
// which is stopped does not hold up the job for as long as its lease.
func TestIdleWorkersTryTheLastSpansAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stopped atomic.Bool
		e := &toy{units: 40, concat: true, takes: 200 * time.Millisecond}
		e.unit = func(_ context.Context, u int64) error {
			if u == 30 && stopped.CompareAndSwap(false, true) {
				time.Sleep(10 * time.Hour)
			}
			return nil
		}
		f := newFleet(e)
		f.job.Limits.Span, f.job.Limits.Turn, f.job.Limits.Deadline = 1, 15*time.Minute, time.Hour
		c := newCrowd(t, f, 4, func(int) okazaki.Engine { return e })
		if end := c.run(t); end.State != scatter.Done || c.took > 6*time.Minute {
			t.Errorf("after %v: %v", c.took, end)
		}
	})
}

// ahead is a store whose records come from the future.
type ahead struct {
	okazaki.Store
	by   time.Duration
	zero bool // no age is below zero
}

func (a ahead) age(real time.Duration) time.Duration {
	if a.zero {
		return max(0, real-a.by)
	}
	return real - a.by
}

func (a ahead) List(ctx context.Context, prefix, after string) ([]okazaki.Entry, error) {
	entries, err := a.Store.List(ctx, prefix, after)
	for i := range entries {
		entries[i].Age = a.age(entries[i].Age)
	}
	return entries, err
}

func (a ahead) Get(ctx context.Context, key string) (okazaki.Value, error) {
	v, err := a.Store.Get(ctx, key)
	v.Age = a.age(v.Age)
	return v, err
}

// Attempts with a time stamp from the future lapse all the same.
func TestTimeStampsFromTheFuture(t *testing.T) {
	for _, zero := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) { worksDespiteTheFuture(t, zero) })
	}
}

func worksDespiteTheFuture(t *testing.T, zero bool) {
	f := newFleet(&toy{units: 100, concat: true, takes: 100 * time.Millisecond})
	f.store = ahead{f.store, 5 * time.Hour, zero}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	if _, _, err := f.run(t, ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	start := time.Now()
	f.again(t)
	if took := time.Since(start); took > 3*time.Minute {
		t.Errorf("the rest took %v", took)
	}
	said := false
	for _, err := range f.errs {
		said = said || strings.Contains(err.Error(), "from the future")
	}
	if !said {
		t.Error("nobody says so")
	}
}
