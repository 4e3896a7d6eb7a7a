package distance

import (
	"context"
	"fmt"
	"math/bits"

	"okazaki"
)

// A pass works on a span of tiles: it walks every tile and looks at each
// distance once, for both genomes of the pair.
type pass struct {
	set  *Set
	walk walk

	rows, cols *nearest // the blocks of the tile
	k          int      // neighbours to keep
	reach      int      // columns that a look takes
	limit      int      // the larger of within and cluster
	within     int      // distances that are pairs, or Off
	cluster    int      // distances that join, or Off
	row        int      // the row's number in its block
	first      uint32   // the smallest genome of the row
	near       [MaxTile / 64]uint64

	counts  *counts          // nil: no histogram
	forest  *forest          // if there is a cluster distance
	pairs   *pairs           // if there is a within distance
	nearest map[int]*nearest // by block
	columns map[int]*column  // by block, some
}

// maxColumns bounds the indexed blocks that a pass keeps.
const maxColumns = 16

// emptyPass returns a pass that is asked nothing.
func (s *Set) emptyPass() *pass {
	return &pass{set: s, walk: walk{set: s}, reach: MaxTile, limit: Off, within: Off, cluster: Off,
		nearest: map[int]*nearest{}, columns: map[int]*column{}}
}

// newPass prepares the results that are asked for.
func (s *Set) newPass(summary bool, within int) (*pass, error) {
	if within < Off || within > 2*maxDeparting {
		return nil, fmt.Errorf("pairs at distance %d: want 0 to %d", within, 2*maxDeparting)
	}
	p := s.emptyPass()
	if p.within = within; within != Off {
		p.pairs = &pairs{set: s, within: within}
	}
	if summary {
		p.k, p.counts, p.cluster = s.options.Nearest, newCounts(s.Farthest()), s.options.Cluster
		p.walk.above = new(above)
	}
	if p.cluster != Off {
		p.forest = newForest(s.Groups())
	}
	p.limit = max(p.within, p.cluster)
	return p, nil
}

// run works on tiles until the span is done, the context ends or more returns
// false.
func (p *pass) run(ctx context.Context, span okazaki.Span, more func(int64) bool) (done int64, err error) {
	if err := p.set.check(span); err != nil {
		return span.Lo, err
	}
	for t := span.Lo; t < span.Hi; t++ {
		if err := ctx.Err(); err != nil {
			return span.Lo, err
		}
		p.tile(t)
		if more != nil && !more(t+1) {
			return t + 1, nil
		}
	}
	return span.Hi, nil
}

func (p *pass) tile(t int64) {
	row, col := p.set.tileAt(t)
	if p.pairs != nil {
		p.pairs.start(t)
	}
	p.cross(row, col)
	if p.counts != nil {
		if row == col {
			p.counts.halve(p.walk.above.genomes[0])
		}
		p.counts.fold()
	}
	if p.pairs != nil {
		p.pairs.end()
	}
}

// cross looks at all pairs of two blocks, or of one.
func (p *pass) cross(row, col int) {
	p.rows, p.cols = p.nearestOf(row), p.nearestOf(col)
	p.walk.start(p.column(col))
	lo, hi := p.set.block(row)
	for g := lo; g < hi; g++ {
		p.row = g - lo
		p.walk.step(g)
		if p.counts != nil {
			p.counts.add(&p.walk)
		}
		from := 0
		if row == col {
			from = p.row + 1
		}
		p.look(g, from)
	}
}

func (p *pass) nearestOf(block int) *nearest {
	n := p.nearest[block]
	if n == nil {
		var bounds []uint16
		if p.k > 0 {
			bounds = p.set.bounds[block]()
		}
		n = newNearest(bounds, p.k)
		p.nearest[block] = n
	}
	return n
}

func (p *pass) column(block int) *column {
	c := p.columns[block]
	if c == nil {
		if len(p.columns) == maxColumns {
			clear(p.columns)
		}
		c = p.set.column(block)
		p.columns[block] = c
	}
	return c
}

// look looks at the row's distances to the columns from on.
func (p *pass) look(group, from int) {
	p.first = p.set.first(group)
	n := min(p.walk.col.hi-p.walk.col.lo, from+p.reach)
	first := from / 64
	words := p.near[first : (n+63)/64]
	near(words, p.walk.lanes[16*first:], p.cols.limits[16*first:], uint16(-p.walk.base), limit(max(p.limit, p.rows.worst(p.row))))
	for i, x := range words {
		for ; x != 0; x &= x - 1 {
			if j := 64*(first+i) + bits.TrailingZeros64(x); from <= j && j < n {
				p.see(j, int(p.walk.lanes.each()[j])+p.walk.base)
			}
		}
	}
}

// see looks at one column, at a distance from the row.
func (p *pass) see(j, d int) {
	if d <= p.within {
		p.pairs.add(p.row, j, d)
	}
	if d <= p.cluster {
		p.forest.join(p.walk.row, p.walk.col.lo+j)
	}
	if p.k > 0 {
		p.rows.offer(p.row, newKey(d, p.walk.col.first[j]))
		p.cols.offer(j, newKey(d, p.first))
	}
}
