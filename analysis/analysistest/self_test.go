package analysistest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"okazaki"
	"okazaki/analysis"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// The wrong engines below must fail, which takes draws enough, and need
	// not be kept to be replayed.
	for name, value := range map[string]string{"rapid.nofailfile": "true", "rapid.checks": "100"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// runs is a right engine: stage "runs" lists the runs of equal bytes (Concat:
// the span with a run's first byte owns it), stage "sum" adds up the bytes and,
// from the first stage's result, the number of runs (Merge). Wrong engines
// embed it.
type runs struct {
	text []byte
}

func (e *runs) Plan(ctx context.Context, n int, prior []okazaki.Result) (okazaki.Axis, error) {
	return okazaki.Axis{Units: int64(len(e.text)), Concat: n == 0, Note: []byte("note")}, ctx.Err()
}

func (e *runs) Work(ctx context.Context, t *okazaki.Task) ([]byte, int64, error) {
	if t.Stage == 1 {
		return e.sum(ctx, t)
	}
	var part []byte
	at := t.Span.Lo
	for at < t.Span.Hi {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		if at == 0 || e.text[at] != e.text[at-1] {
			end := at
			for end < int64(len(e.text)) && e.text[end] == e.text[at] {
				end++
			}
			part = fmt.Appendf(part, "%c%d\n", e.text[at], end-at)
		}
		at++
		if t.Continue != nil && !t.Continue(at) {
			break
		}
	}
	return part, at, nil
}

func (e *runs) sum(ctx context.Context, t *okazaki.Task) ([]byte, int64, error) {
	r, err := t.Prior[0](ctx)
	if err != nil {
		return nil, 0, err
	}
	defer r.Close()
	list, err := io.ReadAll(r)
	if err != nil {
		return nil, 0, err
	}
	var total uint64
	at := t.Span.Lo
	if at == 0 {
		total = uint64(bytes.Count(list, []byte("\n")))
	}
	for at < t.Span.Hi {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		total += uint64(e.text[at])
		at++
		if t.Continue != nil && !t.Continue(at) {
			break
		}
	}
	return binary.BigEndian.AppendUint64(nil, total), at, nil
}

func (e *runs) Merge(ctx context.Context, n int, parts [][]byte) ([]byte, error) {
	var total uint64
	for _, p := range parts {
		total += binary.BigEndian.Uint64(p)
	}
	return binary.BigEndian.AppendUint64(nil, total), nil
}

func (e *runs) Close() error { return nil }

func (e *runs) Render(ctx context.Context, results []okazaki.Result, out okazaki.Outputs) error {
	for i, name := range []string{"runs.txt", "sum.bin"} {
		r, err := results[i](ctx)
		if err != nil {
			return err
		}
		defer r.Close()
		w, err := out.Create(name)
		if err != nil {
			return err
		}
		if _, err := io.Copy(w, r); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
	}
	return nil
}

// declare is the analysis of an engine that wraps the right one.
func declare(wrap func(*runs) okazaki.Engine) okazaki.Analysis {
	params := []okazaki.Param{
		{Name: "text", Kind: okazaki.FileParam, Required: true, Help: "the bytes"},
		{Name: "case", Kind: okazaki.StringParam, Choices: []string{"upper", "lower"}, Default: "lower", Help: "of the letters"},
		{Name: "from", Kind: okazaki.IntParam, Default: "0", Help: "the first byte"},
	}
	return okazaki.Analysis{
		Name: "runs", Version: 1, Short: "Runs of equal bytes", Long: "Writes runs.txt and sum.bin.",
		Example: "okazaki runs text", Params: params, Stages: []string{"runs", "sum"},
		Outputs: func(*okazaki.Job) ([]string, error) { return []string{"runs.txt", "sum.bin"}, nil },
		Open: func(ctx context.Context, job *okazaki.Job, files okazaki.Files) (okazaki.Engine, error) {
			values, err := analysis.Decode(params, job)
			if err != nil {
				return nil, err
			}
			f, err := files.Open(ctx, job.Inputs[0])
			if err != nil {
				return nil, err
			}
			defer f.Close()
			text := make([]byte, f.Size())
			if _, err := f.ReadAt(text, 0); err != nil && err != io.EOF {
				return nil, err
			}
			if bytes.IndexByte(text, 0) >= 0 {
				return nil, &okazaki.Error{File: job.Inputs[0].Name, Message: "has a NUL byte"}
			}
			if values.String("case") == "upper" {
				text = bytes.ToUpper(text)
			}
			return wrap(&runs{text[values.Int("from"):]}), nil
		},
	}
}

func letters(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = "ab"[(i*i/7+i/3)%5/3]
	}
	return b
}

func example() Case {
	return Case{
		Name:   "letters",
		Params: `{"from": 3}`,
		Inputs: []Input{{Role: "text", Name: "text", Bytes: letters(150)}},
		Check: func(t testing.TB, outputs map[string][]byte) {
			if !bytes.HasPrefix(outputs["runs.txt"], []byte("a1\nb2\na1\n")) {
				t.Errorf("runs.txt starts with %.10q", outputs["runs.txt"])
			}
		},
		Broken: []Broken{
			{Name: "binary", Inputs: []Input{{Role: "text", Name: "x.bin", Bytes: []byte{0}}}, Want: "x.bin: has a NUL byte"},
			{Name: "no file", Inputs: []Input{}, Want: "text is missing"},
			{Name: "typing error", Params: `{"frm": 3}`, Want: `did you mean "from"?`},
		},
	}
}

func TestARightEnginePasses(t *testing.T) {
	Run(t, declare(func(e *runs) okazaki.Engine { return e }), example(),
		Case{Name: "no units", Inputs: []Input{{Role: "text", Name: "empty"}}},
		Case{Name: "one unit", Inputs: []Input{{Role: "text", Name: "one", Bytes: []byte("a")}}},
	)
}

// wrong is an engine with one fault.
type wrong struct {
	*runs
	work   func(ctx context.Context, t *okazaki.Task) ([]byte, int64, error)
	merge  func(parts [][]byte) ([]byte, error)
	render func(ctx context.Context, results []okazaki.Result, out okazaki.Outputs) error
}

func (e wrong) Work(ctx context.Context, t *okazaki.Task) ([]byte, int64, error) {
	if e.work != nil && t.Stage == 0 {
		return e.work(ctx, t)
	}
	return e.runs.Work(ctx, t)
}

func (e wrong) Merge(ctx context.Context, n int, parts [][]byte) ([]byte, error) {
	if e.merge != nil {
		return e.merge(parts)
	}
	return e.runs.Merge(ctx, n, parts)
}

func (e wrong) Render(ctx context.Context, results []okazaki.Result, out okazaki.Outputs) error {
	if e.render != nil {
		return e.render(ctx, results, out)
	}
	return e.runs.Render(ctx, results, out)
}

func TestWrongEnginesAreCaught(t *testing.T) {
	var calls atomic.Int64
	for name, tc := range map[string]struct {
		by    string // the check that must fail
		wrong func(e *runs) wrong
	}{
		"runs end at the cut": {"cut in equal spans", func(e *runs) wrong {
			return wrong{work: func(ctx context.Context, t *okazaki.Task) ([]byte, int64, error) {
				short := &runs{e.text[:t.Span.Hi]}
				return short.Work(ctx, t)
			}}
		}},
		"a header in every part": {"cut in random trees", func(e *runs) wrong {
			return wrong{work: func(ctx context.Context, t *okazaki.Task) ([]byte, int64, error) {
				part, done, err := e.Work(ctx, t)
				return append([]byte("run\n"), part...), done, err
			}}
		}},
		"merge is not associative": {"cut in random trees", func(e *runs) wrong {
			return wrong{merge: func(parts [][]byte) ([]byte, error) {
				// Right for two parts side by side, wrong for a group of groups.
				v, err := e.Merge(context.Background(), 1, parts)
				if len(parts) == 3 {
					v[0] ^= 1
				}
				return v, err
			}}
		}},
		"merge writes into its parts": {"cut in equal spans", func(e *runs) wrong {
			return wrong{merge: func(parts [][]byte) ([]byte, error) {
				v, err := e.Merge(context.Background(), 1, parts)
				copy(parts[0], v)
				return parts[0], err
			}}
		}},
		"a call counter in the answer": {"again", func(e *runs) wrong {
			return wrong{work: func(ctx context.Context, t *okazaki.Task) ([]byte, int64, error) {
				part, done, err := e.Work(ctx, t)
				return fmt.Append(part, calls.Add(1)), done, err
			}}
		}},
		"one buffer for all parts": {"cut in equal spans", func(e *runs) wrong {
			var buffer []byte
			return wrong{work: func(ctx context.Context, t *okazaki.Task) ([]byte, int64, error) {
				part, done, err := e.Work(ctx, t)
				buffer = append(buffer[:0], part...)
				return buffer, done, err
			}}
		}},
		"one span for all goroutines": {"many at once", func(e *runs) wrong {
			var hi atomic.Int64
			return wrong{work: func(ctx context.Context, t *okazaki.Task) ([]byte, int64, error) {
				hi.Store(t.Span.Hi)
				one := *t
				one.Continue = func(done int64) bool {
					runtime.Gosched()
					return done < hi.Load()
				}
				part, _, err := e.Work(ctx, &one)
				return part, t.Span.Hi, err
			}}
		}},
		"ignores the context": {"cancelled", func(e *runs) wrong {
			return wrong{work: func(ctx context.Context, t *okazaki.Task) ([]byte, int64, error) {
				return e.Work(context.WithoutCancel(ctx), t)
			}}
		}},
		"half a part when cancelled": {"cancelled", func(e *runs) wrong {
			return wrong{work: func(ctx context.Context, t *okazaki.Task) ([]byte, int64, error) {
				part, done, err := e.Work(ctx, t)
				if errors.Is(err, context.Canceled) {
					return part, t.Span.Lo, nil
				}
				return part, done, err
			}}
		}},
		"works on after a stop": {"stopped at every step", func(e *runs) wrong {
			return wrong{work: func(ctx context.Context, t *okazaki.Task) ([]byte, int64, error) {
				all := *t
				all.Continue = nil
				part, _, err := e.Work(ctx, &all)
				done := t.Span.Hi
				if t.Continue != nil && !t.Continue(t.Span.Lo+1) {
					done = t.Span.Lo + 1
				}
				return part, done, err
			}}
		}},
		"can't be stopped": {"stopped", func(e *runs) wrong {
			return wrong{work: func(ctx context.Context, t *okazaki.Task) ([]byte, int64, error) {
				all := *t
				all.Continue = nil
				return e.Work(ctx, &all)
			}}
		}},
		"an output that is not documented": {"outputs", func(e *runs) wrong {
			return wrong{render: func(ctx context.Context, results []okazaki.Result, out okazaki.Outputs) error {
				w, err := out.Create("extra.txt")
				if err != nil {
					return err
				}
				return errors.Join(w.Close(), e.Render(ctx, results, out))
			}}
		}},
		"a result left open": {"again", func(e *runs) wrong {
			return wrong{render: func(ctx context.Context, results []okazaki.Result, out okazaki.Outputs) error {
				if _, err := results[0](ctx); err != nil {
					return err
				}
				return e.Render(ctx, results, out)
			}}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			a := declare(func(e *runs) okazaki.Engine {
				w := tc.wrong(e)
				w.runs = e
				return w
			})
			if !catches(t, tc.by, a, example()) {
				t.Errorf("the check %q did not catch it", tc.by)
			}
		})
	}
}

func TestWrongDeclarationsAreCaught(t *testing.T) {
	right := declare(func(e *runs) okazaki.Engine { return e })
	a := right
	a.Params = append(slices.Clone(a.Params), okazaki.Param{Name: "size", Kind: okazaki.IntParam, Default: "big", Help: "of it"})
	if got := record(func(r *recorder) { declaration(r, a) }); !strings.Contains(got, "size") {
		t.Errorf("a default that is none: %q", got)
	}
	a = right
	a.Open = func(ctx context.Context, job *okazaki.Job, files okazaki.Files) (okazaki.Engine, error) {
		return &runs{}, nil
	}
	if got := record(func(r *recorder) { parameters(r, a, example()) }); !strings.Contains(got, "no-such-parameter") {
		t.Errorf("an Open that takes anything: %q", got)
	}
	b := Broken{Params: `{"from": 2}`, Want: "from"}
	if got := record(func(r *recorder) { broken(r, right, example(), b) }); !strings.Contains(got, "no error") {
		t.Errorf("a broken request that succeeds: %q", got)
	}
}

// catches says whether the named check fails.
func catches(t *testing.T, name string, a okazaki.Analysis, c Case) bool {
	var s *subject
	if got := record(func(r *recorder) { s = prepare(r, a, c) }); got != "" {
		t.Fatal(got)
	}
	if name == "stopped" {
		record(func(r *recorder) { stopEverywhere(r, s) })
		return record(func(r *recorder) { everStopped(r, a, s.stopped) }) != ""
	}
	for _, check := range checks {
		if check.name == name {
			got := record(func(r *recorder) { s.put(r, check) })
			t.Log(got)
			return got != ""
		}
	}
	t.Fatalf("no check %q", name)
	return false
}

// record returns f's complaints; empty if it passes.
func record(f func(*recorder)) string {
	r := &recorder{}
	over := make(chan struct{})
	go func() {
		defer close(over)
		f(r)
	}()
	<-over
	return r.text.String()
}

// recorder is a testing.TB that remembers instead of failing.
type recorder struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *recorder) Helper()                     {}
func (r *recorder) Name() string                { return "recorder" }
func (r *recorder) Log(...any)                  {}
func (r *recorder) Logf(string, ...any)         {}
func (r *recorder) Skip(...any)                 { runtime.Goexit() }
func (r *recorder) Skipf(string, ...any)        { runtime.Goexit() }
func (r *recorder) SkipNow()                    { runtime.Goexit() }
func (r *recorder) Fail()                       { r.Error("failed") }
func (r *recorder) FailNow()                    { r.Fail(); runtime.Goexit() }
func (r *recorder) Fatal(args ...any)           { r.Error(args...); runtime.Goexit() }
func (r *recorder) Fatalf(f string, arg ...any) { r.Errorf(f, arg...); runtime.Goexit() }
func (r *recorder) Errorf(f string, arg ...any) { r.Error(fmt.Sprintf(f, arg...)) }

func (r *recorder) Error(args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintln(&r.text, args...)
}

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Len() > 0
}
