package distance_test

import (
	"cmp"
	"slices"

	"okazaki/analysis/virus/distance"
)

// brute returns the oracle: snp-dists 0.8.2's rule on whole sequences, without
// -a and -k (letters are raised, and all but A, C, G, T match everything).
func brute(a, b []byte) (d int) {
	for i := range a {
		x, y := a[i]&^0x20, b[i]&^0x20
		if acgt(x) && acgt(y) && x != y {
			d++
		}
	}
	return d
}

func acgt(l byte) bool { return l == 'A' || l == 'C' || l == 'G' || l == 'T' }

// bruteMatrix returns the distances of all rows, masked positions left out.
func bruteMatrix(rows [][]byte, masked func(int) bool) [][]int {
	d := make([][]int, len(rows))
	clean := make([][]byte, len(rows))
	for i, r := range rows {
		clean[i] = slices.Clone(r)
		for p := range r {
			if masked(p) {
				clean[i][p] = '-'
			}
		}
	}
	for i := range rows {
		d[i] = make([]int, len(rows))
		for j := range i {
			d[i][j] = brute(clean[i], clean[j])
			d[j][i] = d[i][j]
		}
	}
	return d
}

func histogramOf(d [][]int) (h []uint64) {
	for i := range d {
		for j := range i {
			for len(h) <= d[i][j] {
				h = append(h, 0)
			}
			h[d[i][j]]++
		}
	}
	return h
}

func nearestOf(d [][]int, i, k int) (n []distance.Neighbour) {
	for j := range d {
		if j != i {
			n = append(n, distance.Neighbour{Genome: j, Distance: d[i][j]})
		}
	}
	slices.SortFunc(n, func(x, y distance.Neighbour) int {
		return cmp.Or(cmp.Compare(x.Distance, y.Distance), cmp.Compare(x.Genome, y.Genome))
	})
	return n[:min(k, len(n))]
}

// clustersOf spreads the smallest number along short pairs until it rests.
func clustersOf(d [][]int, within int) []uint32 {
	label := make([]uint32, len(d))
	for i := range label {
		label[i] = uint32(i)
	}
	for moved := true; moved; {
		moved = false
		for i := range d {
			for j := range d {
				if d[i][j] <= within && label[j] < label[i] {
					label[i], moved = label[j], true
				}
			}
		}
	}
	return label
}

func pairsOf(d [][]int, within int) (p [][3]int) {
	for j := range d {
		for i := range j {
			if d[i][j] <= within {
				p = append(p, [3]int{i, j, d[i][j]})
			}
		}
	}
	slices.SortFunc(p, func(x, y [3]int) int { return slices.Compare(x[:], y[:]) })
	return p
}
