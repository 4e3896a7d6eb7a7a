package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"okazaki"
	"okazaki/analysis"
)

// toy is an analysis whose units take as long as a test wants. It writes a
// line for each unit, in one stage that merges and one that concatenates.
var toy = okazaki.Analysis{
	Name: "toy", Version: 1, Short: "Take time over every unit",
	Stages: []string{"count", "write"},
	Params: toyParams,
	Outputs: func(job *okazaki.Job) ([]string, error) {
		v, err := analysis.Decode(toyParams, job)
		names := []string{"toy.txt", "count.txt"}
		if v.Bool("loud") {
			names = append(names, "loud.txt")
		}
		return names, err
	},
	Open: openToy,
}

var toyParams = []okazaki.Param{
	{Name: "salt", Kind: okazaki.FileParam, Choices: []string{"plain"}, Default: "plain", Help: "what the units are hashed with"},
	{Name: "units", Kind: okazaki.IntParam, Default: "20", Help: "units of a stage"},
	{Name: "ms", Kind: okazaki.FloatParam, Default: "0", Help: "milliseconds a unit"},
	{Name: "fail", Kind: okazaki.IntParam, Default: "-1", Help: "the unit that can't be worked"},
	{Name: "panic", Kind: okazaki.IntParam, Default: "-1", Help: "the unit that panics"},
	{Name: "hold", Kind: okazaki.BoolParam, Help: "keep the salt's file open"},
	{Name: "loud", Kind: okazaki.BoolParam, Help: "a third file"},
}

// The environment of a process says where the toy writes down what it does,
// and how it misbehaves.
const (
	toyLog   = "OKAZAKI_TEST_TOY_LOG"   // a file: a line for each unit and each misdeed
	toyFault = "OKAZAKI_TEST_TOY_FAULT" // one of those below
)

// The toy's misdeeds.
const (
	faultEIO  = "eio"  // every unit meets a broken disk
	faultFull = "full" // the engine can't be opened, since the machine's disk is full
	faultBig  = "big"  // unit 7 does not fit the first time that it is alone
	// It is at that for ever.
	hangsWork   = "hang work"
	hangsMerge  = "hang merge"
	hangsPlan   = "hang plan" // of the second stage
	hangsRender = "hang render"
)

type toyEngine struct {
	values analysis.Values
	salt   []byte
	held   []okazaki.File
	alone  atomic.Int64 // how often the large unit came alone
}

// note adds a line to the toy's log.
func note(format string, args ...any) error {
	path := os.Getenv(toyLog)
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, format+"\n", args...)
	return errors.Join(err, f.Close())
}

// misbehaves carries out the misdeed that this process is told to do to span,
// if it is told to.
func (e *toyEngine) misbehaves(doing string, span okazaki.Span) error {
	fault := os.Getenv(toyFault)
	const large = 7
	switch {
	case fault == "hang "+doing:
		if err := note("%s", fault); err != nil {
			return err
		}
		select {}
	case fault == faultEIO && doing == "work":
		return errors.Join(note("%s", fault), &os.PathError{Op: "read", Path: "toy", Err: syscall.EIO})
	case fault == faultBig && doing == "work" && span.Lo <= large && large < span.Hi:
		if span.Len() > 1 || e.alone.Add(1) == 1 {
			return errors.Join(note("%s %v", fault, span), okazaki.ErrTooBig)
		}
	}
	return nil
}

func openToy(ctx context.Context, job *okazaki.Job, files okazaki.Files) (okazaki.Engine, error) {
	v, err := analysis.Decode(toyParams, job)
	if err != nil {
		return nil, err
	}
	if os.Getenv(toyFault) == faultFull {
		return nil, errors.Join(note(faultFull), &okazaki.Error{File: "toy", Message: "the disk is full", Hint: "free some space"})
	}
	e := &toyEngine{values: v}
	for _, in := range analysis.Inputs(job, "salt") {
		f, err := files.Open(ctx, in)
		if err != nil {
			return nil, err
		}
		if v.Bool("hold") {
			e.held = append(e.held, f)
		} else {
			defer f.Close()
		}
		e.salt = make([]byte, f.Size())
		if _, err := f.ReadAt(e.salt, 0); err != nil && err != io.EOF {
			return nil, err
		}
	}
	return e, nil
}

func (e *toyEngine) Plan(_ context.Context, stage int, _ []okazaki.Result) (okazaki.Axis, error) {
	if stage > 0 {
		if err := e.misbehaves("plan", okazaki.Span{}); err != nil {
			return okazaki.Axis{}, err
		}
	}
	return okazaki.Axis{Units: e.values.Int("units"), Concat: stage == 1}, nil
}

func (e *toyEngine) Work(ctx context.Context, t *okazaki.Task) ([]byte, int64, error) {
	var part bytes.Buffer
	if err := e.misbehaves("work", t.Span); err != nil {
		return nil, 0, err
	}
	for u := t.Span.Lo; u < t.Span.Hi; u++ {
		switch u {
		case e.values.Int("fail"):
			return nil, 0, fmt.Errorf("unit %d can't be worked", u)
		case e.values.Int("panic"):
			panic(fmt.Sprintf("unit %d", u))
		}
		select {
		case <-time.After(time.Duration(e.values.Float("ms") * float64(time.Millisecond))):
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		}
		sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %d", e.salt, t.Stage, u))
		fmt.Fprintf(&part, "%d %x\n", u, sum[:8])
		if err := note("worked %d %d", t.Stage, u); err != nil {
			return nil, 0, err
		}
		if t.Continue != nil && !t.Continue(u+1) {
			return part.Bytes(), u + 1, nil
		}
	}
	return part.Bytes(), t.Span.Hi, nil
}

func (e *toyEngine) Merge(_ context.Context, _ int, parts [][]byte) ([]byte, error) {
	if err := e.misbehaves("merge", okazaki.Span{}); err != nil {
		return nil, err
	}
	return bytes.Join(parts, nil), nil
}

func (e *toyEngine) Close() error {
	var err error
	for _, f := range e.held {
		err = errors.Join(err, f.Close())
	}
	return err
}

func (e *toyEngine) Render(ctx context.Context, results []okazaki.Result, out okazaki.Outputs) error {
	if err := e.misbehaves("render", okazaki.Span{}); err != nil {
		return err
	}
	names := []string{"count.txt", "toy.txt"}
	if e.values.Bool("loud") {
		names, results = append(names, "loud.txt"), append(results, results[1])
	}
	for i, name := range names {
		if err := copyResult(ctx, results[i], out, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func copyResult(ctx context.Context, from okazaki.Result, out okazaki.Outputs, name string) error {
	r, err := from(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := out.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, w.Close())
}
