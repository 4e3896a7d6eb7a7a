package scatter_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"okazaki"
	"okazaki/store"
)

// Each call costs money, and waiting for an answer must not cost more of them:
// on a store that answers at once, and on one that takes as long as S3 does.
func TestCallsPerSpan(t *testing.T) {
	const units = 5000
	for _, latency := range []time.Duration{0, 20 * time.Millisecond} {
		for _, workers := range []int{1, 4, 16} {
			t.Run(fmt.Sprintf("%v/%d", latency, workers), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := newFleet(&toy{units: units, concat: true})
					counted := store.Count(distant{f.store, latency})
					f.store, f.workers = counted, workers
					f.job.Limits.Span, f.job.Limits.Concurrency = 1, workers
					if got := f.answer(t); got != f.engine.want() {
						t.Errorf("%.60q…", got)
					}
					t.Logf("%v", counted)
					if per := float64(counted.Calls()) / units; per > 4 {
						t.Errorf("%.2f calls a span: %v", per, counted)
					}
				})
			})
		}
	}
}

// distant is a store whose answers take between once and four times latency,
// by the key that is asked for.
type distant struct {
	okazaki.Store
	latency time.Duration
}

func (d distant) wait(key string) {
	h := fnv.New32a()
	io.WriteString(h, key)
	time.Sleep(d.latency + d.latency*time.Duration(h.Sum32()%1000)*3/1000)
}

func (d distant) Create(ctx context.Context, key string, value []byte) error {
	d.wait(key)
	return d.Store.Create(ctx, key, value)
}

func (d distant) Get(ctx context.Context, key string) (okazaki.Value, error) {
	d.wait(key)
	return d.Store.Get(ctx, key)
}

func (d distant) List(ctx context.Context, prefix, after string) ([]okazaki.Entry, error) {
	d.wait(prefix)
	return d.Store.List(ctx, prefix, after)
}
