package scatter

import (
	"errors"
	"slices"
	"strings"
	"time"

	"okazaki"
)

// checkCreate checks that a turn creates what it may: keys of its own life, and
// verdicts and merges for which it has an attempt.
func (s *sim) checkCreate(a *actor, e Effect) {
	own := string(a.life.keys())
	if !strings.HasPrefix(e.Key, own) && e.Key != endedKey(a.life.Prefix) {
		s.fail("invariant 10: turn %s of %s creates %s", a.nonce, a.life.name, e.Key)
	}
	if e.Tries > 0 {
		return
	}
	switch kind := kindOf(e.Key); {
	case kind == 'v':
		var v verdict
		if _, err := decode(e.Value, &v); err != nil {
			s.fail("%s: %v", e.Key, err)
		}
		node, ord, _ := a.life.nodeOf(e.Key)
		if at := a.acked[a.holding]; v.Kind != failVerdict && (at == nil || at.node != node || at.ord != ord) {
			s.fail("invariant 14: turn %s decides %s, but holds %q", a.nonce, e.Key, a.holding)
		}
		a.holding = ""
	case kind == 'd':
		var m merged
		if _, err := decode(e.Value, &m); err != nil {
			s.fail("%s: %v", e.Key, err)
		}
		parent, ord, _ := a.life.nodeOf(e.Key)
		if parent.kid(ord).verdict == nil || m.Miss == 0 && !a.joins(parent, ord) {
			s.fail("invariant 14: turn %s joins %s without an attempt", a.nonce, e.Key)
		}
	}
}

// joins says whether the turn has an attempt to merge child ord of parent. Where
// the split was collected since, a turn that was frozen may have written another:
// the attempt is at the node of the first, and what it joins is true of the span.
func (a *actor) joins(parent *simNode, ord int) bool {
	for _, at := range a.acked {
		if at != nil && at.ord < 0 && at.node.parent == parent && at.node.ord == ord {
			return true
		}
	}
	return false
}

// checkReads checks that a turn reads its own life, or one that it may adopt
// from while it holds an attempt.
func (s *sim) checkReads(a *actor, keys ...string) {
	own := string(a.life.keys())
	for _, key := range keys {
		if strings.HasPrefix(key, own) || key == endedKey(a.life.Prefix) {
			continue
		}
		if kindOf(key) == 0 || a.holding == "" || !slices.Contains(a.life.After, key[3:23]) {
			s.fail("invariant 10: turn %s of %s reads %s, holding %q", a.nonce, a.life.name, key, a.holding)
		}
		s.foreign++
	}
}

// reads notes when the turn read what says how far its life has got.
func (a *actor) reads(s *sim, e Effect, r Reply) {
	switch key := e.Keys[len(e.Keys)-1]; {
	case r.Status != OK:
	case kindOf(key) == 'd' && strings.HasPrefix(key, string(a.life.keys())):
		a.readMerged = s.steps
	case key == a.life.keys().axis(1) && len(e.Keys) == 1 && r.Values[0] == nil:
		a.noAxis = s.steps
	}
}

// checkPaid checks that what a turn is about to run belongs to an attempt of
// its own that the store has acknowledged, that it runs once, and no longer
// than the attempt has reserved or the life may last.
func (s *sim) checkPaid(a *actor, e Effect) bool {
	at := a.acked[e.Key]
	switch {
	case at == nil || at.turn != a.nonce:
		s.fail("invariant 14: turn %s runs %v of %v without an attempt of its own: %q", a.nonce, e.Op, e.Span, e.Key)
	case at.ran:
		s.fail("invariant 14: turn %s runs %s again", a.nonce, e.Key)
	case e.Limit > at.limit || a.life.Job.Limits.Classes[a.turn.class] > at.memory:
		s.fail("invariant 14: turn %s of class %d runs %s for %v, and has reserved %v of %d MB", a.nonce, a.turn.class, e.Key, e.Limit, at.limit, at.memory)
	case s.now-a.began+e.Limit > a.left+5*time.Millisecond: // what passes within a step
		s.fail("invariant 14: turn %s runs %s for %v, past its deadline in %v", a.nonce, e.Key, e.Limit, a.left-(s.now-a.began))
	case e.Op == OpWork && (at.ord < 0 || at.node.split.span(at.ord) != e.Span):
		s.fail("invariant 14: turn %s works %v by %s", a.nonce, e.Span, e.Key)
	default:
		at.ran = true
		return true
	}
	return false
}

// ranEngine notes what an attempt met.
func (s *sim) ranEngine(a *actor, e Effect, r Reply) {
	if r.Status != Failed {
		return
	}
	at := a.acked[e.Key]
	broken, tooBig := &at.node.broken, &at.node.tooBig
	if at.ord >= 0 {
		kid := at.node.kid(at.ord)
		broken, tooBig = &kid.broken, &kid.tooBig
	}
	switch {
	case errors.Is(r.Err, okazaki.ErrTooBig):
		*tooBig = *tooBig || a.turn.class+1 == len(a.life.Job.Limits.Classes)
	case suspect(r.Err):
		*broken = append(*broken, a.machine.name)
	}
}

// checkLook checks that a turn which has not looked for long whether its life
// has ended looks before it buys, and after it ran.
func (s *sim) checkLook(a *actor, before Effect) {
	e := a.effect
	a.ran = a.ran || before.runs()
	switch {
	case e.Op == OpCreate && e.Tries > 0 || a.turn.confirming: // for what it decided earlier
		return
	case e.Op == OpAwait:
		a.awaited = s.now
		return
	}
	ran, awaited := a.ran, a.awaited
	a.ran, a.awaited = false, 0
	if e.Op == OpLeave || e.Op == OpGet && e.Keys[0] == endedKey(a.life.Prefix) || e.Op == OpCreate && e.Key == endedKey(a.life.Prefix) {
		return
	}
	buys := e.NextKey != "" && e.Tries == 0 || e.Op == OpCreate && e.Tries == 0 && !strings.HasSuffix(e.Key, troubleSuffix) &&
		(kindOf(e.Key) == 'a' && strings.HasSuffix(e.Key, ".000") || kindOf(e.Key) == 'm' && strings.HasSuffix(e.Key, "/000"))
	if !ran && !buys {
		return
	}
	when := s.now // it went on
	if !buys && awaited > 0 {
		when = awaited
	}
	if when-a.looked > 5*time.Second {
		s.fail("turn %s goes on with %v %s, having looked %v ago whether its life has ended", a.nonce, e.Op, e.Key, when-a.looked)
	}
	if when-a.began >= a.left {
		s.fail("turn %s goes on with %v %s after its deadline", a.nonce, e.Op, e.Key)
	}
}
