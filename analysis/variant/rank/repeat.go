package rank

import (
	"bytes"

	"okazaki/analysis/variant/known"
)

// copies is how many times in a row the unit of an indel has to be there for
// its place to be a repeat.
const copies = 4

// InRepeat says whether an insertion or deletion changes the number of units
// of a tandem repeat: whether its shortest unit, of 12 bases at most, is
// there four times in a row in the reference. k has to be aligned to the
// left. For another change it is No.
func InRepeat(contig known.Reference, k known.Key) Answer {
	allele := k.Ref
	if len(allele) == 0 {
		allele = k.Alt
	}
	if len(allele) == 0 || len(k.Ref) > 0 && len(k.Alt) > 0 {
		return No
	}
	unit := bytes.ToUpper(allele[:period(allele)])
	if len(unit) > 12 {
		return No
	}
	var b [2 * copies * 12]byte
	lo := max(k.Pos-copies*len(unit), 0)
	around := contig.AppendBases(b[:0], lo, k.Pos+len(k.Ref)+copies*len(unit))
	// Units before and after the place, in its phase.
	n := 0
	for at := k.Pos - lo; at >= len(unit) && bytes.EqualFold(around[at-len(unit):at], unit); at -= len(unit) {
		n++
	}
	for at := k.Pos - lo; at+len(unit) <= len(around) && bytes.EqualFold(around[at:at+len(unit)], unit); at += len(unit) {
		n++
	}
	if n >= copies {
		return Yes
	}
	return No
}

// period returns the length of the shortest text whose repetition is s.
func period(s []byte) int {
	for n := 1; n <= len(s)/2; n++ {
		if len(s)%n == 0 && bytes.Equal(s[n:], s[:len(s)-n]) {
			return n
		}
	}
	return len(s)
}
