package main

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"okazaki"
)

// progressEvery is how often progress is told: a line of a terminal changes in
// place, others stay.
func progressEvery(t *teller) time.Duration {
	if t.width > 0 {
		return 200 * time.Millisecond
	}
	return 5 * time.Second
}

// amount writes a number with three figures, or all before the point.
func amount(x float64) string {
	if math.Abs(x) >= 1000 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}

// count writes a number of units with a letter for its size.
func count(n float64) string {
	for _, u := range []struct {
		size   float64
		letter string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e4, "k"}} {
		if n >= u.size {
			if u.letter == "k" {
				u.size = 1e3
			}
			return fmt.Sprintf("%.1f%s", n/u.size, u.letter)
		}
	}
	return strconv.FormatFloat(n, 'f', 0, 64)
}

// A watcher tells the progress of a job.
type watcher struct {
	tell  *teller
	place *place
	id    string
	job   *okazaki.Job

	mu    sync.Mutex
	units map[int]int64
}

func newWatcher(t *teller, p *place, id string, job *okazaki.Job) *watcher {
	return &watcher{tell: t, place: p, id: id, job: job, units: map[int]int64{}}
}

func (w *watcher) worked(_ string, stage int, units int64) {
	w.mu.Lock()
	w.units[stage] += units
	w.mu.Unlock()
}

func (w *watcher) run(ctx context.Context) { <-ctx.Done() }
