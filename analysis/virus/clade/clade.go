// Package clade places genomes on the reference tree of a Nextclade dataset (an
// Auspice v2 tree.json), as Nextclade does (Aksamentov et al. 2021, J. Open
// Source Softw. 6:3773): the nearest node is the one whose mutations differ
// least from the genome's.
//
// Its one invariant: a placement is the result of a look at every node.
package clade

import (
	"cmp"
	"slices"

	"okazaki/genome"
)

// A Letter is one letter that a sequence has in place of the reference's; '-'
// is one that it lacks.
type Letter struct {
	Pos    int
	Letter byte
}

// A Change is one letter in place of another.
type Change struct {
	Pos      int
	From, To byte
}

// A Sequence is how a genome, or a protein of it, differs from the reference.
// All is ascending, and nothing overlaps.
type Sequence struct {
	Letters   []Letter        // substitutions
	Deletions []genome.Region // without those beyond its ends
	Unknown   []genome.Region // N, or X
	Ambiguous []genome.Region // other letters that are not one nucleotide
	Aligned   genome.Region   // what lies outside is unknown
}

// A Tree is a reference tree. It is immutable.
type Tree struct {
	Attributes []string // clade-like attributes that the tree declares, in its order

	nodes  []node // in preorder
	base   []int32
	prior  []float64
	masked []genome.Region
	length int
	// changes on the tree's branches, by position, without those masked;
	// first says where a position's start.
	changes  []change
	changeAt []int32 // their positions
	first    []int32
	lanes    []lane // the genome, then each protein
}

type node struct {
	name, clade string
	attributes  []string
	parent, end int32 // end: one past the last node below
}

// A change lies on one branch, and so holds for all nodes [from, to).
type change struct {
	from, to      int32
	before, after byte
	wasSub, isSub int8 // whether before and after are substitutions: 0 or 1
}

// A lane is one sequence along the tree: by node what its branch changes.
type lane struct {
	reference []byte
	branch    [][]Change
}

// Nodes returns the number of nodes.
func (t *Tree) Nodes() int { return len(t.nodes) }

// Name returns a node's name.
func (t *Tree) Name(node int) string { return t.nodes[node].name }

// Clade returns a node's clade membership; empty if it has none.
func (t *Tree) Clade(node int) string { return t.nodes[node].clade }

// Attribute returns a node's value of Attributes[k]; empty if it has none.
func (t *Tree) Attribute(node, k int) string { return t.nodes[node].attributes[k] }

// A Placer places genomes on a tree. One goroutine may use it at a time.
type Placer struct {
	*Tree
	diff            []int32
	near            []int32 // the nodes nearest to the last genome
	ties            Ties
	counts          []int        // scratch
	letters         [][][]Letter // by lane and node, once they were asked for
	genome, protein Private      // the last answers
}

// NewPlacer prepares to place genomes.
func (t *Tree) NewPlacer() *Placer {
	p := &Placer{Tree: t, diff: make([]int32, len(t.nodes)+1), letters: make([][][]Letter, len(t.lanes))}
	for k := range p.letters {
		p.letters[k] = make([][]Letter, len(t.nodes))
	}
	return p
}

// Nearest returns the node nearest to a genome, and its distance: the number of
// sites, neither masked nor unknown in the genome, at which one of the two has
// a substitution that the other hasn't. Of several nodes it takes the one with
// the greatest placement prior, then the first in preorder.
func (p *Placer) Nearest(s *Sequence) (node, distance int) {
	for _, l := range s.Letters {
		if !p.isMasked(l.Pos) {
			p.diff[0]++
			p.substituted(l)
		}
	}
	p.unknown(genome.Region{Hi: s.Aligned.Lo})
	for _, r := range s.Unknown {
		p.unknown(r)
	}
	p.unknown(genome.Region{Lo: s.Aligned.Hi, Hi: p.length})
	best, run := int32(1<<31-1), int32(0)
	for i, base := range p.base {
		run += p.diff[i]
		p.diff[i] = 0
		d := base + run
		if d > best {
			continue
		}
		if d < best {
			best, node, p.near = d, i, p.near[:0]
		} else if p.prior[i] > p.prior[node] {
			node = i
		}
		p.near = append(p.near, int32(i))
	}
	p.diff[len(p.base)] = 0
	return node, int(best)
}

// substituted adds what a substitution is to the nodes that change its site:
// it was counted for nodes that have the reference's letter; for others there
// is a difference already, or none if their letter is the same.
func (p *Placer) substituted(l Letter) {
	for _, c := range p.changes[p.first[l.Pos]:p.first[l.Pos+1]] {
		before, after := -int32(c.wasSub), -int32(c.isSub)
		if c.before == l.Letter {
			before--
		}
		if c.after == l.Letter {
			after--
		}
		p.diff[c.from] += after - before
		p.diff[c.to] -= after - before
	}
}

// unknown takes the substitutions in a region from all nodes that have them.
func (p *Placer) unknown(r genome.Region) {
	if r.Len() <= 0 {
		return
	}
	for _, c := range p.changes[p.first[r.Lo]:p.first[r.Hi]] {
		d := int32(c.wasSub - c.isSub)
		p.diff[c.from] += d
		p.diff[c.to] -= d
	}
}

func (t *Tree) isMasked(pos int) bool {
	for _, m := range t.masked {
		if m.Contains(pos) {
			return true
		}
	}
	return false
}

// at returns the letters of a lane that a node has and the reference hasn't.
func (p *Placer) at(k, node int) []Letter {
	if p.letters[k][node] == nil {
		p.letters[k][node] = p.lanes[k].at(p.nodes, node)
	}
	return p.letters[k][node]
}

// at walks up from a node; the change of a site that it meets first counts.
func (l *lane) at(nodes []node, node int) []Letter {
	out := []Letter{}
	for i := node; i >= 0; i = int(nodes[i].parent) {
		for k := len(l.branch[i]) - 1; k >= 0; k-- {
			c := l.branch[i][k]
			out = append(out, Letter{c.Pos, c.To})
		}
	}
	slices.SortStableFunc(out, func(a, b Letter) int { return cmp.Compare(a.Pos, b.Pos) })
	out = slices.CompactFunc(out, func(a, b Letter) bool { return a.Pos == b.Pos })
	return slices.DeleteFunc(out, func(x Letter) bool { return x.Letter == l.reference[x.Pos] })
}
