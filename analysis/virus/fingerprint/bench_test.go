package fingerprint_test

import (
	"bytes"
	. "okazaki/analysis/virus/fingerprint"
	"testing"

	"okazaki/analysis/virus"
	"okazaki/analysis/virus/simulate"
)

// genomes returns genomes from an outbreak's last months.
func genomes(b *testing.B, n int) (all [][]byte) {
	b.Helper()
	o, err := simulate.New(virus.SARS2(), simulate.Options{Genomes: 4 * n})
	if err != nil {
		b.Fatal(err)
	}
	for _, r := range o.All(3*n, 4*n) {
		all = append(all, bytes.Clone(r.Sequence))
	}
	return all
}

func BenchmarkPrint(b *testing.B) {
	all, p := genomes(b, 500), sars2(b, Params{}).Printer()
	b.ReportAllocs()
	b.SetBytes(30000)
	i := 0
	for b.Loop() {
		p.Print(all[i%len(all)])
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "genomes/s")
}

func BenchmarkSpectrum(b *testing.B) {
	all, p := genomes(b, 500), sars2(b, Params{}).Printer()
	b.SetBytes(30000)
	var counts []Count
	i := 0
	for b.Loop() {
		seq := all[i%len(all)]
		counts = p.SpectrumOf(counts[:0], seq)
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "genomes/s")
}

func BenchmarkWalk(b *testing.B) {
	all, p := genomes(b, 500), sars2(b, Params{}).Printer()
	b.SetBytes(30000)
	i := 0
	for b.Loop() {
		p.Walk(all[i%len(all)])
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "genomes/s")
}

// BenchmarkSketch looks at every k-mer.
func BenchmarkSketch(b *testing.B) {
	all, p := genomes(b, 100), sars2(b, Params{}).Printer()
	b.ReportAllocs()
	b.SetBytes(30000)
	var hashes []uint64
	i := 0
	for b.Loop() {
		hashes = p.Sketch(hashes[:0], all[i%len(all)])
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "genomes/s")
}

// BenchmarkPrintStranger prints genomes of another virus.
func BenchmarkPrintStranger(b *testing.B) {
	all, p := genomes(b, 1), sars2(b, Params{}).Printer()
	seq := bytes.Map(func(r rune) rune { return map[rune]rune{'A': 'C', 'C': 'T', 'G': 'A', 'T': 'G', 'N': 'N'}[r] }, all[0])
	b.SetBytes(30000)
	for b.Loop() {
		p.Print(seq)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "genomes/s")
}
