package scatter

import (
	"context"
	"errors"
	"maps"
	"slices"

	"okazaki"
)

// Serve takes turns at whatever the waker names, and at any open job of the
// store when it names none, until ctx ends. Failures of a turn go to report
// and the worker goes on: what it leaves undone, others find.
func (w *Worker) Serve(ctx context.Context, report func(job string, err error)) error {
	found := false
	over := map[string]bool{} // hints of jobs that have ended and that this worker may not delete
	for {
		wake, err := w.Waker.Wait(ctx, found)
		if err != nil {
			return err
		}
		names := []string{wake.Job}
		if wake.Job == "" {
			if names, err = w.look(ctx); err != nil {
				report("", err)
				found = false
				continue
			}
			maps.DeleteFunc(over, func(name string, _ bool) bool { return !slices.Contains(names, name) })
		}
		found = false
		open := 0
		for _, name := range names {
			if wake.Job == "" && over[name] {
				continue
			}
			visit, err := w.Take(ctx, okazaki.Wake{Job: name, Node: wake.Node, Hint: wake.Hint})
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				report(name, err)
			}
			if w.Engines.tellSkew() {
				report(name, errSkew)
			}
			if visit.End != nil {
				w.ended(ctx, name)
				over[name] = true
			} else if !errors.Is(err, ErrNoEngine) {
				open++
			}
			found = found || visit.Bought > 0
		}
		if wake.Job == "" && w.Looked != nil {
			w.Looked(open)
		}
	}
}

// look returns the names of the jobs that may be open. If there is a new one,
// it wakes the other workers of the process: they need not look as often.
func (w *Worker) look(ctx context.Context) ([]string, error) {
	names, err := openJobs(ctx, w.Store)
	if err == nil && w.Engines.Keep(names) {
		err = w.Waker.Ring(ctx, okazaki.Wake{})
	}
	return names, err
}

// ended reports a job that a turn found ended.
func (w *Worker) ended(ctx context.Context, name string) {
	dropHint(ctx, w.Store, name)
	w.Engines.Forget(name)
	if w.Ended != nil {
		w.Ended(name)
	}
}

var errSkew = errors.New("records in the store are from the future by its own clock; they count from when they were first seen")
