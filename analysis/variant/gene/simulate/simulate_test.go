package simulate_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki/analysis/variant/gene"
	"okazaki/analysis/variant/gene/simulate"
)

func write(t interface{ Fatal(...any) }, g simulate.Genome) (fasta, gff3, gtf string) {
	var a, b, c bytes.Buffer
	if err := g.Write(simulate.Outputs{FASTA: &a, GFF3: &b, GTF: &c}); err != nil {
		t.Fatal(err)
	}
	return a.String(), b.String(), c.String()
}

func compile(t interface{ Fatal(...any) }, annotation, fasta string) *gene.Model {
	m, err := gene.Compile(gene.Text{Name: "genes", Reader: strings.NewReader(annotation)}, gene.Text{Name: "ref.fa", Reader: strings.NewReader(fasta)})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestOneGenomeInAllFormats compares the models of GFF3, of GTF, of GTF with
// GENCODE's names of attributes and UCSC's of contigs, and of GTF without
// stop codons.
func TestOneGenomeInAllFormats(t *testing.T) {
	coding := 0
	rapid.Check(t, func(t *rapid.T) {
		g := simulate.Genome{Seed: rapid.Uint64().Draw(t, "seed"), Contigs: rapid.IntRange(1, 3).Draw(t, "contigs"),
			Genes: rapid.IntRange(1, 6).Draw(t, "genes"), Mitochondrion: rapid.Bool().Draw(t, "MT")}
		g.Letters = g.Genes * rapid.IntRange(400, 4000).Draw(t, "letters a gene")
		fasta, gff3, gtf := write(t, g)
		one := compile(t, gff3, fasta)
		gencode := strings.NewReplacer("gene_biotype", "gene_type", "transcript_biotype", "transcript_type", "\nMT\t", "\nchrM\t", "\n1\t", "\nchr1\t").Replace(gtf)
		var unstopped strings.Builder
		for line := range strings.Lines(gtf) {
			if !strings.Contains(line, "\tstop_codon\t") {
				unstopped.WriteString(line)
			}
		}
		for _, other := range []*gene.Model{compile(t, gtf, fasta), compile(t, gencode, fasta), compile(t, unstopped.String(), fasta)} {
			if len(one.Notes) > 0 {
				t.Fatalf("notes %q", one.Notes)
			}
			if one.Transcripts() != other.Transcripts() || one.Transcripts() == 0 {
				t.Fatalf("%d transcripts and %d", one.Transcripts(), other.Transcripts())
			}
			for i, c := range one.Contigs {
				for k, a := range c.Transcripts() {
					if b := other.Contigs[i].Transcripts()[k]; !reflect.DeepEqual(a, b) {
						t.Fatalf("GFF3 %+v\nGTF  %+v", *a, *b)
					}
					coding += a.Coding.Len()
				}
			}
		}
	})
	if coding == 0 {
		t.Error("no transcript codes for anything")
	}
}

func TestTheSameGenomeAgain(t *testing.T) {
	g := simulate.Genome{Seed: 3, Contigs: 2, Letters: 20_000, Genes: 8, Mitochondrion: true}
	a1, b1, c1 := write(t, g)
	if a2, b2, c2 := write(t, g); a1 != a2 || b1 != b2 || c1 != c2 {
		t.Error("the same genome is written otherwise")
	}
	g.Seed = 4
	if a3, _, _ := write(t, g); a1 == a3 {
		t.Error("another seed gives the same genome")
	}
	if n := strings.Count(b1, "\tCDS\t"); n < 20 {
		t.Errorf("%d lines of coding sequences", n)
	}
}
