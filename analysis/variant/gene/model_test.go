package gene_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki/analysis/variant/gene"
	"okazaki/genome"
)

// tiny compiles what is written.
func tiny(t interface{ Fatalf(string, ...any) }, annotation, reference string) *gene.Model {
	m, err := gene.Compile(gene.Text{Name: "genes.gff3", Reader: strings.NewReader(annotation)},
		gene.Text{Name: "ref.fa", Reader: strings.NewReader(reference)})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return m
}

func TestAnyBasesAreThoseOfTheReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seq := []byte(rapid.StringMatching(`([ACGTacgt]{0,40}[NRYn]{0,9}){1,6}A`).Draw(t, "letters"))
		m := tiny(t, "c\t.\tgene\t1\t1\t.\t+\t.\tID=g\n", ">c\n"+string(seq)+"\n")
		lo := rapid.IntRange(-5, len(seq)+5).Draw(t, "lo")
		hi := rapid.IntRange(lo, len(seq)+9).Draw(t, "hi")
		want := bytes.ToUpper(append(append(bytes.Repeat([]byte("N"), 99), seq...), bytes.Repeat([]byte("N"), 99)...))[lo+99 : hi+99]
		if got := m.Contigs[0].AppendBases([]byte("x"), lo, hi); string(got) != "x"+string(want) {
			t.Fatalf("[%d,%d) of %s is %s, want %s", lo, hi, seq, got, want)
		}
	})
}

// TestNear compares both ways of asking with a look at all transcripts.
func TestNear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var gff strings.Builder
		for i := range rapid.IntRange(0, 30).Draw(t, "transcripts") {
			lo := rapid.IntRange(1, 900).Draw(t, "lo")
			hi := min(1000, lo+rapid.SampledFrom([]int{0, 5, 50, 800}).Draw(t, "length"))
			fmt.Fprintf(&gff, "c\t.\tmRNA\t%d\t%d\t.\t+\t.\tID=t%d;Parent=g\nc\t.\texon\t%d\t%d\t.\t+\t.\tParent=t%d\n", lo, hi, i, lo, hi, i)
		}
		gff.WriteString("c\t.\tgene\t1\t1000\t.\t+\t.\tID=g\n")
		m := tiny(t, gff.String(), ">c\n"+strings.Repeat("ACGT", 250)+"\n")
		c := m.Contigs[0]
		reach := rapid.SampledFrom([]int{0, 1, 20, 300}).Draw(t, "reach")
		cursor := c.Cursor(reach)
		at := 0
		for range 20 {
			at = max(0, at+rapid.IntRange(-20, 90).Draw(t, "step"))
			r := genome.Region{Lo: at, Hi: at + rapid.SampledFrom([]int{0, 1, 40, 500}).Draw(t, "span")}
			var want []*gene.Transcript
			for _, tr := range c.Transcripts() {
				if tr.Region.Lo-reach < r.Hi && r.Lo < tr.Region.Hi+reach {
					want = append(want, tr)
				}
			}
			if got := c.Near(r.Lo, r.Hi, reach, nil); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("near %v: %v, want %v", r, got, want)
			}
			if got := cursor.Near(r.Lo, r.Hi); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("the cursor at %v: %v, want %v", r, got, want)
			}
		}
	})
}

// TestRefget is the example of GA4GH's specification of sha512t24u.
func TestRefget(t *testing.T) {
	if c := tiny(t, littleGFF, littleFASTA).Contigs[1]; c.Refget != "SQ.aKF498dAxcJAqme6QYQ7EZ07-fiw8Kw2" {
		t.Errorf("ACGT is %s", c.Refget)
	}
}

// TestNames asks for contigs of a reference by the names that others give them.
func TestNames(t *testing.T) {
	m := tiny(t, "x\t.\tgene\t1\t1\t.\t+\t.\tID=g\n", ">1\nACGT\n>chr2\nACGT\n>NC_000003.12\nACGT\n>NC_000024.10 Homo sapiens chromosome Y, GRCh38.p14 Primary Assembly\nA\n"+
		">chrUn_KI270302v1\nA\n>KI270706.1\nA\n>MT\nA\n>NT_187361.1 Homo sapiens chromosome 1 unlocalized genomic scaffold, GRCh38.p14 Primary Assembly\nA\n")
	for name, want := range map[string]string{
		"1": "1", "chr1": "1", "Chr1": "1", "NC_000001.11": "1", "2": "chr2", "NC_000002.12": "chr2", "3": "NC_000003.12", "chr3": "NC_000003.12",
		"Y": "NC_000024.10", "chrY": "NC_000024.10", "NC_000024.9": "", "KI270302.1": "chrUn_KI270302v1", "chr1_KI270706v1_random": "KI270706.1",
		"M": "MT", "chrM": "MT", "chrMT": "MT", "NC_012920.1": "MT", "NT_187361.1": "NT_187361.1",
		"4": "", "chr11": "", "NC_000025.1": "", "chrUn_v1": "", "chr": "", "": "",
	} {
		got := ""
		if c, ok := m.Contig(name); ok {
			got = c.Name
		}
		if got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}
