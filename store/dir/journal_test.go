package dir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"okazaki"
)

// journaled is a store that has a journal, whatever its folder lies on, of
// small files.
func journaled(t *testing.T, root string) (*Store, *modelDisk) {
	t.Helper()
	d := newModelDisk(root)
	s, err := ways[0].start(t, root, d, 0)
	if err != nil {
		t.Fatal(err)
	}
	return s, d
}

// A process that was stopped while it had the lock holds no other process up.
func TestLockedStore(t *testing.T) {
	root := t.TempDir()
	s, _ := journaled(t, root)
	stopped, _ := journaled(t, root)
	locked, free := make(chan bool), make(chan bool)
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = stopped.lock.hold(time.Minute, func() error { close(locked); <-free; return nil })
	})
	<-locked
	for i := range 20 {
		key := fmt.Sprint("k/", i)
		if err := s.Create(t.Context(), key, []byte("x")); err != nil {
			t.Error(err)
		}
		if err := s.Create(t.Context(), key, []byte("y")); !errors.Is(err, okazaki.ErrExists) {
			t.Error(err)
		}
	}
	if err := s.Delete(t.Context(), "k/0"); err != nil {
		t.Error(err)
	}
	close(free)
	wg.Wait()
	if err := stopped.Create(t.Context(), "k/1", nil); !errors.Is(err, okazaki.ErrExists) {
		t.Error(err)
	}
	if err := stopped.Create(t.Context(), "k/0", []byte("z")); err != nil {
		t.Error(err)
	}
}

// No process uses a store that is being mended after a crash.
func TestStoreIsBeingMended(t *testing.T) {
	root := t.TempDir()
	s, _ := journaled(t, root)
	err := s.lock.hold(time.Minute, func() error {
		_, err := ways[0].start(t, root, newModelDisk(root), 1)
		return err
	})
	if mend, ok := errors.AsType[*okazaki.Error](err); !ok || mend.Hint == "" {
		t.Errorf("%v", err)
	}
	if _, err := ways[0].start(t, root, newModelDisk(root), 1); err != nil {
		t.Error(err)
	}
}

// A journal doesn't grow for ever.
func TestJournalIsShort(t *testing.T) {
	root := t.TempDir()
	s, _ := journaled(t, root)
	for i := range 500 {
		if err := s.Create(t.Context(), fmt.Sprint("k/", i), make([]byte, 300)); err != nil {
			t.Fatal(err)
		}
	}
	numbers, err := s.journal.numbers()
	if err != nil || len(numbers) != 1 || numbers[0] < 10 {
		t.Errorf("after 150 kB in files of 16: %v, %v", numbers, err)
	}
}

// Values of a program that knew no seals are read as they are.
func TestValuesWithoutSeals(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "old"), []byte("as it was"), 0o444); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(root, "old"), long, long); err != nil {
		t.Fatal(err)
	}
	s, _ := journaled(t, root)
	if v, err := s.Get(t.Context(), "old"); err != nil || string(v.Bytes) != "as it was" {
		t.Errorf("%q, %v", v.Bytes, err)
	}
	if err := s.Create(t.Context(), "old", nil); !errors.Is(err, okazaki.ErrExists) {
		t.Error(err)
	}
}

// What a crash tore is missing, and can be created.
func TestTornFiles(t *testing.T) {
	for _, file := range []string{"", "x", "eight by", "a value without its seal", string(sealed([]byte("cut"))[0][:9]), string(make([]byte, 50))} {
		for _, key := range []string{"durable", "fleeting/x"} {
			root := t.TempDir()
			s, _ := journaled(t, root)
			path := s.path(key)
			if err := errors.Join(s.mkdirAll(filepath.Dir(path)), os.WriteFile(path, []byte(file), 0o444)); err != nil {
				t.Fatal(err)
			}
			if v, err := s.Get(t.Context(), key); !errors.Is(err, okazaki.ErrNotFound) {
				t.Errorf("%q is read as %q, %v", file, v.Bytes, err)
			}
			if err := s.Create(t.Context(), key, []byte("whole")); err != nil {
				t.Errorf("over %q: %v", file, err)
			}
			if v, err := s.Get(t.Context(), key); err != nil || string(v.Bytes) != "whole" {
				t.Errorf("%q, %v", v.Bytes, err)
			}
		}
	}
}

// A Get that finds an own file torn removes it, or lists would show for ever what
// nobody can read; a value, and files of others, stay.
func TestGetRemovesTornFiles(t *testing.T) {
	root := t.TempDir()
	m := machine{disk: newModelDisk(root), boot: "one", firstJournal: 4 << 10, fullJournal: 16 << 10, patience: patience}
	s, err := open(root, Options{Own: func(key string) bool { return strings.HasPrefix(key, "own/") }}, m)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, key := range []string{"own/a", "own/whole", "other/a"} {
		if err := s.Create(t.Context(), key, []byte("value")); err != nil {
			t.Fatal(err)
		}
		if key == "own/whole" {
			continue
		}
		if err := errors.Join(os.Chmod(s.path(key), 0o666), os.Truncate(s.path(key), 3)); err != nil {
			t.Fatal(err)
		}
	}
	var found, left []string
	for _, key := range []string{"own/a", "own/whole", "other/a"} {
		if _, err := s.Get(t.Context(), key); err == nil {
			found = append(found, key)
		}
	}
	entries, err := s.List(t.Context(), "o", "")
	for _, e := range entries {
		left = append(left, e.Key)
	}
	if err != nil || !slices.Equal(found, []string{"own/whole"}) || !slices.Equal(left, []string{"other/a", "own/whole"}) {
		t.Errorf("found %q, left %q, %v", found, left, err)
	}
}

// The mending after a crash removes what it tore of the store's own keys, and no
// other file, however new.
func TestMendingSparesOtherFiles(t *testing.T) {
	root := t.TempDir()
	files := map[string]bool{"own/torn": false, "notes.txt": true, "other/empty": true, "other/own": true, "Upper": true, "+mine": true}
	start := func(boot string) {
		m := machine{disk: newModelDisk(root), boot: boot, firstJournal: 4 << 10, fullJournal: 16 << 10, patience: patience}
		s, err := open(root, Options{Own: func(key string) bool { return strings.HasPrefix(key, "own/") }}, m)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.Create(t.Context(), "own/"+boot, []byte("whole")); err != nil {
			t.Fatal(err)
		}
	}
	start("one")
	for name := range files {
		path := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte("precious")[:len(name)%3], 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	start("two")
	files["own/one"] = true
	for name, stays := range files {
		if _, err := os.Stat(filepath.Join(root, name)); (err == nil) != stays {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A folder that other machines use has no journal, from when the first of them
// opens it.
func TestSharedFolder(t *testing.T) {
	root := t.TempDir()
	s, d := journaled(t, root)
	create := func(key string) {
		t.Helper()
		if err := s.Create(t.Context(), key, nil); err != nil {
			t.Fatal(err)
		}
	}
	create("a")
	records := d.count("file")
	other := newModelDisk(root)
	other.foreign = true
	o, err := ways[0].start(t, root, other, 7)
	if err != nil || o.journal != nil {
		t.Fatalf("the other machine has a journal %v, %v", o.journal, err)
	}
	create("b")
	if err := s.Delete(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	if n := d.count("file"); n != records {
		t.Errorf("%d syncs of the journal since another machine came", n-records)
	}
	again, err := ways[0].start(t, root, newModelDisk(root), 1) // after a crash that took nothing
	if err != nil || again.journal != nil {
		t.Errorf("after a crash there is a journal %v, %v", again.journal, err)
	}
	if _, err := again.Get(t.Context(), "b"); err != nil {
		t.Error(err)
	}
}

// What looks torn on a network's file system may not be whole yet.
func TestTornFilesOfOthers(t *testing.T) {
	s, err := Open(t.TempDir(), Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	s.local = false
	path := s.path("k")
	if err := os.WriteFile(path, []byte("half"), 0o444); err != nil {
		t.Fatal(err)
	}
	if err := s.Create(t.Context(), "k", nil); !errors.Is(err, okazaki.ErrBusy) {
		t.Errorf("young: %v", err)
	}
	s.since = time.Now().Add(-time.Hour)
	long := time.Now().Add(-2 * settled)
	if err := os.Chtimes(path, long, long); err != nil {
		t.Fatal(err)
	}
	if err := s.Create(t.Context(), "k", nil); err != nil {
		t.Errorf("old: %v", err)
	}
}

// A journal's file whose sync failed is not built on.
func TestJournalOnABrokenDisk(t *testing.T) {
	root := t.TempDir()
	s, d := journaled(t, root)
	if err := s.Create(t.Context(), "a", nil); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the disk is on fire")
	s.journal.group.flush = func() error { _ = s.journal.failed(broken); return broken }
	if err := s.Create(t.Context(), "b", nil); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	s.journal.group.flush = s.journal.sync
	number, all := s.journal.number, d.count("all")
	if err := s.Create(t.Context(), "c", nil); err != nil {
		t.Error(err)
	}
	if s.journal.number == number || d.count("all") == all {
		t.Error("goes on in the same file")
	}
}

// A folder that is listed again shows what came and went meanwhile.
func TestListsAgain(t *testing.T) {
	s, err := Open(t.TempDir(), Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	const n = 300
	there := map[string]bool{}
	for round := range 6 {
		for i := range n {
			key := fmt.Sprintf("f/%d", i*7%n)
			switch i % (3 + round) {
			case 0:
				if err := s.Create(t.Context(), key, nil); err != nil && !errors.Is(err, okazaki.ErrExists) {
					t.Fatal(err)
				}
				there[key] = true
			case 1:
				if err := s.Delete(t.Context(), key); err != nil {
					t.Fatal(err)
				}
				delete(there, key)
			}
		}
		page, err := s.List(t.Context(), "f/", "")
		if err != nil || len(page) != len(there) {
			t.Fatalf("%d keys instead of %d, %v", len(page), len(there), err)
		}
		for i, e := range page {
			if !there[e.Key] || i > 0 && page[i-1].Key >= e.Key {
				t.Errorf("%s is listed after %s", e.Key, page[max(0, i-1)].Key)
			}
		}
	}
	if len(s.folders) > mostListings {
		t.Errorf("%d folders are remembered", len(s.folders))
	}
}

// A create that lost to one without the journal is not replayed.
func TestReplayOfALostCreate(t *testing.T) {
	root := t.TempDir()
	s, d := journaled(t, root)
	theirs, err := d.write(s.newTemp(), true, sealed([]byte("theirs"))...)
	if err != nil {
		t.Fatal(err)
	}
	none := func() error { return nil }
	mine := record{kind: created, key: "k", value: []byte("mine")}
	err = s.journal.change(mine, none, func() error {
		return errors.Join(s.link(theirs, s.path("k")), okazaki.ErrExists)
	})
	if !errors.Is(err, okazaki.ErrExists) {
		t.Fatal(err)
	}
	again, err := ways[0].start(t, root, d, 1)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := again.Get(t.Context(), "k"); err != nil || string(v.Bytes) != "theirs" {
		t.Errorf("%q, %v", v.Bytes, err)
	}
}
