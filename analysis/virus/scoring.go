package virus

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"okazaki/genome"
)

// A segment pairs n bases of the reference from r with as many of the genome
// from q. An alignment is segments in ascending order. The bases between two
// segments are deleted or inserted.
type segment struct {
	r, q, n int
}

func (s segment) diagonal() int { return s.r - s.q }

// join appends a segment, or lengthens the last one if they touch.
func join(segs []segment, s segment) []segment {
	if s.n == 0 {
		return segs
	}
	if k := len(segs) - 1; k >= 0 && segs[k].r+segs[k].n == s.r && segs[k].q+segs[k].n == s.q {
		segs[k].n += s.n
		return segs
	}
	return append(segs, s)
}

// scoring is a reference, of nucleotides or amino acids, in the form for
// alignment. It is immutable.
type scoring struct {
	letters []byte      // 0 for an ambiguous one, which equals none
	codes   []uint8     // of the reference's letters
	code    *[256]uint8 // of a letter, below 32
	pairs   *pairs
	open    []int32 // penalty of a gap that opens before a letter of the reference
	extend  int32   // penalty of each base of a gap behind its first
	bounds
	tie int32 // what a gap must win by: 1 places gaps left, 0 right
}

// pairs is the score of a pair, by the reference's code << 5 | the genome's.
type pairs [32 * 32]int32

func (s *scoring) length() int { return len(s.letters) }

var baseCodes = func() (t [256]uint8) {
	for l := range t {
		t[l] = uint8(genome.BaseOf(byte(l)))
	}
	return t
}()

// newScoring lays out the penalties. A gap costs least outside genes and most
// inside a codon: among several places it goes where it breaks least. Where
// genes overlap, the later one in the annotation decides.
func newScoring(ref *Reference, p Params) *scoring {
	n := len(ref.Sequence)
	s := &scoring{letters: slices.Clone(ref.Sequence), codes: make([]uint8, n), code: &baseCodes,
		pairs: new(pairs), open: make([]int32, n+2), extend: p.Extend, bounds: newBounds(p), tie: p.tie()}
	for i, l := range ref.Sequence {
		if s.codes[i] = baseCodes[l]; codes[l] > 3 {
			s.letters[i] = 0
		}
	}
	for i := range s.open {
		s.open[i] = p.Open
	}
	for _, g := range ref.Genes {
		first := 0
		if g.Reverse {
			first = 2
		}
		for i := range g.Len() {
			at := g.Position(i)
			if s.open[at] = p.OpenOutOfFrame; i%3 == first {
				s.open[at] = p.OpenInFrame
			}
		}
	}
	for r := range 16 {
		for q := range 16 {
			score := -p.Mismatch
			switch {
			case genome.Base(r) == genome.N || genome.Base(q) == genome.N:
				score = p.Match - 1
			case r&q != 0:
				score = p.Match
			}
			s.pairs[r<<5|q] = score
		}
	}
	return s
}

// pair returns the score of reference position r against a letter.
func (s *scoring) pair(r int, letter byte) int32 {
	return s.pairs[int(s.codes[r])<<5|int(s.code[letter])]
}

// penalty returns the cost of a gap of n bases that opens before position r.
func (s *scoring) penalty(r, n int) int32 { return s.open[r] + s.extend*int32(n-1) }

// bounds are how far the walk looks, and how many mismatches it takes for
// substitutions. They follow from the costs of gaps: the dearer gaps are, the
// farther apart lie alignments that score the same.
type bounds struct {
	minGapSpacing int   // bases between two gaps for each to be placed by itself
	margin        int   // bases around a difference that dynamic programming sees
	copied        int   // bases before a deletion that may be a copy of the bases it skips
	drop          int32 // how far a gap's score may fall before its slide ends
	another       int32 // what another gap costs
	lone          int   // mismatches that one gap can't pay for
	together      int   // mismatches that two gaps can't pay for
	gapPayingTip  int   // bases beyond an end that may pay for a gap
}

func newBounds(p Params) bounds {
	dear := max(p.Open, p.OpenInFrame, p.OpenOutOfFrame)
	cheap := min(p.Open, p.OpenInFrame, p.OpenOutOfFrame)
	turned := p.Match + p.Mismatch // what a mismatch gains as a match
	far := func(least, each int32) int { return int(max(least, each*dear)) }
	return bounds{
		minGapSpacing: far(48, 6), margin: far(24, 3), copied: far(96, 12), drop: int32(far(40, 5)), another: int32(far(8, 1)),
		lone:         int(max(0, min(1, (cheap-1)/turned))),
		together:     int(max(0, min(3, (2*cheap+p.Match-1)/turned))),
		gapPayingTip: int(min(3, cheap/p.Match+1)),
	}
}

// mismatch says whether a nucleotide differs from the reference at r.
func (s *scoring) mismatch(r int, letter byte) bool {
	return s.codes[r]&s.code[letter] == 0
}

// stride is the number of letters that are first compared at once, by the
// runtime's vector code.
const stride = 256

// common returns the length of the longest prefix that a and b share.
func common(a, b []byte) int {
	n := min(len(a), len(b))
	a, b = a[:n], b[:n]
	i := 0
	for i+stride <= n && string(a[i:i+stride]) == string(b[i:i+stride]) {
		i += stride
	}
	for i+32 <= n && string(a[i:i+32]) == string(b[i:i+32]) {
		i += 32
	}
	for ; i+8 <= n; i += 8 {
		if x := word64(a, i) ^ word64(b, i); x != 0 {
			return i + bits.TrailingZeros64(x)>>3
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

func word64(s []byte, i int) uint64 { return binary.LittleEndian.Uint64(s[i : i+8]) }

const eightNs = 0x4e4e4e4e4e4e4e4e

// unknown returns the length of the run of Ns that s starts with.
func unknown(s []byte) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		if x := word64(s, i) ^ eightNs; x != 0 {
			return i + bits.TrailingZeros64(x)>>3
		}
	}
	for i < len(s) && s[i] == 'N' {
		i++
	}
	return i
}
