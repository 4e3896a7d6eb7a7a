package scatter

// A nextTry is the first attempt at the child that a turn wants to work once it
// has decided another. The verdict is created behind the turn, which waits for
// the attempt alone. To own an attempt, or to work, before the verdict on another
// child is there does no harm, because children don't depend on each other; a
// turn that ends in between leaves the attempt to lapse.
type nextTry struct {
	of     *frame // nil: there is none
	ord    int
	key    string
	value  []byte
	status Status // of the create
}

// nextAttempt returns the attempt to create while a verdict is created behind the
// turn: the one that the turn would buy then without another look at the store,
// if any.
func (t *Turn) nextAttempt() (key string, value []byte) {
	f := t.top()
	if f.settled == len(f.state) || t.spent() || t.elapsed >= t.left || t.elapsed-t.looked > lookAgain {
		return "", nil
	}
	ord, ok := f.pick()
	if !ok || f.tries[ord].n > 0 || !t.affords(&f.tries[ord], false) {
		return "", nil
	}
	t.next = nextTry{f, ord, t.k.attempt(f.node, ord, 0), t.attempt(), Busy}
	return t.next.key, t.next.value
}

// triedNext notes what became of the next attempt.
func (t *Turn) triedNext(r Reply) {
	if t.pending.NextKey != "" {
		t.next.status = r.Next
	}
}

// createAttempt creates the next attempt at child ord of the top frame, if that
// is not done.
func (t *Turn) createAttempt(ord int, then func(Reply) Effect) Effect {
	f, n := t.top(), t.next
	if n.of != f || n.ord != ord {
		return t.create(t.k.attempt(f.node, ord, f.tries[ord].n), t.attempt(), then)
	}
	t.next = nextTry{}
	switch n.status {
	case OK:
		return then(Reply{})
	case Exists:
		return t.doubt(n.key, n.value, then)
	}
	return t.do(Effect{Op: OpCreate, Key: n.key, Value: n.value}, then)
}
