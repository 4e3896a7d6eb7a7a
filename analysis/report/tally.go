package report

import (
	"cmp"
	"slices"
)

// A Tally counts things by name, up to a bound of different names.
type Tally struct {
	Most   int // different names; 0: 20,000
	counts map[string]int
	other  int // things of names beyond the bound
	total  int
}

// maxNames is how many different names a Tally holds.
const maxNames = 20_000

// Add counts one thing.
func (t *Tally) Add(name []byte) { t.AddMany(name, 1) }

// AddMany counts n.
func (t *Tally) AddMany(name []byte, n int) {
	t.total += n
	if _, ok := t.counts[string(name)]; !ok {
		if t.counts == nil {
			t.counts = map[string]int{}
		}
		if len(t.counts) >= cmp.Or(t.Most, maxNames) {
			t.other += n
			return
		}
	}
	t.counts[string(name)] += n
}

// Total is how many things were counted.
func (t *Tally) Total() int { return t.total }

// Of is how many have a name.
func (t *Tally) Of(name string) int { return t.counts[name] }

// Len is how many different names there are, as far as they are held.
func (t *Tally) Len() int { return len(t.counts) }

// A Counted is a name and how many have it.
type Counted struct {
	Name  string
	Count int
}

// Top is the commonest names, then by name; all if n is 0.
func (t *Tally) Top(n int) []Counted {
	out := make([]Counted, 0, len(t.counts))
	for name, count := range t.counts {
		out = append(out, Counted{name, count})
	}
	slices.SortFunc(out, func(a, b Counted) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name)) })
	if n > 0 && len(out) > n {
		out = out[:n]
	}
	return out
}

// Bars is the commonest names with their shares of all things counted; what is
// left out is one bar more.
func (t *Tally) Bars(caption, label, unit string, most int, class func(name string) string) *Bars {
	return t.BarsOf(t.total, Bars{Caption: caption, Label: label, Unit: unit}, most, class)
}

// BarsOf is Bars with shares of something else.
func (t *Tally) BarsOf(all int, b Bars, most int, class func(name string) string) *Bars {
	rest, top := t.total, t.Top(most)
	for _, c := range top {
		bar := Bar{Label: c.Name, Value: Count(c.Count) + " (" + Share(c.Count, all) + ")", Length: float64(c.Count) / float64(all)}
		if bar.Label == "" {
			bar.Label = "none"
		}
		if class != nil {
			bar.Class = class(c.Name)
		}
		b.Bars = append(b.Bars, bar)
		rest -= c.Count
	}
	if rest > 0 {
		b.Bars = append(b.Bars, Bar{Label: "all others", Value: Count(rest) + " (" + Share(rest, all) + ")", Length: float64(rest) / float64(all)})
	}
	return &b
}
