package virus

import (
	"cmp"
	"slices"

	"okazaki/genome"
)

// A told is the positions of the reference that each genome of a set leaves
// unknown, or that are masked.
type told struct {
	length  int
	edges   []int32 // by genome: the begins and ends, in turn, of its unknown stretches
	end     []int
	count   []int32 // by genome: the number of its known positions
	scratch []genome.Region
}

// add adds the next genome.
func (t *told) add(unknown, mask []genome.Region) {
	t.scratch = append(append(t.scratch[:0], unknown...), mask...)
	slices.SortFunc(t.scratch, func(a, b genome.Region) int { return cmp.Compare(a.Lo, b.Lo) })
	first := len(t.edges)
	for _, r := range t.scratch {
		switch n := len(t.edges); {
		case r.Len() <= 0:
		case n > first && r.Lo <= int(t.edges[n-1]):
			t.edges[n-1] = max(t.edges[n-1], int32(r.Hi))
		default:
			t.edges = append(t.edges, int32(r.Lo), int32(r.Hi))
		}
	}
	n := t.length
	for i := first; i < len(t.edges); i += 2 {
		n -= int(t.edges[i+1] - t.edges[i])
	}
	t.end, t.count = append(t.end, len(t.edges)), append(t.count, int32(n))
}

func (t *told) of(genome int) []int32 {
	lo := 0
	if genome > 0 {
		lo = t.end[genome-1]
	}
	return t.edges[lo:t.end[genome]]
}

// sites returns the number of positions at which two genomes are compared: the
// positions known in both.
func (t *told) sites(a, b int) int {
	x, y := t.of(a), t.of(b)
	neither := int32(0)
	for i, j := 0, 0; i+1 < len(x) && j+1 < len(y); {
		neither += max(0, min(x[i+1], y[j+1])-max(x[i], y[j]))
		if x[i+1] < y[j+1] {
			i += 2
		} else {
			j += 2
		}
	}
	return int(t.count[a]+t.count[b]+neither) - t.length
}
