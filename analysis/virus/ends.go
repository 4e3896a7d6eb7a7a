package virus

// longEnd is the most bases of a genome that are an end.
const longEnd = 100

// straighten removes the gap next to an end if the bases beyond it fit as well
// without it: mismatches are likelier there.
func (w *walker) straighten() {
	for len(w.segs) > 1 && w.segs[0].n <= longEnd {
		a, b := w.segs[0], w.segs[1]
		n := min(b.r, b.q)
		s := segment{r: b.r - n, q: b.q - n, n: n}
		if w.sum(s) < w.sum(a)-w.between(a, b) {
			break
		}
		w.segs = w.segs[1:]
		w.segs[0] = segment{r: s.r, q: s.q, n: n + b.n}
	}
	for k := len(w.segs) - 1; k > 0 && w.segs[k].n <= longEnd; k-- {
		a, b := w.segs[k-1], w.segs[k]
		s := segment{r: a.r + a.n, q: a.q + a.n}
		s.n = min(w.length()-s.r, len(w.q)-s.q)
		if w.sum(s) < w.sum(b)-w.between(a, b) {
			break
		}
		w.segs[k-1].n += s.n
		w.segs = w.segs[:k]
	}
}

// sum returns the score of a segment's pairs.
func (w *walker) sum(s segment) (score int32) {
	for k := range s.n {
		score += w.pair(s.r+k, w.q[s.q+k])
	}
	return score
}

// between returns the cost of the gaps between two segments.
func (w *walker) between(a, b segment) (cost int32) {
	if n := b.r - a.r - a.n; n > 0 {
		cost += w.penalty(a.r+a.n, n)
	}
	if n := b.q - a.q - a.n; n > 0 {
		cost += w.penalty(b.r, n)
	}
	return cost
}
