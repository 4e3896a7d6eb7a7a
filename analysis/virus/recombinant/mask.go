package recombinant

import "math/bits"

// maskSites is the most sites of a mask. A genome with more mutations that
// others share is not asked about.
const maskSites = 256

// A mask is some of a backbone's sites.
type mask [maskSites / 64]uint64

func (m *mask) set(i int) { m[i/64] |= 1 << (i % 64) }

func (m *mask) and(o *mask) (out mask) {
	for w := range m {
		out[w] = m[w] & o[w]
	}
	return out
}

func (m *mask) without(o *mask) (out mask) {
	for w := range m {
		out[w] = m[w] &^ o[w]
	}
	return out
}

func (m *mask) size() (n int) {
	for _, w := range m {
		n += bits.OnesCount64(w)
	}
	return n
}

// each yields the sites, ascending.
func (m *mask) each() func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for w, x := range m {
			for ; x != 0; x &= x - 1 {
				if !yield(64*w + bits.TrailingZeros64(x)) {
					return
				}
			}
		}
	}
}

// next returns the first site after i; -1 if there is none.
func (m *mask) next(i int) int {
	for j := range m.each() {
		if j > i {
			return j
		}
	}
	return -1
}

// last returns the last site before i; -1 if there is none.
func (m *mask) last(i int) int {
	found := -1
	for j := range m.each() {
		if j >= i {
			break
		}
		found = j
	}
	return found
}

// ends returns the first and the last site; there is one.
func (m *mask) ends() (lo, hi int) { return m.next(-1), m.last(maskSites) }

// free says whether no site lies in [lo, hi].
func (m *mask) free(lo, hi int) bool {
	n := m.next(lo - 1)
	return n < 0 || n > hi
}
