package simulate_test

import (
	"context"
	"io"
	"testing"

	"okazaki/analysis/virus"
	"okazaki/analysis/virus/simulate"
)

func BenchmarkNew(b *testing.B) {
	ref := virus.SARS2()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := simulate.New(ref, simulate.Options{Genomes: 50000}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(50000*float64(b.N)/b.Elapsed().Seconds(), "genomes/s")
}

// BenchmarkWrite writes genomes, truth, tree and lineages.
func BenchmarkWrite(b *testing.B) {
	o, err := simulate.New(virus.SARS2(), simulate.Options{Genomes: 20000})
	if err != nil {
		b.Fatal(err)
	}
	for name, zstd := range map[string]bool{"plain": false, "zstd": true} {
		b.Run(name, func(b *testing.B) {
			f := simulate.File{Writer: io.Discard, Zstd: zstd}
			b.ReportAllocs()
			for b.Loop() {
				if err := o.Write(context.Background(), simulate.Files{Genomes: f, Truth: f, Tree: f, Lineages: f}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(o.Records())*float64(b.N)/b.Elapsed().Seconds(), "genomes/s")
		})
	}
}
