package distance_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"okazaki"
	"okazaki/analysis/virus/distance"
)

// inParallel works on all tiles in spans, each worker some, as a burst would.
func inParallel(s *distance.Set, workers int, f func(okazaki.Span)) {
	tiles := s.Tiles()
	span := max(1, (tiles+4*int64(workers)-1)/(4*int64(workers)))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for {
				lo := (next.Add(1) - 1) * span
				if lo >= tiles {
					return
				}
				f(okazaki.Span{Lo: lo, Hi: min(lo+span, tiles)})
			}
		})
	}
	wg.Wait()
}

var sets = []struct {
	name, file string
	n          int
	dropouts   int
}{
	{"mat43k", mat43k, 1 << 30, 0},
	{"y2020_20k", y2020, 20000, 0},
	{"y2020_50k", y2020, 50000, 0},
	{"dropouts_50k", y2020, 50000, 20},
	{"y2020_200k", y2020, 200000, 0},
}

// BenchmarkPrepare builds the set from lists of substitutions in memory.
func BenchmarkPrepare(b *testing.B) {
	for _, set := range sets {
		b.Run(set.name, func(b *testing.B) {
			for b.Loop() {
				s := truthSet(b, set.file, set.n, set.dropouts, distance.Options{})
				b.ReportMetric(float64(s.Groups()), "groups")
			}
		})
	}
}

// BenchmarkAll finds histogram, 10 nearest, clusters, and pairs at distance 5
// or less.
func BenchmarkAll(b *testing.B) { answer(b, 5) }

// BenchmarkSummary is BenchmarkAll without the pairs.
func BenchmarkSummary(b *testing.B) { answer(b, distance.Off) }

func answer(b *testing.B, within int) {
	for _, set := range sets {
		b.Run(set.name, func(b *testing.B) {
			s := truthSet(b, set.file, set.n, set.dropouts, distance.Options{Nearest: 10, Cluster: 2})
			before, bytes := cpu(), 0
			for b.Loop() {
				_, pairs := everything(b, s, within)
				bytes = len(pairs)
			}
			report(b, s, cpu()-before)
			b.ReportMetric(float64(bytes)/1e6, "pairs-MB")
		})
	}
}

func report(b *testing.B, s *distance.Set, cpu float64) {
	n := float64(s.Len())
	b.ReportMetric(n*n*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpairs/s")
	b.ReportMetric(n*n*float64(b.N)/cpu/1e6, "Mpairs/cpu-s")
	b.ReportMetric(cpu/float64(b.N), "cpu-s/op")
	b.ReportMetric(peak(), "peakMB")
}
