package virus

import (
	"cmp"
	"slices"

	"okazaki/genome"
)

// miss notes the codons of each gene that a run of Ns touches.
func (a *amino) miss(c *Caller, m genome.Region) {
	for g := range c.ref.Genes {
		cds := &c.ref.Genes[g]
		before := -cds.Phase
		for _, s := range cds.Segments {
			if at := offsets(cds, s, m, before); at.Len() > 0 {
				codons := genome.Region{Lo: at.Lo / 3, Hi: min((at.Hi+2)/3, cds.Codons())}
				if codons.Len() > 0 {
					a.missing[g] = append(a.missing[g], codons)
				}
			}
			before += s.Len()
		}
	}
}

// offsets returns the part of a region that lies in a segment of a coding
// sequence, as offsets. The segment starts at the offset before.
func offsets(cds *genome.CDS, segment, r genome.Region, before int) genome.Region {
	x := segment.Intersect(r)
	if x.Len() == 0 {
		return genome.Region{}
	}
	at := before + x.Lo - segment.Lo
	if cds.Reverse {
		at = before + segment.Hi - x.Hi
	}
	return genome.Region{Lo: max(at, 0), Hi: max(at+x.Len(), 0)}
}

// aligned appends the offsets in gene g that lie in a region of the reference.
// Offsets that touch are joined.
func (r *Reference) aligned(dst []genome.Region, g int, in genome.Region) []genome.Region {
	cds := &r.Genes[g]
	before := -cds.Phase
	for _, s := range cds.Segments {
		if at := offsets(cds, s, in, before); at.Len() > 0 {
			dst = extend(dst, at.Lo, at.Hi)
		}
		before += s.Len()
	}
	return dst
}

// begin starts a gene. A codon that the genome's start cuts is unknown.
func (a *amino) begin(c *Caller, g int) {
	a.unknown = a.unknown[:0]
	a.covered = c.ref.aligned(a.covered[:0], g, c.calls.Aligned)
	if len(a.covered) > 0 && a.covered[0].Lo%3 != 0 {
		a.unknown = append(a.unknown, genome.Region{Lo: a.covered[0].Lo / 3, Hi: a.covered[0].Lo/3 + 1})
	}
}

// unread notes the codons in a region that are unknown because of an N. At the
// ends of a run of Ns a codon may still have a single meaning.
func (a *amino) unread(c *Caller, g int, in genome.Region) {
	for _, m := range a.missing[g] {
		m = m.Intersect(in)
		for m.Lo < m.Hi && c.codon(g, m.Lo).AminoAcid() != genome.Unknown {
			m.Lo++
		}
		for m.Lo < m.Hi && c.codon(g, m.Hi-1).AminoAcid() != genome.Unknown {
			m.Hi--
		}
		if m.Len() > 0 {
			a.unknown = append(a.unknown, m)
		}
	}
}

// end lists the unknown codons of a gene. It leaves out a codon that the
// genome's end cuts.
func (a *amino) end(c *Caller, g int) {
	if len(a.unknown) == 0 || len(a.covered) == 0 {
		return
	}
	in := genome.Region{Lo: a.covered[0].Lo / 3, Hi: a.covered[len(a.covered)-1].Hi / 3}
	slices.SortFunc(a.unknown, func(x, y genome.Region) int { return cmp.Compare(x.Lo, y.Lo) })
	out := &c.calls
	first := len(out.AminoUnknown)
	for _, r := range a.unknown {
		if r = r.Intersect(in); r.Len() == 0 {
			continue
		}
		if k := len(out.AminoUnknown) - 1; k >= first && r.Lo <= out.AminoUnknown[k].Codons.Hi {
			out.AminoUnknown[k].Codons.Hi = max(out.AminoUnknown[k].Codons.Hi, r.Hi)
		} else {
			out.AminoUnknown = append(out.AminoUnknown, AminoRange{g, r})
		}
	}
}
