package distance

// counts is a histogram in the making. Distances below 256 are counted by
// twos: one increment for a pair of neighbouring lanes.
type counts struct {
	total []uint64 // pairs of genomes by distance
	small bool     // all distances are below 256
	twos  [1 << 16]uint32
	ones  [4][1 << 16]uint32 // taking turns, so that equal neighbours don't wait for each other
}

func newCounts(farthest int) *counts {
	return &counts{total: make([]uint64, farthest+1), small: farthest < 256}
}

// fold adds the tables to the total and empties them.
func (c *counts) fold() {
	for i, n := range c.twos {
		if n > 0 {
			c.total[i&0xff] += uint64(n)
			c.total[i>>8] += uint64(n)
			c.twos[i] = 0
		}
	}
	c.foldOnes(1)
}

// foldOnes adds the ones, times the weight, to the total and empties them.
func (c *counts) foldOnes(weight uint64) {
	for d := range c.total {
		n := uint64(c.ones[0][d]) + uint64(c.ones[1][d]) + uint64(c.ones[2][d]) + uint64(c.ones[3][d])
		if n > 0 {
			c.total[d] += n * weight
			c.ones[0][d], c.ones[1][d], c.ones[2][d], c.ones[3][d] = 0, 0, 0, 0
		}
	}
}

// count counts the row's distances to columns [from, n), of which [lo, hi) are
// whole words.
func (p *pass) count(group, from, lo, hi, n int) {
	c, w := p.counts, uint64(p.set.weight(group))
	each, base := p.walk.lanes.each(), p.walk.base
	for j := from; j < lo; j++ {
		c.total[int(each[j])+base] += w
	}
	for j := hi; j < n; j++ {
		c.total[int(each[j])+base] += w
	}
	words, shift := p.walk.lanes[lo/4:hi/4], all(uint16(-base))
	switch {
	case w > 1:
		if !c.small {
			c.foldOnes(1)
		}
		c.byOnes(words, shift)
		c.foldOnes(w)
	case c.small:
		c.byTwos(words, shift)
	default:
		c.byOnes(words, shift)
	}
	for k, j := range p.walk.col.heavy {
		if int(j) >= from {
			c.total[int(each[j])+base] += w * uint64(p.walk.col.weight[k])
		}
	}
}

func (c *counts) byOnes(words []uint64, base uint64) {
	for _, x := range words {
		x -= base
		c.ones[0][uint16(x)]++
		c.ones[1][uint16(x>>16)]++
		c.ones[2][uint16(x>>32)]++
		c.ones[3][x>>48]++
	}
}

func (c *counts) byTwos(words []uint64, base uint64) {
	for _, x := range words {
		x -= base
		x |= x >> 8
		c.twos[uint16(x)]++
		c.twos[uint16(x>>32)]++
	}
}
