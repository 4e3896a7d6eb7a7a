package virus

import "okazaki/genome"

// ScoreOf is the score of an alignment of a genome, as Call would score it,
// from its calls.
func (c *Caller) ScoreOf(calls *Calls) int {
	n := calls.Aligned.Len() - letters(calls.Deletions)
	score := n*int(c.params.Match) - len(calls.Substitutions)*int(c.params.Match+c.params.Mismatch) - letters(calls.Missing)
	for _, d := range calls.Deletions {
		if d.Lo > calls.Aligned.Lo && d.Hi < calls.Aligned.Hi {
			score -= int(c.walker.open[d.Lo])
		} else {
			score += 0
		}
	}
	return score
}

// Region is short for tests.
func Region(lo, hi int) genome.Region { return genome.Region{Lo: lo, Hi: hi} }
