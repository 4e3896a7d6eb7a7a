package poll_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"okazaki"
	"okazaki/wake/poll"
	"okazaki/wake/waketest"
)

func TestConformance(t *testing.T) {
	waketest.Run(t, func(*testing.T) okazaki.Waker { return poll.New(time.Millisecond, 20*time.Millisecond) })
}

// wait is how long one Wait takes, by the bubble's clock.
func wait(t *testing.T, k *poll.Waker, found bool) time.Duration {
	t.Helper()
	start := time.Now()
	w, err := k.Wait(t.Context(), found)
	if err != nil || w != (okazaki.Wake{}) {
		t.Errorf("%+v, %v", w, err)
	}
	return time.Since(start)
}

func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := poll.New(time.Second, 60*time.Second)
		bound := time.Second
		var longest time.Duration
		for range 200 {
			slept := wait(t, k, false)
			if slept < time.Second || slept > bound {
				t.Errorf("slept %v, not between 1s and %v", slept, bound)
			}
			longest = max(longest, slept)
			bound = min(2*bound, 60*time.Second)
		}
		if longest < 30*time.Second {
			t.Errorf("200 idle sleeps are at most %v", longest)
		}
		if slept := wait(t, k, true); slept != time.Second {
			t.Errorf("slept %v after something was found", slept)
		}
	})
}

func TestRingCutsTheSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := poll.New(time.Second, 1000*time.Hour)
		for range 30 {
			wait(t, k, false)
		}
		done := make(chan time.Duration)
		for range 3 {
			go func() { done <- wait(t, k, false) }()
		}
		synctest.Wait()
		if err := k.Ring(context.Background(), okazaki.Wake{}); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if slept := <-done; slept > time.Second {
				t.Errorf("slept %v after a ring", slept)
			}
		}
		if slept := wait(t, k, false); slept != time.Second {
			t.Errorf("slept %v, after a ring", slept)
		}
	})
}
