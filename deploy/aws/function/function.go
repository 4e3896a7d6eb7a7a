// Package function is what runs in Lambda: a front that takes jobs over HTTP,
// workers that a topic wakes, and a sweep that a schedule starts.
//
// Its one invariant: an invocation ends before its time is over, and the work
// that it leaves undone is in the store for others.
package function

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"okazaki"
	"okazaki/client"
	"okazaki/scatter"

	"github.com/aws/aws-lambda-go/events"
)

// A Function is what an environment keeps between its invocations, which come
// one at a time.
type Function struct {
	Store    okazaki.Store
	Engines  *scatter.Engines
	Analyses []okazaki.Analysis
	Results  Objects         // the files of results, ID/NAME
	Uploads  Objects         // what the front was sent
	Wakers   []okazaki.Waker // of each worker class
	Sweeps   Sweeps
	Class    int            // of this worker
	Classes  []int64        // megabytes of each worker class, ascending
	Timeout  time.Duration  // of a worker's invocation
	Memory   int64          // megabytes of this function
	GBSecond float64        // what one costs, in dollars
	Calls    okazaki.Prices // what a call to the Store or a Waker takes from a budget
	Meter    *scatter.Meter // of the Store, which is used by one invocation at a time
	Log      *slog.Logger

	worker *scatter.Worker
}

// Objects are files in a bucket, written once.
type Objects struct {
	okazaki.Store
	Addresses
}

// Addresses returns addresses with which anyone can read, or write, a file
// for a while.
type Addresses interface {
	GetURL(ctx context.Context, key string, lasts time.Duration) (string, error)
	PutURL(ctx context.Context, key string, lasts time.Duration) (string, error)
}

// Sweeps are the schedules of jobs.
type Sweeps interface {
	// Start makes a schedule that invokes the sweep for a job every minute
	// until a time. A schedule that is there already stays.
	Start(ctx context.Context, job string, until time.Time) error
	// Stop ends a job's schedule, if there is one.
	Stop(ctx context.Context, job string) error
}

// The shares of a worker's invocation, in fortieths: an attempt may take 18,
// and after 20 no more are begun. An attempt that is under way at the end
// hands over what it has done.
const (
	attemptShare = 18
	turnShare    = 20
	shares       = 40
)

// handOver is how long before its end an invocation is told to leave.
func handOver(timeout time.Duration) time.Duration { return min(timeout/8, 5*time.Second) }

// Turn is the longest that one attempt may run in workers of that time-out.
func Turn(timeout time.Duration) time.Duration { return timeout * attemptShare / shares }

// Work takes a turn at the node that each of an event's messages names.
func (f *Function) Work(ctx context.Context, event events.SNSEvent) error {
	for _, record := range event.Records {
		var wake okazaki.Wake
		if err := json.Unmarshal([]byte(record.SNS.Message), &wake); err != nil || wake.Job == "" {
			f.Log.Warn("a message is not a wake", "message", record.SNS.Message)
			continue // a repeat would not make it one
		}
		if _, err := f.take(ctx, wake); err != nil {
			f.Log.Error("turn", "job", wake.Job, "node", wake.Node, "error", err)
			return err
		}
	}
	return nil
}

// take takes a turn that ends before the invocation does. An invocation that
// sees the job ended writes its results.
func (f *Function) take(ctx context.Context, wake okazaki.Wake) (scatter.Visit, error) {
	if f.worker == nil {
		f.worker = &scatter.Worker{
			Store: f.Store, Waker: f.Wakers[f.Class], Engines: f.Engines, Class: f.Class,
			Until: f.Timeout * turnShare / shares, Memory: uint64(f.Memory) * 3 / 4 << 20, Meter: f.Meter,
		}
	}
	leave, reserve := ctx, handOver(f.Timeout)
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		leave, cancel = context.WithDeadline(ctx, end.Add(-reserve))
		defer cancel()
	}
	f.worker.Grace = reserve * 3 / 4
	began := time.Now()
	visit, err := f.worker.Take(leave, wake)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		err = nil // its time was over; what it held lapses
	}
	f.Log.Info("turn", "job", wake.Job, "node", wake.Node, "class", f.Class, "attempts", visit.Bought,
		"ended", visit.End != nil, "ms", time.Since(began).Milliseconds())
	if visit.Larger != "" && visit.End == nil && f.Class+1 < len(f.Wakers) {
		if e := f.Wakers[f.Class+1].Ring(ctx, okazaki.Wake{Job: wake.Job, Node: visit.Larger}); e != nil {
			f.Log.Warn("ring", "job", wake.Job, "error", e) // a turn after the next sweep will
		}
	}
	if visit.End != nil {
		err = errors.Join(err, f.finish(ctx, wake.Job, visit.End))
	}
	return visit, err
}

// finish writes the results of a job that has ended, unless they are there,
// and ends its sweeps.
func (f *Function) finish(ctx context.Context, id string, end *scatter.End) error {
	if end.State == scatter.Done {
		if err := f.render(ctx, id); err != nil {
			return fmt.Errorf("results of job %s: %w", id, err)
		}
	}
	f.Engines.Forget(id)
	return f.Sweeps.Stop(ctx, id)
}

// A SweepEvent is what the schedule of a job sends.
type SweepEvent struct {
	Job string `json:"job"`
}

// Sweep rings for a job that is open, closes one that is past its deadline,
// and cleans up after one that has ended. It wakes the smallest class: a
// worker that finds a span too large for its class wakes a larger one.
func (f *Function) Sweep(ctx context.Context, event SweepEvent) error {
	job, age, err := scatter.Load(ctx, f.Store, event.Job)
	if errors.Is(err, okazaki.ErrNotFound) {
		return f.Sweeps.Stop(ctx, event.Job)
	}
	if err != nil {
		return err
	}
	end, err := scatter.Ended(ctx, f.Store, event.Job)
	if err != nil {
		return err
	}
	if end == nil && age > job.Limits.Deadline {
		_, err := f.take(ctx, okazaki.Wake{Job: event.Job})
		return err
	}
	if end != nil {
		return f.finish(ctx, event.Job, end)
	}
	var errs []error
	for range min(4, job.Limits.Concurrency) {
		errs = append(errs, f.Wakers[0].Ring(ctx, okazaki.Wake{Job: event.Job}))
	}
	return errors.Join(errs...)
}

// limits returns a job's limits, from the limits asked for and the
// deployment's.
func (f *Function) limits(asked *Limits) (okazaki.Limits, error) {
	turn := Turn(f.Timeout)
	o := client.Options{
		Memory: f.Classes, Turn: turn, Aim: seconds(cmp.Or(asked.AimS, min(10, turn.Seconds()/4))),
		Deadline: seconds(cmp.Or(asked.DeadlineS, 24*3600)), Concurrency: asked.Concurrency, Span: asked.Span,
	}
	budget := cmp.Or(asked.BudgetGBs, asked.BudgetUSD/f.GBSecond)
	if budget != 0 {
		o.Budget = client.GBSeconds(budget)
	}
	if o.Deadline > maxDeadline || o.Concurrency < 0 || budget < 0 || o.Span < 0 {
		return okazaki.Limits{}, &okazaki.Error{Message: "the job's limits can't be kept", Hint: "give a deadline of at most 14 days, and nothing below 0"}
	}
	l, err := o.Limits()
	l.Calls = f.Calls
	return l, err
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// maxDeadline is well below the days after which the store forgets.
const maxDeadline = 14 * 24 * time.Hour
