package virus

import "okazaki/analysis/virus/clade"

// ScoreOf is the score that an alignment with these substitutions and
// deletions has.
func (c *Caller) ScoreOf(calls *Calls) int {
	n := calls.Aligned.Len() - letters(calls.Deletions)
	score := n*int(c.params.Match) - len(calls.Substitutions)*int(c.params.Match+c.params.Mismatch)
	for _, d := range calls.Deletions {
		if d.Lo > calls.Aligned.Lo && d.Hi < calls.Aligned.Hi {
			score -= int(c.walker.open[d.Lo])
		}
	}
	return score
}

// Clusters are the clusters among substitutions at these positions: first,
// last and how many.
func Clusters(positions []int, window, cutOff int) (out [][3]int) {
	var subs []clade.Change
	for _, p := range positions {
		subs = append(subs, clade.Change{Pos: p})
	}
	for _, c := range clusters(nil, subs, window, cutOff) {
		out = append(out, [3]int{c.Lo, c.Hi - 1, c.n})
	}
	return out
}
