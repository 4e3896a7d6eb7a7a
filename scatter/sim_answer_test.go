package scatter

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"okazaki"
)

// checkAnswers compares the answers of all lives that say they are done, where
// something changed: each is the uncut run's, or says that it is gone.
func (s *sim) checkAnswers() {
	for _, l := range s.done {
		if !l.dirty {
			continue
		}
		l.dirty, l.gone = false, false
		for stage := range l.Job.Stages {
			got, err := readAll(simReader{s.store}, l.name, stage)
			if err == nil && bytes.Equal(got, l.want(s, stage)) {
				s.wholes++
				continue
			}
			if err == nil {
				s.fail("invariant 9: stage %d of %s gathers to %q, not %q", stage, l.name, got, l.want(s, stage))
			} else if l.gone = true; !l.redone && (!l.deleted || !isGone(err)) {
				s.fail("stage %d of %s can't be read: %v", stage, l.name, err)
			}
		}
	}
}

// checkBooks looks at what all lives spent.
func (s *sim) checkBooks() {
	for _, l := range s.lives {
		if l.spent > (l.Job.Limits.Budget + l.lost).MBms() {
			s.fail("invariant 3: %d MB-ms ran, of a budget of %d MB-s", l.spent, l.Job.Limits.Budget)
		}
	}
}

// ended checks how a life ends.
func (s *sim) ended(a *actor, key string, value []byte) {
	l := s.lives[strings.TrimPrefix(key, endedPrefix)]
	if l == nil {
		return
	}
	end := &End{}
	if _, err := decode(value, end); err != nil {
		s.fail("%s: %v", key, err)
		return
	}
	again := l.end != nil
	l.end, l.endedAt, l.dirty = end, s.now, true
	s.ends[end.State]++
	if end.State == Done && !slices.Contains(s.done, l) {
		s.done = append(s.done, l)
	} else if end.State != Done {
		s.done = slices.DeleteFunc(s.done, func(o *simLife) bool { return o == l })
	}
	if end.Job != l.name {
		s.fail("%s ends %s", key, end.Job)
	}
	if !again && !l.deleted {
		s.checkEnd(a, l, key)
	}
}

func (s *sim) checkEnd(a *actor, l *simLife, key string) {
	end := l.end
	switch {
	case end.State == Expired && s.now-l.born < l.Job.Limits.Deadline:
		s.fail("%s expires after %v of %v", l.name, s.now-l.born, l.Job.Limits.Deadline)
	case end.State == Expired || end.State == Cancelled:
		if s.mustEndDone(l) {
			s.fail("nothing is broken, but %s ends %s", l.name, end.State)
		}
		return
	}
	var below okazaki.Calls
	for stage := range l.Job.Stages {
		if l.axes[stage] == nil {
			continue
		}
		below = below.Plus(l.nodes[l.axes[stage].Nonce].below())
	}
	if !l.redone {
		s.tells(a, key, end.Calls.Minus(below))
	}
	if l.Job.Limits.Calls.Creates > 0 && end.State == Done && end.Calls.Large == 0 {
		s.fail("no record of %s has a create", l.name)
	}
	s.checkHoles(a, l)
}

// checkHoles checks that a life which is incomplete names what failed, and
// nothing else, and that nothing failed of one that is done. No stage is laid out
// behind one that has holes. But a stage that was whole when the next was laid
// out can have a hole in the end, where its merged part was lost and joined again:
// then its holes are named, alone or with all of the next.
func (s *sim) checkHoles(a *actor, l *simLife) {
	if l.end.State == Incomplete && s.mustEndDone(l) {
		s.fail("nothing is broken, but %s ends %v", l.name, l.end)
	}
	missing := map[Hole]bool{} // by unit
	n := int64(0)
	hole := func(stage int, span okazaki.Span) {
		n++
		for u := span.Lo; u < span.Hi; u++ {
			missing[Hole{Stage: stage, Span: okazaki.Span{Lo: u, Hi: u + 1}}] = true
		}
	}
	stages := l.plannable(a)
	for stage := 0; stage < stages && l.axes[stage] != nil && (n == 0 || l.redone && l.names(stage)); stage++ {
		s.walkHoles(l, l.nodes[l.axes[stage].Nonce], 0, a.readMerged, hole)
	}
	if stages < len(l.Job.Stages) && l.axes[stages-1] != nil {
		n++
	}
	if n != l.end.Missing || (n == 0) != (l.end.State == Done) {
		s.fail("%s ends with %d spans missing, and %d failed: %v", l.name, l.end.Missing, n, l.end)
	}
	for _, h := range l.end.Holes {
		if h.Reason == "" {
			s.fail("%s: hole %v has no reason", l.name, h)
		}
		for u := h.Span.Lo; u < h.Span.Hi; u++ {
			one := Hole{Stage: h.Stage, Span: okazaki.Span{Lo: u, Hi: u + 1}}
			if !missing[one] {
				s.fail("%s: %v did not fail", l.name, h)
			}
			delete(missing, one)
		}
	}
	if len(missing) > 0 {
		s.fail("%s: %d units failed that are in no hole of %v", l.name, len(missing), l.end)
	}
}

// plannable is how many stages could be planned, as the end of turn a has it: it
// may say that the next one could not where the turn found no axis for it, though
// one has appeared since.
func (l *simLife) plannable(a *actor) int {
	all := len(l.Job.Stages)
	if len(l.end.Holes) != 1 || l.end.Holes[0].Span != (okazaki.Span{}) {
		return all
	}
	next := l.end.Holes[0].Stage
	if next < 1 || next >= all || l.axes[next] != nil && l.laidOut[next] <= a.noAxis {
		return all
	}
	return next
}

// names says whether the end names a hole of a stage.
func (l *simLife) names(stage int) bool {
	return slices.ContainsFunc(l.end.Holes, func(h Hole) bool { return h.Stage == stage })
}

// walkHoles calls hole with each span below child ord of node that failed, as a worker that
// read the merged part at that step was told.
func (s *sim) walkHoles(l *simLife, node *simNode, ord, read int, hole func(int, okazaki.Span)) {
	kid := node.kid(ord)
	if kid.verdict == nil {
		return // it was carried
	}
	if kid.verdict.Kind == failVerdict {
		hole(node.stage, kid.verdict.At)
	}
	if kid.verdict.Kind != splitVerdict {
		return
	}
	var m simMerged
	for _, joined := range kid.merged {
		if joined.step <= read {
			m = joined
		}
	}
	if m.merged == nil {
		s.fail("%s ends, but %v was not joined", l.name, kid.verdict.At)
		return
	}
	if len(m.Holes) == 1 && m.Miss == 1 && m.Holes[0].Span == m.At {
		hole(node.stage, m.At) // the merge failed
		return
	}
	below := l.nodes[kid.verdict.Nonce]
	for i := range kid.verdict.Split.Children {
		s.walkHoles(l, below, i, m.read, hole)
	}
}

// mustEndDone says that a life was begun with ample limits when nothing was
// broken any more.
func (s *sim) mustEndDone(l *simLife) bool {
	return s.mended >= 0 && l.born > s.mended && l.Job.Limits.Budget >= ampleBudget
}

func isGone(err error) bool { return errors.Is(err, ErrGone) }

// tells checks that no call is in two records.
func (s *sim) tells(a *actor, key string, c okazaki.Calls) {
	a.meter.told = a.meter.told.Plus(c)
	if more := a.meter.told.Minus(a.meter.made); max(more.Large, more.Gets, more.Lists, more.Rings) > 0 {
		s.fail("calls are told twice: with %s the records of %s hold %+v, of %+v that were made", key, a.name, a.meter.told, a.meter.made)
	}
}

// untells takes back the calls that a merged part tells which is about to go:
// its maker may learn that it is not there, and tell them again.
func (l *simLife) untells(key string) {
	node, ord, _ := l.nodeOf(key)
	if node == nil || len(node.kid(ord).merged) == 0 {
		return
	}
	made := node.kid(ord).merged
	if m := &made[len(made)-1]; m.maker != nil {
		m.maker.told = m.maker.told.Minus(m.own)
		m.maker = nil
	}
}
