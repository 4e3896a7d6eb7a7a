package variant_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"okazaki/analysis/analysistest"
	"okazaki/analysis/variant"
	"okazaki/analysis/variant/simulate"
)

func testdata(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// toy is a job on a gene of one exon: from 61 on M K D C H V L G T S W Q, and
// a stop.
func toy(tb testing.TB, samples string, records ...string) []analysistest.Input {
	vcf := "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t" + strings.ReplaceAll(samples, " ", "\t") + "\n"
	for _, r := range records {
		f := strings.Fields(r)
		vcf += fmt.Sprintf("c\t%s\t.\t%s\t%s\t.\tPASS\t.\t%s\n", f[0], f[1], f[2], strings.Join(f[3:], "\t"))
	}
	return []analysistest.Input{{Role: "variants", Name: "toy.vcf", Bytes: []byte(vcf)},
		{Role: "genes", Name: "toy.gff3", Bytes: testdata(tb, "toy.gff3")}, {Role: "fasta", Name: "toy.fa", Bytes: testdata(tb, "toy.fa")}}
}

// TestHaplotypes calls alleles together that the genotypes put on one
// haplotype: two changes to the codon AAA at 64, and two frameshifts that
// mend each other.
func TestHaplotypes(t *testing.T) {
	const codon = "missense_variant 2K>2G with "
	for _, c := range []struct {
		name, samples string
		records       []string
		want          []string // compound, by record
	}{
		{"one codon", "a", []string{"64 A G GT 0|1", "65 A G GT 0|1"}, []string{codon + "c:65 A>G", codon + "c:64 A>G"}},
		{"two haplotypes", "a", []string{"64 A G GT 0|1", "65 A G GT 1|0"}, []string{"", ""}},
		{"not phased", "a", []string{"64 A G GT 0/1", "65 A G GT 0/1"}, []string{"", ""}},
		{"one of them on both", "a", []string{"64 A G GT 1/1", "65 A G GT 0|1"}, []string{codon + "c:65 A>G", codon + "c:64 A>G"}},
		{"two phase sets", "a", []string{"64 A G GT:PS 0|1:64", "65 A G GT:PS 0|1:65"}, []string{"", ""}},
		{"one phase set", "a", []string{"64 A G GT:PS 0|1:64", "65 A G GT:PS 0|1:64"}, []string{codon + "c:65 A>G", codon + "c:64 A>G"}},
		{"another sample", "a b", []string{"64 A G GT 0|1 0|0", "65 A G GT 0|0 1|0"}, []string{"", ""}},
		{"two codons", "a", []string{"64 A G GT 0|1", "68 A G GT 0|1"}, []string{"", ""}},
		{"the frame is mended", "a", []string{"63 GA G GT 1|0", "69 T TC GT 1|0"}, []string{
			"missense_variant&protein_altering_variant 2KD>2KI with c:69 T>TC", "missense_variant&protein_altering_variant 2KD>2KI with c:63 GA>G"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, span := range []int64{0, 1} {
				out := analysistest.Answer(t, variant.Analysis, `{"format": "tsv"}`, toy(t, c.samples, c.records...), span)
				var got []string
				for _, row := range rowsOf(t, out["consequences.tsv"]) {
					got = append(got, row["compound"])
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("%q, want %q", got, c.want)
				}
			}
		})
	}
}

// TestHaplotypesOfManyUnits joins alleles that lie in different units.
func TestHaplotypesOfManyUnits(t *testing.T) {
	p := simulated(t, simulate.Options{Seed: 3, Bases: 30_000, Contigs: 1, Genes: 9, Variants: 1000, Phased: true})
	analysistest.Run(t, variant.Analysis, analysistest.Case{Name: "phased", Params: `{"format": "json"}`, Inputs: p.inputs(p.variants),
		Check: func(t testing.TB, out map[string][]byte) {
			if n := strings.Count(string(out["variants.ndjson"]), `"compounds":[`); n < 10 {
				t.Errorf("%d alleles are called with others", n)
			}
		}})
}
