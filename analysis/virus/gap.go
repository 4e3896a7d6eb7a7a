package virus

import "bytes"

// gap goes on where diagonal d is lost at q[i]. It looks for the next place
// that is surely aligned. It joins the two by a single gap if that explains all
// differences, else by dynamic programming. It returns the diagonal and the
// place from which to walk it, or false if it reached the end.
func (w *walker) gap(d, i int) (diagonal, at int, ok bool) {
	r, k := w.next(d, i)
	if w.ambiguous {
		return 0, 0, false
	}
	w.close(i)
	if k < 0 {
		w.tail(i-w.margin, d)
		return 0, 0, false
	}
	r, k = r+kmer, k+kmer
	to := r - k
	if to == d {
		w.realignFrom(i-w.margin, r, k, w.lo, w.hi)
		return d, k, true
	}
	split, reach, sure := w.slide(d, to, i, k)
	from := min(i, reach)
	if d > to {
		if w.unknowns(max(w.at.q, split-w.margin), split+d-to) > 0 && w.unknowns(split, split+d-to) < d-to {
			sure = false // there are too many Ns, and other gaps may insert no letters
		}
		for n := d - to + w.minGapSpacing; n > 0 && from > w.at.q && w.q[from-1] == 'N'; n-- {
			from--
		}
	}
	if n := len(w.segs); n > 1 && (split < w.at.q+w.minGapSpacing || w.joined(d, to, split)) {
		before := w.segs[n-2]
		from, sure = min(from, before.q+before.n), false
	}
	if !sure && w.realignFrom(from-w.margin, r, k, w.lo, w.hi) {
		return to, k, true
	}
	w.segs = w.segs[:len(w.segs)-1]
	w.close(split)
	w.at = segment{r: split + max(d, to), q: split + max(0, d-to)}
	return to, k, true
}

// next returns the next anchor that the alignment may go on from. The longer
// the gap before it, the more bases must match there. If they don't, there is
// doubt, or a short gap's diagonal is kept for the box. There is doubt too where
// the genome would go back by much: it may be a copy of what lies there.
func (w *walker) next(d, i int) (r, at int) {
	const most = 1000
	w.lo, w.hi = d, d
	for from := i; ; i = at + 1 {
		r, at = w.anchor(d, i)
		if at < 0 {
			w.doubts(len(w.q)-from >= doubtfulDistance)
			return r, at
		}
		n := min(abs(r-at-d), most)
		firm := n <= tested || min(len(w.q)-at, w.length()-r) >= max(tested, n/4) && w.verified(r, at, n)
		if w.doubts(r <= w.at.r || r < from+d-doubtfulGap || !firm && n > doubtfulGap || at-from >= doubtfulDistance) || r > w.at.r && (firm || w.chainPath != nil) {
			return r, at
		}
		if r > w.at.r {
			w.lo, w.hi = min(w.lo, r-at), max(w.hi, r-at)
		}
	}
}

// slide finds the best place for one gap between diagonal d, on which the
// genome is aligned up to q[i], and diagonal to, on which it is aligned from
// before q[k]. It returns the q before which the gap opens, and the first place
// where it might open. It is sure of the place if the mismatches left around it
// cannot pay for a second gap, and no copy lies before it.
func (w *walker) slide(d, to, i, k int) (split, reach int, sure bool) {
	skip := max(0, d-to) // bases inserted
	last := min(k-skip, w.length()-d)
	first := w.at.q
	gain := func(s int) int32 { // of the pair of q[s] on diagonal d over its pair on diagonal to
		return w.pair(s+d, w.q[s]) - w.pair(s+skip+to, w.q[s+skip])
	}
	from := max(first, min(i, last))
	split = from
	best := -w.open[from+d]
	for s, sum := from, int32(0); s < last; s++ {
		sum += gain(s)
		if score := sum - w.open[s+1+d]; score > best || score == best && w.tie == 0 {
			best, split = score, s+1
		} else if score < best-w.drop {
			break
		}
	}
	reach = from
	for s, sum := from-1, int32(0); s >= first; s-- {
		reach = s
		sum -= gain(s)
		if score := sum - w.open[s+d]; score > best || score == best && w.tie == 1 {
			best, split = score, s
		} else if score < best-w.drop {
			break
		}
	}
	low := max(first, min(reach, split-w.margin))
	sure = w.wrong(d, low, split)+w.wrong(to, split+skip, k) <= w.lone
	if from := max(first, split-min(to-d, w.copied)); sure && from < low && w.copy(d, to, from, split) {
		return split, from, false
	}
	return split, reach, sure
}

// joined says whether the gap from diagonal d to another, at q[split], may lie
// better where the gap before it does, or the other way round. It may if the
// bases between fit as well on the diagonal beyond, as in one of two copies. It
// also may if fewer of them are known than the Ns that one gap inserts and the
// other has no bases for.
func (w *walker) joined(d, to, split int) bool {
	before := w.segs[len(w.segs)-2]
	if w.moves(before.diagonal(), d, before.q+before.n, split-max(0, before.diagonal()-d), 1) || w.moves(d, to, w.at.q, split, -1) {
		return true
	}
	if (before.diagonal() < d) == (d < to) {
		return false
	}
	spare := w.unknowns(before.q+before.n, w.at.q) + w.unknowns(split, split+max(0, d-to))
	return spare > 0 && split-w.at.q-w.unknowns(w.at.q, split) <= 2*spare
}

// moves says whether the gap between two diagonals saves another gap's cost if
// it moves over q[lo:hi]: forward (sign 1), or back (-1).
func (w *walker) moves(d, to, lo, hi int, sign int32) bool {
	another := w.another
	if w.extend > 0 { // both gaps may vanish
		another = 2*another + 2*w.extend*int32(abs(d-to))
	}
	skip := max(0, d-to)
	sum := int32(0)
	for s := lo; s < hi && sum >= -another-w.drop; s++ {
		sum += sign * (w.pair(s+d, w.q[s]) - w.pair(s+skip+to, w.q[s+skip]))
	}
	return sum >= -another
}

// unknowns counts the Ns in q[lo:hi].
func (w *walker) unknowns(lo, hi int) int {
	return bytes.Count(w.q[lo:hi], []byte{'N'})
}

// copy says whether the bases from the first mismatch behind q[lo] to a
// deletion before q[hi] resemble the bases that the deletion skips. Then the
// deletion would lie before them, and another gap of a few bases behind them.
func (w *walker) copy(d, to, lo, hi int) bool {
	const few = 2
	for lo < hi && !w.mismatch(lo+d, w.q[lo]) {
		lo++
	}
	wrong := w.wrong(d, lo, hi)
	if wrong < 2 {
		return false
	}
	for near := max(d+1, to-few); near <= min(to+few, w.length()-hi); near++ {
		if near != to && w.wrong(near, lo, hi) <= wrong-2 {
			return true
		}
	}
	return false
}

// wrong counts the mismatches of q[lo:hi] on diagonal d.
func (w *walker) wrong(d, lo, hi int) (n int) {
	for i := lo; i < hi; i++ {
		if w.q[i] == 'N' {
			i += unknown(w.q[i:hi]) - 1
		} else if w.mismatch(i+d, w.q[i]) {
			n++
		}
	}
	return n
}
