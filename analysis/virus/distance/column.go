package distance

import "math/bits"

// bucketBits gives the number of variants in a bucket, 128: stretches that a
// genome doesn't tell are some hundreds of letters long, and a bucket must be
// numbered in 8 bits.
const bucketBits = 7

// A column is a block of groups, indexed by what they carry. It is immutable.
// Groups of a block are numbered from 0.
type column struct {
	lo, hi int // groups of the set

	carrierEnd []uint32 // by variant + 1
	carriers   []uint16 // groups by variant

	// Groups by bucket of variants, with the part of the bucket that they
	// don't tell: group<<16 | lo<<8 | hi.
	untoldEnd []uint32 // by bucket + 1
	untold    []uint32

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

func (c *column) indexUntold(s *Set) {
	end := make([]uint32, len(s.siteLo)>>bucketBits+3)
	n := 0
	for g := c.lo; g < c.hi; g++ {
		for _, u := range s.gaps(g) {
			for b := u.lo >> bucketBits; b<<bucketBits < u.hi; b++ {
				end[b+2]++
				n++
			}
		}
	}
	for b := 2; b < len(end); b++ {
		end[b] += end[b-1]
	}
	c.untold = make([]uint32, n)
	for g := c.lo; g < c.hi; g++ {
		for _, u := range s.gaps(g) {
			for b := u.lo >> bucketBits; b<<bucketBits < u.hi; b++ {
				first := b << bucketBits
				lo, hi := max(u.lo, first)-first, min(u.hi-first, 1<<bucketBits)
				c.untold[end[b+1]] = uint32(g-c.lo)<<16 | lo<<8 | hi
				end[b+1]++
			}
		}
	}
	c.untoldEnd = end[:len(end)-1]
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

// whole is the longest stretch of whole strides in [lo, hi), as indices into
// below, if it is worth a pass.
func (c *column) whole(lo, hi uint32) (from, to uint32, ok bool) {
	from, to = (lo+1<<c.stride-1)>>c.stride, hi>>c.stride
	return from, to, from < to && len(c.of(from<<c.stride, to<<c.stride)) > 2*c.words
}

// of are the carriers of the variants [lo, hi).
func (c *column) of(lo, hi uint32) []uint16 { return c.carriers[c.carrierEnd[lo]:c.carrierEnd[hi]] }

// notTelling are the entries of the variant's bucket.
func (c *column) notTelling(v uint32) []uint32 {
	b := v >> bucketBits
	return c.untold[c.untoldEnd[b]:c.untoldEnd[b+1]]
}
