package virus

import "slices"

const (
	firm      = 48      // bases of a segment that is where it belongs, if they are alike
	long      = 500     // bases of one that is anyway
	wide      = 128     // diagonals on each side of a stretch that is solved again
	mostAgain = 1 << 23 // cells of its box
)

// reconsider looks at each stretch of two or more short segments, between firm
// ones or at an end. A walk that took an anchor for what comes next may have
// missed that the genome goes on near the diagonal it was on.
func (w *walker) reconsider() {
	last := -1 // the firm segment before
	for k := 0; k <= len(w.segs); k++ {
		if k < len(w.segs) && !w.firm(w.segs[k]) {
			continue
		}
		if k-last > 2 && (last >= 0 || k < len(w.segs)) {
			rest := len(w.segs) - k
			w.solveAgain(last, k)
			k = len(w.segs) - rest
		}
		last = k
	}
}

// solveAgain solves what lies between segments a and b again, either of which
// may be none, on more diagonals. It keeps what scores more without more gaps,
// unless the bases are not the reference's, or turned: how they pair says nothing.
func (w *walker) solveAgain(a, b int) {
	box := w.stretch(a, b)
	if !box.fits() || box.cells() > mostAgain {
		return
	}
	before, score := slices.Clone(w.segs), w.total()
	solved := w.grid.solve(w.scoring, w.q, box, nil)
	w.segs = w.segs[:a+1]
	if a >= 0 {
		w.segs[a].n = box.q0 - w.segs[a].q
	}
	for _, s := range solved {
		w.segs = join(w.segs, s)
	}
	for _, s := range before[b:] {
		if n := box.q1 - s.q; n > 0 {
			s = segment{r: s.r + n, q: s.q + n, n: s.n - n}
		}
		w.segs = join(w.segs, s)
	}
	if !w.alike(solved) || len(w.segs) > len(before) || w.total() <= score {
		w.segs = append(w.segs[:0], before...)
	}
}

// stretch is the box between segments a and b, of which half a firm segment
// belongs to it.
func (w *walker) stretch(a, b int) box {
	x := box{freeStart: a < 0, freeEnd: b == len(w.segs), q1: len(w.q)}
	var at []segment // whose diagonals it holds
	switch {
	case x.freeStart:
		at = w.segs[b : b+1]
	case x.freeEnd:
		at = w.segs[a : a+1]
	default:
		at = w.segs[a : b+1]
	}
	x.lo, x.hi = at[0].diagonal(), at[0].diagonal()
	for _, s := range at {
		x.lo, x.hi = min(x.lo, s.diagonal()), max(x.hi, s.diagonal())
	}
	x.lo, x.hi = x.lo-wide, x.hi+wide
	if x.freeStart {
		x.r0 = max(0, x.lo)
		x.lo, x.hi = min(x.lo, x.r0), max(x.hi, x.r0)
	} else {
		s := w.segs[a]
		x.r0, x.q0 = s.r+s.n-firm/2, s.q+s.n-firm/2
	}
	if x.freeEnd {
		x.r1 = min(w.length(), x.q1+x.hi)
		x.lo = min(x.lo, x.r1-x.q1)
	} else {
		x.r1, x.q1 = w.segs[b].r+firm/2, w.segs[b].q+firm/2
	}
	return x
}

// firm says whether a segment is surely where it belongs.
func (w *walker) firm(s segment) bool {
	return s.n >= long || s.n >= firm && w.alike([]segment{s})
}

// alike says whether what segments pair scores half of what it would if all of
// it were the same, or more.
func (w *walker) alike(segs []segment) bool {
	pairs := 0
	for _, s := range segs {
		pairs += s.n
	}
	return 2*w.worth(segs) >= int32(pairs)*w.pairs[1<<5|1]
}
