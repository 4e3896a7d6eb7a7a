package analysistest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"pgregory.net/rapid"

	"okazaki"
	"okazaki/analysis"
	"okazaki/format/table"
)

// A check is something that an analysis must do, in a case.
type check struct {
	name string
	run  func(rapid.TB, *subject)
}

// checks are what each case is put through.
var checks = []check{
	{"again", again},
	{"defaults", defaults},
	{"outputs", documented},
	{"cut in equal spans", cutEqually},
	{"cut in random trees", cutRandomly},
	{"stopped at every step", stopEverywhere},
	{"many at once", manyAtOnce},
	{"cancelled", cancelled},
	{"closed", closed},
}

// again asks a second time, of the same engine and of one that has planned nothing.
func again(t rapid.TB, s *subject) {
	ctx := context.Background()
	e := s.open(t)
	for range 2 {
		got, err := solve(ctx, e, len(s.a.Stages), 0)
		if err != nil {
			t.Fatalf("asked again: %v", err)
		}
		for i, st := range got.stages {
			want := s.ref.stages[i]
			if st.axis.Units != want.axis.Units || st.axis.Floor != want.axis.Floor ||
				st.axis.Concat != want.axis.Concat || !bytes.Equal(st.axis.Note, want.axis.Note) {
				t.Errorf("stage %q asked again: its axis differs", s.a.Stages[i])
			}
			if d := difference(st.result.bytes, want.result.bytes); d != "" {
				t.Errorf("stage %q asked again %s", s.a.Stages[i], d)
			}
		}
		sameOutputs(t, "asked again", got.outputs, s.ref.outputs)
	}
	s.each(func(name string, st *stage) {
		got, err := st.work(ctx, s.open(t), st.whole())
		if err != nil {
			t.Fatalf("stage %q by an engine that has planned nothing: %v", name, err)
		}
		if d := difference(got, st.result.bytes); d != "" {
			t.Errorf("stage %q by an engine that has planned nothing %s", name, d)
		}
	})
	got, err := render(ctx, s.open(t), s.ref.results())
	if err != nil {
		t.Fatalf("Render by an engine that has worked nothing: %v", err)
	}
	sameOutputs(t, "Render by an engine that has worked nothing", got, s.ref.outputs)
	for i := range s.ref.stages {
		if n := s.ref.stages[i].result.open.Load(); n != 0 {
			t.Errorf("stage %q: %d readers of its result were not closed", s.a.Stages[i], n)
		}
	}
}

// defaults asks with every default written out.
func defaults(t rapid.TB, s *subject) {
	values, err := analysis.Decode(s.a.Params, s.job)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Ask(context.Background(), s.a, string(values.Canonical()), s.c.Inputs, 0)
	if err != nil {
		t.Fatalf("with the parameters %s: %v", values.Canonical(), err)
	}
	sameOutputs(t, "with the defaults written out", got, s.ref.outputs)
}

// documented looks for the outputs' names in the help text.
func documented(t rapid.TB, s *subject) {
	if len(s.ref.outputs) == 0 {
		t.Errorf("Render made no output")
	}
	for _, name := range outputNames(s.ref.outputs) {
		if name == Notes {
			continue
		}
		if !strings.Contains(s.a.Long, name) {
			t.Errorf("the output %s is not named in Long", name)
		}
	}
	for _, name := range outputNames(s.ref.outputs) {
		if !strings.HasSuffix(name, ".tsv") {
			continue
		}
		w := table.NewWriter(io.Discard, "json", s.a.Columns)
		_, err := w.Write(s.ref.outputs[name])
		if err = errors.Join(err, w.Close()); err != nil {
			t.Errorf("%s is not the table that Columns declares: %v", name, err)
		}
	}
	if s.a.Check != nil {
		if err := s.a.Check(s.job); err != nil {
			t.Errorf("Check refuses what Open takes: %v", err)
		}
	}
	named, err := s.a.Outputs(s.job)
	if err != nil {
		t.Fatalf("Outputs: %v", err)
	}
	for _, name := range outputNames(s.ref.outputs) {
		if name != Notes && !slices.Contains(named, name) {
			t.Errorf("Outputs names %q, and Render made %s", named, name)
		}
	}
	if len(named) > 0 && s.ref.outputs[named[0]] == nil {
		t.Errorf("Render didn't make %s, which Outputs names first", named[0])
	}
}

// maxPieces bounds the work of one cut, so that a long axis is not cut finest.
const maxPieces = 400

// sizes are the span sizes to cut n units at: all of them up to 32, then a
// spread up to the whole.
func sizes(n int64) []int64 {
	var all []int64
	for size := int64(1); size < n; size = max(size+1, size*5/4) {
		if size <= 32 {
			all = append(all, size)
			continue
		}
		all = append(all, size, size|1)
	}
	all = append(all, n/3, n/2, n/2+1, n-1, n)
	slices.Sort(all)
	all = slices.Compact(all)
	return slices.DeleteFunc(all, func(size int64) bool { return size < 1 || size > n || n/size > maxPieces })
}

func cutEqually(t rapid.TB, s *subject) {
	e := s.open(t)
	s.each(func(name string, st *stage) {
		for _, size := range sizes(st.axis.Units) {
			got, err := st.cut(context.Background(), e, size)
			if err != nil {
				t.Fatalf("stage %q in spans of %d: %v", name, size, err)
			}
			if d := difference(got, st.result.bytes); d != "" {
				t.Fatalf("stage %q of %d units in spans of %d %s", name, st.axis.Units, size, d)
			}
		}
	})
	for _, size := range []int64{s.middle(), 0} {
		got, err := Ask(context.Background(), s.a, s.c.Params, s.c.Inputs, size)
		if err != nil {
			t.Fatalf("in spans of %d: %v", size, err)
		}
		sameOutputs(t, "cut", got, s.ref.outputs)
	}
}

// middle is a span size that cuts the longest stage into a few pieces.
func (s *subject) middle() int64 {
	var most int64
	s.each(func(_ string, st *stage) { most = max(most, st.axis.Units) })
	return most/7 + 1
}

func cutRandomly(t rapid.TB, s *subject) {
	e := s.open(t)
	s.each(func(name string, st *stage) {
		rapid.Check(t, func(t *rapid.T) {
			leaves := 16
			got := grow(t, e, st, st.whole(), &leaves)
			if d := difference(got, st.result.bytes); d != "" {
				t.Fatalf("stage %q of %d units %s", name, st.axis.Units, d)
			}
		})
	})
}

// grow works a span as a random tree: as it is, cut into children, or stopped
// somewhere with the rest as a tree of its own.
func grow(t *rapid.T, e okazaki.Engine, st *stage, span okazaki.Span, leaves *int) []byte {
	ctx := context.Background()
	*leaves--
	how := "leaf"
	if span.Len() > 1 && *leaves > 0 {
		how = rapid.SampledFrom([]string{"cut", "stop", "leaf"}).Draw(t, "how")
	}
	var parts [][]byte
	switch how {
	case "leaf":
		part, err := st.work(ctx, e, span)
		if err != nil {
			t.Fatalf("%v: %v", span, err)
		}
		return part
	case "cut":
		at := rapid.SliceOfNDistinct(rapid.Int64Range(span.Lo+1, span.Hi-1), 1, int(min(4, span.Len()-1)), rapid.ID).Draw(t, "at")
		slices.Sort(at)
		lo := span.Lo
		for _, hi := range append(at, span.Hi) {
			parts = append(parts, grow(t, e, st, okazaki.Span{Lo: lo, Hi: hi}, leaves))
			lo = hi
		}
	case "stop":
		stop := rapid.Int64Range(span.Lo, span.Hi).Draw(t, "stop")
		part, done, err := st.attempt(ctx, e, span, func(done int64) bool { return done >= stop })
		if err != nil {
			t.Fatalf("%v stopped at %d: %v", span, stop, err)
		}
		if done > span.Lo {
			parts = append(parts, part)
		}
		if done < span.Hi {
			parts = append(parts, grow(t, e, st, okazaki.Span{Lo: done, Hi: span.Hi}, leaves))
		}
	}
	part, err := st.join(ctx, e, parts)
	if err != nil {
		t.Fatalf("%v: %v", span, err)
	}
	return part
}

// stopEverywhere stops each attempt as soon as it has done anything, and a
// first one before that.
func stopEverywhere(t rapid.TB, s *subject) {
	ctx, e := context.Background(), s.open(t)
	s.each(func(name string, st *stage) {
		if st.axis.Units > 1 {
			s.stopped[name] = false
		}
		rest := st.whole()
		var parts [][]byte
		keep := func(stop func(int64) bool) {
			part, done, err := st.attempt(ctx, e, rest, stop)
			if err != nil {
				t.Fatalf("stage %q, %v stopped: %v", name, rest, err)
			}
			if done > rest.Lo {
				parts = append(parts, part)
			}
			if done < rest.Hi {
				s.stopped[name] = true
			}
			rest.Lo = done
		}
		keep(func(int64) bool { return true })
		for len(parts) < maxPieces && rest.Len() > 0 {
			lo := rest.Lo
			keep(func(done int64) bool { return done > lo })
			if rest.Lo == lo {
				t.Fatalf("stage %q, %v: stopped after some progress, Work returns none", name, rest)
			}
		}
		if rest.Len() > 0 {
			keep(nil)
		}
		got, err := st.join(ctx, e, parts)
		if err != nil {
			t.Fatalf("stage %q: %v", name, err)
		}
		if d := difference(got, st.result.bytes); d != "" {
			t.Errorf("stage %q kept in %d steps %s", name, len(parts), d)
		}
	})
}

// manyAtOnce has goroutines work, merge and render on one engine, each in
// another order.
func manyAtOnce(t rapid.TB, s *subject) {
	const goroutines = 8
	ctx, e := context.Background(), s.open(t)
	var group sync.WaitGroup
	for g := range goroutines {
		group.Go(func() {
			s.each(func(name string, st *stage) {
				got, err := st.cutFrom(ctx, e, st.axis.Units/int64(g+1)+1, g/2)
				if err != nil {
					t.Errorf("stage %q, many at once: %v", name, err)
				} else if d := difference(got, st.result.bytes); d != "" {
					t.Errorf("stage %q, many at once %s", name, d)
				}
			})
			got, err := render(ctx, e, s.ref.results())
			if err != nil {
				t.Errorf("Render, many at once: %v", err)
				return
			}
			sameOutputs(t, "Render, many at once", got, s.ref.outputs)
		})
	}
	group.Wait()
}

// cancelled asks under a context that has ended, and under one that ends
// while the work is under way.
func cancelled(t rapid.TB, s *subject) {
	e := s.open(t)
	over, cancel := context.WithCancel(context.Background())
	cancel()
	s.each(func(name string, st *stage) {
		if part, err := st.work(over, e, st.whole()); !errors.Is(err, context.Canceled) {
			t.Errorf("stage %q: Work under a cancelled context returns %d bytes and the error %v", name, len(part), err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		part, done, err := st.attempt(ctx, e, st.whole(), func(int64) bool { cancel(); return false })
		switch {
		case err != nil && !errors.Is(err, context.Canceled):
			t.Errorf("stage %q: Work cancelled midway returns %v", name, err)
		case err == nil && done == st.axis.Units && !bytes.Equal(part, st.result.bytes):
			t.Errorf("stage %q: Work cancelled midway returns a wrong part without an error", name)
		case err == nil && done < st.axis.Units:
			t.Errorf("stage %q: Work cancelled midway returns a part to %d without being told to stop", name, done)
		}
		if got, err := st.work(context.Background(), e, st.whole()); err != nil {
			t.Errorf("stage %q: after a cancelled Work: %v", name, err)
		} else if d := difference(got, st.result.bytes); d != "" {
			t.Errorf("stage %q: after a cancelled Work %s", name, d)
		}
	})
	if _, err := render(over, e, s.ref.results()); !errors.Is(err, context.Canceled) {
		t.Errorf("Render under a cancelled context returns the error %v", err)
	}
	// A Plan that was cancelled must not leave the engine half planned.
	e = s.open(t)
	if _, err := e.Plan(over, 0, nil); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("Plan under a cancelled context returns the error %v", err)
	}
	if got, err := solve(context.Background(), e, len(s.a.Stages), 0); err != nil {
		t.Errorf("after a cancelled Plan: %v", err)
	} else {
		sameOutputs(t, "after a cancelled Plan", got.outputs, s.ref.outputs)
	}
}

func sameOutputs(t rapid.TB, when string, got, want map[string][]byte) {
	t.Helper()
	if g, w := outputNames(got), outputNames(want); !slices.Equal(g, w) {
		t.Errorf("%s: the outputs are %v, not %v", when, g, w)
		return
	}
	for name := range maps.Keys(want) {
		if d := difference(got[name], want[name]); d != "" {
			t.Errorf("%s: %s %s", when, name, d)
		}
	}
}
