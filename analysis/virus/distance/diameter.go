package distance

import (
	"cmp"
	"context"
	"slices"
)

// Diameters returns the greatest distance of two genomes of a cluster, by
// cluster as Answer.Clusters names them. looks bounds the number of pairs that
// are compared in all. exact says for which clusters the distance is the
// greatest. For a cluster that would take more looks it is the greatest that
// was met.
//
// Two genomes differ at most at the positions at which one of the two differs
// from a third. With the commonest letters of the cluster for the third, pairs
// are compared in the order of that bound, and pairs with a bound below the
// greatest distance so far are left out.
func (s *Set) Diameters(ctx context.Context, clusters []uint32, looks int) (diameter map[uint32]int, exact map[uint32]bool, err error) {
	groups := map[uint32][]int{}
	for g := range s.Groups() {
		c := clusters[s.first(g)]
		groups[c] = append(groups[c], g)
	}
	diameter, exact = map[uint32]int{}, map[uint32]bool{}
	order := make([]uint32, 0, len(groups))
	for c := range groups {
		order = append(order, c)
	}
	slices.SortFunc(order, func(a, b uint32) int { return cmp.Or(cmp.Compare(len(groups[a]), len(groups[b])), cmp.Compare(a, b)) })
	for _, c := range order {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		diameter[c], exact[c] = s.diameter(groups[c], &looks)
	}
	return diameter, exact, nil
}

// A rim is a group of a cluster and its distance from the commonest letters.
type rim struct{ group, far int }

func (s *Set) diameter(groups []int, looks *int) (most int, exact bool) {
	core := s.core(groups)
	rims := make([]rim, len(groups))
	for i, g := range groups {
		rims[i] = rim{g, s.apart(s.variants(g), core, s.gaps(g), nil)}
	}
	slices.SortFunc(rims, func(a, b rim) int { return cmp.Or(cmp.Compare(b.far, a.far), cmp.Compare(a.group, b.group)) })
	for i, x := range rims {
		if x.far+rims[0].far <= most {
			break
		}
		for _, y := range rims[:i] {
			if x.far+y.far <= most {
				break
			}
			if *looks--; *looks < 0 {
				return most, false
			}
			most = max(most, s.apart(s.variants(x.group), s.variants(y.group), s.gaps(x.group), s.gaps(y.group)))
		}
	}
	return most, true
}

// core returns the variants that most of the groups have.
func (s *Set) core(groups []int) (core []uint32) {
	count := map[uint32]int{}
	for _, g := range groups {
		for _, v := range s.variants(g) {
			count[v]++
		}
	}
	for v, n := range count {
		if 2*n > len(groups) {
			core = append(core, v)
		}
	}
	slices.Sort(core)
	return core
}

// apart returns the distance of two genomes by their variants and their gaps.
func (s *Set) apart(a, b []uint32, gapsA, gapsB []gap) (n int) {
	told := func(gaps *[]gap, v uint32) bool {
		for len(*gaps) > 0 && (*gaps)[0].hi <= v {
			*gaps = (*gaps)[1:]
		}
		return len(*gaps) == 0 || v < (*gaps)[0].lo
	}
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && s.siteHi[a[0]] <= b[0]:
			if told(&gapsB, a[0]) {
				n++
			}
			a = a[1:]
		case len(a) == 0 || s.siteHi[b[0]] <= a[0]:
			if told(&gapsA, b[0]) {
				n++
			}
			b = b[1:]
		default: // at one position
			if a[0] != b[0] {
				n++
			}
			a, b = a[1:], b[1:]
		}
	}
	return n
}
