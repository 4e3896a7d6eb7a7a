package virus

import (
	"cmp"
	"slices"
	"strings"
)

// A Twin aligns as Nextclade v3 does, step by step and slowly: seeds from
// words with every third letter left out, the best chain of them, a band
// around the chain, and dynamic programming within the band, which is widened
// if the alignment runs along its edge. Unlike a Caller it doesn't find the
// best alignment if that leaves the band. It follows the description and the
// rules of Nextclade's module align (MIT), none of its code.
type Twin struct {
	caller *Caller
	p      Seeding
	words  [3]spaced
}

// Seeding are Nextclade's parameters of those names.
type Seeding struct {
	AllowedMismatches, WindowSize      int
	ExcessBandwidth, TerminalBandwidth int
}

const (
	seedWord  = 10 // letters, of which every third was left out
	seedApart = 50 // such letters between the words that are looked up
	seedLeast = 40 // letters of a seed, and of the pieces it is cut into
	attempts  = 3  // to widen the band
)

// NewTwin aligns with the Caller's scores.
func NewTwin(c *Caller, p Seeding) *Twin {
	t := &Twin{caller: c, p: p}
	for i := range t.words {
		t.words[i] = newSpaced(c.ref.Sequence, i)
	}
	return t
}

// Call calls a genome of upper case letters, as Caller.Call.
func (t *Twin) Call(q []byte) *Calls {
	c := t.caller
	c.calls.reset()
	c.walker.q, c.walker.segs = q, t.align(q)
	c.callNucleotides()
	return &c.calls
}

func (t *Twin) align(q []byte) []segment {
	chain := chained(t.pieces(q))
	edge, excess, inside := t.p.TerminalBandwidth, t.p.ExcessBandwidth, max(1, t.p.AllowedMismatches)
	for i := 0; ; i++ {
		b := corridor{rows: len(t.caller.ref.Sequence), cols: len(q), inside: inside}
		segs, along := t.within(q, b.stripes(chain, edge, excess))
		if !along || i == attempts {
			return segs
		}
		edge, excess, inside = max(1, 2*edge), max(1, 2*excess), 2*inside
	}
}

// spaced is where each word of a sequence lies in which every third letter is
// left out, beginning with the third from a phase.
type spaced map[string][]int

func newSpaced(s []byte, phase int) spaced {
	text := string(thinned(s, phase))
	words := spaced{}
	for i := range max(0, len(text)-seedWord+1) {
		words[text[i:i+seedWord]] = append(words[text[i:i+seedWord]], i)
	}
	for _, at := range words {
		slices.SortFunc(at, func(i, j int) int { return strings.Compare(text[i:], text[j:]) })
	}
	return words
}

func thinned(s []byte, phase int) []byte {
	var out []byte
	for i, l := range s[phase:] {
		if i%3 != 2 {
			out = append(out, l)
		}
	}
	return out
}

// pieces looks up the words, extends each as far as few letters differ, and
// cuts what it finds into pieces of equal length, of which the last two may
// overlap.
func (t *Twin) pieces(q []byte) (out []segment) {
	known := map[int][]segment{} // what was extended, by diagonal
	for phase := range t.words {
		thin := thinned(q, phase)
		for from := range t.words {
			for i := 0; i+seedWord < len(thin); i += seedApart {
				word := string(thin[i : i+seedWord])
				if strings.Contains(word, "N") {
					continue
				}
				for _, j := range t.words[from][word] {
					at := segment{r: j*3/2 + from, q: i*3/2 + phase}
					d := at.diagonal()
					if slices.ContainsFunc(known[d], func(s segment) bool { return at.q <= s.q+s.n && at.q+seedWord >= s.q }) {
						continue
					}
					s := t.extended(q, at)
					if s.n < seedLeast {
						continue
					}
					known[d] = append(known[d], s)
					for k := 0; k < s.n-seedLeast; k += seedLeast {
						out = append(out, segment{r: s.r + k, q: s.q + k, n: seedLeast})
					}
					k := s.n - seedLeast
					out = append(out, segment{r: s.r + k, q: s.q + k, n: seedLeast})
				}
			}
		}
	}
	return out
}

// extended returns the seed from a place to both sides.
func (t *Twin) extended(q []byte, at segment) segment {
	ref := t.caller.ref.Sequence
	ahead := t.extent(min(len(ref)-at.r, len(q)-at.q), func(i int) bool { return ref[at.r+i] != q[at.q+i] })
	behind := t.extent(min(at.r, at.q), func(i int) bool { return ref[at.r-1-i] != q[at.q-1-i] })
	return segment{r: at.r - behind, q: at.q - behind, n: ahead + behind}
}

// extent returns how many of n letters a seed takes: until too many in a window
// differ, and then back to the end of the longest match in that window. The
// letters before the first count as matches.
func (t *Twin) extent(n int, differs func(int) bool) int {
	i, wrong := 0, 0
	at := func(i int) bool { return i >= 0 && differs(i) }
	for ; i < n && wrong <= t.p.AllowedMismatches; i++ {
		if at(i - t.p.WindowSize) {
			wrong--
		}
		if differs(i) {
			wrong++
		}
	}
	best, run, end := 0, 0, i-t.p.WindowSize
	for k := i - t.p.WindowSize; k < i; k++ {
		if run++; at(k) {
			run = 0
		}
		if run > best {
			best, end = run, k+1
		}
	}
	return end
}

// chained returns the pieces that together cover most, none of them overlapping
// another, those that touch joined (Gusfield 1997, Algorithms on Strings,
// Trees and Sequences, section 13.3). Of equally good chains it continues the
// one that ends last in the reference.
func chained(pieces []segment) (chain []segment) {
	type mark struct {
		q, piece int
		end      bool
	}
	type best struct{ end, score, piece int }
	var marks []mark
	for i, s := range pieces {
		marks = append(marks, mark{s.q, i, false}, mark{s.q + s.n, i, true})
	}
	slices.SortStableFunc(marks, func(a, b mark) int { return cmp.Compare(a.q, b.q) })
	score, before := make([]int, len(pieces)), make([]int, len(pieces))
	var front []best // by descending end
	for _, m := range marks {
		s := pieces[m.piece]
		if !m.end {
			score[m.piece], before[m.piece] = s.n, -1
			if k := slices.IndexFunc(front, func(b best) bool { return b.end <= s.r }); k >= 0 {
				score[m.piece], before[m.piece] = s.n+front[k].score, front[k].piece
			}
			continue
		}
		b := best{s.r + s.n, score[m.piece], m.piece}
		k := slices.IndexFunc(front, func(c best) bool { return c.end < b.end })
		if k < 0 {
			k = len(front)
		} else if front[k].score > b.score {
			continue
		}
		var keep []best
		for _, c := range front[:k] {
			if c.score >= b.score {
				keep = append(keep, c)
			}
		}
		front = slices.Replace(front, 0, k, append(keep, b)...)
	}
	var back []segment
	for i := front[0].piece; i >= 0; i = before[i] {
		back = append(back, pieces[i])
	}
	for _, s := range slices.Backward(back) {
		chain = join(chain, s)
	}
	return chain
}

// corridor lays stripes around a chain.
type corridor struct {
	rows, cols int
	inside     int // diagonals on each side within a seed
	blocks     []block
}

// block is a part of the corridor: the rows [r0, r1), on diagonals q-r in [lo, hi].
type block struct{ r0, r1, lo, hi int }

// stripe is the columns [lo, hi) of a row.
type stripe struct{ lo, hi int }

// stripes leaves edge diagonals at both ends, and between two seeds as many as
// reach from one to the other and excess more, so far into each of them.
func (b *corridor) stripes(chain []segment, edge, excess int) []stripe {
	last := chain[0]
	wide, end, ahead, d := edge, 0, edge, -last.diagonal()
	open := block{0, min(last.r+ahead, b.rows+1), d - edge, d + edge}
	for _, s := range chain[1:] {
		mean := (d - s.diagonal()) / 2
		ahead = abs(d+s.diagonal())/2 + excess
		wide, end = b.rewind(last, open, mean, ahead, ahead)
		open = block{end, s.r + ahead, mean - wide, mean + wide}
		last, d = s, -s.diagonal()
	}
	wide, end = b.rewind(last, open, d, ahead, max(edge, wide))
	b.blocks = append(b.blocks, block{end, b.rows + 1, d - wide, d + wide})
	return b.rowed()
}

// rewind closes the open block before a gap behind seed s. It returns the gap's
// block: its width, as it takes in the blocks it overlaps, and its start.
func (b *corridor) rewind(s segment, open block, mean, ahead, wide int) (width, start int) {
	end := s.r + s.n
	if end > open.r1 {
		b.blocks = append(b.blocks, open)
		open = block{open.r1, end, -s.diagonal() - b.inside, -s.diagonal() + b.inside}
	}
	wide = max(wide, mean-open.lo, open.hi-mean)
	for open.r0 > max(0, end-wide-1) {
		open = block{0, min(s.r+ahead, b.rows+1), -s.diagonal() - wide, -s.diagonal() + wide}
		if n := len(b.blocks); n > 0 {
			open, b.blocks = b.blocks[n-1], b.blocks[:n-1]
		}
		wide = max(wide, mean-open.lo, open.hi-mean)
	}
	if open.r1 = max(0, end-wide); open.r1 > open.r0 {
		b.blocks = append(b.blocks, open)
	}
	return wide, open.r1
}

// rowed makes stripes of the blocks, none of which starts before the one above
// or ends behind the one below.
func (b *corridor) rowed() (rows []stripe) {
	for _, k := range b.blocks {
		for r := k.r0; r < k.r1; r++ {
			rows = append(rows, stripe{max(0, min(r+k.lo, b.cols-b.inside)), max(0, min(r+k.hi, b.cols)) + 1})
		}
	}
	rows[0].lo, rows[len(rows)-1].hi = 0, b.cols+1
	for i := range rows[1:] {
		rows[i+1].lo = max(rows[i+1].lo, rows[i].lo)
	}
	for i := len(rows) - 2; i >= 0; i-- {
		rows[i].hi = max(rows[i].lo+1, min(rows[i].hi, rows[i+1].hi))
	}
	return rows
}

// How the best way into a cell of the band goes, and how the gaps into it.
const (
	byPair = 1 << iota
	byInsert
	byDelete
	insertGoesOn
	deleteGoesOn
	atEdge // a way into the cell leaves the band
)

// within aligns in the band. It says whether the alignment runs along its edge.
func (t *Twin) within(q []byte, rows []stripe) (segs []segment, along bool) {
	s := t.caller.walker.scoring
	last, cols := s.length(), len(q)
	starts := make([]int, len(rows)+1)
	for i, row := range rows {
		starts[i+1] = starts[i] + row.hi - row.lo
	}
	path := make([]uint8, starts[len(rows)])
	for c := 1; c < rows[0].hi; c++ {
		path[c] = byInsert | insertGoesOn
	}
	above, row := make([]int32, rows[0].hi), []int32(nil)
	del := slices.Repeat([]int32{never}, cols+1)
	for r := 1; r <= last; r++ {
		in, up := rows[r], rows[r-1]
		row = make([]int32, in.hi-in.lo)
		ins := int32(never)
		for c := in.lo; c < in.hi; c++ {
			p, best, how := uint8(0), int32(never), uint8(0)
			if c == 0 {
				path[starts[r]] = byDelete | deleteGoesOn
				continue
			}
			if c > up.lo && c <= up.hi {
				best, how = above[c-1-up.lo]+s.pair(r-1, q[c-1]), byPair
			} else {
				p |= atEdge
			}
			if c > in.lo {
				open := row[c-1-in.lo]
				if r < last {
					open -= s.open[r]
				}
				if ins >= open && c > in.lo+1 {
					p |= insertGoesOn
				} else {
					ins = open
				}
				if ins-s.tie >= best {
					best, how = ins, byInsert
				}
			} else if r < last {
				p |= atEdge
			}
			if c < up.hi {
				open := above[c-up.lo]
				if c < cols {
					open -= s.open[r-1]
				}
				if del[c] >= open && r > 1 && c < rows[r-2].hi {
					p |= deleteGoesOn
				} else {
					del[c] = open
				}
				if del[c]-s.tie >= best {
					best, how = del[c], byDelete
				}
			} else if c < cols {
				del[c], p = never, p|atEdge
			}
			row[c-in.lo], path[starts[r]+c-in.lo] = best, p|how
		}
		above = row
	}
	var back []segment
	state := uint8(0)
	for r, c := last, cols; r > 0 || c > 0; {
		p := path[starts[r]+c-rows[r].lo]
		along = along || p&atEdge != 0
		if state == 0 {
			state = p & (byPair | byInsert | byDelete)
		}
		on := false
		switch state {
		case byPair:
			r, c = r-1, c-1
			back = append(back, segment{r: r, q: c, n: 1})
		case byInsert:
			c, on = c-1, p&insertGoesOn != 0
		default:
			r, on = r-1, p&deleteGoesOn != 0
		}
		if !on {
			state = 0
		}
	}
	for _, x := range slices.Backward(back) {
		segs = join(segs, x)
	}
	return segs, along
}

// Cover returns how many bases of q Nextclade's seeds cover.
func (t *Twin) Cover(q []byte) (n int) {
	pieces := t.pieces(q)
	if len(pieces) == 0 {
		return 0
	}
	for _, s := range chained(pieces) {
		n += s.n
	}
	return n
}
