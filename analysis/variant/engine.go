package variant

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"okazaki"
	"okazaki/analysis/variant/gene"
	"okazaki/analysis/variant/known"
	"okazaki/analysis/variant/pgx"
	"okazaki/analysis/variant/rank"
	"okazaki/format/vcf"
	"okazaki/format/wire"
)

// An engine annotates the variants of one VCF.
type engine struct {
	text      *text
	model     *gene.Model
	sources   []*known.Source
	stars     *pgx.Definitions // or nil
	pedigree  *rank.Pedigree   // or nil
	evaluator *rank.Evaluator
	assembly  string   // of the genes' genome, as far as they say
	lists     []string // the files of genes and the pedigree, for the header
	format    *format
	lenient   bool
	sample    string // whose genotypes count; "": the only one
	assume    bool   // that positions of star alleles which the file lacks are the reference's

	reported *okazaki.Job // the job of the report; nil if none is asked for
	beside   bool         // the rows of ranked.tsv are made too, for the report alone

	closers []func() error
	keep    int64     // bytes of rows that are ranked at once
	tasks   sync.Pool // of *task

	mu    sync.Mutex
	spare [2][]*annotator // by stage, that nobody uses now
	noted [2]*noted       // by stage
}

// The stages, as the engine knows them.
const (
	haplotypesStage = iota // phased alleles in coding bases; none if there are no phased genotypes
	annotateStage          // what the format has for each record
)

// noted is what the note of an axis says, and the header.
type noted struct {
	note      []byte
	layout    *layout
	header    *vcf.Header
	compounds compounds
}

// keptRows is how many bytes of rows are ranked at once.
const keptRows = 384 << 20

// Close gives back the files.
func (e *engine) Close() error {
	var err error
	for _, c := range e.closers {
		err = errors.Join(err, c())
	}
	return err
}

// Plan finds out where the VCF can be read from, and refuses one whose header
// names another genome. The note is the layout.
func (e *engine) Plan(ctx context.Context, stage int, prior []okazaki.Result) (okazaki.Axis, error) {
	l, h, err := e.text.lay(ctx)
	if err == nil {
		err = e.checkHeader(h)
	}
	if err != nil {
		return okazaki.Axis{}, err
	}
	if stage == haplotypesStage {
		return e.planHaplotypes(ctx, l, h)
	}
	all, err := e.together(ctx, prior[haplotypesStage])
	return okazaki.Axis{Units: l.units(), Concat: true, Note: noteOf(l, all)}, err
}

// noteOf is the note of an axis.
func noteOf(l *layout, all compounds) []byte { return all.append(wire.AppendBytes(nil, l.append(nil))) }

// checkHeader refuses a VCF whose header names another genome or lacks the
// sample.
func (e *engine) checkHeader(h *vcf.Header) error {
	name := e.text.in.Name
	if e.sample != "" && len(h.Samples) == 0 {
		return &okazaki.Error{File: name, Message: fmt.Sprintf("there is no sample %q: the VCF has no genotypes", e.sample), Hint: "leave --sample out"}
	}
	if e.sample != "" && h.Sample(e.sample) < 0 {
		return &okazaki.Error{File: name, Message: fmt.Sprintf("there is no sample %q", e.sample), Hint: "the samples are " + few(h.Samples)}
	}
	if e.pedigree != nil {
		if _, err := e.pedigree.Trio(h.Samples, e.sample); err != nil {
			return err
		}
	}
	found := 0
	for i := range h.Contigs {
		c, ok := e.model.Contig(h.Contigs[i].Name)
		if !ok {
			continue
		}
		found++
		if n := h.Contigs[i].Length; n > 0 && n != c.Length {
			return &okazaki.Error{File: name, Message: fmt.Sprintf("%s has %d bases, and in the genes' genome %d: these are different assemblies", h.Contigs[i].Name, n, c.Length),
				Hint: "give the genes of this assembly"}
		}
	}
	if len(h.Contigs) > 0 && found == 0 {
		return &okazaki.Error{File: name, Message: fmt.Sprintf("none of the header's %d contigs (%s) is one of the genes' (%s)", len(h.Contigs), few(contigNames(h)), e.contigNames()),
			Hint: "give the genes of this genome, or rename the contigs with bcftools annotate --rename-chrs"}
	}
	if err := e.checkAssembly(h); err != nil {
		return err
	}
	if e.stars != nil {
		if _, err := e.stars.NewCollector(name, h); err != nil {
			return err
		}
	}
	return nil
}

// checkAssembly refuses genes, sources and star alleles of another assembly
// than the one that the header names; star alleles of another than the genes,
// too.
func (e *engine) checkAssembly(h *vcf.Header) error {
	said := h.Get("reference")
	if len(h.Contigs) > 0 {
		said += " " + h.Contigs[0].Assembly
	}
	name := known.AssemblyOf(said)
	if e.stars != nil {
		of, defined := cmp.Or(name, e.assembly), known.AssemblyOf(e.stars.Build)
		if of != "" && defined != "" && of != defined {
			return &okazaki.Error{File: e.text.in.Name, Message: fmt.Sprintf("the variants are on %s, and the star alleles are defined on %s", of, e.stars.Build), Hint: "lift the file over, or leave out --pgx"}
		}
	}
	if name == "" {
		return nil
	}
	if e.assembly != "" && e.assembly != name {
		return &okazaki.Error{File: e.text.in.Name, Message: fmt.Sprintf("the variants are on %s, and the genes on %s", name, e.assembly), Hint: "give the genes of this assembly"}
	}
	for _, s := range e.sources {
		if err := s.Check(e.text.in.Name, known.Assembly{Name: name}); err != nil {
			return err
		}
	}
	return nil
}

func contigNames(h *vcf.Header) []string {
	var names []string
	for _, c := range h.Contigs {
		names = append(names, c.Name)
	}
	return names
}

// read returns what the note of a stage says.
func (e *engine) read(stage int, note []byte) (*noted, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if n := e.noted[stage]; n != nil && bytes.Equal(n.note, note) {
		return n, nil
	}
	d := wire.From(note)
	l, err := readLayout(d.Bytes())
	if err != nil {
		return nil, err
	}
	n := &noted{note: bytes.Clone(note), layout: l, compounds: readCompounds(&d)}
	if d.End() != nil {
		return nil, errNote
	}
	r, err := vcf.Open(e.text.in.Name, e.text.file, 1)
	if err != nil {
		return nil, err
	}
	n.header = r.Header()
	e.noted[stage] = n
	return n, r.Close()
}

// Work returns a frame for each unit.
func (e *engine) Work(ctx context.Context, t *okazaki.Task) (part []byte, done int64, err error) {
	if t.Span.Len() <= 0 {
		return nil, t.Span.Lo, ctx.Err()
	}
	n, err := e.read(t.Stage, t.Axis.Note)
	if err != nil {
		return nil, 0, err
	}
	cores := max(1, t.Cores)
	c, err := e.text.cutter(n.layout, t.Span.Lo, cores)
	if err != nil {
		return nil, 0, err
	}
	defer c.Close()
	defer e.forget()
	done = t.Span.Lo
	for k, err := range e.annotated(ctx, c, t.Stage, n, t.Span, cores) {
		if err != nil {
			return nil, 0, err
		}
		part = append(part, k.out...)
		if done++; t.Continue != nil && !t.Continue(done) {
			break
		}
	}
	return part, done, ctx.Err()
}

// forget gives back the memory that reading genes and sources took: the next
// span is elsewhere in the genome.
func (e *engine) forget() {
	e.model.Forget()
	for _, s := range e.sources {
		s.Forget()
	}
}

// Merge joins frames.
func (e *engine) Merge(_ context.Context, _ int, parts [][]byte) ([]byte, error) {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return all, nil
}
