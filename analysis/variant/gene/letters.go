package gene

import (
	"encoding/binary"
	"slices"
	"sort"

	"okazaki/genome"
)

// letters is a sequence with two bits a base, and the odd letters in it.
type letters struct {
	packed []byte // letter i in bits 2·(i mod 4) of packed[i/4]: A 0, C 1, G 2, T 3
	odd    []run  // ascending; other letters, whose bits are 0
}

// A run is the letters [lo, hi), all of them alike.
type run struct {
	lo, hi uint32
	letter byte
}

// twoBits is the number of a letter in two bits, 4 for one that has none.
var twoBits = func() (t [256]byte) {
	for i := range t {
		t[i] = 4
	}
	for i, letter := range []byte("ACGT") {
		t[letter], t[letter|0x20] = byte(i), byte(i)
	}
	t['U'], t['u'] = 3, 3
	return t
}()

// four are the letters of a byte.
var four = func() (t [256]uint32) {
	for i := range t {
		t[i] = binary.LittleEndian.Uint32([]byte{"ACGT"[i&3], "ACGT"[i>>2&3], "ACGT"[i>>4&3], "ACGT"[i>>6]})
	}
	return t
}()

// pack returns a sequence in two bits a base. A byte that is not a nucleotide
// counts as N.
func pack(seq []byte) letters {
	l := letters{packed: make([]byte, (len(seq)+3)/4)}
	for i := range l.packed {
		block := seq[i*4 : min(i*4+4, len(seq))]
		packed := byte(0)
		for j, letter := range block {
			b := twoBits[letter]
			if b > 3 {
				l.add(uint32(i*4+j), letter)
				b = 0
			}
			packed |= b << (2 * j)
		}
		l.packed[i] = packed
	}
	return l
}

// add makes letter p, beyond all that were added before, an odd one.
func (l *letters) add(p uint32, letter byte) {
	b := genome.BaseOf(letter)
	if b == 0 {
		b = genome.N
	}
	upper := b.Letter()
	if n := len(l.odd); n > 0 && l.odd[n-1].hi == p && l.odd[n-1].letter == upper {
		l.odd[n-1].hi++
		return
	}
	l.odd = append(l.odd, run{p, p + 1, upper})
}

// appendTo appends the letters [lo, hi), which must be within the sequence.
func (l *letters) appendTo(dst []byte, lo, hi int) []byte {
	if lo >= hi {
		return dst
	}
	begin := len(dst)
	dst = slices.Grow(dst, hi-lo)[:begin+hi-lo]
	out := dst[begin:]
	p := lo
	for ; p < hi && p&3 != 0; p++ {
		out[p-lo] = l.at(p)
	}
	if whole := (hi - p) / 4; whole > 0 {
		in, quads := l.packed[p>>2:][:whole], out[p-lo:]
		for _, b := range in {
			binary.LittleEndian.PutUint32(quads, four[b])
			quads = quads[4:]
		}
		p += 4 * whole
	}
	for ; p < hi; p++ {
		out[p-lo] = l.at(p)
	}
	if len(l.odd) > 0 {
		l.overlay(out, lo)
	}
	return dst
}

// at returns letter p; an odd one reads as A.
func (l *letters) at(p int) byte { return "ACGT"[l.packed[p>>2]>>(2*(p&3))&3] }

// overlay writes the odd letters over dst, which holds the letters from
// position lo.
func (l *letters) overlay(dst []byte, lo int) {
	hi := lo + len(dst)
	i := sort.Search(len(l.odd), func(i int) bool { return int(l.odd[i].hi) > lo })
	for ; i < len(l.odd) && int(l.odd[i].lo) < hi; i++ {
		r := l.odd[i]
		for p := max(int(r.lo), lo); p < min(int(r.hi), hi); p++ {
			dst[p-lo] = r.letter
		}
	}
}
