package consequence

import (
	"bytes"
	"strconv"

	"okazaki/genome"
)

// A shift is how far an insertion or a deletion can go along a strand without
// making another sequence: the 3' rule of HGVS.
type shift struct {
	known bool
	n     int // bases
	alt   []byte
}

// hgvs are the buffers of names.
type hgvs struct {
	flank, slice, alt []byte
	ref, edited       []byte // what a name compares
	window            window
}

// shifted is the shift of the allele along one strand.
func (c *Caller) shifted(reverse bool) *shift {
	i := 0
	if reverse {
		i = 1
	}
	sh := &c.shifts[i]
	if sh.known {
		return sh
	}
	a := &c.allele
	*sh = shift{known: true, alt: a.Alt}
	pattern := a.Alt
	if len(a.Alt) == 0 {
		pattern = a.Ref
	}
	if a.fixed || len(a.Ref) > 0 && len(a.Alt) > 0 || len(pattern) == 0 {
		return sh
	}
	n := len(pattern)
	for looked, more := 0, 16; sh.n == looked; looked, more = looked+more, more*4 {
		limit := min(looked+more, maxShift) // one whole pattern must fit beyond a match
		if reverse {
			limit = min(limit, a.Region.Lo)
			c.hgvs.flank = c.contig.AppendBases(c.hgvs.flank[:0], a.Region.Lo-limit, a.Region.Lo)
		} else {
			limit = min(limit, c.contig.Length-a.Region.Hi)
			c.hgvs.flank = c.contig.AppendBases(c.hgvs.flank[:0], a.Region.Hi, a.Region.Hi+limit)
		}
		for ; sh.n < limit && sh.n <= maxShift-n; sh.n++ {
			p, q := pattern[sh.n%n], byte(0)
			if reverse {
				p, q = pattern[n-1-sh.n%n], c.hgvs.flank[limit-1-sh.n]
			} else {
				q = c.hgvs.flank[sh.n]
			}
			if upper(p) != q {
				break
			}
		}
		if limit < looked+more {
			break // there is no more
		}
	}
	if k := sh.n % n; k > 0 && len(a.Alt) > 0 {
		if reverse {
			k = n - k
		}
		sh.alt = append(append([]byte(nil), a.Alt[k:]...), a.Alt[:k]...)
	}
	return sh
}

// move is the allele's region after a shift along the strand of a transcript.
func (c *Caller) move(s *script) (r genome.Region, sh *shift) {
	sh = c.shifted(s.t.Reverse)
	r = c.allele.Region
	if s.t.Reverse {
		return genome.Region{Lo: r.Lo - sh.n, Hi: r.Hi - sh.n}, sh
	}
	return genome.Region{Lo: r.Lo + sh.n, Hi: r.Hi + sh.n}, sh
}

// named says whether HGVS names the allele at a transcript: both its ends lie
// within.
func (c *Caller) named(q *Consequence) bool {
	if q.Transcript == nil || q.Near || !unambiguous(c.allele.Alt) {
		return false
	}
	r, t := c.allele.flanked(), q.Transcript.Region
	return t.Lo <= r.Lo && r.Hi <= t.Hi
}

// Offset is by how many bases the 3' rule moved the allele to name it at the
// transcript, negative on the - strand: VEP's HGVS_OFFSET. It is 0 if there is
// no name.
func (c *Caller) Offset(q *Consequence) int {
	if !c.named(q) {
		return 0
	}
	r, sh := c.move(q.script)
	switch {
	case r.Lo < q.Transcript.Region.Lo || r.Hi > q.Transcript.Region.Hi:
		return 0
	case q.Transcript.Reverse:
		return -sh.n
	}
	return sh.n
}

// AppendHGVSc appends the allele's name in the coding sequence, or the cDNA of
// a transcript without one, to dst: ENST00000327374:c.7A>G. Nothing is
// appended if it has none: an end of the allele, before or after the 3' rule,
// lies outside of the transcript.
func (c *Caller) AppendHGVSc(dst []byte, q *Consequence) []byte {
	if !c.named(q) {
		return dst
	}
	s, t := q.script, q.Transcript
	r, sh := c.move(s)
	if r.Lo < t.Region.Lo || r.Hi > t.Region.Hi {
		return dst
	}
	begin := len(dst)
	dst = append(dst, t.ID...)
	if t.Version != "" {
		dst = append(append(dst, '.'), t.Version...)
	}
	numbering := ":n."
	if s.coding() {
		numbering = ":c."
	}
	dst = append(dst, numbering...)
	h := &c.hgvs
	h.alt = append(h.alt[:0], sh.alt...)
	if t.Reverse {
		h.alt = genome.AppendReverseComplement(h.alt[:0], sh.alt)
	}
	for i := range h.alt {
		h.alt[i] = upper(h.alt[i])
	}
	h.ref = c.onTranscript(h.ref[:0], t.Reverse, r)
	named, ok := c.describe(dst, s, r, h.ref, h.alt)
	if !ok {
		return dst[:begin]
	}
	return named
}

// onTranscript appends the bases of region r on a strand.
func (c *Caller) onTranscript(dst []byte, reverse bool, r genome.Region) []byte {
	if !reverse {
		return c.contig.AppendBases(dst, r.Lo, r.Hi)
	}
	c.hgvs.slice = c.contig.AppendBases(c.hgvs.slice[:0], r.Lo, r.Hi)
	return genome.AppendReverseComplement(dst, c.hgvs.slice)
}

// describe appends where a change is and what it is.
func (c *Caller) describe(dst []byte, s *script, r genome.Region, ref, alt []byte) ([]byte, bool) {
	reverse := s.t.Reverse
	if len(ref) == 0 {
		before := genome.Region{Lo: r.Lo - len(alt), Hi: r.Lo}
		if reverse {
			before = genome.Region{Lo: r.Lo, Hi: r.Lo + len(alt)}
		}
		if before.Intersect(s.t.Region) == before {
			c.hgvs.edited = c.onTranscript(c.hgvs.edited[:0], reverse, before)
			if bytes.Equal(c.hgvs.edited, alt) {
				dst, ok := s.appendPositions(dst, before)
				return append(dst, "dup"...), ok
			}
		}
		dst, ok := s.appendPositions(dst, genome.Region{Lo: r.Lo - 1, Hi: r.Lo + 1})
		return append(append(dst, "ins"...), alt...), ok
	}
	kind := "delins"
	switch {
	case bytes.Equal(ref, alt):
		return dst, false
	case len(alt) == 0:
		kind = "del"
	case len(ref) > 1 && len(ref) == len(alt) && isReverseComplement(ref, alt):
		kind = "inv"
	}
	literal := len(ref) == 1 && len(alt) == 1
	for len(ref) > 0 && len(alt) > 0 && ref[0] == alt[0] {
		ref, alt = ref[1:], alt[1:]
		if reverse {
			r.Hi--
		} else {
			r.Lo++
		}
	}
	for len(ref) > 0 && len(alt) > 0 && ref[len(ref)-1] == alt[len(alt)-1] {
		ref, alt = ref[:len(ref)-1], alt[:len(alt)-1]
		if reverse {
			r.Lo++
		} else {
			r.Hi--
		}
	}
	switch {
	case len(ref) == 0:
		return c.describe(dst, s, r, ref, alt) // an insertion after all
	case len(alt) == 0:
		kind = "del"
	}
	ok := true
	if p := s.cdna(r); s.vep && literal && s.pad > 0 && p.whole() && s.codeLo <= p.lo && p.lo < s.codeHi {
		// Here VEP counts the bases missing from the first codon, and only here.
		dst = strconv.AppendInt(dst, int64(p.hi-s.codeLo+s.pad), 10)
	} else {
		dst, ok = s.appendPositions(dst, r)
	}
	if len(ref) == 1 && len(alt) == 1 {
		return append(dst, ref[0], '>', alt[0]), ok
	}
	dst = append(dst, kind...)
	if kind == "delins" {
		dst = append(dst, alt...)
	}
	return dst, ok
}

func isReverseComplement(a, b []byte) bool {
	for i := range a {
		if genome.Complement(a[i]) != b[len(b)-1-i] {
			return false
		}
	}
	return true
}

// appendPositions appends the first and the last base of a region: 12_14.
func (s *script) appendPositions(dst []byte, r genome.Region) ([]byte, bool) {
	first, last := r.Lo, r.Hi-1
	if s.t.Reverse {
		first, last = last, first
	}
	dst, ok := s.appendPosition(dst, first)
	if first == last || !ok {
		return dst, ok
	}
	return s.appendPosition(append(dst, '_'), last)
}

// appendPosition appends genome position p as HGVS counts it: from the first
// coding base, -1 before it and *1 after the last; of a base in an intron
// how far it is from the nearer exon: 12+3.
func (s *script) appendPosition(dst []byte, p int) ([]byte, bool) {
	exons := s.t.Exons
	i := s.exon(p)
	if i == len(exons) {
		return dst, false
	}
	off, into := 0, 0
	if p >= exons[i].Lo {
		off = s.offsetIn(i, p)
	} else {
		if i == 0 && !s.mirror {
			return dst, false
		}
		up, down := p, exons[i].Lo-p
		if i > 0 {
			up = p - exons[i-1].Hi + 1
		}
		if up < down || up == down && !s.t.Reverse {
			off, into = s.offsetIn(i-1, exons[i-1].Hi-1), up
		} else {
			off, into = s.offsetIn(i, exons[i].Lo), -down
		}
		if s.t.Reverse {
			into = -into
		}
	}
	switch {
	case !s.coding():
		dst = strconv.AppendInt(dst, int64(off+1), 10)
	case s.vep && into != 0 && off == s.codeHi-1:
		return strconv.AppendInt(append(dst, '*'), int64(into), 10), true
	case off >= s.codeHi:
		dst = strconv.AppendInt(append(dst, '*'), int64(off-s.codeHi+1), 10)
	case off < s.codeLo:
		dst = strconv.AppendInt(dst, int64(off-s.codeLo), 10)
	default:
		dst = strconv.AppendInt(dst, int64(off-s.codeLo+1), 10)
	}
	if into > 0 {
		dst = append(dst, '+')
	}
	if into != 0 {
		dst = strconv.AppendInt(dst, int64(into), 10)
	}
	return dst, true
}
