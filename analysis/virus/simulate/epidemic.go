package simulate

import (
	"math"
	"math/bits"
	"slices"

	"okazaki/genome"
)

// window is the most days between a case and the case that infected it, if that
// was not the last one.
const window = 32

// An epidemic makes an Outbreak's cases, day by day.
type epidemic struct {
	*Outbreak
	src    source
	left   int   // samples that are still to be drawn
	cases  []int // by day
	to     int   // cases that are still to come
	sweep  sweep
	shares weights // of the lineages, today
	pools  []pool  // by lineage

	substitutions []weights       // their number, by days since the parent
	sites         []genome.Region // where deletions recur

	indels, recombines, strange chance

	tracer      *tracer
	mine, other []change // scratch
}

// A pool is a lineage's cases that infect others, by day modulo window.
type pool struct {
	days [window][]int32
	last int32 // the lineage's last case that may infect; -1: there is none
}

func newEpidemic(o *Outbreak, cases int) *epidemic {
	e := &epidemic{Outbreak: o, src: seeded(o.opt.Seed, actorTree), left: o.opt.Genomes, to: cases,
		cases: daily(o.opt, cases), indels: chanceOf(o.opt.Indels), recombines: chanceOf(o.opt.Recombinants),
		strange: chanceOf(o.opt.Other)}
	perDay := o.opt.Rate * float64(o.spectrum.region.Len()) / 365.25
	for days := range window {
		e.substitutions = append(e.substitutions, poisson(perDay*float64(days)))
	}
	e.sites = e.recurrent()
	o.tree.joined = map[int32]junction{}
	o.tree.grow(cases)
	e.tracer = newTracer(&o.tree, o.ref.Sequence)
	return e
}

// daily shares the cases among the days: the sum of waves of several heights,
// each the derivative of a logistic curve.
func daily(o Options, cases int) []int {
	src := seeded(o.Seed, actorWaves)
	apart := float64(o.Days) / float64(o.Waves)
	height := make([]float64, o.Waves)
	for w := range height {
		height[w] = 0.5 + float64(src.below(1024))/1024
	}
	each := make([]float64, o.Days)
	for d := range each {
		for w, h := range height {
			x := (float64(d) - (float64(w)+0.6)*apart) / (apart / 8)
			each[d] += h / math.Pow(math.Cosh(x/2), 2)
		}
	}
	totals := weigh(1e-9, each)
	n, before := make([]int, o.Days), 0
	for d, t := range totals {
		hi, lo := bits.Mul64(t, uint64(cases))
		so, _ := bits.Div64(hi, lo, totals[len(totals)-1])
		n[d], before = int(so)-before, int(so)
	}
	if n[0] == 0 { // the first case is on the first day
		n[0]++
		n[slices.Index(n[1:], slices.Max(n[1:]))+1]--
	}
	return n
}

// run makes all cases.
func (e *epidemic) run() {
	e.plan()
	for day, n := range e.cases {
		e.dawn(day)
		for range n {
			e.infect(day)
			e.to--
		}
	}
}

// dawn lets the lineages grow to the day, and new ones arise.
func (e *epidemic) dawn(day int) {
	e.arise(day)
	e.shares = e.sweep.shares(e.lineages, day)
	for len(e.pools) < len(e.lineages) {
		e.pools = append(e.pools, pool{last: -1})
	}
	for i := range e.pools {
		e.pools[i].days[day%window] = e.pools[i].days[day%window][:0]
	}
}

// infect makes one case.
func (e *epidemic) infect(day int) {
	line := 0
	if len(e.tree.parent) > 0 {
		line = e.shares.draw(&e.src)
	}
	flags := e.sample()
	infects := e.src.happens(transmits)
	if flags == sequenced && e.lineages[line].founder >= 0 && e.src.happens(e.recombines) {
		if e.recombinant(line, day, flags) {
			return
		}
	}
	var i int32
	if e.lineages[line].founder < 0 {
		i, infects = e.found(line, day, flags), true
	} else {
		parent := e.infector(line, day)
		i = e.descend(parent, day, line, flags, e.count(parent, day))
	}
	if p := &e.pools[line]; infects && flags&stranger == 0 {
		p.days[day%window] = append(p.days[day%window], i)
		p.last = i
	} else if p.last < 0 {
		p.last = i
	}
}

// sample draws whether the next case is sequenced: of those still to come,
// each as likely as any other (Knuth, TAOCP vol. 2, 3.4.2, algorithm S).
func (e *epidemic) sample() flag {
	if e.src.below(e.to) >= e.left {
		return 0
	}
	e.left--
	e.samples = append(e.samples, int32(len(e.tree.parent)))
	if e.src.happens(e.strange) {
		return sequenced | stranger
	}
	return sequenced
}

// infector draws the case of a lineage that infected today's case. There is a
// case of the lineage.
func (e *epidemic) infector(line, day int) int32 {
	p := &e.pools[line]
	want := intervals.draw(&e.src)
	for off := range window {
		for _, gap := range [2]int{want - off, want + off} {
			if gap < 1 || gap >= window || gap > day {
				continue
			}
			if d := p.days[(day-gap)%window]; len(d) > 0 {
				return d[e.src.below(len(d))]
			}
		}
	}
	return p.last
}

// descend adds a case that parent infected, with n changes.
func (e *epidemic) descend(parent int32, day, line int, flags flag, n int) int32 {
	chain := e.mutate(parent, n)
	return e.tree.add(parent, uint16(day), uint16(line), e.where(&e.src, e.tree.place[parent]), flags, chain)
}

// count draws how many changes time makes between a parent and a day.
func (e *epidemic) count(parent int32, day int) (n int) {
	days := day - int(e.tree.day[parent])
	for ; days >= window; days -= window - 1 {
		n += e.substitutions[window-1].draw(&e.src)
	}
	return n + e.substitutions[days].draw(&e.src)
}

// mutate appends n changes to a genome that has all its parent's, and returns
// its newest indel.
func (e *epidemic) mutate(parent int32, n int) int32 {
	chain, start := e.tree.chain[parent], e.tree.end[len(e.tree.end)-1]
	for range n {
		switch {
		case e.src.happens(e.indels):
			e.mine = e.tracer.changes(e.mine[:0], parent)
			e.mine = append(e.mine, e.tree.changes[start:]...)
			if x, ok := e.indel(e.mine, chain); ok {
				x.before = chain
				e.tree.indels = append(e.tree.indels, x)
				chain = int32(len(e.tree.indels) - 1)
			}
		case e.src.happens(isReversion):
			e.revert(parent, chain)
		default:
			e.substitute(chain)
		}
	}
	return chain
}

// substitute appends a change that is not near an indel.
func (e *epidemic) substitute(chain int32) {
	for range 20 {
		c := e.spectrum.draw(&e.src)
		if p := c.pos(); e.tree.free(chain, genome.Region{Lo: p, Hi: p + 1}, clear) {
			e.tree.changes = append(e.tree.changes, c)
			return
		}
	}
}

// revert appends the change back of one that an ancestor had, if there is one.
func (e *epidemic) revert(i, chain int32) {
	for range e.src.below(20) {
		if i > 0 && e.tree.flags[i]&whole == 0 {
			i = e.tree.parent[i]
		}
	}
	own := e.tree.own(i)
	if len(own) == 0 {
		return
	}
	p := own[e.src.below(len(own))].pos()
	if e.tree.free(chain, genome.Region{Lo: p, Hi: p + 1}, clear) {
		e.tree.changes = append(e.tree.changes, changeOf(p, code(e.ref.Sequence[p])))
	}
}
