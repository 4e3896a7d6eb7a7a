package guide

import (
	"cmp"
	"context"
	"errors"

	"okazaki"
	"okazaki/analysis"
)

var variantColumns = []string{"guide", "contig", "start", "end", "strand", "pam", "mismatches", "dna_bulges", "rna_bulges",
	"guide_aligned", "genome_aligned", "cfd", "mit", "on_target", "effect", "alleles", "reference_edits", "phase", "af", "carriers", "samples", "populations", "id", "gene", "feature", "same_gene", "copy"}

// variantCounts are the variant hits of each guide that has any, by effect, and
// the remarks on the VCF and the genes.
type variantCounts struct {
	guides map[int]*[len(effects)]int64
	about  *alleleCounts

	remarks string
}

// of returns the counts of a guide.
func (c *variantCounts) of(guide int) []int64 {
	if counts := c.guides[guide]; counts != nil {
		return counts[:]
	}
	return make([]int64, len(effects))
}

// renderVariants writes the variant hits of the guides that are kept, along the
// genome. It holds the guides that have any.
func (e *engine) renderVariants(ctx context.Context, variants *variantCounts, results []okazaki.Result, out okazaki.Outputs) error {
	type owner struct {
		Guide
		home *home
	}
	owners := map[int]*owner{}
	err := e.kept(ctx, results[hitsStage], func(s *summary) error {
		if variants.guides[s.number] == nil {
			return nil
		}
		g, err := s.candidate.guide(e.request.pam.FivePrime)
		owners[s.number] = &owner{g, s.home}
		return err
	})
	if err != nil {
		return err
	}
	w, err := out.Create("variants." + e.request.format)
	if err != nil {
		return err
	}
	t := newSheet(w, e.request.format, e.request, variantColumns, variants.remarks)
	err = e.eachVariant(ctx, results[variantsStage], func(*alleleCounts) {}, func(v *variantHit) error {
		g := owners[v.guide]
		if g == nil || e.leavesOut(&v.hit, g.home) {
			return nil
		}
		reference, carriers := "NA", "NA"
		if v.reference >= 0 {
			reference = integer(int64(v.reference))
		}
		if v.who.phase != phaseUnknown {
			carriers = integer(int64(v.who.count))
		}
		e.hitRow(t, &g.Guide, &v.hit, v.start, v.end, g.home, effects[v.effect], v.label, reference,
			v.who.phase, v.who.frequencies, carriers, cmp.Or(v.who.samples, "NA"), cmp.Or(v.who.populations, "NA"))
		return t.err
	})
	return errors.Join(err, t.end(), w.Close())
}

// countVariants counts each guide's variant hits by their effect.
func (e *engine) countVariants(ctx context.Context, results []okazaki.Result) (*variantCounts, error) {
	all := &variantCounts{guides: map[int]*[len(effects)]int64{}, about: &alleleCounts{}}
	if e.vcf() == nil {
		return all, nil
	}
	homes, err := e.homes(ctx, results)
	if err != nil {
		return nil, err
	}
	err = e.eachVariant(ctx, results[variantsStage], func(c *alleleCounts) { all.about = c }, func(v *variantHit) error {
		if e.request.exclude.any() && e.leavesOut(&v.hit, homes[v.guide]) {
			return nil
		}
		counts := all.guides[v.guide]
		if counts == nil {
			counts = new([len(effects)]int64)
			all.guides[v.guide] = counts
		}
		counts[v.effect]++
		return nil
	})
	return all, err
}

// homes returns the own sites of the guides with variant hits, if some of these
// hits are not counted.
func (e *engine) homes(ctx context.Context, results []okazaki.Result) (map[int]*home, error) {
	if !e.request.exclude.any() {
		return nil, nil
	}
	all := map[int]*home{}
	err := e.eachVariant(ctx, results[variantsStage], func(*alleleCounts) {}, func(v *variantHit) error {
		all[v.guide] = nil
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = e.each(ctx, results[hitsStage], func(t *tally) error {
		if _, ok := all[t.number]; ok {
			all[t.number] = t.home
		}
		return nil
	})
	return all, err
}

func (e *engine) eachVariant(ctx context.Context, result okazaki.Result, about func(*alleleCounts), f func(*variantHit) error) error {
	r, err := result(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	return eachVariantHit(analysis.Reader(ctx, r), about, f)
}
