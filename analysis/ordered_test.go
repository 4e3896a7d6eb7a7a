package analysis_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"okazaki/analysis"
)

// Items come in order, each done once, however long each takes and wherever
// the caller stops; then nothing is left running.
func TestOrdered(t *testing.T) {
	const n = 40
	for cores := range 6 {
		for stop := range n {
			synctest.Test(t, func(t *testing.T) {
				var done [n]atomic.Int32
				items := func(yield func(int) bool) {
					for i := range n {
						if !yield(i) {
							return
						}
					}
				}
				var got []int
				for i, err := range analysis.Ordered(t.Context(), cores, items, func(i int) {
					time.Sleep(time.Duration(i*7919%13) * time.Second)
					done[i].Add(1)
				}) {
					if err != nil || done[i].Load() != 1 {
						t.Fatalf("item %d, done %d times: %v", i, done[i].Load(), err)
					}
					got = append(got, i)
					if i == stop {
						break
					}
				}
				if len(got) != stop+1 || !slices.IsSorted(got) {
					t.Errorf("%d cores, stopped at %d: %v", cores, stop, got)
				}
			})
		}
	}
}

func TestOrderedEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		forever := func(yield func(int) bool) {
			for i := 0; yield(i); i++ {
			}
		}
		var last error
		for _, err := range analysis.Ordered(ctx, 3, forever, func(int) { time.Sleep(time.Second) }) {
			last = err
		}
		if last != context.DeadlineExceeded {
			t.Errorf("it ended with %v", last)
		}
	})
}
