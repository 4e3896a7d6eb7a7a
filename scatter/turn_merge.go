package scatter

import (
	"fmt"
	"strings"

	"okazaki"
)

// survey is reached when no child of the top frame can be worked by this turn.
// It enters a child that was split and is not merged, merges the node when
// there is none and every child is decided, and otherwise goes up.
func (t *Turn) survey() Effect {
	f := t.top()
	return t.list(t.k.marks(f.node), func(r Reply) Effect {
		marked := ordinals(r.Entries, len(f.state))
		if len(marked) == 0 {
			return t.surveyed(nil)
		}
		return t.list(t.k.mergeds(f.node), func(r Reply) Effect {
			done := map[int]bool{}
			for _, ord := range ordinals(r.Entries, len(f.state)) {
				done[ord] = true
			}
			var open []int
			for _, ord := range marked {
				if !done[ord] && !f.notSplit[ord] {
					open = append(open, ord)
				}
			}
			return t.surveyed(open)
		})
	})
}

func ordinals(entries []okazaki.Entry, n int) []int {
	var ords []int
	for _, e := range entries {
		if ord, _, ok := parseOrdinal(e.Key); ok && ord < n {
			ords = append(ords, ord)
		}
	}
	return ords
}

// surveyed goes on with the children that were marked as split and have no
// merged part.
func (t *Turn) surveyed(open []int) Effect {
	f := t.top()
	at := 0
	if len(open) > 0 {
		at = t.place(f, len(open))
	}
	for i := range open {
		ord := open[(at+i)%len(open)]
		if !t.seen[childNode(f.at, ord)] {
			return t.descend(ord)
		}
	}
	if len(open) > 0 || f.settled < len(f.state) {
		return t.up()
	}
	if len(t.path) == 1 {
		return t.finish()
	}
	return t.tryMerge(t.fetch, t.abandonMerge)
}

// descend enters a marked child, or learns that it was not split after all.
func (t *Turn) descend(ord int) Effect {
	f := t.top()
	return t.enter(ord, func() Effect {
		if t.top() == f {
			if !f.notSplit[ord] { // marked, but the verdict is not there yet
				t.seen[childNode(f.at, ord)] = true
			}
			return t.survey()
		}
		return t.look()
	})
}

// up leaves the top frame, in which this turn finds nothing more to do.
func (t *Turn) up() Effect {
	f := t.top()
	t.seen[f.at] = true
	t.path = t.path[:len(t.path)-1]
	if len(t.path) == 0 {
		return t.leave(nil)
	}
	return t.look()
}

// climb leaves the top frame, which is merged: its parent may now be complete.
func (t *Turn) climb() Effect {
	t.path = t.path[:len(t.path)-1]
	t.top().listed = false
	clear(t.seen)
	return t.look()
}

// fetch reads the verdicts, and the merged parts of the children that were
// split, for the merge that this turn has bought.
func (t *Turn) fetch(m *mergeTry) Effect {
	f := t.top()
	t.bought++
	var keys []string
	var ords []int
	for ord := range f.state {
		if !f.split.carried(ord) {
			keys, ords = append(keys, t.k.verdict(f.node, ord)), append(ords, ord)
		}
	}
	return t.get(keys, func(r Reply) Effect {
		g := gather{try: m, parts: make([]*part, len(f.state))}
		if f.carried != nil {
			g.parts[0] = f.carried
			g.out.Spans++
		}
		var splits []int
		for i, b := range r.Values {
			if b == nil {
				return t.up() // a stale list; a later attempt merges
			}
			split, err := g.verdict(ords[i], t.hole(f, ords[i]), b)
			if err != nil {
				return t.leave(err)
			}
			if split {
				splits = append(splits, ords[i])
			}
		}
		return t.fetchMerged(&g, splits)
	})
}

// mark enters a child that was split and is not merged, though no mark led
// there: it was lost. A later attempt merges the top frame.
func (t *Turn) mark(ord int) Effect {
	return t.create(t.k.mark(t.top().node, ord), []byte("{}"), func(Reply) Effect { return t.descend(ord) })
}

func (t *Turn) hole(f *frame, ord int) Hole { return Hole{Stage: t.stage, Span: f.split.span(ord)} }

func (t *Turn) fetchMerged(g *gather, splits []int) Effect {
	f := t.top()
	if len(splits) == 0 {
		return t.join(g)
	}
	keys := make([]string, len(splits))
	for i, ord := range splits {
		keys[i] = t.k.merged(f.node, ord)
	}
	return t.get(keys, func(r Reply) Effect {
		for i, b := range r.Values {
			if b == nil {
				return t.mark(splits[i])
			}
			if err := g.merged(splits[i], f.split.span(splits[i]), b); err != nil {
				return t.leave(err)
			}
		}
		return t.join(g)
	})
}

// A gather collects a node's children for its merge.
type gather struct {
	try   *mergeTry
	root  string  // the nonce of the last verdict
	parts []*part // nil: below there are more verdicts
	tree  bool    // a part is nil because its children are its manifest
	out   merged
}

// verdict adds a child's verdict. It returns whether the child was split.
func (g *gather) verdict(ord int, at Hole, b []byte) (split bool, err error) {
	v, data, err := readVerdict(b, at.Span)
	if err != nil {
		return false, err
	}
	g.root = v.Nonce
	g.out.Spent += v.Spent
	g.out.Calls = g.out.Calls.Plus(v.Calls)
	switch v.Kind {
	case splitVerdict:
		return true, nil
	case failVerdict:
		at.Reason = v.Reason
		g.hole(at)
	default:
		v.Part.data = data
		g.parts[ord] = v.Part
		g.out.Spans++
	}
	return false, nil
}

func (g *gather) hole(h Hole) {
	g.out.Miss++
	g.name(h)
}

// name keeps a hole's name. Holes that follow each other for the same reason
// are one.
func (g *gather) name(h Hole) {
	if n := len(g.out.Holes); n > 0 {
		last := &g.out.Holes[n-1]
		if last.Stage == h.Stage && last.Reason == h.Reason && last.Span.Hi == h.Span.Lo {
			last.Span.Hi = h.Span.Hi
			return
		}
	}
	if len(g.out.Holes) < maxHoles {
		g.out.Holes = append(g.out.Holes, h)
	}
}

// merged adds the merged part of a child that was split.
func (g *gather) merged(ord int, at okazaki.Span, b []byte) error {
	m, data, err := readMerged(b, at)
	if err != nil {
		return err
	}
	g.out.Spent += m.Spent
	g.out.Calls = g.out.Calls.Plus(m.Calls)
	g.out.Spans += m.Spans
	g.out.Size += m.Size
	for _, h := range m.Holes {
		g.name(h)
	}
	g.out.Miss += m.Miss
	if m.Part == nil {
		g.tree = g.tree || m.Spans > 0
		return nil
	}
	g.out.Size -= m.Size // counted with the parts
	m.Part.data = data
	g.parts[ord] = m.Part
	return nil
}

// join makes the node's own part. Parts that only concatenate stay where they
// are, unless together they are small.
func (t *Turn) join(g *gather) Effect {
	var size int64
	var parts []*part
	blobs := false
	for _, p := range g.parts {
		if p != nil {
			size += p.Size
			parts = append(parts, p)
			blobs = blobs || p.Blob != ""
		}
	}
	g.out.Size += size
	switch {
	case g.out.Miss > 0 && (t.axis.Concat || !t.job.Limits.Partial || len(parts) == 0):
		return t.commitMerge(g, nil)
	case t.axis.Concat && (g.tree || blobs || g.out.Size > int64(t.inlineLimit)):
		return t.commitMerge(g, nil)
	case t.axis.Concat:
		p := &part{Size: size, data: make([]byte, 0, size)}
		for _, q := range parts {
			p.data = append(p.data, q.data...)
		}
		return t.commitMerge(g, p)
	}
	e := Effect{Op: OpMerge, Key: g.try.key, Stage: t.stage, Parts: parts, Limit: min(g.try.limit, t.left-t.elapsed)}
	failed := func(reason string) Effect {
		g.hole(Hole{Stage: t.stage, Span: t.top().split.Span, Reason: "merge: " + reason})
		return t.commitMerge(g, nil)
	}
	return t.do(e, func(r Reply) Effect {
		return t.unlessEnded(func() Effect {
			if r.Status == Failed {
				return t.mergeFailed(g.try, r.Err, t.up, failed)
			}
			g.out.Spent += okazaki.MBmsOf(t.job.Limits.Classes[t.class], r.Took)
			g.out.Size = int64(len(r.Bytes))
			return t.deliver(r.Bytes, func(p *part) Effect { return t.commitMerge(g, p) })
		})
	})
}

func (t *Turn) abandonMerge(reason string) Effect {
	g := &gather{}
	g.hole(Hole{Stage: t.stage, Span: t.top().split.Span, Reason: reason})
	return t.commitMerge(g, nil)
}

func (t *Turn) commitMerge(g *gather, p *part) Effect {
	f := t.top()
	parent := t.path[len(t.path)-2]
	calls := t.unreportedCalls()
	g.out.Nonce, g.out.At, g.out.Part, g.out.Calls = t.nextNonce(), f.split.Span, p, g.out.Calls.Plus(calls)
	return t.create(t.k.merged(parent.node, f.ord), encode(&g.out, p), func(r Reply) Effect {
		t.onRecorded(r, calls)
		return t.climb()
	})
}

// finish is reached when a stage's root span is decided and, if it was split,
// merged: it plans the next stage or ends the job.
func (t *Turn) finish() Effect {
	var keys []string
	for stage := range t.stage + 1 {
		node := t.axes[stage].Nonce
		keys = append(keys, t.k.verdict(node, 0), t.k.merged(node, 0))
	}
	return t.get(keys, func(r Reply) Effect {
		g, err := gatherRoot(t.hole(t.top(), 0), r.Values[2*t.stage:])
		if err == nil && g == nil && r.Values[2*t.stage] != nil {
			return t.mark(0)
		}
		if err != nil || g == nil {
			return t.leave(err)
		}
		goesOn := g.out.Miss == 0 || t.job.Limits.Partial && g.out.Spans > 0
		if next := t.stage + 1; goesOn && next < len(t.job.Stages) {
			if t.axes[next] != nil { // this stage was joined again
				return t.enterStage(next, t.axes[next])
			}
			return t.planNext(g.out.Miss)
		}
		end := End{State: Done}
		var spent okazaki.MBms
		for stage := range t.stage + 1 {
			whole := okazaki.Span{Hi: t.axes[stage].Axis.Units}
			g, err := gatherRoot(Hole{Stage: stage, Span: whole}, r.Values[2*stage:])
			if err == nil && g == nil && !t.redid[stage] {
				return t.redo(stage, r.Values[2*stage] != nil)
			}
			if err != nil || g == nil { // nil: a stale read
				return t.leave(err)
			}
			end.Roots = append(end.Roots, g.root)
			end.Holes = append(end.Holes, g.out.Holes...)
			end.Missing += g.out.Miss
			spent += g.out.Spent
			end.Calls = end.Calls.Plus(g.out.Calls)
		}
		if end.Missing > 0 {
			end.State = Incomplete
		}
		end.Spent = spent.MBs()
		end.Calls = end.Calls.Plus(t.unreportedCalls())
		return t.end(end)
	})
}

// redo goes back, once in a turn, to an earlier stage whose root has lost its
// verdict, or its merged part only.
func (t *Turn) redo(stage int, decided bool) Effect {
	if err := t.layOut(stage, t.axes[stage]); err != nil {
		return t.leave(err)
	}
	if t.redid == nil {
		t.redid = map[int]bool{}
	}
	t.redid[stage] = true
	if !decided {
		return t.look()
	}
	return t.mark(0)
}

// gatherRoot gathers a stage's root span from its verdict and its merged part;
// nil if one is missing.
func gatherRoot(at Hole, values [][]byte) (*gather, error) {
	if values[0] == nil {
		return nil, nil
	}
	g := &gather{parts: make([]*part, 1)}
	split, err := g.verdict(0, at, values[0])
	if err != nil || !split {
		return g, err
	}
	if values[1] == nil {
		return nil, nil
	}
	return g, g.merged(0, at.Span, values[1])
}

// planNext buys the merge of the stage as a whole, which is to plan the next.
func (t *Turn) planNext(miss int64) Effect {
	return t.tryMerge(func(m *mergeTry) Effect {
		t.bought++
		e := Effect{Op: OpPlan, Key: m.key, Stage: t.stage + 1, Limit: min(m.limit, t.left-t.elapsed)}
		return t.do(e, func(r Reply) Effect {
			return t.unlessEnded(func() Effect { return t.planned(m, miss, r) })
		})
	}, t.endHole)
}

// planned creates the axis of the stage behind one that lacks spans: miss counts them.
func (t *Turn) planned(m *mergeTry, miss int64, r Reply) Effect {
	if r.Status == Failed {
		leave := func() Effect { return t.leave(nil) }
		return t.mergeFailed(m, r.Err, leave, func(reason string) Effect { return t.endHole("plan: " + reason) })
	}
	rec := axisRecord{Axis: r.Axis, Nonce: t.nextNonce()}
	rec.Miss = t.axes[t.stage].Miss + miss
	stage := t.stage + 1
	return t.create(t.k.axis(stage), encode(&rec, nil), func(r Reply) Effect {
		if r.Status == Exists {
			rec = axisRecord{}
			if _, err := decode(r.Values[0], &rec); err != nil {
				return t.leave(err)
			}
		}
		e := t.enterStage(stage, &rec)
		e.Ring = []okazaki.Wake{{Job: t.life.name()}}
		return e
	})
}

// endHole ends the job because its next stage can't be laid out, unless another
// turn has done so.
func (t *Turn) endHole(reason string) Effect {
	next := t.stage + 1
	return t.get([]string{t.k.axis(next)}, func(r Reply) Effect {
		if r.Values[0] == nil {
			return t.end(End{State: Incomplete, Missing: 1, Holes: []Hole{{Stage: next, Reason: reason}}})
		}
		rec := &axisRecord{}
		if _, err := decode(r.Values[0], rec); err != nil {
			return t.leave(err)
		}
		return t.enterStage(next, rec)
	})
}

// end closes the job. The first to close it says how.
func (t *Turn) end(end End) Effect {
	end.Job, end.Nonce = t.life.name(), t.nextNonce()
	return t.create(endedKey(t.life.Prefix), encode(&end, nil), func(r Reply) Effect {
		if r.Status == Exists {
			if _, err := decode(r.Values[0], &end); err != nil {
				return t.leave(err)
			}
		}
		return t.do(Effect{Op: OpLeave, End: &end}, nil)
	})
}

// String names the end for a person.
func (e *End) String() string {
	if e.State != Incomplete {
		return string(e.State)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d spans are missing:", e.Missing)
	for _, h := range e.Holes {
		b.WriteString("\n  " + h.String())
	}
	if len(e.Holes) == maxHoles {
		b.WriteString("\n  and perhaps more")
	}
	return b.String()
}
