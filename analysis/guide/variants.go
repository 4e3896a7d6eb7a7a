package guide

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"okazaki"
)

// What an allele does to a hit.
type effect uint8

const (
	created effect = iota // the reference has no hit there
	changed               // the reference has another hit there
	lost                  // the reference has a hit there, and with the allele there is none
)

var effects = [...]string{"new", "changed", "lost"}

// A variantHit is a hit on a haplotype that differs from the reference, or a
// hit of the reference that an allele takes away.
type variantHit struct {
	hit
	guide      int
	effect     effect
	label      string // of the alleles, separated by commas
	start, end int64  // in the contig
	reference  int    // mismatches and bulges of the reference's hit there; -1 for none
	who        bearers
}

// bearers are the samples that have the alleles of a variant hit together.
type bearers struct {
	phase       string // certain, possible, or of a VCF without genotypes unknown
	count       int    // samples
	samples     string // names of the first few; with ? if the sample may have them
	frequencies string // of each allele
	populations string // of each allele, separated by semicolons
}

func (v *variantHit) compare(o *variantHit) int {
	return cmp.Or(v.locus.compare(&o.locus), cmp.Compare(v.guide, o.guide), cmp.Compare(v.effect, o.effect), strings.Compare(v.label, o.label), cmp.Compare(v.start, o.start))
}

// planVariants is Plan of the stage of alleles. Its note is the note of the
// hits. The first unit is the counts of the VCF; then there is one for each
// allele.
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
	set, err := e.alleles(ctx, g)
	if err != nil {
		return axis, err
	}
	list := newCandidates(e.request.length, e.request.pam.FivePrime)
	if err := e.each(ctx, hits, func(t *tally) error { return list.again(&t.candidate) }); err != nil {
		return axis, err
	}
	axis.Note, axis.Units = note(list, files), 1
	if list.len() > 0 {
		axis.Units += int64(len(set.list))
	}
	return axis, nil
}

// workVariants returns the variant hits of the alleles in the span: the hits of
// the sets of alleles that begin with one of them.
func (e *engine) workVariants(ctx context.Context, p *stagePlan, t *okazaki.Task) (part []byte, done int64, err error) {
	g := e.text(p)
	set, err := e.alleles(ctx, g)
	if err != nil {
		return nil, 0, err
	}
	w := &variantWorker{request: e.request, scanner: p.scanner, set: set, all: set.list}
	for done = t.Span.Lo; done < t.Span.Hi; {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		if done == 0 {
			part = set.about.append(part)
		} else {
			c, err := g.text(ctx, set.list[done-1].contig)
			if err != nil {
				return nil, 0, err
			}
			w.work(c, int(done-1))
			for i := range w.found {
				part = w.found[i].append(part)
			}
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
	set     *alleleSet
	all     []allele // of the set
	found   []variantHit
}

// work finds the variant hits of the sets that begin with allele i.
func (w *variantWorker) work(c *contig, i int) {
	w.found = w.found[:0]
	width := w.width()
	w.set.each(i, width, func(set []int) {
		from, to := w.all[i].at, w.all[set[len(set)-1]].end
		reference := w.hits(c, c.haplotype(w.all, nil, from, to, 2*width), i)
		ours := w.hits(c, c.haplotype(w.all, set, from, to, 2*width), i)
		for _, v := range ours {
			if was := find(reference, v); (was == nil || !was.same(v)) && (v.touching || v.near && w.needed(c, set, v)) {
				effect, edits := created, -1
				if was != nil {
					effect, edits = changed, was.edits()
				}
				w.keep(v, set, effect, edits)
			}
		}
		if len(set) == 1 || w.set.samples != nil {
			w.losses(reference, ours, set)
		}
	})
	slices.SortFunc(w.found, func(a, b variantHit) int { return a.compare(&b) })
}

// needed says whether a hit that doesn't show all alleles of the set needs all
// of them: with one less, the guide lies otherwise.
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

// width returns the most bases that a hit covers, its PAM included.
func (w *variantWorker) width() int64 {
	return int64(w.request.length + w.request.allowance.DNA + w.request.pam.Len())
}

func (h *hit) edits() int { return int(h.mismatches + h.dna + h.rna) }

// keep keeps a hit, or a lost one, if a sample may have the alleles of the set
// and none of the others that the hit shows.
func (w *variantWorker) keep(v *haplotypeHit, set []int, effect effect, edits int) {
	who, ok := w.set.bearers(set, min(v.start, w.all[set[0]].at), max(v.end, w.all[set[len(set)-1]].end))
	if !ok {
		return
	}
	var labels []string
	for _, j := range set {
		labels = append(labels, w.all[j].label)
	}
	kept := v.variantHit
	kept.label, kept.effect, kept.reference, kept.who = strings.Join(labels, ","), effect, edits, who
	w.found = append(w.found, kept)
}

// losses keeps the hits of the reference that the alleles take away.
func (w *variantWorker) losses(reference, ours []*haplotypeHit, set []int) {
	for _, v := range reference {
		inside := !slices.ContainsFunc(set, func(i int) bool { return !w.all[i].shown(v.start, v.end) })
		if inside && find(ours, v) == nil {
			w.keep(v, set, lost, v.edits())
		}
	}
}

// A haplotypeHit is a hit on a haplotype.
type haplotypeHit struct {
	variantHit
	touching bool // it shows all of the haplotype's alleles
	near     bool // a hit there could show them
	exact    bool // its anchor is a base of the reference
}

// same says whether the guide lies on the same bases too. Their number is not
// in the planes, where a place without a base is like an A. It follows from the
// bulges.
func (v *haplotypeHit) same(o *haplotypeHit) bool {
	return v.lo == o.lo && v.hi == o.hi && v.other == o.other && v.pam == o.pam && v.dna == o.dna && v.rna == o.rna
}

// find returns the hit of the same guide at the same place.
func find(list []*haplotypeHit, v *haplotypeHit) *haplotypeHit {
	for _, o := range list {
		if o.exact && v.exact && o.guide == v.guide && o.Anchor == v.Anchor && o.Reverse == v.Reverse {
			return o
		}
	}
	return nil
}

// hits returns all hits on a haplotype about allele i.
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
				copied:     copyOf(c.Name, c.Length, anchor),
				mismatches: uint8(a.Mismatches), dna: uint8(a.DNA), rna: uint8(a.RNA), lo: at.lo & mask, hi: at.hi & mask, other: at.nonACGT & mask,
				pam: string(h.text.append(nil, at.anchor, at.anchor+int64(pam.Len()), at.reverse))}
			list = append(list, v)
		})
	})
	return list
}

// vcf returns the input of alleles; nil if there is none.
func (e *engine) vcf() *okazaki.Input { return e.input("vcf") }

// alleles returns the VCF's alleles, read once.
func (e *engine) alleles(ctx context.Context, g genomeText) (*alleleSet, error) {
	e.alleleMu.Lock()
	defer e.alleleMu.Unlock()
	if e.known != nil {
		return e.known, nil
	}
	set, err := e.request.readAlleles(ctx, e.files, *e.vcf(), g.names())
	if err == nil {
		e.known = set
	}
	return set, err
}
