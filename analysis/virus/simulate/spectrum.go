package simulate

import (
	"math"

	"okazaki/analysis/virus"
	"okazaki/genome"
)

// A change is a base that a site gets: position, 24 bits, and base, 2.
type change uint32

func changeOf(pos, letter int) change { return change(pos<<2 | letter) }

func (c change) pos() int     { return int(c >> 2) }
func (c change) letter() byte { return "ACGT"[c&3] }

// code returns the number of a nucleotide: 0 to 3, or 4 for any other letter.
func code(letter byte) int {
	switch letter {
	case 'A':
		return 0
	case 'C':
		return 1
	case 'G':
		return 2
	case 'T':
		return 3
	}
	return 4
}

// rates of SARS-CoV-2's substitutions where selection doesn't act, relative to
// each other, from A, C, G, T to the same (De Maio et al. 2021, table 1).
var rates = [4][4]float64{
	{0, 0.039, 0.310, 0.123},
	{0.140, 0, 0.022, 3.028},
	{0.747, 0.113, 0, 2.953},
	{0.056, 0.261, 0.036, 0},
}

const (
	hotSites   = 20   // that change far more often than others
	hotter     = 40.0 // how much more often
	missense   = 0.5  // what a changed protein costs
	siteUnit   = 1e-6
	maxHeat    = 10
	marginEnds = 66 // letters at each end that don't change: they are seldom read
)

// A spectrum is how often each site changes to each letter.
type spectrum struct {
	region  genome.Region // sites outside never change
	changes []change
	weights weights // of changes
}

// newSpectrum weighs all changes of the reference's letters.
func newSpectrum(ref *virus.Reference, seed uint64) *spectrum {
	seq, src := ref.Sequence, seeded(seed, actorSites)
	s := &spectrum{region: inner(seq)}
	heat := make([]float64, len(seq))
	for i := range heat {
		// A gamma distribution of shape 1, in steps of 1/4096.
		heat[i] = min(maxHeat, -math.Log((float64(src.below(4096))+0.5)/4096))
	}
	for range hotSites {
		heat[src.between(s.region.Lo, s.region.Hi)] = hotter
	}
	cost := costs(ref)
	var each []float64
	for pos := s.region.Lo; pos < s.region.Hi; pos++ {
		from := code(seq[pos])
		for to := range 4 {
			if from < 4 && to != from {
				s.changes = append(s.changes, changeOf(pos, to))
				each = append(each, rates[from][to]*heat[pos]*cost[pos][to])
			}
		}
	}
	s.weights = weigh(siteUnit, each)
	return s
}

// inner returns the genome without its ends and its poly-A tail.
func inner(seq []byte) genome.Region {
	hi := len(seq)
	for hi > len(seq)/2 && seq[hi-1] == 'A' {
		hi--
	}
	margin := min(marginEnds, len(seq)/20)
	return genome.Region{Lo: margin, Hi: hi - margin}
}

// draw draws a change.
func (s *spectrum) draw(src *source) change { return s.changes[s.weights.draw(src)] }

// costs returns how often a change to each base survives, by its effect on the
// proteins.
func costs(ref *virus.Reference) [][4]float64 {
	cost := make([][4]float64, len(ref.Sequence))
	for i := range cost {
		cost[i] = [4]float64{1, 1, 1, 1}
	}
	for g := range ref.Genes {
		cds := &ref.Genes[g]
		coding := cds.AppendCoding(nil, ref.Sequence)
		for i := 0; i+3 <= len(coding); i += 3 {
			was := genome.Codon(coding[i : i+3])
			for j := range 3 {
				for to := range 4 {
					codon := was
					codon[j] = "ACGT"[to]
					if cds.Reverse {
						cost[cds.Position(i+j)][3-to] *= survival(was.AminoAcid(), codon.AminoAcid())
					} else {
						cost[cds.Position(i+j)][to] *= survival(was.AminoAcid(), codon.AminoAcid())
					}
				}
			}
		}
	}
	return cost
}

func survival(was, is byte) float64 {
	switch {
	case was == is:
		return 1
	case was == genome.Stop || is == genome.Stop:
		return 0
	}
	return missense
}
