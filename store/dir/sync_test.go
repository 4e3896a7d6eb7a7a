package dir

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"okazaki"
)

// A create that waits is let go only by a flush that began after it began to
// wait.
func TestGroupSyncCovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		written, durable, flushes := 0, 0, 0
		g := &groupSync{flush: func() error {
			mu.Lock()
			covered := written
			mu.Unlock()
			time.Sleep(time.Millisecond)
			mu.Lock()
			durable, flushes = covered, flushes+1
			mu.Unlock()
			return nil
		}}
		const creates = 1000
		var wg sync.WaitGroup
		for i := range creates {
			wg.Go(func() {
				time.Sleep(time.Duration(i%37) * 100 * time.Microsecond)
				end := g.begin(i % 2 * 2 * brief) // some brief, some large
				defer end()
				for range 2 {
					mu.Lock()
					written++
					mine := written
					mu.Unlock()
					if err := g.wait(t.Context()); err != nil {
						t.Error(err)
					}
					mu.Lock()
					if durable < mine {
						t.Errorf("write %d is let go with %d durable", mine, durable)
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		synctest.Wait()
		if flushes > creates/5 || g.active != 0 || g.next != nil || g.syncing {
			t.Errorf("%d flushes for %d creates; left behind: %+v", flushes, creates, g)
		}
	})
}

func TestGroupSyncOfOneDoesNotWaitForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &groupSync{flush: func() error { return nil }}
		end := g.begin(1)
		defer end()
		large := g.begin(brief + 1)
		if err := g.wait(t.Context()); err != nil { // would hang, and synctest panic
			t.Error(err)
		}
		large()
	})
}

func TestGroupSyncFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("the disk is on fire")
		slow := make(chan struct{})
		g := &groupSync{flush: func() error { <-slow; return broken }}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := g.wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a flush that never ends: %v", err)
		}
		close(slow)
		if err := g.wait(t.Context()); !errors.Is(err, broken) {
			t.Errorf("%v", err)
		}
		g.flush = func() error { return nil }
		if err := g.wait(t.Context()); err != nil {
			t.Errorf("the next one: %v", err)
		}
	})
}

func TestEachSync(t *testing.T) {
	s, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.sync.close(); err != nil {
		t.Fatal(err)
	}
	s.sync, s.journal = eachSync{s}, nil
	for _, key := range []string{"a", "b/c/d"} {
		if err := s.Create(t.Context(), key, []byte("x")); err != nil {
			t.Error(err)
		}
	}
}

// The clock is asked once in a while, and counted on from there.
func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := time.Unix(1e9, 0) // far from this machine's
		asked := 0
		start := time.Now()
		c := clock{touch: func() (time.Time, error) { asked++; return server.Add(time.Since(start)), nil }}
		for range 100 {
			now, err := c.now()
			if want := server.Add(time.Since(start)); err != nil || !now.Equal(want) {
				t.Fatalf("%v instead of %v, %v", now, want, err)
			}
			time.Sleep(asOften / 10)
		}
		if asked < 9 || asked > 11 {
			t.Errorf("asked %d times", asked)
		}
		c.touch = func() (time.Time, error) { return time.Time{}, errors.New("gone") }
		time.Sleep(2 * asOften)
		if _, err := c.now(); err == nil {
			t.Error("a clock that can't be asked returns a time")
		}
	})
}

func TestExplain(t *testing.T) {
	s, err := Open(t.TempDir(), Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	for errno, want := range map[syscall.Errno]error{
		syscall.ESTALE: okazaki.ErrBusy, syscall.EAGAIN: okazaki.ErrBusy, syscall.EMFILE: okazaki.ErrBusy,
		syscall.ENOENT: okazaki.ErrNotFound, syscall.ENOTDIR: okazaki.ErrNotFound,
	} {
		if err := s.absent(&fs.PathError{Op: "open", Path: "p", Err: errno}); !errors.Is(err, want) {
			t.Errorf("%v is explained as %v", errno, err)
		}
	}
	for errno, says := range map[syscall.Errno]string{
		syscall.ENOSPC: "full", syscall.EDQUOT: "quota", syscall.EROFS: "written", syscall.EACCES: "not be written", syscall.EPERM: "not be written",
	} {
		err := s.explain(&os.LinkError{Op: "link", Old: "a", New: "b", Err: errno})
		if mend, ok := err.(*okazaki.Error); !ok || !strings.Contains(mend.Message, says) || !errors.Is(err, errno) {
			t.Errorf("%v is explained as %v", errno, err)
		}
	}
	if err := s.explain(syscall.EIO); !errors.Is(err, syscall.EIO) || errors.Is(err, okazaki.ErrBusy) {
		t.Errorf("EIO is explained as %v", err)
	}
}

// A link whose reply was lost is the caller's own.
func TestLinkSentTwice(t *testing.T) {
	s, err := Open(t.TempDir(), Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	d := &osDisk{} // whose files all have names, as on NFS
	s.disk = d
	tmp, err1 := d.write(s.newTemp(), false)
	other, err2 := d.write(s.newTemp(), false)
	if err := errors.Join(err1, err2, s.link(tmp, s.path("a/b"))); err != nil {
		t.Fatal(err)
	}
	if err := s.link(tmp, s.path("a/b")); err != nil {
		t.Errorf("its own link, again: %v", err)
	}
	if err := s.link(other, s.path("a/b")); !errors.Is(err, okazaki.ErrExists) {
		t.Errorf("another's: %v", err)
	}
}
