package simulate

import (
	"math"
	"slices"

	"okazaki/analysis/virus/lineages"
)

// A lineage is the cases that descend from a founder, except for lineages among
// them.
type lineage struct {
	name, whole string   // in short, and with what its letter stands for
	parent      int      // -1: the first lineage
	donor       int      // the second parent of a recombinant; else -1
	from        int      // the day from which it may be found
	growth      float64  // in shares a day, relative to the first lineage
	forced      []change // what its founder has, besides chance
	founder     int32    // -1: nobody has been infected with it
}

// A sweep is how the lineages' shares of all cases grow and shrink.
type sweep struct {
	namer  *namer
	due    []int     // days on which lineages arise, in order
	start  []float64 // by lineage: logarithm of its weight on its first day
	fixed  []lineage // the known ones that are still to arise
	joined int       // lineages since the last recombinant one
}

const (
	sweeping = 0.2  // share of lineages that grow much faster than their parents
	drift    = 0.01 // growth a day, at most, that others differ by
	founding = 2.0  // cases a day of a new lineage
	burst    = 4    // changes of a founder, besides the changes that time brings, on average
	mixing   = 12   // lineages for each recombinant one
)

// plan draws when lineages arise, and begins with the first.
func (e *epidemic) plan() {
	o, s := e.opt, &e.sweep
	s.namer = newNamer()
	first := lineage{name: "A", whole: "A", parent: -1, donor: -1, founder: -1}
	if known(e.ref) {
		first.name, first.whole = "B", "B"
		s.fixed = fixed(o)
		s.namer.children["B"], s.namer.children["B.1"] = 1, 1
	}
	for range o.Lineages - len(s.fixed) {
		s.due = append(s.due, e.src.between(o.Days/10, max(o.Days*9/10, o.Days/10+1)))
	}
	slices.Sort(s.due)
	e.add(first, 0)
}

// fixed lists the known lineages, as many as are wanted: their changes and
// their names.
func fixed(o Options) (all []lineage) {
	changes := map[string][]change{}
	for _, l := range lineages.All() {
		for _, s := range l.Calls.Substitutions {
			changes[l.Name] = append(changes[l.Name], changeOf(s.Pos, code(s.Alt)))
		}
	}
	for i, l := range []lineage{{name: "A", growth: -0.01}, {name: "B.1", growth: 0.06}, {name: "B.1.1", parent: 2, growth: 0.065}} {
		l.whole, l.donor, l.founder, l.forced = l.name, -1, -1, changes[l.name]
		l.from = i * o.Days / 30
		all = append(all, l)
	}
	return all[:min(len(all), o.Lineages)]
}

// seen draws a lineage that has cases by its share of a day's; the first if
// that doesn't come up.
func (e *epidemic) seen(day int) int {
	shares := e.sweep.shares(e.lineages, day)
	for range 20 {
		if l := shares.draw(&e.src); e.lineages[l].founder >= 0 {
			return l
		}
	}
	return 0
}

// add begins a lineage with a weight, of which the logarithm is given.
func (e *epidemic) add(l lineage, weight float64) {
	e.lineages = append(e.lineages, l)
	e.sweep.start = append(e.sweep.start, weight)
}

// arise begins the lineages that are due.
func (e *epidemic) arise(day int) {
	s := &e.sweep
	for len(s.fixed) > 0 && s.fixed[0].from <= day {
		e.add(s.fixed[0], s.newcomer(e.lineages, day, e.cases[day]))
		s.fixed = s.fixed[1:]
	}
	for len(s.due) > 0 && s.due[0] <= day {
		s.due = s.due[1:]
		l := lineage{parent: e.seen(day), donor: -1, from: day, founder: -1}
		growth := drift * float64(e.src.below(2049)-1024) / 1024
		if e.src.happens(chanceOf(sweeping)) {
			growth = e.opt.Advantage * float64(512+e.src.below(513)) / 1024
		}
		l.growth = e.lineages[l.parent].growth + growth
		if s.joined++; s.joined >= mixing && e.recombines > 0 {
			l.donor = e.seen(day)
		}
		if l.donor >= 0 && l.donor != l.parent {
			s.joined = 0
			l.name = s.namer.recombinant()
			l.whole = l.name
		} else {
			l.donor = -1
			l.name, l.whole = s.namer.child(e.lineages[l.parent].name)
		}
		e.add(l, s.newcomer(e.lineages, day, e.cases[day]))
	}
}

// newcomer returns the logarithm of the weight with which a lineage begins:
// some cases a day, and no less than a five-hundredth of all.
func (s *sweep) newcomer(all []lineage, day, cases int) float64 {
	sum, top := 0.0, math.Inf(-1)
	for i := range all {
		top = max(top, s.at(all, i, day))
	}
	for i := range all {
		sum += math.Exp(s.at(all, i, day) - top)
	}
	return top + math.Log(sum*min(0.2, max(0.002, founding/float64(max(cases, 1)))))
}

// at returns the logarithm of a lineage's weight on a day.
func (s *sweep) at(all []lineage, i, day int) float64 {
	return s.start[i] + float64(all[i].growth*float64(day-all[i].from))
}

// shares returns the lineages' shares of a day's cases: each grows
// exponentially, as in multinomial logistic regression.
func (s *sweep) shares(all []lineage, day int) weights {
	each, top := make([]float64, len(all)), math.Inf(-1)
	for i := range all {
		each[i] = s.at(all, i, day)
		top = max(top, each[i])
	}
	for i := range each {
		each[i] = math.Exp(each[i] - top)
	}
	return weigh(1.0/(1<<40), each)
}

// ancestor returns a lineage, or the nearest before it, that has cases; -1 if
// there are none at all.
func (e *epidemic) ancestor(line int) int {
	for line >= 0 && e.lineages[line].founder < 0 {
		line = e.lineages[line].parent
	}
	return line
}

// found adds the first case of a lineage.
func (e *epidemic) found(line, day int, flags flag) int32 {
	l := &e.lineages[line]
	from := e.ancestor(l.parent)
	l.founder = int32(len(e.tree.parent))
	if from < 0 {
		return e.tree.add(-1, uint16(day), uint16(line), 0, flags, -1)
	}
	if len(l.forced) > 0 {
		// The parent lineage's founder has no indel that a change could meet.
		e.tree.changes = append(e.tree.changes, l.forced...)
		return e.descend(e.lineages[from].founder, day, line, flags, 0)
	}
	parent := e.infector(from, day)
	if l.donor >= 0 {
		if l.donor = e.ancestor(l.donor); l.donor != from {
			if i, ok := e.join(parent, l.donor, line, day, flags); ok {
				return i
			}
		}
		l.donor = -1
		l.name, l.whole = e.sweep.namer.child(e.lineages[from].name)
	}
	return e.descend(parent, day, line, flags, e.count(parent, day)+e.src.between(burst-2, burst+3))
}
