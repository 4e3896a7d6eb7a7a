// Package bench measures Okazaki side by side with the peers that a user
// would pick instead, or with the physical limit.
package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"okazaki"
	"okazaki/client"
	"okazaki/scatter"
	"okazaki/store"
	"okazaki/store/dir"
	"okazaki/store/mem"
	"okazaki/wake/local"
)

// A noop engine has units that take no time and parts of one byte.
type noop struct{ units int64 }

func (n noop) Plan(context.Context, int, []okazaki.Result) (okazaki.Axis, error) {
	return okazaki.Axis{Units: n.units, Concat: true}, nil
}

func (noop) Work(_ context.Context, t *okazaki.Task) ([]byte, int64, error) {
	return make([]byte, t.Span.Len()), t.Span.Hi, nil
}

func (noop) Merge(context.Context, int, [][]byte) ([]byte, error) { panic("concat") }
func (noop) Close() error                                         { return nil }

func (noop) Render(context.Context, []okazaki.Result, okazaki.Outputs) error { return nil }

// runNoop runs a job of units spans of one unit each.
func runNoop(ctx context.Context, s okazaki.Store, units int64, workers int) error {
	o := client.Options{Budget: client.GBSeconds(1 << 30), Deadline: time.Hour, Concurrency: workers, Span: 1}
	limits, err := o.Limits()
	if err != nil {
		return err
	}
	failures := make(chan error, 100)
	c := &client.Client{
		Store: &client.Store{Store: s, Sweep: 20 * time.Millisecond, Shared: true},
		Engines: &scatter.Engines{Open: func(context.Context, string, *okazaki.Job) (okazaki.Engine, error) {
			return noop{units}, nil
		}},
		Workers: client.Workers{Size: workers, Waker: local.New(1024), Report: func(_ string, err error) {
			if !errors.Is(err, context.Canceled) {
				failures <- err
			}
		}},
	}
	job, err := c.Submit(ctx, &okazaki.Job{Analysis: "noop", Stages: []string{"noop"}, Limits: limits}, true)
	if err != nil {
		return err
	}
	if _, err := job.Wait(ctx); err != nil {
		return err
	}
	select {
	case err := <-failures:
		return err
	default:
	}
	_, err = job.Answer()
	return err
}

func BenchmarkScatterMem(b *testing.B) {
	for _, units := range []int64{10_000, 1_000_000} {
		b.Run(fmt.Sprintf("spans=%d", units), func(b *testing.B) {
			benchmarkScatter(b, units, runtime.NumCPU(), func() okazaki.Store { return mem.New(nil) })
		})
	}
}

// BenchmarkScatterDir waits for the disk: the create of a verdict returns
// once the verdict would survive a crash. Its folder is left to be removed by
// hand where OKAZAKI_BENCH_DIR names one, because ext4 is slow to create
// files where many were just deleted.
func BenchmarkScatterDir(b *testing.B) {
	for _, workers := range []int{1, 2, 16} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			benchmarkScatter(b, 100_000, workers, func() okazaki.Store {
				s, err := dir.Open(benchDir(b), dir.Options{Durable: scatter.Durable, Own: scatter.Own})
				if err != nil {
					b.Fatal(err)
				}
				return s
			})
		})
	}
}

func benchDir(b *testing.B) string {
	parent := os.Getenv("OKAZAKI_BENCH_DIR")
	if parent == "" {
		return b.TempDir()
	}
	path, err := os.MkdirTemp(parent, "scatter-")
	if err != nil {
		b.Fatal(err)
	}
	return path
}

func benchmarkScatter(b *testing.B, units int64, workers int, open func() okazaki.Store) {
	if testing.Short() {
		units = min(units, 5_000)
	}
	b.ReportAllocs()
	var calls, lists, lost int64
	before := cpu()
	for b.Loop() {
		s := store.Count(open())
		if err := runNoop(b.Context(), s, units, workers); err != nil {
			b.Fatal(err)
		}
		calls, lists, lost = s.Calls(), s.Lists.Load(), s.Exists.Load()
	}
	b.ReportMetric(float64(units)*float64(b.N)/b.Elapsed().Seconds(), "spans/s")
	b.ReportMetric(float64(units)*float64(b.N)/(cpu()-before).Seconds(), "spans/cpu-s")
	b.ReportMetric(float64(calls)/float64(units), "calls/span")
	b.ReportMetric(float64(lists)/float64(units), "lists/span")
	b.ReportMetric(float64(lost)/float64(units), "lost/span")
}
