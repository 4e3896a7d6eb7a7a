package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"okazaki/client"
	"okazaki/store/dir"
)

func TestByteValue(t *testing.T) {
	for _, c := range []struct {
		text string
		want int64
		says string
	}{
		{"10GB", 10e9, "10GB"}, {"10gb", 10e9, "10GB"}, {"1.5 TB", 15e11, "1.5TB"}, {"500M", 5e8, "500MB"},
		{"2KiB", 2048, "2.05KB"}, {"1GiB", 1 << 30, "1.07GB"}, {"999", 999, "999B"}, {"12 B", 12, "12B"}, {"0", 0, "0"}, {"1e3MB", 1e9, "1GB"},
	} {
		var b byteValue
		if err := b.Set(c.text); err != nil || int64(b) != c.want || b.String() != c.says {
			t.Errorf("%q is %d, %s, %v; not %d, %s", c.text, int64(b), &b, err, c.want, c.says)
		}
	}
	for _, text := range []string{"", "GB", "much", "-1", "-1GB", "NaN", "1e30TB", "10 elephants", "inf"} {
		var b byteValue
		if err := b.Set(text); err == nil {
			t.Errorf("%q is %d", text, int64(b))
		}
	}
}

// newKeeper is the keeper of a new folder, whose files are created as a store
// would.
func newKeeper(t *testing.T, files map[string]int) *keeper {
	t.Helper()
	folder := t.TempDir()
	s, err := dir.Open(filepath.Join(folder, "okazaki"), dir.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for key, size := range files {
		if err := s.Create(t.Context(), key, make([]byte, size)); err != nil {
			t.Fatal(err)
		}
	}
	return &keeper{
		Store: s, folder: s.Folder(), digests: filepath.Join(folder, "digests"),
		age: time.Hour, limit: 1e9, tell: newTeller(io.Discard, false, false),
	}
}

const (
	oldLife = "aa/aa000000000000000000/"
	newLife = "ab/ab000000000000000000/"
)

// A folder is measured in the blocks that its files take. What a life that
// ended a while ago takes is not looked at again.
func TestMeasure(t *testing.T) {
	k := newKeeper(t, map[string]int{
		oldLife + "v/x/000": 1, oldLife + "v/x/001": 4500, newLife + "b/y": 8000,
		"ended/aa000000000000000000": 9, "ended/ab000000000000000000": 9, "in/dd/c/000000": 1,
	})
	hourAgo := time.Now().Add(-2 * measured)
	if err := os.Chtimes(filepath.Join(k.folder, "ended/aa000000000000000000"), hourAgo, hourAgo); err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{oldLife: (3 + 3) * block, newLife: (2 + 2) * block, "in/": (3 + 1) * block}
	check := func() {
		t.Helper()
		m, err := k.measure(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for prefix, size := range want {
			if m.sizes[prefix] != size {
				t.Errorf("%s takes %d, not %d", prefix, m.sizes[prefix], size)
			}
		}
		// ended/ with its two files, and what the store has beside its keys
		if all := want[oldLife] + want[newLife] + want["in/"] + (3+1)*block; m.total < all || m.total > all+10*block {
			t.Errorf("%d in all, not %d", m.total, all)
		}
	}
	check()
	for _, key := range []string{oldLife + "v/x/002", newLife + "b/z"} {
		if err := k.Store.Create(t.Context(), key, nil); err != nil {
			t.Fatal(err)
		}
	}
	want[newLife] += block
	check()
	k.forgetSize(oldLife)
	want[oldLife] += block
	check()
}

// A sweep that is cut short notes nothing that it has not seen.
func TestSweepIsCutShort(t *testing.T) {
	k := newKeeper(t, map[string]int{oldLife + "v/x/000": 1})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	k.sweep(ctx)
	if _, err := os.Stat(filepath.Join(k.folder, keptFile)); err == nil {
		t.Error("a sweep that did not begin is noted")
	}
	var kept keptRecord
	if err := k.make(ctx, &kept); err == nil || kept != (keptRecord{}) {
		t.Errorf("%+v, %v", kept, err)
	}
	k.sweep(t.Context())
	if kept := k.load(); kept.Bytes < 5*block || kept.Swept.IsZero() || kept.Collected.IsZero() || !kept.Again.IsZero() {
		t.Errorf("%+v", kept)
	}
	(*keeper)(nil).sweepShortly(t.Context(), time.Now()) // of another store
}

func TestWhenToSweep(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		name string
		kept keptRecord
		due  bool
		wait time.Duration // of an idle worker
	}{
		{"never yet", keptRecord{}, true, sweepSoon},
		{"a while ago", keptRecord{Swept: now.Add(-59 * time.Minute), Limit: 100}, false, sweepAgain},
		{"long ago", keptRecord{Swept: now.Add(-61 * time.Minute), Limit: 100}, true, sweepSoon},
		{"in the future", keptRecord{Swept: now.Add(time.Hour), Limit: 100}, true, sweepSoon},
		{"it has grown", keptRecord{Swept: now.Add(-time.Second), Bytes: 101, Limit: 100}, true, sweepSoon},
		{"no more can be deleted", keptRecord{Swept: now.Add(-time.Second), Bytes: 101, Limit: 100, Again: now.Add(time.Millisecond)}, false, sweepSoon},
		{"more can be deleted later", keptRecord{Swept: now.Add(-time.Second), Bytes: 101, Limit: 100, Again: now.Add(20 * time.Second)}, false, 20 * time.Second},
		{"no more could be deleted", keptRecord{Swept: now.Add(-2 * time.Second), Bytes: 101, Limit: 100, Again: now}, true, sweepSoon},
		{"another limit", keptRecord{Swept: now.Add(-time.Second), Bytes: 101, Limit: 90, Again: now.Add(time.Minute)}, true, sweepSoon},
	} {
		k := &keeper{limit: 100, age: time.Hour}
		if due, wait := k.due(c.kept, now), k.wait(c.kept, now); due != c.due || wait != c.wait {
			t.Errorf("%s: due %v, wait %v", c.name, due, wait)
		}
	}
	k := newKeeper(t, nil)
	k.age, k.limit = 0, 0
	k.sweep(t.Context())
	if k.load() != (keptRecord{}) {
		t.Error("a sweep without limits")
	}
}

// Digests go when they were not used for long. If there is too little room, the
// oldest go first. The size of the folder includes them.
func TestDigestsAreDropped(t *testing.T) {
	fill := func() *keeper {
		k := newKeeper(t, nil)
		if err := os.MkdirAll(k.digests, 0o700); err != nil {
			t.Fatal(err)
		}
		for i, name := range []string{"d0", "d1", "d2", "d3", client.NewDigest + "old"} {
			path := filepath.Join(k.digests, name)
			at := time.Now().Add(-time.Duration(10*i) * 24 * time.Hour)
			if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(path, at, at); err != nil {
				t.Fatal(err)
			}
		}
		return k
	}
	for _, c := range []struct {
		excess int64
		age    time.Duration
		freed  int64
		left   string
	}{
		{0, 15 * 24 * time.Hour, 3 * block, "[d0 d1]"},
		{0, 0, block, "[d0 d1 d2 d3]"},
		{block + 1, 0, 2 * block, "[d0 d1 d2]"},
		{1 << 40, 0, 5 * block, "[]"},
	} {
		k := fill()
		freed := k.dropDigests(c.excess, c.age)
		left, err := filepath.Glob(filepath.Join(k.digests, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range left {
			left[i] = filepath.Base(left[i])
		}
		if freed != c.freed || fmt.Sprint(left) != c.left {
			t.Errorf("excess %d, age %v: freed %d, left %s; not %d, %s", c.excess, c.age, freed, left, c.freed, c.left)
		}
	}
	k := fill()
	if m, err := k.measure(t.Context()); err != nil || m.total < 6*block {
		t.Errorf("%d bytes, %v", m.total, err)
	}
	used := filepath.Join(k.digests, "d2")
	if err := os.Chtimes(used, time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	k.dropDigests(0, 15*24*time.Hour)
	if _, err := os.Stat(used); err != nil {
		t.Error("a digest that was used today is gone")
	}
}
