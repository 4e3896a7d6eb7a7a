package variant_test

import (
	"testing"

	"okazaki/analysis/analysistest"
	"okazaki/analysis/variant"
	"okazaki/analysis/variant/simulate"
)

// BenchmarkVariant is the time a variant takes on one core, from BGZF to the
// written answer, without a store.
func BenchmarkVariant(b *testing.B) {
	o := simulate.Options{Seed: 1, Bases: 60_000_000, Contigs: 2}
	p := simulated(b, o)
	z := packed(b, p.variants, 0xff00)
	n := float64(len(alleles(b, p.variants)))
	for _, format := range []string{"table", "vcf", "tsv", "json"} {
		b.Run(format, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				analysistest.Answer(b, variant.Analysis, `{"format": "`+format+`"}`, p.inputs(z, p.sources()...), 0)
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "variants/s")
		})
	}
}
