package store

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestSince(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		then := time.Now()
		time.Sleep(7 * time.Second)
		if d, steady := Since(then); d != 7*time.Second || !steady {
			t.Errorf("%v, %v", d, steady)
		}
	})
	for _, c := range []struct {
		monotonic, ofDay time.Duration
		want             bool
	}{
		{5 * time.Second, 5 * time.Second, true},
		{5 * time.Second, 5*time.Second + 900*time.Millisecond, true},
		{5 * time.Second, time.Hour, false},  // frozen
		{5 * time.Second, -time.Hour, false}, // or the clock was set back
	} {
		if got := steadily(c.monotonic, c.ofDay); got != c.want {
			t.Errorf("%v, and %v by the time of day: %v", c.monotonic, c.ofDay, got)
		}
	}
}
