package genome

import "sort"

// An Axis is the bases of contigs laid end to end, in the order of the contigs,
// so that each base has a number. Many goroutines may use it at once.
type Axis struct {
	starts []int64 // of each contig, then the end of the last
}

// NewAxis returns the axis of contigs with these lengths.
func NewAxis(lengths []int64) *Axis {
	a := &Axis{starts: make([]int64, 1, len(lengths)+1)}
	for _, n := range lengths {
		a.starts = append(a.starts, a.Len()+n)
	}
	return a
}

// Len returns the number of bases of all contigs.
func (a *Axis) Len() int64 { return a.starts[len(a.starts)-1] }

// Start returns the number of a contig's first base.
func (a *Axis) Start(contig int) int64 { return a.starts[contig] }

// End returns the number behind a contig's last base.
func (a *Axis) End(contig int) int64 { return a.starts[contig+1] }

// LenOf returns the number of bases of a contig.
func (a *Axis) LenOf(contig int) int64 { return a.starts[contig+1] - a.starts[contig] }

// Contig returns the contig that a base in [0, Len) lies in.
func (a *Axis) Contig(base int64) int {
	return sort.Search(len(a.starts), func(i int) bool { return a.starts[i] > base }) - 1
}

// Contigs returns the contigs [first, end) that the bases [lo, hi) lie in. Some
// between them may have no bases.
func (a *Axis) Contigs(lo, hi int64) (first, end int) {
	if lo >= hi {
		return 0, 0
	}
	return a.Contig(lo), a.Contig(hi-1) + 1
}
