// Package client asks questions from Go: it submits a job, works it together
// with any other workers of the store, and writes the answer. [Run] does all of
// it; [Submit], [Job.Wait] and [Job.Answer] are its steps. The command line and
// the functions of AWS Lambda are built from the same parts.
//
// Its one invariant: a job is built, limited and rendered here and nowhere else,
// so that the same question is the same job, however it was asked.
package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"time"

	"okazaki"
	"okazaki/scatter"
	"okazaki/wake/local"
)

// Options say where and how a question is worked. The zero value works it on
// this computer, as the command does.
type Options struct {
	Store  string         // URL: mem:, dir:PATH, s3://BUCKET/PREFIX or dynamo://TABLE/PREFIX; "": a folder in the user's cache folder
	Params map[string]any // the analysis's parameters, but for files

	Budget      Budget        // zero: DefaultBudget
	Deadline    time.Duration // after the submission; 0: DefaultDeadline
	Turn        time.Duration // time limit of one span; 0: DefaultTurn
	Aim         time.Duration // target duration of a span; 0: DefaultAim
	Concurrency int           // spans under way at once, in all processes; 0: DefaultConcurrency
	Span        int64         // units of one span; 0: by the measured speed
	Memory      []int64       // megabytes of one worker of each size, ascending; nil: DefaultMemory

	Partial bool // where parts of the input can't be worked, answer with the rest
	Fresh   bool // work everything again, whatever was worked before

	Workers  int                         // in this process; 0: one a core; NoWorkers: none
	Progress func(Progress)              // hears how far the job is, a few times a second; nil: nobody asks
	Trouble  func(job string, err error) // hears of what went wrong without ending the job, from many goroutines; nil: nobody asks
}

// NoWorkers leaves the work to other processes.
const NoWorkers = -1

// A Client asks questions of a store. [Run] and [Submit] make one from Options;
// a program that opens its own store or engines fills in the fields.
type Client struct {
	Store    *Store
	Inputs   *scatter.Inputs
	Engines  *scatter.Engines
	Workers  Workers        // Store, Engines and Alone are the client's; Waker nil: one of this process
	Progress func(Progress) // nil: nobody asks
}

// Run asks a question and waits for its answer, which must be closed. Where
// parts of the input could not be worked the error is an *EndError, and with
// Options.Partial there is an answer beside it that lacks them. Where the
// context ends first, the same call goes on from what was done.
func Run(ctx context.Context, an okazaki.Analysis, inputs Inputs, o Options) (*Answer, error) {
	job, err := Submit(ctx, an, inputs, o)
	if err != nil {
		return nil, err
	}
	_, err = job.Wait(ctx)
	if errors.Is(err, scatter.ErrGone) { // what the job began with
		if err = job.Resubmit(ctx); err == nil {
			_, err = job.Wait(ctx)
		}
	}
	if err != nil {
		job.Close()
		return nil, err
	}
	answer, err := job.Answer()
	if answer == nil {
		job.Close()
	}
	return answer, err
}

// Submit submits the job of a question, which must be closed. Without
// [Job.Wait] only workers of other processes work it.
func Submit(ctx context.Context, an okazaki.Analysis, inputs Inputs, o Options) (*Job, error) {
	limits, err := o.Limits()
	if err != nil {
		return nil, err
	}
	files, err := inputs.files(&an)
	if err != nil {
		return nil, err
	}
	params, err := json.Marshal(o.Params)
	if err != nil {
		return nil, fmt.Errorf("parameters: %w", err)
	}
	if o.Params == nil {
		params = nil
	}
	job, err := Draft(&an, params, files, limits)
	if err != nil {
		return nil, err
	}
	if err := Check(&an, job); err != nil {
		return nil, err
	}
	c, err := open(ctx, an, &o, limits)
	if err != nil {
		return nil, err
	}
	submitted, err := c.ask(ctx, &an, job, files, o.Fresh)
	if err != nil {
		c.close()
		return nil, err
	}
	return submitted, nil
}

// open opens the client of one analysis.
func open(ctx context.Context, an okazaki.Analysis, o *Options, limits okazaki.Limits) (*Client, error) {
	s, err := OpenHere(ctx, o.Store)
	if err != nil {
		return nil, err
	}
	size := o.Workers
	if size == 0 {
		size = runtime.GOMAXPROCS(0)
	}
	size = max(0, size)
	if !s.Shared && size == 0 {
		s.Close()
		return nil, &okazaki.Error{Message: "no other process can work a job whose store is in memory", Hint: "give a store that others see, such as dir:PATH, or workers"}
	}
	c := &Client{Store: s, Inputs: NewInputs(s.Store, limits.Deadline, DigestFolder()), Progress: o.Progress}
	c.Engines = NewEngines([]okazaki.Analysis{an}, c.Inputs, size)
	if size > 0 {
		Ahead(c.Engines, size)
	}
	c.Workers = Workers{Size: size, Memory: limits.Classes, Report: o.Trouble}
	return c, nil
}

// ask reads the files of a draft and submits it.
func (c *Client) ask(ctx context.Context, an *okazaki.Analysis, draft *okazaki.Job, files []File, fresh bool) (*Job, error) {
	draft.Limits.Calls = c.Store.Calls()
	if err := scatter.CheckLimits(c.Store, draft); err != nil {
		return nil, err
	}
	var err error
	if draft.Inputs, err = TakeInputs(ctx, c.Store, c.Inputs, an, files, nil); err != nil {
		return nil, err
	}
	job, err := c.Submit(ctx, draft, fresh)
	if err != nil {
		return nil, err
	}
	job.analysis = an
	return job, nil
}

// Submit submits a job. The same question that is under way is joined, and one
// that was answered has its answer; fresh works it again even so.
func (c *Client) Submit(ctx context.Context, job *okazaki.Job, fresh bool) (*Job, error) {
	id, err := scatter.Submit(ctx, c.Store, c.Engines, job, fresh)
	if err != nil {
		return nil, err
	}
	j := &Job{ID: id, Record: job, client: c, asked: job.Inputs}
	if j.End, err = scatter.Ended(ctx, c.Store, id); err == nil && j.End == nil {
		j.Record, j.Age, err = scatter.Load(ctx, c.Store, id)
	}
	if err != nil {
		return nil, err
	}
	return j, nil
}

// close lets go of what open opened.
func (c *Client) close() {
	c.Engines.Close()
	c.Store.Close()
}

// An EndError says that a job ended without a whole answer.
type EndError struct {
	Job string
	End *scatter.End
}

// Error names what is missing.
func (e *EndError) Error() string { return fmt.Sprintf("job %s: %s", e.Job, e.End) }

// workers are the client's workers, ready to work.
func (c *Client) workers(job *okazaki.Job) *Workers {
	w := c.Workers
	w.Store, w.Engines, w.Alone = c.Store, c.Engines, c.Store.Alone()
	if w.Waker == nil {
		w.Waker = local.New(job.Limits.Concurrency + w.Size)
	}
	return &w
}

// mendable says whether the user has to mend this machine or its store before
// work can go on.
func mendable(err error) bool {
	_, ok := errors.AsType[*okazaki.Error](err)
	return ok
}
