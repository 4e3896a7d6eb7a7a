package distance

// A key orders the neighbours of a genome: by distance, then by the number of
// the first genome of the neighbour's group.
type key uint64

func newKey(distance int, first uint32) key { return key(distance)<<32 | key(first) }

func (k key) distance() int { return int(k >> 32) }
func (k key) first() uint32 { return uint32(k) }

// none comes after every key.
const none = ^key(0)

// nearest keeps the k nearest other groups of each group of a block. The k
// nearest genomes of a genome all lie in its own group or in one of these: a
// group before theirs in the order of keys has a genome before them.
type nearest struct {
	k      int
	far    int
	keys   []key // k by group, ascending, none at the end
	last   []key // by group, the last of its keys
	limits lanes // high | the distance of the worst of the k
}

func newNearest(groups, k, farthest int) *nearest {
	n := &nearest{k: k, far: farthest, keys: make([]key, groups*k)}
	for i := range n.keys {
		n.keys[i] = none
	}
	n.last = make([]key, groups)
	for i := range n.last {
		n.last[i] = none
	}
	limit := all(never)
	if k > 0 {
		limit = all(high | uint16(farthest))
	}
	for i := range n.limits {
		n.limits[i] = limit
	}
	return n
}

// worst is the distance up to which a group may have a nearer neighbour.
func (n *nearest) worst(group int) int { return int(n.limits.each()[group]) - high }

// offer makes x a neighbour of group if it is one of the nearest.
func (n *nearest) offer(group int, x key) {
	if x < n.last[group] {
		n.insert(group, x)
	}
}

func (n *nearest) insert(group int, x key) {
	keys := n.keys[group*n.k : group*n.k+n.k]
	at := len(keys) - 1
	for at > 0 && keys[at-1] > x {
		keys[at] = keys[at-1]
		at--
	}
	keys[at] = x
	if last := keys[len(keys)-1]; last != none {
		n.last[group] = last
		n.limits.each()[group] = high | uint16(last.distance())
	}
}
