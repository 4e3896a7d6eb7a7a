package scatter_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"okazaki/scatter"
)

// Where each span needs long before its first unit, as to read a file up to there,
// spans are so long that most of the time goes to units, however short the aim is;
// and no attempt lapses because it was given time for its units only.
func TestSpansAreWorthTheirSetup(t *testing.T) {
	for _, setup := range []time.Duration{0, time.Second, 3 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			f := newFleet(&toy{units: 4000, concat: true, takes: 5 * time.Millisecond, setup: setup})
			f.job.Limits.Aim = 100 * time.Millisecond
			_, end, err := f.run(t, t.Context())
			if err != nil || end.State != scatter.Done {
				t.Fatal(end, err)
			}
			count := map[string]int{}
			for _, key := range keysIn(t, f.store) {
				if parts := strings.Split(key, "/"); len(parts) == 5 {
					count[parts[2]]++
				}
			}
			const units = 4000 * 5 * 1024 / 1000 // MB-s
			t.Logf("setup %v: %d MB-s for %d of units, %d spans, %d retries", setup, end.Spent, units, count["v"], count["p"])
			if setup > 0 && (end.Spent > 4*units || count["p"] > 0) || setup == 0 && (count["v"] < 100 || end.Spent > units*11/10) {
				t.Error("too many spans, or too few")
			}
		})
	}
}
