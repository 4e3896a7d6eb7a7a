package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestWorkersCloseEngines has a worker work one job after another on the same
// files: it keeps none of them open, nor the files of a job that others end.
func TestWorkersCloseEngines(t *testing.T) {
	if _, err := os.Stat("/proc/self/maps"); err != nil {
		t.Skip("to run it: use a system that has /proc")
	}
	t.Parallel()
	dir := t.TempDir()
	writeGenome(t, filepath.Join(dir, "g.fa"))
	run := func(args ...string) string {
		t.Helper()
		p := start(t, dir, args...)
		if code := p.exit(); code != 0 {
			t.Fatalf("%v: exit code %d: %s", args, code, &p.stderr)
		}
		return strings.TrimSpace(p.stdout.String())
	}
	run("index", "guide", "g.fa", "-o", "g.okx", "-q")
	worker := start(t, dir, "worker", "--store", "dir:store?sync=no", "--workers", "2", "-q")
	for n := range 6 {
		at := fmt.Sprintf("chr1:%d-%d", 100*n+1, 100*n+300)
		run("guide", "--store", "dir:store?sync=no", "--workers", "0", "--index", "g.okx", "--target", at, "-o", "guides", "-q")
		run("composition", "--store", "dir:store?sync=no", "--workers", "0", "--window", fmt.Sprint(100+n), "g.fa", "-o", "windows", "-q")
		worker.waits(t, dir, false)
	}
	// What it is at when others end the job is closed with its turn.
	id := run("toy", "--store", "dir:store?sync=no", "--workers", "0", "--detach", "--salt", "g.fa", "--hold", "--units", "2000", "--ms", "50", "--turn", "1s", "-q")
	worker.waits(t, dir, true)
	run("jobs", "cancel", "--store", "dir:store?sync=no", id)
	worker.waits(t, dir, false)
	if s := worker.stderr.String(); s != "" {
		t.Errorf("the worker complains: %s", s)
	}
}

// waits for the process to hold some of the files of dir, or none.
func (p *process) waits(t *testing.T, dir string, some bool) {
	t.Helper()
	for last := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		held := p.holds(t, dir)
		if len(held) > 0 == some {
			return
		}
		if time.Now().After(last) {
			t.Fatalf("the worker holds %v", held)
		}
	}
}

// holds are the inputs of dir that the process has open or mapped.
func (p *process) holds(t *testing.T, dir string) (held []string) {
	t.Helper()
	proc := fmt.Sprintf("/proc/%d/", p.Process.Pid)
	maps, err := os.ReadFile(proc + "maps")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(maps)) {
		if strings.Contains(line, filepath.Join(dir, "g.")) {
			held = append(held, "a mapping of "+strings.Fields(line)[5])
		}
	}
	open, err := os.ReadDir(proc + "fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range open {
		if to, err := os.Readlink(proc + "fd/" + fd.Name()); err == nil && strings.HasPrefix(to, filepath.Join(dir, "g.")) {
			held = append(held, "open "+to)
		}
	}
	return held
}

// writeGenome writes a small random genome of one contig, chr1.
func writeGenome(t *testing.T, path string) {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 7))
	text := bytes.NewBufferString(">chr1\n")
	for range 100 {
		for range 60 {
			text.WriteByte("ACGT"[r.IntN(4)])
		}
		text.WriteByte('\n')
	}
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}
