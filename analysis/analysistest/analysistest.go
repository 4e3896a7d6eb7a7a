// Package analysistest is what every analysis must pass: it plans, works,
// merges and renders in memory, in every order that a burst might.
//
// Its one invariant: it asks an Engine only for what package okazaki says an
// Engine promises, so that an analysis that passes may be cut anywhere.
package analysistest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki"
)

// A Case is one request that an analysis must answer. It should be small
// enough to be worked a few thousand times, and large enough that each stage
// has a few dozen units and can be stopped in their midst.
type Case struct {
	Name   string
	Params string  // the parameters as a JSON object; empty for none
	Inputs []Input // in order
	// Check is called with the answer, to hold it against an oracle.
	Check func(t testing.TB, outputs map[string][]byte)
	// Broken are requests near this one that must be refused.
	Broken []Broken
}

// Notes is where an answer has its notes, a line each, among its outputs.
const Notes = "(notes)"

// Broken is a request that must end in an *okazaki.Error.
type Broken struct {
	Name   string
	Params string  // if not empty: instead of the case's
	Inputs []Input // if not nil: instead of the case's
	Want   string  // must be part of the error's text
}

// An Input is one file of a Case.
type Input struct {
	Role  string
	Name  string // what the user would call it
	Bytes []byte // its content, unless Path is given
	Path  string // a file of the operating system
}

// Run checks the promises of an analysis in every case:
//
//   - the analysis is declared whole, and refuses parameters that it doesn't
//     have, of the wrong type, or that are not one of the choices;
//   - every way of cutting a stage, in equal spans and in random trees merged
//     in random groups, gives the bytes of the uncut stage;
//   - told to stop anywhere, an engine returns what is done, and the rest joins it;
//   - an engine that has planned nothing works from the Axis alone, as a
//     worker on another machine must;
//   - the same question has the same answer again, in a new process, and when
//     many goroutines ask at once;
//   - a cancelled context ends Work and Render with the context's error;
//   - an engine that was closed, and an Open that failed, leave no file, mapping
//     or goroutine;
//   - no part is changed after it was returned, and Merge leaves its own alone;
//   - every output is named in Analysis.Long, and for its job by
//     Analysis.Outputs, the main one first; tables have the kinds that
//     Analysis.Columns declares;
//   - broken requests end in an *okazaki.Error that says what it should.
func Run(t *testing.T, a okazaki.Analysis, cases ...Case) {
	t.Helper()
	t.Run("declaration", func(t *testing.T) { declaration(t, a) })
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	t.Run("parameters", func(t *testing.T) { parameters(t, a, cases[0]) })
	stopped := map[string]bool{}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			s := prepare(t, a, c)
			for _, check := range checks {
				t.Run(check.name, func(t *testing.T) { s.put(t, check) })
			}
			for name, ok := range s.stopped {
				stopped[name] = stopped[name] || ok
			}
			if c.Check != nil {
				t.Run("answer", func(t *testing.T) { c.Check(t, s.ref.outputs) })
			}
			for _, b := range c.Broken {
				t.Run("broken/"+b.Name, func(t *testing.T) { broken(t, a, c, b) })
			}
		})
	}
	t.Run("stopped", func(t *testing.T) { everStopped(t, a, stopped) })
}

// Answer is the analysis' answer by output name, with each stage worked in
// spans of the given size; 0 means in one piece. It fails the test on an error.
func Answer(t testing.TB, a okazaki.Analysis, params string, inputs []Input, span int64) map[string][]byte {
	t.Helper()
	out, err := Ask(t.Context(), a, params, inputs, span)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Ask is Answer for tests that want the error.
func Ask(ctx context.Context, a okazaki.Analysis, params string, inputs []Input, span int64) (map[string][]byte, error) {
	job, files, err := NewJob(a, params, inputs)
	if err != nil {
		return nil, err
	}
	e, err := a.Open(ctx, job, files)
	if err != nil {
		return nil, errors.Join(err, files.check())
	}
	s, err := solve(ctx, e, len(a.Stages), span)
	if err := errors.Join(err, e.Close(), files.check()); err != nil {
		return nil, err
	}
	return s.outputs, nil
}

// A subject is a case with the answer that all cuts of it must give.
type subject struct {
	a       okazaki.Analysis
	c       Case
	job     *okazaki.Job
	files   *Files
	ref     *solution
	stopped map[string]bool  // stages: true if stopped midway, false if they could have been
	engines []okazaki.Engine // that are open
}

func prepare(t rapid.TB, a okazaki.Analysis, c Case) *subject {
	t.Helper()
	job, files, err := NewJob(a, c.Params, c.Inputs)
	if err != nil {
		t.Fatal(err)
	}
	s := &subject{a: a, c: c, job: job, files: files, stopped: map[string]bool{}}
	if s.ref, err = solve(context.Background(), s.open(t), len(a.Stages), 0); err != nil {
		t.Fatalf("the uncut answer: %v", err)
	}
	s.close(t)
	return s
}

// open is an engine as another process would have it.
func (s *subject) open(t rapid.TB) okazaki.Engine {
	t.Helper()
	e, err := s.a.Open(context.Background(), s.job, s.files)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	s.engines = append(s.engines, e)
	return e
}

// put has the subject pass a check, and closes its engines.
func (s *subject) put(t rapid.TB, c check) {
	t.Helper()
	c.run(t, s)
	s.close(t)
}

func (s *subject) close(t rapid.TB) {
	t.Helper()
	for _, e := range s.engines {
		if err := e.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	s.engines = nil
	if err := s.files.check(); err != nil {
		t.Error(err)
	}
}

// each calls f for every stage that has units to cut.
func (s *subject) each(f func(name string, st *stage)) {
	for i := range s.ref.stages {
		if st := &s.ref.stages[i]; st.axis.Units > 0 {
			f(s.a.Stages[i], st)
		}
	}
}

func broken(t rapid.TB, a okazaki.Analysis, c Case, b Broken) {
	t.Helper()
	params, inputs := c.Params, c.Inputs
	if b.Params != "" {
		params = b.Params
	}
	if b.Inputs != nil {
		inputs = b.Inputs
	}
	w, err := watch(a, params, inputs)
	if err != nil {
		t.Fatal(err)
	}
	defer w.remove()
	err = w.closes(t, use{"it was asked " + b.Name, func(e okazaki.Engine) error {
		_, err := solve(context.Background(), e, len(a.Stages), 0)
		return err
	}})
	mendable(t, err, b.Want)
}

// mendable fails unless err is an *okazaki.Error that says want.
func mendable(t rapid.TB, err error, want string) {
	t.Helper()
	var e *okazaki.Error
	switch {
	case err == nil:
		t.Errorf("no error; want one that says %q", want)
	case !errors.As(err, &e):
		t.Errorf("error %q is not an *okazaki.Error; want one that says %q", err, want)
	case !strings.Contains(e.Error(), want):
		t.Errorf("error %q; want one that says %q", e, want)
	}
}

func everStopped(t rapid.TB, a okazaki.Analysis, stopped map[string]bool) {
	t.Helper()
	for _, name := range a.Stages {
		if could, seen := stopped[name]; seen && !could {
			t.Errorf("stage %q was never stopped midway: call Continue after each unit or few, and give a case of more units", name)
		}
	}
}

// outputNames are sorted.
func outputNames(outputs map[string][]byte) []string {
	return slices.Sorted(maps.Keys(outputs))
}
