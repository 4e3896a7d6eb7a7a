package consequence

import (
	"bytes"
	"strconv"

	"okazaki/genome"
)

// A kind is a kind of change of a protein.
type kind uint8

const (
	kindNone kind = iota
	kindFrameshift
	kindInsertion
	kindDeletion
	kindSubstitution
	kindDelins
	kindDuplication
	kindSame
	kindBare
)

// A change is a change of a protein as HGVS is about to name it.
type change struct {
	c        *Caller
	s        *script
	w        *window
	alt      []byte // the bases put in, on the transcript's strand
	ref, new []byte // the amino acids; new is empty if it is not known
	original []byte // ref before the shared amino acids were taken from it
	shared   []byte // the shared ones taken from its start
	start    int    // the first amino acid, from 1
	end      int    // the last
	kind     kind
	hasNew   bool
	// What is true of the allele before the 3' rule.
	stopLost, startLost, frameshift bool
}

// AppendHGVSp appends the allele's name in the protein to dst:
// ENSP00000332721.4:p.Ile3Val. Nothing is appended if it has none.
func (c *Caller) AppendHGVSp(dst []byte, q *Consequence) []byte {
	t := q.Transcript
	if t == nil || q.Near || !q.script.coding() || !unambiguous(c.allele.Alt) {
		return dst
	}
	if q.CDS.First == 0 && q.CDS.Last == 0 && c.shifted(t.Reverse).n == 0 {
		return dst
	}
	c.evaluate(q.script)
	f := &c.facts
	if !f.AtCoding {
		return dst
	}
	guarded := f.Partial || f.stopRetained()
	ch := change{c: c, s: q.script, w: &f.window, alt: c.onStrand(q.script), stopLost: f.stopLost(), startLost: f.startLost()}
	if r, sh := c.move(q.script); sh.n > 0 {
		alt := sh.alt
		if q.script.mirror && sh.n > len(alt) {
			alt = c.allele.Alt // VEP turns no more than one round
		}
		ch.alt = append(c.hgvs.alt[:0], alt...)
		if t.Reverse {
			ch.alt = genome.AppendReverseComplement(c.hgvs.alt[:0], alt)
		}
		c.hgvs.alt = ch.alt
		ch.w = &c.hgvs.window
		ch.w.cdna = q.script.cdna(r)
		ch.w.cds = q.script.cds(ch.w.cdna)
		ch.w.open(q.script, ch.alt, true)
	}
	if !ch.w.HasCodons {
		return dst
	}
	ch.frameshift = !guarded && ch.w.NetFrame%3 != 0
	begin := len(dst)
	if t.Protein != "" {
		dst = append(dst, t.Protein...)
	} else {
		dst = append(dst, t.ID...)
	}
	dst = append(dst, ":p."...)
	ch.start, ch.end = ch.w.First, ch.w.Last
	ch.ref, ch.new, ch.hasNew = orDash(ch.w.refPep), orDash(ch.w.altPep), true
	if !bytes.Equal(ch.ref, ch.new) {
		ch.clip()
	}
	ch.classify()
	if ch.kind == kindNone || ch.unknown() || !ch.peptides() {
		return dst[:begin]
	}
	return ch.append(dst)
}

// unknown says whether an amino acid touched is unknown, which VEP calls Ter.
func (h *change) unknown() bool {
	x := func(p []byte) bool { return bytes.IndexByte(p, genome.Unknown) >= 0 }
	return !h.s.vep && (x(h.w.refPep) || !h.frameshift && x(h.w.altPep))
}

// orDash is p, or - if there is nothing.
func orDash(p []byte) []byte {
	if len(p) == 0 {
		return []byte{'-'}
	}
	return p
}

// clip removes from a change the amino acids that its sides share, first from
// the start.
func (h *change) clip() {
	ref, alt := h.ref, h.new
	h.original = ref
	for n := 0; n < len(h.ref) && len(ref) > 0 && len(alt) > 0 && ref[0] == alt[0]; n++ {
		if ref[0] == genome.Stop {
			h.kind = kindSame
			return
		}
		h.shared = h.ref[:n+1]
		ref, alt = ref[1:], alt[1:]
		h.start++
	}
	for len(ref) > 0 && len(alt) > 0 && ref[len(ref)-1] == alt[len(alt)-1] {
		ref, alt = ref[:len(ref)-1], alt[:len(alt)-1]
		h.end--
	}
	h.ref, h.new = ref, alt
}

// classify finds the kind of the change. A stop is X from here on.
func (h *change) classify() {
	if h.frameshift {
		h.kind = kindFrameshift
		return
	}
	h.ref, h.new = unstop(h.ref), unstop(h.new)
	switch {
	case len(h.ref) == 0 || string(h.ref) == "-":
		h.kind = kindInsertion
	case len(h.new) == 0 || string(h.new) == "-":
		h.kind = kindDeletion
	case len(h.ref) == 1 && len(h.new) == 1:
		h.kind = kindSubstitution
	default:
		h.kind = kindDelins
	}
}

// unstop is p with its first stop as X.
func unstop(p []byte) []byte {
	i := bytes.IndexByte(p, genome.Stop)
	if i < 0 {
		return p
	}
	p = bytes.Clone(p)
	p[i] = genome.Unknown
	return p
}

// peptides finds the amino acids to be named. From here on ref and new are in
// three letters an amino acid. It says whether there is a name at all.
func (h *change) peptides() bool {
	switch h.kind {
	case kindFrameshift:
		if !h.firstChanged() {
			return false
		}
	case kindInsertion:
		h.new = h.slide(h.new)
		if bytes.IndexByte(h.new, genome.Stop) < 0 && h.duplicates() {
			h.kind = kindDuplication
			h.new = three(h.new)
			return true
		}
		h.ref = h.around(min(h.start, h.end), 2)
		if len(h.ref) == 0 {
			return false
		}
	case kindDeletion:
		h.ref = h.slide(h.ref)
	}
	if string(h.ref) != "-" {
		h.ref = three(h.ref)
	}
	if h.kind != kindDeletion || string(h.new) != "del" {
		if string(h.new) == "-" {
			h.new = []byte("del")
		} else {
			h.new = three(h.new)
		}
	}
	switch {
	case h.startLost && !h.s.vep:
		h.ref, h.start, h.end = three(h.s.peptide()[:min(1, len(h.s.peptide()))]), 1, 1
		fallthrough
	case h.startLost:
		h.new, h.kind = []byte("?"), kindBare
	case h.kind == kindDeletion:
		h.new = []byte("del")
	case h.kind == kindFrameshift:
		h.ref = h.ref[:min(3, len(h.ref))]
	}
	return true
}

// altered is the protein after the change, to the end of the transcript.
func (h *change) altered() []byte {
	text := h.s.codes()
	e := append(h.c.hgvs.edited[:0], text[:h.w.cds.lo]...)
	e = append(e, h.alt...)
	e = append(e, text[h.w.cds.hi:]...)
	h.c.hgvs.edited = e
	h.c.hgvs.slice = h.s.t.Code.AppendTranslation(h.c.hgvs.slice[:0], e)
	p := h.c.hgvs.slice
	h.recode(p)
	return p
}

// recode writes U for the selenocysteines that the change leaves as they are.
func (h *change) recode(p []byte) {
	t := h.s.t
	for _, at := range t.Selenocysteines {
		off, ok := h.s.offset(at)
		if !ok {
			continue
		}
		off += h.s.pad - h.s.codeLo + h.s.again(off)
		switch {
		case off+3 <= h.w.cds.lo:
		case off >= h.w.cds.hi:
			off += h.w.NetFrame
		default:
			continue
		}
		if off%3 == 0 && off/3 < len(p) && p[off/3] == genome.Stop {
			p[off/3] = 'U'
		}
	}
}

// firstChanged finds the first amino acid that a frameshift changes.
func (h *change) firstChanged() bool {
	was, is := h.s.peptide(), h.altered()
	h.start = h.w.First
	if h.start > len(is) {
		h.kind, h.new = kindDeletion, []byte("del")
		return true
	}
	for ; h.start <= len(is); h.start++ {
		h.ref, h.new = h.ref[:0:0], h.new[:0:0]
		switch i := h.start - 1; {
		case i < len(was):
			h.ref = was[i : i+1]
		case i == len(was):
			h.ref = []byte{genome.Stop}
		}
		h.new = []byte{is[h.start-1]}
		if string(h.ref) == "*" && h.new[0] == genome.Stop {
			h.kind = kindSame
			return true
		}
		if !bytes.Equal(h.ref, h.new) {
			break
		}
	}
	return true
}

// slide moves an inserted or deleted peptide towards the end of the protein as
// far as it stays the same change.
func (h *change) slide(p []byte) []byte {
	rest := h.around(h.end+1, -1)
	if rest == nil {
		return p
	}
	n := 0
	for n <= len(rest)-len(p) && n < len(rest) && p[n%len(p)] == rest[n] {
		n++
	}
	h.start, h.end = h.start+n, h.end+n
	k := n % len(p)
	return append(bytes.Clone(p[k:]), p[:k]...)
}

// around is n amino acids of the protein from the one numbered at, or all if n
// is negative; nil if the protein ends there. A stop that the change touches
// belongs to the protein.
func (h *change) around(at, n int) []byte {
	p := h.s.peptide()
	if len(h.original) > 0 && h.original[0] == genome.Stop {
		p = append(bytes.Clone(p), h.original...)
	}
	if len(p) <= at || at < 0 {
		return nil
	}
	if at == 0 {
		return p[len(p)-1:] // VEP counts from the end here
	}
	p = p[at-1:]
	if n >= 0 {
		p = p[:min(n, len(p))]
	}
	return p
}

// duplicates says whether an insertion repeats what comes before it, and if so
// moves the change onto that.
func (h *change) duplicates() bool {
	code := h.s.codes()[:h.s.codingLen()]
	was := h.s.t.Code.AppendTranslation(h.c.hgvs.slice[:0], code)
	h.c.hgvs.slice = was
	h.s.recode(was, 1)
	was = append(was[:min(max(h.start-1, 0), len(was))], h.shared...)
	lo, n := h.start-1-len(h.new), len(h.new)
	if lo < 0 || lo+n > len(was) || !bytes.Equal(was[lo:lo+n], h.new) {
		return false
	}
	h.start, h.end = h.start-n, h.start-1
	return true
}

// untilStop is how many amino acids there are from the change to the next
// stop, counted from the changed one after a frameshift, and else beyond the
// protein's end; 0 if there is none.
func (h *change) untilStop(frameshift bool) int {
	if h.start <= 1 {
		return 0
	}
	stop := bytes.IndexByte(h.altered(), genome.Stop)
	switch {
	case stop < 0:
		return 0
	case frameshift:
		return stop + 1 - (h.start - 1)
	}
	return stop - len(h.s.peptide())
}

// append appends the change as HGVS writes it.
func (h *change) append(dst []byte) []byte {
	number := func(n int) { dst = strconv.AppendInt(dst, int64(n), 10) }
	first := func(p []byte) []byte { return p[:min(3, len(p))] }
	last := func(p []byte) []byte { return p[max(0, len(p)-3):] }
	until := func(n int) {
		if n > 0 {
			number(n)
		} else {
			dst = append(dst, '?')
		}
	}
	span := func(p []byte) {
		dst = append(dst, first(p)...)
		number(h.start)
		dst = append(append(dst, '_'), last(p)...)
		number(h.end)
	}
	one := func(p []byte) {
		dst = append(dst, p...)
		number(h.start)
	}
	switch {
	case bytes.Equal(h.ref, h.new) && h.kind != kindFrameshift && h.kind != kindInsertion:
		if len(h.ref) > 3 && !h.s.vep {
			h.end = h.start + len(h.ref)/3 - 1
			span(h.ref)
		} else {
			one(h.ref)
		}
		dst = append(dst, '=')
	case h.stopLost && (h.kind == kindDeletion || h.kind == kindSubstitution):
		if len(h.ref) > 3 && h.kind == kindDeletion {
			span(h.ref)
		} else {
			one(h.ref)
		}
		dst = append(append(dst, first(h.new)...), "extTer"...)
		until(h.untilStop(false))
	case h.kind == kindDuplication && h.start < h.end:
		span(h.new)
		dst = append(dst, "dup"...)
	case h.kind == kindDuplication:
		one(h.new)
		dst = append(dst, "dup"...)
	case h.kind == kindSubstitution:
		one(h.ref)
		dst = append(dst, h.new...)
	case h.kind == kindDelins || h.kind == kindInsertion:
		alt := h.new
		if i := bytes.Index(alt, []byte("Ter")); i >= 0 {
			alt = alt[:i+3] // nothing comes after a stop
		}
		word := "ins"
		if h.kind == kindDelins {
			word = "delins"
		}
		if h.start == h.end && h.kind == kindDelins {
			dst = append(dst, first(h.ref)...)
			number(h.start)
		} else {
			h.start, h.end = min(h.start, h.end), max(h.start, h.end)
			span(h.ref)
		}
		dst = append(append(dst, word...), alt...)
	case h.kind == kindFrameshift:
		one(h.ref)
		dst = append(dst, h.new...)
		if string(h.new) != "Ter" {
			dst = append(dst, "fsTer"...)
			until(h.untilStop(true))
		}
	case h.kind == kindDeletion && len(h.ref) > 3:
		span(h.ref)
		dst = append(dst, "del"...)
	case h.kind == kindDeletion:
		one(h.ref)
		dst = append(dst, "del"...)
	default:
		one(h.ref)
		if h.start != h.end {
			dst = append(append(dst, '_'), h.new...)
			number(h.end)
		} else {
			dst = append(dst, h.new...)
		}
	}
	return dst
}

// acids are the amino acids' names in three letters.
var acids = func() (t [256]string) {
	for i := range t {
		t[i] = "Ter" // what isn't known is written like a stop, as VEP does
	}
	for _, s := range []string{"AAla", "BAsx", "CCys", "DAsp", "EGlu", "FPhe", "GGly", "HHis", "IIle", "JXle", "KLys", "LLeu", "MMet",
		"NAsn", "OPyl", "PPro", "QGln", "RArg", "SSer", "TThr", "USec", "VVal", "WTrp", "YTyr", "ZGlx"} {
		t[s[0]] = s[1:]
	}
	return t
}()

// three is a peptide in three letters an amino acid.
func three(p []byte) []byte {
	out := make([]byte, 0, 3*len(p))
	for _, b := range p {
		out = append(out, acids[b]...)
	}
	return out
}
