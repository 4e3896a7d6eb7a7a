package fingerprint

import "okazaki/genome"

// Walk compares a genome with the reference, and nothing else.
func (p *Printer) Walk(seq []byte) { p.runs, _ = p.ref.walk(p.runs[:0], seq) }

// SpectrumOf takes the spectrum alone.
func (p *Printer) SpectrumOf(dst []Count, seq []byte) []Count {
	p.Walk(seq)
	p.findGaps(len(seq))
	dst, _ = p.spectrum(dst, seq)
	return dst
}

// Parts returns what a test counts by hand.
func (r *Reference) Parts() (seq []byte, k int) { return r.seq, r.params.Spectrum }

// Normal returns what of a genome is counted.
func Normal(seq []byte) []byte { return normal(nil, seq) }

// Hidden returns the regions of the reference that the last genome doesn't say.
func (p *Printer) Hidden() []genome.Region { return p.hidden }
