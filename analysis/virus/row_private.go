package virus

import (
	"fmt"
	"strconv"
	"unicode"
	"unicode/utf8"

	"okazaki/analysis/virus/clade"
	"okazaki/genome"
)

// appendPrivate appends the differences of the genome and its proteins from the
// nearest node of the tree.
func (c *Caller) appendPrivate(dst []byte, v *verdict) []byte {
	const columns = 14
	if v.private == nil {
		return appendTabs(dst, columns)
	}
	labels := func(m clade.Change) []string { return c.judge.labels[clade.Letter{Pos: m.Pos, Letter: m.To}] }
	dst = appendNucleotides(dst, v.private.Reversions, nil)
	dst = appendNucleotides(dst, v.labelled, labels)
	dst = appendNucleotides(dst, v.unlabeled, nil)
	for _, n := range [...]int{len(v.private.Reversions), len(v.labelled), len(v.unlabeled), len(v.private.Substitutions)} {
		dst = appendInt(append(dst, '\t'), n)
	}
	a := &v.amino
	dst = c.appendAmino(dst, a.reversions)
	sep := byte('\t')
	for _, m := range a.labelled {
		dst = append(c.appendGene(append(dst, sep), m.Gene), m.Ref)
		dst = appendLabels(append(appendInt(dst, m.Codon+1), m.Alt), c.judge.aminoLabels(m))
		sep = ','
	}
	dst = appendEmpty(dst, sep)
	dst = c.appendAmino(dst, a.unlabeled)
	r, l, u := len(a.reversions), len(a.labelled), len(a.unlabeled)
	for _, n := range [...]int{r, l, u, r + l + u} {
		dst = appendInt(append(dst, '\t'), n)
	}
	return dst
}

func appendNucleotides(dst []byte, changes []clade.Change, labels func(clade.Change) []string) []byte {
	sep := byte('\t')
	for _, m := range changes {
		dst = append(appendInt(append(dst, sep, m.From), m.Pos+1), m.To)
		if labels != nil {
			dst = appendLabels(dst, labels(m))
		}
		sep = ','
	}
	return appendEmpty(dst, sep)
}

// appendLabels appends labels as Nextclade does: |20H&21C.
func appendLabels(dst []byte, labels []string) []byte {
	sep := byte('|')
	for _, l := range labels {
		dst = appendSafe(append(dst, sep), l)
		sep = '&'
	}
	return dst
}

// appendScores appends the score of each rule.
func (c *Caller) appendScores(dst []byte, calls *Calls, v *verdict) []byte {
	j := c.judge
	q := j.Quality
	dst = c.appendRule(dst, byMissing, 4, func(dst []byte) []byte {
		dst = appendFloat(append(dst, '\t'), q.MissingData.MissingDataThreshold+q.MissingData.ScoreBias)
		dst = appendStatus(dst, v.scores[byMissing])
		return appendInt(append(dst, '\t'), letters(calls.Missing))
	})
	dst = c.appendRule(dst, byMixed, 4, func(dst []byte) []byte {
		dst = appendFloat(append(dst, '\t'), q.MixedSites.MixedSitesThreshold)
		dst = appendStatus(dst, v.scores[byMixed])
		return appendInt(append(dst, '\t'), calls.ambiguous())
	})
	dst = c.appendRule(dst, byPrivate, 5, func(dst []byte) []byte {
		dst = appendFloat(append(dst, '\t'), q.PrivateMutations.Cutoff)
		dst = appendFloat(append(dst, '\t'), v.weighted-q.PrivateMutations.Typical)
		dst = appendStatus(dst, v.scores[byPrivate])
		return appendFloat(append(dst, '\t'), v.weighted)
	})
	dst = c.appendRule(dst, byClusters, 4, func(dst []byte) []byte {
		sep, total := byte('\t'), 0
		for _, k := range v.clusters {
			dst = appendInt(append(appendRegion(append(dst, sep), k.Region), ':'), k.n)
			sep, total = ',', total+k.n
		}
		dst = appendStatus(appendEmpty(dst, sep), v.scores[byClusters])
		return appendInt(append(dst, '\t'), total)
	})
	dst = c.appendRule(dst, byShifts, 6, func(dst []byte) []byte {
		dst = appendInt(append(c.appendShifts(dst, v.shifts), '\t'), len(v.shifts))
		dst = appendInt(append(c.appendShifts(dst, v.shiftsIgnored), '\t'), len(v.shiftsIgnored))
		return appendStatus(dst, v.scores[byShifts])
	})
	dst = c.appendRule(dst, byStops, 4, func(dst []byte) []byte {
		sep := byte('\t')
		for _, s := range v.stops {
			dst = appendInt(c.appendGene(append(dst, sep), s.gene), s.codon+1)
			sep = ','
		}
		dst = appendInt(append(appendEmpty(dst, sep), '\t'), len(v.stops))
		return appendStatus(dst, v.scores[byStops])
	})
	return c.appendRule(dst, byFragment, 3, func(dst []byte) []byte {
		return appendStatus(appendFloat(append(dst, '\t'), calls.share(c.ref)), v.scores[byFragment])
	})
}

// appendRule appends the columns of a rule, empty if it isn't scored.
func (c *Caller) appendRule(dst []byte, rule, columns int, f func([]byte) []byte) []byte {
	if !c.judge.enabled(rule) {
		return appendTabs(dst, columns)
	}
	return f(dst)
}

func appendStatus(dst []byte, s score) []byte {
	dst = appendScore(append(dst, '\t'), s)
	return append(append(dst, '\t'), s.String()...)
}

// appendScore appends a score as Nextclade prints it: six decimals unless whole.
func appendScore(dst []byte, s score) []byte {
	if f := float64(s); f != float64(int64(f)) {
		return strconv.AppendFloat(dst, f, 'f', 6, 64)
	}
	return appendInt(dst, int(s))
}

// appendWarnings appends the genes of which the genome has no base, and other
// warnings.
func (c *Caller) appendWarnings(dst []byte, g *rawGenome, calls *Calls, v *verdict) []byte {
	sep := byte('\t')
	for k := range c.ref.Genes {
		if _, ok := c.codons(k, calls); !ok {
			dst = appendSafe(append(dst, sep), c.ref.Genes[k].Name)
			sep = ','
		}
	}
	dst = appendEmpty(dst, sep)
	sep = '\t'
	warn := func(is bool, text string) {
		if is {
			dst = append(append(dst, sep), text...)
			sep = ';'
		}
	}
	warn(calls.Reverse, "the genome was given as its reverse complement")
	for _, m := range calls.Rearrangements {
		warn(true, m.String())
	}
	if share := calls.share(c.ref); share < wholeShare {
		warn(true, fmt.Sprintf("a fragment: %.2g %% of the reference", 100*share))
	}
	if n := len(v.clades); n > 1 {
		warn(true, fmt.Sprintf("%d nodes of %d clades are equally near", len(v.ties.Nodes), n))
	}
	warn(g.number > 0, sameName) // last: rowTally looks for it
	return appendEmpty(dst, sep)
}

func appendRegions(dst []byte, regions []genome.Region) []byte {
	sep := byte('\t')
	for _, r := range regions {
		dst = appendRegion(append(dst, sep), r)
		sep = ','
	}
	return appendEmpty(dst, sep)
}

// appendRegion appends a region as positions from 1, the end included: 5-6, 7.
func appendRegion(dst []byte, r genome.Region) []byte {
	dst = appendInt(dst, r.Lo+1)
	if r.Len() > 1 {
		dst = appendInt(append(dst, '-'), r.Hi)
	}
	return dst
}

// appendEmpty ends a column: if nothing was written the tab before it is due.
func appendEmpty(dst []byte, sep byte) []byte {
	if sep == '\t' {
		return append(dst, '\t')
	}
	return dst
}

func appendTabs(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, '\t')
	}
	return dst
}

func appendInt(dst []byte, n int) []byte { return strconv.AppendInt(dst, int64(n), 10) }

// appendSafe appends text as AppendRow says.
func appendSafe(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == '\\':
			dst = append(dst, '\\', '\\')
		case unicode.IsPrint(r) && (r != utf8.RuneError || n > 1):
			dst = append(dst, s[:n]...)
		default:
			for _, b := range []byte(s[:n]) {
				dst = append(dst, '\\', 'x', hex[b>>4], hex[b&15])
			}
		}
		s = s[n:]
	}
	return dst
}
