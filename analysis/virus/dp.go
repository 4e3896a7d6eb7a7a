package virus

// A box is a part of the alignment that is solved by dynamic programming:
// reference [r0, r1) against genome [q0, q1), on diagonals r-q in [lo, hi]. Its
// corners lie on the alignment, unless an end is free.
type box struct {
	r0, q0, r1, q1 int
	lo, hi         int
	freeStart      bool // q0 is the genome's start: it may lie anywhere
	freeEnd        bool // q1 is the genome's end
}

func (b box) width() int { return b.hi - b.lo + 1 }
func (b box) cells() int { return (b.r1 - b.r0 + 1) * b.width() }

// fits says whether the box is valid and not too large to be solved.
func (b box) fits() bool { return b.r0 <= b.r1 && b.q0 <= b.q1 && b.cells() <= maxCells }

// How the best way into a cell goes, and whether the gaps that end in it go on.
const (
	fromPair   = 0 // a base against a base
	fromInsert = 1 // a base of the genome against none
	fromDelete = 2 // a base of the reference against none
	fromMask   = 3
	insertOn   = 4
	deleteOn   = 8
)

const never = -1 << 29

// grid is the scratch of dynamic programming.
type grid struct {
	score, del []int32 // of the row above, overwritten by the row
	path       []uint8
	query      []uint8
	back       []segment
	memo       *memo
}

// compute aligns the box by Gotoh's recurrences (1982, J. Mol. Biol. 162:705)
// and appends its pairs to segs. Where
// ways tie, a pair goes first if gaps are placed left and last otherwise, and
// a deletion before an insertion, as in Nextclade.
func (g *grid) compute(s *scoring, q []byte, b box, segs []segment) []segment {
	rows, cols, width := b.r1-b.r0, b.q1-b.q0, b.width()
	g.score = resize(g.score, width+1)
	g.del = resize(g.del, width+1)
	g.path = resize(g.path, (rows+1)*width)
	g.query = resize(g.query, cols+1)
	for j, l := range q[b.q0:b.q1] {
		g.query[j+1] = s.code[l]
	}
	g.firstRow(s, b)
	for i := 1; i <= rows; i++ {
		g.row(s, b, i)
	}
	return g.trace(b, segs)
}

// left returns the column of the first cell stored for row i.
func (b box) left(i int) int { return i + b.r0 - b.hi - b.q0 }

func (g *grid) firstRow(s *scoring, b box) {
	first, cols := b.left(0), b.q1-b.q0
	g.blank(0, len(g.score))
	for c := range b.width() {
		j := first + c
		switch {
		case j == 0:
			g.score[c] = 0
		case j < 0 || j > cols:
			continue
		case b.freeStart && b.r0 == 0:
			g.score[c] = 0
		case !b.freeStart:
			g.score[c] = -s.penalty(b.r0, j)
		}
		g.path[c] = fromInsert | insertOn
	}
}

// row fills row i from the one above, which it overwrites.
func (g *grid) row(s *scoring, b box, i int) {
	cols, first, width := b.q1-b.q0, b.left(i), b.width()
	r := b.r0 + i - 1
	path := g.path[i*width : (i+1)*width]
	insertOpen, insertMore, deleteOpen := s.open[r+1], s.extend, s.open[r]
	if b.freeEnd && r+1 == s.length() {
		insertOpen, insertMore = 0, 0
	}
	pairs := s.pairs[int(s.codes[r])<<5:][:32]
	insert := int32(never)
	lo, hi := max(0, -first), min(width, cols-first+1)
	before := int32(never) // the score of the cell to the left
	g.blank(0, min(lo, width))
	for c := lo; c < hi; c++ {
		j := first + c
		if j == 0 {
			before = 0
			if !b.freeStart {
				before = -s.penalty(b.r0, i)
			}
			g.score[c], g.del[c] = before, never
			path[c] = fromDelete | deleteOn
			continue
		}
		var p uint8
		best := g.score[c] + pairs[g.query[j]]
		if open := before - insertOpen; insert-insertMore >= open {
			p |= insertOn
			insert -= insertMore
		} else {
			insert = open
		}
		if insert-s.tie >= best {
			best, p = insert, p|fromInsert
		}
		up, more := deleteOpen, s.extend
		if b.freeEnd && j == cols {
			up, more = 0, 0
		}
		del := g.del[c+1] - more
		if open := g.score[c+1] - up; del >= open {
			p |= deleteOn
		} else {
			del = open
		}
		if del-s.tie >= best {
			best, p = del, p&^fromMask|fromDelete
		}
		g.score[c], g.del[c], path[c] = best, del, p
		before = best
	}
	g.blank(max(hi, lo), width+1)
}

// blank makes cells [from, to) of a row unreachable.
func (g *grid) blank(from, to int) {
	for c := from; c < to; c++ {
		g.score[c], g.del[c] = never, never
	}
}

// trace follows the best way back from the last corner.
func (g *grid) trace(b box, segs []segment) []segment {
	g.back = g.back[:0]
	i, j := b.r1-b.r0, b.q1-b.q0
	state := uint8(fromPair)
	pairs := 0
	flush := func() {
		if pairs > 0 {
			g.back = append(g.back, segment{r: b.r0 + i, q: b.q0 + j, n: pairs})
			pairs = 0
		}
	}
	for i > 0 || j > 0 {
		p := g.path[i*b.width()+j-b.left(i)]
		if state == fromPair {
			state = p & fromMask
		}
		switch state {
		case fromPair:
			pairs++
			i, j = i-1, j-1
		case fromInsert:
			flush()
			j--
			if p&insertOn == 0 {
				state = fromPair
			}
		default:
			flush()
			i--
			if p&deleteOn == 0 {
				state = fromPair
			}
		}
	}
	flush()
	for k := len(g.back) - 1; k >= 0; k-- {
		segs = join(segs, g.back[k])
	}
	return segs
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n+n/2)[:n]
	}
	return s[:n]
}
