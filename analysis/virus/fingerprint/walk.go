package fingerprint

import (
	"encoding/binary"
	"math/bits"
)

const (
	anchorSize = 16 // letters of an anchor: they occur once in the reference
	resume     = 16 // letters that must match after a difference
	patience   = 40 // differing letters that are skipped before an anchor is sought
	sure       = 24 // letters that must match at an anchor
)

// A run is bases that a genome and the reference have in common.
type run struct {
	at, ref int // where it starts in each
	n       int
}

// An index finds the reference's unique anchors: open addressing by code.
type index struct {
	slots []slot
	shift int
}

type slot struct {
	code uint32
	pos  int32 // from 1; 0: the slot is free; -1: the code occurs again
}

func newIndex(seq []byte) *index {
	size := bits.Len(uint(4 * len(seq)))
	x := &index{slots: make([]slot, 1<<size), shift: 32 - size}
	kmers(seq, anchorSize, 0, len(seq), func(at int, code, _ uint64) {
		s := x.slot(uint32(code))
		if s.pos != 0 {
			s.pos = -1
		} else {
			*s = slot{uint32(code), int32(at + 1)}
		}
	})
	return x
}

// slot returns the slot of a code, or the free one where it would be.
func (x *index) slot(code uint32) *slot {
	for i := code * 2654435769 >> x.shift; ; i++ {
		s := &x.slots[int(i)&(len(x.slots)-1)]
		if s.pos == 0 || s.code == code {
			return s
		}
	}
}

// find returns the first anchor of q at or after at whose place in ref is at or
// after from, as its places in q and in ref. It returns -1 if there is none
// before hi.
func (x *index) find(q, ref []byte, at, hi, from int) (int, int) {
	code, good := uint32(0), 0
	for i := at; i < hi; i++ {
		c := codes[q[i]]
		if c == 4 {
			good = 0
			continue
		}
		code = code<<2 | uint32(c)
		if good++; good < anchorSize {
			continue
		}
		if s := x.slot(code); s.pos > int32(from) {
			at, ref0 := i-anchorSize+1, int(s.pos)-1
			if matches(q, ref, at, ref0, sure) {
				return at, ref0
			}
		}
	}
	return -1, -1
}

// matches says whether n bases, or all up to an end, are the same.
func matches(q, ref []byte, i, j, n int) bool {
	n = min(n, len(q)-i, len(ref)-j)
	return n > 0 && string(q[i:i+n]) == string(ref[j:j+n])
}

// common returns the number of bases that a and b have in common at their
// start.
func common(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	// The runtime compares long pieces by vectors.
	for i+256 <= n && string(a[i:i+256]) == string(b[i:i+256]) {
		i += 256
	}
	for ; i+8 <= n; i += 8 {
		if x := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

// walk appends the runs that a genome and the reference have in common, in
// order in both. It may miss some, but no run is wrong: the bases between runs
// are compared k-mer by k-mer. It stops, with ok false, at a letter that is not
// in upper case.
func (r *Reference) walk(dst []run, q []byte) (runs []run, ok bool) {
	ref := r.seq
	i, j := 0, 0
	if !matches(q, ref, 0, 0, sure) {
		if i, j = r.index.find(q, ref, 0, len(q), 0); i < 0 {
			return dst, plain(q)
		}
		if !plain(q[:i]) {
			return dst, false
		}
		n := commonBefore(q[:i], ref[:j])
		i, j = i-n, j-n
	}
	for {
		if n := common(q[i:], ref[j:]); n > 0 {
			dst = append(dst, run{i, j, n})
			i, j = i+n, j+n
		}
		if i == len(q) || j == len(ref) {
			return dst, plain(q[i:])
		}
		if !plain(q[i : i+1]) {
			return dst, false
		}
		at, to := r.resume(q, i, j)
		if at < 0 {
			return dst, plain(q[i:])
		}
		if !plain(q[i:at]) {
			return dst, false
		}
		i, j = at, to
	}
}

// resume finds where the genome and the reference, which differ at i and j,
// are the same again: -1 if nowhere.
func (r *Reference) resume(q []byte, i, j int) (int, int) {
	at, to := i, j
	for n := 0; n < patience; n++ {
		skip := unread(q[at:])
		if at, to = at+skip, to+skip; skip == 0 {
			at, to = at+1, to+1
		}
		if at >= len(q) || to >= len(r.seq) {
			break
		}
		if matches(q, r.seq, at, to, resume) {
			return at, to
		}
	}
	at, to = r.index.find(q, r.seq, i, len(q), j)
	if at < 0 {
		return -1, -1
	}
	n := commonBefore(q[i:at], r.seq[j:to])
	return at - n, to - n
}

// unread returns the number of Ns at the start of q.
func unread(q []byte) int {
	const ns = 0x4e4e4e4e4e4e4e4e
	i := 0
	for i+8 <= len(q) && binary.LittleEndian.Uint64(q[i:]) == ns {
		i += 8
	}
	for i < len(q) && q[i] == 'N' {
		i++
	}
	return i
}

// commonBefore returns the number of bases that a and b have in common at their
// end.
func commonBefore(a, b []byte) (n int) {
	for n < len(a) && n < len(b) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}

// plain says whether all letters are in upper case, and none is a gap or U.
func plain(q []byte) bool {
	for _, l := range q {
		if l < 'A' || l > 'Z' || l == 'U' {
			return false
		}
	}
	return true
}
