package consequence

import (
	"bytes"

	"okazaki/genome"
)

// A Rule says when a term holds.
type Rule struct {
	Term Term
	When string // in words
	// Alone says that no rule further down the table counts if this one holds.
	Alone bool
	holds func(f *Facts) bool
}

// Rules is the table of rules, the one that may stand alone first, then by
// severity. A transcript near which a variant lies and for which no rule holds
// gets intergenic_variant.
func Rules() []Rule { return rules }

var rules = []Rule{
	{TranscriptAblation, "the whole transcript is replaced by something shorter", true,
		func(f *Facts) bool { return f.Whole && f.Shorter }},
	{MatureMiRNA, "the transcript is a microRNA and its mature part is touched", true,
		func(f *Facts) bool { return f.Mature && f.Transcript.Biotype == "miRNA" }},
	{SpliceAcceptor, "the last two bases of an intron are touched", false,
		func(f *Facts) bool { return f.AtBoundary && f.Acceptor }},
	{SpliceDonor, "the first two bases of an intron are touched", false,
		func(f *Facts) bool { return f.AtBoundary && f.Donor }},
	{StopGained, "the codons touched say stop and did not before, and it is not stop_retained_variant", false,
		func(f *Facts) bool { return f.AtCoding && f.stopGained() }},
	{Frameshift, "bases are added to or taken from the coding sequence, not three or a multiple; the last codon is not incomplete there, and it is not stop_retained_variant", false,
		func(f *Facts) bool { return f.AtCoding && (f.Longer || f.Shorter) && f.frameshift() }},
	{StopLost, "the codons touched said stop and no longer do; if they can't be read, the stop codon is not a stop after an insertion or a deletion", false,
		func(f *Facts) bool { return f.AtCoding && f.stopLost() }},
	{StartLost, "the start codon is touched, and no ATG is left in its place, or the first amino acids change", false,
		func(f *Facts) bool { return f.AtCoding && f.startLost() }},
	{InframeInsertion, "amino acids are added in frame, before or after the amino acids of the codons touched; neither start_lost nor before a start that stays", false,
		func(f *Facts) bool { return f.AtCoding && f.Longer && f.inframeInsertion(f.startLost()) }},
	{InframeDeletion, "codons are taken in frame, and the bases that stay are as they were", false,
		func(f *Facts) bool { return f.AtCoding && f.Shorter && f.inframeDeletion() }},
	{Missense, "as many amino acids as before, and others; nothing is wrong with start or stop", false,
		func(f *Facts) bool { return f.AtCoding && !f.Longer && !f.Shorter && f.missense() }},
	{ProteinAltering, "amino acids are added or taken in frame and it is neither inframe_insertion nor inframe_deletion", false,
		func(f *Facts) bool { return f.AtCoding && f.proteinAltering() }},
	{SpliceDonor5thBase, "the fifth base of an intron is touched", false,
		func(f *Facts) bool { return f.AtBoundary && f.DonorFifth }},
	{SpliceRegion, "one of the last or first 3 bases of an exon at an intron, or of the third to the eighth base of an intron, is touched, and none of the other splice terms but splice_polypyrimidine_tract_variant holds", false,
		func(f *Facts) bool {
			return f.AtBoundary && f.SpliceRegion && !f.Donor && !f.Acceptor && !f.DonorFifth && !f.DonorRegion
		}},
	{SpliceDonorRegion, "the third, fourth or sixth base of an intron is touched and the fifth is not", false,
		func(f *Facts) bool { return f.AtBoundary && f.DonorRegion && !f.DonorFifth }},
	{SplicePolypyrimidineTract, "one of the 17th to the third base from the end of an intron is touched, and no exon", false,
		func(f *Facts) bool { return f.AtIntron && !f.AtExon && f.Polypyrimidine }},
	{IncompleteTerminalCodon, "the last codon is incomplete and touched, and none before it", false,
		func(f *Facts) bool { return f.AtCoding && f.Partial }},
	{StartRetained, "the start codon is touched and the coding sequence still begins with ATG", false,
		func(f *Facts) bool { return f.AtCoding && f.startRetained() }},
	{StopRetained, "the stop codon is touched, or a stop comes right where the protein goes on as before, and the protein still ends there", false,
		func(f *Facts) bool { return f.AtCoding && f.stopRetained() }},
	{Synonymous, "the amino acids are as before; none is unknown, and it is neither start_retained_variant nor stop_retained_variant", false,
		func(f *Facts) bool { return f.AtCoding && f.synonymous() }},
	{CodingSequence, "the coding sequence is touched and nothing more can be said: the amino acids are unknown, or an end of the variant lies outside", false,
		func(f *Facts) bool { return f.AtCoding && f.codingUnknown() }},
	{UTR5, "an exon is touched before the coding sequence", false,
		func(f *Facts) bool { return f.OutOfCoding && f.AtExon && f.BeforeCoding && f.Transcribed }},
	{UTR3, "an exon is touched after the coding sequence", false,
		func(f *Facts) bool { return f.OutOfCoding && f.AtExon && f.AfterCoding && f.Transcribed }},
	{NonCodingExon, "an exon of a transcript without a coding sequence is touched", false,
		func(f *Facts) bool { return f.noncoding() && f.Exonic }},
	{Intron, "an intron is touched between its two first and two last bases", false,
		func(f *Facts) bool { return f.AtIntron && f.Intronic }},
	{NMDTranscript, "a transcript is touched that nonsense-mediated decay degrades", false,
		func(f *Facts) bool { return f.Within && f.Transcript.Biotype == "nonsense_mediated_decay" }},
	{NonCodingTranscript, "a transcript without a coding sequence is touched, but no exon of it", false,
		func(f *Facts) bool { return f.noncoding() && !f.Exonic }},
	{CodingTranscript, "a whole coding transcript is replaced by something not shorter", false,
		func(f *Facts) bool { return f.Whole && f.Transcript.Biotype == "protein_coding" }},
	{Upstream, "it lies up to 5,000 bases before the transcript", false,
		func(f *Facts) bool { return f.Before }},
	{Downstream, "it lies up to 5,000 bases after the transcript", false,
		func(f *Facts) bool { return f.After }},
}

// terms are the terms that the rules give.
func (f *Facts) terms() Terms {
	var s Terms
	for i := range rules {
		if rules[i].holds(f) {
			s |= Of(rules[i].Term)
			if rules[i].Alone {
				return s
			}
		}
	}
	if s == 0 {
		return Of(Intergenic)
	}
	return s
}

// noncoding says whether the transcript that is touched neither claims to
// code for a protein nor does.
func (f *Facts) noncoding() bool {
	return f.Within && f.Transcript.Biotype != "protein_coding" && f.Transcript.Coding.Len() == 0
}

func (f *Facts) stopLost() bool {
	if f.HasPeptides {
		return hasStop(f.refPep) && !hasStop(f.altPep)
	}
	return f.StopAltered
}

func (f *Facts) stopRetained() bool {
	switch {
	case f.Partial, f.stopLost():
		return false
	case f.HasPeptides && len(f.altPep) > 0:
		return f.sameStop()
	}
	return (f.Longer || f.Shorter) && f.AtStop && !f.StopAltered
}

// sameStop says whether the codons touched leave the stop where it was. VEP
// 115 also takes it for that if the first amino acid stays and a stop comes
// anywhere after it, which hides a premature stop; VEP 116 no longer does.
func (f *Facts) sameStop() bool {
	if string(f.refPep) == "X" && string(f.altPep) == "X" {
		return false
	}
	stop := bytes.IndexByte(f.altPep, genome.Stop)
	switch {
	case f.Beyond && stop == 0:
		return true
	case stop >= 0 && bytes.IndexByte(f.refPep, genome.Stop) == stop:
		return true
	case f.vep && stop >= 0 && string(f.refPep) == string(f.altPep[:1]):
		return true
	case f.vep:
		return f.Extends
	}
	return f.Ends
}

func (f *Facts) stopGained() bool {
	if !f.HasPeptides || !hasStop(f.altPep) || f.stopRetained() {
		return false
	}
	sooner := !f.vep && !f.Longer && !f.Shorter && bytes.IndexByte(f.altPep, genome.Stop) < bytes.IndexByte(f.refPep, genome.Stop)
	return sooner || !hasStop(f.refPep)
}

func (f *Facts) frameshift() bool {
	return f.HasNetFrame && f.NetFrame%3 != 0 && !f.Partial && !f.stopRetained() && (f.vep || !f.Intact)
}

func (f *Facts) startLost() bool {
	switch {
	case !f.AtStart, !f.vep && f.startRetained():
		return false
	case f.StartAltered && !f.inframeInsertion(false) && !f.inframeDeletion():
		return true
	case f.StartMoved:
		return true
	}
	return f.HasPeptides && len(f.refPep) > 0 && len(f.altPep) > 0 && string(f.altPep) != "X" &&
		f.First == 1 && !bytes.HasSuffix(f.altPep, f.refPep) && !bytes.HasPrefix(f.altPep, f.refPep)
}

func (f *Facts) startRetained() bool {
	if !f.AtStart {
		return false
	}
	return !f.StartAltered && !f.StartSpoilt
}

func (f *Facts) inframeInsertion(startLost bool) bool {
	if startLost || !f.HasCodons || !f.HasPeptides || len(f.alt) <= len(f.ref) || f.frameshift() || !f.vep && f.NetFrame%3 != 0 {
		return false
	}
	if f.startRetained() && bytes.HasSuffix(f.altPep, f.refPep) {
		return false
	}
	alt := f.altPep
	if i := bytes.IndexByte(alt, genome.Stop); i >= 0 {
		alt = alt[:i+1]
	}
	return bytes.HasPrefix(alt, f.refPep) || bytes.HasSuffix(alt, f.refPep)
}

func (f *Facts) inframeDeletion() bool {
	if f.Partial || !f.HasCodons || len(f.alt) >= len(f.ref) || f.frameshift() || !f.vep && f.Intact {
		return false
	}
	if bytes.HasPrefix(f.ref, f.alt) || bytes.HasSuffix(f.ref, f.alt) {
		return true
	}
	r, a := f.ref, f.alt
	for len(a) > 0 && r[0] == a[0] {
		r, a = r[1:], a[1:]
	}
	for len(a) > 0 && r[len(r)-1] == a[len(a)-1] {
		r, a = r[:len(r)-1], a[:len(a)-1]
	}
	return len(a) == 0 && len(r)%3 == 0
}

func (f *Facts) missense() bool {
	return f.HasPeptides && len(f.refPep) == len(f.altPep) && !bytes.Equal(f.refPep, f.altPep) &&
		!f.Partial && !f.stopLost() && !f.stopRetained() && !f.stopGained() && !f.startLost()
}

func (f *Facts) synonymous() bool {
	return f.HasPeptides && len(f.refPep) > 0 && bytes.Equal(f.refPep, f.altPep) &&
		bytes.IndexByte(f.refPep, genome.Unknown) < 0 && !f.stopRetained() && !f.startRetained()
}

func (f *Facts) proteinAltering() bool {
	return f.HasPeptides && len(f.refPep) != len(f.altPep) &&
		!startsWithStop(f.refPep) && !startsWithStop(f.altPep) &&
		!bytes.HasPrefix(f.altPep, f.refPep) && !bytes.HasSuffix(f.altPep, f.refPep) &&
		!f.inframeDeletion() && !f.startLost() && !f.frameshift()
}

func (f *Facts) codingUnknown() bool {
	if !f.InCoding || f.Whole {
		return false
	}
	known := f.HasPeptides && bytes.IndexByte(f.refPep, genome.Unknown) < 0 && bytes.IndexByte(f.altPep, genome.Unknown) < 0
	return !known && !f.frameshift() && !f.inframeDeletion() && !f.proteinAltering() &&
		!f.startRetained() && !f.startLost() && !f.stopRetained() && !f.stopLost()
}

func hasStop(p []byte) bool        { return bytes.IndexByte(p, genome.Stop) >= 0 }
func startsWithStop(p []byte) bool { return len(p) > 0 && p[0] == genome.Stop }
