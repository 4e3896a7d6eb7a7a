package guide

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"okazaki/analysis/analysistest"
)

// manyGenes returns genes all along a contig, each of which overlaps the next.
func manyGenes(contig string, length int) []byte {
	var b bytes.Buffer
	b.WriteString("##gff-version 3\n")
	for i, at := 0, 1; at < length; i, at = i+1, at+2500 {
		for _, kind := range []string{"gene", "mRNA", "exon"} {
			own := map[string]string{"gene": "ID=g%[1]d;Name=G%[2]d", "mRNA": "ID=t%[1]d;Parent=g%[1]d", "exon": "Parent=t%[1]d"}[kind]
			fmt.Fprintf(&b, "%s\tx\t%s\t%d\t%d\t.\t%c\t.\t"+own+"\n", contig, kind, at, at+2999, "+-"[i%2], i, i%4)
		}
	}
	return b.Bytes()
}

// TestHitsInTheOwnGeneAreLeftOut compares the tables without these hits, row by
// row, with the tables that have them. Every fourth gene has one name.
func TestHitsInTheOwnGeneAreLeftOut(t *testing.T) {
	x := newExample()
	genes := analysistest.Input{Role: "genes", Name: "g.gff3", Bytes: manyGenes("chr1", 40_000)}
	list := analysistest.Input{Role: "guides", Name: "l", Bytes: x.list()}
	vcf := analysistest.Input{Role: "vcf", Name: "v.vcf", Bytes: x.vcf()}
	region := fmt.Sprintf("chr1:%d-%d", 2001, 2200)
	left := 0
	for name, c := range map[string]struct {
		params string
		more   []analysistest.Input
	}{
		"list":   {`{"hits": "h.tsv", "k": 4, "dna-bulges": 1%s}`, []analysistest.Input{list, vcf}},
		"region": {`{"hits": "h.tsv", "k": 5, "target": "` + region + `"%s}`, nil},
	} {
		for _, source := range []analysistest.Input{{Role: "genome", Name: "g.fa", Bytes: x.fasta()}, {Role: "index", Name: "g.okx", Bytes: x.index(t, "NGG,NAG,NGA", 20)}} {
			inputs := append([]analysistest.Input{genes, source}, c.more...)
			all := analysistest.Answer(t, Analysis, fmt.Sprintf(c.params, ""), inputs, 0)
			few := analysistest.Answer(t, Analysis, fmt.Sprintf(c.params, `, "exclude": "same-gene"`), inputs, 997)
			capped := analysistest.Answer(t, Analysis, fmt.Sprintf(c.params, `, "exclude": "same-gene", "max-hits": 2`), inputs, 1501)
			if !strings.Contains(string(few["guides.tsv"]), "without hits in a gene of the guide's own site") {
				t.Errorf("the head does not say what is left out: %.200s", few["guides.tsv"])
			}
			want, first, sums, offs := "", "", map[string]float64{}, map[string]int{}
			listed := map[string]int{}
			for _, row := range answerRows(all["h.tsv"]) {
				own := row["on_target"] == "true"
				if row["same_gene"] == "true" && !own {
					left++
					continue
				}
				line := row["guide"] + row["contig"] + row["start"] + row["strand"] + row["genome_aligned"] + "\n"
				want += line
				if listed[row["guide"]]++; listed[row["guide"]] <= 2 {
					first += line
				}
				if !own {
					offs[row["guide"]]++
					if cfd := number0(row["cfd"]); row["dna_bulges"] == "0" {
						sums[row["guide"]] += cfd
					}
				}
			}
			for kind, answer := range map[string]map[string][]byte{"all": few, "two of each": capped} {
				got := ""
				for _, row := range answerRows(answer["h.tsv"]) {
					got += row["guide"] + row["contig"] + row["start"] + row["strand"] + row["genome_aligned"] + "\n"
				}
				if expected := map[string]string{"all": want, "two of each": first}[kind]; got != expected {
					t.Errorf("%s by %s, %s: the hits are\n%s, not\n%s", name, source.Role, kind, got, expected)
				}
				for _, row := range answerRows(answer["guides.tsv"]) {
					if g := row["guide"]; row["off_targets"] != fmt.Sprint(offs[g]) || math.Abs(number(row["cfd_specificity"])-1/(1+sums[g])) > 1e-5 {
						t.Errorf("%s by %s: %s has %s off-targets and %s, not %d and %v", name, source.Role, g, row["off_targets"], row["cfd_specificity"], offs[g], 1/(1+sums[g]))
					}
				}
			}
			if len(c.more) > 1 {
				variantsAreLeftOut(t, all, few)
			}
		}
	}
	if left < 20 {
		t.Errorf("only %d hits lie in the own gene", left)
	}
}

func number0(s string) float64 {
	if s == "NA" {
		return 0
	}
	return number(s)
}

// variantsAreLeftOut compares the variant hits without those in the own gene
// with all variant hits.
func variantsAreLeftOut(t *testing.T, all, few map[string][]byte) {
	t.Helper()
	want, got, counts := "", "", map[string]int{}
	for _, row := range answerRows(all["variants.tsv"]) {
		if row["same_gene"] != "true" || row["on_target"] == "true" {
			want += row["guide"] + row["start"] + row["alleles"] + row["effect"] + "\n"
			counts[row["guide"]]++
		}
	}
	for _, row := range answerRows(few["variants.tsv"]) {
		got += row["guide"] + row["start"] + row["alleles"] + row["effect"] + "\n"
	}
	if got != want || want == "" || len(answerRows(all["variants.tsv"])) == len(answerRows(few["variants.tsv"])) {
		t.Errorf("variant hits\n%s, not\n%s", got, want)
	}
	for _, row := range answerRows(few["guides.tsv"]) {
		n := 0
		for s := range strings.SplitSeq(row["variants"], ",") {
			n += int(number(s))
		}
		if n != counts[row["guide"]] {
			t.Errorf("%s has %s variant hits, not %d", row["guide"], row["variants"], counts[row["guide"]])
		}
	}
}

// TestAllelesOnAlternateContigsAreLeftOut has an allele that makes a site on a
// chromosome, and one on its alternate contig.
func TestAllelesOnAlternateContigsAreLeftOut(t *testing.T) {
	const guide = "CATCATTACTCATACTTCAC"
	x := &example{names: []string{"chr6", "chr6_GL000250v2_alt"}, letters: map[string][]byte{}}
	vcf := "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
	for _, name := range x.names {
		x.letters[name] = []byte(strings.Repeat("TTATA", 10) + guide + "TGT" + strings.Repeat("ATTAA", 10))
		vcf += name + "\t73\t.\tT\tG\t.\t.\t.\n"
	}
	inputs := []analysistest.Input{{Role: "guides", Name: "l", Bytes: []byte(guide + "\n")}, {Role: "vcf", Name: "v.vcf", Bytes: []byte(vcf)}, {Role: "genome", Name: "g.fa", Bytes: x.fasta()}}
	for params, want := range map[string]string{`{}`: "[chr6 chr6_GL000250v2_alt] 2,0,0", `{"exclude": "alt"}`: "[chr6] 1,0,0"} {
		answer := analysistest.Answer(t, Analysis, params, inputs, 0)
		var contigs []string
		for _, row := range answerRows(answer["variants.tsv"]) {
			contigs = append(contigs, row["contig"])
		}
		if got := fmt.Sprint(contigs, " ", answerRows(answer["guides.tsv"])[0]["variants"]); got != want {
			t.Errorf("%s: %s, not %s", params, got, want)
		}
	}
}
