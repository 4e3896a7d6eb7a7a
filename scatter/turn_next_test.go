package scatter

import (
	"slices"
	"strings"
	"testing"
	"time"

	"okazaki"
)

// isNext says whether an effect creates an attempt, and a verdict behind it.
func isNext(e Effect) bool { return e.Op == OpCreate && e.NextKey != "" }

// A turn owns the attempt that it was told to own, and no other, and has its
// verdict created, whatever the replies to a create of two keys.
func TestNextAttempt(t *testing.T) {
	another := []byte(`{"nonce":"another"}`)
	for name, c := range map[string]struct {
		on     func(h *hands, e Effect, r Reply) Reply // sees the first such create
		worked int                                     // children of four
		both   int                                     // creates of two keys
	}{
		"both are created": {func(_ *hands, _ Effect, r Reply) Reply { return r }, 4, 3},
		"another has it": {func(h *hands, e Effect, r Reply) Reply {
			h.values[e.NextKey] = another
			r.Next = Exists
			return r
		}, 3, 2},
		"the reply is lost": {func(_ *hands, _ Effect, r Reply) Reply {
			r.Next = Busy
			return r
		}, 4, 3},
		"it was not created": {func(h *hands, e Effect, r Reply) Reply {
			delete(h.values, e.NextKey)
			r.Next = Busy
			return r
		}, 4, 3},
		"it was not created, and another has it by then": {func(h *hands, e Effect, r Reply) Reply {
			h.values[e.NextKey] = another
			r.Next = Busy
			return r
		}, 3, 2},
		"another has decided": {func(h *hands, e Effect, r Reply) Reply {
			ord, _, _ := parseOrdinal(e.Key)
			h.part("cut", ord, okazaki.Span{Lo: 25 * int64(ord), Hi: 25 * int64(ord+1)})
			r.Behind[0].Status = Exists
			return r
		}, 4, 3},
		"both replies are lost": {func(_ *hands, _ Effect, r Reply) Reply {
			r.Behind[0].Status, r.Next = Busy, Busy
			return r
		}, 4, 3},
		"the verdict is tried again": {func(h *hands, e Effect, r Reply) Reply {
			delete(h.values, e.Key)
			r.Behind[0].Status = Busy
			return r
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
			for ord := range c.worked {
				if h.values[h.life.keys().verdict("cut", ord)] == nil && c.worked == 4 {
					t.Errorf("child %d has no verdict", ord)
				}
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

// The calls that a record told which lost to another's are told again.
func TestCallsOfALostRecord(t *testing.T) {
	for _, lost := range []bool{false, true} {
		h := newHands()
		h.life.Job.Limits.Calls = okazaki.Prices{Large: 1}
		h.split()
		h.on = func(e Effect, r Reply) Reply {
			if lost && isNext(e) {
				ord, _, _ := parseOrdinal(e.Key)
				h.part("cut", ord, okazaki.Span{Lo: 25 * int64(ord), Hi: 25 * int64(ord+1)})
				r.Behind[0].Status = Exists
				lost = false
			}
			return r
		}
		h.play(t)
		end := h.done[len(h.done)-1].End
		if end == nil || end.State != Done || end.Calls != h.calls {
			t.Errorf("it made %v, and ended %+v", h.calls, end)
		}
	}
}

// A turn that looked whether its life has ended, and then had to wait for a
// record of before, looks again.
func TestLookOfLongAgo(t *testing.T) {
	h := newHands()
	h.split()
	var behind []Outcome
	looks := 0
	h.on = func(e Effect, r Reply) Reply {
		switch {
		case isNext(e) && behind == nil:
			behind, r.Behind = r.Behind, nil
			behind[0].Status = Busy
			h.clock += 7 * time.Second
		case e.Op == OpGet && len(e.Keys) == 1 && e.Keys[0] == endedKey(h.life.Prefix) && h.clock < 25*time.Second:
			if looks++; looks == 1 {
				r.Behind = behind
			}
		case e.Op == OpCreate && e.Tries > 0:
			h.clock += 8 * time.Second
		}
		return r
	}
	h.play(t)
	if looks != 2 {
		t.Errorf("it looked %d times\n%v", looks, h.creates())
	}
}
