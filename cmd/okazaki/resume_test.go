package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"okazaki/client"
)

// ample is more time than anything here takes, and far less than a turn of
// tenMinutes, after which others may take what a worker holds.
const (
	ample      = 2 * time.Minute
	tenMinutes = "10m"
)

// ends waits for the process and returns its exit code. It must not take as
// long as a lease.
func (p *process) ends(t *testing.T) int {
	t.Helper()
	select {
	case <-p.done:
	case <-time.After(ample):
		_ = p.Process.Signal(syscall.SIGQUIT) // it says where it is, if it can
		time.AfterFunc(5*time.Second, p.kill)
		<-p.done
		t.Fatalf("%v is at work after %v: %.4000s", p.Args[1:], ample, &p.stderr)
	}
	return p.ProcessState.ExitCode()
}

// until waits for a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for last := time.Now().Add(ample); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(last) {
			t.Fatalf("waited %v: %s", ample, what)
		}
	}
}

// A toyNotes is the toy's log, of all processes that write it.
type toyNotes string

func newToyNotes(t *testing.T) toyNotes { return toyNotes(filepath.Join(t.TempDir(), "log")) }

// with is the environment of a process that writes the log and misbehaves.
func (n toyNotes) with(fault string) []string {
	return []string{toyLog + "=" + string(n), toyFault + "=" + fault}
}

// count is how many lines begin with text.
func (n toyNotes) count(text string) int {
	b, _ := os.ReadFile(string(n)) // not there: nothing was done yet
	return strings.Count("\n"+string(b), "\n"+text)
}

// A process is killed while it works, merges, plans or writes the answer, which
// it may hold for ten minutes. The same command goes on at once, and so does another process
// that was there all along.
func TestResumeAfterKill(t *testing.T) {
	if !client.KnowsTheDead() {
		t.Skip("to run it: use a system whose processes see each other's death, such as Linux")
	}
	args := []string{"toy", "--units", "60", "--span", "10", "--turn", tenMinutes}
	want := plain(t, args[1:]...)
	for _, fault := range []string{hangsWork, hangsMerge, hangsPlan, hangsRender} {
		t.Run("same command/"+fault, func(t *testing.T) {
			t.Parallel()
			dir, notes := t.TempDir(), newToyNotes(t)
			command := append(args, "--workers", "2")
			p := startWith(t, dir, notes.with(fault), command...)
			until(t, "it does not "+fault, func() bool { return notes.count(fault) > 0 })
			p.kill()
			resumes(t, startWith(t, dir, notes.with(""), command...), want)
		})
		if fault == hangsRender {
			continue // only the submitter does
		}
		t.Run("other process/"+fault, func(t *testing.T) {
			t.Parallel()
			dir, notes := t.TempDir(), newToyNotes(t)
			const store = "dir:store?sync=no"
			submitter := startWith(t, dir, notes.with(""), append(args, "--workers", "0", "--store", store)...)
			p := startWith(t, dir, notes.with(fault), "worker", "--workers", "1", "--store", store)
			until(t, "it does not "+fault, func() bool { return notes.count(fault) > 0 })
			startWith(t, dir, notes.with(""), "worker", "--workers", "1", "--store", store)
			p.kill()
			resumes(t, submitter, want)
		})
	}
}

// resumes wants the process to end with those bytes, and not for a lease.
func resumes(t *testing.T, p *process, want string) {
	t.Helper()
	if code := p.ends(t); code != exitDone {
		t.Fatalf("exit code %d: %s", code, &p.stderr)
	}
	if digest(t, p.Dir) != want {
		t.Error("other bytes")
	}
}

// A machine whose disk is broken or full says so to the submitter, which does
// no work itself, and to a command that asks for the job. It costs the job nothing.
func TestSickMachineIsTold(t *testing.T) {
	args := []string{"toy", "--units", "200", "--span", "10"}
	want := plain(t, args[1:]...)
	for _, c := range []struct {
		fault, told string
		most        int // times that the machine may try
	}{
		{faultEIO, "workers on broken stopped taking work for 1m0s: read toy: input/output error", 8}, // three, one of each worker, and after each rest
		{faultFull, "toy: the disk is full", math.MaxInt},
	} {
		t.Run(c.fault, func(t *testing.T) {
			t.Parallel()
			dir, notes := t.TempDir(), newToyNotes(t)
			const store = "dir:store?sync=no"
			submitter := start(t, dir, append(args, "--workers", "0", "--store", store)...)
			startWith(t, dir, append(notes.with(c.fault), asMachine+"=broken", "TMPDIR="+t.TempDir()), "worker", "--workers", "2", "--store", store)
			until(t, "the submitter does not tell", func() bool { return strings.Contains(submitter.stderr.String(), c.told) })
			show := start(t, dir, "jobs", "show", "--store", store, onlyJob(t, dir, "--store", store))
			if code := show.ends(t); code != exitDone || !strings.Contains(show.stdout.String(), c.told) {
				t.Errorf("exit code %d, jobs show says %s%s", code, &show.stdout, &show.stderr)
			}
			startWith(t, dir, []string{asMachine + "=sound"}, "worker", "--workers", "1", "--store", store)
			resumes(t, submitter, want)
			if n := notes.count(c.fault); n == 0 || n > c.most {
				t.Errorf("the broken machine tried %d times, for 20 spans", n)
			}
		})
	}
}

// On a laptop, where no other machine could try, an error of the engine ends
// the job with its reason and without a wait for anybody. The same command then
// works what is missing and no more.
func TestFailureOnALaptop(t *testing.T) {
	t.Parallel()
	dir, notes := t.TempDir(), newToyNotes(t)
	command := []string{"toy", "--units", "200", "--span", "10", "--turn", tenMinutes, "--workers", "2", "--fail", "42"}
	for _, run := range []struct {
		name string
		most int // units
	}{
		{"first", 190 + 3*2},
		{"again", 3 * 2},
	} {
		before := notes.count("worked")
		p := startWith(t, dir, notes.with(""), command...)
		code := p.ends(t)
		const reason = "unit 42 can't be worked (met 3 times, on one machine)"
		if said := p.stderr.String(); code != exitFailed || !strings.Contains(said, reason) || !strings.Contains(said, "1 part of the work failed") {
			t.Errorf("%s: exit code %d: %s", run.name, code, said)
		}
		if n := notes.count("worked") - before; n > run.most {
			t.Errorf("%s: %d units were worked, not at most %d", run.name, n, run.most)
		}
	}
}

// A unit that does not fit in the smaller size of worker is worked by the same
// worker as the larger size.
func TestUnitForALargerWorker(t *testing.T) {
	t.Parallel()
	args := []string{"--units", "40", "--span", "10", "--memory", "64,512"}
	want := plain(t, args...)
	dir, notes := t.TempDir(), newToyNotes(t)
	p := startWith(t, dir, notes.with(faultBig), append([]string{"toy", "--workers", "1", "--turn", tenMinutes}, args...)...)
	resumes(t, p, want)
	if notes.count("big [7,8)") == 0 {
		t.Error("the unit was not tried alone by a small worker")
	}
	if !stored(t, filepath.Join(dir, "okazaki"), `"class":1`) {
		t.Error("no attempt was made by a larger worker")
	}
}

// stored says whether a file of a store has that text.
func stored(t *testing.T, root, text string) (found bool) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || found {
			return err
		}
		b, err := os.ReadFile(path)
		found = strings.Contains(string(b), text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
