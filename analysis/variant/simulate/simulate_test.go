package simulate_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"okazaki"
	"okazaki/analysis/variant/gene"
	"okazaki/analysis/variant/simulate"
	"okazaki/format/vcf"
)

type files struct{ genome, genes, variants, clinvar, gnomad bytes.Buffer }

func write(t *testing.T, o simulate.Options) *files {
	t.Helper()
	f := &files{}
	if err := simulate.Write(t.Context(), o, simulate.Files{Genome: &f.genome, Genes: &f.genes, Variants: &f.variants, Clinvar: &f.clinvar, Frequencies: &f.gnomad}); err != nil {
		t.Fatal(err)
	}
	return f
}

// TestTruth compiles the genes without a doubt about any, and finds each REF
// in the genome.
func TestTruth(t *testing.T) {
	f := write(t, simulate.Options{Seed: 2, Bases: 300_000, Genes: 40})
	m, err := gene.Compile(gene.Text{Name: "genes.gff3", Reader: &f.genes}, gene.Text{Name: "genome.fa", Reader: &f.genome})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Notes) > 0 || m.Transcripts() < 40 {
		t.Errorf("%d transcripts; notes: %v", m.Transcripts(), m.Notes)
	}
	for name, text := range map[string]*bytes.Buffer{"variants": &f.variants, "clinvar": &f.clinvar, "gnomad": &f.gnomad} {
		r, err := vcf.NewReader(name, text)
		if err != nil {
			t.Fatal(err)
		}
		n, last := 0, ""
		at := 0
		for rec, err := range r.Records() {
			if err != nil {
				t.Fatal(err)
			}
			c, ok := m.Contig(string(rec.Chrom))
			if !ok || string(c.AppendBases(nil, rec.Pos, rec.Pos+len(rec.Ref))) != string(rec.Ref) {
				t.Fatalf("%s: %s is not in the genome", name, rec.Text)
			}
			if string(rec.Chrom) == last && rec.Pos < at {
				t.Fatalf("%s: %s is out of order", name, rec.Text)
			}
			last, at = string(rec.Chrom), rec.Pos
			n++
		}
		if want := map[string]int{"variants": 430, "clinvar": 5, "gnomad": 500}[name]; n < want {
			t.Errorf("%s has %d records", name, n)
		}
	}
}

func TestSeeds(t *testing.T) {
	o := simulate.Options{Seed: 4, Bases: 40_000}
	one, two := write(t, o), write(t, o)
	o.Seed = 5
	if other := write(t, o); bytes.Equal(one.variants.Bytes(), other.variants.Bytes()) {
		t.Error("another seed makes the same person")
	}
	if !bytes.Equal(one.variants.Bytes(), two.variants.Bytes()) || !bytes.Equal(one.genome.Bytes(), two.genome.Bytes()) || !bytes.Equal(one.gnomad.Bytes(), two.gnomad.Bytes()) {
		t.Error("the same seed makes another person")
	}
	if phased := write(t, simulate.Options{Seed: 4, Bases: 40_000, Phased: true}); strings.Contains(phased.variants.String(), "\t0/1:") || !strings.Contains(phased.variants.String(), "\t0|1:") {
		t.Error("phased genotypes are not")
	}
}

func TestWrongOptions(t *testing.T) {
	for _, o := range []simulate.Options{{Bases: 100}, {Contigs: 99}, {Bases: 20_000, Genes: 500}, {Bases: 20_000, Variants: 10_000}, {Variants: -1}} {
		var e *okazaki.Error
		if err := simulate.Write(context.Background(), o, simulate.Files{}); !errors.As(err, &e) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
