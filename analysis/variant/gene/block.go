package gene

import (
	"errors"
	"slices"

	"okazaki/format/wire"
	"okazaki/genome"
)

// A block is what a file holds about a contig besides its bases: numbers,
// each an unsigned varint. First come the odd letters, then the texts of the
// transcripts, each once, then the transcripts. An ascending number is
// written as its distance from the one before.

// of a transcript, as bits of a number
const (
	reverseFlag = 1 << iota
	noStartFlag
	noStopFlag
	canonicalFlag
	codingFlag
	phaseShift = iota
)

// leastTranscript is how many bytes a transcript takes at the least.
const leastTranscript = 11 + 3 + 3 + 3 + 1

// texts are the fields of a transcript that are text, in the order of a block.
func (t *Transcript) texts() [11]*string {
	return [...]*string{&t.ID, &t.Version, &t.Gene, &t.Symbol, &t.Biotype, &t.Protein, &t.ManeSelect, &t.ManePlus, &t.TSL, &t.APPRIS, &t.CCDS}
}

// positions are the fields that are lists of positions.
func (t *Transcript) positions() [3]*[]int {
	return [...]*[]int{&t.Slips, &t.Skips, &t.Selenocysteines}
}

// A blockWriter writes a block.
type blockWriter struct {
	b     []byte
	index map[string]int
	texts []string
}

func (w *blockWriter) number(n int) { w.b = wire.AppendUvarint(w.b, n) }

func (w *blockWriter) text(s string) int {
	i, ok := w.index[s]
	if !ok {
		i = len(w.texts)
		w.index[s] = i
		w.texts = append(w.texts, s)
	}
	return i
}

// block returns the contig's block.
func (c *Contig) block() []byte {
	w := &blockWriter{index: map[string]int{}}
	for _, t := range c.transcripts {
		for _, s := range t.texts() {
			w.text(*s)
		}
	}
	w.number(len(c.letters.odd))
	at := 0
	for _, r := range c.letters.odd {
		w.number(int(r.lo) - at)
		w.number(int(r.hi - r.lo))
		w.number(int(r.letter))
		at = int(r.hi)
	}
	w.number(len(w.texts))
	for _, s := range w.texts {
		w.b = wire.AppendBytes(w.b, s)
	}
	w.number(len(c.transcripts))
	at = 0
	for _, t := range c.transcripts {
		w.transcript(t, at)
		at = t.Region.Lo
	}
	return w.b
}

func (w *blockWriter) transcript(t *Transcript, before int) {
	for _, s := range t.texts() {
		w.number(w.text(*s))
	}
	flags := t.Phase << phaseShift
	for flag, set := range map[int]bool{reverseFlag: t.Reverse, noStartFlag: t.NoStart, noStopFlag: t.NoStop, canonicalFlag: t.Canonical, codingFlag: t.Coding.Len() > 0} {
		if set {
			flags |= flag
		}
	}
	w.number(flags)
	w.number(int(t.Code))
	w.number(t.Region.Lo - before)
	w.regions(t.Exons, t.Region.Lo)
	if t.Coding.Len() > 0 {
		w.number(t.Coding.Lo - t.Region.Lo)
		w.number(t.Coding.Len())
	}
	for _, list := range t.positions() {
		w.number(len(*list))
		for _, p := range *list {
			w.number(p - t.Region.Lo)
		}
	}
	w.regions(t.Mature, t.Region.Lo)
}

// regions writes regions that ascend and lie apart.
func (w *blockWriter) regions(rs []genome.Region, at int) {
	w.number(len(rs))
	for _, r := range rs {
		w.number(r.Lo - at)
		w.number(r.Len())
		at = r.Hi
	}
}

// A blockReader reads a block of a contig of length bases.
type blockReader struct {
	wire.Reader
	length int
}

func newBlockReader(b []byte, length int) *blockReader { return &blockReader{wire.From(b), length} }

var (
	errBlock  = errors.New("numbers that can't be")
	errNoExon = errors.New("a transcript without an exon")
)

// number reads one that is at most limit, or 0.
func (r *blockReader) number(limit int) int { return r.Below(max(limit, 0) + 1) }

// read fills the contig from its block.
func (r *blockReader) read(c *Contig) error {
	for range r.Count(1) {
		lo := 0
		if n := len(c.letters.odd); n > 0 {
			lo = int(c.letters.odd[n-1].hi)
		}
		lo += r.number(r.length - lo)
		hi := lo + r.number(r.length-lo)
		c.letters.odd = append(c.letters.odd, run{uint32(lo), uint32(hi), byte(r.number(255))})
	}
	texts := make([]string, r.Count(1))
	for i := range texts {
		texts[i] = r.String()
	}
	all := make([]Transcript, r.Count(leastTranscript))
	c.transcripts = make([]*Transcript, len(all))
	at := 0
	for i := range all {
		t := &all[i]
		r.transcript(t, texts, at)
		c.transcripts[i] = t
		at = t.Region.Lo
		if r.Err() != nil {
			return r.Err()
		}
	}
	c.reach()
	return r.End()
}

func (r *blockReader) transcript(t *Transcript, texts []string, before int) {
	for _, s := range t.texts() {
		if i := r.number(len(texts) - 1); i < len(texts) {
			*s = texts[i]
		}
	}
	flags := r.number(3<<phaseShift - 1)
	t.Reverse, t.NoStart, t.NoStop, t.Canonical = flags&reverseFlag != 0, flags&noStartFlag != 0, flags&noStopFlag != 0, flags&canonicalFlag != 0
	t.Phase = flags >> phaseShift
	t.Code = genome.Code(r.number(255))
	t.Region.Lo = before + r.number(r.length-before)
	t.Exons = r.regions(t.Region.Lo)
	if len(t.Exons) == 0 {
		r.Fail(errNoExon)
		return
	}
	t.Region.Hi = t.Exons[len(t.Exons)-1].Hi
	if flags&codingFlag != 0 {
		t.Coding.Lo = t.Region.Lo + r.number(t.Region.Len())
		t.Coding.Hi = t.Coding.Lo + r.number(t.Region.Hi-t.Coding.Lo)
	}
	for _, list := range t.positions() {
		for range r.Count(1) {
			*list = append(*list, t.Region.Lo+r.number(t.Region.Len()-1))
		}
	}
	t.Mature = r.regions(t.Region.Lo)
}

func (r *blockReader) regions(at int) (rs []genome.Region) {
	n := r.Count(1)
	if n == 0 {
		return nil
	}
	rs = make([]genome.Region, 0, n)
	for range n {
		lo := at + r.number(r.length-at)
		at = lo + r.number(r.length-lo)
		rs = append(rs, genome.Region{Lo: lo, Hi: at})
	}
	return slices.Clip(rs)
}
