package virus

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
