// Package storetest is the executable specification of okazaki.Store: a
// conformance suite, a fault injector, and stores that are broken on purpose.
//
// Its one invariant: a fault is drawn from the seed, the key and the attempt
// at that key, never from the order of calls, so that a seed replays.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"okazaki"
	"okazaki/store"
)

// Run checks all that okazaki.Store promises, and that store.Probe agrees.
// open returns a store that is empty, or that nobody else uses; it is called
// once for each subtest.
func Run(t *testing.T, open func(t *testing.T) okazaki.Store) {
	for _, c := range []struct {
		name string
		test func(*testing.T, okazaki.Store)
	}{
		{"Probe", testProbe},
		{"CreateOnce", testCreateOnce},
		{"Race", testRace},
		{"Values", testValues},
		{"CompleteWhenSeen", testCompleteWhenSeen},
		{"Missing", testMissing},
		{"Delete", testDelete},
		{"Keys", testKeys},
		{"Prefixes", testPrefixes},
		{"Pages", testPages},
		{"Order", testOrder},
		{"Ages", testAges},
		{"Canceled", testCanceled},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, store.Patient(open(t))) })
	}
}

func testProbe(t *testing.T, s okazaki.Store) {
	if err := store.Probe(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if page := list(t, s, "probe/", ""); len(page) > 0 {
		t.Errorf("the probe leaves %q", page)
	}
}

func testCreateOnce(t *testing.T, s okazaki.Store) {
	create(t, s, "a/b", "one")
	if err := s.Create(t.Context(), "a/b", []byte("two")); !errors.Is(err, okazaki.ErrExists) {
		t.Errorf("second create: %v", err)
	}
	if err := s.Create(t.Context(), "a/b", []byte("one")); !errors.Is(err, okazaki.ErrExists) {
		t.Errorf("second create of the same value: %v", err)
	}
	if got := get(t, s, "a/b"); got != "one" {
		t.Errorf("holds %q", got)
	}
}

func testRace(t *testing.T, s okazaki.Store) {
	for k := range 20 {
		racesOnce(t, s, fmt.Sprintf("race/%d/key", k))
	}
}

// racesOnce lets many goroutines create a missing key; one must win.
func racesOnce(t *testing.T, s okazaki.Store, key string) {
	t.Helper()
	const racers = 16
	var wg sync.WaitGroup
	var mu sync.Mutex
	var winners []string
	start := make(chan struct{})
	for r := range racers {
		wg.Go(func() {
			value := fmt.Sprintf("racer %d", r)
			<-start
			err := s.Create(t.Context(), key, []byte(value))
			switch {
			case err == nil:
				mu.Lock()
				winners = append(winners, value)
				mu.Unlock()
			case !errors.Is(err, okazaki.ErrExists):
				t.Errorf("%s: %v", key, err)
			default:
				if _, err := s.Get(t.Context(), key); err != nil {
					t.Errorf("%s exists, but: %v", key, err)
				}
			}
		})
	}
	close(start)
	wg.Wait()
	// No reply is lost here, so the winner knows that it won.
	if len(winners) != 1 || get(t, s, key) != winners[0] {
		t.Errorf("%s holds %q, winners: %q", key, get(t, s, key), winners)
	}
}

func testValues(t *testing.T, s okazaki.Store) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	large := make([]byte, 8<<20)
	rng := rand.NewChaCha8([32]byte{1})
	_, _ = rng.Read(large)
	for _, c := range []struct {
		name  string
		value []byte
	}{{"empty", nil}, {"zero", []byte{0}}, {"all-bytes", all}, {"lines", []byte("a\r\nb\n")}, {"large", large}} {
		create(t, s, "v/"+c.name, string(c.value))
		if got := get(t, s, "v/"+c.name); got != string(c.value) {
			t.Errorf("%s: %d bytes come back as %d others", c.name, len(c.value), len(got))
		}
	}
}

// testCompleteWhenSeen reads a key, and lists it, while it is created.
func testCompleteWhenSeen(t *testing.T, s okazaki.Store) {
	want := bytes.Repeat([]byte("complete"), 1<<17)
	for i := range 5 {
		key := fmt.Sprintf("seen/%d", i)
		done := make(chan error, 1)
		go func() { done <- s.Create(t.Context(), key, want) }()
		for created := false; !created; {
			select {
			case err := <-done:
				if err != nil {
					t.Fatal(err)
				}
				created = true
			default:
			}
			listed := slices.Contains(list(t, s, "seen/", ""), key)
			v, err := s.Get(t.Context(), key)
			switch {
			case err == nil && !bytes.Equal(v.Bytes, want):
				t.Fatalf("seen with %d of %d bytes", len(v.Bytes), len(want))
			case err != nil && (listed || created || !errors.Is(err, okazaki.ErrNotFound)):
				t.Fatalf("listed %v, created %v, but: %v", listed, created, err)
			}
		}
	}
}

func testMissing(t *testing.T, s okazaki.Store) {
	create(t, s, "here/a", "")
	for _, key := range []string{"a", "here/b", "no/such/folder/a"} {
		if _, err := s.Get(t.Context(), key); !errors.Is(err, okazaki.ErrNotFound) {
			t.Errorf("Get %s: %v", key, err)
		}
		if err := s.Delete(t.Context(), key); err != nil {
			t.Errorf("Delete %s: %v", key, err)
		}
	}
	if _, err := s.Get(t.Context(), "here"); !errors.Is(err, okazaki.ErrNotFound) {
		t.Errorf("Get of a folder: %v", err)
	}
}

func testDelete(t *testing.T, s okazaki.Store) {
	for _, key := range []string{"d/a", "d/b", "d/e/f"} {
		create(t, s, key, "x")
	}
	remove := func(key string) {
		t.Helper()
		if err := s.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Get(t.Context(), key); !errors.Is(err, okazaki.ErrNotFound) {
			t.Errorf("Get %s, deleted: %v", key, err)
		}
	}
	remove("d/a")
	wantList(t, s, "", "", "d/b", "d/e/f")
	remove("d/e/f")
	wantList(t, s, "d", "", "d/b")
	remove("d/b")
	wantList(t, s, "", "")
	// The end of a job is the end of its keys' promise.
	create(t, s, "d/e/f", "y")
	create(t, s, "d/a", "y")
	wantList(t, s, "", "", "d/a", "d/e/f")
}

func testKeys(t *testing.T, s okazaki.Store) {
	long := strings.Repeat("k", store.MaxPart)
	good := []string{"0", "a.b-c_d", ".hidden", "a..b", "-/_/.x", long, "x/" + long + "/" + long}
	for _, key := range good {
		create(t, s, key, key)
	}
	for _, key := range good {
		if got := get(t, s, key); got != key {
			t.Errorf("%s holds %q", key, got)
		}
	}
	for _, key := range badKeys {
		for what, err := range map[string]error{
			"Create": s.Create(t.Context(), key, nil),
			"Get":    func() error { _, err := s.Get(t.Context(), key); return err }(),
			"Delete": s.Delete(t.Context(), key),
		} {
			if err == nil || errors.Is(err, okazaki.ErrExists) || errors.Is(err, okazaki.ErrNotFound) {
				t.Errorf("%s %q: %v", what, key, err)
			}
		}
	}
	slices.Sort(good)
	wantList(t, s, "", "", good...)
}

var badKeys = []string{"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a/..", "A", "a b", "a\x00", `a\b`, "é",
	"a%2fb", "a?b", "+tmp/a", strings.Repeat("k", store.MaxPart+1), strings.Repeat("k/", store.MaxKey/2) + "k"}

func testPrefixes(t *testing.T, s okazaki.Store) {
	for _, key := range []string{"p/a", "p/a-1", "p/ab/c", "p/ab/d/e", "p/ab.c", "p/b", "pq/a", "q"} {
		create(t, s, key, "")
	}
	all := []string{"p/a", "p/a-1", "p/ab.c", "p/ab/c", "p/ab/d/e", "p/b", "pq/a", "q"}
	wantList(t, s, "", "", all...)
	wantList(t, s, "p", "", all[:7]...)
	wantList(t, s, "p/", "", all[:6]...)
	wantList(t, s, "p/a", "", all[:5]...)
	wantList(t, s, "p/a", "p/a", all[1:5]...)
	wantList(t, s, "p/ab", "", all[2:5]...)
	wantList(t, s, "p/ab/", "", all[3:5]...)
	wantList(t, s, "p/ab/d", "", all[4])
	wantList(t, s, "p/ab", "p/ab.c", all[3:5]...)
	wantList(t, s, "p/", "p/ab/c", all[4:6]...)
	wantList(t, s, "p/", "p/ab/cc", all[4:6]...)
	wantList(t, s, "p/", "p/ab/", all[3:6]...)
	wantList(t, s, "p/b", "p/a", all[5])
	wantList(t, s, "p/b", "p/b")
	wantList(t, s, "p/b", "q")
	wantList(t, s, "", "zz")
	wantList(t, s, "p/ab/d/e/f", "")
	wantList(t, s, "r", "")
	wantList(t, s, "q/", "")
	for _, prefix := range []string{"..", "../", "/", "p//", "p/./", "P", "p/ab/../"} {
		wantList(t, s, prefix, "")
	}
}

// testPages lists more keys than a page holds, in one folder and around it.
func testPages(t *testing.T, s okazaki.Store) {
	var all []string
	for i := range okazaki.PageSize + 200 {
		all = append(all, fmt.Sprintf("n/c/%05d", i))
	}
	all = append(all, "n/b", "n/c-", "n/d/x", "n/d/y")
	var wg sync.WaitGroup
	for chunk := range slices.Chunk(all, 100) {
		wg.Go(func() {
			for _, key := range chunk {
				create(t, s, key, "")
			}
		})
	}
	wg.Wait()
	slices.Sort(all)
	for _, prefix := range []string{"", "n/c/"} {
		var want []string
		for _, key := range all {
			if strings.HasPrefix(key, prefix) {
				want = append(want, key)
			}
		}
		first := list(t, s, prefix, "")
		if len(first) != okazaki.PageSize {
			t.Fatalf("a full page of %q has %d entries", prefix, len(first))
		}
		second := list(t, s, prefix, first[len(first)-1])
		if !slices.Equal(append(first, second...), want) {
			t.Errorf("two pages of %q are not all keys in order", prefix)
		}
		third := list(t, s, prefix, want[len(want)-1])
		if len(third) > 0 {
			t.Errorf("after the last of %q: %q", prefix, third)
		}
	}
}

// testOrder lists a random tree from random places.
func testOrder(t *testing.T, s okazaki.Store) {
	rng := rand.New(rand.NewPCG(1, 2))
	names := []string{"a", "a-", "a.", "aa", "b", "b.1", "0", "_"}
	seen := map[string]bool{}
	for len(seen) < 60 {
		key := names[rng.IntN(len(names))]
		for range rng.IntN(4) {
			key += "/" + names[rng.IntN(len(names))]
		}
		nested := false // no key is a folder of another
		for other := range seen {
			nested = nested || strings.HasPrefix(other, key+"/") || strings.HasPrefix(key, other+"/") || other == key
		}
		if !nested {
			create(t, s, key, "")
			seen[key] = true
		} else if rng.IntN(50) == 0 {
			break
		}
	}
	all := slices.Sorted(func(yield func(string) bool) {
		for key := range seen {
			if !yield(key) {
				return
			}
		}
	})
	for range 60 {
		prefix, after := all[rng.IntN(len(all))], all[rng.IntN(len(all))]
		prefix, after = prefix[:rng.IntN(len(prefix)+1)], after[:rng.IntN(len(after)+1)]
		var want []string
		for _, key := range all {
			if strings.HasPrefix(key, prefix) && key > after {
				want = append(want, key)
			}
		}
		wantList(t, s, prefix, after, want...)
	}
}

func testAges(t *testing.T, s okazaki.Store) {
	const sane = 10 * time.Minute // more than the suite takes, less than clocks that were never set differ by
	create(t, s, "age/a", "")
	v, err := s.Get(t.Context(), "age/a")
	if err != nil || v.Age < 0 || v.Age > sane {
		t.Errorf("a new key is %v old, %v", v.Age, err)
	}
	page, err := s.List(t.Context(), "age/", "")
	if err != nil || len(page) != 1 || page[0].Age < 0 || page[0].Age > sane {
		t.Errorf("a new key is listed as %v, %v", page, err)
	}
}

func testCanceled(t *testing.T, s okazaki.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, get := s.Get(ctx, "c")
	_, list := s.List(ctx, "", "")
	for what, err := range map[string]error{"Create": s.Create(ctx, "c", nil), "Get": get, "List": list, "Delete": s.Delete(ctx, "c")} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := s.Get(t.Context(), "c"); !errors.Is(err, okazaki.ErrNotFound) {
		t.Errorf("a create that was cancelled before it began: %v", err)
	}
}

func create(t *testing.T, s okazaki.Store, key, value string) {
	t.Helper()
	if err := s.Create(t.Context(), key, []byte(value)); err != nil {
		t.Errorf("Create %s: %v", key, err)
	}
}

func get(t *testing.T, s okazaki.Store, key string) string {
	t.Helper()
	v, err := s.Get(t.Context(), key)
	if err != nil {
		t.Errorf("Get %s: %v", key, err)
	}
	return string(v.Bytes)
}

func list(t *testing.T, s okazaki.Store, prefix, after string) []string {
	t.Helper()
	page, err := s.List(t.Context(), prefix, after)
	if err != nil {
		t.Fatalf("List %q after %q: %v", prefix, after, err)
	}
	var keys []string
	for _, e := range page {
		keys = append(keys, e.Key)
	}
	return keys
}

func wantList(t *testing.T, s okazaki.Store, prefix, after string, want ...string) {
	t.Helper()
	if got := list(t, s, prefix, after); !slices.Equal(got, want) {
		t.Errorf("List %q after %q:\n got %q\nwant %q", prefix, after, got, want)
	}
}
