package distance

import "slices"

// high is the highest bit of a lane. A limit is high | the largest distance
// that is near; never, as a limit, is below every distance.
const (
	high  = 1 << 15
	never = high - 1
)

// limit returns the limit at a distance, which may be Off.
func limit(distance int) uint16 { return uint16(high + distance) }

// nearWords sets the bits of near whose lanes, less base, are at most the row's
// limit or their own: bit i of word k is lane 64*k + i. None may be less than
// base.
func nearWords(near []uint64, words, limits []uint64, base, row uint16) {
	words, limits = words[:16*len(near)], limits[:16*len(near)]
	b, r := all(base), all(row)
	clear(near)
	for i, x := range words {
		// A lane of high + limit - distance has its highest bit if the
		// distance is within the limit, and no lane borrows from the next.
		d := x - b
		if n := ((r - d) | (limits[i] - d)) & all(high); n != 0 {
			near[i/16] |= nibble(n) << (4 * (i % 16))
		}
	}
}

// nibble returns the highest bits of a word's lanes, the first lane's lowest.
func nibble(x uint64) uint64 { return x >> 15 * order >> 48 }

// order moves the bits of lanes side by side, in the order of lanes.each.
var order = func() uint64 {
	l := lanes{1}
	if slices.Index(l.each()[:4], 1) == 0 {
		return 1<<48 | 1<<33 | 1<<18 | 1<<3
	}
	return 1<<51 | 1<<34 | 1<<17 | 1
}()
