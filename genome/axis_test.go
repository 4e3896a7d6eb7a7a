package genome

import (
	"fmt"
	"testing"
)

// TestAxis compares an axis with a list of all bases.
func TestAxis(t *testing.T) {
	for _, lengths := range [][]int64{nil, {0}, {5}, {3, 0, 0, 4, 1}, {0, 0, 2, 0}, {1, 1, 1}} {
		a := NewAxis(lengths)
		var contigs, places []int64 // of each base
		for i, n := range lengths {
			if a.Start(i) != int64(len(contigs)) || a.LenOf(i) != n || a.End(i) != a.Start(i)+n {
				t.Errorf("%d: contig %d is [%d, %d) of %d bases", lengths, i, a.Start(i), a.End(i), a.LenOf(i))
			}
			for at := range n {
				contigs, places = append(contigs, int64(i)), append(places, at)
			}
		}
		if a.Len() != int64(len(contigs)) {
			t.Errorf("%d: %d bases", lengths, a.Len())
		}
		for base := range a.Len() {
			i := a.Contig(base)
			if int64(i) != contigs[base] || base-a.Start(i) != places[base] {
				t.Errorf("%d: base %d is %d of contig %d", lengths, base, base-a.Start(i), i)
			}
			for hi := base; hi <= a.Len(); hi++ {
				first, end := a.Contigs(base, hi)
				if hi == base && first != end || hi > base && (int64(first) != contigs[base] || int64(end) != contigs[hi-1]+1) {
					t.Errorf("%d: bases %d to %d lie in contigs %d to %d", lengths, base, hi, first, end)
				}
			}
		}
	}
}

func ExampleAxis() {
	a := NewAxis([]int64{100, 50}) // chr1 and chr2
	i := a.Contig(120)
	fmt.Println(i, 120-a.Start(i), a.Len())
	// Output: 1 20 150
}
