package store_test

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"okazaki"
	"okazaki/store"
	"okazaki/store/mem"
	"okazaki/store/storetest"

	"pgregory.net/rapid"
)

func TestProbeRefusesBrokenStores(t *testing.T) {
	for _, b := range storetest.Broken() {
		t.Run(b.Name, func(t *testing.T) {
			t.Parallel()
			for range 5 {
				err := store.Probe(t.Context(), b.Open())
				mend, ok := errors.AsType[*okazaki.Error](err)
				if !ok || mend.Hint == "" {
					t.Fatalf("not refused with what to do: %v", err)
				}
				if !strings.Contains(mend.Message, b.Breaks) {
					t.Errorf("refused for another promise: %v", err)
				}
			}
		})
	}
}

func TestProbeIsCheapAndClean(t *testing.T) {
	s := store.Count(mem.New(nil))
	if err := store.Probe(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if s.Calls() > 24 {
		t.Errorf("a probe costs %v", s)
	}
	if page, err := s.List(t.Context(), "", ""); err != nil || len(page) > 0 {
		t.Errorf("a probe leaves %v, %v", page, err)
	}
}

// A store that is only unlucky is not refused.
func TestProbePassesFaultyStores(t *testing.T) {
	for seed := range uint64(50) {
		synctest.Test(t, func(t *testing.T) {
			s := storetest.Faulty(mem.New(nil), seed, storetest.Faults{
				Busy: 0.1, Lost: 0.2, Late: 0.2, Delay: 0.5, MaxDelay: time.Second,
			})
			if err := store.Probe(t.Context(), s); err != nil {
				t.Errorf("seed %d: %v", seed, err)
			}
		})
	}
}

func TestProbeOfNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := store.Probe(t.Context(), storetest.Faulty(mem.New(nil), 1, storetest.Faults{Busy: 1}))
		mend, ok := errors.AsType[*okazaki.Error](err)
		if !ok || !errors.Is(err, okazaki.ErrBusy) || !strings.Contains(mend.Message, "doesn't answer") {
			t.Errorf("%v", err)
		}
	})
}

func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := store.Count(storetest.Faulty(mem.New(nil), 1, storetest.Faults{Busy: 1}))
		s := store.Patience{First: time.Second, Most: 4 * time.Second, Limit: time.Minute}.Wrap(inner)
		start := time.Now()
		if err := s.Create(t.Context(), "a", nil); !errors.Is(err, okazaki.ErrBusy) {
			t.Errorf("%v", err)
		}
		if took := time.Since(start); took < time.Minute || took > time.Minute+4*time.Second {
			t.Errorf("patient for %v", took)
		}
		if n := inner.Creates.Load(); n < 15 || inner.Busy.Load() != n {
			t.Errorf("asked %v", inner)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start = time.Now()
		if _, err := s.Get(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 10*time.Second {
			t.Errorf("ends %v after its start with %v", time.Since(start), err)
		}
	})
}

func TestPatienceAnswersOnce(t *testing.T) {
	s := store.Count(mem.New(nil))
	p := store.Patient(s)
	if err := p.Create(t.Context(), "a", nil); err != nil {
		t.Error(err)
	}
	if err := p.Create(t.Context(), "a", nil); !errors.Is(err, okazaki.ErrExists) {
		t.Error(err)
	}
	if _, err := p.Get(t.Context(), "b"); !errors.Is(err, okazaki.ErrNotFound) {
		t.Error(err)
	}
	if got := s.String(); got != "2 creates (1 existed), 1 gets, 0 lists, 0 deletes, 0 busy" {
		t.Error(got)
	}
}

// The same calls meet the same faults, in whatever order other keys' calls
// come between.
func TestFaultsReplay(t *testing.T) {
	trace := func(keys []string) map[string]string {
		s := storetest.Faulty(mem.New(nil), 7, storetest.Faults{Busy: 0.2, Lost: 0.2, Late: 0.2})
		got := map[string]string{}
		for _, key := range keys {
			err := s.Create(t.Context(), key, nil)
			if !errors.Is(err, okazaki.ErrExists) { // by how soon a late write lands
				got[key] += fmt.Sprint(err, ";")
			}
		}
		return got
	}
	var keys, other []string
	for i := range 100 {
		keys = append(keys, fmt.Sprint(i))
		other = append([]string{fmt.Sprint(i)}, other...)
	}
	a, b := trace(keys), trace(other)
	faults := 0
	for _, key := range keys {
		if a[key] != b[key] {
			t.Errorf("%s: %q, then %q", key, a[key], b[key])
		}
		if strings.Contains(a[key], "injected") {
			faults++
		}
	}
	if faults < 40 || faults > 80 {
		t.Errorf("%d of 100 calls were faulty, of 60 expected", faults)
	}
}

func TestLateWritesLand(t *testing.T) {
	s := storetest.Faulty(mem.New(nil), 1, storetest.Faults{Late: 1, Horizon: 4})
	if err := s.Create(t.Context(), "a", []byte("late")); !errors.Is(err, okazaki.ErrBusy) {
		t.Fatal(err)
	}
	for range 5 {
		_, _ = s.Get(t.Context(), "b")
	}
	if v, err := s.Get(t.Context(), "a"); err != nil || string(v.Bytes) != "late" {
		t.Errorf("%q, %v", v.Bytes, err)
	}
	_ = s.Create(t.Context(), "c", nil)
	s.Flush(t.Context())
	if _, err := s.Get(t.Context(), "c"); err != nil {
		t.Error(err)
	}
}

func TestStaleLists(t *testing.T) {
	s := storetest.Faulty(mem.New(nil), 1, storetest.Faults{Stale: 1, Horizon: 10})
	const all = okazaki.PageSize + 50
	for i := range all {
		if err := s.Create(t.Context(), fmt.Sprintf("%05d", i), nil); err != nil {
			t.Fatal(err)
		}
	}
	first, err := s.List(t.Context(), "", "")
	if err != nil || len(first) != okazaki.PageSize {
		t.Fatalf("%d entries, %v", len(first), err)
	}
	rest, err := s.List(t.Context(), "", first[len(first)-1].Key)
	if err != nil || len(rest) < 40 || len(rest) >= 50 {
		t.Errorf("the rest is %d entries, %v", len(rest), err)
	}
}

func TestStaleListsHoldWhatWasDeleted(t *testing.T) {
	s := storetest.Faulty(mem.New(nil), 1, storetest.Faults{Stale: 1, Horizon: 1})
	for _, key := range []string{"a/1", "a/2", "b/1", "z"} {
		if err := s.Create(t.Context(), key, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Delete(t.Context(), "a/2"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ prefix, after, want string }{
		{"", "", "a/1 a/2 b/1"}, {"a/", "a/1", "a/2"}, {"a/", "a/2", ""}, {"b/", "", "b/1"},
	} {
		page, err := s.List(t.Context(), c.prefix, c.after)
		var got []string
		for _, e := range page {
			got = append(got, e.Key)
		}
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%q after %q: %q instead of %q, %v", c.prefix, c.after, got, c.want, err)
		}
	}
}

// A delete that lands late takes away what was created meanwhile.
func TestLateDeletesLand(t *testing.T) {
	s := storetest.Faulty(mem.New(nil), 1, storetest.Faults{LateDelete: 1, Horizon: 4})
	if err := s.Create(t.Context(), "a", []byte("one")); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), "a"); !errors.Is(err, okazaki.ErrBusy) {
		t.Errorf("%v", err)
	}
	if _, err := s.Get(t.Context(), "a"); err != nil {
		t.Errorf("gone at once: %v", err)
	}
	for range 5 {
		_, _ = s.Get(t.Context(), "b")
	}
	if _, err := s.Get(t.Context(), "a"); !errors.Is(err, okazaki.ErrNotFound) {
		t.Errorf("never gone: %v", err)
	}
	_ = s.Create(t.Context(), "c", nil)
	_ = s.Delete(t.Context(), "c")
	s.Flush(t.Context())
	if _, err := s.Get(t.Context(), "c"); !errors.Is(err, okazaki.ErrNotFound) {
		t.Error(err)
	}
}

// Keys expire in any order, and only those that may.
func TestKeysExpire(t *testing.T) {
	orders := map[string]bool{}
	for seed := range uint64(20) {
		s := storetest.Faulty(mem.New(nil), seed, storetest.Faults{
			Expire: 0.2, Expires: func(key string) bool { return strings.HasPrefix(key, "old/") },
		})
		for _, key := range []string{"old/1", "old/2", "old/3", "young/1"} {
			if err := s.Create(t.Context(), key, nil); err != nil {
				t.Fatal(err)
			}
		}
		var order []string
		for range 100 {
			for _, key := range []string{"old/1", "old/2", "old/3", "young/1"} {
				_, err := s.Get(t.Context(), key)
				if errors.Is(err, okazaki.ErrNotFound) && !slices.Contains(order, key) {
					order = append(order, key)
				}
			}
		}
		if len(order) != 3 || slices.Contains(order, "young/1") {
			t.Errorf("seed %d: what expired is %q", seed, order)
		}
		orders[strings.Join(order, " ")] = true
	}
	if len(orders) < 4 {
		t.Errorf("the orders are %v", orders)
	}
}

// A Create that was never known to win does not count as a win: through
// patience it returns ErrExists or ErrBusy, even if it created the key
// itself.
func TestCreateWinsOnlyForSure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for seed := range uint64(200) {
			inner := mem.New(nil)
			s := store.Patience{Limit: time.Second}.Wrap(storetest.Faulty(inner, seed, storetest.Faults{Busy: 0.3, Lost: 0.3, Late: 0.3}))
			wins := 0
			for i := range 3 {
				switch err := s.Create(t.Context(), "k", fmt.Append(nil, i)); {
				case err == nil:
					wins++
					if v, err := inner.Get(t.Context(), "k"); err != nil || string(v.Bytes) != fmt.Sprint(i) {
						t.Errorf("seed %d: %d won, and the key holds %q, %v", seed, i, v.Bytes, err)
					}
				case errors.Is(err, okazaki.ErrExists):
					if _, err := inner.Get(t.Context(), "k"); err != nil {
						t.Errorf("seed %d: exists, but: %v", seed, err)
					}
				case !errors.Is(err, okazaki.ErrBusy):
					t.Error(err)
				}
			}
			if wins > 1 {
				t.Errorf("seed %d: %d won", seed, wins)
			}
		}
	})
}

// Wrapped stores say how long they keep.
func TestKeepIsSeenThroughWrappers(t *testing.T) {
	s := mem.New(nil)
	if d := store.Keep(s); d != 0 {
		t.Errorf("for ever is %v", d)
	}
	s.Keep = time.Hour
	for _, wrapped := range []okazaki.Store{s, store.Patient(s), store.Count(s), storetest.Faulty(s, 1, storetest.Faults{})} {
		if d := store.Keep(wrapped); d != time.Hour {
			t.Errorf("%T keeps for %v", wrapped, d)
		}
	}
}

// keys draws strings that are nearly keys.
func keys() *rapid.Generator[string] {
	return rapid.StringMatching(`([a-z0-9._/-]|\.\.|//|A|\\|%2e|` + "\x00" + `){0,12}`)
}

func TestCheckKeyStaysInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkKeyStaysInside(t, keys().Draw(t, "key")) })
}

func FuzzCheckKey(f *testing.F) {
	for _, key := range []string{"a/b", "../a", "a//b", "/a", "a/..", "a/.../b", "é", strings.Repeat("a/", 600)} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) { checkKeyStaysInside(t, key) })
}

func checkKeyStaysInside(t rapid.TB, key string) {
	if store.CheckKey(key) != nil {
		return
	}
	if path.Clean("/"+key) != "/"+key || path.IsAbs(key) || strings.ContainsAny(key, "\\:%+~\x00") || key != strings.ToLower(key) {
		t.Errorf("%q passes", key)
	}
	if f := store.Folder(key); !strings.HasPrefix(key, f) || strings.Contains(key[len(f):], "/") {
		t.Errorf("folder of %q is %q", key, f)
	}
}
