package scatter_test

import (
	"context"
	"errors"
	"testing"

	"okazaki"
	"okazaki/scatter"
	"okazaki/store/mem"
)

// A looking waker has a worker look, again and again, and counts what rings for
// the others.
type looking struct {
	looks int // before its wait ends
	rings int
	then  func(left int)
}

func (k *looking) Ring(context.Context, okazaki.Wake) error {
	k.rings++
	return nil
}

var errLooked = errors.New("looked often enough")

func (k *looking) Wait(context.Context, bool) (okazaki.Wake, error) {
	if k.looks--; k.looks < 0 {
		return okazaki.Wake{}, errLooked
	}
	k.then(k.looks)
	return okazaki.Wake{}, nil
}

// A worker that comes upon a new job wakes the others of its process, once, and
// counts only the jobs that its build has engines for.
func TestNewJobWakesFellows(t *testing.T) {
	s := mem.New(nil)
	planner := newFleet(&toy{units: 5})
	strange := errors.New("strange")
	engines := &scatter.Engines{Open: func(_ context.Context, _ string, job *okazaki.Job) (okazaki.Engine, error) {
		if string(job.Params) == "1" {
			return nil, scatter.ErrNoEngine
		}
		return nil, strange // the job is open, and nothing can be done for it here
	}}
	begin := func(params string) {
		job := planner.job
		job.Params = []byte(params)
		if _, err := scatter.Submit(t.Context(), s, planner.engines(), &job, false); err != nil {
			t.Fatal(err)
		}
	}
	k := &looking{looks: 7, then: func(left int) {
		switch left {
		case 4:
			begin("1")
		case 1:
			begin("2")
		}
	}}
	var open []int
	w := &scatter.Worker{Store: s, Waker: k, Engines: engines, Looked: func(n int) { open = append(open, n) }}
	err := w.Serve(t.Context(), func(_ string, err error) {
		if !errors.Is(err, strange) && !errors.Is(err, scatter.ErrNoEngine) {
			t.Error(err)
		}
	})
	if !errors.Is(err, errLooked) || k.rings != 2 {
		t.Errorf("%d rings for 2 jobs, %v", k.rings, err)
	}
	for i, n := range open {
		if want := map[bool]int{true: 1}[i >= 5]; n != want {
			t.Errorf("look %d: %d jobs are open, not %d", i, n, want)
		}
	}
	if len(open) != 7 {
		t.Errorf("%d looks", len(open))
	}
}
