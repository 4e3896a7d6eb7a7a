package virus

import "math/bits"

// The thresholds of the walk.
const (
	resumes          = 12 // bases that match after a mismatch: it was a substitution
	anchored         = 20 // bases that match after several: the diagonal goes on
	minTerminalMatch = 24 // bases that match, one word of them unique: the end of a terminal box
	tested           = 40 // bases from a word that was found, at which a distant relative must match
	band             = 16 // diagonals on each side of the corners' in a box
	window           = 32 // bases among which more than lost mismatches end a diagonal
	lost             = 12
	maxCells         = 1 << 25 // of a box; larger ones are left as the walk found them
	overhang         = 200     // bases beyond the reference's ends that make a walk doubtful
	doubtfulDistance = 400     // bases without an anchor that make it doubtful
	doubtfulGap      = 200     // bases of a gap that make what follows doubtful
)

// A walker aligns one genome at a time. It follows a diagonal as long as the
// bases match, and uses dynamic programming only where they don't.
type walker struct {
	*scoring
	index *index
	band  int // of the ends

	q     []byte // upper case, without gaps
	segs  []segment
	at    segment // where the segment that is being walked starts; n is unused
	grid  grid
	chain chain

	lo, hi int // diagonals from a gap's to the ones that were passed over behind it

	ignoreDoubt bool    // the walk goes on in doubt
	ambiguous   bool    // what comes next may not be what the whole genome says
	chainPath   []piece // where the walk goes, if not to what comes next
}

// walk aligns q. It returns false if no word of q is found in the reference. A
// walk in doubt ends at once, unless it ignores doubt.
func (w *walker) walk(q []byte) bool {
	w.q, w.segs, w.ambiguous = q, w.segs[:0], false
	r, i := w.anchor(0, 0)
	if i < 0 {
		return false
	}
	d := r - i
	if w.doubts(-d >= overhang) {
		return true
	}
	i = w.start(d, i)
	for {
		end := min(len(q), w.length()-d)
		i = w.along(d, i, end)
		if i >= end {
			if !w.doubts(len(q)-end >= overhang) {
				w.finish(d, end)
			}
			return true
		}
		var ok bool
		if d, i, ok = w.gap(d, i); !ok {
			return true
		}
	}
}

// doubts notes a reason for doubt, and says whether to end the walk.
func (w *walker) doubts(reason bool) bool {
	w.ambiguous = reason && !w.ignoreDoubt
	return w.ambiguous
}

// anchor returns the first place from q[i] on that is surely found in the
// reference: a unique word, followed by no more mismatches than a distant
// relative has. Of several copies it takes the one nearest to diagonal d, or
// the one on the chain's path.
func (w *walker) anchor(d, i int) (r, at int) {
	if w.chainPath != nil {
		return w.guided(i)
	}
	known := 0 // bases of the word that end before q[k]
	var word uint32
	for k := i; k < len(w.q); k++ {
		c := codes[w.q[k]]
		if c > 3 {
			known = 0
			continue
		}
		word = (word<<2 | uint32(c)) & kmerMask
		if known++; known < kmer {
			continue
		}
		at := k - kmer + 1
		if r := w.index.find(word, at+d); r >= 0 && w.verified(r, at, tested) {
			return r, at
		}
	}
	return -1, -1
}

// guided returns the first such place of the chain's path. The path's last
// place needs no check.
func (w *walker) guided(i int) (r, at int) {
	for ; len(w.chainPath) > 0; w.chainPath = w.chainPath[1:] {
		if p := w.chainPath[0]; p.q >= i && (len(w.chainPath) == 1 || w.verified(p.r, p.q, tested)) {
			return p.r, p.q
		}
	}
	return -1, -1
}

// verified says whether the n bases from a word that was found, or as many as
// remain, match well enough for a distant relative.
func (w *walker) verified(r, i, n int) bool {
	const per, few = 40, 12
	n = min(n, len(w.q)-i, w.length()-r)
	wrong := 0
	for k := kmer; k < n; k++ {
		if w.mismatch(r+k, w.q[i+k]) {
			wrong++
		}
	}
	return wrong*per <= few*n
}

// along follows diagonal d from q[i] to the end, or to where it is lost.
func (w *walker) along(d, i, end int) int {
	q := w.q[:end]
	for {
		i += common(q[i:], w.letters[i+d:])
		switch {
		case i >= end:
			return end
		case q[i] == 'N':
			i += unknown(q[i:])
		case !w.mismatch(i+d, q[i]):
			i++
		case w.resumes(d, i+1, end):
			i += 1 + min(resumes, end-i-1)
		default:
			to, ok := w.cluster(d, i, end)
			if !ok {
				return i
			}
			i = to
		}
	}
}

// resumes says whether the bases from q[i] on match on diagonal d.
func (w *walker) resumes(d, i, end int) bool {
	n := min(resumes, end-i)
	return common(w.q[i:i+n], w.letters[i+d:]) == n
}

// cluster looks at several mismatches close together. It returns where the
// diagonal is firm again, or false if it isn't. Few mismatches cost less than
// two gaps can gain. With more, dynamic programming decides.
func (w *walker) cluster(d, i, end int) (int, bool) {
	var recent uint32
	wrong, run, start := 0, 0, i
	for ; i < end; i++ {
		recent <<= 1
		switch l := w.q[i]; {
		case l == w.letters[i+d]:
			run++
		case w.mismatch(i+d, l):
			wrong++
			run = 0
			recent |= 1
			if bits.OnesCount32(recent) > lost {
				return 0, false
			}
		}
		if run >= resumes && wrong <= w.together || run >= anchored {
			i++
			break
		}
	}
	if wrong > w.together {
		if i == end && run < resumes {
			return 0, false
		}
		w.close(start)
		w.realignFrom(start-w.margin, i+d, i, d, d)
	}
	return i, true
}

// close ends the segment that is being walked before q[i].
func (w *walker) close(i int) {
	w.segs = append(w.segs, segment{r: w.at.r, q: w.at.q, n: i - w.at.q})
}

// reopen walks on from the corner (r, i): in the last segment, or in a new one
// if that ends elsewhere.
func (w *walker) reopen(r, i int) {
	w.at = segment{r: r, q: i}
	if k := len(w.segs) - 1; k >= 0 && w.segs[k].r+w.segs[k].n == r && w.segs[k].q+w.segs[k].n == i {
		w.at = w.segs[k]
		w.segs = w.segs[:k]
	}
}

// cut shortens the alignment to end before q[i], which lies behind its start,
// and returns that corner.
func (w *walker) cut(i int) (r, q int) {
	k := len(w.segs) - 1
	for w.segs[k].q >= i {
		k--
	}
	s := &w.segs[k]
	s.n = min(s.n, i-s.q)
	w.segs = w.segs[:k+1]
	return s.r + s.n, s.q + s.n
}

// realignFrom solves from about q[from], which must be aligned, to the corner
// (r, i), and walks on from there. lo to hi are diagonals that the box must
// hold besides its corners'. It returns false for a box that is too large: then
// the walk goes on in the last segment.
func (w *walker) realignFrom(from, r, i, lo, hi int) bool {
	b, keep := w.box(from, r, i, lo, hi)
	if !b.fits() {
		if k := len(w.segs) - 1; w.segs[k].diagonal() == r-i {
			w.at, w.segs = w.segs[k], w.segs[:k]
		}
		return false
	}
	for b.fits() {
		if w.segs = w.segs[:keep]; keep > 0 {
			w.segs[keep-1].n = b.q0 - w.segs[keep-1].q
		}
		w.segs = w.grid.solve(w.scoring, w.q, b, w.segs)
		if keep == 0 {
			break
		}
		further := w.firstGapReach(keep-1, b.q0)
		if further >= b.q0 {
			break
		}
		b, keep = w.box(further-w.margin, r, i, lo, hi)
	}
	w.reopen(r, i)
	return true
}

// box returns realignFrom's box, and the number of segments before it.
func (w *walker) box(from, r, i, lo, hi int) (b box, keep int) {
	b = box{r1: r, q1: i, lo: min(lo, r-i), hi: max(hi, r-i)}
	for keep = len(w.segs); keep > 0 && w.segs[keep-1].q >= from; keep-- {
	}
	for _, s := range w.segs[max(0, keep-1):] {
		b.lo, b.hi = min(b.lo, s.diagonal()), max(b.hi, s.diagonal())
	}
	b.lo, b.hi = b.lo-band, b.hi+band
	if keep == 0 {
		b.freeStart = true
		b.r0 = max(0, w.segs[0].diagonal()-w.band)
		b.lo, b.hi = min(b.lo, b.r0), max(b.hi, b.r0)
	} else {
		s := w.segs[keep-1]
		n := min(s.n, from-s.q)
		b.r0, b.q0 = s.r+n, s.q+n
	}
	return b, keep
}

// firstGapReach returns where before q[from], the start of a solved box, the
// first gap in the box, which ends segment k, would lie as well or better.
func (w *walker) firstGapReach(k, from int) int {
	if k+1 >= len(w.segs) {
		return from
	}
	d, to := w.segs[k].diagonal(), w.segs[k+1].diagonal()
	skip := max(0, d-to)
	s := w.segs[k].q + w.segs[k].n
	best, sum, split := -w.open[s+d], int32(0), from
	for s--; s >= w.segs[k].q; s-- {
		sum += w.pair(s+skip+to, w.q[s+skip]) - w.pair(s+d, w.q[s])
		if score := sum - w.open[s+d]; score < best-w.drop {
			break
		} else if s < from && (score > best || score == best && w.tie == 1) {
			best, split = score, s
		}
	}
	return split
}

// start opens the alignment on diagonal d, on which q[i] is surely aligned, and
// returns the place from which to walk. An end with mismatches that a gap can
// pay for may be shifted. So may an end beyond the reference's, if Ns lie
// before it.
func (w *walker) start(d, i int) int {
	tip := max(0, -d)
	wrong, run, unread := 0, 0, 0
	k := tip
	for ; k < i+kmer; k++ {
		switch l := w.q[k]; {
		case l == w.letters[k+d]:
			run++
		case w.mismatch(k+d, l):
			wrong++
			run = 0
		default:
			run = 0
			unread++
		}
		if run >= minTerminalMatch && w.unique(k+1-kmer+d) {
			k++
			break
		}
	}
	w.at = segment{r: tip + d, q: tip}
	b := box{r1: k + d, q1: k, lo: d - w.band, hi: d + w.band, freeStart: true}
	b.r0 = max(0, b.lo)
	b.lo, b.hi = min(b.lo, b.r0), max(b.hi, b.r0)
	if wrong <= w.lone && (unread == 0 || tip < w.gapPayingTip) || !b.fits() {
		return tip
	}
	w.segs = w.grid.solve(w.scoring, w.q, b, w.segs)
	w.reopen(b.r1, b.q1)
	return k
}

// unique says whether a word of the reference is in the index.
func (w *walker) unique(r int) bool {
	return r >= 0 && w.index.find(w.index.words[r], r) == r
}

// finish ends the alignment on diagonal d before q[end], where the genome or
// the reference ends.
func (w *walker) finish(d, end int) {
	w.close(end)
	wrong, run, unread := 0, 0, 0
	k := end - 1
	for ; k >= w.at.q; k-- {
		switch l := w.q[k]; {
		case l == w.letters[k+d]:
			run++
		case w.mismatch(k+d, l):
			wrong++
			run = 0
		default:
			run = 0
			unread++
		}
		if run >= minTerminalMatch && w.unique(k+d) {
			break
		}
	}
	if n := len(w.segs); k < w.at.q && n > 1 {
		w.tail(w.segs[n-2].q+w.segs[n-2].n-w.margin, d)
	} else if wrong > w.lone || unread > 0 && len(w.q)-end >= w.gapPayingTip {
		w.tail(max(k, w.at.q+1), d)
	}
}

// tail solves from about q[from] to both ends, of which one is free. Ns before
// it may be too many.
func (w *walker) tail(from, d int) {
	for n := 0; n < w.band && from > 0 && w.q[from-1] == 'N'; n++ {
		from--
	}
	b := box{lo: d - w.band, hi: d + w.band, q1: len(w.q), freeEnd: true}
	last := w.segs[len(w.segs)-1]
	if b.freeStart = from <= w.segs[0].q; b.freeStart {
		b.r0 = max(0, d-w.band)
		b.lo, b.hi = min(b.lo, b.r0), max(b.hi, b.r0)
		w.segs = w.segs[:0]
	} else {
		b.r0, b.q0 = w.cut(from)
		b.lo, b.hi = min(b.lo, b.r0-b.q0-band), max(b.hi, b.r0-b.q0+band)
	}
	b.r1 = min(w.length(), b.q1+b.hi)
	b.lo = min(b.lo, b.r1-b.q1)
	if !b.fits() {
		w.segs = join(w.segs, segment{r: b.r0, q: b.q0, n: last.q + last.n - b.q0})
		return
	}
	w.segs = w.grid.solve(w.scoring, w.q, b, w.segs)
}
