package virus

import (
	"bytes"
	"math/bits"
)

// A memo remembers solved boxes: genomes of one lineage differ from the
// reference alike. Of boxes with one hash it holds the last. It returns a
// solution only for the same box and the same bases, so that it affects time
// only.
type memo [memoSize]solved

const (
	memoSize   = 1 << 9
	memoLength = 512 // bases of the genome in a box that is remembered
)

// solved is a box, the genome's bases in it, and their segments, whose q counts
// from the box's.
type solved struct {
	box     box
	on      *scoring
	letters []byte
	segs    []segment
}

// relative returns the box without its place in the genome.
func (b box) relative() box {
	b.q1, b.lo, b.hi, b.q0 = b.q1-b.q0, b.lo+b.q0, b.hi+b.q0, 0
	return b
}

// place returns where a box of these bases is remembered.
func (m *memo) place(b box, letters []byte) *solved {
	h := uint64(b.r0)<<32 | uint64(b.r1)
	i := 0
	for ; i+8 <= len(letters); i += 8 {
		h = bits.RotateLeft64(h^word64(letters, i), 23) * 0x9e3779b97f4a7c15
	}
	for ; i < len(letters); i++ {
		h = (h ^ uint64(letters[i])) * 0x9e3779b97f4a7c15
	}
	return &m[h>>(64-9)]
}

// solve is compute with a memory.
func (g *grid) solve(s *scoring, q []byte, b box, segs []segment) []segment {
	letters := q[b.q0:b.q1]
	if len(letters) > memoLength {
		return g.compute(s, q, b, segs)
	}
	if g.memo == nil {
		g.memo = new(memo)
	}
	e, rel := g.memo.place(b, letters), b.relative()
	if e.on != s || e.box != rel || !bytes.Equal(e.letters, letters) {
		e.on, e.box = s, rel
		e.letters = append(e.letters[:0], letters...)
		e.segs = g.compute(s, letters, rel, e.segs[:0])
	}
	for _, x := range e.segs {
		x.q += b.q0
		segs = join(segs, x)
	}
	return segs
}
