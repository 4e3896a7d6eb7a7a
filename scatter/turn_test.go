package scatter

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"okazaki"
	"okazaki/store/mem"
)

// hands carry out a turn's effects on records that a test has laid out.
type hands struct {
	clock  time.Duration // of the turn
	life   *life
	values map[string][]byte
	age    time.Duration                 // of all that is listed
	on     func(e Effect, r Reply) Reply // sees each reply first
	probes bool
	done   []Effect
	calls  okazaki.Calls // the creates, as large ones
}

// newHands is a store that holds a job of two stages of 100 units, of which the
// first is planned; its root is a child of the node "root".
func newHands() *hands {
	l := &life{id: strings.Repeat("ab", 10), n: 1, lifeRecord: lifeRecord{Prefix: "0123456789abcdef0123", Job: okazaki.Job{
		Stages: []string{"one", "two"},
		Limits: okazaki.Limits{
			Budget: 100_000 << 10, Classes: []int64{1024}, Turn: 30 * time.Second, Aim: 2 * time.Second, Deadline: time.Hour, Concurrency: 2,
		},
	}}}
	h := &hands{life: l, values: map[string][]byte{}, on: func(_ Effect, r Reply) Reply { return r }}
	h.values[l.keys().axis(0)] = encode(&axisRecord{Axis: okazaki.Axis{Units: 100, Concat: true}, Nonce: "root"}, nil)
	return h
}

func (h *hands) part(node string, ord int, at okazaki.Span) {
	p := &part{Size: 1, data: []byte("x")}
	h.values[h.life.keys().verdict(node, ord)] = encode(&verdict{Kind: partVerdict, Nonce: fmt.Sprint("other", node, ord), At: at, Part: p}, p)
}

// split cuts the root span into four children of the node "cut".
func (h *hands) split() {
	s := &split{Span: okazaki.Span{Hi: 100}, Pool: 4, Limit: 30 * time.Second}
	for hi := int64(25); hi <= 100; hi += 25 {
		s.Children = append(s.Children, child{Hi: hi, Budget: 1 << 20})
	}
	h.values[h.life.keys().mark("root", 0)] = []byte("{}")
	h.values[h.life.keys().verdict("root", 0)] = encode(&verdict{Kind: splitVerdict, Nonce: "cut", At: s.Span, Split: s}, nil)
}

// taken takes all retries of the pools.
func (h *hands) taken() {
	for slot := range 8 {
		for _, node := range []string{"root", "cut"} {
			h.values[h.life.keys().slot(node, slot)] = []byte(`{"for":"another"}`)
		}
	}
}

func (h *hands) reply(e Effect) Reply {
	switch e.Op {
	case OpGet:
		r := Reply{}
		for _, key := range e.Keys {
			r.Values = append(r.Values, h.values[key])
		}
		return r
	case OpList:
		r := Reply{}
		for ord := range 10 {
			for _, n := range []string{"", ".000", ".001"} {
				if key := e.Prefix + ordinal(ord) + n; h.values[key] != nil {
					r.Entries = append(r.Entries, okazaki.Entry{Key: key, Age: h.age})
				}
			}
		}
		return r
	case OpCreate:
		if e.NextKey == "" {
			return Reply{Status: h.create(e.Key, e.Value)}
		}
		return Reply{
			Behind: []Outcome{{Key: e.Key, Status: h.create(e.Key, e.Value)}},
			Next:   h.create(e.NextKey, e.Next),
		}
	case OpWork:
		return Reply{Bytes: []byte("x"), Done: e.Span.Hi, Took: 10 * time.Millisecond}
	case OpPlan:
		return Reply{Axis: okazaki.Axis{Units: 100, Concat: true}}
	}
	return Reply{}
}

func (h *hands) create(key string, value []byte) Status {
	h.calls.Large++
	if h.values[key] != nil {
		return Exists
	}
	h.values[key] = value
	return OK
}

// play takes a whole turn.
func (h *hands) play(t *testing.T) {
	t.Helper()
	turn := newTurn(h.life, okazaki.Wake{}, TurnOptions{WorkerSeed: "w", Nonce: "w.1", Machine: "m", Until: 30 * time.Second, Left: time.Hour, Inline: 1000, Probes: h.probes})
	for e := turn.Begin(); ; {
		h.done = append(h.done, e)
		if e.Op == OpLeave {
			return
		}
		if len(h.done) > 1000 {
			t.Fatal("the turn does not end")
		}
		r := h.on(e, h.reply(e))
		h.clock += time.Millisecond
		r.Elapsed, r.Calls = h.clock, h.calls
		e = turn.Step(r)
	}
}

// creates returns the keys that the turn created, or wanted to.
func (h *hands) creates() string {
	var keys []string
	for _, e := range h.done {
		if e.Op == OpCreate {
			keys = append(keys, strings.TrimPrefix(e.Key, string(h.life.keys())))
		}
	}
	return strings.Join(keys, " ")
}

// A turn that finds no retry left to plan the next stage does not give it up if
// another has laid it out by then.
func TestStageThatWasLaidOutMeanwhile(t *testing.T) {
	h := newHands()
	h.part("root", 0, okazaki.Span{Hi: 100})
	h.taken()
	h.age = time.Hour
	h.values[h.life.keys().merge("root", 0)] = []byte(`{"nonce":"another"}`)
	h.on = func(e Effect, r Reply) Reply {
		if e.Op == OpCreate && strings.Contains(e.Key, "/p/") {
			h.values[h.life.keys().axis(1)] = encode(&axisRecord{Axis: okazaki.Axis{Units: 100, Concat: true}, Nonce: "later"}, nil)
		}
		return r
	}
	h.play(t)
	if got := h.creates(); !strings.Contains(got, "v/later/000") {
		t.Errorf("it created %s", got)
	}
	for _, key := range strings.Fields(h.creates()) {
		var end End
		if b := h.values[key]; strings.HasPrefix(key, endedPrefix) {
			if _, err := decode(b, &end); err != nil || end.State != Done {
				t.Errorf("it ended %v, %v", end, err)
			}
		}
	}
}

// A stage that was whole when the next was laid out may be joined again with a
// hole, where its merged part was lost. The job is not done then, whatever became
// of the next stage, and its end names the holes of both.
func TestStageThatIsJoinedAgainWithAHole(t *testing.T) {
	whole, lost := okazaki.Span{Hi: 100}, Hole{Span: okazaki.Span{Hi: 100}, Reason: "lost"}
	for _, failed := range []bool{false, true} {
		h := newHands()
		h.split()
		h.values[h.life.keys().merged("root", 0)] = encode(&merged{Nonce: "again", At: whole, Miss: 1, Holes: []Hole{lost}}, nil)
		h.values[h.life.keys().axis(1)] = encode(&axisRecord{Axis: okazaki.Axis{Units: 100, Concat: true}, Nonce: "later"}, nil)
		h.part("later", 0, whole)
		want := []Hole{lost}
		if failed {
			bad := Hole{Stage: 1, Span: whole, Reason: "bad"}
			h.values[h.life.keys().verdict("later", 0)] = encode(&verdict{Kind: failVerdict, Nonce: "bad", At: whole, Reason: "bad"}, nil)
			want = append(want, bad)
		}
		h.play(t)
		end := h.done[len(h.done)-1].End
		if end == nil || end.State != Incomplete || end.Missing != int64(len(want)) || !slices.Equal(end.Holes, want) {
			t.Errorf("the next stage failed: %v; it ended %+v", failed, end)
		}
	}
}

// A turn leaves a life alone whose records expire, whichever of them went first.
func TestAxisThatHasGone(t *testing.T) {
	h := newHands()
	h.part("root", 0, okazaki.Span{Hi: 100})
	h.values[h.life.keys().axis(1)] = encode(&axisRecord{Axis: okazaki.Axis{Units: 100, Concat: true}, Nonce: "later"}, nil)
	delete(h.values, h.life.keys().axis(0))
	h.play(t)
	if last := h.done[len(h.done)-1]; last.Err != nil || last.End != nil || h.creates() != "" {
		t.Errorf("it creates %q and leaves with %v, %v", h.creates(), last.End, last.Err)
	}
}

// A merge does not do without a verdict that a list shows and a read does not.
func TestMergeNeedsAllVerdicts(t *testing.T) {
	h := newHands()
	h.split()
	for ord := range 4 {
		h.part("cut", ord, okazaki.Span{Lo: int64(25 * ord), Hi: int64(25*ord + 25)})
	}
	h.on = func(e Effect, r Reply) Reply {
		for i, key := range e.Keys {
			if key == h.life.keys().verdict("cut", 2) {
				r.Values[i] = nil
			}
		}
		return r
	}
	h.play(t)
	if got := h.creates(); got != "m/cut/000" {
		t.Errorf("it created %s", got)
	}
}

// A turn whose merge failed, after a while, leaves a job that has ended by then
// alone.
func TestMergeThatFailsAfterTheEnd(t *testing.T) {
	h := newHands()
	h.values[h.life.keys().axis(0)] = encode(&axisRecord{Axis: okazaki.Axis{Units: 100}, Nonce: "root"}, nil)
	h.split()
	for ord := range 4 {
		h.part("cut", ord, okazaki.Span{Lo: int64(25 * ord), Hi: int64(25*ord + 25)})
	}
	h.on = func(e Effect, r Reply) Reply {
		if e.Op == OpMerge {
			h.clock += 10 * time.Second
			h.values[endedKey(h.life.Prefix)] = encode(&End{State: Cancelled, Job: h.life.name()}, nil)
			return Reply{Status: Failed, Err: errors.New("EIO")}
		}
		return r
	}
	h.play(t)
	if got := h.creates(); got != "m/cut/000" {
		t.Errorf("it created %s", got)
	}
}

// A second try at a span that another is at leaves it alone if no retry is left
// to pay for it.
func TestSecondTryThatCanNotBePaid(t *testing.T) {
	h := newHands()
	h.split()
	for ord := range 3 {
		h.part("cut", ord, okazaki.Span{Lo: int64(25 * ord), Hi: int64(25*ord + 25)})
	}
	h.values[h.life.keys().attempt("cut", 3, 0)] = []byte(`{"nonce":"other.1.1"}`)
	h.taken()
	h.age = 20 * time.Second
	h.play(t)
	if got := h.creates(); !strings.Contains(got, "p/cut/") || strings.Contains(got, "v/") {
		t.Errorf("it created %s", got)
	}
}

// A child that was split is entered where neither its mark nor its merged part
// is there any more.
func TestMarkThatIsLost(t *testing.T) {
	h := newHands()
	h.split()
	for ord := range 3 {
		h.part("cut", ord, okazaki.Span{Lo: int64(25 * ord), Hi: int64(25*ord + 25)})
	}
	s := &split{Span: okazaki.Span{Lo: 75, Hi: 100}, Pool: 1, Limit: 30 * time.Second, Children: []child{{Hi: 80, Budget: 1 << 20}, {Hi: 100, Budget: 1 << 20}}}
	h.values[h.life.keys().verdict("cut", 3)] = encode(&verdict{Kind: splitVerdict, Nonce: "deep", At: s.Span, Split: s}, nil)
	h.play(t)
	if got := h.creates(); !strings.Contains(got, "s/cut/003") || !strings.Contains(got, "v/deep/001") {
		t.Errorf("it created %s", got)
	}
}

// The attempt of a worker that is known to be dead is open at once; one whose
// worker may be alive is not.
func TestAttemptOfTheDead(t *testing.T) {
	for _, dead := range []bool{true, false} {
		h := newHands()
		h.split()
		for ord := range 3 {
			h.part("cut", ord, okazaki.Span{Lo: int64(25 * ord), Hi: int64(25*ord + 25)})
		}
		h.values[h.life.keys().attempt("cut", 3, 0)] = []byte(`{"nonce":"other.1.1"}`)
		h.age, h.probes = time.Second, true
		asked := ""
		h.on = func(e Effect, r Reply) Reply {
			if e.Op == OpProbe {
				asked = strings.Join(e.Workers, " ")
				r.Dead = []bool{dead}
			}
			return r
		}
		h.play(t)
		if got := strings.Contains(h.creates(), "a/cut/003.001"); got != dead || asked != "other" {
			t.Errorf("%q is dead: %v; it created %s", asked, dead, h.creates())
		}
	}
}

func TestDepthIsBounded(t *testing.T) {
	turn := &Turn{}
	for depth, want := range map[int]bool{0: false, MaxDepth - 1: false, MaxDepth: true, MaxDepth + 1: true} {
		f := &frame{depth: depth, split: &split{Span: okazaki.Span{Hi: 100}, Children: []child{{Hi: 100}}}}
		if got := turn.atFloor(f, 0); got != want {
			t.Errorf("at a depth of %d, a span is at the floor: %v", depth, got)
		}
	}
}

// Holes that adjoin are one if they have one reason.
func TestHolesOfDifferentReasons(t *testing.T) {
	g := &gather{}
	for i, reason := range []string{"a", "a", "b", "b", "a"} {
		g.hole(Hole{Span: okazaki.Span{Lo: int64(i), Hi: int64(i + 1)}, Reason: reason})
	}
	if got, want := fmt.Sprint(g.out.Holes), "[stage 0 span [0,2): a stage 0 span [2,4): b stage 0 span [4,5): a]"; got != want || g.out.Miss != 5 {
		t.Errorf("%s, %d missing", got, g.out.Miss)
	}
}

// A machine that fails again after a rest rests for twice as long. One span that
// goes well and all is forgiven.
func TestRestsGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := &Health{Machine: "m"}, mem.New(nil)
		fails := func(times int) (rest time.Duration) {
			for i := range times {
				h.fails(t.Context(), s, "w", "job", fmt.Sprint("span", i), fmt.Errorf("EIO"))
			}
			for start := time.Now(); h.resting(); rest = time.Since(start) {
				time.Sleep(time.Second)
			}
			return rest
		}
		for i, want := range []time.Duration{1, 2, 4, 8, 16, 32, 32} {
			times := 1
			if i == 0 {
				times = sickAfter
			}
			if got := fails(times); got != want*time.Minute {
				t.Errorf("rest %d: %v", i, got)
			}
		}
		h.worked()
		time.Sleep(time.Hour) // the reports of its process are old by then
		if got := fails(1); got != 0 {
			t.Errorf("after it went well, one failure: %v", got)
		}
		if got := fails(sickAfter); got != time.Minute {
			t.Errorf("after it went well: %v", got)
		}
	})
}
