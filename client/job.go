package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"okazaki"
	"okazaki/scatter"
)

// A Job is a question that was submitted.
type Job struct {
	ID     string        // of this life of its question: QUESTION.N
	Record *okazaki.Job  // of an open job: as the store has it, perhaps with the limits of an earlier submission
	Age    time.Duration // of an open job, by the store's clock
	End    *scatter.End  // nil: it is open, as far as is known here

	client   *Client
	analysis *okazaki.Analysis
	asked    []okazaki.Input // as this process has them: Record may name other files of the same bytes
}

// Wait works the job with the client's workers until it has ended, whichever
// process ends it, and returns how. An error that the user can mend, such as a
// full disk, ends the wait; so does ctx, and what was done is kept.
func (j *Job) Wait(ctx context.Context) (*scatter.End, error) {
	if j.End != nil {
		return j.End, nil
	}
	c := j.client
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := c.workers(j.Record)
	ended := make(chan struct{}, 1)
	w.Ended = func(job string) {
		if job == j.ID {
			select {
			case ended <- struct{}{}:
			default: // told already
			}
		}
	}
	w.Report = func(job string, err error) {
		if mendable(err) {
			cancel(err)
		}
		if c.Workers.Report != nil {
			c.Workers.Report(job, err)
		}
	}
	progress := j.watch(w)
	for range w.Size { // a job that was begun before has work for all of them
		_ = w.Waker.Ring(ctx, okazaki.Wake{Job: j.ID}) // scatter.Wait rings again
	}
	var wg sync.WaitGroup
	wg.Go(func() { _ = w.Work(ctx) }) // ends with ctx, and says nothing else
	wg.Go(func() { progress.run(ctx) })
	end, err := scatter.Wait(ctx, c.Store, w.Waker, j.ID, c.Store.Sweep, ended)
	if cause := context.Cause(ctx); mendable(cause) {
		err = cause
	}
	cancel(nil)
	wg.Wait()
	switch {
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("job %s: %w", j.ID, err)
	case err != nil:
		return nil, err
	}
	j.End = end
	progress.last(end)
	return end, nil
}

// Resubmit works what has gone of an answer that was done: rendering it said
// scatter.ErrGone. The job is then the next life of its question, and open.
func (j *Job) Resubmit(ctx context.Context) error {
	id, err := scatter.Resubmit(ctx, j.client.Store, j.client.Engines, j.Record, j.ID)
	if err != nil {
		return err
	}
	j.ID, j.End = id, nil
	return nil
}

// Readable says whether there is an answer: whole, or as far as was asked for.
func (j *Job) Readable() bool {
	return j.End != nil && (j.End.State == scatter.Done ||
		j.End.State == scatter.Incomplete && j.Record.Limits.Partial && len(j.End.Roots) == len(j.Record.Stages))
}

// Render writes the answer to out, which may be left with a part of it by an
// error. Where a part has gone the error is scatter.ErrGone.
func (j *Job) Render(ctx context.Context, out okazaki.Outputs) error {
	c := j.client
	return c.Engines.Use(ctx, c.Store, j.ID, func(engine okazaki.Engine) error {
		return Render(ctx, c.Store, j.ID, j.Record, engine, out)
	})
}

// Render writes the answer of a job that has ended to out, with its engine,
// whose panic is an error.
func Render(ctx context.Context, s okazaki.Store, id string, job *okazaki.Job, engine okazaki.Engine, out okazaki.Outputs) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the engine panicked while it wrote the answer: %v", p)
		}
	}()
	var results []okazaki.Result
	for stage := range job.Stages {
		results = append(results, scatter.Gathered(s, id, stage))
	}
	return engine.Render(ctx, results, out)
}

// Answer is the answer of a job that has ended. Without a whole one the error is
// an *EndError; there is an answer beside it if the job was to be partial.
func (j *Job) Answer() (*Answer, error) {
	if j.End == nil {
		return nil, fmt.Errorf("job %s has not ended: wait for it", j.ID)
	}
	if j.End.State == scatter.Done {
		return &Answer{job: j}, nil
	}
	err := &EndError{Job: j.ID, End: j.End}
	if j.Readable() {
		return &Answer{job: j}, err
	}
	return nil, err
}

// Close lets go of the job's store and engines. The job goes on if it is open.
func (j *Job) Close() { j.client.close() }
