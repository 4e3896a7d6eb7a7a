package guide

import (
	"bufio"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"

	"okazaki"
	"okazaki/analysis"
)

// What an allele does to a hit.
type effect uint8

const (
	created effect = iota // the reference has no hit there
	changed               // it has another one
	lost                  // it has one, and with the allele there is none
)

var effects = [...]string{"new", "changed", "lost"}

// A variantHit is a hit on a haplotype other than the reference, or one of the
// reference that is lost with an allele.
type variantHit struct {
	hit
	guide      int
	effect     effect
	label      string // of the alleles, separated by commas
	start, end int64  // in the contig
	reference  int    // mismatches and bulges of the reference's hit there; -1 for none
}

func (v *variantHit) compare(o *variantHit) int {
	return cmp.Or(v.locus.compare(&o.locus), cmp.Compare(v.guide, o.guide), cmp.Compare(v.effect, o.effect), strings.Compare(v.label, o.label), cmp.Compare(v.start, o.start))
}

func (v *variantHit) append(b []byte) []byte {
	body := binary.AppendUvarint(nil, uint64(v.guide))
	body = appendString(append(body, byte(v.effect)), v.label)
	body = binary.AppendVarint(binary.AppendVarint(binary.AppendVarint(body, v.start), v.end), int64(v.reference))
	body = v.hit.append(body, map[int]bool{})
	return append(binary.AppendUvarint(b, uint64(len(body))), body...)
}

// eachVariantHit calls f for those that r holds, in order.
func eachVariantHit(r io.Reader, f func(*variantHit) error) error {
	in := bufio.NewReader(r)
	for {
		n, err := binary.ReadUvarint(in)
		if err == io.EOF {
			return nil
		}
		if err != nil || n > 1<<24 {
			return errors.Join(errRecord, err)
		}
		b := &reader{b: make([]byte, n)}
		if _, err := io.ReadFull(in, b.b); err != nil {
			return errors.Join(errRecord, err)
		}
		v := &variantHit{guide: int(b.uvarint()), effect: effect(b.byte()), label: b.string()}
		v.start, v.end, v.reference = b.varint(), b.varint(), int(b.varint())
		v.hit = b.hit(map[int]string{})
		if b.err != nil || int(v.effect) >= len(effects) {
			return errRecord
		}
		if err := f(v); err != nil {
			return err
		}
	}
}

// planVariants is Plan of the stage of alleles. Its note is that of the hits.
func (e *engine) planVariants(ctx context.Context, hits okazaki.Result) (okazaki.Axis, error) {
	axis := okazaki.Axis{Concat: true}
	in := e.vcf()
	if in == nil {
		return axis, nil
	}
	g, files, err := e.genomeText(ctx)
	if err != nil {
		return axis, err
	}
	all, err := readAlleles(ctx, e.files, *in, g.names())
	if err != nil {
		return axis, err
	}
	var list []Candidate
	if err := e.each(ctx, hits, func(t *tally) error { list = append(list, t.candidate); return nil }); err != nil {
		return axis, err
	}
	axis.Note, err = note(list, files)
	if len(list) > 0 {
		axis.Units = int64(len(all))
	}
	return axis, err
}

// workVariants answers the variant hits of the alleles in the span: those of
// the sets of alleles that begin with one of them.
func (e *engine) workVariants(ctx context.Context, p *noted, t *okazaki.Task) (part []byte, done int64, err error) {
	g := e.text(p)
	all, err := e.alleles(ctx, g)
	if err != nil {
		return nil, 0, err
	}
	w := &variantWorker{request: e.request, scanner: p.scanner, all: all}
	for done = t.Span.Lo; done < t.Span.Hi; {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		c, err := g.text(ctx, all[done].contig)
		if err != nil {
			return nil, 0, err
		}
		w.work(c, int(done))
		for i := range w.found {
			part = w.found[i].append(part)
		}
		if done++; t.Continue != nil && !t.Continue(done) {
			break
		}
	}
	return part, done, nil
}

// A variantWorker finds the variant hits of one allele after the other.
type variantWorker struct {
	request *request
	scanner *scanner
	all     []allele
	found   []variantHit
}

// work finds those of the sets that begin with allele i.
func (w *variantWorker) work(c *contig, i int) {
	w.found = w.found[:0]
	width := w.width()
	together(w.all, i, width, func(set []int) {
		from, to := w.all[i].at, w.all[set[len(set)-1]].end
		reference := w.hits(c, c.haplotype(w.all, nil, from, to, 2*width), i)
		ours := w.hits(c, c.haplotype(w.all, set, from, to, 2*width), i)
		var labels []string
		for _, j := range set {
			labels = append(labels, w.all[j].label)
		}
		label := strings.Join(labels, ",")
		for _, v := range ours {
			if was := find(reference, v); (was == nil || !was.same(v)) && (v.touching || v.near && w.needed(c, set, v)) {
				w.keep(v, was, label)
			}
		}
		if len(set) == 1 {
			w.losses(reference, ours, &w.all[i], label)
		}
	})
	slices.SortFunc(w.found, func(a, b variantHit) int { return a.compare(&b) })
}

// needed says whether a hit that doesn't show all alleles of the set is there,
// or is as it is, only with all of them: with one less, the guide lies otherwise.
func (w *variantWorker) needed(c *contig, set []int, v *haplotypeHit) bool {
	from, to := w.all[set[0]].at, w.all[set[len(set)-1]].end
	for i := range set {
		fewer := slices.Delete(slices.Clone(set), i, i+1)
		list := w.hits(c, c.haplotype(w.all, fewer, from, to, 2*w.width()), set[0])
		if o := find(list, v); o != nil && o.same(v) {
			return false
		}
	}
	return true
}

// width is the most letters that a hit covers, its PAM included.
func (w *variantWorker) width() int64 {
	return int64(w.request.length + w.request.allowance.DNA + w.request.pam.Len())
}

// keep keeps a hit that the reference does not have, or has otherwise.
func (w *variantWorker) keep(v, was *haplotypeHit, label string) {
	v.label, v.effect, v.reference = label, created, -1
	if was != nil {
		v.effect, v.reference = changed, int(was.mismatches+was.dna+was.rna)
	}
	w.found = append(w.found, v.variantHit)
}

// losses keeps the hits of the reference that the allele takes away.
func (w *variantWorker) losses(reference, ours []*haplotypeHit, a *allele, label string) {
	for _, v := range reference {
		inside := v.start < a.end && a.at < v.end
		if a.at == a.end {
			inside = v.start < a.at && a.at < v.end
		}
		if inside && find(ours, v) == nil {
			v.label, v.effect, v.reference = label, lost, int(v.mismatches+v.dna+v.rna)
			w.found = append(w.found, v.variantHit)
		}
	}
}

// A haplotypeHit is a hit on a haplotype.
type haplotypeHit struct {
	variantHit
	touching bool // it shows all of the haplotype's alleles
	near     bool // a hit there could show them
	exact    bool // its anchor is a letter of the reference
}

// same says whether the guide lies on the same letters too. How many they are
// is not in the planes, where a place without a letter is like an A: the
// bulges tell.
func (v *haplotypeHit) same(o *haplotypeHit) bool {
	return v.lo == o.lo && v.hi == o.hi && v.other == o.other && v.pam == o.pam && v.dna == o.dna && v.rna == o.rna
}

// find is the hit of the same guide at the same place.
func find(list []*haplotypeHit, v *haplotypeHit) *haplotypeHit {
	for _, o := range list {
		if o.exact && v.exact && o.guide == v.guide && o.Anchor == v.Anchor && o.Reverse == v.Reverse {
			return o
		}
	}
	return nil
}

// hits are all hits on a haplotype about allele i.
func (w *variantWorker) hits(c *contig, h *haplotype, i int) (list []*haplotypeHit) {
	pam := w.request.pam
	w.scanner.lister.each(h.text, 0, h.text.n, func(x *site) {
		w.scanner.compare(x, func(g int, at *site, a Alignment) {
			letters := w.request.length + a.DNA - a.RNA
			mask := uint32(uint64(1)<<letters - 1)
			own := locus{Anchor: at.anchor, Reverse: at.reverse}
			start, end := own.extent(pam, letters)
			v := &haplotypeHit{touching: h.touches(start, end)}
			v.near = h.touches(own.extent(pam, w.request.length+w.request.allowance.DNA))
			v.guide = g
			v.start, _ = h.place(start)
			v.end, _ = h.place(end - 1)
			v.end++
			anchor, exact := h.place(at.anchor)
			v.exact = exact
			v.hit = hit{locus: locus{Contig: w.all[i].contig, Name: c.Name, Anchor: anchor, Reverse: at.reverse},
				mismatches: uint8(a.Mismatches), dna: uint8(a.DNA), rna: uint8(a.RNA), lo: at.lo & mask, hi: at.hi & mask, other: at.other & mask,
				pam: string(h.text.append(nil, at.anchor, at.anchor+int64(pam.Len()), at.reverse))}
			list = append(list, v)
		})
	})
	return list
}

var variantColumns = []string{"guide", "contig", "start", "end", "strand", "pam", "mismatches", "dna_bulges", "rna_bulges",
	"guide_aligned", "genome_aligned", "cfd", "mit", "on_target", "effect", "alleles", "reference_edits", "id"}

// renderVariants writes the variant hits of the guides that were kept, along
// the genome.
func (e *engine) renderVariants(ctx context.Context, list []*summary, result okazaki.Result, out okazaki.Outputs) error {
	kept := map[int]*summary{}
	for _, s := range list {
		kept[s.number] = s
	}
	w, err := out.Create("variants." + e.request.format)
	if err != nil {
		return err
	}
	t := newSheet(w, e.request, variantColumns)
	err = e.eachVariant(ctx, result, func(v *variantHit) error {
		s := kept[v.guide]
		if s == nil {
			return nil
		}
		g, err := s.candidate.guide(e.request.pam.FivePrime)
		if err != nil {
			return err
		}
		reference := "NA"
		if v.reference >= 0 {
			reference = integer(int64(v.reference))
		}
		e.request.hitRow(t, &g, &v.hit, v.start, v.end, s.home, effects[v.effect], v.label, reference)
		return t.err
	})
	return errors.Join(err, t.end(), w.Close())
}

// countVariants counts each guide's variant hits by their effect.
func (e *engine) countVariants(ctx context.Context, list []*summary, result okazaki.Result) error {
	if e.vcf() == nil {
		return nil
	}
	by := map[int]*summary{}
	for _, s := range list {
		s.variants = make([]int64, len(effects))
		by[s.number] = s
	}
	return e.eachVariant(ctx, result, func(v *variantHit) error {
		if s := by[v.guide]; s != nil {
			s.variants[v.effect]++
		}
		return nil
	})
}

func (e *engine) eachVariant(ctx context.Context, result okazaki.Result, f func(*variantHit) error) error {
	r, err := result(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	return eachVariantHit(analysis.Reader(ctx, r), f)
}

// vcf is the input of alleles; nil if there is none.
func (e *engine) vcf() *okazaki.Input { return e.input("vcf") }

// alleles are the VCF's, read once.
func (e *engine) alleles(ctx context.Context, g genomeText) ([]allele, error) {
	e.alleleMu.Lock()
	defer e.alleleMu.Unlock()
	if e.known != nil {
		return e.known, nil
	}
	all, err := readAlleles(ctx, e.files, *e.vcf(), g.names())
	if err == nil {
		e.known = all
	}
	return all, err
}
