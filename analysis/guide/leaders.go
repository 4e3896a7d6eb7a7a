package guide

import (
	"bufio"
	"context"
	"errors"
	"math"
	"slices"

	"okazaki"
	"okazaki/analysis"
	"okazaki/format/wire"
)

// The stage of leaders finds the guides that primers are made around: of each target
// the first few, or of pairs all that could be in one. Its axis is the guides, and a
// part is the leaders of the span, target after target.

// leadersFloor is the fewest guides of a span: each span skips the records before it.
const leadersFloor = 1 << 14

// A leader is a guide that may have primers. Where it is placed is known only for
// pairs.
type leader struct {
	placed
	sited      bool // it has an own site, which is cut there:
	siteContig int
	siteCut    int64
}

// targetLeaders are the leaders of a target, the best first unless pairs are made.
type targetLeaders struct {
	of   string
	list []leader
}

// planLeaders is Plan of the stage of leaders.
func (e *engine) planLeaders(ctx context.Context, hits okazaki.Result) (axis okazaki.Axis, err error) {
	axis.Floor = leadersFloor
	if e.request.primers == nil {
		return axis, nil
	}
	r, err := hits(ctx)
	if err != nil {
		return axis, err
	}
	defer r.Close()
	axis.Units, err = skipTallies(bufio.NewReaderSize(analysis.Reader(ctx, r), 1<<16), math.MaxInt64)
	return axis, err
}

// errEnough ends the reading of a result.
var errEnough = errors.New("what was asked for is read")

// workLeaders finds the leaders among the span's guides.
func (e *engine) workLeaders(ctx context.Context, t *okazaki.Task) (part []byte, done int64, err error) {
	if err := e.loadGenes(ctx); err != nil {
		return nil, 0, err
	}
	r, err := t.Prior[hitsStage](ctx)
	if err != nil {
		return nil, 0, err
	}
	defer r.Close()
	all, numbers := []targetLeaders{}, numbers{}
	done = t.Span.Lo
	err = eachTallyFrom(analysis.Reader(ctx, r), t.Span.Lo, func(own *tally) error {
		if s := e.summarise(own); e.request.keeps(s) {
			n := numbers.of(s.candidate.Of)
			if int(n) == len(all) {
				all = append(all, targetLeaders{of: s.candidate.Of})
			}
			e.lead(&all[n], s)
		}
		if done++; done == t.Span.Hi || t.Continue != nil && !t.Continue(done) {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, 0, err
	}
	for i := range all {
		e.trimLeaders(&all[i])
		part = all[i].append(part)
	}
	return part, done, nil
}

// lead adds a guide, unless it is not one of the first of its target. How well it
// cuts takes long to predict, and is only where it counts.
func (e *engine) lead(t *targetLeaders, s *summary) {
	var own leader
	if s.home != nil {
		own.sited, own.siteContig, own.siteCut = true, s.home.Contig, s.home.cut(e.request.pam, e.request.cut)
	}
	if e.request.pairing != nil {
		at, ok := e.placed(s)
		if own.placed = at; ok {
			t.list = append(t.list, own)
		}
		return
	}
	most := e.request.primers.most
	own.standing = s.standingWith(math.Inf(1))
	if len(t.list) >= most && (!e.ranksLeaders() || better(own.standing, t.list[most-1].standing) > 0) {
		return
	}
	if e.ranksLeaders() {
		own.efficiency = s.efficiency()
	}
	if t.list = append(t.list, own); len(t.list) == most || len(t.list) >= 2*most+16 {
		e.trimLeaders(t)
	}
}

// ranksLeaders says whether the leaders are the best of a target: not for pairs, nor
// of a list, whose first guides are taken.
func (e *engine) ranksLeaders() bool { return e.request.pairing == nil && e.input("guides") == nil }

// trimLeaders leaves the first of a target's guides, in order.
func (e *engine) trimLeaders(t *targetLeaders) {
	if e.request.pairing != nil {
		return
	}
	if e.ranksLeaders() {
		slices.SortFunc(t.list, func(a, b leader) int { return better(a.standing, b.standing) })
	}
	t.list = t.list[:min(len(t.list), e.request.primers.most)]
}

// mergeLeaders joins the leaders of adjacent spans.
func (e *engine) mergeLeaders(parts [][]byte) (merged []byte, err error) {
	all, err := e.joinLeaders(parts...)
	for i := range all {
		merged = all[i].append(merged)
	}
	return merged, err
}

func (e *engine) joinLeaders(parts ...[]byte) (all []targetLeaders, err error) {
	numbers := numbers{}
	for _, part := range parts {
		r := newReader(part)
		for r.Len() > 0 {
			t := r.targetLeaders()
			n := numbers.of(t.of)
			if int(n) == len(all) {
				all = append(all, targetLeaders{of: t.of})
			}
			all[n].list = append(all[n].list, t.list...)
		}
		if err := r.end(); err != nil {
			return nil, err
		}
	}
	for i := range all {
		e.trimLeaders(&all[i])
	}
	return all, nil
}

// readLeaders reads the result of the stage of leaders.
func (e *engine) readLeaders(ctx context.Context, result okazaki.Result) ([]targetLeaders, error) {
	b, err := readAll(ctx, result)
	if err != nil {
		return nil, err
	}
	return e.joinLeaders(b)
}

func (t *targetLeaders) append(b []byte) []byte {
	b = wire.AppendUvarint(wire.AppendBytes(b, t.of), len(t.list))
	for i := range t.list {
		l := &t.list[i]
		for _, n := range []int64{int64(l.number), int64(l.reasons), l.offs, int64(l.contig), l.cut, int64(l.siteContig), l.siteCut} {
			b = wire.AppendVarint(b, n)
		}
		for _, f := range []float64{l.least, l.cfd, l.efficiency} {
			b = wire.AppendUint64(b, math.Float64bits(f))
		}
		for _, is := range []bool{l.reverse, l.right, l.sited} {
			b = wire.AppendBool(b, is)
		}
	}
	return b
}

// leastLeader is the least number of bytes of a leader.
const leastLeader = 7 + 3*8 + 3

func (r *reader) targetLeaders() (t targetLeaders) {
	t.of = r.String()
	for n := r.Count(leastLeader); n > 0 && r.Err() == nil; n-- {
		var l leader
		l.number, l.reasons, l.offs = int32(r.Varint()), int32(r.Varint()), r.Varint()
		l.contig, l.cut, l.siteContig, l.siteCut = int(r.Varint()), r.Varint(), int(r.Varint()), r.Varint()
		for _, f := range []*float64{&l.least, &l.cfd, &l.efficiency} {
			*f = math.Float64frombits(r.Uint64())
		}
		l.reverse, l.right, l.sited = r.Bool(), r.Bool(), r.Bool()
		t.list = append(t.list, l)
	}
	return t
}
