package scatter

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"okazaki"
)

// tries are the attempts at one child, or at one merge, as their keys tell.
type tries struct {
	n           int           // how many there are
	age         time.Duration // of the last
	released    bool          // the last one met a trouble: nobody holds it
	lapsed      bool          // the last one ended without a trouble or a verdict: presume that it does not fit
	speculative bool          // the last one may well be under way, but takes long
	troubles    []trouble
}

// troubleSuffix follows the key of an attempt that ended for a reason which may
// lie with the machine rather than with the span.
const troubleSuffix = ".t"

// A trouble is what ended an attempt without a verdict. It releases the attempt
// at once.
type trouble struct {
	Machine string `json:"machine"`
	Reason  string `json:"reason"`
	Big     bool   `json:"big,omitempty"` // it needs a larger class than Class
	Class   int    `json:"class,omitempty"`
	Nonce   string `json:"nonce"`

	age time.Duration
}

// witnesses are how many machines it takes to hold a span to be at fault, and
// how many troubles, if they are all of one machine.
const (
	witnesses = 2
	patience  = 3
)

// suspect says of an engine's error that a machine's fault may explain it.
func suspect(err error) bool { return err != nil && !mendable(err) }

// climbs is how many of the attempts call for a larger class.
func (tr *tries) climbs() int {
	n := tr.n
	for _, t := range tr.troubles {
		if !t.Big {
			n--
		}
	}
	return n
}

// convicted says that the troubles are the span's own.
func (tr *tries) convicted() bool {
	n := 0
	machines := map[string]bool{}
	for _, t := range tr.troubles {
		if !t.Big {
			n++
			machines[t.Machine] = true
		}
	}
	return len(machines) >= witnesses || n >= patience
}

// reasons names the troubles, each once.
func (tr *tries) reasons() string {
	var texts []string
	by := map[string][]string{}
	for _, t := range tr.troubles {
		if by[t.Reason] == nil {
			texts = append(texts, t.Reason)
		}
		by[t.Reason] = append(by[t.Reason], t.Machine)
	}
	for i, text := range texts {
		where := "one machine"
		if n := distinct(by[text]); n > 1 {
			where = fmt.Sprintf("%d machines", n)
		}
		texts[i] = fmt.Sprintf("%s (met %d times, on %s)", text, len(by[text]), where)
	}
	return strings.Join(texts, "; ")
}

func distinct(names []string) int {
	seen := map[string]bool{}
	for _, name := range names {
		seen[name] = true
	}
	return len(seen)
}

// sweep lists the attempts at the top frame's children: those without one are
// open, those whose last one lapsed or was released are open to a retry.
func (t *Turn) sweep() Effect {
	f := t.top()
	if f.lost > 0 { // behind another worker, which it would meet at every child
		f.moved++
	}
	f.swept, f.lost = true, 0
	return t.list(t.k.attempts(f.node), func(r Reply) Effect {
		clear(f.tries)
		keys, ords := readTries(f.tries, r.Entries, parseOrdinal, func(ord int) bool { return f.state[ord] != childDecided })
		return t.readTroubles(keys, func(i int, tb trouble) {
			f.tries[ords[i]].troubles = append(f.tries[ords[i]].troubles, tb)
		}, t.classify)
	})
}

// readTries fills tries from the keys of attempts, of which parse returns the
// ordinal of what was tried and the attempt's number. It returns the keys of
// their troubles at what wanted says, each with its ordinal.
func readTries(all []tries, entries []okazaki.Entry, parse func(key string) (ord, n int, ok bool), wanted func(ord int) bool) (keys []okazaki.Entry, ords []int) {
	for _, e := range entries {
		ord, n, ok := parse(e.Key)
		if !ok || ord >= len(all) {
			continue
		}
		tr := &all[ord]
		released := strings.HasSuffix(e.Key, troubleSuffix)
		switch {
		case n >= tr.n: // listed in the order of their numbers, each before its trouble
			tr.n, tr.age, tr.released = n+1, e.Age, released
		case released && n == tr.n-1:
			tr.released = true
		}
		if released && wanted(ord) {
			keys, ords = append(keys, e), append(ords, ord)
		}
	}
	return keys, ords
}

// readTroubles reads the records at keys and goes on with then.
func (t *Turn) readTroubles(entries []okazaki.Entry, add func(i int, tb trouble), then func() Effect) Effect {
	if len(entries) == 0 {
		return then()
	}
	keys := make([]string, len(entries))
	for i, e := range entries {
		keys[i] = e.Key
	}
	return t.get(keys, func(r Reply) Effect {
		for i, b := range r.Values {
			tb := trouble{age: entries[i].Age}
			if b == nil {
				continue
			}
			if _, err := decode(b, &tb); err != nil {
				return t.leave(err)
			}
			add(i, tb)
		}
		return then()
	})
}

// classify says which of the top frame's children are open to this turn.
func (t *Turn) classify() Effect {
	f := t.top()
	open := 0
	var held []int
	for ord := range f.tries {
		tr := &f.tries[ord]
		if f.state[ord] == childDecided {
			continue
		}
		f.state[ord] = childHeld
		switch {
		case tr.n > 0 && !tr.released && tr.age <= attemptLimit(&t.job.Limits, f.split, tr.n-1)+Grace:
			held = append(held, ord)
		case !t.affords(tr, t.atFloor(f, ord)):
			if tr.n > 0 {
				t.larger = f.at
			}
		case tr.released && t.barred(tr):
		default:
			tr.lapsed = tr.n > 0 && !tr.released
			f.state[ord] = childOpen
			open++
		}
	}
	f.cursor = t.place(f, len(f.state))
	if open > 0 || len(held) == 0 || t.spent() {
		return t.choose()
	}
	return t.probe(held)
}

// barred says whether this machine is to leave a child to others, since it met
// a trouble there: for two turns, or a machine that is alone would never end.
func (t *Turn) barred(tr *tries) bool {
	for _, tb := range tr.troubles {
		if tb.Machine == t.machine && !tb.Big && !t.alone && tb.age < 2*t.job.Limits.Turn {
			return true
		}
	}
	return false
}

// affords says whether the next attempt is for this worker's class. The first
// was reserved at the price of the smallest class, retries at the price of the
// largest.
func (t *Turn) affords(tr *tries, atFloor bool) bool {
	if tr.n == 0 {
		return t.class == 0
	}
	return t.class >= attemptClass(&t.job.Limits, tr.climbs(), atFloor)
}

// maxProbes bounds the attempts whose owners a turn asks after at once.
const maxProbes = 16

// probe asks whether the owners of held children are alive, as a machine knows
// of its own processes. Those of the dead are open at once.
func (t *Turn) probe(held []int) Effect {
	f := t.top()
	if !t.probes {
		return t.speculate(held)
	}
	at := hashOf(t.nonce) % len(held) // another turn asks after others
	asked := slices.Concat(held[at:], held[:at])[:min(len(held), maxProbes)]
	keys := make([]string, len(asked))
	for i, ord := range asked {
		keys[i] = t.k.attempt(f.node, ord, f.tries[ord].n-1)
	}
	return t.deadOf(keys, func(dead []bool) Effect {
		found := false
		for i, ord := range asked {
			tr := &f.tries[ord]
			if dead[i] && t.affords(tr, t.atFloor(f, ord)) {
				tr.lapsed, f.state[ord], found = true, childOpen, true
			}
		}
		if found {
			return t.choose()
		}
		return t.speculate(held)
	})
}

// deadOf goes on with which of the attempts were made by workers known to be dead.
func (t *Turn) deadOf(keys []string, then func(dead []bool) Effect) Effect {
	return t.get(keys, func(r Reply) Effect {
		workers := make([]string, len(keys))
		for i, b := range r.Values {
			var a attempt
			if b != nil && json.Unmarshal(b, &a) == nil {
				workers[i], _, _ = strings.Cut(a.Nonce, ".")
			}
		}
		return t.do(Effect{Op: OpProbe, Workers: workers}, func(r Reply) Effect {
			dead := make([]bool, len(keys))
			copy(dead, r.Dead)
			return then(dead)
		})
	})
}

// speculate opens held children whose attempts take long to a second one, for a
// worker with nothing else to do: the one that has them may be slow or gone. It
// leaves the pool half full for attempts that are lost.
func (t *Turn) speculate(held []int) Effect {
	f, l := t.top(), &t.job.Limits
	if len(held) > f.split.Pool/2 {
		return t.choose()
	}
	for _, ord := range held {
		tr := &f.tries[ord]
		slow := max(2*l.Aim+Grace, attemptLimit(l, f.split, tr.n-1)/4)
		if tr.n == 1 && tr.age > slow && t.affords(tr, t.atFloor(f, ord)) {
			tr.speculative, f.state[ord] = true, childOpen
		}
	}
	return t.choose()
}

// buy acquires the next attempt at child ord. The first is prepaid by the
// split, later ones are paid from the pools above.
func (t *Turn) buy(ord int) Effect {
	f := t.top()
	tr := &f.tries[ord]
	if tr.n == 0 {
		return t.tryBuy(ord)
	}
	if tr.n >= maxAttempts {
		return t.fail(ord, tr.ended(fmt.Sprintf("none of %d attempts ended in time", tr.n)))
	}
	paid := func() Effect { return t.tryBuy(ord) }
	broke := func() Effect {
		if tr.speculative {
			f.state[ord] = childHeld
			return t.choose()
		}
		return t.fail(ord, tr.ended(fmt.Sprintf("over budget: %d attempts lapsed and no retry is left", tr.n)))
	}
	return t.pay(t.k.attempt(f.node, ord, tr.n), paid, broke)
}

// ended is why no further attempt is made: what the attempts met, if they met
// anything.
func (tr *tries) ended(otherwise string) string {
	if len(tr.troubles) > 0 {
		return tr.reasons()
	}
	return otherwise
}

func (t *Turn) tryBuy(ord int) Effect {
	f := t.top()
	n := f.tries[ord].n
	return t.createAttempt(ord, func(r Reply) Effect {
		if r.Status == Exists {
			f.state[ord] = childHeld
			if f.lost++; f.lost >= 2 { // others are here: see what is left
				f.listed = false
				return t.look()
			}
			return t.choose()
		}
		t.bought++
		f.tries[ord].n++
		return t.adopt(ord, func() Effect { return t.work(ord, n) })
	})
}

// trouble ends an attempt whose error may be the machine's fault, or that needs
// a larger class: with a verdict if enough machines met it, and otherwise
// without, so that another may try.
func (t *Turn) trouble(ord int, err error) Effect {
	f := t.top()
	tr := &f.tries[ord]
	tb := t.newTrouble(err)
	tr.troubles = append(tr.troubles, tb)
	if tr.convicted() {
		t.convicted++
		return t.fail(ord, tr.reasons())
	}
	return t.create(t.k.attempt(f.node, ord, tr.n-1)+troubleSuffix, encode(&tb, nil), func(Reply) Effect {
		tr.released, tr.lapsed, tr.speculative = true, false, false
		f.state[ord] = childHeld
		switch {
		case !t.affords(tr, t.atFloor(f, ord)):
			t.larger = f.at
		case !t.barred(tr):
			f.state[ord] = childOpen
		}
		return t.choose()
	})
}

func (t *Turn) newTrouble(err error) trouble {
	return trouble{Machine: t.machine, Reason: err.Error(), Big: err == okazaki.ErrTooBig, Class: t.class, Nonce: t.nextNonce()}
}

// A mergeTry is an attempt at a merge that this turn has bought.
type mergeTry struct {
	key   string
	limit time.Duration
	tries tries
}

// tryMerge goes on with bought if it could have the first attempt to merge the
// top frame, and otherwise looks for a retry; with none left to pay, with broke.
func (t *Turn) tryMerge(bought func(*mergeTry) Effect, broke func(reason string) Effect) Effect {
	if t.sick {
		return t.leave(nil)
	}
	return t.unlessEnded(func() Effect {
		f := t.top()
		if t.class > 0 {
			return t.retryMerge(bought, broke)
		}
		m := &mergeTry{key: t.k.merge(f.node, 0), limit: f.split.Limit, tries: tries{n: 1}}
		return t.create(m.key, t.attempt(), func(r Reply) Effect {
			if r.Status == OK {
				return bought(m)
			}
			return t.retryMerge(bought, broke)
		})
	})
}

// retryMerge looks at the attempts to merge the top frame. If the last attempt
// lapsed or was released it pays for another.
func (t *Turn) retryMerge(bought func(*mergeTry) Effect, broke func(reason string) Effect) Effect {
	f := t.top()
	return t.list(t.k.merges(f.node), func(r Reply) Effect {
		all := make([]tries, 1)
		number := func(key string) (ord, n int, ok bool) { // of a key of N, or N.t
			n, _, ok = parseOrdinal(key)
			return 0, n, ok
		}
		troubles, _ := readTries(all, r.Entries, number, func(int) bool { return true })
		tr := &all[0]
		if tr.n == 0 {
			return t.up() // a stale list, or for a worker of the smallest class
		}
		return t.readTroubles(troubles, func(_ int, tb trouble) { tr.troubles = append(tr.troubles, tb) },
			func() Effect { return t.mayMerge(tr, bought, broke) })
	})
}

// mayMerge buys a retry if nobody holds the merge and this worker may try it.
func (t *Turn) mayMerge(tr *tries, bought func(*mergeTry) Effect, broke func(reason string) Effect) Effect {
	f, l := t.top(), &t.job.Limits
	again := func() Effect { return t.buyMerge(tr, bought, broke) }
	for _, tb := range tr.troubles {
		if tb.Big && t.class <= tb.Class {
			t.larger = f.at
			return t.up()
		}
	}
	switch {
	case tr.released && t.barred(tr):
		return t.up()
	case tr.released || tr.age > attemptLimit(l, f.split, tr.n-1)+Grace:
		return again()
	case !t.probes:
		return t.up()
	}
	return t.deadOf([]string{t.k.merge(f.node, tr.n-1)}, func(dead []bool) Effect {
		if dead[0] {
			return again()
		}
		return t.up()
	})
}

func (t *Turn) buyMerge(tr *tries, bought func(*mergeTry) Effect, broke func(reason string) Effect) Effect {
	const none = "no attempt to merge it ended in time, and no retry is left"
	if tr.n >= maxAttempts {
		return broke(tr.ended(none))
	}
	m := &mergeTry{key: t.k.merge(t.top().node, tr.n), limit: t.job.Limits.Turn, tries: *tr}
	m.tries.n++
	return t.pay(m.key, func() Effect {
		return t.create(m.key, t.attempt(), func(r Reply) Effect {
			if r.Status == Exists {
				return t.up()
			}
			return bought(m)
		})
	}, func() Effect { return broke(tr.ended(none)) })
}

// mergeFailed goes on after an attempt at a merge that gave nothing: with
// leave, if another may try, or with failed.
func (t *Turn) mergeFailed(m *mergeTry, err error, leave func() Effect, failed func(reason string) Effect) Effect {
	switch {
	case err == nil, err == errOverdrawn && m.tries.n == 1:
		return leave() // out of time or means: the attempt lapses
	case err == okazaki.ErrTooBig && t.class+1 >= len(t.job.Limits.Classes):
		return failed(err.Error() + " of the largest worker")
	case err != okazaki.ErrTooBig && !suspect(err):
		return failed(err.Error())
	}
	tb := t.newTrouble(err)
	m.tries.troubles = append(m.tries.troubles, tb)
	if m.tries.convicted() {
		t.convicted++
		return failed(m.tries.reasons())
	}
	if tb.Big {
		t.larger = t.top().at
	}
	return t.create(m.key+troubleSuffix, encode(&tb, nil), func(Reply) Effect { return leave() })
}
