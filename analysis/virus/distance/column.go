package distance

import (
	"math/bits"
	"slices"
)

// bucket is the number of variants in a bucket. A genome's unknown stretches
// are some hundreds of bases long, and cover most buckets that they touch.
const bucket = 64

// A column is a block of groups, indexed by variant. It is immutable. Groups of
// a block are numbered from 0.
type column struct {
	lo, hi int // groups of the set

	carrierEnd []uint32 // by variant + 1
	carriers   []uint16 // groups by variant

	untoldEnd []uint32  // by bucket + 1
	untold    []uint16  // groups that tell none of its variants, by bucket
	partlyEnd []uint32  // by bucket + 1
	partly    []stretch // groups that don't tell some of them, by bucket

	// below[k] has for every group the number of its variants below
	// k<<stride, so that a long stretch costs a pass over the lanes instead
	// of a visit to every carrier.
	stride int
	below  []lanes
	words  int // that hold a group

	first []uint32 // the smallest genome of each group
	most  int      // the most variants of any group
}

// column indexes block b.
func (s *Set) column(b int) *column {
	lo, hi := s.block(b)
	c := &column{lo: lo, hi: hi, first: make([]uint32, hi-lo)}
	for g := lo; g < hi; g++ {
		c.first[g-lo] = s.first(g)
		c.most = max(c.most, len(s.variants(g)))
	}
	c.indexCarriers(s)
	c.indexUntold(s)
	c.sum(len(s.siteLo))
	return c
}

func (c *column) indexCarriers(s *Set) {
	end := make([]uint32, len(s.siteLo)+2)
	n := 0
	for g := c.lo; g < c.hi; g++ {
		for _, v := range s.variants(g) {
			end[v+2]++
			n++
		}
	}
	for v := 2; v < len(end); v++ {
		end[v] += end[v-1]
	}
	c.carriers = make([]uint16, n)
	for g := c.lo; g < c.hi; g++ {
		for _, v := range s.variants(g) {
			c.carriers[end[v+1]] = uint16(g - c.lo)
			end[v+1]++
		}
	}
	c.carrierEnd = end[:len(end)-1]
}

// stretch is the variants [lo, hi) of a bucket that are unknown in a group.
type stretch struct {
	group  uint16
	lo, hi uint8
}

// indexUntold counts the stretches of every bucket, then fills it in.
func (c *column) indexUntold(s *Set) {
	whole := make([]uint32, len(s.siteLo)/bucket+3)
	part := slices.Clone(whole)
	c.eachUntold(s, func(u stretch, b uint32) {
		if u.hi-u.lo == bucket {
			whole[b+2]++
		} else {
			part[b+2]++
		}
	})
	for b := 2; b < len(whole); b++ {
		whole[b] += whole[b-1]
		part[b] += part[b-1]
	}
	c.untold = make([]uint16, whole[len(whole)-1])
	c.partly = make([]stretch, part[len(part)-1])
	c.eachUntold(s, func(u stretch, b uint32) {
		if u.hi-u.lo == bucket {
			c.untold[whole[b+1]] = u.group
			whole[b+1]++
		} else {
			c.partly[part[b+1]] = u
			part[b+1]++
		}
	})
	c.untoldEnd, c.partlyEnd = whole[:len(whole)-1], part[:len(part)-1]
}

// eachUntold calls f with the buckets of all unknown stretches of groups.
func (c *column) eachUntold(s *Set, f func(u stretch, b uint32)) {
	for g := c.lo; g < c.hi; g++ {
		for _, u := range s.gaps(g) {
			for b := u.lo / bucket; b*bucket < u.hi; b++ {
				first := b * bucket
				f(stretch{uint16(g - c.lo), uint8(max(u.lo, first) - first), uint8(min(u.hi-first, bucket))}, b)
			}
		}
	}
}

// strides is about how many sums of variants a column keeps, of 8 KB each.
const strides = 64

// sum counts variants stride by stride.
func (c *column) sum(variants int) {
	c.stride = bits.Len(uint(variants / strides))
	c.words = (c.hi - c.lo + 3) / 4
	c.below = make([]lanes, variants>>c.stride+1)
	for k := 1; k < len(c.below); k++ {
		c.below[k] = c.below[k-1]
		each := c.below[k].each()
		for _, g := range c.of(uint32(k-1)<<c.stride, uint32(k)<<c.stride) {
			each[g]++
		}
	}
}

// whole returns the longest stretch of whole strides in [lo, hi), as indices
// into below, if it is worth a pass.
func (c *column) whole(lo, hi uint32) (from, to uint32, ok bool) {
	from, to = (lo+1<<c.stride-1)>>c.stride, hi>>c.stride
	return from, to, from < to && len(c.of(from<<c.stride, to<<c.stride)) > 2*c.words
}

// of returns the carriers of the variants [lo, hi).
func (c *column) of(lo, hi uint32) []uint16 { return c.carriers[c.carrierEnd[lo]:c.carrierEnd[hi]] }

// appendUntold appends the groups in which a variant is unknown.
func (c *column) appendUntold(dst []uint16, v uint32) []uint16 {
	b, at := v/bucket, uint8(v%bucket)
	dst = append(dst, c.untold[c.untoldEnd[b]:c.untoldEnd[b+1]]...)
	part := c.partly[c.partlyEnd[b]:c.partlyEnd[b+1]]
	n := len(dst)
	dst = slices.Grow(dst, len(part))[:n+len(part)]
	for _, u := range part {
		dst[n] = u.group
		// Branch-free: the outcome is unpredictable.
		n += int(((at - u.hi) &^ (at - u.lo)) >> 7)
	}
	return dst[:n]
}
