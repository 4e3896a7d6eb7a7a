// Package recombinant finds genomes whose mutations come from two others: in
// one stretch of the genome from one parent, elsewhere from another; or
// of both at once, letters mixed, as in a contaminated sample.
//
// Its one invariant: what is said of a genome is a function of all genomes of
// the set and their order alone. The order of the questions does not matter.
//
// # How
//
// Where mutations arise once and are inherited together, any two of them are
// nested or apart: of the four ways to have or lack them, three are found. Four
// mean that a mutation arose twice, or that genomes recombined (Hudson and
// Kaplan 1985, Genetics 111:147). A recombinant makes many such pairs at once,
// and has them in order. So, of a genome c and two others p and q, with
//
//	A = mutations that c and p have, and q hasn't
//	B = mutations that c and q have, and p hasn't
//
// c is a mosaic of p and q if there are at least two of each, all of A on one
// side of all of B, or outside of the stretch that holds all of B. The chance
// that m and n mutations in random order lie so is
//
//	2 / C(m+n, n)       at one breakpoint
//	(m+1) / C(m+n, n)   at two, or one
//
// as in 3SEQ (Boni, Posada and Feldman 2007, Genetics 176:1035), whose walk
// never turns back here. Mutations close together count as one, since they
// often come and go together.
//
// Three genomes alone don't say which of them is the recombinant. The set does:
// those that have both A and B must be fewer than those that have A alone, and
// than those that have B alone. A recombinant lineage that outgrew a parent is
// hence taken for that parent's, and the parent for the recombinant.
//
// Only mutations that several genomes share are looked at. Genomes that have
// the same of those are one backbone, and are answered together. A genome is a
// parent only if it tells the letters at all the mutations of c, and another
// has the same of them.
//
// A mixture is a genome with mixed letters at which, but for a few, one of two
// others has the mutation and the other hasn't, where both have all that it has
// unmixed, and not much else.
package recombinant

import (
	"cmp"
	"fmt"
	"slices"

	"okazaki/genome"
)

// Options say what is a mosaic. The zero value of a field stands for its
// default.
type Options struct {
	// Carriers is how many genomes must have a mutation for it to count;
	// default 3, or one in 1,000 if that is more, doubled while there would be
	// more than 16,384 backbones.
	Carriers int
	Sites    int             // mutations from each parent; default 2
	Apart    int             // letters between mutations that count as two; default 20
	Chance   float64         // that they lie as they do by accident, at most; default 0.01
	Mask     []genome.Region // positions that don't count
}

func (o Options) filled() Options {
	if o.Sites == 0 {
		o.Sites = 2
	}
	if o.Apart == 0 {
		o.Apart = 20
	}
	if o.Chance == 0 {
		o.Chance = 0.01
	}
	return o
}

// A Substitution is a base of the reference that differs in a genome.
type Substitution struct {
	Pos int32 // in the reference, from 0
	Alt byte  // A, C, G or T
}

// A Builder collects genomes. One goroutine may use it at a time.
type Builder struct {
	options Options
	subs    []uint32 // as codeOf makes them
	subEnd  []uint32 // by genome
	unknown []gap    // of codes
	gapEnd  []uint32
	mixed   []genomeMixed
}

// A genomeMixed is the mutations that a genome has and hasn't at once.
type genomeMixed struct {
	genome int32
	codes  []uint32
}

// A gap is a stretch [lo, hi), of codes, or of variants.
type gap struct{ lo, hi uint32 }

// NewBuilder starts a set of genomes.
func NewBuilder(o Options) *Builder { return &Builder{options: o} }

// codeOf returns a substitution as a number. The substitutions of a position
// have adjacent numbers.
func codeOf(pos int, alt byte) uint32 { return uint32(pos)<<2 | uint32(alt>>1&3) }

// Add adds the next genome: its substitutions; the mixed ones, which it has and
// hasn't at once, since its letter stands for the reference's and for another;
// and its unknown positions, the mixed ones among them, in any order. A
// deletion is not among them: a genome that lacks a base doesn't have the
// mutation. Substitutions ascend. After an error the builder is as it was.
func (b *Builder) Add(subs, mixed []Substitution, unknown []genome.Region) error {
	codes, err := appendCodes(b.subs, subs)
	if err != nil {
		return err
	}
	also, err := appendCodes(nil, mixed)
	if err != nil {
		return err
	}
	b.subs = codes
	if len(also) > 0 {
		b.mixed = append(b.mixed, genomeMixed{int32(len(b.subEnd)), also})
	}
	first := len(b.unknown)
	for _, u := range unknown {
		b.unknown = append(b.unknown, gap{codeOf(u.Lo, 'A'), codeOf(u.Hi, 'A')})
	}
	slices.SortFunc(b.unknown[first:], func(x, y gap) int { return cmp.Compare(x.lo, y.lo) })
	b.subEnd = append(b.subEnd, uint32(len(b.subs)))
	b.gapEnd = append(b.gapEnd, uint32(len(b.unknown)))
	return nil
}

func appendCodes(dst []uint32, subs []Substitution) ([]uint32, error) {
	for i, s := range subs {
		if i > 0 && s.Pos <= subs[i-1].Pos || s.Pos < 0 {
			return nil, fmt.Errorf("a substitution at %d is not after the one before", s.Pos)
		}
		dst = append(dst, codeOf(int(s.Pos), s.Alt))
	}
	return dst, nil
}

// slice returns part i of what ends says how to cut.
func slice[T any](all []T, ends []uint32, i int) []T {
	lo := uint32(0)
	if i > 0 {
		lo = ends[i-1]
	}
	return all[lo:ends[i]]
}
