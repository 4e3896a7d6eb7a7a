package gene_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"okazaki"
	"okazaki/analysis/variant/gene"
	"okazaki/internal/filetest"
)

// FuzzCompile takes any text for an annotation: it is refused with one error
// that names the file, or it is a model that can be written and read again.
func FuzzCompile(f *testing.F) {
	reference, err := os.ReadFile("testdata/ucsc.fa")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range []string{"refseq.gff3", "gencode.gff3", "gencode.gtf"} {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(strings.ReplaceAll(littleGFF, "c\t", "chr22\t"))
	f.Fuzz(func(t *testing.T, annotation string) {
		m, err := gene.Compile(gene.Text{Name: "genes", Reader: strings.NewReader(annotation)}, gene.Text{Name: "ref.fa", Reader: bytes.NewReader(reference)})
		if err != nil {
			var e *okazaki.Error
			if !errors.As(err, &e) || e.File != "genes" {
				t.Fatalf("not the user's: %v", err)
			}
			return
		}
		for _, c := range m.Contigs {
			for _, tr := range c.Transcripts() {
				check(t, c, tr)
			}
		}
		opened, err := gene.Open("m", filetest.Memory(written(t, m)))
		if err != nil {
			t.Fatal(err)
		}
		same(t, m, opened)
	})
}

// check checks the promises of all transcripts on one.
func check(t *testing.T, c *gene.Contig, tr *gene.Transcript) {
	t.Helper()
	at := tr.Region.Lo
	for i, e := range tr.Exons {
		if i > 0 && e.Lo < at || e.Len() < 1 || e.Hi > c.Length {
			t.Fatalf("%s: exons %v", tr.ID, tr.Exons)
		}
		at = e.Hi
	}
	if len(tr.Exons) == 0 || tr.Exons[0].Lo != tr.Region.Lo || at != tr.Region.Hi {
		t.Fatalf("%s: %v and exons %v", tr.ID, tr.Region, tr.Exons)
	}
	if tr.Coding.Len() == 0 {
		if len(tr.Slips)+len(tr.Skips)+len(tr.Selenocysteines)+tr.Phase > 0 {
			t.Fatalf("%+v", *tr)
		}
		return
	}
	first, last := false, false
	for _, e := range tr.Exons {
		first, last = first || e.Contains(tr.Coding.Lo), last || e.Contains(tr.Coding.Hi-1)
	}
	if !first || !last || tr.Phase < 0 || tr.Phase > 2 {
		t.Fatalf("%s: coding %v of exons %v", tr.ID, tr.Coding, tr.Exons)
	}
	for _, list := range [][]int{tr.Slips, tr.Skips, tr.Selenocysteines} {
		for i, p := range list {
			if !tr.Coding.Contains(p) || i > 0 && (p < list[i-1]) != tr.Reverse {
				t.Fatalf("%+v", *tr)
			}
		}
	}
}
