package scatter

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"sort"
	"strings"
	"time"

	"okazaki"
)

// A simStore is a store that can lose replies, land writes late, throttle and
// list what was true a while ago.
type simStore struct {
	sim    *sim
	values map[string][]byte
	born   map[string]time.Duration
	late   []lateWrite
	tries  map[string]int
}

type lateWrite struct {
	create
	at time.Duration
}

// draw answers a number below n for a try at a key.
func (st *simStore) draw(op, key string, n uint64) uint64 {
	st.tries[op+key]++
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s %s %d", st.sim.seed, op, key, st.tries[op+key])
	return rand.New(rand.NewPCG(h.Sum64(), 3)).Uint64N(n)
}

func (st *simStore) create(key string, value []byte) Reply {
	if st.sim.faults {
		switch st.draw("create", key, 16) {
		case 0: // throttled
			return Reply{Status: Busy}
		case 1: // applied, reply lost
			st.apply(key, value)
			return Reply{Status: Busy}
		case 2: // lands later, whoever is still there to see it
			delay := time.Duration(st.draw("delay", key, 30000)) * time.Millisecond
			st.late = append(st.late, lateWrite{create{key, value}, st.sim.now + delay})
			return Reply{Status: Busy}
		}
	}
	return st.apply(key, value)
}

func (st *simStore) apply(key string, value []byte) Reply {
	s := st.sim
	if old, ok := st.values[key]; ok {
		if s.mutant == "plain write for the verdict" && strings.HasPrefix(key, string(s.k)+"v/") {
			if !bytes.Equal(old, value) {
				s.fail("invariant 1: verdict %s was rewritten", key)
			}
			return Reply{Status: OK}
		}
		return Reply{Status: Exists}
	}
	if value == nil {
		value = []byte{}
	}
	st.values[key], st.born[key] = value, s.now
	s.created(key, value)
	return Reply{Status: OK}
}

func (st *simStore) land() {
	var left []lateWrite
	for _, w := range st.late {
		if w.at <= st.sim.now {
			st.apply(w.key, w.value)
		} else {
			left = append(left, w)
		}
	}
	st.late = left
}

// expire is the mutant whose attempts don't outlive their lease.
func (st *simStore) expire() {
	s := st.sim
	if s.mutant != "attempts that expire" {
		return
	}
	for key, born := range st.born {
		if strings.HasPrefix(key, string(s.k)+"a/") && s.now-born > s.job.Limits.Turn+Grace {
			delete(st.values, key)
			delete(st.born, key)
		}
	}
}

func (st *simStore) get(a *actor, e Effect) Reply {
	if st.sim.faults && st.draw("get", e.Keys[0], 20) == 0 {
		return Reply{Status: Busy}
	}
	r := Reply{Values: make([][]byte, len(e.Keys))}
	for i, k := range e.Keys {
		r.Values[i] = st.values[k]
		if r.Values[i] == nil {
			r.Values[i] = st.sim.mutateMissing(k)
		}
	}
	return r
}

func (st *simStore) list(a *actor, e Effect) Reply {
	var stale time.Duration
	if st.sim.faults {
		switch st.draw("list", e.Prefix, 12) {
		case 0:
			return Reply{Status: Busy}
		case 1:
			stale = time.Duration(a.rng.IntN(4000)) * time.Millisecond
		}
	}
	var r Reply
	for k := range st.values {
		if strings.HasPrefix(k, e.Prefix) && st.born[k] <= st.sim.now-stale {
			r.Entries = append(r.Entries, okazaki.Entry{Key: k, Age: st.sim.now - st.born[k]})
		}
	}
	sort.Slice(r.Entries, func(i, j int) bool { return r.Entries[i].Key < r.Entries[j].Key })
	return r
}
