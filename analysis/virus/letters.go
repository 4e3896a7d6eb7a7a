package virus

import (
	"fmt"

	"okazaki/genome"
)

// letters lays the genome along the reference and lists how they differ.
func (c *Caller) letters() {
	w, out := &c.walker, &c.calls
	lo, hi, pairs := c.lay()
	if out.Problem != "" {
		return
	}
	out.Aligned = genome.Region{Lo: lo, Hi: hi}
	aligned, ref := c.aligned[:hi], c.ref.Sequence[:hi]
	against := 0 // ambiguous letters that don't match
	for i := lo; ; {
		i += common(aligned[i:], ref[i:])
		if i >= hi {
			break
		}
		switch l := aligned[i]; l {
		case 'A', 'C', 'G', 'T':
			out.Substitutions = append(out.Substitutions, Substitution{Pos: i, Ref: ref[i], Alt: l})
			i++
		case 'N':
			n := unknown(aligned[i:])
			out.Missing = extend(out.Missing, i, i+n)
			i += n
		case '-':
			n := 1
			for aligned[i+n] == '-' {
				n++
			}
			out.Deletions = append(out.Deletions, genome.Region{Lo: i, Hi: i + n})
			out.Score -= int(w.open[i])
			i += n
		default:
			if !c.ambiguousAt(i, l) {
				return
			}
			if w.mismatch(i, l) {
				against++
			}
			i++
		}
	}
	p := c.params
	out.Score += pairs*int(p.Match) - (len(out.Substitutions)+against)*int(p.Match+p.Mismatch) - letters(out.Missing)
	if matched := pairs - len(out.Substitutions) - against - letters(out.Missing); float64(matched) < p.MinCover*float64(len(w.q)) {
		out.Problem = fmt.Sprintf("only %d of the genome's %d letters match the reference %s", matched, len(w.q), c.ref.Name)
	}
}

// lay fills aligned from the walker's segments and lists the insertions. It
// answers the aligned part of the reference and the number of pairs.
func (c *Caller) lay() (lo, hi, pairs int) {
	w := &c.walker
	r, q := -1, 0 // the ends of the segment before
	for _, s := range w.segs {
		if s.n == 0 {
			continue
		}
		if r < 0 {
			lo, r = s.r, s.r
		}
		for ; r < s.r; r++ {
			c.aligned[r] = '-'
		}
		c.insertion(s.r, q, s.q)
		copy(c.aligned[s.r:s.r+s.n], w.q[s.q:])
		r, q, pairs = s.r+s.n, s.q+s.n, pairs+s.n
	}
	c.insertion(r, q, len(w.q))
	return lo, max(r, 0), pairs
}

func (c *Caller) insertion(r, from, to int) {
	if from == to {
		return
	}
	if r < 0 {
		r = 0
	}
	out := &c.calls
	out.Insertions = append(out.Insertions, Insertion{Pos: r, Letters: c.walker.q[from:to]})
	if (from > 0 || r > 0) && (to < len(c.walker.q) || r < len(c.ref.Sequence)) { // beyond the reference's ends it is free
		out.Score -= int(c.walker.open[r])
	}
	for _, l := range c.walker.q[from:to] {
		c.nucleotide(l)
	}
}

// nucleotide says whether a letter is one, in the form that alignment expects.
func (c *Caller) nucleotide(l byte) bool {
	if l == 'U' {
		c.calls.Problem = again
		return false
	}
	if genome.BaseOf(l) == 0 {
		c.calls.Problem = fmt.Sprintf("the letter %q is no nucleotide", l)
		return false
	}
	return true
}

// ambiguousAt notes an ambiguous letter, or the problem of one that is none.
func (c *Caller) ambiguousAt(i int, l byte) bool {
	if !c.nucleotide(l) {
		return false
	}
	out := &c.calls
	if k := len(out.Ambiguous) - 1; k >= 0 && out.Ambiguous[k].Letter == l && out.Ambiguous[k].Region.Hi == i {
		out.Ambiguous[k].Region.Hi++
		return true
	}
	out.Ambiguous = append(out.Ambiguous, Ambiguous{Letter: l, Region: genome.Region{Lo: i, Hi: i + 1}})
	return true
}

// extend appends the region [lo, hi), or lengthens the last if it goes on there.
func extend(rs []genome.Region, lo, hi int) []genome.Region {
	if k := len(rs) - 1; k >= 0 && rs[k].Hi == lo {
		rs[k].Hi = hi
		return rs
	}
	return append(rs, genome.Region{Lo: lo, Hi: hi})
}
