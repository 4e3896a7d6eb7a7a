package distance

// Pairs of groups lie in a triangle of tiles: blocks of rows by blocks of
// columns, the diagonal included, a row never after its column. Tiles are
// numbered along one line so that neighbours on the line share blocks:
//
//	triangle(lo, hi)      = triangle(lo, mid), rectangle(lo..mid × mid..hi), triangle(mid, hi)
//	rectangle(rows, cols) = the longer side's first half, then its second; of equal sides the rows are halved
//
// with halves rounded down. A span of t tiles touches about √t blocks a side.

// plan returns the number of tiles that a set of groups has, with tile groups
// on a side of each.
func plan(groups, tile int) int64 {
	b := int64(groups+tile-1) / int64(tile)
	return b * (b + 1) / 2
}

// Tiles returns the length of the axis: tiles are numbered from 0.
func (s *Set) Tiles() int64 { return plan(s.Groups(), s.options.Tile) }

func (s *Set) blocks() int { return (s.Groups() + s.options.Tile - 1) / s.options.Tile }

// block returns the groups [lo, hi) of block b.
func (s *Set) block(b int) (lo, hi int) {
	lo = b * s.options.Tile
	return lo, min(lo+s.options.Tile, s.Groups())
}

// tileAt returns the blocks of tile t.
func (s *Set) tileAt(t int64) (row, col int) { return triangle(0, s.blocks(), t) }

func triangle(lo, hi int, t int64) (row, col int) {
	for hi-lo > 1 {
		mid := (lo + hi) / 2
		n := int64(mid-lo) * int64(mid-lo+1) / 2
		if t < n {
			hi = mid
			continue
		}
		t -= n
		n = int64(mid-lo) * int64(hi-mid)
		if t < n {
			return rectangle(lo, mid, mid, hi, t)
		}
		t -= n
		lo = mid
	}
	return lo, lo
}

func rectangle(r0, r1, c0, c1 int, t int64) (row, col int) {
	for r1-r0 > 1 || c1-c0 > 1 {
		if r1-r0 >= c1-c0 {
			mid := (r0 + r1) / 2
			if n := int64(mid-r0) * int64(c1-c0); t < n {
				r1 = mid
			} else {
				r0, t = mid, t-n
			}
			continue
		}
		mid := (c0 + c1) / 2
		if n := int64(mid-c0) * int64(r1-r0); t < n {
			c1 = mid
		} else {
			c0, t = mid, t-n
		}
	}
	return r0, c0
}
