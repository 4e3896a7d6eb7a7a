package scatter

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"okazaki"
)

// An actor is a process: a worker that takes turns, or a user or a collector,
// whose code runs between the store's calls. One that dies begins anew, under
// another name.
type actor struct {
	base    string
	births  int
	name    string
	machine *machine
	rng     *rand.Rand
	ready   time.Duration
	gone    bool // for ever
	zombie  bool // it takes no turn but the one that it is in

	turn    *Turn
	life    *simLife
	nonce   string
	effect  Effect
	reply   *Reply    // to be given to the turn at ready
	behind  []Effect  // creates under way behind the turn
	ended   []Outcome // of such creates, which the turn has not heard of
	began   time.Duration
	left    time.Duration
	acked   map[string]*simAttempt
	holding string        // the attempt that was acknowledged last, until it is decided
	looked  time.Duration // when the turn last heard that its life has not ended
	ran     bool          // it has run the engine, and not gone on since
	awaited time.Duration // when it had run the engine, and then had to wait for its creates
	meter   *simMeter
	told    okazaki.Calls // of the job, that the worker knows of
	job     string
	idle    int
	larger  okazaki.Wake // and as which class
	class   int
	known   map[string]*simLife // jobs that the process has loaded

	readMerged int // the step at which the turn last read merged parts
	noAxis     int // the step at which it last found no axis for the second stage

	run  func(*sim, *coStore) // a user's or a collector's code
	next func() (time.Duration, bool)
	stop func()
}

// A simMeter is what a process knows of its calls, and of the calls in records of
// them.
type simMeter struct{ made, told okazaki.Calls }

func (a *actor) count(c okazaki.Calls) { a.meter.made = a.meter.made.Plus(c) }

// reborn starts the process.
func (a *actor) reborn(s *sim) {
	a.births++
	a.name = fmt.Sprintf("%s-%d", a.base, a.births)
	a.meter, a.known, a.job, a.told, a.idle = &simMeter{}, map[string]*simLife{}, "", okazaki.Calls{}, 0
}

// dies ends the process; it is started again after a while.
func (a *actor) dies(s *sim) {
	s.dead[a.name] = a.machine
	a.quit()
	if a.turn != nil {
		s.goesOnBehind(a, 2)
	}
	a.turn, a.reply, a.behind, a.ended = nil, nil, nil, nil
	if a.zombie {
		a.gone = true
		return
	}
	a.reborn(s)
	a.ready = s.now + time.Duration(a.rng.IntN(5000))*time.Millisecond
}

func (a *actor) quit() {
	if a.stop != nil {
		a.stop()
		a.next, a.stop = nil, nil
	}
}

// freeze takes a turn out of the world for long, perhaps for ever. Another
// process begins in its place.
func (s *sim) freeze(a *actor) {
	z := *a
	z.zombie = true
	z.ready = s.now + time.Duration(1+a.rng.IntN(3600))*time.Second
	switch a.rng.IntN(4) {
	case 0:
		z.ready = s.now + time.Duration(a.rng.IntN(200))*time.Hour
	case 1:
		z.gone = true
	}
	z.rng = rand.New(rand.NewPCG(s.seed, a.rng.Uint64()))
	s.actors = append(s.actors, &z)
	a.turn, a.reply, a.behind, a.ended = nil, nil, nil, nil
	a.reborn(s)
	a.ready = s.now + time.Second
}

// wake begins a turn, by a wake or a sweep.
func (s *sim) wake(a *actor) {
	w, class := a.larger, a.class
	a.larger, a.class = okazaki.Wake{}, 0
	if w.Job == "" {
		w = s.nextWake(a)
	}
	l := s.loads(a, w.Job)
	s.sync()
	if l == nil || a.machine.health.resting() {
		a.idle++
		a.ready = s.now + min(500*time.Millisecond<<min(a.idle, 16), 8*time.Hour)
		return
	}
	if class == 0 {
		class = a.rng.IntN(len(l.Job.Limits.Classes))
	}
	s.turns++
	a.nonce = fmt.Sprintf("%s.%d", a.name, s.turns)
	a.began, a.life, a.acked, a.holding = s.now, l, map[string]*simAttempt{}, ""
	a.readMerged, a.noAxis, a.ran, a.awaited = 0, 0, false, 0
	a.left = l.Job.Limits.Deadline - (s.now - l.born)
	if a.job != w.Job {
		a.job, a.told = w.Job, a.meter.made
	}
	a.turn = newTurn(l.life, w, TurnOptions{
		WorkerSeed: a.name, Nonce: a.nonce, Class: class, Machine: a.machine.name, Alone: a.machine.alone, Probes: a.machine.probes,
		Until: l.Job.Limits.Turn, Left: a.left, Inline: s.inline, Reported: a.told,
	})
	a.effect = a.turn.Begin()
	s.effect(a)
}

// nextWake is a wake that was rung, or what a look at the open jobs finds.
func (s *sim) nextWake(a *actor) okazaki.Wake {
	if n := len(s.wakes); n > 0 && a.rng.IntN(4) > 0 {
		i := a.rng.IntN(n)
		w := s.wakes[i]
		if !s.faults || a.rng.IntN(4) > 0 { // or it will come again
			s.wakes = append(s.wakes[:i], s.wakes[i+1:]...)
		}
		return w
	}
	entries, _ := s.store.list(a, openPrefix)
	if len(entries) == 0 {
		return okazaki.Wake{}
	}
	return okazaki.Wake{Job: strings.TrimPrefix(entries[a.rng.IntN(len(entries))].Key, openPrefix)}
}

// ring rings for a job, and rouses idle workers.
func (s *sim) ring(w okazaki.Wake) {
	if len(s.wakes) < 100 {
		s.wakes = append(s.wakes, w)
	}
	for _, a := range s.actors {
		if a.run == nil && a.turn == nil && a.idle > 0 {
			a.idle, a.ready = 0, min(a.ready, s.now)
		}
	}
}

// loads is a life by its name, if its record is there or the process has read
// it already; otherwise nil.
func (s *sim) loads(a *actor, name string) *simLife {
	if a.known[name] != nil {
		return a.known[name]
	}
	id, n, ok := parseName(name)
	if !ok || s.store.at(lifeKey(id, n)) == nil {
		return nil
	}
	a.known[name] = s.named[name]
	return a.known[name]
}

// act gives the turn its reply, and carries out the effect that it returns.
func (s *sim) act(a *actor) {
	if s.faults {
		switch n := a.rng.IntN(10 * s.deaths); {
		case n < 10:
			a.dies(s)
			return
		case n < 20: // is stopped for long, and comes back after its lease
			a.ready = s.now + time.Duration(a.rng.IntN(60))*time.Second
			return
		case s.zombies > 0 && !a.zombie && a.rng.IntN(s.zombies) == 0:
			s.freeze(a)
			return
		}
	}
	r, before := *a.reply, a.effect
	r.Elapsed, r.Calls = s.now-a.began, a.meter.made
	if before.Op == OpGet && before.Keys[0] == endedKey(a.life.Prefix) && r.Status == OK && r.Values[0] == nil {
		a.looked = s.now
	}
	s.health(a, before, &r)
	s.goesOnBehind(a, 2)
	r.Behind, a.ended = a.ended, nil
	convicted := a.turn.convicted
	a.effect = a.turn.Step(r)
	if a.turn.convicted > convicted {
		a.machine.health.worked()
	}
	a.told = a.turn.reported
	s.checkLook(a, before)
	s.effect(a)
}

// health tells the machine's health how the engine fared, as a Worker does.
func (s *sim) health(a *actor, e Effect, r *Reply) {
	switch {
	case !e.runs() || a.machine.alone:
	case r.Status == OK:
		a.machine.health.worked()
	case suspect(r.Err):
		s.sync()
		c := &coStore{s: s, a: a, direct: true}
		r.Sick = a.machine.health.fails(c.ctx(), c, a.name, a.life.name, fmt.Sprint(a.life.name, e.Op, e.Stage, e.Span), r.Err)
	}
}

func (s *sim) effect(a *actor) {
	e := a.effect
	a.count(okazaki.Calls{Rings: int64(len(e.Ring))})
	for _, w := range e.Ring {
		if s.faults && a.rng.IntN(4) == 0 {
			continue // lost
		}
		s.ring(w)
	}
	a.ready = s.now + time.Duration(a.rng.IntN(20))*time.Millisecond
	var r Reply
	switch e.Op {
	case OpLeave:
		if len(a.behind)+len(a.ended) > 0 {
			s.fail("turn %s leaves while it creates %d records", a.nonce, len(a.behind)+len(a.ended))
		}
		s.leave(a, e)
		return
	case OpGet:
		s.checkReads(a, e.Keys...)
		a.count(okazaki.Calls{Gets: int64(len(e.Keys))})
		r = s.store.get(e)
		s.confirmed(a, e, r)
		a.reads(s, e, r)
	case OpList:
		s.checkReads(a, e.Prefix)
		a.count(okazaki.Calls{Lists: 1})
		entries, busy := s.store.list(a, e.Prefix)
		if r.Entries = entries; busy {
			r.Status = Busy
		}
	case OpCreate:
		if r = s.creates(a, e); a.turn == nil {
			return // it has died
		}
	case OpAwait:
		s.goesOnBehind(a, 1)
	case OpProbe:
		r = Reply{Dead: make([]bool, len(e.Workers))}
		for i, name := range e.Workers {
			r.Dead[i] = s.dead[name] == a.machine
		}
	default:
		r = s.runEngine(a, e)
		a.ready += r.Took
	}
	if !e.runs() && s.broken(e.Prefix+strings.Join(e.Keys, " ")) {
		r.Status = Failed
	}
	if r.Status == Failed && !e.runs() {
		r = Reply{Status: Failed, Err: errBroken}
	}
	a.reply = &r
}

// errBroken is why a store can't be used from a machine for a moment.
var errBroken = errors.New("the store can't be used")

// broken says whether a call that names key fails, perhaps after it took effect:
// for a quarter of the seeds some do.
func (s *sim) broken(key string) bool {
	return key != "" && s.faults && s.seed%4 == 3 && s.store.draw("broken", key, 100) == 0
}

// leave ends a turn.
func (s *sim) leave(a *actor, e Effect) {
	if e.Err != nil && e.Err != okazaki.ErrBusy && e.Err != errBroken {
		s.fail("turn %s of %s: %v", a.nonce, a.life.name, e.Err)
	}
	if a.idle++; a.turn.Bought() > 0 {
		a.idle = 0
	}
	a.ready = s.now + min(250*time.Millisecond<<min(a.idle, 16), 8*time.Hour)
	if class := a.turn.class + 1; a.turn.Larger() != "" && e.End == nil && class < len(a.life.Job.Limits.Classes) {
		a.larger, a.class, a.ready = okazaki.Wake{Job: a.life.name, Node: a.turn.Larger()}, class, s.now
	}
	if e.End != nil {
		s.store.delete(openKey(a.life.name))
		delete(a.known, a.life.name)
	}
	a.turn = nil
	if a.zombie {
		a.gone = true
	}
}

// creates carries out a create of one key, and may begin another. The process
// may die between the two.
func (s *sim) creates(a *actor, e Effect) (r Reply) {
	a.count(okazaki.Calls{Large: 1})
	s.checkCreate(a, e)
	if s.faults && s.tears > 0 && Durable(e.Key) && a.rng.IntN(s.tears) == 0 {
		s.store.tear(a, e.Key)
		s.crash(a.machine, s.now-time.Duration(a.rng.IntN(10000))*time.Millisecond)
		return r
	}
	if e.NextKey == "" {
		return Reply{Status: s.create(a, e)}
	}
	a.behind = append(a.behind, e)
	s.goesOnBehind(a, 2)
	if s.faults && a.rng.IntN(s.deaths) == 0 {
		a.dies(s)
		return r
	}
	next := Effect{Op: OpCreate, Key: e.NextKey, Value: e.Next}
	a.count(okazaki.Calls{Large: 1})
	s.checkCreate(a, next)
	return Reply{Next: s.create(a, next)}
}

// goesOnBehind carries out each create behind a turn with a chance of 1 in of, in
// any order.
func (s *sim) goesOnBehind(a *actor, of int) {
	for _, i := range a.rng.Perm(len(a.behind)) {
		if e := a.behind[i]; a.rng.IntN(of) == 0 {
			o := Outcome{Key: e.Key, Status: s.create(a, e)}
			if o.Status == Failed {
				o.Err = errBroken
			}
			a.ended = append(a.ended, o)
			a.behind[i].Key = ""
		}
	}
	a.behind = slices.DeleteFunc(a.behind, func(e Effect) bool { return e.Key == "" })
}

func (s *sim) create(a *actor, e Effect) Status {
	r := s.store.create(a, e.Key, e.Value)
	if s.mutant == "exists is believed won" && r == Exists && kindOf(e.Key) == 'a' {
		return OK
	}
	if s.broken(e.Key) {
		return Failed
	}
	if r == OK {
		a.won(e.Key)
	}
	return r
}

// won notes that the store has acknowledged a create of the turn's own.
func (a *actor) won(key string) {
	if kind := kindOf(key); kind == 'a' || kind == 'm' {
		a.acked[key] = a.life.attempts[key]
		if kind == 'a' && !strings.HasSuffix(key, troubleSuffix) {
			a.holding = key
		}
	}
}

// confirmed sees a turn read that a value of its own exists.
func (s *sim) confirmed(a *actor, e Effect, r Reply) {
	if a.turn.confirming && r.Status == OK && bytes.Equal(r.Values[0], a.turn.pending.Value) {
		a.won(e.Keys[0])
	}
}

// runEngine runs the engine, for an attempt that must be paid.
func (s *sim) runEngine(a *actor, e Effect) Reply {
	if !s.checkPaid(a, e) {
		return Reply{Status: Failed}
	}
	var r Reply
	switch e.Op {
	case OpWork:
		r = s.work(a, e)
	case OpMerge:
		r = s.merge(a, e)
	default:
		r = s.plan(a, e)
	}
	s.ranEngine(a, e, r)
	return r
}
