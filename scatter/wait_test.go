package scatter_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"okazaki/scatter"
	"okazaki/wake/local"
)

// A submitter whose job loses what it began with is told, long before the
// deadline, and workers that know the job leave it.
func TestWaitForAJobThatLosesItsBeginning(t *testing.T) {
	for _, kind := range []string{"lives/", "/x/0"} {
		synctest.Test(t, func(t *testing.T) {
			f := newFleet(&toy{units: 8})
			id, err := scatter.Submit(t.Context(), f.store, f.engines(), &f.job, false)
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				time.Sleep(10 * time.Second)
				for _, key := range keysIn(t, f.store) {
					if strings.Contains(key, kind) {
						if err := f.store.Delete(t.Context(), key); err != nil {
							t.Error(err)
						}
					}
				}
			}()
			start := time.Now()
			end, err := scatter.Wait(t.Context(), f.store, local.New(10), id, time.Second, nil)
			if !errors.Is(err, scatter.ErrGone) || time.Since(start) > time.Minute {
				t.Errorf("without %s, after %v: %v, %v", kind, time.Since(start), end, err)
			}
			ended := 0
			for _, key := range keysIn(t, f.store) {
				if strings.HasPrefix(key, "ended/") {
					ended++
				}
			}
			if ended != 1 {
				t.Errorf("without %s: %d ends", kind, ended)
			}
		})
	}
}

// A watcher of a job that its submitter has not planned yet waits.
func TestWaitForAJobThatIsNotPlanned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 8})
		id, err := scatter.Submit(t.Context(), f.store, f.engines(), &f.job, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range keysIn(t, f.store) {
			if strings.HasSuffix(key, "/x/0") {
				if err := f.store.Delete(t.Context(), key); err != nil {
					t.Fatal(err)
				}
			}
		}
		end, err := scatter.Wait(t.Context(), f.store, local.New(1000), id, time.Minute, nil)
		if err != nil || end.State != scatter.Expired {
			t.Errorf("%v, %v", end, err)
		}
	})
}
