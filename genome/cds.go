package genome

import "fmt"

// A CDS is a coding sequence: one or more segments of a sequence, joined in
// the order of translation. Segments may overlap: at SARS-CoV-2's ribosomal
// slippage the last base before it is read a second time.
type CDS struct {
	Name     string
	Segments []Region // in the order of translation
	Reverse  bool     // read from the other strand: each segment from its end
	Phase    int      // bases before the first whole codon: 0, 1 or 2
}

// Len is the number of bases that are read, from the first whole codon on.
func (c *CDS) Len() int {
	n := -c.Phase
	for _, s := range c.Segments {
		n += s.Len()
	}
	return max(n, 0)
}

// Codons is the number of whole codons, a stop codon included.
func (c *CDS) Codons() int { return c.Len() / 3 }

// Position is where base i of the coding sequence, counted from the first
// whole codon, lies in the genome.
func (c *CDS) Position(i int) int {
	i += c.Phase
	for _, s := range c.Segments {
		if i < s.Len() {
			if c.Reverse {
				return s.Hi - 1 - i
			}
			return s.Lo + i
		}
		i -= s.Len()
	}
	panic(fmt.Sprintf("genome: base %d is beyond the end of %s", i, c.Name))
}

// Offsets appends to dst which bases of the coding sequence, counted from the
// first whole codon, are read from genome position p.
func (c *CDS) Offsets(dst []int, p int) []int {
	before := -c.Phase
	for _, s := range c.Segments {
		if s.Contains(p) {
			i := before + p - s.Lo
			if c.Reverse {
				i = before + s.Hi - 1 - p
			}
			if i >= 0 {
				dst = append(dst, i)
			}
		}
		before += s.Len()
	}
	return dst
}

// AppendCoding appends the coding sequence, read from the genome seq, from its
// first whole codon. The segments must lie in seq.
func (c *CDS) AppendCoding(dst, seq []byte) []byte {
	at := len(dst)
	for _, s := range c.Segments {
		if c.Reverse {
			dst = AppendReverseComplement(dst, seq[s.Lo:s.Hi])
		} else {
			dst = append(dst, seq[s.Lo:s.Hi]...)
		}
	}
	skip := min(c.Phase, len(dst)-at)
	return append(dst[:at], dst[at+skip:]...)
}

// Translate is the protein that the genome seq codes for, stop included.
func (c *CDS) Translate(seq []byte) []byte {
	return AppendTranslation(nil, c.AppendCoding(nil, seq))
}
