package clade

import (
	"cmp"
	"slices"
	"sort"

	"okazaki/genome"
)

// Ties are the nodes that are equally near to a genome, and what they have in
// common.
type Ties struct {
	Nodes   []int32 // in preorder
	Deepest int     // the deepest node that holds them all
	// Undecided are the positions, ascending, at which the nodes have different
	// letters and the genome doesn't tell its own.
	Undecided []int
}

// A Share is a value that some of the tied nodes have.
type Share struct {
	Value string
	Nodes int
}

// Ties returns the ties of the last genome given to Nearest, which is s. They
// are valid until the next call of Nearest.
func (p *Placer) Ties(s *Sequence) *Ties {
	t := &p.ties
	*t = Ties{Nodes: p.near, Deepest: int(p.near[0]), Undecided: t.Undecided[:0]}
	for last := p.near[len(p.near)-1]; p.nodes[t.Deepest].end <= last; {
		t.Deepest = int(p.nodes[t.Deepest].parent)
	}
	if len(t.Nodes) == 1 {
		return t
	}
	p.undecided(t, genome.Region{Hi: s.Aligned.Lo})
	for _, r := range s.Unknown {
		p.undecided(t, r)
	}
	p.undecided(t, genome.Region{Lo: s.Aligned.Hi, Hi: p.length})
	return t
}

// undecided notes the positions of a region at which the tied nodes differ.
func (p *Placer) undecided(t *Ties, r genome.Region) {
	if r.Len() <= 0 {
		return
	}
	for i, end := p.first[r.Lo], p.first[r.Hi]; i < end; {
		k := i + 1
		for k < end && p.changeAt[k] == p.changeAt[i] {
			k++
		}
		if p.differ(t, p.changes[i:k], p.lanes[0].reference[p.changeAt[i]]) {
			t.Undecided = append(t.Undecided, int(p.changeAt[i]))
		}
		i = k
	}
}

// differ says whether the tied nodes have more than one letter at a position
// with these changes, which are in preorder. A node's letter is the last
// change's that holds for it, or the one before the first; a gap is the
// reference's, as it is for Nearest.
func (p *Placer) differ(t *Ties, changes []change, reference byte) bool {
	at := func(node int32) int {
		return sort.Search(len(t.Nodes), func(i int) bool { return t.Nodes[i] >= node })
	}
	var letters [256]bool
	var open []int // changes that hold for the one at hand, outermost first
	own := p.counts[:0]
	outside := len(t.Nodes)
	for i, c := range changes {
		own = append(own, at(c.to)-at(c.from))
		for len(open) > 0 && changes[open[len(open)-1]].to <= c.from {
			open = open[:len(open)-1]
		}
		if len(open) > 0 {
			own[open[len(open)-1]] -= own[i]
		} else {
			outside -= own[i]
		}
		open = append(open, i)
	}
	p.counts = own
	n := 0
	has := func(letter byte, nodes int) {
		if letter == '-' {
			letter = reference
		}
		if nodes > 0 && !letters[letter] {
			letters[letter] = true
			n++
		}
	}
	has(changes[0].before, outside)
	for i, c := range changes {
		has(c.after, own[i])
	}
	return n > 1
}

// Clades returns the clades of the tied nodes, the commonest first.
func (p *Placer) Clades(t *Ties) []Share {
	return shares(t, func(node int32) string { return p.nodes[node].clade })
}

// Values returns the tied nodes' values of Attributes[k], the commonest first.
func (p *Placer) Values(t *Ties, k int) []Share {
	return shares(t, func(node int32) string { return p.nodes[node].attributes[k] })
}

// shares counts values, leaving out nodes that have none.
func shares(t *Ties, of func(node int32) string) []Share {
	count := map[string]int{}
	for _, n := range t.Nodes {
		if v := of(n); v != "" {
			count[v]++
		}
	}
	out := make([]Share, 0, len(count))
	for v, n := range count {
		out = append(out, Share{v, n})
	}
	slices.SortFunc(out, func(a, b Share) int { return cmp.Or(cmp.Compare(b.Nodes, a.Nodes), cmp.Compare(a.Value, b.Value)) })
	return out
}
