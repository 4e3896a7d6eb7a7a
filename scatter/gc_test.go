package scatter_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"okazaki"
	"okazaki/scatter"
	"okazaki/store/mem"
)

// A stopping store deletes a few keys, and then fails.
type stopping struct {
	okazaki.Store
	deletes int // that succeed from here on
}

var errFailing = errors.New("the store is gone")

func (f *stopping) Delete(ctx context.Context, key string) error {
	if f.deletes--; f.deletes < 0 {
		return errFailing
	}
	return f.Store.Delete(ctx, key)
}

// prefixOf is the prefix of a life.
func prefixOf(t *testing.T, s okazaki.Store, name string) string {
	t.Helper()
	v, err := s.Get(t.Context(), "lives/"+strings.Replace(name, ".", "/", 1))
	if err != nil {
		t.Fatal(err)
	}
	var record struct {
		Prefix string `json:"prefix"`
	}
	head, _, _ := bytes.Cut(v.Bytes, []byte{'\n'})
	if err := json.Unmarshal(head, &record); err != nil {
		t.Fatal(err)
	}
	return record.Prefix
}

// under counts the keys of a life's parts.
func under(t *testing.T, s okazaki.Store, prefix string) int64 {
	t.Helper()
	n := int64(0)
	for _, key := range keysIn(t, s) {
		if strings.HasPrefix(key, prefix[:2]+"/"+prefix+"/") {
			n++
		}
	}
	return n
}

// ask has the fleet's question answered, whatever is left of its last life, and
// returns the life that answered it.
func (f *fleet) ask(t *testing.T) string {
	t.Helper()
	name, end, err := f.run(t, t.Context())
	if err != nil || end.State != scatter.Done {
		t.Fatal(end, err)
	}
	b, err := read(t.Context(), scatter.Gathered(f.store, name, len(f.job.Stages)-1))
	if errors.Is(err, scatter.ErrGone) {
		if name, end, err = f.rerun(t, name); err != nil || end.State != scatter.Done {
			t.Fatal(end, err)
		}
		b, err = read(t.Context(), scatter.Gathered(f.store, name, len(f.job.Stages)-1))
	}
	if err != nil || string(b) != f.engine.want() {
		t.Fatalf("%d bytes of %d, %v", len(b), len(f.engine.want()), err)
	}
	return name
}

// A collector may stop after any of its deletes: the question is answered with
// the same bytes then, a later collector deletes the rest, and no name comes
// twice.
func TestCollectorStopsAnywhere(t *testing.T) {
	collectors := map[string]func(ctx context.Context, s okazaki.Store) error{
		"gc": func(ctx context.Context, s okazaki.Store) error {
			_, err := scatter.GC(ctx, s, 24*time.Hour)
			return err
		},
		"trim": func(ctx context.Context, s okazaki.Store) error {
			_, err := scatter.Trim(ctx, s, 1, func(string) int64 { return 1 })
			return err
		},
	}
	for name, collect := range collectors {
		for i := range 4 {
			concat, before := i%2 == 0, i/2 // collectors that did not stop
			for n, stopped := 0, true; stopped; n++ {
				synctest.Test(t, func(t *testing.T) {
					f := newFleet(&toy{units: 60, concat: concat, takes: 50 * time.Millisecond})
					f.job.Limits.Span, f.inline = 20, 1
					first := f.ask(t)
					prefix := prefixOf(t, f.store, first)
					for range before {
						time.Sleep(100 * time.Hour)
						if err := collect(t.Context(), f.store); err != nil {
							t.Fatal(err)
						}
					}
					time.Sleep(100 * time.Hour)
					err := collect(t.Context(), &stopping{f.store, n})
					if stopped = errors.Is(err, errFailing); err != nil && !stopped {
						t.Fatal(err)
					}
					second := f.ask(t)
					if second == first && (n > 0 || before > 0) { // an axis goes first
						t.Errorf("%s, %d deletes after %d passes: %s is taken for whole", name, n, before, first)
					}
					time.Sleep(30 * time.Hour)
					if err := collect(t.Context(), f.store); err != nil {
						t.Fatal(err)
					}
					if left := under(t, f.store, prefix); left > 0 {
						t.Errorf("%s, %d deletes after %d passes: %d keys are left of %s", name, n, before, left, first)
					}
					f.seesNoNameTwice(t, []string{first, second})
				})
			}
		}
	}
}

// seesNoNameTwice collects, asks the question again, and so on, for days.
func (f *fleet) seesNoNameTwice(t *testing.T, names []string) {
	t.Helper()
	for _, pause := range []time.Duration{2 * time.Hour, 2 * time.Hour, time.Minute, 25 * time.Hour, 50 * time.Hour, 100 * time.Hour} {
		time.Sleep(pause)
		for range 3 {
			if _, err := scatter.GC(t.Context(), f.store, 0); err != nil {
				t.Fatal(err)
			}
		}
		name := f.ask(t)
		if slices.Contains(names[:len(names)-1], name) || name == names[len(names)-1] && pause > time.Hour {
			t.Errorf("%s comes twice, after %s", name, names)
		}
		names = append(names, name)
	}
	time.Sleep(100 * time.Hour)
	for range 3 {
		if _, err := scatter.GC(t.Context(), f.store, 0); err != nil {
			t.Fatal(err)
		}
	}
	if left := keysIn(t, f.store); len(left) > 1 { // the format
		t.Errorf("left of all lives: %q", left)
	}
}

// A staleStore does not list what is younger than a while.
type staleStore struct {
	okazaki.Store
	while time.Duration
}

func (s staleStore) List(ctx context.Context, prefix, after string) ([]okazaki.Entry, error) {
	page, err := s.Store.List(ctx, prefix, after)
	return slices.DeleteFunc(page, func(e okazaki.Entry) bool { return e.Age < s.while }), err
}

// A life's name stays until every list shows a later one: a submitter whose list
// does not would use it again.
func TestNameStaysUntilALaterOneIsListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 20, takes: 50 * time.Millisecond})
		first := f.ask(t)
		time.Sleep(2 * time.Hour)
		for range 2 {
			if _, err := scatter.GC(t.Context(), f.store, 0); err != nil {
				t.Fatal(err)
			}
			f.ask(t) // the second is the next life
		}
		engines := f.lives.engines(f.engine)
		defer f.lives.check(t)
		defer engines.Close()
		name, err := scatter.Submit(t.Context(), staleStore{f.store, time.Minute}, engines, &f.job, true)
		if err != nil || name == first {
			t.Errorf("%s comes twice (%v)", name, err)
		}
	})
}

// Trim deletes what ended first, as much as it must, and nothing that is open
// or has just ended.
func TestTrimDeletesWhatEndedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mem.New(nil)
		var names, prefixes []string
		begin := func(units int64, ends bool) {
			t.Helper()
			f := newFleet(&toy{units: units})
			f.store, f.job.Params = s, []byte(`{"units":`+string(rune('0'+units))+`}`)
			f.job.Limits.Deadline = 1000 * time.Hour
			name, err := scatter.Submit(t.Context(), s, f.engines(), &f.job, false)
			if err != nil {
				t.Fatal(err)
			}
			if ends {
				name = f.ask(t)
			}
			names, prefixes = append(names, name), append(prefixes, prefixOf(t, s, name))
		}
		begin(1, false) // it stays open
		for units := int64(2); units <= 6; units++ {
			time.Sleep(time.Hour)
			begin(units, true)
		}
		size := func(prefix string) int64 {
			if strings.HasPrefix(prefix, "in/") {
				return 0
			}
			return under(t, s, strings.Split(prefix, "/")[1])
		}
		trim := func(excess int64, want ...int) (next time.Duration) {
			t.Helper()
			var expected []string
			var bytes int64
			for _, i := range want {
				expected, bytes = append(expected, names[i]), bytes+under(t, s, prefixes[i])
			}
			got, err := scatter.Trim(t.Context(), s, excess, size)
			if err != nil || !slices.Equal(got.Gone, expected) || got.Freed != bytes {
				t.Errorf("trimmed by %d: %+v, %v; want %q and %d", excess, got, err, expected, bytes)
			}
			return got.Next
		}
		trim(0)
		trim(1, 1)
		trim(under(t, s, prefixes[2])+1, 2, 3)
		if next := trim(1<<40, 4); next.Round(time.Second) != 32*time.Second { // the last one has just ended
			t.Errorf("more may go after %v", next)
		}
		if listed, err := scatter.Jobs(t.Context(), s); err != nil || len(listed) != 6 {
			t.Errorf("%q, %v", listed, err)
		}
		if l, err := scatter.Look(t.Context(), s, names[1]); err != nil || !l.Gone {
			t.Errorf("%+v, %v", l, err)
		}
		if l, err := scatter.Look(t.Context(), s, names[0]); err != nil || l.End != nil {
			t.Errorf("%+v, %v", l, err)
		}
		time.Sleep(50 * time.Hour) // the names of what is gone go, and nothing else
		for range 2 {
			if _, err := scatter.GC(t.Context(), s, 720*time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		if listed, err := scatter.Jobs(t.Context(), s); err != nil || len(listed) != 2 {
			t.Errorf("%q, %v", listed, err)
		}
	})
}

// Trim deletes stored inputs that only lives read whose parts are gone.
func TestTrimDeletesUnreadInputs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mem.New(nil)
		in := &scatter.Inputs{Store: s}
		ask := func(sequence string, ends bool) okazaki.Input {
			t.Helper()
			input, err := in.Keep(t.Context(), "genomes", "stdin", strings.NewReader(sequence))
			if err != nil {
				t.Fatal(err)
			}
			f := newFleet(&toy{units: 5})
			f.store, f.job.Inputs = s, []okazaki.Input{input}
			f.job.Limits.Deadline = 1000 * time.Hour
			if _, err := scatter.Submit(t.Context(), s, f.engines(), &f.job, false); err != nil {
				t.Fatal(err)
			}
			if ends {
				f.ask(t)
			}
			return input
		}
		there := func(input okazaki.Input) bool {
			_, err := in.Open(t.Context(), input)
			return err == nil
		}
		done, open := ask("ACGT", true), ask("AACC", false)
		trim := func(next time.Duration) {
			t.Helper()
			if got, err := scatter.Trim(t.Context(), s, 1<<40, func(string) int64 { return 1 }); err != nil || got.Next > next || got.Next < next-time.Second {
				t.Fatalf("%+v, %v; want more after %v", got, err, next)
			}
		}
		time.Sleep(5 * time.Hour)
		trim(time.Hour)
		trim(time.Hour)
		if !there(done) || !there(open) {
			t.Error("an input is gone that somebody may be about to ask of")
		}
		time.Sleep(2 * time.Hour)
		trim(1)
		if !there(done) {
			t.Error("an input is gone in the pass that gave it up")
		}
		trim(1)
		if there(done) || !there(open) {
			t.Errorf("read by nobody: there %v; read by an open job: there %v", there(done), there(open))
		}
		trim(0)
	})
}

// Orphans deletes what no name and no end names, once it is old.
func TestOrphans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 60, takes: 50 * time.Millisecond})
		var names, prefixes []string
		for i := range 5 { // lives of five questions
			f.job.Params = []byte{'0' + byte(i)}
			name := f.ask(t)
			names, prefixes = append(names, name), append(prefixes, prefixOf(t, f.store, name))
		}
		drop := func(key string) {
			t.Helper()
			if err := f.store.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
		life := func(i int) string { return "lives/" + strings.Replace(names[i], ".", "/", 1) }
		// A store's expiry took the name of 0, its end, and both of 2 and 3.
		drop(life(0))
		drop("ended/" + prefixes[1])
		for _, i := range []int{2, 3} {
			drop(life(i))
			drop("ended/" + prefixes[i])
		}
		orphans := func(want ...string) {
			t.Helper()
			gone, err := scatter.Orphans(t.Context(), f.store)
			if err != nil || !slices.Equal(gone.Gone, want) {
				t.Errorf("deleted %q, %v; want %q", gone.Gone, err, want)
			}
		}
		time.Sleep(47 * time.Hour)
		orphans()
		// A late writer of life 3.
		late := prefixes[3][:2] + "/" + prefixes[3] + "/a/late/000.000"
		if err := f.store.Create(t.Context(), late, nil); err != nil {
			t.Fatal(err)
		}
		before := map[int]int64{}
		for _, i := range []int{0, 1, 4} {
			before[i] = under(t, f.store, prefixes[i])
		}
		time.Sleep(2 * time.Hour)
		orphans(prefixes[2])
		for i, n := range before {
			if left := under(t, f.store, prefixes[i]); left != n {
				t.Errorf("%d keys are left of life %d, which has a name or an end; there were %d", left, i, n)
			}
		}
		if under(t, f.store, prefixes[2]) > 0 || under(t, f.store, prefixes[3]) == 0 {
			t.Errorf("%d keys of an orphan, %d of one that is young", under(t, f.store, prefixes[2]), under(t, f.store, prefixes[3]))
		}
		time.Sleep(48 * time.Hour)
		orphans(prefixes[3])
		orphans()
		f.job.Params = []byte("4")
		if name := f.ask(t); name != names[4] {
			t.Errorf("%s answers, not %s", name, names[4])
		}
	})
}
