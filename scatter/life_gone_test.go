package scatter_test

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"okazaki"
	"okazaki/scatter"
	"okazaki/store/mem"
	"okazaki/wake/local"
)

// fieldsOf returns what a field of all records in a store holds, in their order.
func fieldsOf(t *testing.T, s okazaki.Store, field string) []string {
	t.Helper()
	var found []string
	pattern := regexp.MustCompile(`"` + field + `":"([^"]*)"`)
	for _, key := range keysIn(t, s) {
		v, err := s.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if m := pattern.FindSubmatch(v.Bytes); m != nil {
			found = append(found, string(m[1]))
		}
	}
	return found
}

func distinct(names []string) int {
	slices.Sort(names)
	return len(slices.Compact(names))
}

// No two lives have a prefix in common, of one question or of several, and also
// where the store has forgotten the life before.
func TestPrefixesAreNotShared(t *testing.T) {
	var prefixes []string
	for range 2 {
		f, _ := submitted(t, 3)
		prefixes = append(prefixes, fieldsOf(t, f.store, "prefix")...)
	}
	if len(prefixes) != 6 || distinct(prefixes) != 6 {
		t.Errorf("%v", prefixes)
	}
}

// A nonce names one record, whatever its turn or stage.
func TestNoncesAreUsedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 300, takes: 100 * time.Millisecond})
		f.job.Stages, f.job.Limits.Turn = []string{"one", "two"}, 3*time.Second
		f.answer(t)
		nonces := fieldsOf(t, f.store, "nonce")
		if n := distinct(slices.Clone(nonces)); n != len(nonces) || n < 50 {
			t.Errorf("%d nonces name %d records", n, len(nonces))
		}
	})
}

// A worker that has worked one life of a question, which then ended behind its
// back, works the next.
func TestWorkerThatLivesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 100, takes: 100 * time.Millisecond, concat: true})
		w := &scatter.Worker{Store: f.store, Waker: local.New(1000), Engines: f.engines(), Until: time.Second}
		for life := range 3 {
			job := f.job
			id, err := scatter.Submit(t.Context(), f.store, f.engines(), &job, false)
			if err != nil {
				t.Fatal(err)
			}
			visit, err := w.Take(t.Context(), okazaki.Wake{Job: id})
			if err != nil || visit.Bought == 0 || visit.End != nil && visit.End.Job != id {
				t.Errorf("life %d: %+v, %v", life, visit, err)
			}
			if _, err := scatter.Cancel(t.Context(), f.store, id); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// The collector lets a turn pass before it takes a life's parts, and takes its
// name only in a pass that finds none of them, so that it finds what a late
// writer leaves.
func TestCollectorWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 10})
		f.answer(t)
		gc := func() {
			t.Helper()
			if _, err := scatter.GC(t.Context(), f.store, 0); err != nil {
				t.Fatal(err)
			}
		}
		parts := func() (keys []string) {
			for _, key := range keysIn(t, f.store) {
				if strings.Count(key, "/") > 2 {
					keys = append(keys, key)
				}
			}
			return keys
		}
		before := parts()
		if gc(); len(parts()) != len(before) || len(before) == 0 {
			t.Errorf("a life that has just ended: %d of %d parts are left", len(parts()), len(before))
		}
		time.Sleep(100 * time.Hour)
		if gc(); len(parts()) != 0 {
			t.Errorf("left: %v", parts())
		}
		if err := f.store.Create(t.Context(), before[0], []byte("late")); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			time.Sleep(2 * time.Hour)
			gc()
		}
		if left := keysIn(t, f.store); !slices.Equal(left, []string{"format"}) {
			t.Errorf("left: %v", left)
		}
	})
}

// A life whose answer has lost its root, or got another, is not taken for the
// answer.
func TestAnswerThatIsGone(t *testing.T) {
	for _, c := range []struct {
		name, kind string
		field, new string // what is written in place of the field
	}{
		{"the root's verdict is gone", "/v/", "", ""},
		{"the root was decided again", "/v/", `"nonce":"[^"]*"`, `"nonce":"late"`},
		{"its merged part is gone", "/d/", "", ""},
		{"it was joined again, with a hole", "/d/", `"size":\d+`, `"holes":[{"stage":0,"span":{"lo":0,"hi":10},"reason":"late"}],"miss":1,"size":0`},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFleet(&toy{units: 10, concat: true})
				f.job.Limits.Span = 5
				first, _, err := f.run(t, t.Context())
				if err != nil {
					t.Fatal(err)
				}
				changed := 0
				for _, key := range keysIn(t, f.store) {
					if !strings.Contains(key, c.kind) {
						continue
					}
					v, err := f.store.Get(t.Context(), key)
					if err == nil {
						err = f.store.Delete(t.Context(), key)
					}
					if again := regexp.MustCompile(c.field).ReplaceAll(v.Bytes, []byte(c.new)); err == nil && c.field != "" && !bytes.Equal(again, v.Bytes) {
						err = f.store.Create(t.Context(), key, again)
					}
					if err != nil {
						t.Fatal(err)
					}
					changed++
				}
				second, end, err := f.run(t, t.Context())
				if err != nil || end.State != scatter.Done || second == first || changed == 0 {
					t.Errorf("%s after %s: %v, %v", second, first, end, err)
				}
			})
		})
	}
}

// intruder is a store in which something happens just before a key is created.
type intruder struct {
	okazaki.Store
	before func(key string)
}

func (s *intruder) Create(ctx context.Context, key string, value []byte) error {
	s.before(key)
	return s.Store.Create(ctx, key, value)
}

// A copy of an input is given up in one pass and deleted in a later one: a submitter that has
// leased it in between, or is about to, writes another.
func TestCopyThatIsGivenUpMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &intruder{Store: mem.New(nil), before: func(string) {}}
		in := &scatter.Inputs{Store: s}
		keep := func() okazaki.Input {
			t.Helper()
			input, err := in.Keep(t.Context(), "genomes", "g", strings.NewReader("ACGT"))
			if err != nil {
				t.Fatal(err)
			}
			return input
		}
		first := keep()
		time.Sleep(100 * time.Hour)
		s.before = func(key string) {
			if s.before = func(string) {}; strings.Contains(key, "/lease.") {
				if _, err := scatter.GC(t.Context(), s.Store, time.Hour); err != nil {
					t.Fatal(err)
				}
			}
		}
		if second := keep(); second.Copy == first.Copy {
			t.Error("a copy is used that was given up")
		}
		chunks := 0
		for _, key := range keysIn(t, s) {
			if strings.Contains(key, first.Copy) && strings.HasSuffix(key, "/000000") {
				chunks++
			}
		}
		if chunks != 1 {
			t.Error("a copy was given up and deleted in one pass")
		}
	})
}

// A blob that is not what its verdict names is an error, for a reader and for a
// merge.
func TestBlobsAreChecked(t *testing.T) {
	for _, merged := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f := newFleet(&toy{units: 40, concat: !merged, takes: 100 * time.Millisecond})
			f.inline = 1
			f.job.Limits.Span = 10
			damaged := &damage{Store: f.store}
			f.store = damaged
			if !merged {
				id, end, err := f.run(t, t.Context())
				if err != nil || end.State != scatter.Done {
					t.Fatal(end, err)
				}
				damaged.on.Store(true)
				if b, err := read(t.Context(), scatter.Gathered(f.store, id, 0)); err == nil || !strings.Contains(err.Error(), "other bytes") {
					t.Errorf("%q, %v", b, err)
				}
				return
			}
			damaged.on.Store(true)
			if _, end, err := f.run(t, t.Context()); err != nil || end.State != scatter.Incomplete || !strings.Contains(end.Holes[0].Reason, "other bytes") {
				t.Errorf("%v, %v", end, err)
			}
		})
	}
}

// damage is a store that changes the first byte of every blob.
type damage struct {
	okazaki.Store
	on atomic.Bool
}

func (d *damage) Get(ctx context.Context, key string) (okazaki.Value, error) {
	v, err := d.Store.Get(ctx, key)
	if err == nil && d.on.Load() && strings.Contains(key, "/b/") {
		v.Bytes = slices.Clone(v.Bytes)
		v.Bytes[0]++
	}
	return v, err
}

// A life that was cancelled before it did anything does not hide what the one
// before it has.
func TestLivesThatDidNothingHideNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 400, takes: 100 * time.Millisecond, concat: true})
		ctx, cancel := context.WithTimeout(t.Context(), 12*time.Second)
		_, _, err := f.run(t, ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		for range 3 {
			job := f.job
			id, err := scatter.Submit(t.Context(), f.store, f.engines(), &job, false)
			if err == nil {
				_, err = scatter.Cancel(t.Context(), f.store, id)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		f.again(t)
		if worked := f.engine.worked.Load(); worked > 400+2*25 {
			t.Errorf("%d units were worked, of 400", worked)
		}
	})
}

// A submitter that asks for a fresh life gets one that takes nothing from the others.
func TestFreshLifeAdoptsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 100, takes: 100 * time.Millisecond, concat: true})
		f.answer(t)
		f.fresh = true
		f.answer(t)
		if worked := f.engine.worked.Load(); worked != 200 {
			t.Errorf("%d units were worked in two lives of 100", worked)
		}
	})
}

// reading is a store in which something happens just before a key is read.
type reading struct {
	okazaki.Store
	before func(key string)
}

func (s *reading) Get(ctx context.Context, key string) (okazaki.Value, error) {
	s.before(key)
	return s.Store.Get(ctx, key)
}

// A life that goes while it is joined is not joined: the submitter is given a life that
// is there. Whatever of it was read before it went.
func TestLifeThatGoesWhileItIsJoined(t *testing.T) {
	for gone := 1; ; gone++ {
		f := newFleet(&toy{units: 10})
		first := f.answer(t)
		reads := 0
		s := &reading{Store: f.store}
		s.before = func(string) {
			if reads++; reads == gone {
				for _, key := range keysIn(t, f.store) {
					_ = f.store.Delete(t.Context(), key)
				}
			}
		}
		job := f.job
		name, err := scatter.Submit(t.Context(), s, f.engines(), &job, false)
		if err != nil {
			t.Fatalf("it goes before read %d: %v", gone, err)
		}
		if reads < gone {
			return
		}
		l, err := scatter.Look(t.Context(), f.store, name)
		if err != nil || l.Gone {
			t.Errorf("it goes before read %d: %+v, %v", gone, l, err)
		}
		if second := f.answer(t); second != first {
			t.Errorf("it goes before read %d: %q, not %q", gone, second, first)
		}
	}
}

// A life reads itself and the lives that its record says it may adopt from, and
// none whose cuts those have adopted: every other life here does nothing, so that
// a cut reaches further back than the record.
func TestLifeReadsNoLifeThatItsRecordDoesNotName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 1000, takes: 100 * time.Millisecond, concat: true})
		var read sync.Map
		f.store = &reading{Store: f.store, before: func(key string) {
			if prefix := strings.Split(key, "/"); len(prefix) > 3 {
				read.Store(prefix[1], true)
			}
		}}
		for life := range 16 {
			read.Clear()
			f.workers = 2 * (life % 2)
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			_, _, err := f.run(t, ctx)
			cancel()
			names, listed := scatter.Jobs(t.Context(), f.store)
			if !errors.Is(err, context.DeadlineExceeded) || listed != nil {
				t.Fatal(err, listed)
			}
			name := names[len(names)-1]
			record, err := f.store.Get(t.Context(), "lives/"+strings.Replace(name, ".", "/", 1))
			if err != nil {
				t.Fatal(err)
			}
			read.Range(func(prefix, _ any) bool {
				if !bytes.Contains(record.Bytes, []byte(prefix.(string))) {
					t.Errorf("life %s reads %s, and has the record %s", name, prefix, record.Bytes)
				}
				return true
			})
			if _, err := scatter.Cancel(t.Context(), f.store, name); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A life that has lost some of its records, its end among them, is made whole when
// it is asked again: with the same bytes, and long before its deadline.
func TestLifeThatHasLostRecords(t *testing.T) {
	for _, units := range []int64{3, 120} { // roots that are not split, and roots that are
		for lost := 0; ; lost += 1 + int(units)/40 {
			all := false
			synctest.Test(t, func(t *testing.T) {
				f := newFleet(&toy{units: units, takes: 100 * time.Millisecond})
				f.job.Stages, f.job.Limits.Aim = []string{"one", "two", "three"}, 500*time.Millisecond
				want := f.answer(t)
				var keys, records []string
				for _, key := range keysIn(t, f.store) {
					switch {
					case strings.HasPrefix(key, "ended/"):
						keys = append(keys, key)
					case strings.Count(key, "/") > 2 && !strings.HasPrefix(key, "lives/"):
						records = append(records, key)
					}
				}
				if all = lost >= len(records); all {
					return
				}
				for _, key := range append(keys, records[lost]) {
					if err := f.store.Delete(t.Context(), key); err != nil {
						t.Fatal(err)
					}
				}
				start := time.Now()
				id, end, err := f.run(t, t.Context())
				if err == nil && end.State == scatter.Done {
					_, err = read(t.Context(), scatter.Gathered(f.store, id, 2))
				}
				if errors.Is(err, scatter.ErrGone) {
					job := f.job
					if _, err := scatter.Resubmit(t.Context(), f.store, f.engines(), &job, id); err != nil {
						t.Fatal(err)
					}
				}
				if got := f.answer(t); got != want || time.Since(start) > 10*time.Minute {
					t.Errorf("%d units without %s: %v, %v after %v; the bytes are the same: %v", units, records[lost], end, err, time.Since(start), got == want)
				}
			})
			if all {
				break
			}
		}
	}
}
