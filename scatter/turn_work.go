package scatter

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash/fnv"

	"okazaki"
)

// An attempt is the value of an attempt's key, and of a merge's.
type attempt struct {
	Nonce string `json:"nonce"`
	Class int    `json:"class,omitempty"`
}

func (t *Turn) attempt() []byte {
	if t.class == 0 { // what json.Marshal would write, for the one record that every span costs
		return []byte(`{"nonce":"` + t.nextNonce() + `"}`)
	}
	b, err := json.Marshal(attempt{Nonce: t.nextNonce(), Class: t.class})
	if err != nil {
		panic(err) // two plain fields
	}
	return b
}

// atFloor says that a child can't be split further.
func (t *Turn) atFloor(f *frame, ord int) bool {
	return f.split.span(ord).Len() <= max(1, t.axis.Floor) || f.depth >= MaxDepth
}

// A slotRecord says which attempt a slot of a pool pays for.
type slotRecord struct {
	For string `json:"for"`
}

// pay makes a slot of a pool on the path pay for the attempt named by key. All
// buyers of that attempt look at the same slots in the same order, so it
// is paid for once, by one of them.
func (t *Turn) pay(key string, paid, broke func() Effect) Effect {
	value, err := json.Marshal(slotRecord{For: key})
	if err != nil {
		panic(err) // a string
	}
	level, probe := len(t.path)-1, 0
	var next func() Effect
	next = func() Effect {
		for level >= 0 && probe >= t.path[level].split.Pool {
			level, probe = level-1, 0
		}
		if level < 0 {
			return broke()
		}
		f := t.path[level]
		slot := (hashOf(key)%f.split.Pool + probe) % f.split.Pool
		probe++
		return t.create(t.k.slot(f.node, slot), value, func(r Reply) Effect {
			if r.Status == Exists { // confirm has compared: it pays for another attempt
				return next()
			}
			return paid()
		})
	}
	return next()
}

func hashOf(s string) int {
	h := fnv.New32a()
	h.Write([]byte(s))
	return int(h.Sum32() >> 1)
}

// work runs attempt n at child ord, or splits it unworked where it is known
// not to fit.
func (t *Turn) work(ord, n int) Effect {
	f, l := t.top(), &t.job.Limits
	span := f.split.span(ord)
	d := t.division(ord, span.Lo, Reply{}, true)
	whole := t.atFloor(f, ord)
	if !whole {
		_, err := divide(l, t.axis, d)
		whole = err != nil // there is no money for more than one attempt
	}
	if !whole && (forces(l, d) || f.tries[ord].lapsed) {
		return t.splitChild(ord, span.Lo, Reply{}, true)
	}
	e := Effect{
		Op: OpWork, Key: t.k.attempt(f.node, ord, n), Stage: t.stage, Span: span,
		Limit: min(attemptLimit(l, f.split, n), t.left-t.elapsed),
		Whole: whole,
	}
	return t.do(e, func(r Reply) Effect {
		return t.unlessEnded(func() Effect { return t.worked(ord, r) })
	})
}

// worked turns what an attempt gave into a verdict, or into nothing: then the
// attempt lapses.
func (t *Turn) worked(ord int, r Reply) Effect {
	f := t.top()
	span := f.split.span(ord)
	switch {
	case r.Status == Failed && (r.Err == okazaki.ErrTooBig || r.Err == errOverdrawn) && !t.atFloor(f, ord):
		return t.splitChild(ord, span.Lo, r, true)
	case r.Status == Failed && r.Err == okazaki.ErrTooBig && t.class+1 >= len(t.job.Limits.Classes):
		return t.fail(ord, r.Err.Error()+" of the largest worker")
	case r.Status == Failed && r.Err == errOverdrawn && f.tries[ord].n > 1: // with the most that one may spend
		return t.fail(ord, r.Err.Error())
	case r.Status == Failed && (r.Err == errOverdrawn || r.Err == nil):
		f.state[ord] = childHeld
		return t.choose()
	case r.Status == Failed && (suspect(r.Err) || r.Err == okazaki.ErrTooBig):
		return t.trouble(ord, r.Err)
	case r.Status == Failed:
		return t.fail(ord, r.Err.Error())
	case r.Done >= span.Hi:
		return t.deliver(r.Bytes, func(p *part) Effect {
			return t.decide(ord, verdict{Kind: partVerdict, Part: p}, r)
		})
	case t.atFloor(f, ord), !t.divides(ord, r): // stopped too soon, with nothing to keep
		f.state[ord] = childHeld
		return t.choose()
	}
	return t.splitChild(ord, r.Done, r, r.Done == span.Lo)
}

// deliver makes a part of bytes, creating a blob first if they are many.
func (t *Turn) deliver(b []byte, then func(*part) Effect) Effect {
	p := &part{Size: int64(len(b)), data: b}
	if len(b) <= t.inlineLimit {
		return then(p)
	}
	sum := sha256.Sum256(b)
	p.Blob = hex.EncodeToString(sum[:])
	return t.create(t.k.blob(p.Blob), b, func(Reply) Effect { return then(p) })
}

func (t *Turn) division(ord int, done int64, r Reply, presumed bool) division {
	f := t.top()
	span := f.split.span(ord)
	return division{
		rest: okazaki.Span{Lo: done, Hi: span.Hi}, done: done - span.Lo,
		budget:  f.split.Children[ord].Budget,
		own:     price(&t.job.Limits, f.split.Limit, t.job.Limits.Classes[0]),
		elapsed: r.Took - r.Setup, setup: r.Setup, presumed: presumed,
	}
}

// divides says whether there is money to split child ord after an attempt that
// stopped at r.Done. If not, the attempt lapses: one that is paid from a pool
// has a whole turn.
func (t *Turn) divides(ord int, r Reply) bool {
	lo := t.top().split.span(ord).Lo
	_, err := divide(&t.job.Limits, t.axis, t.division(ord, r.Done, r, r.Done == lo))
	return err == nil
}

// splitChild keeps what an attempt has done of child ord and splits the rest.
func (t *Turn) splitChild(ord int, done int64, r Reply, presumed bool) Effect {
	s, err := divide(&t.job.Limits, t.axis, t.division(ord, done, r, presumed))
	if err != nil {
		return t.fail(ord, err.Error())
	}
	if s.carried(0) {
		return t.deliver(r.Bytes, func(p *part) Effect { return t.commitSplit(ord, s, p, r) })
	}
	return t.commitSplit(ord, s, nil, r)
}

// commitSplit marks child ord as one that may be split, and splits it.
func (t *Turn) commitSplit(ord int, s *split, carried *part, r Reply) Effect {
	return t.create(t.k.mark(t.top().node, ord), []byte("{}"), func(Reply) Effect {
		return t.decide(ord, verdict{Kind: splitVerdict, Split: s, Part: carried}, r)
	})
}

func (t *Turn) fail(ord int, reason string) Effect {
	return t.decide(ord, verdict{Kind: failVerdict, Reason: reason}, Reply{})
}

// decide creates the verdict on child ord. The first one wins; a split is
// entered, and others are woken for it, only once it has committed.
func (t *Turn) decide(ord int, v verdict, r Reply) Effect {
	f := t.top()
	v.Nonce, v.At = t.nextNonce(), f.split.span(ord)
	v.Spent = okazaki.MBmsOf(t.job.Limits.Classes[t.class], r.Took)
	v.Calls = t.unreportedCalls()
	f.decide(ord)
	e := Effect{Op: OpCreate, Key: t.k.verdict(f.node, ord), Value: v.encode()}
	if v.Kind != splitVerdict {
		e.NextKey, e.Next = t.nextAttempt()
	}
	if e.NextKey != "" {
		t.behind = append(t.behind, record{e.Key, e.Value, v.Calls})
		return t.do(e, func(Reply) Effect { return t.choose() })
	}
	return t.do(e, func(r Reply) Effect {
		t.onRecorded(r, v.Calls)
		if r.Status == Exists || v.Kind != splitVerdict {
			return t.choose()
		}
		t.push(v.Nonce, ord, v.Split, v.Part)
		t.top().listed = true // nobody has decided a child of a node that is this new
		t.top().cursor = 0
		e := t.choose()
		e.Ring = t.wakes(t.top().at, v.Split)
		return e
	})
}

// wakes are the wakes for a new node: of the job's concurrency the share that
// the node has of the stage's units, this worker's own included. So all nodes
// together wake no more workers than that.
func (t *Turn) wakes(node string, s *split) []okazaki.Wake {
	share := (s.Span.Len()*int64(t.job.Limits.Concurrency) + t.axis.Units - 1) / t.axis.Units
	n := min(len(s.Children), int(share)) - 1
	var ws []okazaki.Wake
	for i := range n {
		ws = append(ws, okazaki.Wake{Job: t.life.name(), Node: node, Hint: (i + 1) * len(s.Children) / (n + 1)})
	}
	return ws
}
