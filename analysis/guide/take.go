package guide

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"okazaki"
)

// A hitCollector adds a guide's hits to its tally.
type hitCollector struct {
	*tally
	request  *request
	guide    *Guide
	scores   bool                                  // they are defined
	alike    bool                                  // all PAMs score alike, so that they need not be read
	records  *records                              // of a target that is FASTA; else nil
	genes    *genes                                // by which hits are told apart; else nil
	verified func(contig int, from, to int64) bool // says whether bases of a contig's text may be read
	pam      []byte                                // of the last hit
	met      []score
	nowhere  geneSum // of hits that lie in no gene

	named *contig // the contig of the last copyOf
	place int     // its number
	alt   bool
}

// A score is the sums of a protospacer without bulges. The CFD lacks the PAM's
// weight.
type score struct {
	cfd float64
	mit int64
}

func (r *request) tally(p *stagePlan, number int) *hitCollector {
	own := &tally{candidate: p.candidates.at(number), number: number, most: r.maxHits}
	if within := own.candidate.Within; within != nil {
		own.candidate.PAM, own.candidate.Context = p.records.beside(within, r)
	}
	g := p.candidates.guide(number)
	return &hitCollector{tally: own, request: r, guide: &g, scores: r.hasCFD(), records: p.records, genes: p.genes, verified: p.verified,
		alike: r.hits == "" && r.off.Within(PAM{Patterns: []string{"NGG"}})}
}

func (t *hitCollector) score(at *site) score {
	cfd, _ := t.guide.cfd(at)
	return score{cfd, int64(math.Round(MIT(t.guide.mismatch(at, 0), t.request.exactMIT) * unit / 100))}
}

// cfdWithPAM returns the CFD beside a PAM, in units; 0 where it is not defined.
func (s *score) cfdWithPAM(pam []byte) int64 {
	weight, _ := pamWeight(pam)
	return int64(math.Round(s.cfd * weight * unit))
}

// addProtospacer scores a protospacer once. It counts all its sites at once if
// nothing else is asked of them. A perfect one may be the guide's own target.
func (t *hitCollector) addProtospacer(at *site, a Alignment, sites int64) bool {
	var own score
	if t.scores {
		own = t.score(at)
	}
	t.met = append(t.met, own)
	if t.request.hits != "" || t.scores && !t.alike || a.Mismatches == 0 || t.request.exclude.any() {
		return false
	}
	t.counts[kind(a.Mismatches, 0, 0)] += sites
	if t.scores {
		t.cfd += sites * own.cfdWithPAM(ngg)
		t.mit += sites * own.mit
	}
	return true
}

var ngg = []byte("NGG")

// addHit adds a hit on a contig. at.anchor is a place in the contig's text.
// protospacer is the number of addProtospacer's call for the hit's protospacer,
// -1 if there was none.
func (t *hitCollector) addHit(c *contig, number int, at *site, a Alignment, protospacer int) {
	r := t.request
	place := locus{Contig: number, Name: c.Name, Anchor: at.anchor - c.Halo, Reverse: at.reverse}
	copied := noCopy
	if r.hits != "" || r.exclude.copies != nil {
		copied = t.copyOf(c, number, place.Anchor)
	}
	if slices.Contains(r.exclude.copies, copied) && (t.candidate.Home == nil || t.candidate.Home.compare(&place) != 0) {
		return
	}
	of := t.geneSum(&place, kind(a.Mismatches, a.DNA, a.RNA))
	t.counts[of.kind]++
	of.n++
	plain := a.DNA+a.RNA == 0
	perfect := plain && a.Mismatches == 0
	if r.hits == "" && !t.scores && !perfect {
		return
	}
	if t.alike && !perfect {
		t.pam = append(t.pam[:0], ngg...)
	} else {
		t.pam = c.text.append(t.pam[:0], at.anchor, at.anchor+int64(r.pam.Len()), at.reverse)
	}
	var cfd int64
	if t.scores && plain {
		var own score
		if protospacer >= 0 {
			own = t.met[protospacer]
		} else {
			own = t.score(at)
		}
		cfd = own.cfdWithPAM(t.pam)
		t.cfd += cfd
		t.mit += own.mit
		of.cfd, of.mit = of.cfd+cfd, of.mit+own.mit
	}
	if t.scores && (!plain || !t.guide.isScored(at, t.pam)) {
		t.unscored++
		of.unscored++
	}
	if perfect && r.pam.Fits(string(t.pam)) {
		differ, own := 0, true
		if within := t.candidate.Within; within != nil {
			sound := func(from, to int64) bool { return t.verified == nil || t.verified(number, from, to) }
			differ, own = t.records.differences(c, &place, within, r.pam.Len(), sound)
		}
		if own {
			t.settle(&home{locus: place, pam: string(t.pam), context: c.context(&place, r), cfd: cfd, differ: differ})
		}
	}
	if r.hits != "" {
		mask := uint32(uint64(1)<<(r.length+a.DNA-a.RNA) - 1)
		t.list(hit{locus: place, genes: of.genes, copied: copied, mismatches: uint8(a.Mismatches), dna: uint8(a.DNA), rna: uint8(a.RNA),
			lo: at.lo & mask, hi: at.hi & mask, other: at.nonACGT & mask, pam: string(t.pam)})
	}
}

// copyOf is the function copyOf for a place. It keeps the last contig's name.
func (t *hitCollector) copyOf(c *contig, number int, anchor int64) copyKind {
	if t.named == nil || t.place != number {
		t.named, t.place, t.alt = c, number, isAlternate(c.Name)
	}
	if t.alt {
		return altCopy
	}
	return parOf(c.Name, c.Length, anchor)
}

// An indexText returns the contigs of an index.
type indexText struct {
	x *Index

	mu     sync.Mutex
	kept   *contig // that was read last
	number int
}

func (t *indexText) names() (all []string) {
	for _, c := range t.x.contigs {
		all = append(all, c.Name)
	}
	return all
}

// text returns the contig with a plane of its odd letters, which an index
// lacks.
func (t *indexText) text(_ context.Context, number int) (*contig, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.kept == nil || t.number != number {
		c := *t.x.contigs[number]
		if from := t.x.starts[number]; !t.x.planesVerified(from-margin, from+c.text.n+margin) {
			return nil, t.x.err()
		}
		own := *c.text
		own.mark()
		c.text = &own
		t.kept, t.number = &c, number
	}
	return t.kept, nil
}

func (t *indexText) letters() (n int64) {
	for _, c := range t.x.contigs {
		n += c.Length
	}
	return n
}

// A sourceText returns the contigs of FASTA files.
type sourceText struct {
	g *source
	x *layout
}

func (t *sourceText) letters() int64 { return t.x.axis.Len() }

func (t *sourceText) names() []string { return t.x.names }

func (t *sourceText) text(ctx context.Context, number int) (*contig, error) {
	return t.g.contig(ctx, t.x, number)
}

// checkCircular returns an error if a contig of --circular is not in the
// genome.
func (g *source) checkCircular(x *layout) error {
	there := map[string]bool{}
	for _, name := range x.names {
		there[name] = true
	}
	for name := range g.circular {
		if !there[name] {
			return &okazaki.Error{Message: fmt.Sprintf("the genome has no contig %q that could be circular", name), Hint: nearest(name, x.names)}
		}
	}
	return nil
}

// checkIndex returns an error if the index and the genome beside it differ.
func (e *engine) checkIndex(ctx context.Context, x *layout) error {
	b, err := NewBuilder(e.index.PAM(), e.index.Length())
	if err != nil {
		return err
	}
	circular := map[string]bool{}
	for _, c := range e.index.contigs {
		circular[c.Name] = c.Halo > 0
	}
	for number, name := range x.names {
		err := e.genome.letters(ctx, x, number, func(letters []byte) error { return b.Add(name, letters, circular[name]) })
		if err != nil {
			return err
		}
	}
	if b.digestGenome(); b.h.Digest != e.index.Digest() {
		return &okazaki.Error{File: e.genome.files[0].Name, Message: "the index was made from another genome", Hint: "make an index of it with okazaki index guide"}
	}
	return nil
}

func (t *indexText) length(number int) int64 { return t.x.contigs[number].Length }

func (t *sourceText) length(number int) int64 { return t.x.axis.LenOf(number) }
