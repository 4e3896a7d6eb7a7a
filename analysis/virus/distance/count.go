package distance

// above counts the genomes of a walk's column from the far end: above[x] have a
// lane of x or more. A lane that changes by 1 changes one of the counts. So the
// cost of a step is the lanes it touches, and a look at all counts costs no
// more than there are distances.
type above struct {
	genomes [1 << 16]uint32
	weight  [MaxTile]uint32 // genomes by group of the column, as lanes has them
	stale   bool            // lanes have changed, and not been counted
}

// start begins a walk over a column.
func (a *above) start(w *walk) {
	for i := range w.col.hi - w.col.lo {
		a.weight[i] = uint32(w.set.weight(w.col.lo + i))
	}
	a.count(w)
}

// count counts all lanes anew.
func (a *above) count(w *walk) {
	most := (slack + 1) * w.set.most // no lane is more
	n := a.genomes[:most+2]
	clear(n)
	for i, x := range w.lanes.each()[:w.col.hi-w.col.lo] {
		n[x] += a.weight[i]
	}
	for x := most; x >= 0; x-- {
		n[x] += n[x+1]
	}
	a.stale = false
}

// lower lowers the lanes of groups by 1.
func (a *above) lower(lanes *[MaxTile]uint16, groups []uint16) {
	for _, g := range groups {
		x := lanes[g%MaxTile]
		lanes[g%MaxTile] = x - 1
		a.genomes[x] -= a.weight[g%MaxTile]
	}
}

// raise raises the lanes of groups by 1.
func (a *above) raise(lanes *[MaxTile]uint16, groups []uint16) {
	for _, g := range groups {
		x := lanes[g%MaxTile] + 1
		lanes[g%MaxTile] = x
		a.genomes[x] += a.weight[g%MaxTile]
	}
}

// counts is a histogram in the making.
type counts struct {
	total []uint64 // pairs of genomes by distance
	tile  []uint64 // the same of one tile, by distance or more
}

func newCounts(farthest int) *counts {
	return &counts{total: make([]uint64, farthest+1), tile: make([]uint64, farthest+2)}
}

// add adds the row's distances to all of the column.
func (c *counts) add(w *walk) {
	if w.above.stale {
		w.above.count(w)
	}
	row := w.above.genomes[-w.base:]
	row = row[:len(w.set.variants(w.row))+w.col.most+1]
	tile, weight := c.tile[:len(row)], uint64(w.set.weight(w.row))
	for d, n := range row {
		tile[d] += uint64(n) * weight
	}
}

// fold adds a tile to the total, and empties it.
func (c *counts) fold() {
	for d := range c.total {
		c.total[d] += c.tile[d] - c.tile[d+1]
	}
	clear(c.tile)
}

// halve makes a tile of every pair once of one on the diagonal, where add sees
// every pair twice and each of the genomes with itself.
func (c *counts) halve(genomes uint32) {
	c.tile[0] -= uint64(genomes)
	for d := range c.tile {
		c.tile[d] /= 2
	}
}
