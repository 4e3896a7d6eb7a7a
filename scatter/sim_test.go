package scatter

import (
	"bytes"
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"okazaki"
)

var (
	seedFlag  = flag.Uint64("seed", 0, "replay one seed of the simulator")
	seedsFlag = flag.Int("seeds", 2000, "how many seeds the simulator tries")
)

// A sim is a world of submitters and workers around one store, in simulated
// time. All that happens follows from its seed: each actor draws from a source
// of its own, and a fault on a key from hash(seed, key, try).
type sim struct {
	seed   uint64
	job    *okazaki.Job
	life   *life
	k      keys
	units  []time.Duration // how long each unit takes
	concat bool
	floor  int64
	mutant string
	store  *simStore
	actors []*actor
	wakes  []okazaki.Wake
	rng    *rand.Rand // the schedule's
	now    time.Duration
	faults bool
	ran    map[string]string // attempt key: the turn that ran it
	nodes  map[string]*simNode
	err    error
	spent  int64         // megabyte-milliseconds that ran, and what the work's calls are worth
	calls  okazaki.Calls // of all workers
	end    *End
	inline int
	turns  int
}

type actor struct {
	name   string
	rng    *rand.Rand
	turn   *Turn
	nonce  string
	effect Effect
	reply  *Reply // to be given to the turn at ready
	ready  time.Duration
	began  time.Duration
	calls  okazaki.Calls // so far, as a meter of its own has them
	told   okazaki.Calls
	script []create // a submitter's
}

type create struct {
	key   string
	value []byte
}

func newSim(seed uint64, mutant string) *sim {
	rng := rand.New(rand.NewPCG(seed, 1))
	s := &sim{
		seed: seed, rng: rng, mutant: mutant, faults: true, ran: map[string]string{}, nodes: map[string]*simNode{},
		concat: rng.IntN(2) == 0, floor: int64(rng.IntN(4)), inline: rng.IntN(40),
	}
	n := 1 + rng.IntN(60)
	slow := rng.IntN(3)
	for range n {
		d := time.Duration(rng.IntN(400)) * time.Millisecond
		if slow == 0 && rng.IntN(10) == 0 {
			d += time.Duration(rng.IntN(5000)) * time.Millisecond
		}
		s.units = append(s.units, d)
	}
	s.job = &okazaki.Job{
		Analysis: "sim", Stages: []string{"one", "two"}[:1+rng.IntN(2)],
		Limits: okazaki.Limits{
			Budget:   []int64{40, 400, 4000, 40000}[rng.IntN(4)] * 1000,
			Classes:  [][]int64{{1000}, {500, 1000}, {1000, 1000, 3000}}[rng.IntN(3)],
			Turn:     time.Duration(2+rng.IntN(20)) * time.Second,
			Aim:      time.Duration(200+rng.IntN(2000)) * time.Millisecond,
			Deadline: 1000 * time.Hour, Concurrency: 1 + rng.IntN(6),
			Span: []int64{0, 0, 1, 7}[rng.IntN(4)],
		},
	}
	if rng.IntN(2) == 0 {
		s.job.Limits.Calls = okazaki.Calls{
			Creates: rng.Int64N(100_000), Large: rng.Int64N(200_000), Gets: rng.Int64N(50_000), Lists: rng.Int64N(200_000), Rings: rng.Int64N(10_000),
		}
	}
	for checkLimits(&s.job.Limits, len(s.job.Stages)) != nil {
		s.job.Limits.Budget *= 2
	}
	s.life = &life{id: ID(s.job), n: 1, lifeRecord: lifeRecord{Job: *s.job, Prefix: fmt.Sprintf("%020x", seed)}}
	s.k = s.life.keys()
	s.store = &simStore{sim: s, values: map[string][]byte{}, born: map[string]time.Duration{}, tries: map[string]int{}}
	for i := range 1 + rng.IntN(2) {
		a := s.actor(fmt.Sprint("submitter", i))
		rec := axisRecord{Axis: s.axis(0), Nonce: a.name}
		a.script = []create{
			{lifeKey(s.life.id, s.life.n), encode(&s.life.lifeRecord, nil)}, {s.k.axis(0), encode(&rec, nil)}, {openKey(s.life.name()), nil},
		}
	}
	for i := range 1 + rng.IntN(4) {
		s.actor(fmt.Sprint("worker", i))
	}
	return s
}

func (s *sim) actor(name string) *actor {
	h := fnv.New64a()
	h.Write([]byte(name))
	a := &actor{name: name, rng: rand.New(rand.NewPCG(s.seed, h.Sum64()))}
	s.actors = append(s.actors, a)
	return a
}

func (s *sim) axis(stage int) okazaki.Axis {
	n := int64(len(s.units))
	if stage == 1 {
		n = n/2 + 1
	}
	return okazaki.Axis{Units: n, Floor: s.floor, Concat: s.concat}
}

// want is the answer of the uncut run.
func (s *sim) want(stage int, span okazaki.Span) []byte {
	var b bytes.Buffer
	for u := span.Lo; u < span.Hi; u++ {
		fmt.Fprintf(&b, "%d.%d;", stage, u)
	}
	if s.concat {
		return b.Bytes()
	}
	return []byte("<" + b.String() + ">")
}

// merge joins parts of an engine that does not concatenate.
func simMerge(parts [][]byte) []byte {
	var b bytes.Buffer
	b.WriteByte('<')
	for _, p := range parts {
		b.Write(bytes.Trim(p, "<>"))
	}
	b.WriteByte('>')
	return b.Bytes()
}

// run plays the schedule: first with faults, then without them until the job
// ends.
func (s *sim) run() error {
	steps := 100 + s.rng.IntN(600)
	for i := 0; s.err == nil && s.end == nil; i++ {
		if i == steps {
			s.faults = false
		}
		if i == steps+200000 {
			return fmt.Errorf("the job does not end")
		}
		s.step()
	}
	if s.err != nil {
		return s.err
	}
	return s.check()
}

// step lets one actor that is ready act.
func (s *sim) step() {
	var ready []*actor
	next := time.Duration(-1)
	for _, a := range s.actors {
		if a.ready <= s.now {
			ready = append(ready, a)
		} else if next < 0 || a.ready < next {
			next = a.ready
		}
	}
	if len(ready) == 0 {
		s.now = next
		return
	}
	s.store.land()
	s.store.expire()
	s.now += time.Duration(s.rng.IntN(5)) * time.Millisecond
	a := ready[s.rng.IntN(len(ready))]
	switch {
	case len(a.script) > 0:
		s.submit(a)
	case a.turn == nil:
		s.wake(a)
	default:
		s.act(a)
	}
}

func (s *sim) submit(a *actor) {
	c := a.script[0]
	if s.faults && a.rng.IntN(20) == 0 && a.name != "submitter0" {
		a.script = nil // dies
		return
	}
	if r := s.store.create(c.key, c.value); r.Status != Busy {
		a.script = a.script[1:]
	}
}

// wake begins a turn, by a wake or a sweep.
func (s *sim) wake(a *actor) {
	if s.store.values[lifeKey(s.life.id, s.life.n)] == nil {
		a.ready = s.now + time.Second
		return
	}
	w := okazaki.Wake{Job: s.life.name()}
	if n := len(s.wakes); n > 0 && a.rng.IntN(4) > 0 {
		i := a.rng.IntN(n)
		w = s.wakes[i]
		if !s.faults || a.rng.IntN(4) > 0 { // or it will come again
			s.wakes = append(s.wakes[:i], s.wakes[i+1:]...)
		}
	}
	s.turns++
	a.nonce = fmt.Sprintf("%s-%d", a.name, s.turns)
	a.began = s.now
	a.turn = newTurn(s.life, w, TurnOptions{
		Lane: a.name, Nonce: a.nonce, Class: a.rng.IntN(len(s.job.Limits.Classes)),
		Until: s.job.Limits.Turn, Left: s.job.Limits.Deadline, Inline: s.inline, Told: a.told,
	})
	a.effect = a.turn.Begin()
	s.effect(a)
}

// act gives the turn its reply, and carries out the effect that it answers.
func (s *sim) act(a *actor) {
	if s.faults {
		switch a.rng.IntN(120) {
		case 0: // dies
			a.turn, a.reply = nil, nil
			a.ready = s.now + time.Duration(a.rng.IntN(5000))*time.Millisecond
			return
		case 1: // is stopped for long, and comes back after its lease
			a.ready = s.now + time.Duration(a.rng.IntN(60))*time.Second
			return
		}
	}
	r := *a.reply
	r.Elapsed, r.Calls = s.now-a.began, a.calls
	a.effect = a.turn.Step(r)
	a.told = a.turn.told
	s.effect(a)
}

// count adds calls that an actor makes.
func (s *sim) count(a *actor, c okazaki.Calls) {
	a.calls, s.calls = a.calls.Plus(c), s.calls.Plus(c)
}

func (s *sim) effect(a *actor) {
	e := a.effect
	s.count(a, okazaki.Calls{Rings: int64(len(e.Ring))})
	for _, w := range e.Ring {
		if s.faults && a.rng.IntN(4) == 0 {
			continue // lost
		}
		s.wakes = append(s.wakes, w)
	}
	a.ready = s.now + time.Duration(a.rng.IntN(20))*time.Millisecond
	var r Reply
	switch e.Op {
	case OpLeave:
		if e.Err != nil && e.Err != okazaki.ErrBusy {
			s.fail("turn %s: %v", a.nonce, e.Err)
		}
		if e.End != nil {
			s.end = e.End
		}
		a.turn = nil
		a.ready = s.now + 500*time.Millisecond
		return
	case OpGet:
		s.count(a, okazaki.Calls{Gets: int64(len(e.Keys))})
		r = s.store.get(a, e)
	case OpList:
		s.count(a, okazaki.Calls{Lists: 1})
		r = s.store.list(a, e)
	case OpCreate:
		s.count(a, okazaki.Calls{Creates: 1, Large: 1})
		r = s.create(a, e)
	case OpWork:
		r = s.work(a, e)
		a.ready += r.Took
	case OpMerge:
		var parts [][]byte
		for _, p := range e.Parts {
			b := p.data
			if p.Blob != "" {
				b = s.store.values[s.k.blob(p.Blob)]
			}
			parts = append(parts, b)
		}
		r = Reply{Bytes: simMerge(parts), Took: 10 * time.Millisecond}
	case OpPlan:
		r = Reply{Axis: s.axis(e.Stage)}
	}
	a.reply = &r
}

func (s *sim) create(a *actor, e Effect) Reply {
	e.Value = s.mutateCreate(e.Key, e.Value)
	r := s.store.create(e.Key, e.Value)
	if s.mutant == "exists is believed won" && r.Status == Exists && strings.HasPrefix(e.Key, s.k.attempts("")[:len(s.k)+2]) {
		r.Status = OK
	}
	return r
}

// work runs the engine in simulated time, and checks that its attempt is paid.
func (s *sim) work(a *actor, e Effect) Reply {
	mine := bytes.Contains(s.store.values[e.Key], []byte(`"`+a.nonce+`.`))
	if by, again := s.ran[e.Key]; !mine || again {
		s.fail("invariant 4: turn %s works %v without an attempt of its own (%s, run by %q)", a.nonce, e.Span, e.Key, by)
		return Reply{}
	}
	s.ran[e.Key] = a.nonce
	var took, paid time.Duration // paid: of the limit, for calls
	aim := s.job.Limits
	u := e.Span.Lo
	get := time.Duration(aim.Calls.Gets/aim.Classes[a.turn.class]) * time.Millisecond
	for ; u < e.Span.Hi; u++ {
		d := s.units[u]
		if took+d > e.Limit {
			s.spent += e.Limit.Milliseconds() * aim.Classes[a.turn.class]
			return Reply{Status: Failed, Took: e.Limit}
		}
		for range u % 4 { // it reads its inputs
			if took+paid+get > e.Limit {
				s.spent += (took + paid).Milliseconds() * aim.Classes[a.turn.class]
				return Reply{Status: Failed, Took: took, Err: errOverdrawn}
			}
			paid += get
			s.count(a, okazaki.Calls{Gets: 1})
		}
		took += d
		if !e.Whole && took+paid > e.Limit*4/5 {
			u++
			break
		}
		if !e.Whole && !goOn(&aim, e.Span, u+1, took, 0, e.Limit) {
			u++
			break
		}
	}
	s.spent += min(took+paid, e.Limit).Milliseconds() * aim.Classes[a.turn.class]
	return Reply{Bytes: s.want(e.Stage, okazaki.Span{Lo: e.Span.Lo, Hi: u}), Done: u, Took: took}
}

func (s *sim) fail(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf(format, args...)
	}
}

func TestSimulated(t *testing.T) {
	if *seedFlag != 0 {
		if err := newSim(*seedFlag, "").run(); err != nil {
			t.Fatal(err)
		}
		return
	}
	seeds := *seedsFlag
	if testing.Short() {
		seeds /= 10
	}
	ends := map[State]int{}
	for seed := uint64(1); seed <= uint64(seeds); seed++ {
		s := newSim(seed, "")
		if err := s.run(); err != nil {
			t.Fatalf("seed %d: %v\nreplay it: go test ./scatter -run TestSimulated -seed %d", seed, err, seed)
		}
		ends[s.end.State]++
	}
	t.Log(ends)
	if ends[Done] < seeds/2 {
		t.Errorf("%v: too few jobs end with a result for the schedules to prove much", ends)
	}
}
