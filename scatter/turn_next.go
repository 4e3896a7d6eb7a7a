package scatter

// A nextTry is the first attempt at the child that a turn wants to work once it
// has decided another. It is created together with that verdict: a worker then
// waits for the slower of the two instead of for both. To own an attempt early
// does no harm, because attempts at different children don't depend on each
// other; a turn that ends in between leaves it to lapse.
type nextTry struct {
	key    string // "": there is none
	value  []byte
	status Status // of the create
}

// addNext adds the next attempt to the create of a verdict, where the turn
// would buy it without another look at the store.
func (t *Turn) addNext(e *Effect) {
	f := t.top()
	if f.settled == len(f.state) || t.spent() || t.clock >= t.left || t.clock-t.looked > lookAgain {
		return
	}
	ord, ok := f.pick()
	if !ok || f.tries[ord].n > 0 || !t.affords(&f.tries[ord], false) {
		return
	}
	t.next = nextTry{t.k.attempt(f.node, ord, 0), t.attempt(), Busy}
	e.NextKey, e.Next = t.next.key, t.next.value
}

// triedNext notes what became of the next attempt. While that is not known, it
// is tried again with the verdict.
func (t *Turn) triedNext(r Reply) {
	if t.pending.NextKey == "" {
		return
	}
	t.next.status = r.Next
	if r.Next == OK || r.Next == Exists {
		t.pending.NextKey, t.pending.Next = "", nil
	}
}

// createNext goes on where the turn would now create the next attempt.
func (t *Turn) createNext(n nextTry, then func(Reply) Effect) Effect {
	t.next = nextTry{}
	create := Effect{Op: OpCreate, Key: n.key, Value: n.value}
	switch n.status {
	case OK:
		return then(Reply{})
	case Exists:
		return t.doubt(create, then)
	}
	return t.do(create, then)
}
