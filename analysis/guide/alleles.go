package guide

import (
	"context"
	"fmt"
	"slices"

	"okazaki"
)

// An allele replaces the bases [at, end) of a contig.
type allele struct {
	contig  int
	at, end int64
	letters string // upper case, of ACGT; may be none
	label   string // contig:position:REF>ALT, as the VCF has them
	line    int64  // of the VCF
	ref     string // what the VCF says is there, from start
	start   int64

	skipped     bool     // it is not a sequence, such as <DEL>
	filtered    bool     // FILTER is not PASS
	unmetered   bool     // its frequency is asked for and not known
	frequency   float64  // NaN if it is not known
	populations []string // NAME=frequency
	carried     []byte   // the samples that have it (see carriedWriter); nil for none, or if the file has no genotypes
}

// checkAlleles returns an error if an allele's REF is not what the contigs
// have.
func checkAlleles(ctx context.Context, name string, all []allele, g genomeText) error {
	var c *contig
	for i := range all {
		a := &all[i]
		if c == nil || i > 0 && all[i-1].contig != a.contig {
			if err := ctx.Err(); err != nil {
				return err
			}
			var err error
			if c, err = g.text(ctx, a.contig); err != nil {
				return err
			}
		}
		end := a.start + int64(len(a.ref))
		there := string(c.text.append(nil, c.Halo+a.start, c.Halo+min(end, c.Length), false))
		if there != a.ref {
			return &okazaki.Error{File: name, Line: a.line, Message: fmt.Sprintf("REF is %s at %s:%d, but the genome has %q there", a.ref, c.Name, a.start+1, there),
				Hint: "give a VCF of this genome"}
		}
	}
	return nil
}

// maxTogether is the most alleles that are tried together if no sample is known
// to have them together.
const maxTogether = 3

// each calls f for the sets of alleles that are tried: they begin with number
// i, may lie together on a copy of a chromosome, each follows the one before,
// and all lie at most width bases from the first. Of a VCF with genotypes it
// calls f for the sets that a sample may have, without the alleles between
// them.
func (s *alleleSet) each(i int, width int64, f func(set []int)) {
	var grow func(set []int)
	grow = func(set []int) {
		f(set)
		first, last := &s.list[set[0]], &s.list[set[len(set)-1]]
		for j := set[len(set)-1] + 1; j < len(s.list); j++ {
			next := &s.list[j]
			if next.contig != first.contig || next.at >= first.end+width {
				break
			}
			if more := append(set[:len(set):len(set)], j); !next.overlaps(last) && s.may(more) {
				grow(more)
			}
		}
	}
	grow([]int{i})
}

// may says whether a set is tried.
func (s *alleleSet) may(set []int) bool {
	if s.samples == nil {
		return len(set) <= maxTogether
	}
	all := s.carriers(set, s.others(set, s.list[set[0]].at, s.list[set[len(set)-1]].end))
	return len(set) <= maxTogether && len(all) > 0 || slices.ContainsFunc(all, func(c carrier) bool { return c.sure })
}

// others returns the alleles beside a set that a stretch of its contig shows
// and that could lie on the same copy.
func (s *alleleSet) others(set []int, from, to int64) (list []int) {
	contig := s.list[set[0]].contig
	look := func(j int) {
		if o := &s.list[j]; o.shown(from, to) && !slices.ContainsFunc(set, func(i int) bool { return o.overlaps(&s.list[i]) }) {
			list = append(list, j)
		}
	}
	for j := set[0] - 1; j >= 0 && s.list[j].contig == contig && s.reaches[j] >= from; j-- {
		look(j)
	}
	for j := set[0]; j < len(s.list) && s.list[j].contig == contig && s.list[j].at < to; j++ {
		look(j)
	}
	return list
}

// shown says whether a stretch shows the allele's change: of an insertion it
// must show both neighbours.
func (a *allele) shown(from, to int64) bool {
	if a.at == a.end {
		return from < a.at && a.at < to
	}
	return a.at < to && from < a.end
}

// overlaps says whether two alleles of a contig exclude each other.
func (a *allele) overlaps(b *allele) bool {
	if a.at > b.at || a.at == b.at && a.end > b.end {
		a, b = b, a
	}
	return b.at < a.end || b.at == a.at && b.end == a.at
}

// A haplotype is a stretch of a contig with some alleles.
type haplotype struct {
	text  *text
	from  int64   // place in the contig of the first base
	parts []piece // the alleles, ascending
}

// A piece is where an allele's bases lie in a haplotype.
type piece struct {
	at, end int64
	allele  *allele
}

// haplotype returns the contig with a set of alleles, none for the reference,
// and with width bases of the contig on both sides of [from, to).
func (c *contig) haplotype(all []allele, set []int, from, to, width int64) *haplotype {
	h := &haplotype{from: max(from-width, -c.Halo)}
	end := min(to+width, c.Length+c.Halo)
	var letters []byte
	at := h.from
	for _, i := range set {
		a := &all[i]
		letters = c.text.append(letters, c.Halo+at, c.Halo+a.at, false)
		begin := int64(len(letters))
		letters = append(letters, a.letters...)
		h.parts = append(h.parts, piece{begin, int64(len(letters)), a})
		at = a.end
	}
	h.text = newText(c.text.append(letters, c.Halo+at, c.Halo+end, false))
	return h
}

// place returns where a base of the haplotype lies in the contig. The bases of
// an insertion lie at the base that follows it, and not exactly.
func (h *haplotype) place(i int64) (at int64, exact bool) {
	at = h.from + i
	for _, p := range h.parts {
		a := p.allele
		if i < p.at {
			break
		}
		if own := i - p.at; i < p.end {
			return a.at + min(own, max(0, a.end-a.at-1)), own < a.end-a.at
		}
		at = a.end + i - p.end
	}
	return at, true
}

// touches says whether the bases [from, to) show all alleles.
func (h *haplotype) touches(from, to int64) bool {
	for _, p := range h.parts {
		if p.at == p.end && !(from < p.at && p.at < to) || p.at < p.end && !(from < p.end && p.at < to) {
			return false
		}
	}
	return true
}
