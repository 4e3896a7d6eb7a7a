// Package consequence says what a variant does to the transcripts near it: the
// terms of the Sequence Ontology that Ensembl VEP 115 gives it, where it lies
// in them, and its names in HGVS.
//
// Its one invariant: first come the Facts of an allele at a transcript, then
// the terms, by a table of Rules; nothing else decides on a term.
//
// A Caller walks along one contig. For each record of a VCF file:
//
//	alleles = consequence.Alleles(alleles[:0], pos, ref, alts...)
//	for i := range alleles {
//		for _, c := range caller.Call(&alleles[i]) { // none if alleles[i].Pass says why
//			csq = caller.AppendCSQ(csq, &c)
//		}
//	}
//
// Pick chooses one of the consequences of an allele. Haplotype says what
// alleles that lie on one copy of a chromosome do together to one transcript.
package consequence

import (
	"slices"
	"strings"

	"okazaki/analysis/variant/gene"
	"okazaki/genome"
)

// A Consequence is what an allele does to one transcript. Numbers count from
// 1; 0 is none.
type Consequence struct {
	Transcript *gene.Transcript // nil if none is near: the term is intergenic_variant
	Terms      Terms
	Near       bool // the allele lies outside of the transcript, Distance bases from it
	Distance   int32

	ExonFirst, ExonLast     int32 // the exons that it touches, in the order of the transcript
	IntronFirst, IntronLast int32
	// Where it lies in the cDNA, the coding sequence and the protein. An
	// insertion has First == Last+1 and lies between the two. First or Last is 0
	// if that end lies elsewhere.
	CDNA, CDS, Protein Position

	script *script
}

// A Position is the first and the last base, or amino acid, of a change.
type Position struct {
	First, Last int32
	None        bool // there is no number at either end
}

// A Caller calls the alleles of one contig. It is fast if their positions
// ascend, and returns the same if they don't. One goroutine may use it at a
// time; many Callers may share a contig.
type Caller struct {
	// Corrected makes the consequences right where VEP 115, with genes from a
	// file, is mistaken: docs/variant-consequences.md lists where. It is set
	// before the first Call.
	Corrected bool
	// Source is the annotation's name, for CSQ.
	Source string

	contig *gene.Contig
	next   int // the first transcript that was not taken yet
	floor  int // alleles before it need transcripts that were let go
	active []*script
	read   *script // of the last haplotype

	given  Allele // of the last Call
	allele Allele // the same, perhaps trimmed
	calls  []Consequence
	facts  Facts
	strand []byte   // the alternative on the - strand
	shifts [2]shift // on either strand, of allele
	hgvs   hgvs
}

// slack is how far behind the furthest allele another may come at no cost.
const slack = 2000

// New is a caller at the start of the contig.
func New(c *gene.Contig) *Caller { return &Caller{contig: c} }

// Call is what an allele does to each transcript that it touches or lies
// within 5,000 bases of, ordered by their IDs; or if there is none, one
// intergenic_variant. It is empty if the allele is to be passed through. The
// consequences, and the texts appended for them, are valid until the next
// Call.
func (c *Caller) Call(a *Allele) []Consequence {
	c.given, c.allele, c.calls = *a, *a, c.calls[:0]
	c.shifts = [2]shift{}
	if a.Pass != "" {
		return nil
	}
	if c.Corrected && len(a.Ref) != len(a.Alt) {
		c.allele = a.trim()
		c.allele.fixed = false
	}
	a = &c.allele
	c.walk(a.Region)
	c.strand = genome.AppendReverseComplement(c.strand[:0], a.Alt)
	for _, s := range c.active {
		if s.t.Region.Lo-a.Region.Hi < reach && a.Region.Lo-s.t.Region.Hi < reach {
			c.one(s, a)
		}
	}
	if len(c.calls) == 0 {
		c.calls = append(c.calls, Consequence{Terms: Of(Intergenic)})
	}
	return c.calls
}

// walk makes the transcripts near r active.
func (c *Caller) walk(r genome.Region) {
	ts := c.contig.Transcripts()
	if r.Lo < c.floor {
		c.next, c.floor, c.active = 0, 0, c.active[:0]
	}
	if floor := r.Lo - slack; floor > c.floor+slack || len(c.active) == 0 {
		c.floor = max(c.floor, floor)
		c.active = slices.DeleteFunc(c.active, func(s *script) bool { return s.t.Region.Hi+reach <= c.floor })
	}
	for ; c.next < len(ts) && ts[c.next].Region.Lo-reach < r.Hi; c.next++ {
		if t := ts[c.next]; t.Region.Hi+reach > c.floor {
			at, _ := slices.BinarySearchFunc(c.active, t.ID, func(s *script, id string) int { return strings.Compare(s.t.ID, id) })
			c.active = slices.Insert(c.active, at, newScript(t, c.contig, !c.Corrected))
		}
	}
}

// one appends what the allele does to one transcript.
func (c *Caller) one(s *script, a *Allele) {
	if len(a.Ref) == 1 && len(a.Alt) == 1 {
		if call, ok := s.deep(a.Region.Lo); ok {
			c.calls = append(c.calls, call)
			return
		}
	}
	c.evaluate(s)
	f := &c.facts
	call := Consequence{Transcript: s.t, script: s, Terms: f.terms(), Near: !f.Within, Distance: int32(f.Distance),
		ExonFirst: int32(f.ExonFirst), ExonLast: int32(f.ExonLast), IntronFirst: int32(f.IntronFirst), IntronLast: int32(f.IntronLast)}
	if f.AtExon {
		call.CDNA = f.cdna.position()
	}
	if f.AtExon && f.AtCoding {
		call.CDS = f.cds.position()
		call.Protein = call.CDS.protein()
	}
	c.calls = append(c.calls, call)
}

// evaluate finds all the facts of the allele at a transcript.
func (c *Caller) evaluate(s *script) {
	a, f := &c.allele, &c.facts
	f.place(s, a)
	if !f.Within || !f.AtCoding {
		return
	}
	alt, dna := c.onStrand(s), unambiguous(a.Alt)
	f.ends(s, alt, !f.Longer && !f.Shorter, dna)
	f.open(s, alt, dna)
}

// onStrand is the allele's alternative on the strand of a transcript; twice if
// it takes the place of a base that is read twice.
func (c *Caller) onStrand(s *script) []byte {
	alt := c.allele.Alt
	if s.t.Reverse {
		alt = c.strand
	}
	if len(alt) == 1 && len(c.allele.Ref) == 1 && slices.Contains(s.t.Slips, c.allele.Region.Lo) {
		return []byte{alt[0], alt[0]}
	}
	return alt
}

// deep returns what a substitution of one base at p does, if it lies outside
// of the transcript, or so deep in an intron that no splice term applies.
func (s *script) deep(p int) (c Consequence, ok bool) {
	t := s.t
	switch {
	case p < t.Region.Lo || p >= t.Region.Hi:
		c = Consequence{Transcript: t, script: s, Near: true, Distance: int32(max(t.Region.Lo-p, p-t.Region.Hi+1)), Terms: Of(Upstream)}
		if p < t.Region.Lo == t.Reverse {
			c.Terms = Of(Downstream)
		}
		return c, true
	}
	i := s.exon(p)
	if i == 0 || i == len(t.Exons) || t.Exons[i].Lo-p <= 17+shortestIntron || p-t.Exons[i-1].Hi < 17+shortestIntron {
		return c, false
	}
	n := int32(s.rank(i-1, len(t.Exons)-1))
	return Consequence{Transcript: t, script: s, Terms: s.inIntron, IntronFirst: n, IntronLast: n,
		CDNA: Position{None: true}}, true
}

// position is a span as a reader counts it.
func (p span) position() (out Position) {
	if p.loOK {
		out.First = int32(p.lo + 1)
	}
	if p.hiOK {
		out.Last = int32(p.hi)
	}
	out.None = !p.loOK && !p.hiOK
	return out
}

// protein is where a position of the coding sequence lies in the protein.
func (p Position) protein() Position {
	return Position{First: (p.First + 2) / 3, Last: (p.Last + 2) / 3, None: p.None}
}

// unambiguous says whether s is written in A, C, G and T only.
func unambiguous(s []byte) bool {
	for _, b := range s {
		switch b &^ 0x20 {
		case 'A', 'C', 'G', 'T':
		default:
			return false
		}
	}
	return true
}
