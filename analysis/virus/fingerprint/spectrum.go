package fingerprint

import (
	"slices"

	"okazaki/genome"
)

// A Count is how many times more often a genome has a k-mer than the
// reference.
type Count struct {
	Kmer uint32 // its code: two bits a letter, A 0, C 1, G 2, T 3, the first letter highest
	More int32  // never 0
}

// Letters returns the k-mer's letters.
func (c Count) Letters(k int) string { return letters(uint64(c.Kmer), k) }

// spectrum appends the differences of a genome's k-mer counts from the
// reference's. It returns the number of unread bases of the reference: the
// genome has a letter other than A, C, G or T there, or nothing since its ends
// are cut. The reference's k-mers with such a base are not counted as missing.
func (p *Printer) spectrum(dst []Count, seq []byte) ([]Count, int) {
	k := p.ref.params.Spectrum
	p.events, p.hidden = p.events[:0], p.hidden[:0]
	unread := 0
	for i, g := range p.gaps {
		p.hide(seq, g, i, func(r genome.Region) {
			p.hidden = append(p.hidden, r)
			unread += r.Len()
		})
	}
	seen, gone, hidden := 0, 0, p.hidden // up to where k-mers have been looked at
	for _, g := range p.gaps {
		// K-mers that begin before the gap may end in it.
		kmers(seq, k, max(seen, g.q.Lo-k+1), g.q.Hi, func(_ int, code, _ uint64) { p.events = append(p.events, uint32(code)<<1|1) })
		seen = max(seen, g.q.Hi)
		lo := max(gone, g.ref.Lo-k+1)
		for ; len(hidden) > 0 && hidden[0].Lo-k+1 < g.ref.Hi; hidden = hidden[1:] {
			p.lose(lo, hidden[0].Lo-k+1)
			if lo = max(lo, hidden[0].Hi); hidden[0].Hi > g.ref.Hi {
				break
			}
		}
		p.lose(lo, g.ref.Hi)
		gone = max(gone, lo, g.ref.Hi)
	}
	return p.counts(dst), unread
}

// lose notes that the reference's k-mers that start in [lo, hi) are not there.
func (p *Printer) lose(lo, hi int) {
	if lo >= hi {
		return
	}
	for _, code := range p.ref.spectrum[lo:hi] {
		if code >= 0 {
			p.events = append(p.events, uint32(code)<<1)
		}
	}
}

// hide calls f, in order, with the parts of the reference that a gap's letters
// leave unknown.
func (p *Printer) hide(seq []byte, g gap, i int, f func(genome.Region)) {
	q, ref := g.q, g.ref
	switch {
	case len(p.gaps) == 1: // nothing is the same: nothing is hidden
		return
	case i == 0 && q.Len() < ref.Len():
		f(genome.Region{Lo: ref.Lo, Hi: ref.Hi - q.Len()})
		ref.Lo = ref.Hi - q.Len()
	case i == 0:
		q.Lo = q.Hi - ref.Len()
	case i == len(p.gaps)-1 && q.Len() >= ref.Len():
		q.Hi = q.Lo + ref.Len()
	case i == len(p.gaps)-1:
		defer f(genome.Region{Lo: ref.Lo + q.Len(), Hi: ref.Hi})
		ref.Hi = ref.Lo + q.Len()
	case q.Len() != ref.Len():
		if slices.ContainsFunc(seq[q.Lo:q.Hi], func(l byte) bool { return codes[l] == 4 }) && ref.Len() > 0 {
			f(ref)
		}
		return
	}
	for at := q.Lo; at < q.Hi; at++ {
		if codes[seq[at]] < 4 {
			continue
		}
		lo := at
		for at+1 < q.Hi && codes[seq[at+1]] == 4 {
			at++
		}
		f(genome.Region{Lo: ref.Lo + lo - q.Lo, Hi: ref.Lo + at + 1 - q.Lo})
	}
}

// counts sums the events: k-mers in bits 1 and up, bit 0 set for one that the
// genome has.
func (p *Printer) counts(dst []Count) []Count {
	p.sort()
	for i := 0; i < len(p.events); {
		kmer, more := p.events[i]>>1, int32(0)
		for ; i < len(p.events) && p.events[i]>>1 == kmer; i++ {
			more += int32(p.events[i]&1)*2 - 1
		}
		if more != 0 {
			dst = append(dst, Count{kmer, more})
		}
	}
	return dst
}

// sort sorts the events by k-mer, digit by digit.
func (p *Printer) sort() {
	const digit = 10
	if len(p.events) < 100 {
		slices.Sort(p.events)
		return
	}
	p.spare = slices.Grow(p.spare[:0], len(p.events))[:len(p.events)]
	for low := 1; low < 1+2*p.ref.params.Spectrum; low += digit {
		var starts [1 << digit]uint32
		for _, e := range p.events {
			starts[e>>low&(1<<digit-1)]++
		}
		at := uint32(0)
		for i, n := range starts {
			starts[i] = at
			at += n
		}
		for _, e := range p.events {
			slot := &starts[e>>low&(1<<digit-1)]
			p.spare[*slot] = e
			*slot++
		}
		p.events, p.spare = p.spare, p.events
	}
}
