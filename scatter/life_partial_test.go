package scatter_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"okazaki"
	"okazaki/scatter"
)

// A partial life goes on over holes, names them all, and gives what there is.
func TestPartialLife(t *testing.T) {
	for _, concat := range []bool{true, false} {
		for _, span := range []int64{1, 7, 0} {
			synctest.Test(t, func(t *testing.T) {
				var bad atomic.Bool
				bad.Store(true)
				f := newFleet(&toy{units: 50, concat: concat, takes: 100 * time.Millisecond, unit: func(_ context.Context, u int64) error {
					if u == 13 && bad.Load() {
						return &okazaki.Error{Message: "unit 13 can't be read"}
					}
					return nil
				}})
				f.job.Stages = []string{"one", "two"}
				f.job.Limits.Span, f.job.Limits.Partial = span, true
				id, end, err := f.run(t, t.Context())
				if err != nil || end.State != scatter.Incomplete || end.Missing < 2 || end.Holes[0].Stage != 0 || end.Holes[len(end.Holes)-1].Stage != 1 {
					t.Fatal(end, err)
				}
				for stage := range 2 {
					b, err := read(t.Context(), scatter.Gathered(f.store, id, stage))
					got := strings.Split(strings.TrimSuffix(string(b), ","), ",")
					if err != nil || slices.Contains(got, "13") || stage == 0 && got[0] != "0" && span > 0 {
						t.Errorf("stage %d: %s, %v", stage, b, err)
					}
					missing := int64(0)
					for _, h := range end.Holes {
						if h.Stage == stage {
							missing += h.Span.Len()
						}
					}
					if stage == 0 && int64(len(got))+missing != 50 {
						t.Errorf("%d units and %d missing, of 50", len(got), missing)
					}
				}
				bad.Store(false)
				f.job.Limits.Partial = false
				if got, want := f.answer(t), (&toy{units: int64(len(f.engine.want()))}).want(); got != want {
					t.Errorf("mended: %.60q", got)
				}
			})
		}
	}
}

// A stage that was laid out on an incomplete one is not adopted, even if it has
// the same axis: its parts come from other results.
type fixedStages struct{ toy }

func (e *fixedStages) Plan(context.Context, int, []okazaki.Result) (okazaki.Axis, error) {
	return okazaki.Axis{Units: e.units, Concat: true}, nil
}

func (e *fixedStages) Work(ctx context.Context, task *okazaki.Task) ([]byte, int64, error) {
	if task.Stage == 0 {
		return e.toy.Work(ctx, task)
	}
	b, err := read(ctx, task.Prior[0])
	return []byte(strings.Repeat(fmt.Sprint(len(b), ","), int(task.Span.Len()))), task.Span.Hi, err
}

func TestStageOfAnIncompleteOneIsNotAdopted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var bad atomic.Bool
		bad.Store(true)
		e := &fixedStages{}
		e.units, e.unit = 100, func(_ context.Context, u int64) error {
			if u == 13 && bad.Load() {
				return &okazaki.Error{Message: "unit 13 can't be read"}
			}
			return nil
		}
		f := newFleet(&e.toy)
		f.job.Stages = []string{"one", "two", "three"}
		f.job.Limits.Span, f.job.Limits.Partial = 10, true
		for range 2 {
			c := newCrowd(t, f, 2, func(int) okazaki.Engine { return e })
			c.run(t)
			bad.Store(false)
			f.job.Limits.Partial = false
		}
		id, end, err := f.run(t, t.Context()) // it is done
		if err != nil || end.State != scatter.Done {
			t.Fatal(end, err)
		}
		want := strings.Repeat(fmt.Sprint(len(e.want()), ","), 100)
		for stage := 1; stage < 3; stage++ {
			if b, err := read(t.Context(), scatter.Gathered(f.store, id, stage)); err != nil || string(b) != want {
				t.Errorf("stage %d: %.60q, %v; want %.60q", stage, b, err, want)
			}
		}
	})
}
