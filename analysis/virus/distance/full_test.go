package distance_test

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"sync"
	"testing"

	"okazaki"
	"okazaki/analysis/virus/distance"
)

// everything works on all tiles on all processors, and reads the answer. Pairs
// are left out if within is Off.
func everything(t testing.TB, s *distance.Set, within int) (*distance.Answer, []byte) {
	var mu sync.Mutex
	var parts [][]byte
	near := map[int64][]byte{}
	inParallel(s, runtime.GOMAXPROCS(0), func(span okazaki.Span) {
		part, _, err := s.Work(context.Background(), span, nil)
		if err != nil {
			t.Error(err)
		}
		var pairs []byte
		if within != distance.Off {
			if pairs, _, err = s.Pairs(context.Background(), span, within, nil); err != nil {
				t.Error(err)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		parts, near[span.Lo] = append(parts, part), pairs
	})
	a, err := s.Read(merge(t, parts))
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, lo := range slices.Sorted(maps.Keys(near)) {
		all = append(all, near[lo]...)
	}
	return a, all
}
