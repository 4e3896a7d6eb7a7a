// Package kit makes an analysis of stages, each of which holds its Plan, Work,
// Merge and Render together.
//
// Its one invariant: a stage means the same whichever stages stand beside it.
package kit

import (
	"context"
	"fmt"
	"io"

	"okazaki"
	"okazaki/analysis"
)

// A Stage is one pass over an axis. E holds what a job has opened: its parameters
// and files. Method expressions such as (*engine).work fit the functions.
type Stage[E io.Closer] struct {
	Name  string
	Doing okazaki.Doing
	// Plan lays out the axis. It need not set Axis.Concat.
	Plan func(e E, ctx context.Context, prior []okazaki.Result) (okazaki.Axis, error)
	// Work is Engine.Work for a task of this stage.
	Work func(e E, ctx context.Context, t *okazaki.Task) (part []byte, done int64, err error)
	// Merge joins the parts of adjacent spans. Nil: they are concatenated.
	Merge func(e E, ctx context.Context, parts [][]byte) ([]byte, error)
	// Table says that the stage's result is the rows of a table, without the
	// header. Nil: Render writes what is to be written.
	Table *Table
	// Render writes outputs from the results of all stages. Nil: none.
	Render func(e E, ctx context.Context, results []okazaki.Result, out okazaki.Outputs) error
}

// A Request is a job whose parameters have been checked and completed.
type Request struct {
	analysis.Values
	Job   *okazaki.Job
	Files okazaki.Files // nil while the request is only checked
}

// New returns the analysis of these stages. about holds what is shown to the user:
// Name, Version, Short, Long, Example and Params. The stages add their names, to Long
// and Columns what their tables are and, unless about has them, Outputs and Progress.
//
// check returns an error if the parameters are out of range or contradict each
// other; nil: any will do. It is called before open. open reads the parameters and
// opens the files; an error leaves nothing open.
func New[E io.Closer](about okazaki.Analysis, check func(*Request) error, open func(context.Context, *Request) (E, error), stages ...Stage[E]) okazaki.Analysis {
	params := about.Params
	request := func(job *okazaki.Job, files okazaki.Files) (*Request, error) {
		v, err := analysis.Decode(params, job)
		if err != nil {
			return nil, err
		}
		r := &Request{Values: v, Job: job, Files: files}
		if check != nil {
			err = check(r)
		}
		return r, err
	}
	about.Check = func(job *okazaki.Job) error {
		_, err := request(job, nil)
		return err
	}
	about.Open = func(ctx context.Context, job *okazaki.Job, files okazaki.Files) (okazaki.Engine, error) {
		r, err := request(job, files)
		if err != nil {
			return nil, err
		}
		opened, err := open(ctx, r)
		if err != nil {
			return nil, err
		}
		return &engine[E]{opened, stages}, nil
	}
	var tables []string
	var doing []okazaki.Doing
	about.Stages = nil
	for _, s := range stages {
		about.Stages = append(about.Stages, s.Name)
		doing = append(doing, s.Doing)
		if s.Table != nil {
			tables = append(tables, s.Table.Name)
			about.Long += s.Table.help()
			for _, c := range s.Table.Columns {
				about.Columns = append(about.Columns, c.Column)
			}
		}
	}
	if about.Outputs == nil {
		about.Outputs = func(*okazaki.Job) ([]string, error) { return tables, nil }
	}
	if about.Progress == nil {
		about.Progress = func(*okazaki.Job) []okazaki.Doing { return doing }
	}
	return about
}

// An engine hands each call to its stage.
type engine[E io.Closer] struct {
	opened E
	stages []Stage[E]
}

// Plan lays out a stage.
func (e *engine[E]) Plan(ctx context.Context, stage int, prior []okazaki.Result) (okazaki.Axis, error) {
	axis, err := e.stages[stage].Plan(e.opened, ctx, prior)
	axis.Concat = e.stages[stage].Merge == nil
	return axis, err
}

// Work works on a span of a stage.
func (e *engine[E]) Work(ctx context.Context, t *okazaki.Task) (part []byte, done int64, err error) {
	return e.stages[t.Stage].Work(e.opened, ctx, t)
}

// Merge joins the parts of a stage.
func (e *engine[E]) Merge(ctx context.Context, stage int, parts [][]byte) ([]byte, error) {
	return e.stages[stage].Merge(e.opened, ctx, parts)
}

// Render writes the outputs of all stages, in their order.
func (e *engine[E]) Render(ctx context.Context, results []okazaki.Result, out okazaki.Outputs) error {
	for i, s := range e.stages {
		if s.Table != nil {
			if err := s.Table.render(ctx, results[i], out); err != nil {
				return fmt.Errorf("%s: %w", s.Table.Name, err)
			}
		}
		if s.Render != nil {
			if err := s.Render(e.opened, ctx, results, out); err != nil {
				return fmt.Errorf("stage %s: %w", s.Name, err)
			}
		}
	}
	return nil
}

// Close closes what the job has opened.
func (e *engine[E]) Close() error { return e.opened.Close() }
