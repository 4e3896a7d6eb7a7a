package rank

import (
	"okazaki/analysis/variant/gene"
	"okazaki/analysis/variant/known"
	"okazaki/genome"
)

// A Residue is what ClinVar says about other changes of one base to the codon
// that a missense variant of one base changes.
type Residue struct {
	Asked    bool    // ClinVar was asked; From and To are there either way
	From, To byte    // amino acids
	Same     ClinVar // the same change of the residue, the best of its stars; pathogenic, or none
	Other    ClinVar // another change of the residue, likewise
}

// Neighbours finds residues' other changes in ClinVar. One goroutine may use
// it.
type Neighbours struct {
	cursor     *known.Cursor
	sig, stars int // fields
	meaning    []Significance

	// The codon at hand.
	transcript *gene.Transcript
	position   [3]int // of its bases, in the order of translation
	codon      genome.Codon
	letters    []byte
}

// NewNeighbours asks a source that was made by the recipe clinvar. With nil,
// or another source, Find returns amino acids only.
func NewNeighbours(clinvar *known.Source) *Neighbours {
	n := &Neighbours{}
	if clinvar == nil || clinvar.Intervals() {
		return n
	}
	n.sig, n.stars = clinvar.Field(known.Significance), clinvar.Field(known.Stars)
	if n.sig < 0 || n.stars < 0 {
		return n
	}
	n.meaning = Significances(clinvar)
	n.cursor = clinvar.Cursor()
	return n
}

// Significances are what the codes of the source's field Significance mean;
// none if it has no such field.
func Significances(clinvar *known.Source) []Significance {
	field := clinvar.Field(known.Significance)
	if field < 0 {
		return nil
	}
	var all []Significance
	for _, code := range clinvar.Codes(field) {
		all = append(all, ParseSignificance(code))
	}
	return all
}

// Find returns what is known about the residue of transcript t that a change
// of the base at p to alt, on the + strand, falls in. number is the contig's
// in the source, -1 if it has none. It returns false if the base is not in a
// codon that can be read, as in a transcript with a ribosomal slippage.
func (n *Neighbours) Find(contig known.Reference, number int, t *gene.Transcript, p int, alt byte) (Residue, bool) {
	if !n.place(contig, t, p) {
		return Residue{}, false
	}
	r := Residue{Asked: n.cursor != nil && number >= 0, From: t.Code.AminoAcid(n.codon)}
	r.To = n.with(p, alt)
	if !r.Asked {
		return r, true
	}
	for _, at := range n.position {
		n.cursor.Near(number, at, at+1, func(k known.Key) bool {
			if len(k.Ref) != 1 || len(k.Alt) != 1 || at == p && k.Alt[0]&^0x20 == alt&^0x20 {
				return true
			}
			c := n.classification()
			to := n.with(at, k.Alt[0])
			switch {
			case !c.Significance.Pathogenic() || to == r.From || to == genome.Stop:
			case to == r.To:
				r.Same = better(r.Same, c)
			default:
				r.Other = better(r.Other, c)
			}
			return true
		})
	}
	return r, true
}

func better(a, b ClinVar) ClinVar {
	if b.Stars > a.Stars || a.Significance == NotInClinVar {
		return b
	}
	return a
}

// classification returns the classification of the record that the cursor is
// at.
func (n *Neighbours) classification() ClinVar {
	code, ok := n.cursor.Code(n.sig)
	if !ok {
		return ClinVar{}
	}
	stars, _ := n.cursor.Number(n.stars)
	return ClinVar{n.meaning[code], int(stars)}
}

// with returns the amino acid of the codon with another base at p.
func (n *Neighbours) with(p int, letter byte) byte {
	c := n.codon
	for i, at := range n.position {
		if at == p {
			if c[i] = letter; n.transcript.Reverse {
				c[i] = genome.Complement(letter)
			}
		}
	}
	return n.transcript.Code.AminoAcid(c)
}

// place finds the codon of the base at p.
func (n *Neighbours) place(contig known.Reference, t *gene.Transcript, p int) bool {
	if len(t.Slips)+len(t.Skips) > 0 || !t.Coding.Contains(p) {
		return false
	}
	n.transcript = t
	before, inside := -t.Phase, false // bases of whole codons
	for i := range t.Exons {
		e := exonAt(t, i+1).Intersect(t.Coding)
		if e.Contains(p) {
			inside = true
			if t.Reverse {
				before += e.Hi - 1 - p
			} else {
				before += p - e.Lo
			}
			break
		}
		before += e.Len()
	}
	if !inside || before < 0 {
		return false
	}
	first, whole := before-before%3+t.Phase, false // of the codon, in the coding sequence
	for i := range t.Exons {
		e := exonAt(t, i+1).Intersect(t.Coding)
		for k := range n.position {
			if at := first + k; at >= 0 && at < e.Len() {
				if n.position[k] = e.Lo + at; t.Reverse {
					n.position[k] = e.Hi - 1 - at
				}
				n.letters = contig.AppendBases(n.letters[:0], n.position[k], n.position[k]+1)
				if len(n.letters) != 1 {
					return false
				}
				if n.codon[k] = n.letters[0]; t.Reverse {
					n.codon[k] = genome.Complement(n.letters[0])
				}
				whole = k == 2
			}
		}
		first -= e.Len()
	}
	return whole
}
