package inflate

import "math/bits"

// An entry of a table says what a code stands for. Its lowest five bits are how
// many bits the code has.
//
//	literal: its byte from bit 16 on
//	base:    a length or distance from bit 16 on, of which bits 8 to 11 say how
//	         many bits follow that are added to it
//	next:    the index of another table from bit 16 on, bits 8 to 11 say of how
//	         many bits, and the code goes on behind the bits of this one
//	ends:    the block ends
//
// The zero entry stands for bits that are not a code.
type entry uint32

const (
	literal entry = 1 << 5 << iota
	base
	next // bit 7

	ends entry = 1 << 12
)

const (
	litBits  = 11
	distBits = 8
	// A table and its subtables need at most 2,342 and 402 entries, by zlib's
	// enough.c; a power of two spares the checks.
	litTable  = 4096
	distTable = 512
)

var (
	lengthEntries = bases(29, 4, 3)
	distEntries   = bases(30, 2, 1)
	fixed         = fixedCodes()
)

// bases returns the entries of n lengths or distances from least on. After the
// first two groups of every entries, each group has one extra bit more than the
// group before (RFC 1951, 3.2.5).
func bases(n, every, least int) (e [32]entry) {
	for i := range n {
		extra := max(0, i/every-1)
		e[i] = base | entry(least)<<16 | entry(extra)<<8
		least += 1 << extra
	}
	if every == 4 {
		e[28] = base | 258<<16 // the longest has none
	}
	return e
}

// tables are the codes of a block.
type tables struct {
	lit  [litTable]entry
	dist [distTable]entry
}

// fixedCodes returns the codes of RFC 1951, 3.2.6.
func fixedCodes() (t tables) {
	var lengths [288]uint8
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	build(t.lit[:], litBits, lengths[:], litEntry)
	for i := range 32 {
		lengths[i] = 5
	}
	build(t.dist[:], distBits, lengths[:32], distEntry)
	return t
}

func litEntry(symbol int) entry {
	switch {
	case symbol < 256:
		return literal | entry(symbol)<<16
	case symbol == 256:
		return ends
	}
	return lengthEntries[symbol-257]
}

func distEntry(symbol int) entry { return distEntries[symbol] }

// build fills a table of root bits with the canonical code of these lengths
// (RFC 1951, 3.2.2). As in compress/flate the code must be complete, except
// that an empty code, or one code of one bit, is allowed.
func build(table []entry, root uint, lengths []uint8, of func(symbol int) entry) bool {
	var count, at [16]int
	longest := uint(0)
	for _, n := range lengths {
		count[n]++
		longest = max(longest, uint(n))
	}
	clear(table[:1<<root])
	if longest == 0 {
		return true
	}
	code := 0
	count[0] = 0
	var first [16]int // code of each length
	for n := 1; n <= 15; n++ {
		code <<= 1
		first[n] = code
		code += count[n]
		at[n] = at[n-1] + count[n-1]
		if code > 1<<n {
			return false
		}
	}
	if code != 1<<15 && !(longest == 1 && count[1] == 1) {
		return false
	}
	var sorted [288]uint16
	for s, n := range lengths {
		if n > 0 {
			sorted[at[n]] = uint16(s)
			at[n]++
		}
	}
	free := 1 << root // where the next further table begins
	i := 0
	for n := uint(1); n <= longest; n++ {
		for c := first[n]; c < first[n]+count[n]; c++ {
			symbol := int(sorted[i])
			i++
			e := of(symbol)
			reversed := int(bits.Reverse16(uint16(c)) >> (16 - n))
			if n <= root {
				if e != 0 {
					e |= entry(n)
				}
				for k := reversed; k < 1<<root; k += 1 << n {
					table[k] = e
				}
				continue
			}
			prefix := reversed & (1<<root - 1)
			to := table[prefix]
			if to == 0 {
				// Codes with one prefix follow each other: the further table
				// gets as many bits as the longest of them needs.
				more, left := n-root, 1<<(n-root)
				for k := n; k < longest; k++ {
					left -= remaining(c, first[k], count[k], n, k)
					if left <= 0 {
						break
					}
					left <<= 1
					more++
				}
				to = next | entry(free)<<16 | entry(more)<<8 | entry(root)
				table[prefix] = to
				clear(table[free : free+1<<more])
				free += 1 << more
			}
			start, more := int(to>>16), uint(to>>8&15)
			if e != 0 {
				e |= entry(n - root)
			}
			for k := reversed >> root; k < 1<<more; k += 1 << (n - root) {
				table[start+k] = e
			}
		}
	}
	return true
}

// remaining is how many codes of k bits lie at or behind the code c of n.
func remaining(c, first, count int, n, k uint) int {
	if k == n {
		return first + count - c
	}
	return count
}

var order = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// readCodes reads a block's own codes (RFC 1951, 3.2.7). Its result means
// nothing if the input ran short.
func (d *decoder) readCodes(h *bitReader) bool {
	d.codes = &d.own
	lit := d.own.lit[:]
	nlit, ndist, nlen := 257+h.take(5), 1+h.take(5), 4+h.take(4)
	if nlit > 286 || ndist > 30 {
		return h.short
	}
	var lengths [286 + 30]uint8
	var ofLengths [19]uint8
	for _, k := range order[:nlen] {
		ofLengths[k] = uint8(h.take(3))
	}
	// The code of lengths has 7 bits at most: it borrows the other's table.
	if !build(lit, 7, ofLengths[:], func(s int) entry { return literal | entry(s)<<16 }) {
		return h.short
	}
	for i := 0; i < nlit+ndist; {
		e := h.code(lit, 7)
		if e == 0 {
			return h.short
		}
		symbol, times, value := e>>16, 1, uint8(0)
		switch symbol {
		default:
			value = uint8(symbol)
		case 16:
			if i == 0 {
				return h.short
			}
			value, times = lengths[i-1], 3+h.take(2)
		case 17:
			times = 3 + h.take(3)
		case 18:
			times = 11 + h.take(7)
		}
		if h.short {
			return true
		}
		if i+times > nlit+ndist {
			return false
		}
		for range times {
			lengths[i] = value
			i++
		}
	}
	return build(lit, litBits, lengths[:nlit], litEntry) &&
		build(d.own.dist[:], distBits, lengths[nlit:nlit+ndist], distEntry) || h.short
}
