package virus

import "slices"

// AppendGenome appends the genome that differs from the reference as the calls
// say: it is what a Caller undoes. Letters outside Aligned are left out, and
// Reverse is ignored. The calls' lists must be in order of position, within
// the reference, and no two about the same letter; an insertion lies outside
// the deletions, or at an end of one.
func (c *Calls) AppendGenome(dst []byte, ref *Reference) []byte {
	seq := slices.Clone(ref.Sequence)
	for _, s := range c.Substitutions {
		seq[s.Pos] = s.Alt
	}
	for _, m := range c.Missing {
		fill(seq[m.Lo:m.Hi], 'N')
	}
	for _, a := range c.Ambiguous {
		fill(seq[a.Region.Lo:a.Region.Hi], a.Letter)
	}
	at, ins := c.Aligned.Lo, c.Insertions
	upTo := func(hi int) {
		for ; len(ins) > 0 && ins[0].Pos <= hi; ins = ins[1:] {
			dst = append(append(dst, seq[at:ins[0].Pos]...), ins[0].Letters...)
			at = ins[0].Pos
		}
		dst = append(dst, seq[at:hi]...)
	}
	for _, d := range c.Deletions {
		upTo(d.Lo)
		at = d.Hi
	}
	upTo(c.Aligned.Hi)
	return dst
}

func fill(b []byte, letter byte) {
	for i := range b {
		b[i] = letter
	}
}
