package scatter_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"okazaki"
	"okazaki/scatter"
	"okazaki/store/mem"
	"okazaki/wake/local"
)

// again runs the fleet's job once more and compares the answer.
func (f *fleet) again(t *testing.T) {
	t.Helper()
	if got := f.answer(t); got != f.engine.want() {
		t.Errorf("asked again: %d bytes, not %d: %.60q…", len(got), len(f.engine.want()), got)
	}
}

// A store's expiry takes records one by one, in any order, over days. What is
// left of a life that is done must not be taken for the whole of it.
func TestExpiryInAnyOrderThenAgain(t *testing.T) {
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			f := newFleet(&toy{units: 1200, concat: seed%2 == 0, takes: 50 * time.Millisecond})
			f.job.Stages = []string{"one", "two"}[:1+seed%3/2]
			f.job.Limits.Aim *= 10
			f.run(t, t.Context())
			draw := rand.New(rand.NewPCG(seed, 0))
			keys := keysIn(t, f.store)
			draw.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
			for _, key := range keys[:draw.IntN(len(keys)+1)] {
				if err := f.store.Delete(t.Context(), key); err != nil {
					t.Fatal(err)
				}
			}
			f.engine.takes = 150 * time.Millisecond // another machine: it cuts elsewhere
			// A gap below the root is met when the answer is read.
			id, end, err := f.run(t, t.Context())
			if err != nil || end.State != scatter.Done {
				t.Fatalf("seed %d: %v, %v", seed, end, err)
			}
			want := f.engine.want()
			if len(f.job.Stages) == 2 {
				want = (&toy{units: int64(len(want))}).want()
			}
			b, err := read(t.Context(), scatter.Gathered(f.store, id, len(f.job.Stages)-1))
			if errors.Is(err, scatter.ErrGone) {
				if id, end, err = f.rerun(t, id); err != nil || end.State != scatter.Done {
					t.Fatalf("seed %d: after a gap: %v, %v", seed, end, err)
				}
				b, err = read(t.Context(), scatter.Gathered(f.store, id, len(f.job.Stages)-1))
			}
			if err != nil || string(b) != want {
				t.Errorf("seed %d: %d bytes of %d, %v", seed, len(b), len(want), err)
			}
		})
	}
}

// A worker that was frozen in an attempt comes back when its life has been
// cancelled and collected, and the question asked again.
func TestLateWriterOfAnEarlierLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		var once atomic.Bool
		f := newFleet(&toy{units: 1200, concat: true, takes: 50 * time.Millisecond})
		f.engine.unit = func(_ context.Context, u int64) error {
			if u == 700 && once.CompareAndSwap(false, true) {
				<-hang // not even its context is looked at
			}
			return nil
		}
		job := f.job
		engines := f.engines()
		id, err := scatter.Submit(t.Context(), f.store, engines, &job, false)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		waker := local.New(1000)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				w := &scatter.Worker{Store: f.store, Waker: waker, Engines: engines}
				_ = w.Serve(ctx, func(string, error) {})
			})
		}
		_ = waker.Ring(ctx, okazaki.Wake{Job: id})
		time.Sleep(20 * time.Second) // unit 700 hangs by now
		if _, err := scatter.Cancel(ctx, f.store, id); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if gone, err := scatter.GC(ctx, f.store, 0); err != nil || len(gone.Gone) != 1 {
			t.Errorf("collected %v, %v", gone, err)
		}
		close(hang)
		time.Sleep(30 * time.Second)
		cancel()
		wg.Wait()
		f.engine.takes = 150 * time.Millisecond
		f.again(t)
	})
}

// A worker that does not see a job's end for itself looks again before it buys
// or decides.
func TestCancelledJobIsLeftSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 100_000, concat: true, takes: 50 * time.Millisecond})
		id, err := scatter.Submit(t.Context(), f.store, f.engines(), &f.job, false)
		if err != nil {
			t.Fatal(err)
		}
		w := &scatter.Worker{Store: f.store, Waker: local.New(1000), Engines: f.engines(), Until: time.Hour}
		left := make(chan scatter.Visit)
		go func() {
			v, err := w.Take(t.Context(), okazaki.Wake{Job: id})
			if err != nil {
				t.Error(err)
			}
			left <- v
		}()
		time.Sleep(10 * time.Second)
		if _, err := scatter.Cancel(t.Context(), f.store, id); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if v := <-left; v.End == nil || v.End.State != scatter.Cancelled || time.Since(start) > 10*time.Second {
			t.Errorf("left after %v: %+v", time.Since(start), v)
		}
	})
}

// A crash of the machine loses what need not be durable, or a whole kind of
// records: the job goes on.
func TestRecordsAreLost(t *testing.T) {
	for name, lost := range map[string]func(key string) bool{
		"what is not durable": func(key string) bool { return !scatter.Durable(key) },
		"marks":               func(key string) bool { return strings.Contains(key, "/s/") },
		"merged parts":        func(key string) bool { return strings.Contains(key, "/d/") },
		"attempts and slots":  func(key string) bool { return strings.Contains(key, "/a/") || strings.Contains(key, "/p/") },
		"hints":               func(key string) bool { return strings.HasPrefix(key, "open/") },
	} {
		for seconds := range 12 {
			t.Run(fmt.Sprint(name, seconds), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := newFleet(&toy{units: 600, concat: true, takes: 50 * time.Millisecond})
					f.job.Limits.Aim = 300 * time.Millisecond
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+2*seconds)*time.Second)
					defer cancel()
					_, _, err := f.run(t, ctx)
					if err != nil && !errors.Is(err, context.DeadlineExceeded) {
						t.Fatal(err)
					}
					for _, key := range keysIn(t, f.store) {
						if lost(key) {
							_ = f.store.Delete(t.Context(), key)
						}
					}
					start := time.Now()
					f.again(t)
					if took := time.Since(start); took > 5*time.Minute {
						t.Errorf("%s were lost: the rest took %v", name, took)
					}
				})
			})
		}
	}
}

// A stage whose merged part is lost while the next one runs is joined again.
func TestMergedPartOfAnEarlierStageIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 100, concat: true, takes: 50 * time.Millisecond})
		f.job.Limits.Aim, f.job.Stages = 300*time.Millisecond, []string{"one", "two"}
		ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
		defer cancel()
		if _, _, err := f.run(t, ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		lost := 0
		for _, key := range keysIn(t, f.store) {
			if strings.Contains(key, "/d/") {
				_ = f.store.Delete(t.Context(), key)
				lost++
			}
		}
		start, want := time.Now(), (&toy{units: int64(len(f.engine.want()))}).want()
		if got := f.answer(t); got != want || lost == 0 || time.Since(start) > 5*time.Minute {
			t.Errorf("%d merged parts were lost: %d bytes of %d after %v", lost, len(got), len(want), time.Since(start))
		}
	})
}

// A hole costs only itself: the next life adopts what the one before has.
func TestSecondLifeWorksOnlyWhatIsMissing(t *testing.T) {
	for _, c := range []struct {
		name   string
		units  int64
		span   int64
		concat bool
		inline int
		stages int
	}{
		{"flat", 1000, 10, true, 0, 1},
		{"merged", 1000, 10, false, 0, 1},
		{"blobs", 1000, 10, true, 1, 1},
		{"merged blobs", 1000, 10, false, 1, 1},
		{"deep", 3000, 1, true, 0, 1},
		{"measured", 3000, 0, true, 0, 1},
		{"two stages", 100, 10, true, 0, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var bad atomic.Bool
				bad.Store(true)
				f := newFleet(&toy{units: c.units, takes: 50 * time.Millisecond, concat: c.concat})
				f.inline = c.inline
				f.job.Stages = []string{"one", "two"}[:c.stages]
				f.engine.unit = func(_ context.Context, u int64) error {
					if u == 63 && bad.Load() {
						return &okazaki.Error{Message: "unit 63 can't be read"}
					}
					return nil
				}
				f.job.Limits.Span = c.span
				first, end, err := f.run(t, t.Context())
				if err != nil || end.State != scatter.Incomplete {
					t.Fatal(end, err)
				}
				whole := f.engine.worked.Load()
				bad.Store(false)
				f.job.Limits.Budget *= 2 // limits belong to the life
				want := f.engine.want()
				id, end, err := f.run(t, t.Context())
				if err != nil || end.State != scatter.Done || id == first || strings.SplitN(id, ".", 2)[0] != strings.SplitN(first, ".", 2)[0] {
					t.Fatal(first, id, end, err)
				}
				worked := f.engine.worked.Load() - whole
				if c.stages == 2 {
					n := int64(len(want))
					want = (&toy{units: n}).want()
					worked -= n
				}
				b, err := read(t.Context(), scatter.Gathered(f.store, id, c.stages-1))
				if err != nil || string(b) != want {
					t.Fatalf("%d bytes of %d, %v", len(b), len(want), err)
				}
				if most := max(c.span, 1) + c.units/20; worked > most {
					t.Errorf("%d units were worked again, of %d", worked, c.units)
				}
			})
		})
	}
}

// What was done before a cancel, and before a second one, is adopted by the
// third life.
func TestLivesAreAdoptedThroughEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 1000, takes: 100 * time.Millisecond, concat: true})
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), 12*time.Second)
			id, _, err := f.run(t, ctx)
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(err)
			}
			names, err := scatter.Jobs(t.Context(), f.store)
			if err != nil {
				t.Fatal(err)
			}
			_ = id
			if _, err := scatter.Cancel(t.Context(), f.store, names[len(names)-1]); err != nil {
				t.Fatal(err)
			}
		}
		f.again(t)
		if worked := f.engine.worked.Load(); worked > 1000+3*2*25 { // what was in hand is lost with each
			t.Errorf("%d units were worked, of 1000", worked)
		}
	})
}

// An input that was kept, or that a job reads, is not collected.
func TestInputsThatAreReadStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mem.New(nil)
		in := &scatter.Inputs{Store: s}
		keep := func() okazaki.Input {
			t.Helper()
			input, err := in.Keep(t.Context(), "genomes", "g", strings.NewReader("ACGT"))
			if err != nil {
				t.Fatal(err)
			}
			return input
		}
		gc := func() {
			t.Helper()
			if _, err := scatter.GC(t.Context(), s, 24*time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		there := func(input okazaki.Input) bool {
			t.Helper()
			_, err := in.Open(t.Context(), input)
			if e := (*okazaki.Error)(nil); err != nil && !errors.As(err, &e) {
				t.Fatal(err)
			}
			return err == nil
		}
		first := keep()
		time.Sleep(47 * time.Hour)
		gc()
		second := keep()
		time.Sleep(40 * time.Hour)
		gc()
		gc()
		if first.Copy != second.Copy || !there(second) {
			t.Errorf("kept 40 h ago, and gone, or written twice: %+v, %+v", first, second)
		}
		time.Sleep(10 * time.Hour)
		gc() // gives it up
		third := keep()
		if third.Copy == second.Copy {
			t.Error("a copy that was given up is used again")
		}
		f := newFleet(&toy{units: 1})
		f.store, f.job.Inputs = s, []okazaki.Input{third}
		f.job.Limits.Deadline = 1000 * time.Hour
		if _, err := scatter.Submit(t.Context(), s, f.engines(), &f.job, false); err != nil {
			t.Fatal(err)
		}
		time.Sleep(500 * time.Hour)
		gc()
		gc()
		if there(second) || !there(third) {
			t.Errorf("given up: there %v; read by an open job: there %v", there(second), there(third))
		}
	})
}

// Two submitters that ask the same question at once have one life of it.
func TestRacersShareALife(t *testing.T) {
	f := newFleet(&toy{units: 10})
	names := make([]string, 16)
	var wg sync.WaitGroup
	for i := range names {
		wg.Go(func() {
			job := f.job
			job.Limits.Budget += okazaki.MBs(i)
			var err error
			if names[i], err = scatter.Submit(t.Context(), f.store, f.engines(), &job, false); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, name := range names {
		if name != names[0] {
			t.Errorf("%s and %s", name, names[0])
		}
	}
}

// keeping is a store that forgets.
type keeping struct {
	okazaki.Store
	kept time.Duration
}

func (k keeping) Keeps() time.Duration { return k.kept }

// A job that may be open for longer than the store keeps its records is refused,
// and an input that would expire under it is written again.
func TestStoreThatForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 1})
		f.store = keeping{f.store, 10 * 24 * time.Hour}
		for days, refused := range map[int]bool{1: false, 8: false, 9: true, 10: true} {
			job := f.job
			job.Version = days
			job.Limits.Deadline = time.Duration(days) * 24 * time.Hour
			_, err := scatter.Submit(t.Context(), scatter.NewMeter(f.store), f.engines(), &job, false)
			if e := (*okazaki.Error)(nil); errors.As(err, &e) != refused || err != nil && !strings.Contains(e.Hint, "deadline below 215h") {
				t.Errorf("a deadline of %d days: %v", days, err)
			}
		}
		in := &scatter.Inputs{Store: f.store, Outlive: 7 * 24 * time.Hour}
		var copies []string
		for range 3 {
			input, err := in.Keep(t.Context(), "genomes", "g", strings.NewReader("ACGT"))
			if err != nil {
				t.Fatal(err)
			}
			copies = append(copies, input.Copy)
			time.Sleep(48 * time.Hour)
		}
		if copies[0] != copies[1] || copies[1] == copies[2] {
			t.Errorf("copies of day 0, 2 and 4: %v", copies)
		}
	})
}
