package scatter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"okazaki"
)

// Submit begins a life of the job's question, unless one is open or has the
// answer, and returns its name. A life that follows one without an answer
// adopts the parts of the lives before it. fresh begins another life even so,
// and it adopts nothing. The first stage is planned here, on the submitter's
// machine and its account; nothing is stored if that fails.
func Submit(ctx context.Context, s okazaki.Store, engines *Engines, job *okazaki.Job, fresh bool) (name string, err error) {
	if fresh {
		return submit(ctx, s, engines, job, func(*life) (bool, error) { return false, nil }, false)
	}
	return submit(ctx, s, engines, job, func(l *life) (bool, error) { return l.serves(ctx, s) }, true)
}

// Resubmit begins the life after one whose answer has gone in part, adopting
// the parts that it has, unless that was done already.
func Resubmit(ctx context.Context, s okazaki.Store, engines *Engines, job *okazaki.Job, gone string) (name string, err error) {
	return submit(ctx, s, engines, job, func(l *life) (bool, error) {
		if l.name() == gone {
			return false, nil
		}
		return l.serves(ctx, s)
	}, true)
}

// serves says whether a submitter of a life's question need not begin another: the
// life is open, or done with its answer still there.
func (l *life) serves(ctx context.Context, s okazaki.Store) (bool, error) {
	end, err := endOf(ctx, s, l.Prefix)
	if err != nil || end == nil {
		return err == nil, err
	}
	if end.State != Done {
		return false, nil
	}
	return l.readable(ctx, s, end)
}

// submit joins the latest life of a question if it serves, and otherwise
// begins the next one.
func submit(ctx context.Context, s okazaki.Store, engines *Engines, job *okazaki.Job, serves func(*life) (bool, error), adopt bool) (string, error) {
	if err := CheckLimits(s, job); err != nil {
		return "", err
	}
	next := &life{id: ID(job), lifeRecord: lifeRecord{Job: *job, Prefix: newPrefix()}}
	var plan []byte
	for try := -2; ; try++ { // others may be at it; or lists are old, and it waits for them
		if try > 0 {
			backOff(ctx, try)
		}
		numbers, err := livesOf(ctx, s, next.id)
		if err != nil {
			return "", err
		}
		var last *life
		if len(numbers) > 0 {
			last, err = loadLife(ctx, s, lifeName(next.id, numbers[0]))
			if err != nil && !errors.Is(err, okazaki.ErrNotFound) { // not there: it has just been collected
				return "", err
			}
		}
		if last != nil {
			ok, err := serves(last)
			if err != nil {
				return "", fmt.Errorf("job %s: %w", last.name(), err)
			}
			if ok {
				if ok, err = join(ctx, s, engines, last); ok || err != nil {
					return last.name(), err
				}
				continue // it has just been collected
			}
		}
		if plan == nil {
			if plan, err = planFirst(ctx, engines, next.name(), job); err != nil {
				return "", err
			}
		}
		next.n, next.After = nextNumber(numbers, time.Now()), nil
		if last != nil && adopt {
			next.After = append([]string{last.Prefix}, last.After[:min(len(last.After), maxAfter-1)]...)
		}
		mine, err := begin(ctx, s, next, plan)
		if err != nil {
			return "", fmt.Errorf("job %s: %w", next.name(), err)
		}
		if mine {
			return next.name(), nil
		}
	}
}

// begin creates a life's record, its first axis and its hint. It returns false
// if another life has the number.
func begin(ctx context.Context, s okazaki.Store, l *life, plan []byte) (bool, error) {
	if err := markStore(ctx, s); err != nil {
		return false, err
	}
	record := encode(&l.lifeRecord, nil)
	if err := createOnce(ctx, s, lifeKey(l.id, l.n), record); err != nil {
		return false, err
	}
	v, err := patientGet(ctx, s, lifeKey(l.id, l.n))
	if err != nil || !bytes.Equal(v.Bytes, record) {
		return false, err
	}
	if err := createOnce(ctx, s, l.keys().axis(0), plan); err != nil {
		return false, err
	}
	return true, createOnce(ctx, s, openKey(l.name()), []byte(l.Job.Analysis))
}

// formatKey tells later versions how the store is laid out.
const (
	formatKey = "format"
	format    = "2"
)

// markStore marks a store as one, before it gets any other key that stays.
func markStore(ctx context.Context, s okazaki.Store) error {
	return createOnce(ctx, s, formatKey, []byte(format))
}

// IsStore says whether s has the mark of a store. Where it has none, as in the
// first layout or after a crash of a machine that did not sync, jobs or stored
// inputs are as good.
func IsStore(ctx context.Context, s okazaki.Store) (bool, error) {
	v, err := patientGet(ctx, s, formatKey)
	if !errors.Is(err, okazaki.ErrNotFound) {
		return string(v.Bytes) == format, err
	}
	for _, prefix := range []string{livesPrefix, formerPrefix, inputPrefix} {
		if own, err := listKeys(ctx, s, prefix, nil); err != nil || len(own) > 0 {
			return err == nil, err
		}
	}
	return false, nil
}

// join sees to it that a life which another submitter began can be worked:
// that one may have died before it was planned. It returns false if the life is
// not there any more. It looks in the reverse of the order in which a collector
// deletes: where the name is found last, the rest had not been collected.
func join(ctx context.Context, s okazaki.Store, engines *Engines, l *life) (bool, error) {
	_, unplanned := patientGet(ctx, s, l.keys().axis(0))
	if unplanned != nil && !errors.Is(unplanned, okazaki.ErrNotFound) {
		return false, fmt.Errorf("job %s: %w", l.name(), unplanned)
	}
	end, err := endOf(ctx, s, l.Prefix)
	if err != nil || end != nil {
		return err == nil, err
	}
	if _, err = patientGet(ctx, s, lifeKey(l.id, l.n)); errors.Is(err, okazaki.ErrNotFound) {
		return false, nil
	}
	if err == nil && unplanned != nil {
		plan, err := planFirst(ctx, engines, l.name(), &l.Job)
		if err != nil {
			return false, err
		}
		if err := createOnce(ctx, s, l.keys().axis(0), plan); err != nil {
			return false, fmt.Errorf("job %s: %w", l.name(), err)
		}
	}
	if err != nil {
		return false, fmt.Errorf("job %s: %w", l.name(), err)
	}
	return true, createOnce(ctx, s, openKey(l.name()), []byte(l.Job.Analysis))
}

// planFirst returns the record of the first stage's axis.
func planFirst(ctx context.Context, engines *Engines, name string, job *okazaki.Job) ([]byte, error) {
	rec := axisRecord{Nonce: newNonce()}
	err := engines.plan(ctx, name, job, func(e okazaki.Engine) (err error) {
		rec.Axis, err = e.Plan(ctx, 0, nil)
		return err
	})
	if err != nil {
		return nil, err
	}
	return encode(&rec, nil), nil
}

// CheckLimits returns an error if Submit would refuse the job's limits,
// whatever its inputs are.
func CheckLimits(s okazaki.Store, job *okazaki.Job) error {
	if err := checkLimits(&job.Limits, len(job.Stages)); err != nil {
		return err
	}
	return checkKept(s, &job.Limits)
}

// checkLimits refuses limits that no job can run under.
func checkLimits(l *okazaki.Limits, stages int) error {
	if len(l.Classes) == 0 || l.Classes[0] <= 0 || l.Turn < MinLimit || l.Deadline <= 0 || l.Aim <= 0 {
		return &okazaki.Error{
			Message: "the job's limits leave nothing to run with",
			Hint:    fmt.Sprintf("give a worker class with memory, a turn of %v or more, an aim and a deadline", MinLimit),
		}
	}
	if l.Turn > maxTurn || max(l.Deadline, l.Aim) > maxDeadline || l.Classes[len(l.Classes)-1] > maxMemory {
		return &okazaki.Error{
			Message: "the job's limits are too large to be counted",
			Hint:    fmt.Sprintf("give a turn of at most %v, a deadline and an aim of at most %v, and at most %d MB", maxTurn, maxDeadline, int64(maxMemory)),
		}
	}
	_, err := root(l, stages, okazaki.Axis{Units: 1})
	return err
}

// A keeper is a store whose keys expire, a while after they were created.
type keeper interface{ Keeps() time.Duration }

// keeps returns how long a store keeps a key at least; 0: until it is deleted.
func keeps(s okazaki.Store) time.Duration {
	if k, ok := s.(keeper); ok {
		return k.Keeps()
	}
	return 0
}

// checkKept refuses a job that may be open still when the store forgets what
// it began with.
func checkKept(s okazaki.Store, l *okazaki.Limits) error {
	kept := keeps(s)
	if most := kept - l.Turn - Grace - 24*time.Hour; kept > 0 && l.Deadline >= most {
		return &okazaki.Error{
			Message: fmt.Sprintf("the store keeps nothing for longer than %v, and the job has a deadline of %v", kept, l.Deadline),
			Hint:    fmt.Sprintf("give a deadline below %v", most),
		}
	}
	return nil
}

// The largest turn and worker class: their product, in megabyte-milliseconds,
// must fit in 63 bits many times over; and the longest deadline, which twice
// must fit in them too.
const (
	maxTurn     = 30 * 24 * time.Hour
	maxMemory   = 1 << 27
	maxDeadline = 876_000 * time.Hour
)

// createOnce creates a key, waiting out a busy store; a key that exists is
// fine.
func createOnce(ctx context.Context, s okazaki.Store, key string, value []byte) error {
	_, err := patiently(ctx, func() (struct{}, error) { return struct{}{}, s.Create(ctx, key, value) })
	if errors.Is(err, okazaki.ErrExists) {
		return nil
	}
	return err
}

// Ended returns how a job ended; nil if it has not.
func Ended(ctx context.Context, s okazaki.Store, name string) (*End, error) {
	l, err := loadLife(ctx, s, name)
	if err != nil {
		return nil, err
	}
	end, err := endOf(ctx, s, l.Prefix)
	if err != nil {
		return nil, fmt.Errorf("job %s: %w", name, err)
	}
	return end, nil
}

// Load returns a job's record and its age by the store's clock, or an error
// that wraps okazaki.ErrNotFound.
func Load(ctx context.Context, s okazaki.Store, name string) (*okazaki.Job, time.Duration, error) {
	l, err := loadLife(ctx, s, name)
	if err != nil {
		return nil, 0, err
	}
	return &l.Job, l.age, nil
}

// Wait waits until the job has ended. Every so often it rings for the job, so
// that some worker walks it from the root and finds what was lost: it is the
// job's sweep. It closes a job that is past its deadline, should no worker be
// there to do so. It looks now and then, and at once when told to. Where the
// records that the job began with have gone meanwhile the error wraps ErrGone.
func Wait(ctx context.Context, s okazaki.Store, waker okazaki.Waker, name string, every time.Duration, told <-chan struct{}) (*End, error) {
	l, err := loadLife(ctx, s, name)
	if err != nil {
		return nil, gone(err)
	}
	start, rung, planned := time.Now(), time.Time{}, false
	for look := max(every/64, time.Millisecond); ; look = min(2*look, max(every/4, time.Millisecond)) {
		end, err := endOf(ctx, s, l.Prefix)
		if err != nil {
			return nil, fmt.Errorf("job %s: %w", name, err)
		}
		if end != nil {
			dropHint(ctx, s, l.name())
			return end, nil
		}
		if l.age+time.Since(start) > l.Job.Limits.Deadline+Grace {
			return endAs(ctx, s, l, Expired)
		}
		if time.Since(rung) >= every {
			rung = time.Now()
			if planned, err = l.begun(ctx, s, planned); err != nil {
				if errors.Is(err, ErrGone) {
					_, _ = endAs(ctx, s, l, Cancelled) // for workers that know it still
				}
				return nil, fmt.Errorf("job %s: %w", name, err)
			}
			if err := waker.Ring(ctx, okazaki.Wake{Job: l.name()}); err != nil {
				return nil, fmt.Errorf("ring for job %s: %w", name, err)
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

// begun returns whether a life's first stage is planned, or an error that wraps
// ErrGone if its axis was there and has gone, or if the life has no name any more: then no
// worker will find it.
func (l *life) begun(ctx context.Context, s okazaki.Store, before bool) (planned bool, err error) {
	if _, err := patientGet(ctx, s, lifeKey(l.id, l.n)); err != nil {
		return before, gone(err)
	}
	_, err = patientGet(ctx, s, l.keys().axis(0))
	if errors.Is(err, okazaki.ErrNotFound) && !before {
		return false, nil // its submitter is at it
	}
	return err == nil, gone(err)
}

// Cancel closes a job. Attempts that are under way end without effect.
func Cancel(ctx context.Context, s okazaki.Store, name string) (*End, error) {
	l, err := loadLife(ctx, s, name)
	if err != nil {
		return nil, err
	}
	return endAs(ctx, s, l, Cancelled)
}

// endAs closes a life without a result, unless it has ended already, and
// returns how it ended.
func endAs(ctx context.Context, s okazaki.Store, l *life, state State) (*End, error) {
	mine := &End{State: state, Job: l.name(), Nonce: newNonce()}
	err := createOnce(ctx, s, endedKey(l.Prefix), encode(mine, nil))
	if err != nil {
		return nil, fmt.Errorf("job %s: %w", l.name(), err)
	}
	end, err := endOf(ctx, s, l.Prefix)
	if err != nil {
		return nil, fmt.Errorf("job %s: %w", l.name(), err)
	}
	if end == nil { // it was collected, or has expired, meanwhile
		end = mine
	}
	dropHint(ctx, s, l.name())
	return end, nil
}

// dropHint deletes the hint that a life is open, if the caller may delete.
func dropHint(ctx context.Context, s okazaki.Store, name string) {
	_ = s.Delete(ctx, openKey(name)) // a hint that stays costs a look each time
}

// Jobs returns the names of all jobs in a store: of each question all lives.
func Jobs(ctx context.Context, s okazaki.Store) ([]string, error) {
	entries, err := listKeys(ctx, s, livesPrefix, nil)
	if err != nil {
		return nil, fmt.Errorf("list the jobs: %w", err)
	}
	return namesOf(entries), nil
}

// openJobs returns the names of the jobs that may be open.
func openJobs(ctx context.Context, s okazaki.Store) ([]string, error) {
	entries, err := listKeys(ctx, s, openPrefix, nil)
	if err != nil {
		return nil, fmt.Errorf("list the open jobs: %w", err)
	}
	return namesOf(entries), nil
}

// namesOf are the names of the lives that keys name.
func namesOf(entries []keyEntry) (names []string) {
	for _, e := range entries {
		names = append(names, e.life)
	}
	return names
}
