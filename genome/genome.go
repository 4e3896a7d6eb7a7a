// Package genome is the biology that every analysis shares: nucleotides,
// codons, regions and coding sequences. It does no I/O.
//
// Its one invariant: coordinates are 0-based and half-open.
package genome

import "fmt"

// A Region is the positions [Lo, Hi) of a sequence.
type Region struct {
	Lo, Hi int
}

// Len is the number of positions in the region.
func (r Region) Len() int { return r.Hi - r.Lo }

// Contains says whether position p lies in the region.
func (r Region) Contains(p int) bool { return r.Lo <= p && p < r.Hi }

// Overlaps says whether the regions share a position.
func (r Region) Overlaps(o Region) bool { return r.Lo < o.Hi && o.Lo < r.Hi }

// Intersect is the part that the regions share; it is empty, with Hi == Lo,
// if there is none.
func (r Region) Intersect(o Region) Region {
	lo, hi := max(r.Lo, o.Lo), min(r.Hi, o.Hi)
	return Region{lo, max(lo, hi)}
}

// String is the region as a reader writes it: [3,17).
func (r Region) String() string { return fmt.Sprintf("[%d,%d)", r.Lo, r.Hi) }
