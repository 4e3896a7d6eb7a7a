package consequence

import (
	"cmp"
	"strings"

	"okazaki/analysis/variant/gene"
)

// Pick returns the consequence to report if only one is wanted, as VEP's
// --pick chooses by its usual order: on a transcript that is MANE Select,
// MANE Plus Clinical, canonical, the best by APPRIS, the best supported,
// coding for a protein, with a CCDS; among equals the most severe, then the
// one on the longest transcript, then the first. It is nil if there is none.
func Pick(calls []Consequence) *Consequence {
	var best *Consequence
	for i := range calls {
		if best == nil || compare(&calls[i], best) < 0 {
			best = &calls[i]
		}
	}
	return best
}

// compare is negative if a is to be picked rather than b.
func compare(a, b *Consequence) int {
	s, t := a.Transcript, b.Transcript
	if s == nil || t == nil {
		return 0 // a consequence without a transcript is the only one
	}
	return cmp.Or(
		first(s.ManeSelect != "", t.ManeSelect != ""),
		first(s.ManePlus != "", t.ManePlus != ""),
		first(s.Canonical, t.Canonical),
		cmp.Compare(appris(s.APPRIS), appris(t.APPRIS)),
		cmp.Compare(grade(s.TSL), grade(t.TSL)),
		first(s.Biotype == "protein_coding", t.Biotype == "protein_coding"),
		first(s.CCDS != "", t.CCDS != ""),
		cmp.Compare(a.Terms.Worst(), b.Terms.Worst()),
		cmp.Compare(length(t), length(s)),
	)
}

// first is negative if only a holds.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// grade is the first number in the text; a large one if there is none.
func grade(s string) int {
	if i := strings.IndexAny(s, "123456789"); i >= 0 {
		return int(s[i] - '0')
	}
	return 100
}

// appris is how well APPRIS thinks of a transcript: principal1 the best,
// alternative ones after all principal ones.
func appris(s string) int {
	if strings.Contains(s, "alternative") || strings.HasPrefix(s, "A") {
		return grade(s) + 10
	}
	return grade(s)
}

// length returns the length of the coding sequence, or of the exons of a
// transcript without one.
func length(t *gene.Transcript) (n int) {
	for _, e := range t.Exons {
		if t.Coding.Len() > 0 {
			e = e.Intersect(t.Coding)
		}
		n += e.Len()
	}
	return n
}
