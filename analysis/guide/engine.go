package guide

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"okazaki"
)

// An engine searches guides in a genome. With an index, its axis is the guides;
// without, the genome's bases, contig after contig. Both give records of the
// same guides (see tally).
type engine struct {
	request *request
	job     *okazaki.Job
	files   okazaki.Files
	index   *Index     // or nil
	indexed *indexText // its contigs
	genome  *source    // or nil

	mu   sync.Mutex
	note []byte // from which plan was read
	plan *stagePlan

	geneMu sync.Mutex
	genes  *genes // of --genes, once they are read; nil if there are none

	block int // rows of guides that are held at a time

	primers *primerPlan // from its stage's note

	alleleMu sync.Mutex
	known    *alleleSet // of the VCF, once they are read
}

// stagePlan is the content of the axis' note.
type stagePlan struct {
	candidates *candidates
	guides     []Guide                               // of the scanner
	layout     *layout                               // of the genome that is scanned
	scanner    *scanner                              // of the genome that is scanned, and of haplotypes
	records    *records                              // of a target that is FASTA
	genes      *genes                                // by which hits are left out; nil if none are
	verified   func(contig int, from, to int64) bool // of an index; nil for a genome that is scanned
}

// Close gives back the files and the index.
func (e *engine) Close() error {
	var err error
	if e.genome != nil {
		err = e.genome.Close()
	}
	if e.index != nil {
		err = errors.Join(err, e.index.Close())
	}
	return err
}

// input returns the job's input in a role that takes one; nil if there is none.
func (e *engine) input(role string) *okazaki.Input {
	for i := range e.job.Inputs {
		if e.job.Inputs[i].Role == role {
			return &e.job.Inputs[i]
		}
	}
	return nil
}

// The stages, as the engine knows them.
const (
	hitsStage     = iota // of the reference: records of guides
	variantsStage        // of the alleles of a VCF: variant hits; the axis is the alleles
	leadersStage         // of the guides: those that primers are made around
	primersStage         // of what they amplify: primers; the axis is the amplicons
	copiesStage          // of the genome: how often primers' ends lie in it; the axis is its bases
)

// Plan finds the guides, and reads the genome once if there is no index. The
// note has the guides, then the index of the genome's files.
func (e *engine) Plan(ctx context.Context, stage int, prior []okazaki.Result) (okazaki.Axis, error) {
	switch stage {
	case variantsStage:
		return e.planVariants(ctx, prior[hitsStage])
	case leadersStage:
		return e.planLeaders(ctx, prior[hitsStage])
	case primersStage:
		return e.planPrimers(ctx, prior[leadersStage])
	case copiesStage:
		return e.planCopies(ctx, prior[primersStage])
	}
	g, files, err := e.genomeText(ctx)
	if err != nil {
		return okazaki.Axis{}, err
	}
	if in := e.vcf(); in != nil {
		set, err := e.alleles(ctx, g)
		if err == nil {
			err = checkAlleles(ctx, in.Name, set.list, g)
		}
		if err != nil {
			return okazaki.Axis{}, err
		}
	}
	list, err := e.candidates(ctx, g)
	if err != nil {
		return okazaki.Axis{}, err
	}
	if err := e.request.refuseMany(list.len(), g.letters()); err != nil {
		return okazaki.Axis{}, err
	}
	axis := okazaki.Axis{Units: int64(list.len()), Concat: true}
	if e.index == nil {
		axis.Concat, axis.Floor = false, 1<<20
		if axis.Units > 0 {
			axis.Units = g.letters()
		}
	}
	axis.Note = note(list, files)
	return axis, nil
}

// genomeText returns the genome's contigs, and the index of its files if the
// sites are not indexed.
func (e *engine) genomeText(ctx context.Context) (genomeText, []byte, error) {
	if e.genome == nil {
		return e.indexed, nil, nil
	}
	x, err := e.genome.scan(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := e.genome.checkCircular(x); err != nil {
		return nil, nil, err
	}
	if e.index != nil {
		return e.indexed, nil, e.checkIndex(ctx, x)
	}
	files, err := x.note()
	return &sourceText{e.genome, x}, files, err
}

// text is genomeText where the note is known.
func (e *engine) text(p *stagePlan) genomeText {
	if e.index != nil {
		return e.indexed
	}
	return &sourceText{e.genome, p.layout}
}

// note returns the guides, then the index of files.
func note(list *candidates, files []byte) []byte { return append(list.append(nil), files...) }

// read returns the content of the note.
func (e *engine) read(ctx context.Context, note []byte) (*stagePlan, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.plan != nil && bytes.Equal(e.note, note) {
		return e.plan, nil
	}
	b := newReader(note)
	p := &stagePlan{candidates: b.candidates(e.request.length, e.request.pam.FivePrime)}
	if b.Err() != nil {
		return nil, fmt.Errorf("the note of the axis: %w: %w", errRecord, b.Err())
	}
	if err := e.readTarget(ctx, p); err != nil {
		return nil, err
	}
	if e.request.exclude.sameGene {
		if err := e.loadGenes(ctx); err != nil {
			return nil, err
		}
		p.genes = e.genes
	}
	if e.index != nil {
		if p.candidates.len() >= manyGuides {
			e.index.readAhead()
		}
		p.verified = func(contig int, from, to int64) bool {
			start := e.index.starts[contig]
			return e.index.planesVerified(start+from, start+to)
		}
	} else {
		var err error
		if p.layout, err = e.genome.load(b.Rest()); err != nil {
			return nil, err
		}
	}
	if e.index == nil || e.vcf() != nil {
		for i := range p.candidates.len() {
			p.guides = append(p.guides, p.candidates.guide(i))
		}
		p.scanner = newScanner(p.guides, e.request.length, e.request.off, e.request.allowance)
	}
	e.note, e.plan = bytes.Clone(note), p
	return p, nil
}

// manyGuides is the number of guides from which on much of an index is read, so
// that it is worth reading ahead.
const manyGuides = 200

// readTarget reads the sequences of a target that is FASTA again: they are
// compared with the bases around a perfect hit.
func (e *engine) readTarget(ctx context.Context, p *stagePlan) error {
	in := e.input("target")
	if in == nil || !slices.ContainsFunc(p.candidates.list, func(c packed) bool { return c.from == fromRecord }) {
		return nil
	}
	f, err := e.files.Open(ctx, *in)
	if err != nil {
		return err
	}
	defer f.Close()
	p.records, err = readRecords(ctx, in.Name, f)
	return err
}

// Work returns the records of the span's guides. Without an index it returns
// the records of all guides for the span's bases.
func (e *engine) Work(ctx context.Context, t *okazaki.Task) (part []byte, done int64, err error) {
	if t.Span.Len() <= 0 {
		return nil, t.Span.Lo, ctx.Err()
	}
	switch t.Stage {
	case leadersStage:
		return e.workLeaders(ctx, t)
	case primersStage:
		return e.workPrimers(ctx, t)
	case copiesStage:
		return e.workCopies(ctx, t)
	}
	p, err := e.read(ctx, t.Axis.Note)
	if err != nil {
		return nil, 0, err
	}
	switch {
	case t.Stage == variantsStage:
		return e.workVariants(ctx, p, t)
	case e.index != nil:
		return e.lookUp(ctx, p, t)
	}
	return e.scan(ctx, p, t)
}

func (e *engine) lookUp(ctx context.Context, p *stagePlan, t *okazaki.Task) (part []byte, done int64, err error) {
	s := e.index.searcher(e.request.off, e.request.allowance)
	for done = t.Span.Lo; done < t.Span.Hi; {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		own := e.request.tally(p, int(done))
		s.onProtospacer, s.reads = own.addProtospacer, !own.alike
		err := s.search(own.guide, func(number int, at *site, a Alignment) {
			own.addHit(e.index.contigs[number], number, at, a, s.group)
		})
		if err != nil {
			return nil, 0, err
		}
		part = own.append(part)
		if done++; t.Continue != nil && !t.Continue(done) {
			break
		}
	}
	return part, done, nil
}

// stretch is the number of bases that are scanned before a worker asks whether
// to go on.
const stretch = 1 << 14

func (e *engine) scan(ctx context.Context, p *stagePlan, t *okazaki.Task) (part []byte, done int64, err error) {
	tallies := make([]*hitCollector, p.candidates.len())
	for i := range tallies {
		tallies[i] = e.request.tally(p, i)
	}
	x := p.layout
	done = t.Span.Lo
	for goOn := true; done < t.Span.Hi && goOn; {
		number := x.axis.Contig(done)
		start := x.axis.Start(number)
		c, end, err := e.part(ctx, p, number, done-start, min(x.axis.End(number), t.Span.Hi)-start)
		if err != nil {
			return nil, 0, err
		}
		for done < start+end && goOn {
			next := min(start+end, done+stretch)
			err := p.scanner.scan(ctx, c.text, c.Halo+done-start, c.Halo+next-start, func(g int, at *site, a Alignment) {
				tallies[g].addHit(c, number, at, a, -1)
			})
			if err != nil {
				return nil, 0, err
			}
			done = next
			goOn = t.Continue == nil || t.Continue(done)
		}
	}
	for _, own := range tallies {
		part = own.append(part)
	}
	return part, done, nil
}

// part returns the text in which to search anchors in [from, to) of a contig.
// It is the whole contig if sequences are looked for around hits.
func (e *engine) part(ctx context.Context, p *stagePlan, number int, from, to int64) (*contig, int64, error) {
	if p.records != nil {
		c, err := e.genome.contig(ctx, p.layout, number)
		return c, to, err
	}
	return e.genome.stretch(ctx, p.layout, number, from, to)
}

// Merge adds up the records of each guide, or the places of each primer.
func (e *engine) Merge(ctx context.Context, stage int, parts [][]byte) ([]byte, error) {
	switch stage {
	case leadersStage:
		return e.mergeLeaders(parts)
	case copiesStage:
		return mergeCopies(parts)
	}
	var all []*tally
	for i, part := range parts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n := 0
		err := eachTally(bytes.NewReader(part), func(t *tally) error {
			if i == 0 {
				own := *t
				all = append(all, &own)
			} else if n >= len(all) || all[n].number != t.number {
				return errRecord
			} else {
				all[n].add(t)
			}
			n++
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	var merged []byte
	for _, t := range all {
		merged = t.append(merged)
	}
	return merged, nil
}
