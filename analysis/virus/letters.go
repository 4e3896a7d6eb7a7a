package virus

import (
	"fmt"

	"okazaki/genome"
)

// minMatchRun is the length of a run of matches that is rare between two
// unrelated sequences in their best alignment.
const minMatchRun = 8

// callNucleotides lays the genome along the reference and lists the
// differences.
func (c *Caller) callNucleotides() {
	w, out := &c.walker, &c.calls
	lo, hi, pairs := c.layOnReference()
	if out.Problem != "" {
		return
	}
	out.Aligned = genome.Region{Lo: lo, Hi: hi}
	aligned, ref := c.aligned[:hi], w.letters[:hi]
	against := 0 // ambiguous letters that don't match
	covered := 0 // bases in runs that match: unrelated sequences have few
	held := 0    // letters other than N opposite an N of the reference
	for i := lo; ; {
		run := common(aligned[i:], ref[i:])
		if run >= minMatchRun {
			covered += run
		}
		i += run
		if i >= hi {
			break
		}
		switch l := aligned[i]; l {
		case 'A', 'C', 'G', 'T':
			s := Substitution{Pos: i, Ref: c.ref.Sequence[i], Alt: l}
			if w.mismatch(i, l) {
				out.Substitutions = append(out.Substitutions, s)
			} else {
				out.Held = append(out.Held, s)
				held += c.unread(i)
			}
			i++
		case 'N':
			n := unknown(aligned[i:])
			out.Missing = extend(out.Missing, i, i+n)
			i += n
		case '-':
			d := genome.Region{Lo: i, Hi: i + 1}
			for ; aligned[d.Hi] == '-'; d.Hi++ {
			}
			out.Deletions = append(out.Deletions, d)
			out.Score -= int(w.penalty(i, d.Len()))
			i = d.Hi
		default:
			if !c.ambiguousAt(i, l) {
				return
			}
			if w.mismatch(i, l) {
				against++
			}
			held += c.unread(i)
			i++
		}
	}
	p := c.params
	out.Score += pairs*int(p.Match) - (len(out.Substitutions)+against)*int(p.Match+p.Mismatch) - letters(out.Missing) - held
	c.cover(covered)
}

// unread returns 1 where the reference has an N, else 0.
func (c *Caller) unread(pos int) int {
	if c.ref.Sequence[pos] == 'N' {
		return 1
	}
	return 0
}

// cover sets the problem of a genome that is too unlike the reference. It
// counts runs that match, and only if they are too short, seeds. As in
// Nextclade, neither Ns nor bases beyond the reference's count against a
// genome.
func (c *Caller) cover(covered int) {
	q, length := c.walker.q, len(c.ref.Sequence)
	least := c.params.MinCover
	enough := func(covered, n int) bool { return float64(covered) >= least*float64(min(n, length)) }
	if enough(covered, len(q)) || c.seeder.short(q) {
		return
	}
	seeds := c.seeder.cover(q)
	known := 0
	for _, l := range q {
		if codes[l] < 4 {
			known++
		}
	}
	if !enough(max(seeds, covered), known) {
		c.calls.Problem = fmt.Sprintf("only %.1f %% of the genome is like the reference %s, and at least %g %% must be",
			100*float64(max(seeds, covered))/float64(max(1, min(known, length))), c.ref.Name, 100*least)
	}
}

// layOnReference fills aligned from the walker's segments and lists the
// insertions. It returns the aligned part of the reference and the number of
// pairs.
func (c *Caller) layOnReference() (lo, hi, pairs int) {
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
		out.Score -= int(c.walker.penalty(r, to-from))
	}
	for _, l := range c.walker.q[from:to] {
		c.nucleotide(l)
	}
}

// nucleotide says whether a letter is a nucleotide, in the form that alignment
// expects.
func (c *Caller) nucleotide(l byte) bool {
	if l == 'U' {
		c.calls.Problem = notNormalised
		return false
	}
	if genome.BaseOf(l) == 0 {
		c.calls.Problem = fmt.Sprintf("the letter %q is no nucleotide", l)
		return false
	}
	return true
}

// ambiguousAt notes an ambiguous letter, or the problem of a letter that is not
// a nucleotide.
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

// extend appends the region [lo, hi), or lengthens the last region if they
// touch.
func extend(rs []genome.Region, lo, hi int) []genome.Region {
	if k := len(rs) - 1; k >= 0 && rs[k].Hi == lo {
		rs[k].Hi = hi
		return rs
	}
	return append(rs, genome.Region{Lo: lo, Hi: hi})
}
