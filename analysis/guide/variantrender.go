package guide

import (
	"cmp"
	"context"
	"errors"

	"okazaki"
	"okazaki/analysis"
)

var variantColumns = []string{"guide", "contig", "start", "end", "strand", "pam", "mismatches", "dna_bulges", "rna_bulges",
	"guide_aligned", "genome_aligned", "cfd", "mit", "on_target", "effect", "alleles", "reference_edits", "phase", "af", "carriers", "samples", "populations", "id"}

// renderVariants writes the variant hits of the guides that were kept, along
// the genome.
func (e *engine) renderVariants(ctx context.Context, list []*summary, about *alleleCounts, result okazaki.Result, out okazaki.Outputs) error {
	kept := map[int]*summary{}
	for _, s := range list {
		kept[s.number] = s
	}
	w, err := out.Create("variants." + e.request.format)
	if err != nil {
		return err
	}
	t := newSheet(w, e.request, variantColumns, about.String())
	err = e.eachVariant(ctx, result, func(*alleleCounts) {}, func(v *variantHit) error {
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
		carriers := "NA"
		if v.who.phase != phaseUnknown {
			carriers = integer(int64(v.who.count))
		}
		e.request.hitRow(t, &g, &v.hit, v.start, v.end, s.home, effects[v.effect], v.label, reference,
			v.who.phase, v.who.frequencies, carriers, cmp.Or(v.who.samples, "NA"), cmp.Or(v.who.populations, "NA"))
		return t.err
	})
	return errors.Join(err, t.end(), w.Close())
}

// countVariants counts each guide's variant hits by their effect, and answers
// what is said of the VCF.
func (e *engine) countVariants(ctx context.Context, list []*summary, result okazaki.Result) (*alleleCounts, error) {
	about := &alleleCounts{}
	if e.vcf() == nil {
		return about, nil
	}
	by := map[int]*summary{}
	for _, s := range list {
		s.variants = make([]int64, len(effects))
		by[s.number] = s
	}
	err := e.eachVariant(ctx, result, func(c *alleleCounts) { about = c }, func(v *variantHit) error {
		if s := by[v.guide]; s != nil {
			s.variants[v.effect]++
		}
		return nil
	})
	return about, err
}

func (e *engine) eachVariant(ctx context.Context, result okazaki.Result, about func(*alleleCounts), f func(*variantHit) error) error {
	r, err := result(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	return eachVariantHit(analysis.Reader(ctx, r), about, f)
}
