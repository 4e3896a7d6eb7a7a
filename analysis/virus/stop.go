package virus

import (
	"bytes"
	"slices"

	"okazaki/genome"
)

// A mark is the number of protein changes that were called before a gene.
type mark struct{ substitutions, deletions, insertions, unknown int }

func (c *Calls) mark() mark {
	return mark{len(c.AminoSubstitutions), len(c.AminoDeletions), len(c.AminoInsertions), len(c.AminoUnknown)}
}

// toStop drops the changes of a gene's protein that lie behind its first stop
// codon. The protein's changes begin at the mark.
func (c *Caller) toStop(g int, m mark) {
	out := &c.calls
	protein := bytes.Clone(c.sites.proteins[g].letters)
	for _, s := range out.AminoSubstitutions[m.substitutions:] {
		protein[s.Codon] = s.Alt
	}
	for _, d := range out.AminoDeletions[m.deletions:] {
		protein[d.Codon] = d.Alt
	}
	for _, u := range out.AminoUnknown[m.unknown:] {
		for k := u.Codons.Lo; k < u.Codons.Hi; k++ {
			protein[k] = genome.Unknown
		}
	}
	stop := bytes.IndexByte(protein, genome.Stop)
	if stop < 0 {
		stop = len(protein)
	}
	for _, i := range out.AminoInsertions[m.insertions:] {
		if bytes.IndexByte(i.Letters, genome.Stop) >= 0 {
			stop = min(stop, i.Codon-1)
		}
	}
	behind := func(a AminoChange) bool { return a.Gene == g && a.Codon > stop }
	out.AminoSubstitutions = slices.DeleteFunc(out.AminoSubstitutions, behind)
	out.AminoDeletions = slices.DeleteFunc(out.AminoDeletions, behind)
	out.AminoInsertions = slices.DeleteFunc(out.AminoInsertions, func(i AminoInsertion) bool { return i.Gene == g && i.Codon > stop+1 })
	for k := range out.AminoUnknown[m.unknown:] {
		u := &out.AminoUnknown[m.unknown+k].Codons
		u.Hi = min(u.Hi, stop+1)
	}
	out.AminoUnknown = slices.DeleteFunc(out.AminoUnknown, func(u AminoRange) bool { return u.Codons.Len() <= 0 })
}
