package virus

// A piece is a word of the genome that the reference has too.
type piece struct {
	r, q  int
	score int32 // of the best chain that starts with it
	next  int32 // of that chain; -1 for none
}

// copiesOf is the most places of a word in the reference for the word still to
// say where a genome lies.
const copiesOf = 8

// A chain is the pieces that together score most, in the order of both
// sequences. It is looked for when a walk is in doubt: it sees the whole
// genome, and the walk sees only what comes next.
type chain struct {
	pieces []piece
	after  []int32     // a Fenwick tree: 1 + the best piece that starts at or behind a position of the reference
	same   map[int]int // by diagonal: the last piece
	places []int       // of a word
}

// find returns the best chain's pieces in order, which it keeps, and their
// score. The maximum over the pieces that may follow a piece is Abouelhoda and
// Ohlebusch's (2005, J. Discrete Algorithms 3:321), with gaps of any length at
// one price.
func (c *chain) find(s *scoring, x *index, q []byte) int32 {
	c.collect(x, q)
	c.after = resize(c.after, len(x.words)+1)
	clear(c.after)
	if c.same == nil {
		c.same = map[int]int{}
	}
	clear(c.same)
	best, behind := -1, len(c.pieces)-1
	for i := len(c.pieces) - 1; i >= 0; i-- {
		p := &c.pieces[i]
		for ; c.pieces[behind].q >= p.q+kmer; behind-- {
			c.enter(behind)
		}
		p.score, p.next = 0, -1
		if k, ok := c.same[p.r-p.q]; ok {
			p.score, p.next = c.pieces[k].score+between(s, q, *p, c.pieces[k]), int32(k)
		}
		if k := c.best(p.r + kmer); k >= 0 {
			if score := c.pieces[k].score - s.open[p.r+kmer]; score > p.score {
				p.score, p.next = score, int32(k)
			}
		}
		p.score += kmer * s.pairs[1<<5|1]
		c.same[p.r-p.q] = i
		if best < 0 || p.score >= c.pieces[best].score {
			best = i
		}
	}
	if best < 0 {
		return 0
	}
	score, n := c.pieces[best].score, 0
	for i := best; i >= 0; n++ { // the chain's pieces ascend
		p := c.pieces[i]
		c.pieces[n], i = p, int(p.next)
	}
	c.pieces = c.pieces[:n]
	return score
}

// between returns the score of the pairs between two pieces on one diagonal. It
// returns 0 if the pieces are too far apart to be sure of the pairs.
func between(s *scoring, q []byte, a, b piece) (score int32) {
	if b.q-a.q > doubtfulGap {
		return 0
	}
	for i := a.q + kmer; i < b.q; i++ {
		score += s.pair(i+a.r-a.q, q[i])
	}
	return max(0, score)
}

// collect finds the pieces. None overlap: behind a piece, it goes on with the
// next word that shares no base with it.
func (c *chain) collect(x *index, q []byte) {
	c.pieces = c.pieces[:0]
	known := 0
	var word uint32
	for k, l := range q {
		code := codes[l]
		if code > 3 {
			known = 0
			continue
		}
		word = (word<<2 | uint32(code)) & kmerMask
		if known++; known < kmer {
			continue
		}
		c.places = x.all(c.places[:0], word)
		for _, r := range c.places {
			c.pieces = append(c.pieces, piece{r: r, q: k + 1 - kmer})
			known = 0
		}
	}
}

// enter makes piece i available as a follower of others.
func (c *chain) enter(i int) {
	for k := len(c.after) - 1 - c.pieces[i].r; k < len(c.after); k += k & -k {
		if o := c.after[k]; o == 0 || c.pieces[i].score >= c.pieces[o-1].score {
			c.after[k] = int32(i + 1)
		}
	}
}

// best returns the best entered piece that starts at r or behind it; -1 for
// none.
func (c *chain) best(r int) int {
	best := int32(0)
	for k := len(c.after) - 1 - r; k > 0; k -= k & -k {
		if o := c.after[k]; o != 0 && (best == 0 || c.pieces[o-1].score > c.pieces[best-1].score) {
			best = o
		}
	}
	return int(best) - 1
}

// all appends the places of the word w in order. It appends nothing if there
// are too many.
func (x *index) all(dst []int, w uint32) []int {
	for i := x.head[x.hash(w)]; i != 0; i = x.next[i-1] {
		if p := int(i - 1); x.words[p] == w {
			if dst = append(dst, p); len(dst) > copiesOf {
				return dst[:0]
			}
		}
	}
	return dst
}
