package scatter

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"time"

	"okazaki"
)

// MinLimit is the least time that an attempt is given: less would spend
// retries on a slow disk.
const MinLimit = time.Second

// Grace is added to an attempt's limit before it counts as lapsed, for stores
// whose clock ticks in seconds and replies that are slow.
const Grace = 2 * time.Second

// rootRetries is the pool of a stage's root span: what a job may lose before
// it has split for the first time.
const rootRetries = 8

// maxAttempts is how often a span that can't be split is tried.
const maxAttempts = 5

// overheadCalls are reserved for an attempt besides its work: to find it and buy
// it, for its verdict to be written, and read by a merge, and one wake.
var overheadCalls = okazaki.Calls{Creates: 2, Large: 2, Gets: 8, Lists: 2, Entries: 200, Rings: 1}

// price is what an attempt may spend: limit in a worker of memory megabytes,
// and the overhead's calls. What its work asks is taken from its limit.
func price(l *okazaki.Limits, limit time.Duration, memory int64) okazaki.MBs {
	return (okazaki.MBmsOf(memory, limit) + overheadCalls.Worth(l.Calls)).Reserve()
}

// slotPrice is what a slot of a retry pool reserves: a whole turn of the
// largest class.
func slotPrice(l *okazaki.Limits) okazaki.MBs {
	return price(l, l.Turn, l.Classes[len(l.Classes)-1])
}

// attemptClass is the worker class of attempt n at a span: a span that can
// still be split stays in the smallest, one at its floor climbs.
func attemptClass(l *okazaki.Limits, n int, atFloor bool) int {
	if !atFloor {
		return 0
	}
	return min(n, len(l.Classes)-1)
}

// attemptLimit is how long attempt n may run: the first as the split gave it,
// retries a whole turn.
func attemptLimit(l *okazaki.Limits, s *split, n int) time.Duration {
	if n == 0 {
		return s.Limit
	}
	return l.Turn
}

// goOn decides, while an attempt runs, whether it should go on after done of
// the span's units took elapsed. It stops, keeping what is done, when the
// whole is projected not to fit in limit, or is so much longer than what is worth
// an attempt that others should share it. setup is what of elapsed was before the
// first unit.
func goOn(l *okazaki.Limits, span okazaki.Span, done int64, elapsed, setup, limit time.Duration) bool {
	n := done - span.Lo
	if n <= 0 || done >= span.Hi {
		return true
	}
	projected := setup + time.Duration(float64(elapsed-setup)*float64(span.Len())/float64(n))
	probed := elapsed >= min(l.Aim, limit)/10
	switch {
	case elapsed >= limit*4/5:
		return false
	case probed && projected > limit*4/5:
		return false
	case (l.Span == 0 || span.Len() > l.Span) && probed && projected > 2*worth(l, setup):
		return false
	}
	return true
}

// worth is how long the units of an attempt should take, where each attempt needs
// setup before its first: as long, or most of the time would go to beginnings.
func worth(l *okazaki.Limits, setup time.Duration) time.Duration { return max(l.Aim, setup) }

// A rateEstimate tells what an attempt needs before its first unit, such as to open
// a file, from what the units take: spans are cut by the speed of units alone.
type rateEstimate struct {
	lo, first, done int64 // the span's beginning, the first mark, the last
	firstAt, at     time.Duration
}

func (p *rateEstimate) mark(done int64, at time.Duration) {
	if p.firstAt == 0 {
		p.first, p.firstAt = done, at
	}
	p.done, p.at = done, at
}

// known says that there are two marks to measure between.
func (p *rateEstimate) known() bool { return p.done > p.first }

// setup is the time before the first unit, if it went at the pace of those
// between the marks; 0 if that is not known.
func (p *rateEstimate) setup() time.Duration {
	if !p.known() {
		return 0
	}
	unit := float64(p.at-p.firstAt) / float64(p.done-p.first)
	return max(0, p.firstAt-time.Duration(unit*float64(p.first-p.lo)))
}

// Retries is how many lost attempts a job can pay for before it has split, and
// the least budget that pays for one. With none, a worker that is lost then
// leaves a hole.
func Retries(l *okazaki.Limits, stages int) (n int, least okazaki.MBs) {
	if s, err := root(l, stages, okazaki.Axis{Units: 1}); err == nil {
		n = s.Pool
	}
	return n, okazaki.MBs(stages) * (2*price(l, l.Turn, l.Classes[0]) + 4*slotPrice(l))
}

// root is the split above a stage's root span, as it follows from the job:
// its only child is the whole axis.
func root(l *okazaki.Limits, stages int, axis okazaki.Axis) (*split, error) {
	budget := l.Budget / okazaki.MBs(stages)
	first := price(l, l.Turn, l.Classes[0])
	left := budget - first // reserved for the merge: planning the next stage
	pool := min(rootRetries, max(0, left-first)/4/slotPrice(l))
	left -= pool * slotPrice(l)
	if left < first {
		return nil, &okazaki.Error{
			Message: fmt.Sprintf("a budget of %s GB-s for each of %d stages can't buy one attempt", gbs(budget), stages),
			Hint:    fmt.Sprintf("give at least %s", gbs(okazaki.MBs(stages)*2*first)),
		}
	}
	return &split{
		Span:     okazaki.Span{Hi: axis.Units},
		Children: []child{{Hi: axis.Units, Budget: left}},
		Pool:     int(pool),
		Limit:    l.Turn,
	}, nil
}

// A division asks how to split a span.
type division struct {
	rest     okazaki.Span  // what is not done
	done     int64         // units before rest whose part is kept; 0: none
	budget   okazaki.MBs   // of the span's node
	own      okazaki.MBs   // what the node's own first attempt reserves of it
	elapsed  time.Duration // that the done units took; 0: speed unknown
	setup    time.Duration // that came before them, and before the units of each child
	presumed bool          // an attempt lapsed: the span is presumed not to fit
}

// divide splits a span and its budget. First the node's own attempt and first
// merge are reserved in full, then a pool of retries, and what is left is
// shared among the children by length. Fewer, larger children are made when
// the budget can't give each one attempt: of whole forced spans, if those are.
func divide(l *okazaki.Limits, axis okazaki.Axis, d division) (*split, error) {
	n, free := d.rest.Len(), d.budget-d.own
	size := forcedSize(l, n)
	if !forces(l, d) {
		size = wholeSpans(l, n, childSize(l, axis, d))
	}
	k := (n + size - 1) / size
	limit, pool := attemptLimitAndPool(l, d, free, k, size)
	if limit < MinLimit {
		// fewer children, as many as there is money for
		k = min(k, max(1, affordable(l, free)))
		size = wholeSpans(l, n, (n+k-1)/k)
		k = (n + size - 1) / size
		limit, pool = attemptLimitAndPool(l, d, free, k, size)
	}
	if limit < MinLimit || (k == 1 && d.done == 0) {
		return nil, overBudget(free, k)
	}
	bounds := make([]int64, 0, k+1)
	for lo := d.rest.Lo; lo < d.rest.Hi; {
		lo = boundary(l, d.rest, lo, size)
		bounds = append(bounds, lo)
	}
	return share(l, d, limit, pool, bounds), nil
}

// divideAt splits a span where an earlier split of it did.
func divideAt(l *okazaki.Limits, d division, like *split) (*split, error) {
	var bounds []int64
	var size int64
	lo := d.rest.Lo
	for _, c := range like.Children {
		if c.Hi <= d.rest.Lo { // its part is kept
			continue
		}
		if c.Hi <= lo || c.Hi > d.rest.Hi {
			return nil, errors.New("it was cut at other bounds")
		}
		size = max(size, c.Hi-lo)
		lo = c.Hi
		bounds = append(bounds, lo)
	}
	if lo != d.rest.Hi || len(bounds) > MaxChildren-1 || len(bounds) == 1 && d.done == 0 {
		return nil, errors.New("it was cut at other bounds")
	}
	free := d.budget - d.own
	limit, pool := attemptLimitAndPool(l, d, free, int64(len(bounds)), size)
	if limit < MinLimit {
		return nil, overBudget(free, int64(len(bounds)))
	}
	return share(l, d, limit, pool, bounds), nil
}

func overBudget(free okazaki.MBs, k int64) error {
	return fmt.Errorf("over budget: %s GB-s can't buy %d more attempts", gbs(free), max(k, 2))
}

// share makes the split whose children end at bounds, and shares among them
// what d has left after its own attempt, the first merge and the pool.
func share(l *okazaki.Limits, d division, limit time.Duration, pool int, bounds []int64) *split {
	s := &split{
		Span:     okazaki.Span{Lo: d.rest.Lo - d.done, Hi: d.rest.Hi},
		Pool:     pool,
		Limit:    limit,
		Children: make([]child, 0, len(bounds)+1),
	}
	if d.done > 0 {
		s.Children = append(s.Children, child{Hi: d.rest.Lo})
	}
	fresh := s.Children[len(s.Children):]
	for _, hi := range bounds {
		fresh = append(fresh, child{Hi: hi})
	}
	free := d.budget - d.own
	first := price(l, limit, l.Classes[0])
	surplus := free - okazaki.MBs(pool)*slotPrice(l) - first*okazaki.MBs(1+len(fresh)) // the 1 is the merge
	lo := d.rest.Lo
	for i := range fresh {
		fresh[i].Budget = first + mulDiv(surplus, fresh[i].Hi-lo, d.rest.Len())
		lo = fresh[i].Hi
	}
	s.Children = s.Children[:len(s.Children)+len(fresh)]
	return s
}

// childSize is how many units a child should have that nothing forces.
func childSize(l *okazaki.Limits, axis okazaki.Axis, d division) int64 {
	n := d.rest.Len()
	floor := max(1, axis.Floor)
	size := (n + 3) / 4
	if !d.presumed && d.elapsed > 0 {
		speed := float64(d.done) / d.elapsed.Seconds()
		size = int64(min(speed*worth(l, d.setup).Seconds(), float64(n)))
		if l.Concurrency > 1 {
			size = min(size, axis.Units/int64(2*l.Concurrency)) // of the stage: elsewhere in it others are at work
		}
	}
	return max(size, floor, (n+mostFresh-1)/mostFresh)
}

// mostFresh is the most children that a split makes of what is not done. What
// is done is a child too, and the first boundary may add one.
const mostFresh = MaxChildren - 2

// forcedSize is how many units a child has of n units that are to be cut into
// forced spans, or in a level above them; 0 if they are not.
func forcedSize(l *okazaki.Limits, n int64) int64 {
	if l.Span == 0 || n <= l.Span {
		return 0
	}
	size := l.Span
	for (n+size-1)/size > mostFresh {
		size *= mostFresh
	}
	return size
}

// forces says whether a span is to be cut into forced spans, and can pay for all
// of them. One that can't is cut by its speed.
func forces(l *okazaki.Limits, d division) bool {
	n := d.rest.Len()
	return forcedSize(l, n) > 0 && (n+l.Span-1)/l.Span <= affordable(l, d.budget-d.own)
}

// wholeSpans rounds the size of a child of n units up to whole forced spans, if
// n are more than one.
func wholeSpans(l *okazaki.Limits, n, size int64) int64 {
	if l.Span == 0 || n <= l.Span {
		return size
	}
	return (size + l.Span - 1) / l.Span * l.Span
}

// boundary is where a child that begins at lo ends: forced spans lie on
// multiples of their size, so that a retry cuts where the first try did.
func boundary(l *okazaki.Limits, rest okazaki.Span, lo, size int64) int64 {
	hi := lo + size
	if l.Span > 0 && size%l.Span == 0 {
		hi = lo - lo%size + size
	}
	return min(hi, rest.Hi)
}

// attemptLimitAndPool returns the limit of k children's first attempts and the size
// of their pool of retries that free can pay for.
func attemptLimitAndPool(l *okazaki.Limits, d division, free okazaki.MBs, k, size int64) (time.Duration, int) {
	pool := min(k/4+2, MaxChildren, int64(max(0, free/4/slotPrice(l))))
	share := (free - okazaki.MBs(pool)*slotPrice(l)) / okazaki.MBs(k+2) // a boundary may make one child more; one for the merge
	share = min(share, 2*price(l, l.Turn, l.Classes[0]))                // more buys no longer an attempt, and may not fit in 63 bits
	limit := time.Duration((share.MBms()-overheadCalls.Worth(l.Calls))/okazaki.MBms(l.Classes[0])) * time.Millisecond
	var need time.Duration // what a child should take, four times over
	if d.elapsed > 0 && d.done > 0 {
		each := float64(d.elapsed) / float64(d.done)
		need = time.Duration(min(4*(float64(d.setup)+each*float64(size)), float64(l.Turn)))
	}
	// Half of what there is may go to the attempt, the rest to children of its
	// own, unless it needs more.
	limit = min(limit, max(need, limit/2, MinLimit))
	limit = min(limit, l.Turn)
	return limit, int(pool)
}

// mulDiv returns sum*part/whole, rounded down.
func mulDiv(sum okazaki.MBs, part, whole int64) okazaki.MBs {
	hi, lo := bits.Mul64(uint64(sum), uint64(part))
	q, _ := bits.Div64(hi, lo, uint64(whole))
	return okazaki.MBs(q)
}

// affordable is how many first attempts free can pay for at the least limit.
func affordable(l *okazaki.Limits, free okazaki.MBs) int64 {
	pool := max(0, free/4/slotPrice(l)) * slotPrice(l)
	return int64((free-pool)/price(l, MinLimit, l.Classes[0])) - 2
}

// gbs writes GB-seconds: three digits, or all before the point, rounded up.
func gbs(m okazaki.MBs) string {
	if n := m.GBs(); n > 100 {
		return fmt.Sprintf("%.0f", math.Ceil(n))
	}
	return fmt.Sprintf("%.3g", m.GBs())
}
