package scatter

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// isNext says whether an effect creates a verdict together with an attempt.
func isNext(e Effect) bool { return e.Op == OpCreate && e.NextKey != "" }

// A turn owns the attempt that it was told to own, and no other, whatever the
// replies to a create of two keys.
func TestNextAttempt(t *testing.T) {
	another := []byte(`{"nonce":"another"}`)
	for name, c := range map[string]struct {
		on     func(h *hands, e Effect, r Reply) Reply // sees the first such create
		worked int                                     // children of four
		both   int                                     // creates of two keys
	}{
		"both are created": {func(_ *hands, _ Effect, r Reply) Reply { return r }, 4, 3},
		"another has it": {func(h *hands, e Effect, _ Reply) Reply {
			h.values[e.NextKey] = another
			return Reply{Next: Exists}
		}, 3, 2},
		"the reply is lost": {func(_ *hands, _ Effect, _ Reply) Reply { return Reply{Next: Busy} }, 4, 3},
		"it was not created": {func(h *hands, e Effect, _ Reply) Reply {
			delete(h.values, e.NextKey)
			return Reply{Next: Busy}
		}, 4, 3},
		"it was not created, and another has it by then": {func(h *hands, e Effect, _ Reply) Reply {
			h.values[e.NextKey] = another
			return Reply{Next: Busy}
		}, 3, 2},
		"another has decided":   {func(_ *hands, _ Effect, _ Reply) Reply { return Reply{Status: Exists} }, 4, 3},
		"both replies are lost": {func(_ *hands, _ Effect, _ Reply) Reply { return Reply{Status: Busy, Next: Busy} }, 4, 4},
		"the verdict is tried again": {func(h *hands, e Effect, _ Reply) Reply {
			delete(h.values, e.Key)
			return Reply{Status: Busy}
		}, 4, 3},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHands()
			h.split()
			told := false
			h.on = func(e Effect, r Reply) Reply {
				if !isNext(e) || told {
					return r
				}
				told = true
				return c.on(h, e, r)
			}
			h.play(t)
			worked, both := map[string]int{}, 0
			for _, e := range h.done {
				if e.Op == OpWork && e.Stage == 0 {
					worked[e.Key]++
				}
				if isNext(e) && strings.Contains(e.Key, "/cut/") {
					both++
				}
			}
			if len(worked) != c.worked || both != c.both {
				t.Errorf("worked %v, %d creates of two keys\n%v", worked, both, h.creates())
			}
			for key, n := range worked {
				if n != 1 || slices.Equal(h.values[key], another) {
					t.Errorf("%s was worked %d times, of value %s", key, n, h.values[key])
				}
			}
		})
	}
}

// An attempt that a turn owns is worked, even if the turn has no time for
// another: else it would have to lapse first.
func TestNextAttemptIsWorked(t *testing.T) {
	h := newHands()
	h.split()
	h.on = func(e Effect, r Reply) Reply {
		if isNext(e) {
			h.clock = 29 * time.Second
		}
		return r
	}
	h.play(t)
	var owned, worked []string
	for _, e := range h.done {
		switch {
		case isNext(e):
			owned = append(owned, e.NextKey)
		case e.Op == OpWork:
			worked = append(worked, e.Key)
		}
	}
	if len(worked) != 2 || len(owned) != 1 || owned[0] != worked[1] {
		t.Errorf("owned %v, worked %v", owned, worked)
	}
}

// Nobody creates an attempt that the turn may not work: past the job's
// deadline, long after it looked whether the job has ended, or as a larger class.
func TestNoNextAttempt(t *testing.T) {
	for _, clock := range []time.Duration{28 * time.Second, 2 * time.Hour} {
		h := newHands()
		h.split()
		h.on = func(e Effect, r Reply) Reply {
			if e.Op == OpWork {
				h.clock = clock
			}
			return r
		}
		h.play(t)
		if slices.ContainsFunc(h.done, isNext) {
			t.Errorf("at %v: %s", clock, h.creates())
		}
	}
}
