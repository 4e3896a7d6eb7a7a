package simulate

import (
	"slices"

	"okazaki/genome"
)

// A tree is all cases of an outbreak, in the order of their days. Case 0 has
// the reference's genome; every other was infected by one before it.
type tree struct {
	parent  []int32
	day     []uint16
	lineage []uint16
	place   []uint16
	flags   []flag
	chain   []int32  // the case's newest indel; -1: none
	end     []uint32 // of the case's changes, which start where the last case's end
	changes []change
	indels  []indel
	joined  map[int32]junction // the recombinants
}

// A flag is a property of a case.
type flag uint8

const (
	sequenced flag = 1 << iota
	stranger       // a record of another virus: its place in the tree says nothing
	whole          // its changes are all that it differs in from the reference
	shown          // in the tree that is written
)

// A junction says that a case has the bases of a region from a second parent.
type junction struct {
	donor  int32
	region genome.Region
}

// own returns the changes since the case's parent, in the order in which they
// happened; of a whole case, since the reference.
func (t *tree) own(i int32) []change {
	lo := uint32(0)
	if i > 0 {
		lo = t.end[i-1]
	}
	return t.changes[lo:t.end[i]]
}

// add appends a case, whose changes have been appended.
func (t *tree) add(parent int32, day, lineage, place uint16, flags flag, chain int32) int32 {
	t.parent = append(t.parent, parent)
	t.day = append(t.day, day)
	t.lineage = append(t.lineage, lineage)
	t.place = append(t.place, place)
	t.flags = append(t.flags, flags)
	t.chain = append(t.chain, chain)
	t.end = append(t.end, uint32(len(t.changes)))
	return int32(len(t.parent) - 1)
}

// grow makes room for n cases.
func (t *tree) grow(n int) {
	t.parent = slices.Grow(t.parent, n)
	t.day = slices.Grow(t.day, n)
	t.lineage = slices.Grow(t.lineage, n)
	t.place = slices.Grow(t.place, n)
	t.flags = slices.Grow(t.flags, n)
	t.chain = slices.Grow(t.chain, n)
	t.end = slices.Grow(t.end, n)
}

// show marks the cases that are written: the first, those that were sequenced,
// and those from which two or more branches lead to such.
func (t *tree) show() {
	branches := make([]uint8, len(t.parent))
	for i := len(t.parent) - 1; i >= 0; i-- {
		if t.flags[i]&(sequenced|stranger) == sequenced || branches[i] > 1 || i == 0 {
			t.flags[i] |= shown
		}
		if p := t.parent[i]; p >= 0 && (t.flags[i]&shown != 0 || branches[i] > 0) {
			branches[p] = min(branches[p]+1, 2)
		}
	}
}

// above returns the nearest ancestor that is shown; -1 for the first case.
func (t *tree) above(i int32) int32 {
	for {
		if i = t.parent[i]; i < 0 || t.flags[i]&shown != 0 {
			return i
		}
	}
}

// A tracer follows genomes back to the reference. One goroutine may use it.
type tracer struct {
	tree    *tree
	seq     []byte // the reference, but for the sites in touched while in use
	ref     []byte
	path    []int32
	touched []int32
}

func newTracer(t *tree, ref []byte) *tracer {
	return &tracer{tree: t, ref: ref, seq: slices.Clone(ref)}
}

// changes appends to dst what a case's genome differs in from the reference,
// in order of position, whether it is deleted or not.
func (r *tracer) changes(dst []change, i int32) []change {
	t := r.tree
	r.path = r.path[:0]
	for ; ; i = t.parent[i] {
		r.path = append(r.path, i)
		if i == 0 || t.flags[i]&whole != 0 {
			break
		}
	}
	for _, i := range slices.Backward(r.path) {
		for _, c := range t.own(i) {
			if p := c.pos(); r.seq[p] == r.ref[p] {
				r.touched = append(r.touched, int32(p))
			}
			r.seq[c.pos()] = c.letter()
		}
	}
	slices.Sort(r.touched)
	for _, p := range r.touched {
		if r.seq[p] != r.ref[p] { // false if it changed back, or a second time here
			dst = append(dst, changeOf(int(p), code(r.seq[p])))
			r.seq[p] = r.ref[p]
		}
	}
	r.touched = r.touched[:0]
	return dst
}

// indels appends to dst the indels of a chain, in order of position.
func (t *tree) indelsOf(dst []indel, chain int32) []indel {
	for i := chain; i >= 0; i = t.indels[i].before {
		dst = append(dst, t.indels[i])
	}
	slices.SortFunc(dst, func(a, b indel) int { return a.at.Lo - b.at.Lo })
	return dst
}
