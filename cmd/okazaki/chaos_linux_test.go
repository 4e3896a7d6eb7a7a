package main

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"okazaki/store/s3/s3test"
)

var chaosFlag = flag.Int("chaos", 1, "how many schedules of faults TestChaos tries on each store")

// Faults befall a job of several processes from its first span to its last: its
// workers and its submitter are killed, a worker is frozen for longer than it
// may hold a span, the store restarts or is full, and one machine's disk is
// broken. Midway the job is cancelled and collected, and the question asked
// again while a frozen worker of the earlier life comes back. The answer is the
// plain run's.
func TestChaos(t *testing.T) {
	args := []string{"toy", "--units", "400", "--span", "10"}
	want := plain(t, args[1:]...)
	args = append(args, "--ms", "10", "--turn", "1s", "--workers", "0")
	for seed := range *chaosFlag {
		t.Run(fmt.Sprintf("dir/%d", seed), func(t *testing.T) {
			c := newChaos(t, seed)
			disk := t.TempDir()
			if err := mountSmall(t, disk); err != nil {
				t.Logf("the store is never full, since no small disk can be mounted: %v", err)
				c.harm = func() {}
			} else {
				c.harm = func() { c.fill(filepath.Join(disk, "balloon")) }
			}
			c.run("dir:"+filepath.Join(disk, "store"), args, want)
		})
		t.Run(fmt.Sprintf("s3/%d", seed), func(t *testing.T) {
			c := newChaos(t, seed)
			server := s3test.Restarts(t)
			c.harm = server.Restart
			c.run(s3test.URL(server.Endpoint, "chaos"), args, want)
		})
	}
}

// A chaos is a job's processes, and what befalls them.
type chaos struct {
	t         *testing.T
	rand      *rand.Rand
	dir       string
	notes     toyNotes
	harm      func() // the store's own fault
	command   []string
	store     string
	submitter *process
	workers   []*process
	frozen    map[*process]time.Time // since when
	did       map[string]int         // faults, by name
}

func newChaos(t *testing.T, seed int) *chaos {
	t.Helper()
	return &chaos{
		t: t, rand: rand.New(rand.NewPCG(11, uint64(seed))), dir: t.TempDir(), notes: newToyNotes(t),
		frozen: map[*process]time.Time{}, did: map[string]int{},
	}
}

func (c *chaos) run(store string, args []string, want string) {
	c.store, c.command = store, append(args, "--store", store)
	c.submit()
	broken := append(c.notes.with(faultEIO), asMachine+"=broken", "TMPDIR="+c.t.TempDir())
	startWith(c.t, c.dir, broken, "worker", "--store", store, "--workers", "1")
	until(c.t, "the broken machine takes no spans", func() bool { return c.notes.count(faultEIO) >= 3 })
	for range 4 {
		c.workers = append(c.workers, c.worker())
	}
	c.faults()
	late := c.freeze()
	c.cancel()
	c.submit()
	c.progress(10)
	c.thaw(late)
	c.faults()
	for p := range c.frozen {
		c.thaw(p)
	}
	resumes(c.t, c.submitter, want)
	c.t.Logf("%v; %d units were worked", c.did, c.notes.count("worked"))
}

// submit starts a submitter, and waits until the job is submitted: before that
// a full store would end it.
func (c *chaos) submit() {
	c.submitter = startWith(c.t, c.dir, c.notes.with(""), c.command...)
	until(c.t, "the job is not submitted", func() bool {
		said := c.submitter.stderr.String()
		return c.submitter.ended() || slices.ContainsFunc([]string{"waiting for workers", "submitted job", "resumed job"},
			func(text string) bool { return strings.Contains(said, text) })
	})
}

// worker starts a worker, and waits until it has joined.
func (c *chaos) worker() *process {
	p := startWith(c.t, c.dir, append(c.notes.with(""), asMachine+"=sound"), "worker", "--store", c.store, "--workers", "1")
	until(c.t, "a worker does not join", func() bool { return strings.Contains(p.stderr.String(), "join the jobs") })
	return p
}

// faults spreads faults over the job, in an order of their own.
func (c *chaos) faults() {
	all := slices.Concat(
		slices.Repeat([]string{"kill worker"}, 4), slices.Repeat([]string{"freeze worker"}, 2),
		[]string{"kill submitter", "kill submitter", "harm store", "harm store"},
	)
	c.rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, fault := range all {
		if !c.progress(60) {
			return
		}
		c.did[fault]++
		switch fault {
		case "kill worker":
			c.kill()
		case "freeze worker":
			c.freeze()
		case "kill submitter":
			c.submitter.kill()
			c.submit()
		case "harm store":
			c.harm()
		}
	}
}

// progress waits until that many more units were worked on. It returns false if
// the job ends before. Workers that have been frozen for long come back.
func (c *chaos) progress(units int) bool {
	c.t.Helper()
	const pastLease = 4 * time.Second // a turn, and what others grant it
	most := c.notes.count("worked") + units
	ended := false
	until(c.t, "nothing is worked", func() bool {
		for p, since := range c.frozen {
			if time.Since(since) > pastLease {
				c.thaw(p)
			}
		}
		ended = c.submitter.ended()
		return ended || c.notes.count("worked") >= most
	})
	return !ended
}

// kill kills a worker, and returns the one that takes its place.
func (c *chaos) kill() *process {
	i := c.rand.IntN(len(c.workers))
	c.workers[i].kill()
	delete(c.frozen, c.workers[i])
	c.workers[i] = c.worker()
	return c.workers[i]
}

// freeze stops a worker that runs, unless it is the last.
func (c *chaos) freeze() *process {
	running := slices.DeleteFunc(slices.Clone(c.workers), func(p *process) bool { return !c.frozen[p].IsZero() })
	if len(running) < 2 {
		return nil
	}
	p := running[c.rand.IntN(len(running))]
	c.signal(p, syscall.SIGSTOP)
	c.frozen[p] = time.Now()
	return p
}

func (c *chaos) thaw(p *process) {
	if _, ok := c.frozen[p]; ok {
		delete(c.frozen, p)
		c.signal(p, syscall.SIGCONT)
	}
}

func (c *chaos) signal(p *process, s syscall.Signal) {
	c.t.Helper()
	if err := p.Process.Signal(s); err != nil {
		c.t.Fatalf("a worker has ended (%v): %s", err, &p.stderr)
	}
}

// cancel cancels the job, and has its parts deleted.
func (c *chaos) cancel() {
	c.t.Helper()
	run := func(args ...string) string {
		p := start(c.t, c.dir, append(args, "--store", c.store)...)
		if code := p.ends(c.t); code != exitDone {
			c.t.Fatalf("%v: exit code %d: %s", args, code, &p.stderr)
		}
		return p.stdout.String()
	}
	run("jobs", "cancel", onlyJob(c.t, c.dir, "--store", c.store))
	if code := c.submitter.ends(c.t); code != exitClosed && code != exitDone { // it may have been done already
		c.t.Fatalf("exit code %d of a cancelled job: %s", code, &c.submitter.stderr)
	}
	until(c.t, "the job is not collected", func() bool { return run("jobs", "gc", "--older", "0s") != "" })
}

// fill fills the store's disk with a file until a worker is told, and frees it.
func (c *chaos) fill(balloon string) {
	c.t.Helper()
	fresh := c.kill() // which has not said so yet
	fillDisk(c.t, balloon)
	until(c.t, "no worker is told that the disk is full", func() bool {
		return c.submitter.ended() || strings.Contains(fresh.stderr.String(), "the disk is full")
	})
	if err := os.Remove(balloon); err != nil {
		c.t.Fatal(err)
	}
}

// fillDisk makes a file of all the room that there is.
func fillDisk(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = f.Write(make([]byte, 1<<12))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	_ = f.Close() // it holds as much as there was room for
}

// A submitter that does no work itself says that the store is full, which the
// workers can't tell it there, and goes on once there is room.
func TestFullStoreIsTold(t *testing.T) {
	t.Parallel()
	disk, dir, notes := t.TempDir(), t.TempDir(), newToyNotes(t)
	if err := mountSmall(t, disk); err != nil {
		t.Skipf("to run it: be root, because a small disk is mounted: %v", err)
	}
	args := []string{"toy", "--units", "300", "--span", "10", "--turn", "1s"}
	want := plain(t, args[1:]...)
	balloon, store := filepath.Join(disk, "balloon"), "dir:"+filepath.Join(disk, "store")
	submitter := start(t, dir, append(args, "--ms", "10", "--workers", "0", "--store", store)...)
	startWith(t, dir, notes.with(""), "worker", "--workers", "1", "--store", store)
	until(t, "nothing is worked", func() bool { return notes.count("worked") > 30 })
	id := onlyJob(t, dir, "--store", store)
	watch := start(t, dir, "jobs", "watch", "--store", store, id)
	fillDisk(t, balloon)
	until(t, "the submitter does not tell", func() bool {
		return submitter.ended() || strings.Contains(submitter.stderr.String(), "the disk is full")
	})
	for _, args := range [][]string{{"jobs", "list"}, {"jobs", "show", id}} {
		p := start(t, dir, append(args, "--store", store)...)
		if code := p.ends(t); code != exitDone || !strings.Contains(p.stderr.String(), "the disk is full") {
			t.Errorf("%v: exit code %d, says %q", args, code, &p.stderr)
		}
	}
	until(t, "the watch does not tell", func() bool {
		return watch.ended() || strings.Contains(watch.stderr.String(), "the disk is full")
	})
	if err := os.Remove(balloon); err != nil {
		t.Fatal(err)
	}
	resumes(t, submitter, want)
}

// ended says whether the process has ended.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// mountSmall makes a folder a file system of its own, until the test is over.
func mountSmall(t *testing.T, folder string) error {
	if err := syscall.Mount("okazaki-test", folder, "tmpfs", 0, "size=32m"); err != nil {
		return err
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return nil
}
