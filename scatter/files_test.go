package scatter_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okazaki"
	"okazaki/scatter"
	"okazaki/wake/local"
)

// An input that changed is what the submitter and the workers hear of, not a job
// that is not there.
func TestInputChanges(t *testing.T) {
	f := newFleet(&toy{units: 8})
	path := filepath.Join(t.TempDir(), "genomes.fa")
	if err := os.WriteFile(path, []byte(">a\nACGT\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	inputs := &scatter.Inputs{Store: f.store}
	in, err := inputs.Describe(t.Context(), "genomes", path, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.job.Inputs = []okazaki.Input{in}
	engines := &scatter.Engines{Open: func(ctx context.Context, _ string, job *okazaki.Job) (okazaki.Engine, error) {
		file, err := inputs.Open(ctx, job.Inputs[0])
		if err != nil {
			return nil, err
		}
		return f.engine, file.Close()
	}}
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
	for who, err := range map[string]error{"a worker": taken, "who wants the engine": opened, "the submitter": submitted} {
		var e *okazaki.Error
		if !errors.As(err, &e) || e.File != path || !strings.Contains(e.Message, "has changed or is gone") || errors.Is(err, okazaki.ErrNotFound) {
			t.Errorf("%s hears %v", who, err)
		}
	}
	if err := engines.Use(t.Context(), f.store, "00000000000000000000", none); !errors.Is(err, okazaki.ErrNotFound) {
		t.Errorf("of no job: %v", err)
	}
}
