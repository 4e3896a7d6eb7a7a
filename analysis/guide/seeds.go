package guide

import "slices"

// A plan splits the bases beside a PAM into two windows, the proximal [0,
// width) and the distal [far, far+width). A hit with k mismatches has at most
// near of them in the proximal window or at most k-near-1 in the distal one. So
// it is found among the sites whose window is a seed of the guide.
//
// A window's key is its bit planes: lo in the low bits, hi above.
type plan struct {
	width     int // bases of a window
	far       int // where the distal window begins
	proximal  int // mismatches of a seed in the proximal window
	distal    int // and in the distal one; -1 for no seeds
	allowance Allowance
}

func newPlan(width, far int, a Allowance) plan {
	p := plan{width: width, far: far, distal: a.Mismatches / 2, allowance: a}
	if a.bulges() { // the distal window has more seeds a mismatch: what lies before it may be shifted
		p.distal = max(0, a.Mismatches-1) / 2
	}
	p.proximal = a.Mismatches - p.distal - 1
	return p
}

// key returns a window's key.
func key(lo, hi uint32, from, width int) uint32 {
	mask := uint32(1)<<width - 1
	return lo>>from&mask | hi>>from&mask<<width
}

// neighbours returns the values whose exclusive or with a key gives all keys
// with at most most other bases, the key itself first.
func neighbours(width, most int) []uint32 {
	var all []uint32
	var grow func(from int, x uint32, left int)
	grow = func(from int, x uint32, left int) {
		all = append(all, x)
		for i := from; i < width && left > 0; i++ {
			for b := uint32(1); b <= 3; b++ {
				grow(i+1, x|(b&1)<<i|(b>>1)<<(i+width), left-1)
			}
		}
	}
	if most >= 0 {
		grow(0, 0, most)
	}
	return all
}

// A seeder finds the seeds of guides, one guide after the other. One goroutine
// may use it at a time.
type seeder struct {
	plan
	near, away []uint32 // neighbours in the proximal and the distal window
	marks      []uint64 // keys that are in seeds
	seeds      []uint32
}

func newSeeder(p plan) *seeder {
	s := &seeder{plan: p}
	if p.allowance.bulges() {
		s.marks = make([]uint64, (1<<(2*p.width)+63)/64)
	} else {
		s.near, s.away = neighbours(p.width, p.proximal), neighbours(p.width, p.distal)
	}
	return s
}

// proximalSeeds and distalSeeds return the seeds of a guide, each once. They
// are valid until the next call.
func (s *seeder) proximalSeeds(g *Guide) []uint32 {
	if s.allowance.bulges() {
		return s.bulged(g, 0, s.proximal)
	}
	return s.around(key(g.lo, g.hi, 0, s.width), s.near)
}

func (s *seeder) distalSeeds(g *Guide) []uint32 {
	if s.allowance.bulges() {
		return s.bulged(g, s.far, s.distal)
	}
	return s.around(key(g.lo, g.hi, s.far, s.width), s.away)
}

func (s *seeder) around(key uint32, deltas []uint32) []uint32 {
	s.seeds = s.seeds[:0]
	for _, d := range deltas {
		s.seeds = append(s.seeds, key^d)
	}
	return s.seeds
}

// bulged returns the keys that the window from a place on has in some alignment
// with at most most mismatches in the window.
func (s *seeder) bulged(g *Guide, from, most int) []uint32 {
	for _, k := range s.seeds {
		s.marks[k>>6] = 0
	}
	s.seeds = s.seeds[:0]
	if most < 0 {
		return nil
	}
	w := bulgedWindow{seeder: s, guide: g, from: from}
	a := s.allowance
	for d := 0; d <= a.DNA; d++ {
		for r := 0; r <= a.RNA && d+r <= a.Both; r++ {
			if from > 0 || d+r == 0 {
				w.grow(0, from-d+r, Allowance{most, a.DNA - d, a.RNA - r, a.Both - d - r}, 0)
			}
		}
	}
	slices.Sort(s.seeds)
	return s.seeds
}

// has says whether a key was among the last seeds of bulged.
func (s *seeder) has(key uint32) bool { return s.marks[key>>6]>>(key&63)&1 == 1 }

// A bulgedWindow builds the keys of a window, place after place.
type bulgedWindow struct {
	*seeder
	guide *Guide
	from  int
}

// grow sets place i of the window, opposite base j of the guide.
func (w *bulgedWindow) grow(i, j int, left Allowance, k uint32) {
	if i == w.width {
		if w.marks[k>>6]>>(k&63)&1 == 0 {
			w.marks[k>>6] |= 1 << (k & 63)
			w.seeds = append(w.seeds, k)
		}
		return
	}
	paired, missed, bulged := left, left, left
	missed.Mismatches--
	bulged.Both--
	bulged.DNA--
	mine := uint32(0)
	ended := j >= w.guide.Len() // what lies beyond is free
	if !ended {
		mine = w.guide.hi>>j&1<<1 | w.guide.lo>>j&1
	}
	for base := range uint32(4) {
		next := k | (base&1)<<i | (base>>1)<<(i+w.width)
		if ended || base == mine {
			w.grow(i+1, j+1, paired, next)
		} else if left.Mismatches > 0 {
			w.grow(i+1, j+1, missed, next)
		}
		if !ended && left.Both > 0 && left.DNA > 0 && j > 0 {
			w.grow(i+1, j, bulged, next)
		}
	}
	if !ended && left.Both > 0 && left.RNA > 0 && j > 0 {
		bulged.DNA, bulged.RNA = left.DNA, left.RNA-1
		w.grow(i, j+1, bulged, k)
	}
}
