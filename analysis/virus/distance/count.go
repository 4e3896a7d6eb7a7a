package distance

// counts is a histogram in the making. Four tables take turns, so that equal
// distances side by side don't wait for each other.
type counts struct {
	total  []uint64 // pairs of genomes by distance
	tables [4][1 << 16]uint32
	dirty  bool
}

func newCounts(farthest int) *counts { return &counts{total: make([]uint64, farthest+1)} }

// fold adds the tables, times the weight, to the total and empties them.
func (c *counts) fold(weight uint64) {
	if !c.dirty {
		return
	}
	c.dirty = false
	for d := range c.total {
		n := uint64(c.tables[0][d]) + uint64(c.tables[1][d]) + uint64(c.tables[2][d]) + uint64(c.tables[3][d])
		if n > 0 {
			c.total[d] += n * weight
			c.tables[0][d], c.tables[1][d], c.tables[2][d], c.tables[3][d] = 0, 0, 0, 0
		}
	}
}

// count counts the row's distances to columns [from, n), of which [lo, hi) are
// whole words.
func (p *pass) count(group, from, lo, hi, n int) {
	c, w := p.counts, uint64(p.set.weight(group))
	if w > 1 {
		c.fold(1)
	}
	c.dirty = true
	each, base := p.walk.lanes.each(), p.walk.base
	for j := from; j < lo; j++ {
		c.tables[0][int(each[j])+base]++
	}
	c.words(p.walk.lanes[lo/4:hi/4], all(uint16(-base)))
	for j := hi; j < n; j++ {
		c.tables[0][int(each[j])+base]++
	}
	if w > 1 {
		c.fold(w)
	}
	for k, j := range p.walk.col.heavy {
		if int(j) >= from {
			c.total[int(each[j])+base] += w * uint64(p.walk.col.weight[k])
		}
	}
}

func (c *counts) words(lanes []uint64, base uint64) {
	for _, x := range lanes {
		x -= base
		c.tables[0][uint16(x)]++
		c.tables[1][uint16(x>>16)]++
		c.tables[2][uint16(x>>32)]++
		c.tables[3][x>>48]++
	}
}
