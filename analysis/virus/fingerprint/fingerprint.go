// Package fingerprint is what a genome's k-mers say of it, without an
// alignment: how their counts differ from the reference's, and a sketch that
// finds what doesn't belong.
//
// Its one invariant: a fingerprint is a function of the genome's letters and
// the reference alone, and is what counting every k-mer would give: that most
// are never looked at is only why it is fast.
//
// The spectrum counts k-mers as they are read, not canonical ones: genomes
// are turned to the reference's strand first, and there a k-mer and its
// reverse complement are different things, so that folding them would only
// lose half of what the counts say. The sketch takes canonical k-mers, as
// sourmash does (Irber et al. 2022, bioRxiv 2022.01.11.475838, FracMinHash):
// it has to recognise other viruses, of either strand.
package fingerprint

import (
	"fmt"
	"slices"

	"okazaki"
	"okazaki/genome"
)

// Params say how fingerprints are taken. The zero value of a field stands for
// its default.
type Params struct {
	Spectrum int // k of the spectrum, at most 12; default 10
	Sketch   int // k of the sketch, at most 32; default 21
	Scaled   int // the sketch keeps one k-mer of this number; default 100
}

func (p Params) filled() Params {
	if p.Spectrum == 0 {
		p.Spectrum = 10
	}
	if p.Sketch == 0 {
		p.Sketch = 21
	}
	if p.Scaled == 0 {
		p.Scaled = 100
	}
	return p
}

// A Reference is the genome that fingerprints are compared with. It is
// immutable; any number of goroutines may use it at once.
type Reference struct {
	params   Params
	seq      []byte
	index    *index
	spectrum []int32 // by position: the code of the k-mer there; -1: there is none
	hasher   hasher
	maxHash  uint64
	sketch   []uint64 // sorted, each once
	counts   []int32  // of sketch: how often each occurs
	kept     []kept   // by position
}

// A kept k-mer is one that is in the reference's sketch.
type kept struct{ pos, hash int32 }

// NewReference prepares a reference for fingerprints. An error is an
// *okazaki.Error.
func NewReference(seq []byte, p Params) (*Reference, error) {
	p = p.filled()
	wrong := func(format string, args ...any) error {
		return &okazaki.Error{Message: fmt.Sprintf(format, args...), Hint: "give another number"}
	}
	switch {
	case p.Spectrum < 1 || p.Spectrum > 12:
		return nil, wrong("k of the spectrum is %d, not 1 to 12", p.Spectrum)
	case p.Sketch < 1 || p.Sketch > 32:
		return nil, wrong("k of the sketch is %d, not 1 to 32", p.Sketch)
	case p.Scaled < 1:
		return nil, wrong("a sketch can't keep one k-mer of %d", p.Scaled)
	case len(seq) < sure:
		return nil, &okazaki.Error{Message: fmt.Sprintf("the reference has %d letters", len(seq)), Hint: "give a whole genome"}
	}
	r := &Reference{params: p, seq: normal(nil, seq), hasher: newHasher(p.Sketch), maxHash: MaxHash(p.Scaled)}
	r.index = newIndex(r.seq)
	r.spectrum = make([]int32, len(r.seq))
	for i := range r.spectrum {
		r.spectrum[i] = -1
	}
	kmers(r.seq, p.Spectrum, 0, len(r.seq), func(at int, code, _ uint64) { r.spectrum[at] = int32(code) })
	r.keep()
	return r, nil
}

// keep sketches the reference.
func (r *Reference) keep() {
	var hashes []uint64
	var at []int32
	s := sketcher{ref: r}
	s.each(r.seq, 0, len(r.seq), func(pos int, hash uint64) {
		hashes, at = append(hashes, hash), append(at, int32(pos))
	})
	r.sketch = slices.Compact(slices.Sorted(slices.Values(hashes)))
	r.counts = make([]int32, len(r.sketch))
	for i, h := range hashes {
		n, _ := slices.BinarySearch(r.sketch, h)
		r.kept = append(r.kept, kept{at[i], int32(n)})
		r.counts[n]++
	}
}

// A Fingerprint is what a genome's k-mers show. It is valid until the next;
// Clone keeps it.
type Fingerprint struct {
	Reverse   bool     // the genome was given as its reverse complement
	Spectrum  []Count  // how its k-mers' counts differ from the reference's, ascending
	Unread    int      // letters of the reference that the genome doesn't say
	Ambiguous int      // letters for two or three nucleotides
	Strange   int      // the most letters in one place of which the reference has no part, on either strand
	Sketch    []uint64 // hashes, ascending
}

// Clone returns a copy that stays valid.
func (f *Fingerprint) Clone() *Fingerprint {
	c := *f
	c.Spectrum, c.Sketch = slices.Clone(f.Spectrum), slices.Clone(f.Sketch)
	return &c
}

// A Printer takes fingerprints. One goroutine may use it at a time.
type Printer struct {
	ref    *Reference
	print  Fingerprint
	clean  []byte
	turned []byte
	runs   []run
	events []uint32
	spare  []uint32
	hidden []genome.Region // of the reference
	gaps   []gap
	sketch sketcher
}

// Printer returns a new Printer of the reference's fingerprints.
func (r *Reference) Printer() *Printer {
	return &Printer{ref: r, sketch: sketcher{ref: r, lost: make([]int32, len(r.sketch))}}
}

// Print takes the fingerprint of a genome: IUPAC letters in either case, U is
// T, gaps are left out. The Fingerprint is valid until the next Print.
func (p *Printer) Print(seq []byte) *Fingerprint {
	var ok bool
	if p.runs, ok = p.ref.walk(p.runs[:0], seq); !ok {
		p.clean = normal(p.clean[:0], seq)
		seq = p.clean
		p.runs, _ = p.ref.walk(p.runs[:0], seq)
	}
	f := &p.print
	f.Reverse = false
	if shared(p.runs) < min(len(seq), len(p.ref.seq))/20 {
		p.turned = genome.AppendReverseComplement(p.turned[:0], seq)
		forward := shared(p.runs)
		if back, _ := p.ref.walk(nil, p.turned); shared(back) > forward {
			f.Reverse, p.runs, seq = true, back, p.turned
		}
	}
	p.findGaps(len(seq))
	f.Ambiguous, f.Strange = p.odd(seq)
	f.Spectrum, f.Unread = p.spectrum(f.Spectrum[:0], seq)
	f.Sketch = p.sketch.delta(f.Sketch[:0], seq, p.gaps)
	return f
}

// shared returns the number of letters in the runs.
func shared(runs []run) (n int) {
	for _, r := range runs {
		n += r.n
	}
	return n
}

// A gap is the bases between two runs.
type gap struct{ q, ref genome.Region }

// findGaps lists the gaps before, between and after the runs, in a genome of n
// bases.
func (p *Printer) findGaps(n int) {
	p.gaps = p.gaps[:0]
	var last run
	for _, r := range append(p.runs, run{at: n, ref: len(p.ref.seq)}) {
		p.gaps = append(p.gaps, gap{genome.Region{Lo: last.at + last.n, Hi: r.at}, genome.Region{Lo: last.ref + last.n, Hi: r.ref}})
		last = r
	}
}

// odd counts letters that are ambiguous, and letters of the strangest gap.
func (p *Printer) odd(seq []byte) (ambiguous, strange int) {
	for _, g := range p.gaps {
		read := 0
		for _, l := range seq[g.q.Lo:g.q.Hi] {
			if codes[l] < 4 {
				read++
			} else if l != 'N' {
				ambiguous++
			}
		}
		if read > strange {
			strange = max(strange, read-p.ref.owned(seq, g.q))
		}
	}
	return ambiguous, strange
}

// owned returns the number of bases of a part of a genome that lie in anchors
// of the reference, of either strand and in any place.
func (r *Reference) owned(seq []byte, part genome.Region) (n int) {
	to := part.Lo // up to where letters are counted
	kmers(seq[:part.Hi], anchorSize, part.Lo, part.Hi, func(at int, forward, reverse uint64) {
		if r.index.slot(uint32(forward)).pos != 0 || r.index.slot(uint32(reverse)).pos != 0 {
			n += at + anchorSize - max(to, at)
			to = at + anchorSize
		}
	})
	return n
}

// normal appends the letters in upper case, U as T, without gaps. A byte that
// is not a letter becomes N.
func normal(dst, seq []byte) []byte {
	for _, l := range seq {
		switch b := genome.BaseOf(l); {
		case b != 0:
			dst = append(dst, b.Letter())
		case l != '-' && l != '.':
			dst = append(dst, 'N')
		}
	}
	return dst
}
