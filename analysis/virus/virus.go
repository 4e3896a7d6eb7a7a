// Package virus says how a virus genome differs from its reference. It aligns
// the genome, and lists substitutions, deletions, insertions, missing bases,
// and the effects of all of it on the proteins.
//
// Its one invariant: the calls are a function of the genome's letters and the
// reference alone, whichever Caller makes them and whatever it called before.
package virus

import (
	"fmt"

	"okazaki/genome"
)

// A Substitution is one base of the reference that differs in the genome.
type Substitution struct {
	Pos      int // in the reference
	Ref, Alt byte
}

// An Insertion is bases of the genome that the reference doesn't have.
type Insertion struct {
	Pos     int    // of the reference's base that follows
	Letters []byte // may be part of the genome that was called
}

// An Ambiguous is a run of one IUPAC letter that is none of A, C, G, T, N.
type Ambiguous struct {
	Letter byte
	Region genome.Region // in the reference
}

// An AminoChange is one amino acid of the reference that differs in the genome,
// or '-' if its codon is deleted.
type AminoChange struct {
	Gene     int // index into Reference.Genes
	Codon    int // from 0
	Ref, Alt byte
}

// An AminoInsertion is amino acids of the genome that the reference doesn't
// have.
type AminoInsertion struct {
	Gene    int
	Codon   int    // that follows
	Letters []byte // valid until the next Call
}

// A FrameShift is a run of codons that the genome reads in another frame.
type FrameShift struct {
	Gene   int
	Codons genome.Region // 0-based
}

// An AminoRange is a run of codons of a gene.
type AminoRange struct {
	Gene   int
	Codons genome.Region // 0-based
}

// Calls are what a Caller found in one genome. All but Problem is empty if the
// genome could not be aligned. They are valid until the Caller's next Call.
type Calls struct {
	Problem string // why the genome could not be aligned; empty if it was
	Reverse bool   // the genome was given as its reverse complement
	Aligned genome.Region
	Score   int

	Substitutions []Substitution
	Deletions     []genome.Region
	Insertions    []Insertion
	Missing       []genome.Region // runs of N
	Ambiguous     []Ambiguous
	Held          []Substitution // bases that an ambiguous letter of the reference stands for

	Rearrangements []Rearrangement

	FrameShifts        []FrameShift
	AminoSubstitutions []AminoChange
	AminoDeletions     []AminoChange
	AminoInsertions    []AminoInsertion
	AminoUnknown       []AminoRange // codons of unknown amino acids, without the codons beyond the genome's ends

	turned []genome.Region // of the genome: stretches that are missing for an inversion

	amino []byte // holds AminoInsertions' letters
}

func (c *Calls) reset() {
	*c = Calls{
		Substitutions: c.Substitutions[:0], Deletions: c.Deletions[:0], Insertions: c.Insertions[:0],
		Missing: c.Missing[:0], Ambiguous: c.Ambiguous[:0], Held: c.Held[:0], Rearrangements: c.Rearrangements[:0], turned: c.turned[:0], FrameShifts: c.FrameShifts[:0],
		AminoSubstitutions: c.AminoSubstitutions[:0], AminoDeletions: c.AminoDeletions[:0],
		AminoInsertions: c.AminoInsertions[:0], AminoUnknown: c.AminoUnknown[:0], amino: c.amino[:0],
	}
}

// letters returns the number of letters in the regions.
func letters(rs []genome.Region) (n int) {
	for _, r := range rs {
		n += r.Len()
	}
	return n
}

// ambiguous returns the number of letters in the runs.
func (c *Calls) ambiguous() (n int) {
	for _, a := range c.Ambiguous {
		n += a.Region.Len()
	}
	return n
}

// A Caller calls genomes of one virus. One goroutine may use it at a time.
// Clone makes another Caller that shares the prepared reference.
type Caller struct {
	ref    *Reference
	params Params
	sites  *sites
	seeder *seeder
	walker walker
	judge  *classifier
	calls  Calls

	clean   []byte // the genome, upper case, without gaps
	turned  []byte // its reverse complement
	rotated []byte // the genome, turned to begin where the reference does
	aligned []byte // the genome's letters by reference position
	amino   amino
	regions []genome.Region // scratch of a row
}

// NewCaller prepares to call genomes against a reference.
func NewCaller(ref *Reference, p Params) *Caller {
	return (&Dataset{Reference: ref, Params: p}).NewCaller()
}

// NewCaller prepares to call genomes of the dataset's virus.
func (d *Dataset) NewCaller() *Caller {
	ref, p := d.Reference, d.Params.filled()
	c := &Caller{ref: ref, params: p, sites: newSites(ref, p), seeder: newSeeder(ref.Sequence, p.Seeds), judge: newJudge(d)}
	c.walker = walker{scoring: newScoring(ref, p), index: newIndex(ref.Sequence), band: p.TerminalBand}
	return c.scratch()
}

// Clone returns another Caller for another goroutine.
func (c *Caller) Clone() *Caller {
	d := &Caller{ref: c.ref, params: c.params, sites: c.sites, seeder: c.seeder, judge: c.judge.clone()}
	d.walker = walker{scoring: c.walker.scoring, index: c.walker.index, band: c.walker.band}
	return d.scratch()
}

func (c *Caller) scratch() *Caller {
	c.aligned = make([]byte, len(c.ref.Sequence))
	c.amino.touched = make([][]int32, len(c.ref.Genes))
	c.amino.edits = make([][]edit, len(c.ref.Genes))
	c.amino.missing = make([][]genome.Region, len(c.ref.Genes))
	return c
}

// Reference returns the reference that genomes are called against.
func (c *Caller) Reference() *Reference { return c.ref }

// Call calls one genome: IUPAC letters in either case, as they are or reverse
// complemented; gaps are left out. The Calls are valid until the next Call; seq
// is not kept longer.
func (c *Caller) Call(seq []byte) *Calls {
	if !upper(seq) {
		seq = c.normalise(seq)
	}
	return c.callUpper(seq)
}

// callGenome is Call. It does not look again at letters that are known to be
// common.
func (c *Caller) callGenome(g *rawGenome) *Calls {
	if g.common {
		return c.callUpper(g.letters)
	}
	return c.Call(g.letters)
}

// callUpper is Call for letters that are upper case.
func (c *Caller) callUpper(seq []byte) *Calls {
	c.calls.reset()
	c.call(seq)
	if c.calls.Problem == notNormalised {
		c.calls.reset()
		c.call(c.normalise(seq))
	}
	if p := c.calls.Problem; p != "" {
		c.calls.reset()
		c.calls.Problem = p
	}
	return &c.calls
}

func (c *Caller) call(q []byte) {
	if len(q) < c.params.MinLength {
		c.calls.Problem = fmt.Sprintf("the genome has %d letters, fewer than the %d that can be aligned", len(q), c.params.MinLength)
		return
	}
	w := &c.walker
	w.ignoreDoubt, w.chainPath = false, nil
	turned, ok := c.orient(q)
	from, rotates := 0, false
	if ok && c.ref.Circular {
		turned, from, rotates = c.rotate(turned)
	}
	if ok = ok && w.walk(turned); ok && w.ambiguous {
		ok = w.walk(c.doubted(q, turned, rotates))
	}
	if !ok && !c.repeated(q) {
		c.calls.Problem = c.stranger(q)
		return
	}
	w.straighten()
	w.reconsider()
	c.callNucleotides()
	if c.calls.Problem != "" {
		return
	}
	if rotates {
		c.calls.Rearrangements = append(c.calls.Rearrangements, Rearrangement{Rotation, genome.Region{Lo: from, Hi: from}, from})
	}
	c.rearranged()
	c.amino.call(c)
}

// doubted returns the genome, as it was given or rotated, for the walker to
// follow the better of its chains.
func (c *Caller) doubted(q, rotated []byte, rotates bool) []byte {
	if !rotates {
		return c.guided(q)
	}
	before := c.calls.Reverse
	rotated = c.guided(rotated)
	c.calls.Reverse = c.calls.Reverse != before
	return rotated
}

// notNormalised is the problem of a genome whose letters must be normalised
// first. No caller sees it.
const notNormalised = "not normalised"

// upper says whether all bytes lie between '@' and '_', as upper case does.
func upper(seq []byte) bool {
	const high, low = 0x4040404040404040, 0xa0a0a0a0a0a0a0a0
	i := 0
	for ; i+32 <= len(seq); i += 32 {
		s := seq[i : i+32 : i+32]
		w, x, y, z := word64(s, 0), word64(s, 8), word64(s, 16), word64(s, 24)
		if (w|x|y|z)&low|^(w&x&y&z)&high != 0 {
			return false
		}
	}
	for ; i+8 <= len(seq); i += 8 {
		if x := word64(seq, i); x&low|^x&high != 0 {
			return false
		}
	}
	for ; i < len(seq); i++ {
		if seq[i]&0xe0 != 0x40 {
			return false
		}
	}
	return true
}

// normalise makes letters upper case, U to T, and leaves out gaps. Other bytes
// stay, and become a problem when they are met.
func (c *Caller) normalise(seq []byte) []byte {
	c.clean = c.clean[:0]
	for _, l := range seq {
		switch b := genome.BaseOf(l); {
		case b != 0:
			c.clean = append(c.clean, b.Letter())
		case l == '?':
			c.clean = append(c.clean, 'N')
		case l != '-' && l != '.':
			c.clean = append(c.clean, l)
		}
	}
	return c.clean
}

// orient turns a genome that is the reverse complement of the reference's
// strand.
func (c *Caller) orient(q []byte) ([]byte, bool) {
	const soon = 1000
	w := &c.walker
	if w.q = q; w.votes(unknown(q) + soon) {
		return q, true
	}
	c.turned = genome.AppendReverseComplement(c.turned[:0], q)
	forward := w.anchors()
	w.q = c.turned
	if backward := w.anchors(); backward > forward {
		c.calls.Reverse = true
		return c.turned, true
	}
	return q, forward > 0
}

// guided returns the genome, or its reverse complement, for the walker to
// follow the better of their chains.
func (c *Caller) guided(q []byte) []byte {
	w := &c.walker
	c.calls.Reverse = false
	forward := w.chain.find(w.scoring, w.index, q)
	if forward < c.params.Match*int32(min(len(q), w.length()))*9/10 {
		c.turned = genome.AppendReverseComplement(c.turned[:0], q)
		c.calls.Reverse = w.chain.find(w.scoring, w.index, c.turned) > forward
		if c.calls.Reverse {
			q = c.turned
		} else {
			w.chain.find(w.scoring, w.index, q)
		}
	}
	w.ignoreDoubt = true
	if len(w.chain.pieces) > 0 {
		w.chainPath = w.chain.pieces
	}
	return q
}

// votes says whether an anchor lies among the first n bases.
func (w *walker) votes(n int) bool {
	all := w.q
	w.q = all[:min(n, len(all))]
	_, i := w.anchor(0, 0)
	w.q = all
	return i >= 0
}

// anchors returns the number of anchors in the genome, a hundred bases apart.
func (w *walker) anchors() (n int) {
	for i := 0; ; n++ {
		if _, i = w.anchor(0, i); i < 0 {
			return n
		}
		i += 100
	}
}

func (c *Caller) stranger(q []byte) string {
	known := 0
	for _, l := range q {
		if l != 'N' {
			known++
		}
	}
	if known < c.params.MinLength {
		return fmt.Sprintf("all but %d of the genome's %d letters are N", known, len(q))
	}
	return "no part of the genome is found in the reference " + c.ref.Name
}
