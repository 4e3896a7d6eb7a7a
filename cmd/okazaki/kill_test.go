package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"okazaki/scatter"
	"okazaki/store/s3/s3test"
)

// A process is a run of the command in a process of its own.
type process struct {
	*exec.Cmd
	stdout, stderr said
	done           chan struct{}
}

// said is what a process has written so far. All methods may be called at once.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write is io.Writer's.
func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

// String is fmt.Stringer's.
func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// start runs the command in dir. The process does not outlive the test.
func start(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	return startWith(t, dir, nil, args...)
}

// startWith runs the command in dir with more of an environment.
func startWith(t *testing.T, dir string, env []string, args ...string) *process {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.CommandContext(t.Context(), exe, args...), done: make(chan struct{})}
	p.Env = append(append(os.Environ(), asOkazaki+"=1", "OKAZAKI_CONFIG=", "XDG_CACHE_HOME="+dir), env...)
	p.Dir, p.Stdout, p.Stderr = dir, &p.stdout, &p.stderr
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.Cmd.Wait() // its exit code is asked for later
		close(p.done)
	}()
	t.Cleanup(func() { p.kill() })
	return p
}

func (p *process) kill() {
	_ = p.Process.Kill() // it may have ended
	<-p.done
}

// exit waits for the process and returns its exit code.
func (p *process) exit() int {
	<-p.done
	return p.ProcessState.ExitCode()
}

// plain is the toy's answer, worked by one process that nobody kills.
func plain(t *testing.T, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	p := start(t, dir, append([]string{"toy", "--store", "mem:", "--ms", "0"}, args...)...)
	if code := p.exit(); code != 0 {
		t.Fatalf("exit code %d: %s", code, &p.stderr)
	}
	return digest(t, dir)
}

// digest is the hash of the files of an answer, which is all that there is
// under its folder.
func digest(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	files, err := os.ReadDir(filepath.Join(dir, "toy"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, "toy", f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(h, "%s %d %s\n", f.Name(), len(b), b)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

func TestKilledWorkers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	killWorkers(t, dir, "dir:"+filepath.Join(dir, "store")+"?sync=no", 300*time.Millisecond)
}

func TestKilledWorkersOverS3(t *testing.T) {
	killWorkers(t, t.TempDir(), s3test.URL(s3test.Versity(t), "kill"), 400*time.Millisecond)
}

// killWorkers kills one of four worker processes every so often, and starts
// another, while a submitter waits. The answer is the one of a plain run.
func killWorkers(t *testing.T, dir, url string, every time.Duration) {
	const most = 10
	want := plain(t, "--units", "300")
	submitter := start(t, dir, "toy", "--store", url, "--workers", "0", "--units", "300", "--ms", "10", "--span", "10", "--turn", "1s")
	worker := func() *process { return start(t, dir, "worker", "--store", url, "--workers", "1", "-q") }
	var workers []*process
	for range 4 {
		workers = append(workers, worker())
	}
	kills := 0
	for ended := false; !ended; {
		select {
		case <-submitter.done:
			ended = true
		case <-time.After(every):
			if kills < most {
				w := &workers[kills%len(workers)]
				(*w).kill()
				if s := (*w).stderr.String(); s != "" {
					t.Errorf("a worker complains: %s", s)
				}
				*w = worker()
				kills++
			}
		}
	}
	if code := submitter.exit(); code != 0 {
		t.Fatalf("exit code %d after %d kills: %s", code, kills, &submitter.stderr)
	}
	if got := digest(t, dir); got != want {
		t.Errorf("other bytes after %d kills", kills)
	}
	if kills < 4 {
		t.Errorf("only %d workers were killed before the job was done", kills)
	}
}

// The submitter, which works the job as well, is killed; the same command goes
// on.
func TestKilledSubmitter(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want := plain(t, "--units", "600")
	args := []string{"toy", "--units", "600", "--ms", "10", "--span", "10", "--turn", "1s", "--workers", "3"}
	for range 4 {
		p := start(t, dir, args...)
		for submitted := false; !submitted; { // a slow machine takes its time to begin
			select {
			case <-p.done:
				t.Fatalf("it ended before it was killed: %s", &p.stderr)
			case <-time.After(10 * time.Millisecond):
				jobs, _ := filepath.Glob(filepath.Join(dir, "okazaki", "open", "*"))
				submitted = len(jobs) > 0
			}
		}
		time.Sleep(300 * time.Millisecond)
		p.kill()
		if _, err := os.Stat(filepath.Join(dir, "toy")); err == nil {
			t.Fatal("an answer of a job that is not done")
		}
	}
	p := start(t, dir, args...)
	if code := p.exit(); code != 0 || !strings.Contains(p.stderr.String(), "from where an earlier run stopped") {
		t.Fatalf("exit code %d: %s", code, &p.stderr)
	}
	if got := digest(t, dir); got != want {
		t.Error("other bytes")
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want := plain(t, "--units", "60")
	args := []string{"toy", "--units", "60", "--ms", "50", "--workers", "2"}
	p := start(t, dir, args...)
	time.Sleep(1500 * time.Millisecond)
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := p.exit(); code != exitInterrupted || !strings.Contains(p.stderr.String(), "interrupted; the same command goes on where it was") {
		t.Fatalf("exit code %d: %s", code, &p.stderr)
	}
	kept := progressOf(t, dir)
	if kept.Done == 0 {
		t.Errorf("nothing is kept: %+v", kept)
	}
	p = start(t, dir, args...)
	if code := p.exit(); code != 0 {
		t.Fatalf("exit code %d: %s", code, &p.stderr)
	}
	if got := digest(t, dir); got != want {
		t.Error("other bytes")
	}
}

// progressOf is how far the only job in the cache of dir has come.
func progressOf(t *testing.T, dir string) scatter.Progress {
	t.Helper()
	p := start(t, dir, "jobs", "show", "--json", onlyJob(t, dir))
	if code := p.exit(); code != 0 {
		t.Fatalf("exit code %d: %s", code, &p.stderr)
	}
	var shown shownJob
	if err := json.Unmarshal([]byte(p.stdout.String()), &shown); err != nil {
		t.Fatal(err)
	}
	return shown.Progress
}

// A command that waits for its stdin ends when it is told to.
func TestInterruptedAtStdin(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(200*time.Millisecond, func() { cancel(errInterrupted) })
	var errs bytes.Buffer
	t.Chdir(t.TempDir())
	if code := command(ctx, []string{"toy", "--salt", "-", "--store", "mem:"}, r, &bytes.Buffer{}, &errs); code != exitInterrupted {
		t.Errorf("exit code %d: %s", code, &errs)
	}
}

// onlyJob returns the id of the question that a store has jobs of.
func onlyJob(t *testing.T, dir string, flags ...string) string {
	t.Helper()
	p := start(t, dir, append([]string{"jobs", "list", "--json"}, flags...)...)
	if code := p.exit(); code != 0 {
		t.Fatalf("jobs list: exit code %d: %s", code, &p.stderr)
	}
	var job struct{ ID string }
	if err := json.NewDecoder(strings.NewReader(p.stdout.String())).Decode(&job); err != nil {
		t.Fatalf("jobs list: %v: %s", err, &p.stdout)
	}
	return questionID(job.ID)
}
