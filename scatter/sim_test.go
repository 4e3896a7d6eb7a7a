package scatter

import (
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"

	"okazaki"
)

var (
	seedFlag  = flag.Uint64("seed", 0, "replay one seed of the simulator")
	seedsFlag = flag.Int("seeds", 5000, "how many seeds the simulator tries")
	firstFlag = flag.Uint64("first", 1, "the first seed that the simulator tries")
)

// A sim is a world of users, workers and a collector around one store, in
// simulated time: a question is asked again and again. All that happens follows
// from its seed: each actor draws from a source of its own, and a fault on a key
// from hash(seed, key, try).
type sim struct {
	seed   uint64
	rng    *rand.Rand // the schedule's
	mutant string
	now    time.Duration
	slept  time.Duration // what of now the bubble's clock has seen
	faults bool
	over   bool // the user has the answer
	err    error
	simEngine
	simEvents
	simChecks

	store    *simStore
	machines []*machine
	actors   []*actor
	wakes    []okazaki.Wake
	dead     map[string]*machine // names of workers that died there
	turns    int
	steps    int
	ends     map[State]int
	foreign  int // reads of earlier lives
}

// A machine runs actors. It can be sick, have a clock that is wrong, and crash.
type machine struct {
	name   string
	health *Health
	sick   bool
	alone  bool
	probes bool
	skew   time.Duration
	skewed bool                     // it had a skew, perhaps until now
	future map[string]time.Duration // keys from the future: when they were first seen
}

// simEvents say how much goes wrong.
type simEvents struct {
	deaths, zombies, crashes, expiry, losses int // one of this many; 0: none
	tears                                    int // one of this many creates ends in a crash that leaves its key torn
	faultySteps                              int
}

func newSim(seed uint64, mutant string) *sim {
	rng := rand.New(rand.NewPCG(seed, 1))
	s := &sim{
		seed: seed, rng: rng, mutant: mutant, faults: true, simEngine: newSimEngine(rng), simChecks: newSimChecks(),
		dead: map[string]*machine{}, ends: map[State]int{},
	}
	s.store = newSimStore(s)
	rare := func(n int) int { return []int{0, n, n, 4 * n}[rng.IntN(4)] }
	s.simEvents = simEvents{
		deaths: 120, zombies: rare(200), crashes: rare(400), expiry: rare(60), losses: rare(400), tears: rare(60), faultySteps: 200 + rng.IntN(1200),
	}
	machines := 1 + rng.IntN(3)
	for i := range machines {
		m := &machine{name: fmt.Sprint("machine", i), alone: machines == 1 && rng.IntN(2) == 0, probes: rng.IntN(2) == 0, future: map[string]time.Duration{}}
		m.health = &Health{Machine: m.name}
		m.sick = rng.IntN(6) == 0
		if rng.IntN(8) == 0 {
			m.skew, m.skewed = time.Duration(rng.IntN(20)-10)*time.Hour, true
		}
		s.machines = append(s.machines, m)
		for j := range 1 + rng.IntN(2) {
			s.actor(fmt.Sprintf("worker%d%d", i, j), m)
		}
	}
	for i := range 1 + rng.IntN(2) {
		a := s.actor(fmt.Sprint("user", i), s.machines[rng.IntN(machines)])
		a.run = (*sim).asks
	}
	if rng.IntN(4) > 0 {
		a := s.actor("collector", s.machines[0])
		a.run = (*sim).collects
	}
	return s
}

func (s *sim) actor(name string, m *machine) *actor {
	h := fnv.New64a()
	h.Write([]byte(name))
	a := &actor{base: name, machine: m, rng: rand.New(rand.NewPCG(s.seed, h.Sum64()))}
	a.reborn(s)
	s.actors = append(s.actors, a)
	return a
}

// run plays the schedule: first with faults, then without them until a user
// has the answer.
func (s *sim) run() error {
	defer func() {
		for _, a := range s.actors {
			a.quit()
		}
	}()
	for s.err == nil && !s.over {
		if s.steps == s.faultySteps {
			s.mend()
		}
		if s.steps == s.faultySteps+60000 {
			return fmt.Errorf("the question finds no answer")
		}
		s.step()
	}
	if s.err == nil && s.seed%4 == 0 {
		s.expireAll()
	}
	if s.err == nil {
		s.checkBooks()
	}
	return s.err
}

// mend ends all faults: what was broken is whole, and a question that is asked
// from now on must find its answer.
func (s *sim) mend() {
	s.faults = false
	s.simEngine.mend()
	s.mended = s.now
	for _, m := range s.machines {
		m.sick, m.skew = false, 0
	}
}

// step lets one actor that is ready act.
func (s *sim) step() {
	s.steps++
	var ready []*actor
	next := time.Duration(-1)
	for _, a := range s.actors {
		switch {
		case a.gone:
		case a.ready <= s.now:
			ready = append(ready, a)
		case next < 0 || a.ready < next:
			next = a.ready
		}
	}
	if len(ready) == 0 {
		s.now = next
		s.store.land()
		s.checkAnswers()
		return
	}
	s.store.land()
	s.disturb()
	s.now += time.Duration(s.rng.IntN(5)) * time.Millisecond
	a := ready[s.rng.IntN(len(ready))]
	if a.gone { // by the disturbance
		return
	}
	switch {
	case a.run != nil:
		s.resume(a)
	case a.turn == nil:
		s.wake(a)
	default:
		s.act(a)
	}
	s.checkAnswers()
}

// sync brings the bubble's clock, which the code around a turn reads, to the
// simulator's.
func (s *sim) sync() {
	if d := s.now - s.slept; d > 0 {
		time.Sleep(d)
		s.slept = s.now
	}
}

func (s *sim) fail(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf(format, args...)
	}
}

// simulate plays one seed.
func simulate(t *testing.T, seed uint64, mutant string) (s *sim, err error) {
	synctest.Test(t, func(t *testing.T) {
		cryptotest.SetGlobalRandom(t, seed)
		s = newSim(seed, mutant)
		err = s.run()
	})
	return s, err
}

func TestSimulated(t *testing.T) {
	if *seedFlag != 0 {
		s, err := simulate(t, *seedFlag, "")
		t.Logf("%d steps, %d lives, %v", s.steps, len(s.lives), s.ends)
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	seeds := *seedsFlag
	if testing.Short() {
		seeds /= 10
	}
	ends := map[State]int{}
	lives, steps, foreign, whole := 0, 0, 0, 0
	for seed := *firstFlag; seed < *firstFlag+uint64(seeds); seed++ {
		s, err := simulate(t, seed, "")
		if err != nil {
			t.Fatalf("seed %d: %v\nreplay it: go test ./scatter -run TestSimulated -seed %d", seed, err, seed)
		}
		for state, n := range s.ends {
			ends[state] += n
		}
		lives, steps, foreign, whole = lives+len(s.lives), steps+s.steps, foreign+s.foreign, whole+s.wholes
	}
	t.Logf("%d seeds: %d lives in %d steps, which ended %v; %d answers were compared, %d reads were of earlier lives", seeds, lives, steps, ends, whole, foreign)
	if ends[Done] < seeds || ends[Incomplete] < seeds/20 || ends[Cancelled] < seeds/20 || ends[Expired] < seeds/20 || foreign < seeds {
		t.Errorf("%v, %d reads of earlier lives: the schedules don't prove much", ends, foreign)
	}
}
