package virus_test

import (
	"bytes"
	"testing"

	"okazaki/analysis/virus"
)

// placed also places genomes on a tree and scores them.
func placed(tb testing.TB) *virus.Caller { return nextclade(tb).NewCaller() }

// BenchmarkCall calls and writes the rows of whole sets of genomes, already in
// memory, on one core.
func BenchmarkCall(b *testing.B) {
	for _, set := range []struct {
		name, genomes string
		most          int
		caller        func(testing.TB) *virus.Caller
	}{
		{"sars2_mat43k", "sars2/derived/sars2_mat43k.fasta.zst", 10000, nil},
		{"sars2_mat43k_dataset", "sars2/derived/sars2_mat43k.fasta.zst", 10000, placed},
		{"sars2_orfs_tips_dataset", "sars2/derived/sars2_orfs_tips.fasta.zst", 10000, placed},
		{"ncov", "sars2/ncov/example_sequences.fasta.gz", 1000, nil},
		{"sars2_orfs_tips", "sars2/derived/sars2_orfs_tips.fasta.zst", 10000, nil},
		{"y2020", "sim/y2020_200k.fasta.zst", 5000, nil},
		{"rsv_a", "other/rsv_a_tips.fasta.zst", 500, func(tb testing.TB) *virus.Caller { return dataset(tb, "rsv_a") }},
		{"flu_h3n2_ha", "other/flu_h3n2_ha_tips.fasta.zst", 2000, func(tb testing.TB) *virus.Caller { return dataset(tb, "flu_h3n2_ha") }},
		{"mpox_iib", "other/mpox_iib_tips.fasta.zst", 200, func(tb testing.TB) *virus.Caller { return dataset(tb, "mpox_iib") }},
	} {
		b.Run(set.name, func(b *testing.B) {
			c := virus.NewCaller(virus.SARS2(), virus.SARS2Params())
			if set.caller != nil {
				c = set.caller(b)
			}
			var genomes []record
			size := 0
			records(b, data(b, set.genomes), func(rec record) bool {
				genomes = append(genomes, record{name: rec.name, seq: bytes.Clone(rec.seq)})
				size += len(rec.seq)
				return len(genomes) < set.most
			})
			var row []byte
			for _, g := range genomes { // the scratch grows to what the set needs
				row = c.AppendRow(row[:0], 0, g.name, c.Call(g.seq))
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				for _, g := range genomes {
					row = c.AppendRow(row[:0], 0, g.name, c.Call(g.seq))
				}
				n += len(genomes)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "genomes/s")
		})
	}
}
