package scatter_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"okazaki"
	"okazaki/scatter"
	"okazaki/wake/local"
)

// readsFile has the fleet's job read a new file of that text, and returns what
// opens it for workers.
func (f *fleet) readsFile(t *testing.T, text string) (path string, engines *scatter.Engines) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "genomes.fa")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	inputs := &scatter.Inputs{Store: f.store}
	in, err := inputs.Describe(t.Context(), "genomes", path, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.job.Inputs = []okazaki.Input{in}
	return path, &scatter.Engines{
		Unchanged: inputs.Unchanged,
		Open: func(ctx context.Context, _ string, job *okazaki.Job) (okazaki.Engine, error) {
			file, err := inputs.Open(ctx, job.Inputs[0])
			if err != nil {
				return nil, err
			}
			return f.engine, file.Close()
		},
	}
}

// An input that changed is what the submitter and the workers hear of, not a job
// that is not there.
func TestInputChanges(t *testing.T) {
	f := newFleet(&toy{units: 8})
	path, engines := f.readsFile(t, ">a\nACGT\n")
	id, err := scatter.Submit(t.Context(), f.store, engines, &f.job, false)
	if err != nil {
		t.Fatal(err)
	}
	engines.Forget(id)
	if err := os.WriteFile(path, []byte(">a\nACGTT\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := &scatter.Worker{Store: f.store, Waker: local.New(10), Engines: engines}
	_, taken := w.Take(t.Context(), okazaki.Wake{Job: id})
	opened := engines.Use(t.Context(), f.store, id, none)
	f.job.Version++ // another job of the same file
	_, submitted := scatter.Submit(t.Context(), f.store, engines, &f.job, false)
	for who, err := range map[string]error{"a worker": taken, "the opener": opened, "the submitter": submitted} {
		var e *okazaki.Error
		if !errors.As(err, &e) || e.File != path || !strings.Contains(e.Message, "has changed or is gone") || errors.Is(err, okazaki.ErrNotFound) {
			t.Errorf("%s hears %v", who, err)
		}
	}
	if err := engines.Use(t.Context(), f.store, "00000000000000000000", none); !errors.Is(err, okazaki.ErrNotFound) {
		t.Errorf("of no job: %v", err)
	}
}

// An input that is written in place while it is read leaves no part behind.
func TestInputChangesWhileItIsWorked(t *testing.T) {
	f := newFleet(&toy{units: 40, concat: true})
	path, engines := f.readsFile(t, ">a\nACGT\n")
	f.job.Limits.Span = 10
	f.engine.unit = func(_ context.Context, u int64) error {
		if u != 25 {
			return nil
		}
		return errors.Join(os.WriteFile(path, []byte(">a\nACTT\n"), 0o600), os.Chtimes(path, time.Time{}, time.Now().Add(time.Second)))
	}
	id, err := scatter.Submit(t.Context(), f.store, engines, &f.job, false)
	if err != nil {
		t.Fatal(err)
	}
	w := &scatter.Worker{Store: f.store, Waker: local.New(10), Engines: engines, Alone: true}
	if _, err := w.Take(t.Context(), okazaki.Wake{Job: id}); err != nil {
		t.Fatal(err)
	}
	_, err = w.Take(t.Context(), okazaki.Wake{Job: id})
	if e := (*okazaki.Error)(nil); !errors.As(err, &e) || !strings.Contains(e.Message, "has changed or is gone") {
		t.Errorf("the next turn: %v", err)
	}
	if done := refresh(t, &scatter.Watch{Store: f.store, ID: id}).Done; done != 20 {
		t.Errorf("%d units are kept, of the 20 before the change", done)
	}
}
