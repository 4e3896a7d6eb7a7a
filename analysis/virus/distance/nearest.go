package distance

import (
	"math"
	"slices"
)

// A key orders the neighbours of a genome: by distance, then by the number of
// the first genome of the neighbour's group.
type key uint64

func newKey(distance int, first uint32) key { return key(distance)<<32 | key(first) }

func (k key) distance() int { return int(k >> 32) }
func (k key) first() uint32 { return uint32(k) }

// none comes after every key.
const none = ^key(0)

// nearest keeps the k nearest other groups of each group of a block. The k
// nearest genomes of a genome all lie in its own group or in one of these: a
// group before theirs in the order of keys has a genome before them.
type nearest struct {
	k      int
	keys   []key // k by group, ascending, none at the end
	last   []key // by group, what the next of its keys must be below
	limits lanes // high | the distance of last
}

// newNearest takes neighbours within their group's bound.
func newNearest(bounds []uint16, k int) *nearest {
	n := &nearest{k: k, keys: make([]key, len(bounds)*k), last: make([]key, len(bounds))}
	for i := range n.keys {
		n.keys[i] = none
	}
	for i := range n.limits {
		n.limits[i] = all(never)
	}
	for g, b := range bounds {
		n.limit(g, newKey(int(b), math.MaxUint32))
	}
	return n
}

// boundReach is how many groups on either side of a group in the walk bound it.
const boundReach = 64

// bound gives every group of a block a distance within which it has its nearest
// neighbours: the last neighbour's distance if there were only the groups of
// the block that are close to it in the walk. These are like it, so that few
// others are nearer.
func (s *Set) bound(block int) []uint16 {
	lo, hi := s.block(block)
	n := newNearest(slices.Repeat([]uint16{uint16(s.Farthest())}, hi-lo), s.options.Nearest)
	p := s.emptyPass()
	p.k, p.reach, p.nearest[block] = n.k, max(n.k, boundReach), n
	p.cross(block, block)
	bounds := make([]uint16, hi-lo)
	for g := range bounds {
		bounds[g] = uint16(n.worst(g))
	}
	return bounds
}

// limit takes only keys below x from now on.
func (n *nearest) limit(group int, x key) {
	n.last[group] = x
	n.limits.each()[group] = limit(x.distance())
}

// worst returns the distance up to which a group may have a nearer neighbour.
func (n *nearest) worst(group int) int { return int(n.limits.each()[group]) - high }

// offer makes x a neighbour of group if it is one of the nearest.
func (n *nearest) offer(group int, x key) {
	if x < n.last[group] {
		n.insert(group, x)
	}
}

func (n *nearest) insert(group int, x key) {
	keys := n.keys[group*n.k : group*n.k+n.k]
	at := len(keys) - 1
	for at > 0 && keys[at-1] > x {
		keys[at] = keys[at-1]
		at--
	}
	keys[at] = x
	if last := keys[len(keys)-1]; last != none {
		n.limit(group, last)
	}
}
