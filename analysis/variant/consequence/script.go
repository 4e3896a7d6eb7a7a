package consequence

import (
	"slices"
	"sort"

	"okazaki/analysis/variant/gene"
	"okazaki/genome"
)

// letters is a contig that is read.
type letters interface {
	// AppendBases appends the bases [lo, hi), upper-case, to dst.
	AppendBases(dst []byte, lo, hi int) []byte
}

// A script is a transcript as it is read: which base of the genome is which
// base of the cDNA and, once it is needed, its text.
type script struct {
	t          *gene.Transcript
	at         []int // of each exon, by position, how many bases of the cDNA come before it
	length     int   // of the cDNA
	codeLo     int   // the coding bases of the cDNA; both 0 if there are none
	codeHi     int
	pad        int   // bases missing from the first codon
	inIntron   Terms // of an allele deep in an intron
	gap        bool  // some gap between exons is too short for an intron
	vep        bool  // follow VEP also where it is mistaken
	mirror     bool  // the UTRs are read as VEP reads UTRs on the - strand
	from       letters
	text       []byte // the cDNA, with an N for each base of pad before its coding part
	slips      []int  // the bases of the cDNA that are read twice
	skips      []int  // the bases of the cDNA that are passed over
	head, tail []byte // of a CSQ entry
	protein    []byte // the translated coding part, without its last stop
}

// newScript prepares the transcript, but for its text.
func newScript(t *gene.Transcript, from letters, vep bool) *script {
	s := &script{t: t, from: from, vep: vep, mirror: vep && t.Reverse, at: make([]int, len(t.Exons))}
	for i := range t.Exons {
		k := i
		if t.Reverse {
			k = len(t.Exons) - 1 - i
		}
		s.at[k] = s.length
		s.length += t.Exons[k].Len()
		if i > 0 && t.Exons[i].Lo-t.Exons[i-1].Hi <= shortestIntron {
			s.gap = true
		}
	}
	if t.Coding.Len() > 0 {
		first, last := t.Coding.Lo, t.Coding.Hi-1
		if t.Reverse {
			first, last = last, first
		}
		lo, okLo := s.offset(first)
		hi, okHi := s.offset(last)
		if okLo && okHi {
			s.codeLo, s.codeHi, s.pad = lo, hi+1, (3-t.Phase%3)%3
		}
	}
	s.slips, s.skips = s.within(t.Slips), s.within(t.Skips)
	s.inIntron = Of(Intron)
	switch {
	case t.Biotype == "nonsense_mediated_decay":
		s.inIntron |= Of(NMDTranscript)
		fallthrough
	case t.Biotype != "protein_coding":
		if t.Coding.Len() == 0 {
			s.inIntron |= Of(NonCodingTranscript)
		}
	}
	return s
}

// within returns the offsets in the cDNA, ascending, of the positions that
// are coding bases.
func (s *script) within(positions []int) (offsets []int) {
	for _, p := range positions {
		if off, ok := s.offset(p); ok && s.codeLo <= off && off < s.codeHi {
			offsets = append(offsets, off)
		}
	}
	slices.Sort(offsets)
	return offsets
}

// coding says whether the transcript codes for a protein.
func (s *script) coding() bool { return s.codeHi > s.codeLo }

// codingLen is the number of coding bases as they are read, the padding
// included.
func (s *script) codingLen() int { return s.codeHi - s.codeLo + s.pad + len(s.slips) - len(s.skips) }

// again returns how many more bases are read than the cDNA has before off: a
// slip adds one, a skip takes one away.
func (s *script) again(off int) (n int) {
	for _, at := range s.slips {
		if at < off {
			n++
		}
	}
	for _, at := range s.skips {
		if at < off {
			n--
		}
	}
	return n
}

// exon is the index, by position, of the first exon that ends after p.
func (s *script) exon(p int) int {
	exons := s.t.Exons
	return sort.Search(len(exons), func(i int) bool { return exons[i].Hi > p })
}

// offset returns the number of the cDNA base at genome position p, if there
// is one.
func (s *script) offset(p int) (int, bool) {
	i := s.exon(p)
	if i == len(s.t.Exons) || p < s.t.Exons[i].Lo {
		return 0, false
	}
	return s.offsetIn(i, p), true
}

// offsetIn returns the number of the cDNA base at position p of exon i.
func (s *script) offsetIn(i, p int) int {
	if s.t.Reverse {
		return s.at[i] + s.t.Exons[i].Hi - 1 - p
	}
	return s.at[i] + p - s.t.Exons[i].Lo
}

// intron is the gap after exon i, by position.
func (s *script) intron(i int) genome.Region {
	return genome.Region{Lo: s.t.Exons[i].Hi, Hi: s.t.Exons[i+1].Lo}
}

// rank is the number of exon or intron i, by position, in the order of the
// transcript, from 1; n is how many there are.
func (s *script) rank(i, n int) int {
	if s.t.Reverse {
		return n - i
	}
	return i + 1
}

// A span is bases [lo, hi) of a sequence. loOK and hiOK say whether each end
// is in the sequence at all.
type span struct {
	lo, hi     int
	loOK, hiOK bool
}

func (p span) whole() bool { return p.loOK && p.hiOK }

// cdna is where a region lies in the cDNA: of an insertion, lo == hi.
func (s *script) cdna(r genome.Region) (p span) {
	first, last := r.Lo, r.Hi-1
	if r.Len() == 0 {
		first, last = r.Lo-1, r.Lo // the bases beside it
	}
	if s.t.Reverse {
		first, last = last, first
	}
	lo, okLo := s.offset(first)
	hi, okHi := s.offset(last)
	if r.Len() > 0 {
		return span{lo, hi + 1, okLo, okHi}
	}
	switch {
	case okLo:
		return span{lo + 1, lo + 1, true, true}
	case okHi:
		return span{hi, hi, true, true}
	}
	return span{}
}

// cds is where a span of the cDNA lies in the coding bases, the padding
// included. An insertion at either end of them is not in them, nor is a base
// that the ribosome passes over.
func (s *script) cds(p span) span {
	shift := s.pad - s.codeLo
	if p.lo == p.hi {
		in := p.whole() && s.codeLo < p.lo && p.lo < s.codeHi
		at := p.lo + shift + s.again(p.lo)
		return span{at, at, in, in}
	}
	return span{
		p.lo + shift + s.again(p.lo), p.hi + shift + s.again(p.hi),
		p.loOK && s.codeLo <= p.lo && p.lo < s.codeHi && !slices.Contains(s.skips, p.lo),
		p.hiOK && s.codeLo < p.hi && p.hi <= s.codeHi && !slices.Contains(s.skips, p.hi-1),
	}
}

// codons are the first and the last codon, from 1, that a span of the coding
// bases touches. An insertion between two codons has first == last+1.
func (p span) codons() (first, last int) { return p.lo/3 + 1, (p.hi + 2) / 3 }

// read is the transcript's text: the 5' UTR, the padding, the coding bases
// and the 3' UTR. The coding bases start at codeLo.
func (s *script) read() []byte {
	if s.text != nil {
		return s.text
	}
	text := s.splice(make([]byte, 0, s.length+s.pad), false)
	if s.mirror {
		m := s.splice(nil, true)
		copy(text[:s.codeLo], m)
		copy(text[s.codeHi:], m[s.codeHi:])
	}
	if s.pad > 0 && s.coding() {
		text = append(text, "NN"[:s.pad]...)
		copy(text[s.codeLo+s.pad:], text[s.codeLo:])
		copy(text[s.codeLo:], "NN"[:s.pad])
	}
	s.text = s.frames(text)
	return s.text
}

// frames returns what the ribosome reads of text, the cDNA with its padding.
func (s *script) frames(text []byte) []byte {
	for off := s.codeHi - 1; len(s.slips)+len(s.skips) > 0 && off >= s.codeLo; off-- {
		at := off + s.pad
		if slices.Contains(s.slips, off) {
			text = slices.Insert(text, at, text[at])
		}
		if slices.Contains(s.skips, off) {
			text = slices.Delete(text, at, at+1)
		}
	}
	return text
}

// splice appends the bases of the exons; with mirror, of the regions where
// they would lie if the transcript's region were turned about its middle.
func (s *script) splice(dst []byte, mirror bool) []byte {
	t := s.t
	if !t.Reverse {
		for _, e := range t.Exons {
			dst = s.from.AppendBases(dst, e.Lo, e.Hi)
		}
		return dst
	}
	var buf []byte
	for i := len(t.Exons) - 1; i >= 0; i-- {
		e := t.Exons[i]
		if mirror {
			e = genome.Region{Lo: t.Region.Lo + t.Region.Hi - e.Hi, Hi: t.Region.Lo + t.Region.Hi - e.Lo}
		}
		buf = s.from.AppendBases(buf[:0], e.Lo, e.Hi)
		dst = genome.AppendReverseComplement(dst, buf)
	}
	return dst
}

// codes is the transcript's text from its first coding base: the padding,
// the coding bases and the 3' UTR.
func (s *script) codes() []byte { return s.read()[s.codeLo:] }

// peptide is the protein without a stop at its very end. One that begins with
// a start codon begins with M, and U stands for selenocysteine.
func (s *script) peptide() []byte {
	if s.protein != nil {
		return s.protein
	}
	code := s.codes()[:s.codingLen()]
	p := s.t.Code.AppendTranslation(make([]byte, 0, len(code)/3), code)
	if len(p) > 0 && s.t.Code.IsStart(genome.Codon(code)) {
		p[0] = 'M'
	}
	if n := len(p); n > 0 && len(code)%3 == 0 && p[n-1] == genome.Stop {
		p = p[:n-1]
	}
	s.recode(p, 1)
	s.protein = p
	return p
}

// recode writes U over the stops of p that are read as selenocysteine; p
// starts at the codon first, from 1.
func (s *script) recode(p []byte, first int) {
	for _, at := range s.t.Selenocysteines {
		if off, ok := s.offset(at); ok {
			k := (off-s.codeLo+s.pad+s.again(off))/3 + 1 - first
			if 0 <= k && k < len(p) && p[k] == genome.Stop {
				p[k] = 'U'
			}
		}
	}
}
