package virus

import (
	"context"
	"time"

	"okazaki"
	"okazaki/analysis/virus/clade"
)

// InSmallPieces returns Analysis with batches of that many letters and tiles of
// that many genomes, so that a small case has work to stop in the midst of.
func InSmallPieces(letters, tile int) okazaki.Analysis {
	a := Analysis
	a.Open = func(ctx context.Context, job *okazaki.Job, files okazaki.Files) (okazaki.Engine, error) {
		opened, err := open(ctx, job, files)
		if err != nil {
			return nil, err
		}
		e := opened.(*engine)
		e.batch, e.comparer.options.Tile, e.backbones = letters, tile, 1
		return e, nil
	}
	return a
}

// GivenByDataset returns the parameters as a dataset gives them.
func GivenByDataset(p Params) Params {
	p.given = true
	return p
}

// ScoreOf returns the score that an alignment with these substitutions and
// deletions has.
func (c *Caller) ScoreOf(calls *Calls) int {
	n := calls.Aligned.Len() - letters(calls.Deletions)
	score := n*int(c.params.Match) - len(calls.Substitutions)*int(c.params.Match+c.params.Mismatch)
	for _, d := range calls.Deletions {
		if d.Lo > calls.Aligned.Lo && d.Hi < calls.Aligned.Hi {
			score -= int(c.walker.penalty(d.Lo, d.Len()))
		}
	}
	return score
}

// Clusters returns the clusters among substitutions at these positions: first,
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

// Cover returns how many bases of q the seeds cover.
func (c *Caller) Cover(q []byte) int { return c.seeder.cover(q) }

// CoverProblem returns why q is refused for what seeds cover of it, if it
// matches the reference in no run.
func (c *Caller) CoverProblem(q []byte) string {
	c.calls.reset()
	c.walker.q = q
	c.cover(0)
	return c.calls.Problem
}

// Dates returns the days that a partial date may be; empty if it is not a date.
func Dates(s string) string {
	d, ok := parseDate(s)
	if !ok {
		return ""
	}
	return d.from.Format(time.DateOnly) + " " + d.to.Format(time.DateOnly)
}
