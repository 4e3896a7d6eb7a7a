// Package guide finds where in a genome a CRISPR guide can bind: every site
// beside a PAM that the guide pairs with, up to a number of mismatches and
// bulges, with the scores of published models.
//
// Its one invariant: a hit belongs to the leftmost base of its PAM on the +
// strand, however it is aligned. So the same hits are found with an index or
// without, and however the genome is cut.
package guide

import (
	"fmt"
	"math/bits"
	"strings"

	"okazaki"
	"okazaki/genome"
)

// The lengths of a guide, bases.
const (
	MinLength = 17
	MaxLength = 30
)

// The most that a search allows in one hit.
const (
	MaxMismatches = 10
	MaxBulges     = 2 // of DNA, and of RNA
)

// reach is the number of bases beside a PAM that a hit can cover.
const reach = MaxLength + MaxBulges

// A Guide is a sequence that binds the strand opposite to its protospacer: the
// same bases as the protospacer, 5' to 3'.
//
// Inside it is two bit planes in order of the distance from the PAM: bit i of
// lo and hi is base i counted from the PAM, with A 00, C 01, G 10, T 11 as (hi,
// lo).
type Guide struct {
	Name    string // as the user calls it, or its bases
	Letters string // upper case, of ACGT
	lo, hi  uint32
}

// NewGuide returns the guide with these letters; U is T and case doesn't
// matter. fivePrime says that the PAM lies before the protospacer. The error is
// an *okazaki.Error without a File.
func NewGuide(name, letters string, fivePrime bool) (Guide, error) {
	s := strings.ReplaceAll(strings.ToUpper(letters), "U", "T")
	g := Guide{Name: name, Letters: s}
	if name == "" {
		g.Name = s
	}
	if len(s) < MinLength || len(s) > MaxLength {
		return g, &okazaki.Error{Message: fmt.Sprintf("the guide %q has %d bases", letters, len(s)),
			Hint: fmt.Sprintf("give the protospacer without its PAM, %d to %d bases", MinLength, MaxLength)}
	}
	for i := range len(s) {
		code := strings.IndexByte("ACGT", s[i])
		if code < 0 {
			return g, &okazaki.Error{Message: fmt.Sprintf("base %d of the guide %q is %q", i+1, letters, letters[i]),
				Hint: "a guide is made of A, C, G and T; give each sequence that it may be"}
		}
		at := len(s) - 1 - i
		if fivePrime {
			at = i
		}
		g.lo |= uint32(code&1) << at
		g.hi |= uint32(code>>1) << at
	}
	return g, nil
}

// Len returns the number of bases of the guide.
func (g *Guide) Len() int { return len(g.Letters) }

// A PAM is the bases that an enzyme needs beside the protospacer: one of some
// patterns of the same length, on one side.
type PAM struct {
	Patterns  []string // IUPAC letters, upper case, 5' to 3' on the protospacer's strand
	FivePrime bool     // it lies before the protospacer, as Cas12a's does
}

// maxPAM is the longest PAM, bases.
const maxPAM = 12

// NewPAM returns the PAM with these patterns, which commas separate. N alone,
// or NNN, fits every place. The error is an *okazaki.Error.
func NewPAM(patterns string, fivePrime bool) (PAM, error) {
	p := PAM{FivePrime: fivePrime}
	for s := range strings.SplitSeq(strings.ToUpper(patterns), ",") {
		s = strings.ReplaceAll(strings.TrimSpace(s), "U", "T")
		if len(s) == 0 || len(s) > maxPAM {
			return p, &okazaki.Error{Message: fmt.Sprintf("the PAM %q has %d bases", s, len(s)),
				Hint: fmt.Sprintf("give 1 to %d bases, such as NGG", maxPAM)}
		}
		for _, letter := range []byte(s) {
			if genome.BaseOf(letter) == 0 {
				return p, &okazaki.Error{Message: fmt.Sprintf("%q in the PAM %s is not a letter of a nucleotide", letter, s),
					Hint: "the letters are ACGT and RYSWKMBDHVN"}
			}
		}
		if len(p.Patterns) > 0 && len(s) != p.Len() {
			return p, &okazaki.Error{Message: fmt.Sprintf("the PAMs %s and %s differ in length", p.Patterns[0], s), Hint: "search them one after the other"}
		}
		p.Patterns = append(p.Patterns, s)
	}
	return p, nil
}

// Len returns the number of bases of the PAM.
func (p PAM) Len() int { return len(p.Patterns[0]) }

// String returns the patterns separated by commas.
func (p PAM) String() string { return strings.Join(p.Patterns, ",") }

// Fits says whether letters, on the protospacer's strand, are the PAM. A letter
// of the genome that is not A, C, G or T fits N alone.
func (p PAM) Fits(letters string) bool {
	for _, s := range p.Patterns {
		if fits(s, letters) {
			return true
		}
	}
	return false
}

func fits(pattern, letters string) bool {
	if len(pattern) != len(letters) {
		return false
	}
	for i := range len(pattern) {
		want, is := genome.BaseOf(pattern[i]), genome.BaseOf(letters[i])
		if want != genome.N && (bits.OnesCount8(uint8(is)) != 1 || want&is == 0) {
			return false
		}
	}
	return true
}

// Within says whether each sequence that fits p fits q.
func (p PAM) Within(q PAM) bool {
	if p.FivePrime != q.FivePrime || p.Len() != q.Len() {
		return false
	}
	for _, s := range p.Patterns {
		if !q.covers([]byte(s)) {
			return false
		}
	}
	return true
}

// covers says whether every sequence that fits the pattern s fits p. If no
// single pattern of p covers s, s is split at its first ambiguous letter.
func (p PAM) covers(s []byte) bool {
	for _, t := range p.Patterns {
		inside := true
		for i := range s {
			inside = inside && genome.BaseOf(s[i])&^genome.BaseOf(t[i]) == 0
		}
		if inside {
			return true
		}
	}
	for i, letter := range s {
		set := genome.BaseOf(letter)
		if bits.OnesCount8(uint8(set)) == 1 {
			continue
		}
		all := true
		for _, base := range []byte("ACGT") {
			if set&genome.BaseOf(base) != 0 {
				s[i] = base
				all = all && p.covers(s)
			}
		}
		s[i] = letter
		return all
	}
	return false
}

// Or returns p with the patterns of q that it does not cover. They must have
// p's length.
func (p PAM) Or(q PAM) PAM {
	both := PAM{Patterns: append([]string(nil), p.Patterns...), FivePrime: p.FivePrime}
	for _, s := range q.Patterns {
		if !both.covers([]byte(s)) {
			both.Patterns = append(both.Patterns, s)
		}
	}
	return both
}

// share returns the share of a random genome's places that fit p on one strand.
func (p PAM) share() float64 {
	sum := 0.0
	for _, s := range p.Patterns {
		f := 1.0
		for _, letter := range []byte(s) {
			f *= float64(bits.OnesCount8(uint8(genome.BaseOf(letter)))) / 4
		}
		sum += f
	}
	return min(sum, 1)
}
