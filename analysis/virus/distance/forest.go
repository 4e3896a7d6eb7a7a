package distance

import (
	"maps"
	"slices"
)

// A forest joins numbers into clusters. The root of a cluster is its smallest.
type forest struct{ parent []uint32 }

func newForest(n int) *forest {
	f := &forest{parent: make([]uint32, n)}
	for i := range f.parent {
		f.parent[i] = uint32(i)
	}
	return f
}

// root returns the smallest number of x's cluster. It shortens the path to it.
func (f *forest) root(x int) int {
	for int(f.parent[x]) != x {
		up := f.parent[x]
		f.parent[x] = f.parent[up]
		x = int(up)
	}
	return x
}

// join makes one cluster of the clusters of x and y.
func (f *forest) join(x, y int) {
	x, y = f.root(x), f.root(y)
	f.parent[max(x, y)] = uint32(min(x, y))
}

// links returns the numbers that are not the smallest of their cluster.
func (f *forest) links() (links []link) {
	for g := range f.parent {
		if r := f.root(g); r != g {
			links = append(links, link{uint32(g), uint32(r)})
		}
	}
	return links
}

// linked is a forest of the numbers that are not alone. Its size is the number
// of links it was given, whatever the numbers in them.
type linked map[uint32]uint32

func (f linked) root(x uint32) uint32 {
	for {
		up, ok := f[x]
		if !ok {
			return x
		}
		if next, ok := f[up]; ok {
			f[x] = next
		}
		x = up
	}
}

func (f linked) join(links []link) {
	for _, l := range links {
		if x, y := f.root(l.genome), f.root(l.smallest); x != y {
			f[max(x, y)] = min(x, y)
		}
	}
}

func (f linked) links() (links []link) {
	for _, g := range slices.Sorted(maps.Keys(f)) {
		links = append(links, link{g, f.root(g)})
	}
	return links
}
