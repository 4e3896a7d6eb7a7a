package gene_test

import (
	"bytes"
	"testing"

	"okazaki/analysis/variant/gene"
	"okazaki/analysis/variant/gene/simulate"
	"okazaki/internal/filetest"
)

// simulated is the file of a model of 20 Mb with 680 genes.
func simulated(b *testing.B) []byte {
	b.Helper()
	var fasta, gff3, file bytes.Buffer
	g := simulate.Genome{Seed: 1, Contigs: 1, Letters: 20_000_000, Genes: 680}
	if err := g.Write(simulate.Outputs{FASTA: &fasta, GFF3: &gff3}); err != nil {
		b.Fatal(err)
	}
	m, err := gene.Compile(gene.Text{Name: "genes.gff3", Reader: &gff3}, gene.Text{Name: "ref.fa", Reader: &fasta})
	if err != nil {
		b.Fatal(err)
	}
	if err := m.Write(&file); err != nil {
		b.Fatal(err)
	}
	return file.Bytes()
}

func BenchmarkLoad(b *testing.B) {
	file := simulated(b)
	b.ReportAllocs()
	transcripts := 0
	for b.Loop() {
		m, err := gene.Open("model.okg", filetest.Memory(file))
		if err != nil {
			b.Fatal(err)
		}
		if err := m.Contigs[0].Load(); err != nil {
			b.Fatal(err)
		}
		transcripts += m.Transcripts()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(transcripts), "ns/transcript")
}

func BenchmarkCursor(b *testing.B) {
	m, err := gene.Open("model.okg", filetest.Memory(simulated(b)))
	if err != nil {
		b.Fatal(err)
	}
	c := m.Contigs[0]
	b.ReportAllocs()
	near, asked := 0, 0
	for b.Loop() {
		u := c.Cursor(5000)
		for p := 0; p < c.Length; p += 700 {
			near += len(u.Near(p, p+1))
			asked++
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(asked), "ns/variant")
	b.ReportMetric(float64(near)/float64(asked), "transcripts/variant")
}

func BenchmarkAppendBases(b *testing.B) {
	m, err := gene.Open("model.okg", filetest.Memory(simulated(b)))
	if err != nil {
		b.Fatal(err)
	}
	c := m.Contigs[0]
	var letters []byte
	b.SetBytes(1000)
	for b.Loop() {
		letters = c.AppendBases(letters[:0], 10_000_123, 10_001_123)
	}
}
