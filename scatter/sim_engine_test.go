package scatter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"okazaki"
)

// A simEngine says what the question is, and what becomes of its units.
type simEngine struct {
	question  okazaki.Job
	units     []time.Duration // how long each unit takes at speed 1
	concat    bool
	floor     int64
	inline    int
	note      string // of the axes that are planned now: another version of the analysis
	speed     int    // tenths
	unlucky   map[int64]unitFault
	most      int64 // units above which a span does not fit; 0: all fit
	mergeMost int64 // bytes above which a merge does not fit a worker of the smallest class; 0: all fit
	mended    time.Duration
}

// A unitFault is what is wrong with a unit until all is mended.
type unitFault int

const (
	unitExplained unitFault = iota + 1 // its input is bad, and the error says so
	unitSuspect                        // it fails everywhere, for no reason given
	unitLarge                          // it needs the largest class
	unitHangs                          // it never ends
)

func newSimEngine(rng *rand.Rand) simEngine {
	e := simEngine{
		concat: rng.IntN(2) == 0, floor: int64(rng.IntN(4)), inline: rng.IntN(40), note: "A", speed: 10, unlucky: map[int64]unitFault{}, mended: -1,
	}
	n := 1 + rng.IntN(40)
	slow := rng.IntN(3)
	for range n {
		d := time.Duration(rng.IntN(400)) * time.Millisecond
		if slow == 0 && rng.IntN(10) == 0 {
			d += time.Duration(rng.IntN(5000)) * time.Millisecond
		}
		e.units = append(e.units, d)
	}
	if rng.IntN(3) == 0 {
		for range 1 + rng.IntN(2) {
			e.unlucky[rng.Int64N(int64(n))] = unitFault(1 + rng.IntN(4))
		}
	}
	if rng.IntN(6) == 0 {
		e.most = 1 + rng.Int64N(8)
	}
	if rng.IntN(4) == 0 {
		e.mergeMost = 20 + rng.Int64N(100)
	}
	e.question = okazaki.Job{Analysis: "sim", Stages: []string{"one", "two"}[:1+rng.IntN(2)]}
	return e
}

func (e *simEngine) mend() {
	clear(e.unlucky)
	e.most, e.mergeMost = 0, 0
}

const ampleBudget = 4_000_000_000

// limits draws the limits of one life.
func (s *sim) limits(rng *rand.Rand) okazaki.Limits {
	l := okazaki.Limits{
		Budget:   []okazaki.MBs{40, 400, 4000, 40000}[rng.IntN(4)] * 1000,
		Classes:  [][]int64{{1000}, {500, 1000}, {1000, 1000, 3000}}[rng.IntN(3)],
		Turn:     time.Duration(2+rng.IntN(20)) * time.Second,
		Aim:      time.Duration(200+rng.IntN(2000)) * time.Millisecond,
		Deadline: []time.Duration{48 * time.Hour, 48 * time.Hour, 100 * time.Hour, time.Duration(rng.IntN(60)) * time.Second}[rng.IntN(4)] + time.Second, Concurrency: 1 + rng.IntN(6),
		Span: []int64{0, 0, 1, 7}[rng.IntN(4)],
	}
	if rng.IntN(2) == 0 {
		upTo := func(most int64) okazaki.MBms { return okazaki.MBms(rng.Int64N(most)) }
		l.Calls = okazaki.Prices{Creates: upTo(100_000), Large: upTo(200_000), Gets: upTo(50_000), Lists: upTo(200_000), Rings: upTo(10_000)}
	}
	if !s.faults { // nothing is in the way of an answer
		l.Turn, l.Deadline, l.Budget, l.Calls = 60*time.Second, 48*time.Hour, ampleBudget, okazaki.Prices{}
	}
	for checkLimits(&l, len(s.question.Stages)) != nil {
		l.Budget *= 2
	}
	return l
}

func (s *sim) axis(stage int) okazaki.Axis {
	n := int64(len(s.units))
	if stage == 1 {
		n = n/2 + 1
	}
	return okazaki.Axis{Units: n, Floor: s.floor, Concat: s.concat, Note: []byte(s.note)}
}

// want is the answer of the uncut run.
func (s *sim) want(note []byte, stage int, span okazaki.Span) []byte {
	var b bytes.Buffer
	for u := span.Lo; u < span.Hi; u++ {
		fmt.Fprintf(&b, "%s%d.%d;", note, stage, u)
	}
	if s.concat {
		return b.Bytes()
	}
	return []byte("<" + b.String() + ">")
}

// A planner is the engine as the submitter's machine sees it.
type planner struct {
	okazaki.Engine
	s *sim
}

func (p planner) Plan(context.Context, int, []okazaki.Result) (okazaki.Axis, error) {
	return p.s.axis(0), nil
}
func (p planner) Close() error { return nil }

func (s *sim) engines() *Engines {
	return &Engines{Open: func(context.Context, string, *okazaki.Job) (okazaki.Engine, error) { return planner{s: s}, nil }}
}

var errSick = errors.New("input/output error")

// work runs the engine in simulated time.
func (s *sim) work(a *actor, e Effect) Reply {
	l := &a.life.Job.Limits
	memory := l.Classes[a.turn.class]
	var took, paid time.Duration // paid: of the limit, for calls
	failed := func(err error) Reply {
		a.life.spent += okazaki.MBms(min(took+paid, e.Limit).Milliseconds() * memory)
		return Reply{Status: Failed, Took: took, Err: err}
	}
	switch {
	case a.machine.sick:
		took = min(10*time.Millisecond, e.Limit)
		return failed(errSick)
	case s.most > 0 && e.Span.Len() > s.most:
		return failed(okazaki.ErrTooBig)
	}
	get := time.Duration(l.Calls.Gets/okazaki.MBms(memory)) * time.Millisecond
	u := e.Span.Lo
	for ; u < e.Span.Hi; u++ {
		d := s.units[u] * time.Duration(s.speed) / 10
		switch s.unlucky[u] {
		case unitExplained:
			return failed(&okazaki.Error{Message: fmt.Sprintf("unit %d can't be read", u)})
		case unitSuspect:
			return failed(fmt.Errorf("the engine panicked: unit %d", u))
		case unitLarge:
			if a.turn.class+1 < len(l.Classes) {
				return failed(okazaki.ErrTooBig)
			}
		case unitHangs:
			d = e.Limit + time.Second
		}
		if took+d > e.Limit {
			took = e.Limit
			return failed(nil)
		}
		for range u % 4 { // it reads its inputs
			if took+paid+get > e.Limit {
				return failed(errOverdrawn)
			}
			paid += get
			a.count(okazaki.Calls{Gets: 1})
		}
		took += d
		if !e.Whole && (took+paid > e.Limit*4/5 || !goOn(l, e.Span, u+1, took, 0, e.Limit)) {
			u++
			break
		}
	}
	a.life.spent += okazaki.MBms(min(took+paid, e.Limit).Milliseconds() * memory)
	note := a.life.axes[e.Stage].Axis.Note
	return Reply{Bytes: s.want(note, e.Stage, okazaki.Span{Lo: e.Span.Lo, Hi: u}), Done: u, Took: took}
}

// merge joins parts of an engine that does not concatenate.
func (s *sim) merge(a *actor, e Effect) Reply {
	took := min(10*time.Millisecond, e.Limit)
	a.life.spent += okazaki.MBms(took.Milliseconds() * a.life.Job.Limits.Classes[a.turn.class])
	if a.machine.sick {
		return Reply{Status: Failed, Took: took, Err: errSick}
	}
	var b bytes.Buffer
	b.WriteByte('<')
	for _, p := range e.Parts {
		data := p.data
		if p.Blob != "" {
			var err error
			if data, err = checked(s.store.value(a.life.keys().blob(p.Blob)), p); err != nil {
				return Reply{Status: Failed, Took: took, Err: err}
			}
		}
		b.Write(bytes.Trim(data, "<>"))
	}
	b.WriteByte('>')
	if s.mergeMost > 0 && int64(b.Len()) > s.mergeMost && a.turn.class == 0 {
		return Reply{Status: Failed, Took: took, Err: okazaki.ErrTooBig}
	}
	return Reply{Bytes: b.Bytes(), Took: took}
}

func (s *sim) plan(a *actor, e Effect) Reply {
	if a.machine.sick {
		return Reply{Status: Failed, Err: errSick}
	}
	return Reply{Axis: s.axis(e.Stage)}
}

// explained says of a reason that it is a unit's of that span.
func (s *sim) explained(reason string, span okazaki.Span) bool {
	for u := span.Lo; u < span.Hi; u++ {
		if strings.HasSuffix(reason, fmt.Sprintf("unit %d can't be read", u)) {
			return true
		}
	}
	return false
}
