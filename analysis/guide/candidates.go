package guide

import (
	"strings"

	"okazaki/format/wire"
)

// A Candidate is a guide to search, with its own site if that is known.
type Candidate struct {
	Name    string // as the user calls it
	Letters string
	Home    *locus // of its target in the genome
	Within  *locus // of its target in the record, Contig, of a target that is FASTA
	PAM     string // beside Within
	Context string // around Within
	Of      string // its target: a region, gene or sequence
	Part    string // of that target: an exon, or a flank; empty for all of it
}

// guide returns the candidate's guide, with the user's name.
func (c *Candidate) guide(fivePrime bool) (Guide, error) {
	g, err := NewGuide(c.Name, c.Letters, fivePrime)
	g.Name = c.Name
	return g, err
}

// candidates holds many candidates of one length in little memory: without PAM
// and Context, and without the contig's name of their own sites.
type candidates struct {
	length    int
	fivePrime bool
	list      []packed
	texts     []string // names, and targets with their parts (see aim)
	numbers   map[string]uint32
}

// packed is a candidate, in 32 bytes: name and aim are indexes into texts.
type packed struct {
	anchor    int64
	lo, hi    uint32
	name, aim uint32
	contig    int32
	from      from
	reverse   bool
}

// from says what a candidate's anchor is a place in.
type from uint8

const (
	fromNowhere from = iota
	fromGenome
	fromRecord
)

func newCandidates(length int, fivePrime bool) *candidates {
	return &candidates{length: length, fivePrime: fivePrime, texts: []string{""}, numbers: map[string]uint32{"": 0}}
}

func (l *candidates) len() int { return len(l.list) }

// add adds a guide of a target, or of a part of it.
func (l *candidates) add(g *Guide, of, part string, origin from, at *locus) {
	p := packed{lo: g.lo, hi: g.hi, name: l.number(g.Name), aim: l.number(aim(of, part)), from: origin}
	if origin != fromNowhere {
		p.anchor, p.contig, p.reverse = at.Anchor, int32(at.Contig), at.Reverse
	}
	l.list = append(l.list, p)
}

// again adds a candidate that was searched.
func (l *candidates) again(c *Candidate) error {
	g, err := c.guide(l.fivePrime)
	if err != nil {
		return err
	}
	switch {
	case c.Home != nil:
		l.add(&g, c.Of, c.Part, fromGenome, c.Home)
	case c.Within != nil:
		l.add(&g, c.Of, c.Part, fromRecord, c.Within)
	default:
		l.add(&g, c.Of, c.Part, fromNowhere, nil)
	}
	return nil
}

// aim returns a target and its part in one text. The part is first: it has no tab.
func aim(of, part string) string {
	if part == "" && !strings.Contains(of, "\t") {
		return of
	}
	return part + "\t" + of
}

// aimed returns the target and the part that aim was given.
func aimed(text string) (of, part string) {
	if part, of, ok := strings.Cut(text, "\t"); ok {
		return of, part
	}
	return text, ""
}

func (l *candidates) number(text string) uint32 {
	n, ok := l.numbers[text]
	if !ok {
		n = uint32(len(l.texts))
		l.texts = append(l.texts, text)
		l.numbers[text] = n
	}
	return n
}

// guide returns the guide of candidate i.
func (l *candidates) guide(i int) Guide {
	p := &l.list[i]
	return unpacked(l.texts[p.name], p.lo, p.hi, l.length, l.fivePrime)
}

// target returns the target with its part; empty if there is none.
func (c *Candidate) target() string {
	return strings.TrimSpace(c.Of + " " + c.Part)
}

// at returns candidate i.
func (l *candidates) at(i int) Candidate {
	p := &l.list[i]
	of, part := aimed(l.texts[p.aim])
	c := Candidate{Name: l.texts[p.name], Letters: l.guide(i).Letters, Of: of, Part: part}
	switch at := (&locus{Contig: int(p.contig), Anchor: p.anchor, Reverse: p.reverse}); p.from {
	case fromGenome:
		c.Home = at
	case fromRecord:
		c.Within = at
	}
	return c
}

// unpacked returns the guide with two bit planes.
func unpacked(name string, lo, hi uint32, length int, fivePrime bool) Guide {
	letters := make([]byte, length)
	for i := range letters {
		at := length - 1 - i
		if fivePrime {
			at = i
		}
		letters[i] = "ACGT"[hi>>at&1<<1|lo>>at&1]
	}
	return Guide{Name: name, Letters: string(letters), lo: lo, hi: hi}
}

// append writes the candidates.
func (l *candidates) append(b []byte) []byte {
	b = wire.AppendUvarint(b, len(l.texts))
	for _, s := range l.texts {
		b = wire.AppendBytes(b, s)
	}
	b = wire.AppendUvarint(b, len(l.list))
	last := int64(0)
	for i := range l.list {
		p := &l.list[i]
		b = wire.AppendUint32(wire.AppendUint32(b, p.lo), p.hi)
		b = wire.AppendUvarint(wire.AppendUvarint(b, p.name), p.aim)
		if b = append(b, byte(p.from)); p.from != fromNowhere {
			b = wire.AppendVarint(wire.AppendBool(wire.AppendUvarint(b, p.contig), p.reverse), p.anchor-last)
			last = p.anchor
		}
	}
	return b
}

// leastCandidate is the least number of bytes of a candidate.
const leastCandidate = 8 + 2 + 1

// candidates reads the bytes that append wrote.
func (r *reader) candidates(length int, fivePrime bool) *candidates {
	l := &candidates{length: length, fivePrime: fivePrime}
	for n := r.Count(1); n > 0 && r.Err() == nil; n-- {
		l.texts = append(l.texts, r.String())
	}
	n := r.Count(leastCandidate)
	l.list = make([]packed, 0, n)
	last := int64(0)
	for ; n > 0 && r.Err() == nil; n-- {
		p := packed{lo: r.Uint32(), hi: r.Uint32()}
		p.name, p.aim = uint32(r.Uvarint()), uint32(r.Uvarint())
		if p.from = from(r.Byte()); p.from != fromNowhere {
			p.contig, p.reverse = int32(r.Uvarint()), r.Bool()
			p.anchor = last + r.Varint()
			last = p.anchor
		}
		if int(max(p.name, p.aim)) >= len(l.texts) {
			r.Fail(errText)
		}
		l.list = append(l.list, p)
	}
	return l
}
