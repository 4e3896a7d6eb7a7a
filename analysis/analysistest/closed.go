package analysistest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"pgregory.net/rapid"

	"okazaki"
)

// closed uses engines in many ways, and looks for what stays open once they are
// closed. The inputs are files, so that an engine that maps them does.
func closed(t rapid.TB, s *subject) {
	w, err := watch(s.a, s.c.Params, s.c.Inputs)
	if err != nil {
		t.Fatal(err)
	}
	defer w.remove()
	ctx := context.Background()
	all := func(e okazaki.Engine) (err error) {
		w.got, err = solve(ctx, e, len(s.a.Stages), s.middle())
		return err
	}
	uses := []use{
		{"it did nothing", func(okazaki.Engine) error { return nil }},
		{"it did everything", all},
		{"it was cancelled", func(e okazaki.Engine) error { return w.cancelled(e, s) }},
		{"it planned nothing", func(e okazaki.Engine) error {
			for i := range s.ref.stages {
				st := &s.ref.stages[i]
				if _, err := st.work(ctx, e, okazaki.Span{Hi: min(1, st.axis.Units)}); err != nil {
					return err
				}
			}
			return nil
		}},
	}
	for _, u := range uses {
		if err := w.closes(t, u); err != nil {
			t.Errorf("%s: %v", u.when, err)
		}
		if w.got != nil { // what was returned is still there
			sameOutputs(t, "after Close", w.got.outputs, s.ref.outputs)
			w.got = nil
		}
	}
	w.fails(t, all)
}

// fails has each opening of a file fail, then each file be half as long.
func (w *watched) fails(t rapid.TB, all func(okazaki.Engine) error) {
	opened := w.files.opened.Load()
	_ = w.closes(t, use{"", all})
	opened = w.files.opened.Load() - opened
	for n := range min(opened, maxFailures) {
		w.files.fail = w.files.opened.Load() + n + 1
		if err := w.closes(t, use{fmt.Sprintf("file %d did not open", n+1), all}); err == nil {
			t.Errorf("file %d did not open, and there was no error", n+1)
		}
		w.files.fail = 0
	}
	for _, in := range w.job.Inputs {
		whole, err := os.ReadFile(in.Path)
		if err == nil {
			err = os.WriteFile(in.Path, whole[:len(whole)/2], 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		_ = w.closes(t, use{in.Name + " was cut short", all}) // which may be an answer of its own
		if err := os.WriteFile(in.Path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// maxFailures bounds how many openings of files are made to fail.
const maxFailures = 40

// A watched analysis is asked of files in a folder.
type watched struct {
	folder string
	a      okazaki.Analysis
	job    *okazaki.Job
	files  *Files
	got    *solution
}

// A use is what was done with an engine before it was closed.
type use struct {
	when string
	do   func(okazaki.Engine) error
}

func watch(a okazaki.Analysis, params string, inputs []Input) (*watched, error) {
	job, files, err := NewJob(a, params, inputs)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "analysistest-*")
	if err != nil {
		return nil, err
	}
	w := &watched{folder: folder, a: a, job: job, files: files}
	if err := w.lay(); err != nil {
		return nil, errors.Join(err, w.remove())
	}
	return w, nil
}

func (w *watched) remove() error { return os.RemoveAll(w.folder) }

// lay writes the inputs into the folder.
func (w *watched) lay() error {
	for i := range w.job.Inputs {
		in := &w.job.Inputs[i]
		content, ok := w.files.content[in.Digest]
		if !ok {
			var err error
			if content, err = os.ReadFile(in.Path); err != nil {
				return err
			}
		}
		in.Path = filepath.Join(w.folder, strconv.Itoa(i))
		if err := os.WriteFile(in.Path, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// cancelled ends the work of each stage, and Render, in their midst.
func (w *watched) cancelled(e okazaki.Engine, s *subject) error {
	for i := range s.ref.stages {
		st := &s.ref.stages[i]
		ctx, cancel := context.WithCancel(context.Background())
		_, _, err := st.attempt(ctx, e, st.whole(), func(int64) bool { cancel(); return true })
		cancel()
		if err == nil || errors.Is(err, context.Canceled) {
			_, err = render(ctx, e, s.ref.results())
		}
		if !errors.Is(err, context.Canceled) {
			return err
		}
	}
	return nil
}

// asked numbers the engines, so that their goroutines are told from others.
var asked atomic.Int64

// closes opens an engine, uses it and closes it, and reports what stays open.
// It returns the error of Open or of the use.
func (w *watched) closes(t rapid.TB, u use) error {
	name := strconv.FormatInt(asked.Add(1), 10)
	var err, closing error
	pprof.Do(context.Background(), pprof.Labels(label, name), func(ctx context.Context) {
		var e okazaki.Engine
		if e, err = w.a.Open(ctx, w.job, w.files); err == nil {
			err, closing = u.do(e), e.Close()
		} else {
			u.when += ", and Open failed"
		}
	})
	if closing != nil {
		t.Errorf("Close after %s: %v", u.when, closing)
	}
	if n := w.files.open.Swap(0); n != 0 {
		t.Errorf("after %s: %d files were not closed", u.when, n)
	}
	if links := w.descriptors(); len(links) > 0 {
		t.Errorf("after %s: these stay open: %v", u.when, links)
	}
	if maps := w.mappings(); len(maps) > 0 {
		t.Errorf("after %s: these stay mapped: %v", u.when, maps)
	}
	if stacks := goroutines(name); stacks != "" {
		t.Errorf("after %s: these goroutines stay:\n%s", u.when, stacks)
	}
	return err
}

// descriptors are the files of the folder that this process has open, where
// the system tells.
func (w *watched) descriptors() (links []string) {
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil
	}
	for _, d := range all {
		if to, err := os.Readlink("/proc/self/fd/" + d.Name()); err == nil && strings.HasPrefix(to, w.folder) {
			links = append(links, to)
		}
	}
	return links
}

// mappings are the files of the folder that this process has mapped, where
// the system tells.
func (w *watched) mappings() (maps []string) {
	all, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(all)) {
		if at := strings.Index(line, w.folder); at >= 0 {
			maps = append(maps, strings.TrimSpace(line[at:]))
		}
	}
	return maps
}

// label marks the goroutines that an engine starts.
const label = "analysistest"

// leaving is how long goroutines have to leave that were told to.
var leaving = 10 * time.Second

// goroutines are the stacks of those that an engine has started, once they have
// had the time to leave.
func goroutines(name string) string {
	mark := []byte(strconv.Quote(label) + ":" + strconv.Quote(name))
	for wait := time.Millisecond; ; wait *= 2 {
		var all bytes.Buffer
		if err := pprof.Lookup("goroutine").WriteTo(&all, 1); err != nil {
			return err.Error()
		}
		var stay [][]byte
		for block := range bytes.SplitSeq(all.Bytes(), []byte("\n\n")) {
			if bytes.Contains(block, mark) {
				stay = append(stay, block)
			}
		}
		if len(stay) == 0 || wait > leaving {
			return string(bytes.Join(stay, []byte("\n\n")))
		}
		time.Sleep(wait)
	}
}
