package known

import (
	"bytes"
	"cmp"
)

// A Key is one change of a contig: Ref, from Pos on, becomes Alt. It is
// trimmed: the alleles share neither their last bases nor, after that, their
// first, so that an insertion has no Ref and a deletion no Alt. Two records
// that say the same change have the same Key, if both are aligned to the
// left.
type Key struct {
	Pos      int // 0-based, of the first base that changes, or of the base before which some are inserted
	Ref, Alt []byte
	word     uint64
}

// A word is a short change: two bits a base, Ref's first, and the lengths
// above. For a change that is too long, or has letters other than A, C, G and
// T, it is longWord and the number of the change in its chunk.
const (
	maxShort = 15 // bases of an allele
	maxWord  = 27 // bases of both
	altShift = 54
	refShift = 58
	longWord = 1 << 63
)

// MaxShift is how far an insertion or deletion is moved to the left at most,
// in bases, for its key. A longer repeat has more than one key for one
// change.
const MaxShift = 1 << 16

// letterCodes are the two bits of A, C, G and T in either case, 4 for N, and
// 255 for a byte that is not a letter of an allele.
var letterCodes = func() (t [256]byte) {
	for i := range t {
		t[i] = 255
	}
	for i, l := range "ACGTN" {
		t[l], t[l|0x20] = byte(i), byte(i)
	}
	return t
}()

// MakeKey trims the alleles of a record whose first base is at pos (0-based).
// It returns false for alleles that are not sequences (symbolic ones,
// breakends, * and .) and for alleles that change nothing. Ref and Alt of the
// key are parts of ref and alt.
func MakeKey(pos int, ref, alt []byte) (Key, bool) {
	for len(ref) > 0 && len(alt) > 0 && same(ref[len(ref)-1], alt[len(alt)-1]) {
		ref, alt = ref[:len(ref)-1], alt[:len(alt)-1]
	}
	for len(ref) > 0 && len(alt) > 0 && same(ref[0], alt[0]) {
		ref, alt, pos = ref[1:], alt[1:], pos+1
	}
	if len(ref)+len(alt) == 0 || pos < 0 {
		return Key{}, false
	}
	k := Key{Pos: pos, Ref: ref, Alt: alt}
	return k, k.pack()
}

func same(a, b byte) bool { return letterCodes[a] == letterCodes[b] && letterCodes[a] < 255 }

// pack finds the key's word. It returns false if a byte is not a letter of an
// allele.
func (k *Key) pack() bool {
	word, short := uint64(len(k.Alt))<<altShift|uint64(len(k.Ref))<<refShift, true
	if len(k.Ref) > maxShort || len(k.Alt) > maxShort || len(k.Ref)+len(k.Alt) > maxWord {
		short = false
	}
	shift := 0
	for _, allele := range [2][]byte{k.Ref, k.Alt} {
		for _, l := range allele {
			c := letterCodes[l]
			if c == 255 {
				return false
			}
			short = short && c < 4
			if short {
				word |= uint64(c) << shift
				shift += 2
			}
		}
	}
	if k.word = word; !short {
		k.word = longWord
	}
	return true
}

// spell appends the bases of a short word to dst, Ref's first.
func spell(dst []byte, word uint64) (letters []byte, ref int) {
	ref = int(word >> refShift & maxShort)
	for n := ref + int(word>>altShift&maxShort); n > 0; n-- {
		dst = append(dst, "ACGT"[word&3])
		word >>= 2
	}
	return dst, ref
}

// compare orders keys by position, then by their alleles.
func (k *Key) compare(o *Key) int {
	return cmp.Or(cmp.Compare(k.Pos, o.Pos), bytes.Compare(k.Ref, o.Ref), bytes.Compare(k.Alt, o.Alt))
}

// A Reference appends the bases [lo, hi) of a contig to dst.
type Reference interface {
	AppendBases(dst []byte, lo, hi int) []byte
}

// LeftAlign moves an insertion or deletion as far to the left as the
// reference allows, MaxShift bases at most (Tan 2015, Bioinformatics
// 31:2202). Other changes stay what they are. scratch, which may not hold k's
// own alleles, is for the bases of the new key; LeftAlign returns it grown,
// and it is the key's until it is used again.
func (k Key) LeftAlign(r Reference, scratch []byte) (Key, []byte) {
	allele := k.Ref
	if len(allele) == 0 {
		allele = k.Alt
	}
	n := len(allele)
	if n == 0 || len(k.Ref) > 0 && len(k.Alt) > 0 {
		return k, scratch
	}
	shift := 0
	for window := 32; shift < min(k.Pos, MaxShift); window *= 4 {
		// The bases before the change, then the change: what moves along.
		lo := max(k.Pos-window, k.Pos-MaxShift, 0)
		scratch = append(r.AppendBases(scratch[:0], lo, k.Pos), allele...)
		at := k.Pos - lo // of the change
		if len(scratch) != at+n {
			return k, scratch // the contig is shorter than that
		}
		for shift < at && same(scratch[at-1-shift], scratch[at-1-shift+n]) {
			shift++
		}
		if shift < at {
			break
		}
	}
	if shift == 0 {
		return k, scratch
	}
	turn := (n - shift%n) % n
	scratch = append(append(scratch[:0], allele[turn:]...), allele[:turn]...)
	moved := Key{Pos: k.Pos - shift, Ref: scratch}
	if len(k.Ref) == 0 {
		moved.Ref, moved.Alt = nil, scratch
	}
	moved.pack()
	return moved, scratch
}
