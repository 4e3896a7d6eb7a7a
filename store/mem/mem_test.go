package mem_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"okazaki"
	"okazaki/store/mem"
	"okazaki/store/storetest"
)

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) okazaki.Store { return mem.New(nil) })
}

func TestClocks(t *testing.T) {
	storetest.RunClocks(t, func(_ *testing.T, clock *storetest.Clock) okazaki.Store { return mem.New(clock.Now) })
}

func TestExpiry(t *testing.T) {
	storetest.RunExpiry(t, true, func(_ *testing.T, clock *storetest.Clock) okazaki.Store {
		s := mem.New(clock.Now)
		s.Keep = 30 * 24 * time.Hour
		return s
	})
}

func TestAgesByItsOwnClock(t *testing.T) {
	now := time.Unix(1000, 0)
	s := mem.New(func() time.Time { return now })
	if err := s.Create(t.Context(), "a", nil); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	v, err := s.Get(t.Context(), "a")
	if err != nil || v.Age != time.Hour {
		t.Errorf("age %v, %v", v.Age, err)
	}
	now = now.Add(-2 * time.Hour)
	page, err := s.List(t.Context(), "", "")
	if err != nil || len(page) != 1 || page[0].Age != 0 {
		t.Errorf("after the clock went back: %v, %v", page, err)
	}
}

func TestFromURL(t *testing.T) {
	for raw, good := range map[string]bool{"mem:": true, "mem:x": false, "mem://x": false, "mem:/x": false, "mem:?a=b": false} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		_, err = mem.FromURL(u)
		if _, mend := errors.AsType[*okazaki.Error](err); (err == nil) != good || mend == good {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

// BenchmarkSpan makes the calls of one span: its attempt, its verdict, and its
// share of a look at the node.
func BenchmarkSpan(b *testing.B) {
	ctx := context.Background()
	s := mem.New(nil)
	var n atomic.Int64
	value := make([]byte, 100)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			node, child := i/500, i%500
			attempt := fmt.Sprintf("jj/job/a/%d/%d.0", node, child)
			verdict := fmt.Sprintf("jj/job/v/%d/%d", node, child)
			if err := errors.Join(s.Create(ctx, attempt, value), s.Create(ctx, verdict, value)); err != nil {
				b.Error(err)
			}
			if _, err := s.Get(ctx, verdict); err != nil {
				b.Error(err)
			}
			if child%50 == 0 {
				if _, err := s.List(ctx, fmt.Sprintf("jj/job/v/%d/", node), ""); err != nil {
					b.Error(err)
				}
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "spans/s")
}

func BenchmarkCreate(b *testing.B) {
	for _, workers := range []int{1, 16, 64} {
		b.Run(fmt.Sprint(workers), func(b *testing.B) {
			storetest.BenchmarkCreate(b, mem.New(nil), workers)
		})
	}
}
