package consequence

import (
	"bytes"
	"slices"

	"okazaki/analysis/variant/gene"
	"okazaki/genome"
)

// A Compound is what alleles of one haplotype that belong together do to a
// protein. Alleles belong together if they touch the same codon, or if the
// reading frame is shifted between them (Danecek and McCarthy 2017,
// Bioinformatics 33:2037, as bcftools csq does). An allele that no other
// belongs to is a Compound of its own.
type Compound struct {
	Transcript *gene.Transcript
	Alleles    []int // indexes of the alleles given, ascending by position
	Terms      Terms // of the coding sequence only
	// The amino acids of the codons touched, and what they become: from number
	// First before, NewFirst after the change. They go on to the protein's end
	// if the frame is not mended, and end with the first stop.
	First, NewFirst int
	Ref, Alt        []byte
	// Untranslated says that another change, before it on the haplotype, already
	// ends the protein or takes its start.
	Untranslated bool
}

// An edit is an allele in the coding bases of a transcript.
type edit struct {
	allele int
	lo, hi int // the coding bases replaced
	at     int // where alt begins in the altered bases
	alt    []byte
}

// grows is by how many bases the edit makes the sequence longer.
func (e *edit) grows() int { return len(e.alt) - (e.hi - e.lo) }

// joins says whether the edit, in frame, and the next one share a codon before
// or after the change. An insertion between two codons counts to both.
func (e *edit) joins(next *edit) bool {
	last, altered := (e.hi-1)/3, (e.at+len(e.alt)-1)/3
	if e.lo == e.hi {
		last = e.lo / 3
	}
	if len(e.alt) == 0 && e.at%3 != 0 {
		altered = e.at / 3
	}
	first := next.lo / 3
	if next.lo == next.hi {
		first = (next.lo - 1) / 3
	}
	return last >= first || altered >= next.at/3
}

// Haplotype appends to dst what alleles that lie on one haplotype, ascending
// by position, do together to the protein of a transcript. If alleles
// overlap, the first counts. Alleles that are not wholly within the coding
// part of one exon, and insertions and deletions in the start codon, count by
// themselves, with Call, and don't change what the others do.
func (c *Caller) Haplotype(dst []Compound, t *gene.Transcript, alleles []Allele) []Compound {
	s := c.alone(t)
	if !s.coding() {
		return dst
	}
	edits := s.edits(alleles)
	text := s.codes()
	altered := make([]byte, 0, len(text)+64)
	from := 0
	for i := range edits {
		altered = append(altered, text[from:edits[i].lo]...)
		edits[i].at = len(altered)
		altered = append(altered, edits[i].alt...)
		from = edits[i].hi
	}
	altered = append(altered, text[from:]...)
	over := false
	for i := 0; i < len(edits); {
		j, net := i, edits[i].grows()
		for j+1 < len(edits) && (net%3 != 0 || edits[j].joins(&edits[j+1])) {
			j++
			net += edits[j].grows()
		}
		q := s.compound(edits[i:j+1], net, text, altered)
		q.Untranslated = over
		over = over || hasStop(q.Alt) || q.Terms.Has(StartLost)
		dst = append(dst, q)
		i = j + 1
	}
	return dst
}

// alone returns the transcript as it is read, even where VEP reads it
// otherwise. The last one is kept.
func (c *Caller) alone(t *gene.Transcript) *script {
	if c.read == nil || c.read.t != t {
		c.read = newScript(t, c.contig, false)
	}
	return c.read
}

// edits are the alleles that change coding bases of one exon and nothing
// else, in the order of the transcript.
func (s *script) edits(alleles []Allele) (edits []edit) {
	for k := range alleles {
		a := alleles[k]
		if a.Pass != "" || !unambiguous(a.Alt) {
			continue
		}
		if len(a.Ref) != len(a.Alt) {
			a = a.trim()
		}
		at := s.cds(s.cdna(a.Region))
		if !at.whole() || !s.inOneExon(a.Region) {
			continue
		}
		e := edit{allele: k, lo: at.lo, hi: at.hi, alt: bytes.ToUpper(a.Alt)}
		if s.t.Reverse {
			e.alt = genome.AppendReverseComplement(nil, e.alt)
		}
		if at.hi-at.lo == 2 && a.Region.Len() == 1 && len(e.alt) == 1 {
			e.alt = append(e.alt, e.alt[0]) // a base that is read twice
		}
		if e.grows() != 0 && e.lo < 3 && !s.t.NoStart && s.starts(s.codes()) {
			continue // the frame is read from elsewhere, or this is in the UTR as well
		}
		edits = append(edits, e)
	}
	if s.t.Reverse {
		slices.Reverse(edits)
	}
	kept := edits[:0]
	for _, e := range edits {
		if n := len(kept); n == 0 || kept[n-1].hi <= e.lo && (e.hi > e.lo || kept[n-1].hi < e.lo || kept[n-1].hi > kept[n-1].lo) {
			kept = append(kept, e)
		}
	}
	return kept
}

// inOneExon says whether a region, an insertion at its edge included, lies in
// one exon.
func (s *script) inOneExon(r genome.Region) bool {
	i := s.exon(r.Lo - 1)
	for ; i < len(s.t.Exons) && s.t.Exons[i].Lo <= r.Lo; i++ {
		if r.Hi <= s.t.Exons[i].Hi {
			return true
		}
	}
	return false
}

// compound is what edits that belong together do; net is by how many bases
// they make the sequence longer.
func (s *script) compound(edits []edit, net int, text, altered []byte) Compound {
	q := Compound{Transcript: s.t, First: edits[0].lo/3 + 1, NewFirst: edits[0].at/3 + 1}
	indel := false
	for _, e := range edits {
		q.Alleles = append(q.Alleles, e.allele)
		indel = indel || e.grows() != 0
	}
	slices.Sort(q.Alleles)
	last := &edits[len(edits)-1]
	refEnd, altEnd := (last.hi+2)/3*3, (last.at+len(last.alt)+2)/3*3
	if net%3 != 0 {
		refEnd, altEnd = s.codingLen(), len(altered)
	}
	q.Ref = s.untilStop(text[:s.codingLen()], (q.First-1)*3, refEnd)
	s.recode(q.Ref, q.First)
	q.Alt = s.untilStop(altered, (q.NewFirst-1)*3, altEnd)
	atStop := max(last.hi, last.lo+1) > s.codingLen()-3 && !s.t.NoStop
	q.Terms = q.terms(net, indel, len(edits) > 1, atStop)
	return q
}

// untilStop translates text[lo:hi], to its first stop.
func (s *script) untilStop(text []byte, lo, hi int) []byte {
	p := s.t.Code.AppendTranslation(nil, clip(text, lo, hi))
	if i := bytes.IndexByte(p, genome.Stop); i >= 0 {
		p = p[:i+1]
	}
	return p
}

// terms returns the terms of a compound that makes the sequence longer by net
// bases. indel says whether it has insertions or deletions, several whether
// it has more than one allele, and atStop whether it lies at the stop codon.
func (q *Compound) terms(net int, indel, several, atStop bool) (terms Terms) {
	refStop, altStop := hasStop(q.Ref), hasStop(q.Alt)
	switch {
	case net%3 != 0:
		terms = Of(Frameshift)
	case several && indel && altStop && !(refStop && atStop):
		return Of(Frameshift, StopGained) // before the frame is mended
	case net < 0:
		terms = Of(InframeDeletion)
	case net > 0:
		terms = Of(InframeInsertion)
	case indel && !bytes.Equal(q.Ref, q.Alt):
		terms = Of(ProteinAltering)
	}
	switch {
	case atStop && refStop && altStop && net%3 == 0:
		terms |= Of(StopRetained)
	case atStop && refStop:
		terms |= Of(StopLost)
	case altStop && !refStop:
		terms |= Of(StopGained)
	}
	switch {
	case q.First == 1 && len(q.Ref) > 0 && q.Ref[0] == 'M' && (len(q.Alt) == 0 || q.Alt[0] != 'M'):
		terms |= Of(StartLost)
	case net != 0:
	case !bytes.Equal(q.Ref, q.Alt):
		if !terms.Has(StopGained) && !terms.Has(StopLost) {
			terms |= Of(Missense)
		}
	case !terms.Has(StopRetained):
		terms |= Of(Synonymous)
	}
	return terms
}
