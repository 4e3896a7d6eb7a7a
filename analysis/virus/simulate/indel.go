package simulate

import (
	"slices"

	"okazaki/analysis/virus"
	"okazaki/analysis/virus/lineages"
	"okazaki/genome"
)

// An indel is a deletion, or an insertion of bases before genome position at.Lo
// == at.Hi. The indels of a case and its ancestors are a chain.
type indel struct {
	at      genome.Region
	letters string
	before  int32 // the next in the chain; -1: the last
}

const (
	apart = 30 // letters between two indels of a genome, at least
	clear = 12 // letters between an indel and a substitution, at least
)

var (
	isReversion = chanceOf(0.02) // of substitutions
	isInsertion = chanceOf(0.15) // of indels
	isRecurrent = chanceOf(0.7)  // of deletions
	codons      = weigh(0.01, []float64{0, 0.55, 0.2, 0.15, 0.05, 0.02, 0.02, 0.01})
)

// recurrent lists the places where deletions that leave the reading frame arise
// again and again (McCarthy et al. 2021, Science 371:1139): for SARS-CoV-2 its
// lineages' deletions, for another virus some that the seed draws.
func (e *epidemic) recurrent() (all []genome.Region) {
	if known(e.ref) {
		for _, l := range lineages.All() {
			for _, d := range l.Calls.Deletions {
				if d.Len()%3 == 0 && !slices.Contains(all, d) {
					all = append(all, d)
				}
			}
		}
		return all
	}
	for range 100 {
		if d, ok := e.deletion(); ok && len(all) < 10 {
			all = append(all, d)
		}
	}
	return all
}

// known says whether the reference is the known lineages' reference.
func known(ref *virus.Reference) bool {
	for _, l := range lineages.All() {
		for _, s := range l.Calls.Substitutions {
			if s.Pos >= len(ref.Sequence) || ref.Sequence[s.Pos] != s.Ref {
				return false
			}
		}
	}
	return true
}

// deletion draws a place for a deletion that fits nowhere else.
func (e *epidemic) deletion() (genome.Region, bool) {
	seq, inner := e.ref.Sequence, e.spectrum.region
	lo := e.src.between(inner.Lo, inner.Hi)
	d := genome.Region{Lo: lo, Hi: lo + 3*codons.draw(&e.src)}
	return d, d.Hi < inner.Hi && seq[d.Lo-1] != seq[d.Hi-1] && seq[d.Lo] != seq[d.Hi]
}

// insertion draws bases for an insertion that fits nowhere else.
func (e *epidemic) insertion() (indel, bool) {
	seq, inner := e.ref.Sequence, e.spectrum.region
	at := e.src.between(inner.Lo, inner.Hi)
	letters := make([]byte, 3*codons.draw(&e.src))
	for i := range letters {
		letters[i] = "ACGT"[e.src.below(4)]
	}
	fits := letters[0] != seq[at] && letters[len(letters)-1] != seq[at-1]
	return indel{at: genome.Region{Lo: at, Hi: at}, letters: string(letters)}, fits
}

// indel draws a deletion or an insertion that the genome of a case can have,
// given its changes and indels so far.
func (e *epidemic) indel(changes []change, chain int32) (indel, bool) {
	for range 20 {
		var x indel
		var ok bool
		switch {
		case e.src.happens(isInsertion):
			x, ok = e.insertion()
		case len(e.sites) > 0 && e.src.happens(isRecurrent):
			x.at, ok = e.sites[e.src.below(len(e.sites))], true
		default:
			x.at, ok = e.deletion()
		}
		if ok && e.tree.free(chain, x.at, apart) && !crowded(changes, x.at) {
			return x, true
		}
	}
	return indel{}, false
}

// free says whether all indels of the chain are n bases or more from r.
func (t *tree) free(chain int32, r genome.Region, n int) bool {
	for i := chain; i >= 0; i = t.indels[i].before {
		if at := t.indels[i].at; at.Lo < r.Hi+n && r.Lo < at.Hi+n {
			return false
		}
	}
	return true
}

// crowded says whether one of the changes, which are in order, is too near the
// ends of r. Changes that r deletes are not.
func crowded(changes []change, r genome.Region) bool {
	for _, c := range changes {
		if p := c.pos(); p >= r.Lo-clear && p < r.Hi+clear && !r.Contains(p) {
			return true
		}
	}
	return false
}
