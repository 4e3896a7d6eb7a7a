package vrs

import (
	"bytes"
	"strconv"

	"okazaki/genome"
)

// A Reference appends the bases [lo, hi) of one sequence, in upper case, to
// dst and returns it. lo and hi are within the sequence.
type Reference interface {
	AppendBases(dst []byte, lo, hi int) []byte
}

// An Allele is a change of one sequence in its normal form.
type Allele struct {
	Accession string        // of the sequence, refget's SQ.…
	Region    genome.Region // what is replaced
	Sequence  []byte        // what is there instead
	// Repeat is the length of the unit whose repetition Sequence is, if the
	// reference holds the unit: then only the length is digested. 0 if
	// Sequence is written out.
	Repeat int
}

// maxRoll bounds how far an ambiguous change is followed to either side, in bases.
const maxRoll = 1 << 20

// Normalize is the fully-justified form of the replacement of [lo, hi) of a
// sequence of that length by alt: shared ends are trimmed, and an insertion
// or deletion is widened over every place where it could as well have been
// (VRS 2.0, conventions, normalization; NCBI's VOCA,
// doi:10.1093/bioinformatics/btz856). A replacement by the same bases stays
// as it is. alt is in upper case.
func Normalize(accession string, ref Reference, length, lo, hi int, alt []byte) Allele {
	was := ref.AppendBases(nil, lo, hi)
	a := Allele{Accession: accession, Region: genome.Region{Lo: lo, Hi: hi}, Sequence: alt}
	if bytes.Equal(was, alt) {
		a.Repeat = len(alt)
		return a
	}
	for len(was) > 0 && len(alt) > 0 && was[len(was)-1] == alt[len(alt)-1] {
		was, alt, hi = was[:len(was)-1], alt[:len(alt)-1], hi-1
	}
	for len(was) > 0 && len(alt) > 0 && was[0] == alt[0] {
		was, alt, lo = was[1:], alt[1:], lo+1
	}
	a.Region, a.Sequence = genome.Region{Lo: lo, Hi: hi}, alt
	if len(was) > 0 && len(alt) > 0 {
		return a
	}
	unit := was
	if len(was) == 0 {
		unit = alt
	}
	left := roll(ref, lo, unit, -1, length)
	right := roll(ref, hi, unit, +1, length)
	a.Region = genome.Region{Lo: lo - left, Hi: hi + right}
	whole := ref.AppendBases(nil, lo-left, lo)
	whole = append(whole, alt...)
	a.Sequence = ref.AppendBases(whole, hi, hi+right)
	if len(was) > 0 {
		a.Repeat = len(was) // a deletion leaves nothing but reference
		return a
	}
	// An insertion is the reference's own if the widened sequence repeats a
	// unit that the reference holds whole.
	for n := len(alt); n > 0; n-- {
		if len(alt)%n == 0 && n <= a.Region.Len() && periodic(a.Sequence, n) {
			a.Repeat = n
			break
		}
	}
	return a
}

// roll returns how far a unit that is inserted or deleted at pos can be moved
// to a side without changing the result.
func roll(ref Reference, pos int, unit []byte, side, length int) (n int) {
	var buf []byte
	for n < maxRoll {
		// In pieces, so that most variants look at few bases.
		size := min(max(2*n, 64), maxRoll-n)
		lo, hi := pos+n, min(pos+n+size, length)
		if side < 0 {
			lo, hi = max(pos-n-size, 0), pos-n
		}
		buf = ref.AppendBases(buf[:0], lo, hi)
		for i := range buf {
			letter, want := buf[i], unit[n%len(unit)]
			if side < 0 {
				letter, want = buf[len(buf)-1-i], unit[len(unit)-1-n%len(unit)]
			}
			if letter != want {
				return n
			}
			n++
		}
		if len(buf) < size {
			return n
		}
	}
	return n
}

// periodic says whether s repeats with a period of n.
func periodic(s []byte, n int) bool {
	return bytes.Equal(s[n:], s[:len(s)-n])
}

// LocationDigest is the digest of the allele's SequenceLocation.
func (a *Allele) LocationDigest() string {
	b := append(make([]byte, 0, 192), `{"end":`...)
	b = strconv.AppendInt(b, int64(a.Region.Hi), 10)
	b = append(append(append(b, `,"sequenceReference":{"refgetAccession":"`...), a.Accession...), `","type":"SequenceReference"},"start":`...)
	b = strconv.AppendInt(b, int64(a.Region.Lo), 10)
	return Digest(append(b, `,"type":"SequenceLocation"}`...))
}

// ID is the allele's computed identifier, ga4gh:VA.….
func (a *Allele) ID() string {
	b := append(make([]byte, 0, 192+len(a.Sequence)), `{"location":"`...)
	b = append(append(b, a.LocationDigest()...), `","state":{`...)
	if a.Repeat > 0 {
		b = strconv.AppendInt(append(b, `"length":`...), int64(len(a.Sequence)), 10)
		b = strconv.AppendInt(append(b, `,"repeatSubunitLength":`...), int64(a.Repeat), 10)
		b = append(b, `,"type":"ReferenceLengthExpression"`...)
	} else {
		b = append(append(b, `"sequence":"`...), a.Sequence...)
		b = append(b, `","type":"LiteralSequenceExpression"`...)
	}
	return "ga4gh:VA." + Digest(append(b, `},"type":"Allele"}`...))
}

// Object is the allele as the specification's JSON.
func (a *Allele) Object() Object {
	state := Object{"type": "LiteralSequenceExpression", "sequence": string(a.Sequence)}
	if a.Repeat > 0 {
		state = Object{"type": "ReferenceLengthExpression", "length": len(a.Sequence), "repeatSubunitLength": a.Repeat, "sequence": string(a.Sequence)}
	}
	return Object{"type": "Allele", "state": state, "location": Object{"type": "SequenceLocation", "start": a.Region.Lo, "end": a.Region.Hi,
		"sequenceReference": Object{"type": "SequenceReference", "refgetAccession": a.Accession}}}
}
