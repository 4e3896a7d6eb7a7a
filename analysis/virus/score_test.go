package virus_test

import (
	"fmt"
	"strconv"
	"strings"

	"okazaki/analysis/virus"
)

// parse reads substitutions and deletions in Nextclade's notation.
func parse(subs, dels string, length int) *virus.Calls {
	c := &virus.Calls{Aligned: virus.Region(0, length)}
	for _, s := range strings.Split(subs, ",") {
		if s != "" {
			p, _ := strconv.Atoi(s[1 : len(s)-1])
			c.Substitutions = append(c.Substitutions, virus.Substitution{Pos: p - 1, Ref: s[0], Alt: s[len(s)-1]})
		}
	}
	for _, d := range strings.Split(dels, ",") {
		if d != "" {
			a, b, two := strings.Cut(d, "-")
			lo, _ := strconv.Atoi(a)
			hi := lo
			if two {
				hi, _ = strconv.Atoi(b)
			}
			c.Deletions = append(c.Deletions, virus.Region(lo-1, hi))
		}
	}
	return c
}

// verdict compares the score of a genome's alignment with that of the truth's.
func verdict(c *virus.Caller, got *virus.Calls, want *virus.Calls) string {
	// The truth says nothing of the ends: a deletion that reaches one is free.
	g, w := got.Score, c.ScoreOf(want)
	switch {
	case len(got.Insertions) > 0:
		return fmt.Sprintf("insertions, ours %d truth %d", g, w)
	case g > w:
		return fmt.Sprintf("ours scores more by %d", g-w)
	case g < w:
		return fmt.Sprintf("TRUTH scores more by %d", w-g)
	}
	return "tie"
}
