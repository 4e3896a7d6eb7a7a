package clade

import "okazaki/genome"

// Private is how a sequence differs from a node of the tree.
type Private struct {
	Substitutions []Change        // Reversions and New together, ascending
	Reversions    []Change        // to the reference's letter
	New           []Change        // to another
	Deletions     []genome.Region // that the node hasn't
}

// Private lists the private mutations of a genome against a node. The answer
// is valid until the next call.
func (p *Placer) Private(node int, s *Sequence) *Private {
	p.against(&p.genome, 0, node, s)
	return &p.genome
}

// PrivateProtein is Private for the protein of gene k, as they were given to
// Read. A deletion of the node that the protein hasn't is a reversion.
func (p *Placer) PrivateProtein(k, node int, s *Sequence) *Private {
	p.against(&p.protein, k+1, node, s)
	return &p.protein
}

func (p *Placer) against(out *Private, k, node int, s *Sequence) {
	*out = Private{Substitutions: out.Substitutions[:0], Reversions: out.Reversions[:0], New: out.New[:0], Deletions: out.Deletions[:0]}
	undeletions := k > 0
	ref := p.lanes[k].reference
	theirs := p.at(k, node)
	for _, l := range s.Letters {
		for len(theirs) > 0 && theirs[0].Pos < l.Pos {
			out.revert(theirs[0], ref, s, undeletions)
			theirs = theirs[1:]
		}
		from := ref[l.Pos]
		if len(theirs) > 0 && theirs[0].Pos == l.Pos {
			from = theirs[0].Letter
			theirs = theirs[1:]
		}
		if from != l.Letter {
			c := Change{l.Pos, from, l.Letter}
			out.New, out.Substitutions = append(out.New, c), append(out.Substitutions, c)
		}
	}
	for _, l := range theirs {
		out.revert(l, ref, s, undeletions)
	}
	out.delete(p.at(k, node), s.Deletions)
}

// revert notes a letter of the node that the sequence has as the reference.
func (out *Private) revert(l Letter, ref []byte, s *Sequence, undeletions bool) {
	if l.Letter == '-' && !undeletions || !s.Aligned.Contains(l.Pos) ||
		holds(s.Deletions, l.Pos) || holds(s.Unknown, l.Pos) || holds(s.Ambiguous, l.Pos) {
		return
	}
	c := Change{l.Pos, l.Letter, ref[l.Pos]}
	out.Reversions, out.Substitutions = append(out.Reversions, c), append(out.Substitutions, c)
}

// delete notes the letters that the sequence lacks and the node doesn't.
func (out *Private) delete(theirs []Letter, deletions []genome.Region) {
	for _, d := range deletions {
		for pos := d.Lo; pos < d.Hi; pos++ {
			for len(theirs) > 0 && theirs[0].Pos < pos {
				theirs = theirs[1:]
			}
			if len(theirs) > 0 && theirs[0] == (Letter{pos, '-'}) {
				continue
			}
			if k := len(out.Deletions) - 1; k >= 0 && out.Deletions[k].Hi == pos {
				out.Deletions[k].Hi++
			} else {
				out.Deletions = append(out.Deletions, genome.Region{Lo: pos, Hi: pos + 1})
			}
		}
	}
}

// holds says whether one of the ascending regions contains the position.
func holds(rs []genome.Region, pos int) bool {
	lo, hi := 0, len(rs)
	for lo < hi {
		m := (lo + hi) / 2
		if rs[m].Hi <= pos {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo < len(rs) && rs[lo].Contains(pos)
}
