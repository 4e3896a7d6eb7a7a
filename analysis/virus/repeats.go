package virus

import "okazaki/genome"

// repetitive is the share of a genome's words that the reference must have for
// the genome to be aligned although none of the words is unique.
const repetitive = 0.3

// repeated aligns a genome of which no word says where it lies, because the
// reference consists of repeats. It uses dynamic programming of all of it, if
// that isn't too large. It takes the strand that scores more.
func (c *Caller) repeated(q []byte) bool {
	w := &c.walker
	b := box{r1: w.length(), q1: len(q), lo: -len(q), hi: w.length(), freeStart: true, freeEnd: true}
	if !b.fits() || len(q) < kmer || c.shares(q) < repetitive {
		return false
	}
	forward := append([]segment(nil), w.grid.solve(w.scoring, q, b, nil)...)
	c.turned = genome.AppendReverseComplement(c.turned[:0], q)
	w.segs = w.grid.solve(w.scoring, c.turned, b, w.segs[:0])
	w.q, c.calls.Reverse = c.turned, true
	backward := w.total()
	turned := append([]segment(nil), w.segs...)
	w.q, w.segs = q, forward
	if w.total() >= backward {
		c.calls.Reverse = false
		return len(w.segs) > 0
	}
	w.q, w.segs = c.turned, turned
	return true
}

// total returns the score of the walker's alignment.
func (w *walker) total() int32 { return w.worth(w.segs) }

// worth returns the score of segments.
func (w *walker) worth(segs []segment) (score int32) {
	for k, s := range segs {
		score += w.sum(s)
		if k > 0 {
			score -= w.between(segs[k-1], s)
		}
	}
	return score
}

// shares returns the share of a genome's words, of either strand, that the
// reference has, in any number.
func (c *Caller) shares(q []byte) float64 {
	has := map[uint32]bool{}
	for i := range c.walker.length() {
		if w, ok := wordAt(c.ref.Sequence, i); ok {
			has[w] = true
		}
	}
	most := 0.0
	for range 2 {
		n, found := 0, 0
		for i := 0; i+kmer <= len(q); i++ {
			if w, ok := wordAt(q, i); ok {
				if n++; has[w] {
					found++
				}
			}
		}
		most = max(most, float64(found)/float64(max(n, 1)))
		q = genome.AppendReverseComplement(nil, q)
	}
	return most
}
