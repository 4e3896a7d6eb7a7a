package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"okazaki"
)

// BenchmarkCreate reports how many keys of 150 bytes a second that many
// workers create in s, which is empty, in folders of 500.
func BenchmarkCreate(b *testing.B, s okazaki.Store, workers int) {
	var next atomic.Int64
	var wg sync.WaitGroup
	value := make([]byte, 150)
	b.ReportAllocs()
	b.ResetTimer()
	for range workers {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				if err := s.Create(b.Context(), fmt.Sprintf("jj/job/v/%d/%d", i/500, i%500), value); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "creates/s")
}
