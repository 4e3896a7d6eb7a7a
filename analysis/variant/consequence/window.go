package consequence

import (
	"bytes"

	"okazaki/genome"
)

// A window is the codons that an allele touches, before and after.
type window struct {
	cdna, cds span // where the allele lies; the coding bases count the padding

	HasCodons bool // both ends of the allele lie in coding bases
	First     int  // the first codon touched, from 1
	Last      int  // the last codon touched; First-1 for an insertion between codons
	// ref and alt are the codons' bases; alt goes on for as many bases as the
	// allele adds, into the 3' UTR if need be.
	ref, alt []byte
	// HasPeptides says that the codons can be translated. A codon that is cut
	// short is X.
	HasPeptides    bool
	refPep, altPep []byte

	Partial     bool // the first codon touched is the last of the coding sequence, and incomplete
	NetFrame    int  // how many bases longer the coding sequence gets; 0 if unknown
	HasNetFrame bool

	AtStart      bool // it touches the start codon
	AtStop       bool // it touches the stop codon
	StartAltered bool // an insertion or a deletion leaves no start codon followed by the coding sequence
	Intact       bool // an insertion or a deletion at the start leaves the whole coding sequence as it was
	StartMoved   bool // there is no ATG left where the start codon was, after a 5' UTR
	StartSpoilt  bool // a substitution leaves no ATG before the rest of the coding sequence
	StopAltered  bool // an insertion or a deletion leaves no stop codon where there was one
	Extends      bool // the protein stays as it was but for one or two more amino acids at its end, a stop counted
	Ends         bool // the protein stays as it was and a stop follows it
	Beyond       bool // the first codon touched comes after the last amino acid

	buf []byte
}

// open fills the window of an allele that replaces bases of the transcript
// by alt, which is on the transcript's strand. f.cdna and f.cds are known.
func (w *window) open(s *script, alt []byte, dna bool) {
	w.HasCodons, w.HasPeptides, w.HasNetFrame = false, false, false
	w.ref, w.alt, w.refPep, w.altPep = w.ref[:0], w.alt[:0], w.refPep[:0], w.altPep[:0]
	if w.cds.loOK {
		w.First, _ = w.cds.codons()
		left := s.codingLen() - (w.First-1)*3
		w.Partial = 0 < left && left < 3
	}
	if !w.cds.whole() {
		return
	}
	w.First, w.Last = w.cds.codons()
	w.HasNetFrame, w.NetFrame = true, len(alt)-(w.cds.hi-w.cds.lo)
	if w.Last == 0 {
		return
	}
	w.HasCodons = true
	text, n := s.codes(), s.codingLen()
	lo := (w.First - 1) * 3
	w.ref = append(w.ref, clip(text[:n], lo, w.Last*3)...)
	w.alt = append(w.alt, clip(text, lo, w.cds.lo)...)
	w.alt = append(w.alt, alt...)
	want := w.Last*3 - lo + w.NetFrame
	if more := want - len(w.alt); more > 0 {
		w.alt = append(w.alt, clip(text, w.cds.hi, w.cds.hi+more)...)
	} else if want < len(w.alt) {
		w.alt = w.alt[:max(want, 0)]
	}
	if !dna {
		return
	}
	w.HasPeptides = true
	w.refPep = s.translate(w.refPep, w.ref)
	s.recode(w.refPep, w.First)
	w.altPep = s.translate(w.altPep, w.alt)
	w.Extends, w.Ends, w.Beyond = false, false, false
	if len(w.altPep) > 0 && w.altPep[0] == genome.Stop {
		w.Beyond = w.First > len(s.peptide())
	}
	if w.NetFrame > 0 {
		w.extend(s)
	}
}

// clip is text[lo:hi], as much of it as there is.
func clip(text []byte, lo, hi int) []byte {
	hi = min(hi, len(text))
	return text[min(lo, hi):hi]
}

// translate appends the amino acids of codons to dst, X for one cut short.
func (s *script) translate(dst, codons []byte) []byte {
	dst = s.t.Code.AppendTranslation(dst, codons)
	if len(codons)%3 != 0 && string(dst) != "*" {
		dst = append(dst, genome.Unknown)
	}
	return dst
}

// ends finds what the allele does to the start and to the stop codon.
func (w *window) ends(s *script, alt []byte, substitution, dna bool) {
	w.AtStart, w.AtStop, w.StartAltered, w.Intact, w.StartMoved, w.StartSpoilt, w.StopAltered = false, false, false, false, false, false, false
	if !w.cdna.whole() {
		return
	}
	touches := func(lo int) bool { return w.cdna.lo < lo+3 && lo < w.cdna.hi }
	w.AtStart = !s.t.NoStart && touches(s.codeLo) && (s.vep || s.starts(s.codes()))
	w.AtStop = !s.t.NoStop && touches(s.codeHi-3)
	w.StartSpoilt = substitution && !dna
	if w.AtStart && dna {
		w.start(s, alt, substitution)
	}
	if w.AtStop && dna && !substitution && w.cds.loOK {
		w.stop(s, alt)
	}
}

// start edits the 5' UTR with the coding sequence and looks for ATG.
func (w *window) start(s *script, alt []byte, substitution bool) {
	before := s.read()[:s.codeLo+s.codingLen()]
	utr, code := before[:s.codeLo], before[s.codeLo:]
	w.buf = append(w.buf[:0], before[:w.cdna.lo]...)
	w.buf = append(w.buf, alt...)
	w.buf = append(w.buf, before[min(w.cdna.hi, len(before)):]...)
	edited := w.buf
	atg := func(i int) bool { return i >= 0 && s.restarts(clip(edited, i, i+3), code) }
	tail := len(edited) - len(code)
	w.StartMoved = len(utr) > 0 && w.cdna.hi <= len(before) && !atg(len(utr))
	if substitution {
		w.StartSpoilt = !atg(max(tail, 0))
		return
	}
	kept := len(utr) > 0 && bytes.HasPrefix(edited, utr) && atg(len(utr))
	w.Intact = tail >= 0 && bytes.Equal(edited[tail:], code)
	w.StartAltered = !kept && !w.Intact
}

// starts says whether a coding sequence begins with a start codon.
func (s *script) starts(code []byte) bool {
	return s.pad == 0 && len(code) >= 3 && s.t.Code.IsStart(genome.Codon(code))
}

// restarts says whether a codon can take the place of the first one of code:
// for VEP only ATG can, whatever the genetic code.
func (s *script) restarts(codon, code []byte) bool {
	if string(codon) == "ATG" || s.vep || len(codon) < 3 {
		return string(codon) == "ATG"
	}
	standard := s.t.Code == 0 || s.t.Code == genome.Standard
	return bytes.HasPrefix(code, codon) || !standard && s.t.Code.IsStart(genome.Codon(codon))
}

// stop edits the coding sequence with the 3' UTR and translates the codon
// where the stop was.
func (w *window) stop(s *script, alt []byte) {
	text, n := s.codes(), s.codingLen()
	hi := min(w.cds.lo+w.cdna.hi-w.cdna.lo, len(text))
	edited := append(w.buf[:0], text[:w.cds.lo]...)
	edited = append(edited, alt...)
	edited = append(edited, text[hi:]...)
	w.buf = edited
	w.StopAltered = len(edited) < n || n >= 3 && s.t.Code.AminoAcid(genome.Codon(edited[n-3:n])) != genome.Stop
}

// extend finds whether the protein is as before but for what comes at its end.
func (w *window) extend(s *script) {
	p := s.peptide()
	lo := min(w.First-1, len(p))
	hi := min(max(w.Last, lo), len(p))
	if more := len(w.altPep) - (hi - lo); more > 0 && samePrefix(p[lo:], w.altPep, p[hi:]) {
		w.Extends = more <= 2
		w.Ends = len(p)-lo < len(w.altPep) && w.altPep[len(p)-lo] == genome.Stop
	}
}

// samePrefix says whether a followed by b begins with p.
func samePrefix(p, a, b []byte) bool {
	if len(p) <= len(a) {
		return bytes.HasPrefix(a, p)
	}
	return bytes.HasPrefix(p, a) && bytes.HasPrefix(b, p[len(a):])
}
