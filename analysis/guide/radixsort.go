package guide

import (
	"math/bits"
	"slices"
)

// A sorter orders values by key. It first puts values with the same high bits
// of the key together, so that the rest of the work stays in the cache.
//
// One goroutine counts all values, then puts them.
type sorter struct {
	bits   int // of a key
	next   []uint32
	values []uint64
	lows   []uint16 // low bits of each value's key
}

// lowBits is the number of low bits of a key within a part of the keys.
const lowBits = 10

func newSorter(bits int) *sorter {
	return &sorter{bits: bits, next: make([]uint32, 1<<max(0, bits-lowBits)+1)}
}

func (s *sorter) count(key uint32) { s.next[key>>lowBits+1]++ }

// counted makes room for the counted values.
func (s *sorter) counted() {
	for i := range s.next[1:] {
		s.next[i+1] += s.next[i]
	}
	n := s.next[len(s.next)-1]
	s.values, s.lows = make([]uint64, n), make([]uint16, n)
}

func (s *sorter) put(key uint32, value uint64) {
	at := s.next[key>>lowBits]
	s.next[key>>lowBits]++
	s.values[at], s.lows[at] = value, uint16(key&(1<<lowBits-1))
}

// sort returns the values by key and, for each key, the number of values with a
// smaller one. If sorted, the values of one key are ascending; otherwise they
// stay in the order in which they were put.
func (s *sorter) sort(sorted bool) (starts []uint32, values []uint64) {
	starts = make([]uint32, 1<<s.bits+1)
	var own []uint64
	from := uint32(0)
	for part, to := range s.next[:len(s.next)-1] {
		first := uint32(part) << lowBits
		keys := starts[first:min(int(first)+1<<lowBits, len(starts)-1)]
		for _, low := range s.lows[from:to] {
			keys[low]++
		}
		at := from
		for i, n := range keys {
			keys[i] = at
			at += n
		}
		own = append(own[:0], s.values[from:to]...)
		for i, low := range s.lows[from:to] {
			s.values[keys[low]] = own[i]
			keys[low]++
		}
		copy(keys[1:], keys[:len(keys)-1])
		keys[0] = from
		for i := range keys {
			if end := to; sorted {
				if i+1 < len(keys) {
					end = keys[i+1]
				}
				order(s.values[keys[i]:end])
			}
		}
		from = to
	}
	starts[len(starts)-1] = from
	return starts, s.values
}

// order sorts few values quickly.
func order(v []uint64) {
	if len(v) > 24 {
		slices.Sort(v)
		return
	}
	for i := 1; i < len(v); i++ {
		x, j := v[i], i
		for ; j > 0 && v[j-1] > x; j-- {
			v[j] = v[j-1]
		}
		v[j] = x
	}
}

// A radixSorter orders values by their bits above foundBits. It keeps its
// memory from call to call.
type radixSorter struct {
	other []uint64
	next  [1 << 14]uint32
}

// sort returns the values in order. Only width bits above foundBits are set in
// them. It first puts each value where its high bits go, in about as many
// places as there are values. It keeps the slice v.
func (r *radixSorter) sort(v []uint64, width int) []uint64 {
	digit := min(width, bits.Len(uint(len(v))), bits.Len(uint(len(r.next)))-1)
	shift := foundBits + width - digit
	next := r.next[:1<<digit]
	clear(next)
	for _, x := range v {
		next[x>>shift]++
	}
	var sum uint32
	for i, n := range next {
		next[i] = sum
		sum += n
	}
	sorted := slices.Grow(r.other[:0], len(v))[:len(v)]
	for _, x := range v {
		k := x >> shift
		sorted[next[k]] = x
		next[k]++
	}
	from := uint32(0)
	for _, end := range next {
		order(sorted[from:end])
		from = end
	}
	r.other = v
	return sorted
}
