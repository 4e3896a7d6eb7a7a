// Package stubborn is an analysis for proofs: spans that take time and memory,
// spans that never end, and an engine that does nothing but ask to be split.
//
// Its one invariant: unit i of an answer is the byte i%251, however long it
// took.
package stubborn

import (
	"bytes"
	"context"
	"io"
	"time"

	"okazaki"
	"okazaki/analysis"
)

// Analysis is in binaries that are built with the tag proof only.
var Analysis = okazaki.Analysis{
	Name: "stubborn", Version: 1, Short: "spans that don't want to be worked", Params: params,
	Outputs: outputs, Stages: []string{"units"}, Open: open,
}

var params = []okazaki.Param{
	{Name: "units", Kind: okazaki.IntParam, Default: "1", Help: "units of the stage"},
	{Name: "ms", Kind: okazaki.IntParam, Default: "0", Help: "milliseconds that a unit takes"},
	{Name: "mb", Kind: okazaki.IntParam, Default: "0", Help: "megabytes that a span holds for each of its units"},
	{Name: "endless", Kind: okazaki.IntParam, Default: "-1", Help: "a unit that never ends"},
	{Name: "never", Kind: okazaki.BoolParam, Default: "false", Help: "never do a unit, always stop"},
}

type engine struct {
	units, ms, mb, endless int64
	never                  bool
}

func open(_ context.Context, job *okazaki.Job, _ okazaki.Files) (okazaki.Engine, error) {
	v, err := analysis.Decode(params, job)
	if err != nil {
		return nil, err
	}
	return &engine{v.Int("units"), v.Int("ms"), v.Int("mb"), v.Int("endless"), v.Bool("never")}, nil
}

// Plan is okazaki.Engine's.
func (e *engine) Plan(context.Context, int, []okazaki.Result) (okazaki.Axis, error) {
	return okazaki.Axis{Units: e.units, Concat: true}, nil
}

// Work is okazaki.Engine's.
func (e *engine) Work(ctx context.Context, t *okazaki.Task) (part []byte, done int64, err error) {
	if e.never {
		return nil, t.Span.Lo, nil
	}
	held := make([]byte, e.mb<<20*t.Span.Len())
	for i := 0; i < len(held); i += 4096 {
		held[i] = 1
	}
	for done = t.Span.Lo; done < t.Span.Hi; {
		wait := time.Duration(e.ms) * time.Millisecond
		if done == e.endless {
			wait = time.Hour
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		}
		part = append(part, byte(done%251))
		done++
		if t.Continue != nil && !t.Continue(done) {
			break
		}
	}
	if len(held) > 0 && held[0] != 1 {
		return nil, 0, io.ErrUnexpectedEOF
	}
	return part, done, nil
}

// Merge is okazaki.Engine's.
func (e *engine) Merge(_ context.Context, _ int, parts [][]byte) ([]byte, error) {
	return bytes.Join(parts, nil), nil
}

// Close is okazaki.Engine's.
func (e *engine) Close() error { return nil }

// outputs is okazaki.Analysis.Outputs.
func outputs(*okazaki.Job) ([]string, error) { return []string{"units"}, nil }

// Render is okazaki.Engine's.
func (e *engine) Render(ctx context.Context, results []okazaki.Result, out okazaki.Outputs) error {
	r, err := results[0](ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := out.Create("units")
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, r); err != nil {
		return err
	}
	return w.Close()
}
