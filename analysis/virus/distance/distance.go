// Package distance counts the single-nucleotide differences between all
// genomes of a set: how many pairs are how far apart, which are the nearest,
// which pairs are close, and which clusters they make.
//
// Its one invariant: however the tiles of pairs are cut into spans, the merged
// part has the same bytes, and every distance in it is the exact count.
//
// # What is counted
//
// The distance of two genomes is the number of positions of the reference at
// which both have one of A, C, G and T, and not the same. A position at which
// either has N, another IUPAC letter, or a gap is not counted, and neither is
// a masked position; insertions lie at no position. This is the rule of
// snp-dists (https://github.com/tseemann/snp-dists) without -a and -k, on an
// alignment to the reference. Such a distance is not a metric: genomes at
// distance 0 of a third may differ.
//
// # How
//
// Only positions that vary within the set matter, and there only genomes that
// don't have the commonest letter. With the reference replaced by the
// commonest letters, m(i) the letters in which genome i departs from them and
// u(i) its unknown positions, the distance is a sum of parts that are
// never negative:
//
//	d(i,j) = |m(i)| + |m(j)| - Σ over v in m(i) of ([j departs at v's position] + [j has v] + [j doesn't tell v])
//	                         - |positions of m(j) in u(i)|
//
// A walk visits the genomes in an order in which neighbours share most
// letters, and keeps one such sum for every genome of a block. A step touches
// only the carriers of what changed, and moves the histogram of the block's
// distances by as much; a long stretch that a genome doesn't tell costs one
// pass over the block. Neighbours are looked for within the distance at which
// a genome has as many close to it in the walk. No matrix is ever held.
//
// # In an engine
//
// A Builder makes the Set, which is a function of the genomes, their order and
// the Options alone: every worker makes its own, 200,000 genomes in about a
// second. The axis is Set.Tiles long. A stage whose Work is Set.Work merges
// with Merge and is read by Set.Read; a stage whose Work is Set.Pairs
// concatenates and is read by Set.ReadPairs. Tiles on the diagonal cost half
// of the others.
package distance

import (
	"fmt"
	"slices"

	"okazaki/genome"
)

// Off is the distance that switches an answer of Options off.
const Off = -1

// Options say what is asked of a set. The zero value asks for the histogram
// and for clusters of genomes at distance 0.
type Options struct {
	Nearest int             // neighbours of every genome; 0: none
	Cluster int             // single linkage joins genomes at this distance or less; Off: no clusters
	Mask    []genome.Region // positions that are not counted, in any order
	Tile    int             // genomes on a side of a tile, at most MaxTile; 0: MaxTile
}

// MaxTile is the most genomes on a side of a tile. Tiles of this size take
// about a hundredth of a second each.
const MaxTile = 4096

// maxDeparting bounds |m(i)|, so that sums fit in 16 bits with room to compare.
const maxDeparting = 10000

// maxNearest bounds the neighbours of a genome.
const maxNearest = 1000

// maxLength bounds the reference, so that a position and a letter fit in 32 bits.
const maxLength = 1 << 28

// A TooFarError names a genome that departs from the set's commonest letters
// at more than 10,000 positions.
type TooFarError struct {
	Genome    int // as it was added, from 0
	Positions int
}

func (e *TooFarError) Error() string {
	return fmt.Sprintf("genome %d departs from the others at %d positions, more than %d", e.Genome, e.Positions, maxDeparting)
}

// A Substitution is a base of the reference that differs in a genome.
type Substitution struct {
	Pos int32 // in the reference
	Alt byte  // A, C, G or T, and not the reference's letter
}

// A Builder collects genomes. One goroutine may use it at a time.
type Builder struct {
	length  int
	options Options
	mask    []genome.Region // sorted, disjoint

	subs     []uint32 // position<<2 | letter
	subEnd   []uint32 // by genome
	unknown  []gap    // of positions
	gapEnd   []uint32 // by genome
	scratch  []genome.Region
	disjoint []genome.Region
}

// A gap is a stretch [lo, hi) that is unknown in a genome.
type gap struct{ lo, hi uint32 }

// NewBuilder starts a set of genomes aligned to a reference of the given
// length.
func NewBuilder(length int, o Options) (*Builder, error) {
	if o.Tile == 0 {
		o.Tile = MaxTile
	}
	switch {
	case length < 0 || length > maxLength:
		return nil, fmt.Errorf("a reference of %d letters: want at most %d", length, maxLength)
	case o.Tile < 1 || o.Tile > MaxTile:
		return nil, fmt.Errorf("tiles of %d genomes: want 1 to %d", o.Tile, MaxTile)
	case o.Nearest < 0 || o.Nearest > maxNearest:
		return nil, fmt.Errorf("%d neighbours: want 0 to %d", o.Nearest, maxNearest)
	case o.Cluster < Off || o.Cluster > 2*maxDeparting:
		return nil, fmt.Errorf("clusters at distance %d: want %d to %d", o.Cluster, Off, 2*maxDeparting)
	}
	b := &Builder{length: length, options: o}
	mask, err := b.union(o.Mask)
	b.mask = slices.Clone(mask)
	return b, err
}

// Len returns the number of genomes so far.
func (b *Builder) Len() int { return len(b.subEnd) }

// Add adds the next genome: its substitutions by ascending position, and its
// unknown regions in any order: N, other IUPAC letters, deletions, and
// positions outside the alignment. A substitution at an unknown position is
// unknown. After an error the builder is as it was before.
func (b *Builder) Add(subs []Substitution, unknown []genome.Region) error {
	gaps, err := b.union(unknown)
	if err != nil {
		return err
	}
	kept := len(b.subs)
	last, at, masked := int32(-1), 0, 0
	for _, s := range subs {
		letter := code(s.Alt)
		if s.Pos <= last || int(s.Pos) >= b.length || letter > 3 {
			b.subs = b.subs[:kept]
			return fmt.Errorf("substitution %c at %d after %d: want A, C, G or T by ascending position below %d", s.Alt, s.Pos, last, b.length)
		}
		last = s.Pos
		at, masked = past(gaps, at, int(s.Pos)), past(b.mask, masked, int(s.Pos))
		if !covers(gaps, at, int(s.Pos)) && !covers(b.mask, masked, int(s.Pos)) {
			b.subs = append(b.subs, uint32(s.Pos)<<2|uint32(letter))
		}
	}
	for _, g := range gaps {
		b.unknown = append(b.unknown, gap{uint32(g.Lo), uint32(g.Hi)})
	}
	b.subEnd = append(b.subEnd, uint32(len(b.subs)))
	b.gapEnd = append(b.gapEnd, uint32(len(b.unknown)))
	return nil
}

// AddAligned adds the next genome as a row of an alignment: one letter for each
// base of the reference, in either case.
func (b *Builder) AddAligned(reference, row []byte) error {
	if len(row) != b.length || len(reference) != b.length {
		return fmt.Errorf("a row of %d letters on a reference of %d: want %d", len(row), len(reference), b.length)
	}
	var subs []Substitution
	var unknown []genome.Region
	for i, l := range row {
		c := code(l)
		switch n := len(unknown); {
		case c > 3 && n > 0 && unknown[n-1].Hi == i:
			unknown[n-1].Hi++
		case c > 3:
			unknown = append(unknown, genome.Region{Lo: i, Hi: i + 1})
		case c != code(reference[i]):
			subs = append(subs, Substitution{Pos: int32(i), Alt: letters[c]})
		}
	}
	return b.Add(subs, unknown)
}

// union returns the regions sorted, joined where they touch, without empty
// ones. It is valid until the next call.
func (b *Builder) union(regions []genome.Region) ([]genome.Region, error) {
	b.scratch = append(b.scratch[:0], regions...)
	slices.SortFunc(b.scratch, func(x, y genome.Region) int { return x.Lo - y.Lo })
	out := b.disjoint[:0]
	for _, r := range b.scratch {
		if r.Lo < 0 || r.Hi < r.Lo || r.Hi > b.length {
			return nil, fmt.Errorf("region %v of a reference of %d letters", r, b.length)
		}
		switch n := len(out); {
		case r.Len() == 0:
		case n > 0 && r.Lo <= out[n-1].Hi:
			out[n-1].Hi = max(out[n-1].Hi, r.Hi)
		default:
			out = append(out, r)
		}
	}
	b.disjoint = out
	return out, nil
}

// past returns the first region from at on that ends after pos.
func past(regions []genome.Region, at, pos int) int {
	for at < len(regions) && regions[at].Hi <= pos {
		at++
	}
	return at
}

func covers(regions []genome.Region, at, pos int) bool {
	return at < len(regions) && regions[at].Contains(pos)
}

const letters = "ACGT"

// code returns the letter's index in letters, or more than 3.
func code(l byte) byte { return codes[l] }

var codes = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for i, l := range []byte(letters) {
		t[l], t[l|0x20] = byte(i), byte(i)
	}
	return t
}()
