package scatter_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"okazaki"
	"okazaki/scatter"
)

// On a machine that now and then stands still, attempts stop and lapse that
// need not have. While the job has money it ends with its answer.
func TestMachineThatStandsStill(t *testing.T) {
	for _, c := range []struct {
		still time.Duration
		every int64
	}{{900 * time.Millisecond, 7}, {900 * time.Millisecond, 100}, {2 * time.Second, 100}} {
		synctest.Test(t, func(t *testing.T) {
			var seen sync.Map
			f := newFleet(&toy{units: 20_000, concat: true, takes: 100 * time.Microsecond, unit: func(ctx context.Context, u int64) error {
				if _, again := seen.LoadOrStore(u, true); !again && u*2654435761>>7%c.every == 0 {
					time.Sleep(c.still)
				}
				return ctx.Err()
			}})
			f.job.Limits.Concurrency = 64
			_, end, err := f.run(t, t.Context())
			if err != nil || end.State != scatter.Done {
				t.Errorf("%+v: %v, %v", c, end, err)
			}
		})
	}
}

// Spans are cut by the speed of units, not by how long an engine needs before
// the first one.
func TestSetupIsNoUnit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 20_000, concat: true, takes: time.Millisecond, tooBig: func(okazaki.Span) bool {
			time.Sleep(300 * time.Millisecond)
			return false
		}})
		f.job.Limits.Concurrency = 8
		f.workers = 8
		id, end, err := f.run(t, t.Context())
		if err != nil || end.State != scatter.Done {
			t.Fatal(end, err)
		}
		p := refresh(t, &scatter.Watch{Store: f.store, ID: id})
		if p.Spans < 16 || p.Spans > 32 {
			t.Errorf("%d spans of 20 s of work for 8 workers", p.Spans)
		}
	})
}

// A span that has no money to be shared is worked on for as long as its attempt
// may take, however badly it begins.
func TestSpanWithoutMoneyToShareIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 4000, concat: true, takes: 10 * time.Millisecond, tooBig: func(s okazaki.Span) bool {
			if s.Len() < 100 {
				time.Sleep(850 * time.Millisecond)
			}
			return false
		}})
		f.job.Limits.Concurrency = 64
		f.job.Limits.Budget = 400 << 10
		_, end, err := f.run(t, t.Context())
		if err != nil || end.State != scatter.Done {
			t.Error(end, err)
		}
	})
}
