package scatter

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"okazaki"
)

// limits draws limits under which a job may run.
func limits(t *rapid.T) *okazaki.Limits {
	return &okazaki.Limits{
		Budget:      okazaki.MBs(rapid.Int64Range(0, 1<<40).Draw(t, "budget")),
		Classes:     []int64{rapid.Int64Range(1, 10240).Draw(t, "memory")},
		Turn:        time.Duration(rapid.Int64Range(1000, 900_000).Draw(t, "turn")) * time.Millisecond,
		Aim:         time.Duration(rapid.Int64Range(1, 60_000).Draw(t, "aim")) * time.Millisecond,
		Deadline:    time.Hour,
		Concurrency: rapid.IntRange(1, 10_000).Draw(t, "concurrency"),
		Span:        rapid.SampledFrom([]int64{0, 0, 1, 7, 1000, 12345}).Draw(t, "span"),
	}
}

func TestDivideConservesAndShrinks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := limits(t)
		span := okazaki.Span{Lo: rapid.Int64Range(0, 1<<40).Draw(t, "lo")}
		span.Hi = span.Lo + rapid.Int64Range(2, 1<<rapid.IntRange(2, 40).Draw(t, "log")).Draw(t, "len")
		d := division{rest: span, budget: okazaki.MBs(rapid.Int64Range(0, int64(l.Budget)).Draw(t, "share"))}
		d.own = min(d.budget, price(l, MinLimit, l.Classes[0]))
		if rapid.Bool().Draw(t, "worked") {
			d.done = rapid.Int64Range(1, span.Len()-1).Draw(t, "done")
			d.rest.Lo += d.done
			d.elapsed = time.Duration(rapid.Int64Range(1, 1<<40).Draw(t, "elapsed"))
		}
		d.presumed = rapid.Bool().Draw(t, "presumed")
		checkDivide(t, l, okazaki.Axis{Units: span.Hi, Floor: rapid.Int64Range(0, 100).Draw(t, "floor")}, d)
	})
}

// A budget that buys more than 63 bits can count is divided like any other.
func TestDivideLargeBudgets(t *testing.T) {
	l := &okazaki.Limits{
		Budget: 274_877_906_944, Classes: []int64{2}, Turn: time.Second, Aim: time.Millisecond, Deadline: time.Hour, Concurrency: 1,
	}
	for _, c := range []struct {
		units, floor int64
		budget       okazaki.MBs
		memory       int64
	}{
		{1_728_611, 16, 131_927_929_298, 2},
		{1_728_611, 16, 131_927_929_298, 1},
		{1 << 40, 1, 1 << 40, 1},
		{1 << 40, 1, 1 << 53, 1},
		{2, 1, 1 << 53, 1},
	} {
		l.Classes = []int64{c.memory}
		d := division{rest: okazaki.Span{Hi: c.units}, budget: c.budget, own: price(l, MinLimit, c.memory), presumed: true}
		if s := checkDivide(t, l, okazaki.Axis{Units: c.units, Floor: c.floor}, d); s == nil || s.Limit != l.Turn {
			t.Errorf("%+v: %+v", c, s)
		}
	}
}

// checkDivide divides, and returns what it was divided into; nil if there is no
// money for that.
func checkDivide(t rapid.TB, l *okazaki.Limits, axis okazaki.Axis, d division) *split {
	t.Helper()
	s, err := divide(l, axis, d)
	if err != nil {
		return nil
	}
	span := okazaki.Span{Lo: d.rest.Lo - d.done, Hi: d.rest.Hi}
	if len(s.Children) > MaxChildren {
		t.Fatalf("%d children", len(s.Children))
	}
	if s.Span != span || s.Children[len(s.Children)-1].Hi != span.Hi {
		t.Fatalf("%v is split as %v up to %d", span, s.Span, s.Children[len(s.Children)-1].Hi)
	}
	sum := d.own + price(l, s.Limit, l.Classes[0]) + okazaki.MBs(s.Pool)*slotPrice(l)
	for ord, c := range s.Children {
		if n := s.span(ord).Len(); n <= 0 || n >= span.Len() {
			t.Fatalf("child %d of %v is %v", ord, span, s.span(ord))
		}
		if s.carried(ord) != (ord == 0 && d.done > 0) {
			t.Fatalf("child %d carries a part: %v", ord, s.carried(ord))
		}
		if !s.carried(ord) && c.Budget < price(l, s.Limit, l.Classes[0]) {
			t.Fatalf("child %d can't pay its first attempt with %d", ord, c.Budget)
		}
		sum += c.Budget
	}
	if sum > d.budget {
		t.Fatalf("%d is handed out of %d", sum, d.budget)
	}
	if s.Limit < MinLimit || s.Limit > l.Turn {
		t.Fatalf("a limit of %v", s.Limit)
	}
	return s
}

func TestForcedSpans(t *testing.T) {
	for _, units := range []int64{2, 999, 1000, 1001, 100_000, 123_457} {
		l := &okazaki.Limits{
			Budget: 1 << 50, Classes: []int64{1}, Turn: time.Second, Aim: time.Second,
			Deadline: time.Hour, Concurrency: 4, Span: 1,
		}
		axis := okazaki.Axis{Units: units}
		leaves := countLeaves(t, l, axis, okazaki.Span{Hi: units}, 1<<49)
		if leaves != units {
			t.Errorf("%d units in spans of one make %d leaves", units, leaves)
		}
	}
}

// Where the budget buys two attempts, a forced span is cut, into whole ones.
func TestForcedSpansAreAffordable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := limits(t)
		l.Span = rapid.Int64Range(1, 1000).Draw(t, "forced")
		rest := okazaki.Span{Lo: l.Span * rapid.Int64Range(0, 1000).Draw(t, "lo")}
		rest.Hi = rest.Lo + l.Span + rapid.Int64Range(1, 1<<30).Draw(t, "more")
		d := division{rest: rest, budget: okazaki.MBs(rapid.Int64Range(0, int64(l.Budget)).Draw(t, "share")), presumed: true}
		d.own = min(d.budget, price(l, MinLimit, l.Classes[0]))
		s := checkDivide(t, l, okazaki.Axis{Units: rest.Hi}, d)
		if s == nil && affordable(l, d.budget-d.own) >= 2 {
			t.Fatalf("%d can't buy two attempts of %d", d.budget-d.own, price(l, MinLimit, l.Classes[0]))
		}
		for ord := 0; s != nil && ord < len(s.Children); ord++ {
			if at := s.span(ord); at.Lo%l.Span != 0 || at.Hi%l.Span != 0 && at.Hi != rest.Hi {
				t.Fatalf("spans of %d are cut at %v", l.Span, at)
			}
		}
	})
}

func countLeaves(t *testing.T, l *okazaki.Limits, axis okazaki.Axis, span okazaki.Span, budget okazaki.MBs) int64 {
	if span.Len() <= l.Span {
		return 1
	}
	s, err := divide(l, axis, division{rest: span, budget: budget, presumed: true})
	if err != nil {
		t.Fatal(err)
	}
	var n int64
	for ord := range s.Children {
		n += countLeaves(t, l, axis, s.span(ord), s.Children[ord].Budget)
	}
	return n
}

func TestGoOn(t *testing.T) {
	l := &okazaki.Limits{Aim: 2 * time.Second}
	span := okazaki.Span{Lo: 100, Hi: 200}
	for _, c := range []struct {
		name           string
		forced         int64
		done           int64
		elapsed, limit time.Duration
		want           bool
	}{
		{"nothing done yet", 0, 100, time.Hour, time.Hour, true},
		{"all done", 0, 200, time.Hour, time.Minute, true},
		{"on its way to the aim", 0, 110, 200 * time.Millisecond, 30 * time.Second, true},
		{"too soon to project", 0, 101, 100 * time.Millisecond, 30 * time.Second, true},
		{"far beyond the aim", 0, 101, 300 * time.Millisecond, 30 * time.Second, false},
		{"beyond the aim, but forced", 100, 110, 1000 * time.Millisecond, 30 * time.Second, true},
		{"forced, and projected to fit", 100, 101, 200 * time.Millisecond, 30 * time.Second, true},
		{"forced, and projected not to fit", 100, 101, 300 * time.Millisecond, 30 * time.Second, false},
		{"at the limit", 100, 199, 25 * time.Second, 30 * time.Second, false},
	} {
		l.Span = c.forced
		if got := goOn(l, span, c.done, c.elapsed, 0, c.limit); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// Many GB-seconds are written out, and no fewer than there are: a message asks for
// them.
func TestManyGBsAreNotLess(t *testing.T) {
	for _, c := range []struct {
		n    okazaki.MBs
		want string
	}{{0, "0"}, {1024, "1"}, {1, "0.000977"}, {100 << 10, "100"}, {3004<<10 + 1, "3005"}, {1e9, "976563"}} {
		if got := gbs(c.n); got != c.want {
			t.Errorf("%d MB-s are %s GB-s instead of %s", c.n, got, c.want)
		}
	}
}
