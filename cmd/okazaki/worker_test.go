package main

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"okazaki"
	"okazaki/scatter"
	"okazaki/store"
	"okazaki/store/mem"
)

// A ticker is a waker that names nothing, every second.
type ticker struct{ okazaki.Waker }

func (ticker) Wait(ctx context.Context, _ bool) (okazaki.Wake, error) {
	select {
	case <-time.After(time.Second):
		return okazaki.Wake{}, nil
	case <-ctx.Done():
		return okazaki.Wake{}, ctx.Err()
	}
}

// Workers leave when they are told to: see what they see, second by second.
func TestWorkersLeave(t *testing.T) {
	const day = 24 * time.Hour
	once := func(wait, idleExit time.Duration) config {
		return config{once: true, wait: wait, idleExit: idleExit}
	}
	for _, c := range []struct {
		name    string
		config  config
		open    func(at time.Duration) int  // jobs
		found   func(at time.Duration) bool // something to do
		earlier time.Duration               // they leave between the two
		later   time.Duration
	}{
		{"no job comes", once(time.Minute, 0), between(0, 0), within(0, 0), time.Minute, time.Minute},
		{"none comes, and idle-exit is shorter", once(time.Minute, 20*time.Second), between(0, 0), within(0, 0), 20 * time.Second, 20 * time.Second},
		{"no waiting", once(0, 0), between(0, 0), within(0, 0), 5 * time.Second, 5 * time.Second},
		{"a job comes and ends", once(time.Minute, 0), between(50, 300), within(50, 299), 300 * time.Second, 310 * time.Second},
		{"a job comes and ends at once", once(time.Minute, 0), between(0, 0), within(20, 21), 25 * time.Second, 27 * time.Second},
		{"others work the job", once(time.Minute, 0), between(50, 55), within(0, 0), 60 * time.Second, 62 * time.Second},
		{"nothing to do at a job", once(time.Minute, 0), between(5, 10_000), within(0, 0), time.Minute, time.Minute},
		{"one job follows another", once(time.Minute, 0), func(at time.Duration) int { return between(5, 20)(at) + between(23, 40)(at) }, within(5, 40), 40 * time.Second, 50 * time.Second},
		{"idle-exit alone", config{idleExit: 30 * time.Second}, between(5, 20), within(5, 20), 48 * time.Second, 52 * time.Second},
		{"they stay", config{}, between(5, 20), within(5, 20), day, day},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &app{config: c.config}
				w := a.idleWaker(5 * time.Second)
				w.Waker = ticker{}
				began, found := time.Now(), false
				for time.Since(began) < day {
					if _, err := w.Wait(t.Context(), found); errors.Is(err, errIdle) {
						break
					} else if err != nil {
						t.Fatal(err)
					}
					at := time.Since(began)
					found = c.found(at)
					w.looked(c.open(at))
				}
				if left := time.Since(began); left < c.earlier || left > c.later {
					t.Errorf("left after %v, not between %v and %v", left, c.earlier, c.later)
				}
			})
		})
	}
}

// Many idle workers of a process look no more often than one does, and all of
// them come to a job at once.
func TestIdleWorkersLookTogether(t *testing.T) {
	lists := map[int]int64{}
	for _, size := range []int{1, 16} {
		synctest.Test(t, func(t *testing.T) {
			counted := store.Count(mem.New(nil))
			a := &app{}
			idle := a.idleWaker(5 * time.Second)
			engines := newEngines(&scatter.Inputs{Store: counted}, 1, nil)
			defer engines.Close()
			ctx, cancel := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			for range size {
				w := &scatter.Worker{Store: counted, Waker: idle, Engines: engines, Looked: idle.looked}
				wg.Go(func() { _ = w.Serve(ctx, func(_ string, err error) { t.Error(err) }) })
			}
			time.Sleep(10 * time.Hour)
			lists[size] = counted.Lists.Load()
			job := &okazaki.Job{
				Analysis: "toy", Version: 1, Stages: []string{"count"}, Params: []byte(`{"units":160,"ms":1000,"fail":-1,"panic":-1}`),
				Limits: okazaki.Limits{
					Budget: 1 << 30, Classes: []int64{1024}, Turn: time.Minute, Aim: 2 * time.Second,
					Deadline: time.Hour, Concurrency: size, Span: 1,
				},
			}
			name, err := scatter.Submit(t.Context(), counted, engines, job, false)
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			end, err := scatter.Wait(t.Context(), counted, idle.Waker, name, time.Hour, nil)
			if err != nil || end.State != scatter.Done {
				t.Fatal(end, err)
			}
			// 160 s of work, and the longest sleep before it.
			if took := time.Since(began); took > time.Duration(160/size+80)*time.Second {
				t.Errorf("%d workers took %v", size, took)
			}
			cancel()
			wg.Wait()
		})
	}
	if lists[16] > lists[1]+lists[1]/10 || lists[1] < 1000 {
		t.Errorf("lists in 10 hours: %d by one worker, %d by 16", lists[1], lists[16])
	}
}

// between is one job that is open from one second to another.
func between(from, to int) func(time.Duration) int {
	return func(at time.Duration) int {
		if within(from, to)(at) {
			return 1
		}
		return 0
	}
}

func within(from, to int) func(time.Duration) bool {
	return func(at time.Duration) bool {
		return at >= time.Duration(from)*time.Second && at < time.Duration(to)*time.Second
	}
}
