package dir

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"okazaki"
)

// A history holds the calls for each key and their results, each with the
// disk operation at which it happened.
type history struct {
	end int // the crash

	mu     sync.Mutex
	events map[string][]event
}

type event struct {
	what  string // create, created, delete
	value []byte
	at    int
}

func (h *history) add(key, what string, value []byte, at int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.events == nil {
		h.events = map[string][]event{}
	}
	h.events[key] = append(h.events[key], event{what, value, at})
}

// allowed are the values that a key may have after a crash at an op; nil
// stands for none.
func (h *history) allowed(key string) [][]byte {
	values, acknowledged := [][]byte{nil}, false
	for _, e := range h.events[key] {
		switch {
		case e.at > h.end:
		case e.what == "create" && !acknowledged:
			values = append(values, e.value)
		case e.what == "created" && durable(key):
			values, acknowledged = [][]byte{e.value}, true
		case e.what == "delete":
			values, acknowledged = append(values, nil), false
		}
	}
	return values
}

func durable(key string) bool { return !strings.HasPrefix(key, "fleeting/") }

// A way is how a store makes values survive.
type way struct {
	name string
	disk func(d *modelDisk)
	boot bool // the machine's start has a name
}

var ways = []way{
	{"journal", func(*modelDisk) {}, true},
	{"journal, named files", func(d *modelDisk) { d.named = true }, true},
	{"whole file system", func(*modelDisk) {}, false},
	{"each file", func(d *modelDisk) { d.whole = false }, false},
}

// start opens the store in root after start number n of the machine.
func (w way) start(t *testing.T, root string, d *modelDisk, n int) (*Store, error) {
	m := machine{disk: d, firstJournal: 4 << 10, fullJournal: 16 << 10, patience: 2 * patience}
	if w.boot {
		m.boot = fmt.Sprint("boot ", n)
	}
	s, err := open(root, Options{Durable: durable, Own: func(string) bool { return true }}, m)
	if err == nil {
		t.Cleanup(func() { _ = s.Close() })
	}
	return s, err
}

var crashSeeds = flag.Uint64("crashes", 12, "how many seeds TestCrash draws for each way to survive")

// A crash loses no acknowledged value, leaves no half of a value, and brings
// no replaced value back. This holds for whatever unsynced changes it lets
// through, in a store that several processes use, and if a second crash comes
// while the store is being mended.
func TestCrash(t *testing.T) {
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			for seed := range *crashSeeds {
				t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { // which closes its stores
					if err := crashes(t, w, nil, 4, seed); err != nil {
						t.Fatal(err)
					}
				})
			}
		})
	}
}

// Without a sync the model finds what is lost.
func TestCrashFindsMissingSyncs(t *testing.T) {
	for _, c := range []struct {
		way   int
		skips string
	}{{0, "file"}, {0, "folder"}, {0, "all"}, {2, "all"}, {3, "write"}, {3, "folder"}} {
		t.Run(ways[c.way].name+" without "+c.skips, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(200) {
				if crashes(t, ways[c.way], map[string]bool{c.skips: true}, 1, seed) != nil {
					return
				}
			}
			t.Error("nobody sees it")
		})
	}
}

// crashes lets some actors use a store, and the machine crash several times,
// and says what is wrong with what is left. What one actor does is the same
// each time.
func crashes(t *testing.T, w way, skips map[string]bool, actors int, seed uint64) error {
	rng := rand.New(rand.NewPCG(seed, 1))
	root := scratch(t)
	h := &history{}
	for boot := range 4 {
		d := newModelDisk(root)
		w.disk(d)
		before(t, root, d)
		d.skips = skips
		opened := d.now()
		first, err := w.start(t, root, d, boot)
		if err != nil {
			return err
		}
		ready := d.now()
		if err := h.check(t, first); err != nil {
			return fmt.Errorf("after start %d: %w", boot, err)
		}
		second, err := w.start(t, root, d, boot) // as another process does
		if err != nil {
			return err
		}
		next := known(t, first)
		use(t, []*Store{first, second}, actors, d, next, rng)
		at := d.now()
		if rng.IntN(3) > 0 {
			at = ready + rng.IntN(at-ready+1)
		}
		if rng.IntN(6) == 0 {
			at = opened + rng.IntN(ready-opened+1) // while it was being opened
		} else {
			h = next
			h.end = at
		}
		root = crash(t, d.ops[:at], rng)
	}
	return nil
}

const keysOfKind = 6

func keys() []string {
	var all []string
	for i := range keysOfKind {
		all = append(all, fmt.Sprintf("shared/%d/x", i%3), fmt.Sprintf("shared/%d/%d", i%3, i), fmt.Sprintf("fleeting/%d", i))
		for actor := range 4 {
			all = append(all, fmt.Sprintf("own/%d/%d", actor, i))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// known is the history of a store that was just opened: what it holds is
// there to stay.
func known(t *testing.T, s *Store) *history {
	h := &history{}
	for _, key := range keys() {
		if v, err := s.Get(t.Context(), key); err == nil {
			h.add(key, "create", v.Bytes, 0)
			h.add(key, "created", v.Bytes, 0)
		}
	}
	return h
}

// use lets actors in two processes create keys. Some keys are for all actors;
// each other key is for one, which deletes it and makes it again.
func use(t *testing.T, stores []*Store, actors int, d *modelDisk, h *history, rng *rand.Rand) {
	var wg sync.WaitGroup
	for actor := range actors {
		s, rng := stores[actor%2], rand.New(rand.NewPCG(rng.Uint64(), 2))
		wg.Go(func() {
			for n := range 25 {
				i := rng.IntN(keysOfKind)
				key := fmt.Sprintf("own/%d/%d", actor, i)
				switch rng.IntN(6) {
				case 0:
					h.add(key, "delete", nil, d.now())
					if err := s.Delete(context.Background(), key); err != nil {
						t.Error(err)
					}
					continue
				case 1:
					key = fmt.Sprintf("fleeting/%d", i)
				case 2, 3:
					key = fmt.Sprintf("shared/%d/%d", i%3, i)
				}
				value := fmt.Appendf(nil, "%s by %d, %d", key, actor, n)
				value = append(value, make([]byte, rng.IntN(2000))...)
				if rng.IntN(30) == 0 {
					value = append(value, make([]byte, brief)...)
				}
				h.add(key, "create", value, d.now())
				switch err := s.Create(context.Background(), key, value); {
				case err == nil:
					h.add(key, "created", value, d.now())
				case !errors.Is(err, okazaki.ErrExists):
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// check says which key isn't as it must be after a crash. A fleeting key that
// is missing can be created.
func (h *history) check(t *testing.T, s *Store) error {
	page, err := s.List(t.Context(), "", "")
	if err != nil {
		return err
	}
	for _, key := range keys() {
		v, err := s.Get(t.Context(), key)
		there := err == nil
		if !there && !errors.Is(err, okazaki.ErrNotFound) {
			return err
		}
		if !slices.ContainsFunc(h.allowed(key), func(value []byte) bool { return (value != nil) == there && bytes.Equal(value, v.Bytes) }) {
			return fmt.Errorf("%s holds %d bytes, %.30q, %v instead of one of %.30q", key, len(v.Bytes), v.Bytes, err, h.allowed(key))
		}
		if listed := slices.ContainsFunc(page, func(e okazaki.Entry) bool { return e.Key == key }); there && !listed {
			return fmt.Errorf("%s is there, and not listed", key)
		} else if listed && !there && (s.journal != nil || durable(key)) {
			return fmt.Errorf("%s is listed, and not there", key)
		}
		if !there && !durable(key) {
			if err := s.Create(t.Context(), key, []byte("again")); err != nil {
				return fmt.Errorf("%s is not there, but: %w", key, err)
			}
		}
	}
	return nil
}
