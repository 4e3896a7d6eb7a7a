package virus

import "okazaki/genome"

// AppendGenome appends the genome that differs from the reference as the calls
// say: it undoes a Caller. Bases outside Aligned are left out, and Reverse is
// ignored. The calls' lists must be in order of position and within the
// reference. No two may be about the same base. An insertion lies outside the
// deletions, or at an end of one.
func (c *Calls) AppendGenome(dst []byte, ref *Reference) []byte {
	b := builder{dst: dst, ref: ref.Sequence, at: c.Aligned.Lo, rest: *c}
	for _, d := range c.Deletions {
		b.insert(d.Lo)
		b.copy(d.Lo)
		b.at = d.Hi
	}
	b.insert(c.Aligned.Hi)
	b.copy(c.Aligned.Hi)
	return b.dst
}

// A builder appends a genome to dst.
type builder struct {
	dst, ref []byte
	at       int   // up to where the reference has been dealt with
	rest     Calls // the calls behind at
}

// insert appends all up to the last insertion that is not beyond hi.
func (b *builder) insert(hi int) {
	for ins := &b.rest.Insertions; len(*ins) > 0 && (*ins)[0].Pos <= hi; *ins = (*ins)[1:] {
		b.copy((*ins)[0].Pos)
		b.dst = append(b.dst, (*ins)[0].Letters...)
	}
}

// copy appends the bases for the reference up to hi, where no gap is.
func (b *builder) copy(hi int) {
	piece := genome.Region{Lo: b.at, Hi: max(hi, b.at)}
	b.dst = append(b.dst, b.ref[piece.Lo:piece.Hi]...)
	letters := b.dst[len(b.dst)-piece.Len():]
	r := &b.rest
	for ; len(r.Substitutions) > 0 && r.Substitutions[0].Pos < hi; r.Substitutions = r.Substitutions[1:] {
		if s := r.Substitutions[0]; piece.Contains(s.Pos) {
			letters[s.Pos-piece.Lo] = s.Alt
		}
	}
	for ; len(r.Held) > 0 && r.Held[0].Pos < hi; r.Held = r.Held[1:] {
		if s := r.Held[0]; piece.Contains(s.Pos) {
			letters[s.Pos-piece.Lo] = s.Alt
		}
	}
	fill := func(run genome.Region, letter byte) (ended bool) {
		in := run.Intersect(piece)
		for i := in.Lo; i < in.Hi; i++ {
			letters[i-piece.Lo] = letter
		}
		return run.Hi <= hi
	}
	for ; len(r.Missing) > 0 && r.Missing[0].Lo < hi && fill(r.Missing[0], 'N'); r.Missing = r.Missing[1:] {
	}
	for ; len(r.Ambiguous) > 0 && r.Ambiguous[0].Region.Lo < hi && fill(r.Ambiguous[0].Region, r.Ambiguous[0].Letter); r.Ambiguous = r.Ambiguous[1:] {
	}
	b.at = piece.Hi
}

// AppendMutations appends five columns of a table, each after a tab, in the
// notation of AppendRow: substitutions, deletions, insertions, missing and
// ambiguous letters.
func (c *Calls) AppendMutations(dst []byte) []byte {
	return appendAmbiguous(appendRegions(appendChanges(dst, c), c.Missing), c.Ambiguous)
}

// AppendChanges appends the first three of those columns.
func (c *Calls) AppendChanges(dst []byte) []byte { return appendChanges(dst, c) }
