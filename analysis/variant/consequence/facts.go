package consequence

import (
	"okazaki/analysis/variant/gene"
	"okazaki/genome"
)

// Facts are what is known about one allele of a variant at one transcript.
// They are found first; the rules say which terms follow from them.
//
// Numbers of exons and introns are in the order of the transcript, from 1.
type Facts struct {
	Transcript *gene.Transcript
	vep        bool // VEP's mistakes are wanted

	// The allele against the reference.
	Longer, Shorter bool // of the two; neither of a substitution

	// Where the allele lies.
	Within   bool // it touches the transcript
	Whole    bool // it replaces the whole transcript
	Before   bool // it lies up to 5,000 bases before the transcript's first base
	After    bool // it lies up to 5,000 bases after its last base
	Distance int  // in bases from the transcript, if Before or After

	Exonic         bool // it touches a base of an exon
	AtExon         bool // it lies in an exon, or for an insertion a base beside it; 12 bases more if the transcript has a gap too short for an intron
	AtIntron       bool // it, or a base beside it, lies in an intron or at most 3 bases from one
	AtBoundary     bool // it lies from 3 bases into an exon to 8 bases into an intron
	InShortGap     bool // it touches a gap between exons of 13 bases or less, which is not an intron
	Intronic       bool // it touches an intron between its two first and two last bases
	Donor          bool // it touches the first two bases of an intron
	DonorFifth     bool // it touches the fifth base of an intron
	DonorRegion    bool // it touches the third to the sixth base of an intron
	Polypyrimidine bool // it touches the 17th to the third base from the end of an intron
	Acceptor       bool // it touches the last two bases of an intron
	SpliceRegion   bool // it touches the last or first 3 bases of an exon or the third to the eighth base of an intron from either end

	BeforeCoding bool // it touches the transcript before its coding sequence
	AfterCoding  bool // it touches the transcript after its coding sequence
	OutOfCoding  bool // some of it lies outside the extent of the coding sequence
	Transcribed  bool // it lies in the cDNA, or in a short gap
	AtCoding     bool // it, or a base beside it, lies within the extent of the coding sequence, and in an exon
	InCoding     bool // it touches a coding base, or a short gap between them
	Mature       bool // it touches the mature part of a microRNA

	ExonFirst, ExonLast     int // the exons that it touches; 0 if none
	IntronFirst, IntronLast int // the introns that it touches; 0 if none

	// What it does to the coding sequence.
	window
}

// place finds where allele a lies in the transcript of s.
func (f *Facts) place(s *script, a *Allele) {
	t, r, m := s.t, a.Region, a.flanked()
	*f = Facts{Transcript: t, vep: s.vep, window: window{ref: f.ref, alt: f.alt, refPep: f.refPep, altPep: f.altPep, buf: f.buf}}
	f.Longer, f.Shorter = len(a.Alt) > r.Len(), len(a.Alt) < r.Len()
	f.Within = r.Overlaps(t.Region)
	if !f.Within {
		f.outside(t, a)
		return
	}
	f.Whole = r.Lo <= t.Region.Lo && r.Hi >= t.Region.Hi
	for _, p := range t.Mature {
		f.Mature = f.Mature || r.Overlaps(p)
	}
	f.exons(s, r, m)
	f.introns(s, a, m)
	f.cdna = s.cdna(r)
	mapped := f.Exonic || r.Len() == 0 && f.cdna.loOK
	f.Transcribed = mapped || f.InShortGap
	if !s.coding() {
		return
	}
	f.cds = s.cds(f.cdna)
	if r.Len() == 0 {
		f.BeforeCoding, f.AfterCoding = r.Lo == t.Coding.Lo, r.Lo == t.Coding.Hi
	}
	f.BeforeCoding = f.BeforeCoding || r.Overlaps(genome.Region{Lo: t.Region.Lo, Hi: t.Coding.Lo})
	f.AfterCoding = f.AfterCoding || r.Overlaps(genome.Region{Lo: t.Coding.Hi, Hi: t.Region.Hi})
	if t.Reverse {
		f.BeforeCoding, f.AfterCoding = f.AfterCoding, f.BeforeCoding
	}
	f.OutOfCoding = m.Lo < t.Coding.Lo || m.Hi > t.Coding.Hi
	f.AtCoding = f.AtExon && m.Overlaps(t.Coding) && (mapped || r.Len() > 0)
	f.InCoding = f.InShortGap && r.Overlaps(t.Coding)
	if r.Len() == 0 {
		f.InCoding = f.InCoding || f.cds.loOK
	} else if inside := r.Intersect(t.Coding); inside.Len() > 0 {
		for i := s.exon(inside.Lo); !f.InCoding && i < len(t.Exons) && t.Exons[i].Lo < inside.Hi; i++ {
			f.InCoding = true
		}
	}
}

// outside finds how an allele lies to a transcript that it doesn't touch.
func (f *Facts) outside(t *gene.Transcript, a *Allele) {
	r := a.Region
	gap, left := t.Region.Lo-r.Hi, true
	if r.Lo >= t.Region.Hi {
		gap, left = r.Lo-t.Region.Hi, false
	}
	if gap >= reach {
		return
	}
	f.Distance = gap + 1
	if r.Len() == 0 {
		f.Distance = gap // counted from the nearer of the bases beside it
	}
	f.Before, f.After = left != t.Reverse, left == t.Reverse
}

// exons finds the exons that region r touches; m is r with the bases beside
// an insertion.
func (f *Facts) exons(s *script, r, m genome.Region) {
	exons, stretch := s.t.Exons, 0
	if s.gap {
		stretch = shortestIntron - 1
	}
	for i := s.exon(m.Lo - stretch); i < len(exons) && exons[i].Lo-stretch < m.Hi; i++ {
		f.AtExon = true
		if r.Overlaps(exons[i]) {
			f.Exonic = true
			f.ExonFirst, f.ExonLast = widen(f.ExonFirst, f.ExonLast, s.rank(i, len(exons)))
		}
	}
}

// widen makes lo..hi hold n; 0 is none.
func widen(lo, hi, n int) (int, int) {
	if lo == 0 {
		return n, n
	}
	return min(lo, n), max(hi, n)
}

// introns finds what the allele does to the introns near it. Each run of
// bases that differ counts by itself, as in VEP: what lies between two runs
// stays as it is.
func (f *Facts) introns(s *script, a *Allele, m genome.Region) {
	exons := s.t.Exons
	if len(exons) < 2 {
		return
	}
	// The gaps at most 3 bases from the allele.
	first := max(s.exon(m.Lo-3)-1, 0)
	last := first
	for last < len(exons)-1 && exons[last].Hi-3 < m.Hi {
		last++
	}
	for i := first; i < last; i++ {
		gap := s.intron(i)
		if gap.Len() <= 0 || gap.Hi+3 <= m.Lo {
			continue
		}
		f.AtIntron = true
		if a.Region.Overlaps(gap) {
			f.IntronFirst, f.IntronLast = widen(f.IntronFirst, f.IntronLast, s.rank(i, len(exons)-1))
		}
		if m.Overlaps(genome.Region{Lo: gap.Lo - 3, Hi: gap.Lo + 8}) || m.Overlaps(genome.Region{Lo: gap.Hi - 8, Hi: gap.Hi + 3}) {
			f.AtBoundary = true
		}
	}
	if !f.AtIntron {
		return
	}
	for run, rest := a.runs(0); run.Lo >= 0; run, rest = a.runs(rest) {
		for i := first; i < last; i++ {
			if gap := s.intron(i); gap.Len() > 0 && gap.Hi+3 > m.Lo {
				f.intron(s.t.Reverse, gap, run, m)
			}
		}
	}
}

// intron finds what a run of changed bases does to one intron. In VEP the
// last run and the last intron decide alone on SpliceRegion.
func (f *Facts) intron(reverse bool, gap, run, m genome.Region) {
	if gap.Len() <= shortestIntron && run.Overlaps(gap) {
		f.InShortGap = true
		return
	}
	at := func(lo, hi int) bool { return run.Overlaps(genome.Region{Lo: lo, Hi: hi}) }
	ins := run.Len() == 0
	if at(gap.Lo+2, gap.Hi-2) || ins && (run.Lo == gap.Lo+2 || run.Lo == gap.Hi-2) {
		f.Intronic = true
	}
	if !reverse {
		f.Polypyrimidine = f.Polypyrimidine || at(gap.Hi-17, gap.Hi-2) || ins && run.Lo == gap.Hi-2
	} else {
		f.Polypyrimidine = f.Polypyrimidine || at(gap.Lo+2, gap.Lo+17) || ins && run.Lo == gap.Lo+2
	}
	if !m.Overlaps(genome.Region{Lo: gap.Lo - 3, Hi: gap.Lo + 8}) && !m.Overlaps(genome.Region{Lo: gap.Hi - 8, Hi: gap.Hi + 3}) {
		return
	}
	start, end := at(gap.Lo, gap.Lo+2), at(gap.Hi-2, gap.Hi)
	if !reverse {
		f.Donor, f.Acceptor = f.Donor || start, f.Acceptor || end
		f.DonorFifth = f.DonorFifth || at(gap.Lo+4, gap.Lo+5)
		f.DonorRegion = f.DonorRegion || at(gap.Lo+2, gap.Lo+6)
	} else {
		f.Donor, f.Acceptor = f.Donor || end, f.Acceptor || start
		f.DonorFifth = f.DonorFifth || at(gap.Hi-5, gap.Hi-4)
		f.DonorRegion = f.DonorRegion || at(gap.Hi-6, gap.Hi-2)
	}
	if !f.Donor && !f.Acceptor {
		f.SpliceRegion = f.SpliceRegion && !f.vep || at(gap.Lo+2, gap.Lo+8) || at(gap.Hi-8, gap.Hi-2) || at(gap.Lo-3, gap.Lo) || at(gap.Hi, gap.Hi+3) ||
			ins && (run.Lo == gap.Lo || run.Lo == gap.Hi || run.Lo == gap.Lo+2 || run.Lo == gap.Hi-2)
	}
}

// runs is the first run of bases that differ at or after base from of the
// allele's two sides, laid side by side from their start, and where to go on;
// the longer side's overhang differs. If a side has at most one base, the
// allele's region is the only run. After the last run, run.Lo is -1.
func (a *Allele) runs(from int) (run genome.Region, next int) {
	none := genome.Region{Lo: -1, Hi: -1}
	if len(a.Ref) <= 1 || len(a.Alt) <= 1 {
		if from > 0 {
			return none, from
		}
		return a.Region, 1
	}
	n := max(len(a.Ref), len(a.Alt))
	same := func(i int) bool {
		return i < len(a.Ref) && i < len(a.Alt) && upper(a.Ref[i]) == upper(a.Alt[i])
	}
	lo := from
	for lo < n && same(lo) {
		lo++
	}
	if lo >= n {
		return none, n
	}
	hi := lo + 1
	for hi < n && !same(hi) {
		hi++
	}
	return genome.Region{Lo: a.Region.Lo + lo, Hi: a.Region.Lo + hi}, hi
}
