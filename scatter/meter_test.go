package scatter_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"okazaki"
	"okazaki/scatter"
	"okazaki/store"
	"okazaki/store/mem"
	"okazaki/wake/local"
)

// A gigabyte-second buys a thousand calls.
var prices = okazaki.Prices{Creates: 1024, Large: 1024, Gets: 1024, Lists: 1024, Rings: 1024}

// metered runs a toy's job with one worker whose calls are metered, the calls of
// the engine too, and returns how the job ended and what the store was asked.
func metered(t *testing.T, f *fleet, asks func(u int64) int) (*scatter.End, *store.Counter) {
	t.Helper()
	counted := store.Count(mem.New(nil))
	meter := scatter.NewMeter(counted)
	f.store, f.job.Limits.Calls = counted, prices
	f.engine.unit = func(ctx context.Context, u int64) error {
		for range asks(u) {
			if _, err := meter.Get(ctx, "in/x"); err != nil && err != okazaki.ErrNotFound {
				return &okazaki.Error{Message: "an input can't be read"} // as an engine may hide why
			}
		}
		return nil
	}
	job := f.job
	id, err := scatter.Submit(t.Context(), counted, f.engines(), &job, false)
	if err != nil {
		t.Fatal(err)
	}
	waker := local.New(1000)
	w := &scatter.Worker{Store: meter, Meter: meter, Waker: waker, Engines: f.engines()}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- w.Serve(ctx, func(_ string, err error) { t.Errorf("turn: %v", err) }) }()
	end, err := scatter.Wait(t.Context(), counted, waker, id, time.Second, nil)
	cancel()
	<-done
	if err != nil {
		t.Fatal(err)
	}
	return end, counted
}

// What the spans' calls cost doesn't fit into one attempt: they are split, and
// their records hold the calls.
func TestCallsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 64, takes: 100 * time.Millisecond, concat: true})
		end, counted := metered(t, f, func(int64) int { return 1500 }) // of 30 s, 1.5 s a unit
		if end.State != scatter.Done {
			t.Fatal(end)
		}
		if n := f.engine.worked.Load(); n != 64 {
			t.Errorf("%d units were worked, of 64", n)
		}
		told := end.Calls
		if told.Gets < 64*1500 || told.Gets > counted.Gets.Load() || told.Creates == 0 || told.Creates+told.Large > counted.Creates.Load() || told.Lists > counted.Lists.Load() {
			t.Errorf("records hold %+v, asked were %v", told, counted)
		}
	})
}

// No call is told by two turns.
func TestCallsOfManyTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 64, takes: 500 * time.Millisecond, concat: true})
		f.job.Limits.Turn, f.job.Limits.Span = 2*time.Second, 1
		end, counted := metered(t, f, func(int64) int { return 20 })
		if end.State != scatter.Done {
			t.Fatal(end)
		}
		told := end.Calls
		if told.Gets < 64*20 || told.Gets > counted.Gets.Load() || told.Creates+told.Large > counted.Creates.Load() || told.Lists > counted.Lists.Load() {
			t.Errorf("records hold %+v, asked were %v", told, counted)
		}
	})
}

// A unit that never stops to ask ends as a hole that says so, and the whole
// costs no more than the budget.
func TestOverdrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 16, takes: 100 * time.Millisecond, concat: true})
		f.job.Limits.Budget = 2000 << 10
		end, counted := metered(t, f, func(u int64) int {
			if u == 5 {
				return 1 << 40
			}
			return 1
		})
		if end.State != scatter.Incomplete || len(end.Holes) != 1 || end.Holes[0].Span != (okazaki.Span{Lo: 5, Hi: 6}) || !strings.Contains(end.Holes[0].Reason, "its requests cost more") {
			t.Fatal(end)
		}
		if n := counted.Gets.Load(); n > 2000*1000 {
			t.Errorf("%d gets, of a budget of 2000 GB-s that buys 2,000,000", n)
		}
	})
}
