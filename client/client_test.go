package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"okazaki"
	"okazaki/analysis"
	"okazaki/client"
	"okazaki/scatter"
	"okazaki/store/dir"
	"okazaki/store/mem"
)

// complement is an analysis of one file of bases. A unit is a base; one of them
// may be impossible to work, or to get past.
var complement = okazaki.Analysis{
	Name: "complement", Version: 1, Stages: []string{"bases"}, Params: complementParams,
	Outputs: func(*okazaki.Job) ([]string, error) { return []string{"bases.txt", "count.txt"}, nil },
	Progress: func(*okazaki.Job) []okazaki.Doing {
		return []okazaki.Doing{{Verb: "Complementing", Units: "bases", Share: 1}}
	},
	Open: func(ctx context.Context, job *okazaki.Job, files okazaki.Files) (okazaki.Engine, error) {
		v, err := analysis.Decode(complementParams, job)
		if err != nil {
			return nil, err
		}
		f, err := files.Open(ctx, job.Inputs[0])
		if err != nil {
			return nil, err
		}
		defer f.Close()
		bases := make([]byte, f.Size())
		if _, err := f.ReadAt(bases, 0); err != nil && err != io.EOF {
			return nil, err
		}
		return &complementEngine{bases, v.Int("fail"), v.Int("stop")}, nil
	},
}

var complementParams = []okazaki.Param{
	{Name: "bases", Kind: okazaki.FileParam, Required: true, Help: "a file of bases"},
	{Name: "fail", Kind: okazaki.IntParam, Default: "-1", Help: "the base that can't be worked"},
	{Name: "stop", Kind: okazaki.IntParam, Default: "-1", Help: "the base that is worked until somebody gives up"},
}

type complementEngine struct {
	bases      []byte
	fail, stop int64
}

func (e *complementEngine) Plan(context.Context, int, []okazaki.Result) (okazaki.Axis, error) {
	return okazaki.Axis{Units: int64(len(e.bases)), Concat: true}, nil
}

func (e *complementEngine) Work(ctx context.Context, t *okazaki.Task) ([]byte, int64, error) {
	var part []byte
	for u := t.Span.Lo; u < t.Span.Hi; u++ {
		if u == e.fail {
			return nil, 0, &okazaki.Error{Message: fmt.Sprintf("base %d is not a base", u)}
		}
		if u == e.stop {
			<-ctx.Done()
			return nil, 0, ctx.Err()
		}
		part = append(part, "TGCA"[strings.IndexByte("ACGT", e.bases[u])])
		if t.Continue != nil && !t.Continue(u+1) {
			return part, u + 1, nil
		}
	}
	return part, t.Span.Hi, nil
}

func (*complementEngine) Merge(context.Context, int, [][]byte) ([]byte, error) { panic("concat") }
func (*complementEngine) Close() error                                         { return nil }

func (e *complementEngine) Render(ctx context.Context, results []okazaki.Result, out okazaki.Outputs) error {
	r, err := results[0](ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	out.Note(okazaki.Note{Text: fmt.Sprintf("%d bases", len(b))})
	return errors.Join(write(out, "bases.txt", string(b)), write(out, "count.txt", fmt.Sprintln(len(b))))
}

func write(out okazaki.Outputs, name, text string) error {
	w, err := out.Create(name)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	return errors.Join(err, w.Close())
}

// basesFile writes a file of bases.
func basesFile(t *testing.T, bases string) client.Inputs {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bases.txt")
	if err := os.WriteFile(path, []byte(bases), 0o666); err != nil {
		t.Fatal(err)
	}
	return client.Inputs{"bases": {path}}
}

// inFolder is options with a store in a folder of the test.
func inFolder(t *testing.T, o client.Options) client.Options {
	t.Helper()
	o.Store = "dir:" + t.TempDir() + "?sync=no"
	return o
}

// copied is a file of an answer.
func copied(t *testing.T, answer *client.Answer, name string) string {
	t.Helper()
	var b bytes.Buffer
	if err := answer.Copy(t.Context(), &b, name); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestRunWithDefaults asks with no options at all: the store is the folder that
// the command uses, and a second call answers from it.
func TestRunWithDefaults(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOME", cache)
	inputs := basesFile(t, "ACGT")
	var jobs []string
	for range 2 {
		answer, err := client.Run(t.Context(), complement, inputs, client.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := copied(t, answer, ""); got != "TGCA" {
			t.Errorf("the main file is %q", got)
		}
		jobs = append(jobs, answer.Job())
		answer.Close()
	}
	if jobs[0] != jobs[1] {
		t.Errorf("the second call worked again: %v", jobs)
	}
	if folder := strings.TrimPrefix(client.DefaultStore(), "dir:"); folder == "" {
		t.Error("there is no default store")
	} else if entries, err := os.ReadDir(folder); err != nil || len(entries) == 0 {
		t.Errorf("the default store, %s, holds %v, %v", folder, entries, err)
	}
}

// TestRunWithoutCacheFolder has a cache folder that can't be made: the store is
// in memory.
func TestRunWithoutCacheFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", filepath.Join(file, "cache"))
	t.Setenv("HOME", filepath.Join(file, "home"))
	answer, err := client.Run(t.Context(), complement, basesFile(t, "AC"), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Close()
	if got := copied(t, answer, ""); got != "TG" {
		t.Errorf("the main file is %q", got)
	}
	if _, err := client.Run(t.Context(), complement, basesFile(t, "AC"), client.Options{Workers: client.NoWorkers}); err == nil || !strings.Contains(err.Error(), "in memory") {
		t.Errorf("a job that no worker can see: %v", err)
	}
}

// TestSubmitWaitAnswer takes the steps of Run, and has the answer in a folder, by
// a writer and in a store.
func TestSubmitWaitAnswer(t *testing.T) {
	var told []client.Progress
	o := inFolder(t, client.Options{Span: 5, Progress: func(p client.Progress) { told = append(told, p) }})
	job, err := client.Submit(t.Context(), complement, basesFile(t, strings.Repeat("ACGTT", 8)), o)
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	if _, err := job.Answer(); err == nil || !strings.Contains(err.Error(), "not ended") {
		t.Errorf("the answer of an open job: %v", err)
	}
	end, err := job.Wait(t.Context())
	if err != nil || end.State != scatter.Done {
		t.Fatal(end, err)
	}
	if again, err := job.Wait(t.Context()); again != end || err != nil {
		t.Errorf("the second wait: %v, %v", again, err)
	}
	if n := len(told); n == 0 || told[n-1].End == nil || told[n-1].Job != job.ID || told[n-1].Doing.Verb != "Complementing" || told[n-1].Done != told[n-1].Units {
		t.Errorf("the progress that was told: %+v", told)
	}
	answer, err := job.Answer()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"bases.txt": strings.Repeat("TGCAA", 8), "count.txt": "40\n"}
	folder := filepath.Join(t.TempDir(), "new", "answer")
	for range 2 { // the second time, they are replaced
		paths, err := answer.Folder(t.Context(), folder)
		if err != nil || len(paths) != len(want) {
			t.Fatal(paths, err)
		}
		for _, path := range paths {
			if got, err := os.ReadFile(path); err != nil || string(got) != want[filepath.Base(path)] {
				t.Errorf("%s: %q, %v", path, got, err)
			}
		}
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != len(want) {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
	if got := copied(t, answer, "count.txt"); got != want["count.txt"] {
		t.Errorf("count.txt to a writer: %q", got)
	}
	if err := answer.Copy(t.Context(), io.Discard, "other.txt"); err == nil || !strings.Contains(err.Error(), "bases.txt, count.txt") {
		t.Errorf("a file that isn't there: %v", err)
	}
	if want := []okazaki.Note{{Text: "40 bases"}}; !slices.Equal(answer.Notes, want) {
		t.Errorf("notes: %v", answer.Notes)
	}
	s := mem.New(nil)
	for range 2 { // what is there stays
		objects, err := answer.Objects(t.Context(), s, "results/1")
		if err != nil || len(objects) != len(want) {
			t.Fatal(objects, err)
		}
		for _, o := range objects {
			if v, err := s.Get(t.Context(), o.Key); err != nil || string(v.Bytes) != want[o.Name] || o.Size != len(v.Bytes) || o.Key != "results/1/"+o.Name {
				t.Errorf("%+v: %q, %v", o, v.Bytes, err)
			}
		}
	}
}

// TestRunIsCancelled ends the context of a call that joined an open job, once a
// base is done.
func TestRunIsCancelled(t *testing.T) {
	o := inFolder(t, client.Options{Params: map[string]any{"stop": 2}, Span: 1})
	inputs := basesFile(t, "ACGT")
	job, err := client.Submit(t.Context(), complement, inputs, o)
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	ctx, cancel := context.WithCancel(t.Context())
	o.Progress = func(p client.Progress) {
		if p.Done > 0 {
			cancel()
		}
	}
	answer, err := client.Run(ctx, complement, inputs, o)
	if answer != nil || !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), job.ID) {
		t.Errorf("cancelled: %v, %v", answer, err)
	}
}

// TestIncomplete has a base that can't be worked: there is an answer only if it
// may be partial, and both name what is missing.
func TestIncomplete(t *testing.T) {
	for _, partial := range []bool{false, true} {
		o := inFolder(t, client.Options{Params: map[string]any{"fail": 2}, Span: 1, Partial: partial})
		answer, err := client.Run(t.Context(), complement, basesFile(t, "ACGT"), o)
		incomplete, ok := errors.AsType[*client.EndError](err)
		if !ok || incomplete.End.State != scatter.Incomplete || !strings.Contains(err.Error(), "base 2 is not a base") {
			t.Fatalf("partial %v: %v", partial, err)
		}
		if (answer != nil) != partial {
			t.Fatalf("partial %v: an answer %v", partial, answer)
		}
		if !partial {
			continue
		}
		defer answer.Close()
		if holes := answer.Holes(); len(holes) != 1 || holes[0].Span != (okazaki.Span{Lo: 2, Hi: 3}) {
			t.Errorf("holes: %v", holes)
		}
		if got := copied(t, answer, ""); got != "TGA" {
			t.Errorf("the rest is %q", got)
		}
		const want = "# units are counted from 0, first is missing and end is not\nstage\tfirst\tend\treason\nbases\t2\t3\tbase 2 is not a base\n"
		if got := copied(t, answer, client.MissingFile); got != want {
			t.Errorf("%s:\n%s", client.MissingFile, got)
		}
	}
}

// TestAnswerIsWorkedAgain takes parts out of the store under an answer.
func TestAnswerIsWorkedAgain(t *testing.T) {
	folder := t.TempDir()
	answer, err := client.Run(t.Context(), complement, basesFile(t, "ACGT"), client.Options{Store: "dir:" + folder + "?sync=no"})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Close()
	s, err := dir.Open(folder, dir.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	entries, err := s.List(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	deleted := 0
	for _, e := range entries {
		if strings.Contains(e.Key, "/v/") {
			deleted++
			if err := s.Delete(t.Context(), e.Key); err != nil {
				t.Fatal(err)
			}
		}
	}
	was := answer.Job()
	if got := copied(t, answer, ""); got != "TGCA" || deleted == 0 || answer.Job() == was {
		t.Errorf("%d verdicts deleted, job %s then %s: %q", deleted, was, answer.Job(), got)
	}
}

// TestMendable has questions that the user can mend: each error is an
// okazaki.Error that says what is wrong.
func TestMendable(t *testing.T) {
	good := basesFile(t, "ACGT")
	genome := filepath.Join(t.TempDir(), "genome.fasta")
	for says, c := range map[string]struct {
		inputs client.Inputs
		o      client.Options
	}{
		"there is no such file": {client.Inputs{"bases": {genome}}, client.Options{}},
		"this is a folder":      {client.Inputs{"bases": {filepath.Dir(genome)}}, client.Options{}},
		"is missing":            {nil, client.Options{}},
		"takes one file":        {client.Inputs{"bases": {good["bases"][0], good["bases"][0]}}, client.Options{}},
		`no input "base"`:       {client.Inputs{"base": good["bases"]}, client.Options{}},
		`no parameter "stopp"`:  {good, client.Options{Params: map[string]any{"stopp": 1}}},
		"fail":                  {good, client.Options{Params: map[string]any{"fail": "two"}}},
		"has no known kind":     {good, client.Options{Store: "ftp://x/y"}},
		"too large":             {good, client.Options{Budget: client.GBSeconds(9e12)}},
		"buys nothing":          {good, client.Options{Budget: client.USD(0)}},
		"can't buy one attempt": {good, client.Options{Budget: client.GBSeconds(0.001)}},
		"leave nothing to run":  {good, client.Options{Turn: -time.Second}},
	} {
		if c.o.Store == "" {
			c.o.Store = "mem:"
		}
		answer, err := client.Run(t.Context(), complement, c.inputs, c.o)
		if _, ok := errors.AsType[*okazaki.Error](err); !ok || answer != nil || !strings.Contains(err.Error(), says) {
			t.Errorf("want %q: %v, %v", says, answer, err)
		}
	}
}

// TestFolderSparesInputs writes an answer into the folder of its input, whose
// name is the same.
func TestFolderSparesInputs(t *testing.T) {
	inputs := basesFile(t, "ACGT")
	answer, err := client.Run(t.Context(), complement, inputs, client.Options{Store: "mem:"})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Close()
	checkSpares(t, answer, inputs)
}

// TestFolderSparesFilesOfTheSameBytes joins an open job that another file of the
// same name and bytes began.
func TestFolderSparesFilesOfTheSameBytes(t *testing.T) {
	o := inFolder(t, client.Options{Workers: client.NoWorkers})
	inputs := client.Inputs{"bases": {"bases.txt"}}
	t.Chdir(filepath.Dir(basesFile(t, "ACGT")["bases"][0]))
	first, err := client.Submit(t.Context(), complement, inputs, o)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	o.Workers = 1
	t.Chdir(filepath.Dir(basesFile(t, "ACGT")["bases"][0]))
	answer, err := client.Run(t.Context(), complement, inputs, o)
	if err != nil || answer.Job() != first.ID {
		t.Fatal(answer, err)
	}
	defer answer.Close()
	checkSpares(t, answer, inputs)
}

// TestFolderSparesCopiedInputs has a store that other machines see, which gets a
// copy of each input.
func TestFolderSparesCopiedInputs(t *testing.T) {
	inputs := basesFile(t, "ACGT")
	s := &client.Store{Store: mem.New(nil), Remote: true, Sweep: time.Second}
	c := &client.Client{Store: s, Inputs: client.NewInputs(s.Store, time.Hour, ""), Workers: client.Workers{Size: 1}}
	c.Engines = client.NewEngines([]okazaki.Analysis{complement}, c.Inputs, 1)
	limits, err := (&client.Options{}).Limits()
	if err != nil {
		t.Fatal(err)
	}
	files := []client.File{{Role: "bases", Name: inputs["bases"][0]}}
	draft, err := client.Draft(&complement, nil, files, limits)
	if err == nil {
		draft.Inputs, err = client.TakeInputs(t.Context(), s, c.Inputs, &complement, files, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	job, err := c.Submit(t.Context(), draft, false)
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	if _, err := job.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	answer, err := job.Answer()
	if err != nil {
		t.Fatal(err)
	}
	checkSpares(t, answer, inputs)
}

// checkSpares writes an answer into the folder of its input, whose name is the
// same.
func checkSpares(t *testing.T, answer *client.Answer, inputs client.Inputs) {
	t.Helper()
	path := inputs["bases"][0]
	_, err := answer.Folder(t.Context(), filepath.Dir(path))
	if _, ok := errors.AsType[*okazaki.Error](err); !ok || !strings.Contains(err.Error(), "an input") {
		t.Errorf("over an input: %v", err)
	}
	entries, _ := os.ReadDir(filepath.Dir(path))
	if b, err := os.ReadFile(path); err != nil || string(b) != "ACGT" || len(entries) != 1 {
		t.Errorf("the input is now %q, %v, beside %v", b, err, entries)
	}
}

// TestLimits fills in defaults, and refuses limits that can't be kept.
func TestLimits(t *testing.T) {
	defaults := okazaki.Limits{
		Budget: 100_000 * 1024, Classes: []int64{1024}, Turn: 30 * time.Second, Aim: 2 * time.Second,
		Deadline: 168 * time.Hour, Concurrency: 64,
	}
	given := okazaki.Limits{
		Budget: 5 * 1024, Classes: []int64{512, 2048}, Turn: time.Minute, Aim: time.Second,
		Deadline: time.Hour, Concurrency: 3, Span: 7, Partial: true,
	}
	for _, c := range []struct {
		o    client.Options
		want okazaki.Limits
		err  error
	}{
		{client.Options{}, defaults, nil},
		{client.Options{
			Budget: client.GBSeconds(5), Memory: []int64{512, 2048}, Turn: time.Minute, Aim: time.Second,
			Deadline: time.Hour, Concurrency: 3, Span: 7, Partial: true,
		}, given, nil},
		{client.Options{Budget: client.GBSeconds(0)}, okazaki.Limits{}, client.ErrBudget},
		{client.Options{Budget: client.GBSeconds(-1)}, okazaki.Limits{}, client.ErrBudget},
		{client.Options{Budget: client.GBSeconds(math.NaN())}, okazaki.Limits{}, client.ErrBudget},
		{client.Options{Budget: client.GBSeconds(1e12)}, okazaki.Limits{}, client.ErrBudget},
		{client.Options{Span: -1}, okazaki.Limits{}, client.ErrSpan},
		{client.Options{Concurrency: -1}, okazaki.Limits{}, client.ErrConcurrency},
	} {
		got, err := c.o.Limits()
		if !errors.Is(err, c.err) || err == nil && !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v: %+v, %v", c.o, got, err)
		}
	}
	if got := client.USD(1.33334).GBSeconds(); math.Abs(got-100_000) > 10 {
		t.Errorf("$1.33334 buy %v GB-s", got)
	}
}
