package scatter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"okazaki"
)

// Submit writes a job, unless it is there already, and answers its id. A job
// that ended without a result is submitted as another round, with a budget of
// its own; fresh asks for that even of one that is under way or done. The
// first stage is planned here, on the submitter's machine and its account.
func Submit(ctx context.Context, s okazaki.Store, engines *Engines, job *okazaki.Job, fresh bool) (id string, err error) {
	if err := checkLimits(&job.Limits, len(job.Stages)); err != nil {
		return "", err
	}
	for ; ; job.Round++ {
		id = ID(job)
		old, err := known(ctx, s, id)
		if err != nil {
			return "", err
		}
		if old == "" || !fresh && (old == Open || old == Done) {
			break
		}
	}
	b, err := json.Marshal(job)
	if err != nil {
		return "", fmt.Errorf("job %s: %w", id, err)
	}
	if err := createOnce(ctx, s, keysOf(id).job(), b); err != nil {
		return "", fmt.Errorf("job %s: %w", id, err)
	}
	if err := planFirst(ctx, s, engines, id); err != nil {
		return "", err
	}
	if err := createOnce(ctx, s, openKey(id), []byte(job.Analysis)); err != nil {
		return "", fmt.Errorf("job %s: %w", id, err)
	}
	return id, nil
}

// checkLimits refuses limits that no job can run under.
func checkLimits(l *okazaki.Limits, stages int) error {
	if len(l.Classes) == 0 || l.Classes[0] <= 0 || l.Turn < MinLimit || l.Deadline <= 0 || l.Aim <= 0 {
		return &okazaki.Error{
			Message: "the job's limits leave nothing to run with",
			Hint:    fmt.Sprintf("give a worker class with memory, a turn of %v or more, an aim and a deadline", MinLimit),
		}
	}
	_, err := root(l, stages, okazaki.Axis{Units: 1})
	return err
}

// known answers the state of a job in the store; "" if it has none.
func known(ctx context.Context, s okazaki.Store, id string) (State, error) {
	end, err := Ended(ctx, s, id)
	if err != nil || end != nil {
		if end != nil {
			return end.State, nil
		}
		return "", err
	}
	_, err = patientGet(ctx, s, keysOf(id).job())
	if errors.Is(err, okazaki.ErrNotFound) {
		return "", nil
	}
	return Open, err
}

func planFirst(ctx context.Context, s okazaki.Store, engines *Engines, id string) error {
	_, err := patientGet(ctx, s, keysOf(id).axis(0))
	if err == nil || !errors.Is(err, okazaki.ErrNotFound) {
		return err
	}
	open, err := engines.open(ctx, s, id)
	if err != nil {
		return err
	}
	if open == nil {
		return fmt.Errorf("job %s: the store does not show it after it was created", id)
	}
	defer engines.release(open)
	rec := axisRecord{Nonce: newNonce()}
	err = guarded(func() (err error) {
		rec.Axis, err = open.engine.Plan(ctx, 0, nil)
		return err
	})
	if err != nil {
		return err
	}
	return createOnce(ctx, s, keysOf(id).axis(0), encode(&rec, nil))
}

// createOnce creates a key, waiting out a busy store; a key that exists is
// fine.
func createOnce(ctx context.Context, s okazaki.Store, key string, value []byte) error {
	_, err := patiently(ctx, func() (struct{}, error) { return struct{}{}, s.Create(ctx, key, value) })
	if errors.Is(err, okazaki.ErrExists) {
		return nil
	}
	return err
}

// Ended answers how a job ended; nil if it has not.
func Ended(ctx context.Context, s okazaki.Store, id string) (*End, error) {
	v, err := patientGet(ctx, s, endedKey(id))
	if errors.Is(err, okazaki.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("job %s: %w", id, err)
	}
	var end End
	if _, err := decode(v.Bytes, &end); err != nil {
		return nil, fmt.Errorf("job %s: %w", id, err)
	}
	return &end, nil
}

// Load answers a job's record and its age by the store's clock, or an error
// that wraps okazaki.ErrNotFound.
func Load(ctx context.Context, s okazaki.Store, id string) (*okazaki.Job, time.Duration, error) {
	job, age, err := loadJob(ctx, s, id)
	if err != nil {
		return nil, 0, fmt.Errorf("job %s: %w", id, err)
	}
	return job, age, nil
}

// Wait waits until the job has ended. Every so often it rings for the job, so
// that some worker walks it from the root and finds what was lost: it is the
// job's sweep. It closes a job that is past its deadline, should no worker be
// there to do so. It looks now and then, and at once when told to.
func Wait(ctx context.Context, s okazaki.Store, waker okazaki.Waker, id string, every time.Duration, told <-chan struct{}) (*End, error) {
	job, age, err := Load(ctx, s, id)
	if err != nil {
		return nil, err
	}
	start, rung := time.Now(), time.Time{}
	for look := max(every/64, time.Millisecond); ; look = min(2*look, max(every/4, time.Millisecond)) {
		end, err := Ended(ctx, s, id)
		if err != nil || end != nil {
			return end, err
		}
		if age+time.Since(start) > job.Limits.Deadline+Grace {
			return endAs(ctx, s, id, Expired)
		}
		if time.Since(rung) >= every {
			rung = time.Now()
			if err := waker.Ring(ctx, okazaki.Wake{Job: id}); err != nil {
				return nil, fmt.Errorf("ring for job %s: %w", id, err)
			}
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-told:
		case <-time.After(look):
		}
	}
}

// Cancel closes a job. Attempts that are under way end without effect.
func Cancel(ctx context.Context, s okazaki.Store, id string) (*End, error) {
	if _, _, err := Load(ctx, s, id); err != nil {
		return nil, err
	}
	return endAs(ctx, s, id, Cancelled)
}

// endAs closes a job without a result, unless it has ended already, and
// answers how it ended.
func endAs(ctx context.Context, s okazaki.Store, id string, state State) (*End, error) {
	end := End{State: state, Nonce: newNonce()}
	if err := createOnce(ctx, s, endedKey(id), encode(&end, nil)); err != nil {
		return nil, fmt.Errorf("job %s: %w", id, err)
	}
	return Ended(ctx, s, id)
}

// Jobs lists the ids of the jobs in a store, and which of them have ended.
func Jobs(ctx context.Context, s okazaki.Store) (ids []string, ended map[string]bool, err error) {
	ends, err := listAll(ctx, s, endedPrefix)
	if err != nil {
		return nil, nil, fmt.Errorf("list the jobs: %w", err)
	}
	ended = map[string]bool{}
	for _, e := range ends {
		ended[strings.TrimPrefix(e.Key, endedPrefix)] = true
	}
	open, err := listAll(ctx, s, openPrefix)
	if err != nil {
		return nil, nil, fmt.Errorf("list the jobs: %w", err)
	}
	for _, e := range open {
		ids = append(ids, strings.TrimPrefix(e.Key, openPrefix))
	}
	return ids, ended, nil
}

// Serve takes turns at whatever the waker names, and at any open job of the
// store when it names none, until ctx ends. Failures of a turn go to report
// and the worker goes on: what it leaves undone, others find.
func (w *Worker) Serve(ctx context.Context, report func(job string, err error)) error {
	found := false
	for {
		wake, err := w.Waker.Wait(ctx, found)
		if err != nil {
			return err
		}
		ids := []string{wake.Job}
		if wake.Job == "" {
			all, ended, err := Jobs(ctx, w.Store)
			if err != nil {
				report("", err)
				found = false
				continue
			}
			ids = ids[:0]
			for _, id := range all {
				if !ended[id] {
					ids = append(ids, id)
				}
			}
			w.Engines.Keep(ids)
		}
		found = false
		for _, id := range ids {
			visit, err := w.Take(ctx, okazaki.Wake{Job: id, Node: wake.Node, Hint: wake.Hint})
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				report(id, err)
			}
			if visit.End != nil {
				w.Engines.Forget(id)
				if w.Ended != nil {
					w.Ended(id)
				}
			}
			found = found || visit.Bought > 0
		}
	}
}
