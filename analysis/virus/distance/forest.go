package distance

// A forest joins numbers into clusters. The root of a cluster is its smallest.
type forest struct{ parent []uint32 }

func newForest(n int) *forest {
	f := &forest{parent: make([]uint32, n)}
	for i := range f.parent {
		f.parent[i] = uint32(i)
	}
	return f
}

// root is the smallest number of x's cluster. It shortens the path to it.
func (f *forest) root(x int) int {
	for int(f.parent[x]) != x {
		up := f.parent[x]
		f.parent[x] = f.parent[up]
		x = int(up)
	}
	return x
}

// join makes one cluster of those of x and y.
func (f *forest) join(x, y int) {
	x, y = f.root(x), f.root(y)
	f.parent[max(x, y)] = uint32(min(x, y))
}
