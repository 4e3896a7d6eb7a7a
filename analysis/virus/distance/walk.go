package distance

import "unsafe"

// lanes are sums of 16 bits, four to a word, so that a pass can look at four
// with one comparison.
type lanes [MaxTile / 4]uint64

// each returns all lanes. Which lane of a word comes first depends on the
// machine; nothing else may.
func (l *lanes) each() *[MaxTile]uint16 { return (*[MaxTile]uint16)(unsafe.Pointer(l)) }

// all returns a word with x in every lane.
func all(x uint16) uint64 { return uint64(x) * 0x0001000100010001 }

// A walk keeps the distances of one genome, the row, to all of a column, while
// the row goes from group to group. Every lane is the distance to one group
// less base, which may be negative.
type walk struct {
	set   *Set
	col   *column
	lanes lanes
	above *above // nil: not asked for
	base  int    // = |m(row)| - slack times the set's most, never above 0
	row   int    // the group; -1: a genome that departs nowhere and tells all

	untold []uint16 // scratch
}

// slack keeps lanes from passing 0 on the way from one row to another: there
// the row may have all of both.
const slack = 4

// start puts the walk before the first row of a column. Lanes of no group have
// the distance to a genome that departs nowhere.
func (w *walk) start(col *column) {
	w.col, w.row, w.base = col, -1, -slack*w.set.most
	for i := range w.lanes {
		w.lanes[i] = all(uint16(slack * w.set.most))
	}
	for i, l := 0, w.lanes.each(); i < col.hi-col.lo; i++ {
		l[i] += uint16(len(w.set.variants(col.lo + i)))
	}
	if w.above != nil {
		w.above.start(w)
	}
}

// step takes the row to another group. It undoes what the old one alone has
// and does what the new one alone has; sums commute, so no order matters.
func (w *walk) step(row int) {
	var old []uint32
	var oldGaps []gap
	if w.row >= 0 {
		old, oldGaps = w.set.variants(w.row), w.set.gaps(w.row)
	}
	w.row = row
	now := w.set.variants(row)
	for len(old) > 0 || len(now) > 0 {
		switch {
		case len(now) == 0 || len(old) > 0 && old[0] < now[0]:
			w.depart(old[0], ^uint16(0))
			old = old[1:]
		case len(old) == 0 || now[0] < old[0]:
			w.depart(now[0], 1)
			now = now[1:]
		default:
			old, now = old[1:], now[1:]
		}
	}
	w.stepGaps(oldGaps, w.set.gaps(row))
}

// stepGaps takes the row from one set of gaps to another.
func (w *walk) stepGaps(old, now []gap) {
	var x, y gap // what is left of the first of each
	for {
		if x.lo == x.hi && len(old) > 0 {
			x, old = old[0], old[1:]
		}
		if y.lo == y.hi && len(now) > 0 {
			y, now = now[0], now[1:]
		}
		left, right := x.lo < x.hi, y.lo < y.hi
		switch {
		case !left && !right:
			return
		case !right || left && x.lo < y.lo:
			hi := x.hi
			if right {
				hi = min(hi, y.lo)
			}
			w.untell(x.lo, hi, ^uint16(0))
			x.lo = hi
		case !left || y.lo < x.lo:
			hi := y.hi
			if left {
				hi = min(hi, x.lo)
			}
			w.untell(y.lo, hi, 1)
			y.lo = hi
		default:
			hi := min(x.hi, y.hi)
			x.lo, y.lo = hi, hi
		}
	}
}

// depart gives the row a variant, or with by = -1 takes it away.
func (w *walk) depart(v uint32, by uint16) {
	w.base += int(int16(by))
	w.take(w.col.of(w.set.siteLo[v], w.set.siteHi[v]), by)
	w.take(w.col.of(v, v+1), by)
	w.untold = w.col.appendUntold(w.untold[:0], v)
	w.take(w.untold, by)
}

// take lowers the lanes of groups by 1, or with by = -1 raises them.
func (w *walk) take(groups []uint16, by uint16) {
	l := w.lanes.each()
	switch {
	case w.above == nil || w.above.stale:
		for _, g := range groups {
			l[g%MaxTile] -= by
		}
	case by == 1:
		w.above.lower(l, groups)
	default:
		w.above.raise(l, groups)
	}
}

// untell makes the variants [lo, hi) unknown in the row, or with by = -1 known.
func (w *walk) untell(lo, hi uint32, by uint16) {
	from, to, ok := w.col.whole(lo, hi)
	if !ok {
		w.take(w.col.of(lo, hi), by)
		return
	}
	if w.above != nil {
		w.above.stale = true
	}
	w.take(w.col.of(lo, from<<w.col.stride), by)
	w.take(w.col.of(to<<w.col.stride, hi), by)
	less, more := w.col.below[from][:w.col.words], w.col.below[to][:w.col.words]
	if by != 1 {
		less, more = more, less
	}
	for i := range min(len(less), len(more)) {
		w.lanes[i] -= more[i] - less[i]
	}
}
