package distance

import (
	"math/rand/v2"
	"testing"
)

// TestNear holds both ways to look for near lanes against one lane at a time.
func TestNear(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	limitBelow := func(n int) uint16 { return limit(random.IntN(n+1) - 1) }
	for range 200 {
		var l, limits lanes
		base, far := random.IntN(4*maxDeparting), 1+random.IntN(2*maxDeparting)
		row := limitBelow(far / 10)
		for i := range MaxTile {
			l.each()[i] = uint16(base + random.IntN(far))
			limits.each()[i] = limitBelow(far / 10)
		}
		n := random.IntN(MaxTile/64 + 1)
		ways := [2][]uint64{make([]uint64, n), make([]uint64, n)}
		nearWords(ways[0], l[:], limits[:], uint16(base), row)
		near(ways[1], l[:], limits[:], uint16(base), row)
		for i := range 64 * n {
			want := int(l.each()[i])-base <= int(max(row, limits.each()[i]))-high
			for way, got := range ways {
				if got[i/64]>>(i%64)&1 == 1 != want {
					t.Fatalf("lane %d is %d, its limit %d, the row's %d: near, says way %d, is not %v",
						i, int(l.each()[i])-base, limits.each()[i], row, way, want)
				}
			}
		}
	}
}
