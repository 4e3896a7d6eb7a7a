package gene_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"okazaki/analysis/variant/gene"
)

// dialect compiles testdata/NAME.gff3 or .gtf with testdata/NAME.fa, or with
// another reference.
func dialect(t testing.TB, name string, reference ...string) *gene.Model {
	t.Helper()
	open := func(path string) gene.Text {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return gene.Text{Name: path, Reader: f}
	}
	annotation, fa := "testdata/"+name, "testdata/"+strings.TrimSuffix(strings.TrimSuffix(name, ".gtf"), ".gff3")+".fa"
	if !strings.Contains(name, ".") {
		annotation += ".gff3"
	}
	if len(reference) > 0 {
		fa = "testdata/" + reference[0]
	}
	m, err := gene.Compile(open(annotation), open(fa))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// show is what a test compares of a transcript, in a line.
func show(c *gene.Contig, t *gene.Transcript) string {
	s := fmt.Sprintf("%s %s %s %s %v", t.ID, t.Gene, t.Symbol, t.Biotype, t.Exons)
	if t.Reverse {
		s += " -"
	}
	if t.Coding.Len() > 0 {
		s += fmt.Sprintf(" %s %v phase %d code %d", t.Protein, t.Coding, t.Phase, t.Code)
	}
	for name, set := range map[string]bool{"nostart": t.NoStart && !t.NoStop, "nostop": t.NoStop && !t.NoStart, "nostart nostop": t.NoStart && t.NoStop} {
		if set {
			s += " " + name
		}
	}
	for _, p := range []struct {
		name string
		at   []int
	}{{"slips", t.Slips}, {"skips", t.Skips}, {"sec", t.Selenocysteines}} {
		if len(p.at) > 0 {
			s += fmt.Sprintf(" %s %v", p.name, p.at)
		}
	}
	if len(t.Mature) > 0 {
		s += fmt.Sprintf(" mature %v", t.Mature)
	}
	for _, field := range []string{t.ManeSelect, t.ManePlus, t.TSL, t.APPRIS, t.CCDS} {
		if field != "" {
			s += " " + field
		}
	}
	if t.Canonical {
		s += " canonical"
	}
	return s
}

func expect(t *testing.T, m *gene.Model, want []string) {
	t.Helper()
	var got []string
	for _, c := range m.Contigs {
		for _, tr := range c.Transcripts() {
			got = append(got, show(c, tr))
		}
	}
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("missing %s", want[i])
		case i >= len(want):
			t.Errorf("too much: %s", got[i])
		case got[i] != want[i]:
			t.Errorf("%s\nwant %s", got[i], want[i])
		}
	}
}

// inRefSeq is what testdata/refseq.gff3 says: a selenoprotein, ribosomes that
// slip back and skip, a gene whose ends are missing, a microRNA, a pseudogene
// without a transcript, exons before their parent, a V segment, and of a
// mitochondrion a tRNA and a coding sequence whose stop codon the poly(A) tail
// completes.
var inRefSeq = []string{
	"NM_000001.2 1001 AAA protein_coding [[100,160) [200,260)] NP_000001.1 [120,235) phase 0 code 1 sec [147] ENST00000000001.4",
	"NM_000002.1 1002 SLIP protein_coding [[300,420)] NP_000002.1 [310,366) phase 0 code 1 slips [330]",
	"NM_000003.5 1003 OAZ protein_coding [[500,600)] - NP_000003.1 [529,590) phase 0 code 1 skips [559]",
	"XM_000004.1 1004 PART protein_coding [[700,740)] - XP_000004.1 [700,740) phase 1 code 1 nostart nostop",
	"NR_000005.1 1005 MIR1 miRNA [[800,880)] mature [[809,831) [849,871)]",
	"PSP 1006 PSP pseudogene [[900,930) [960,990)] -",
	"NR_000007.1 1007 LNC ncRNA [[1000,1060)]",
	"id-GeneID:1008 1008 IGV IG_V_gene [[1100,1160)]",
	"rna-TRNF 2001 TRNF tRNA [[9,80)]",
	"ND1 2002 ND1 protein_coding [[100,132)] YP_000001.1 [100,132) phase 0 code 2",
}

func TestRefSeq(t *testing.T) {
	lost := "contigs that the reference lacks, left out with 1 transcripts: 1 (NT_000001.1)"
	for reference, want := range map[string]struct {
		names []string
		notes []string
	}{
		// No coding sequence fails a check in either.
		"refseq.fa": {[]string{"NC_000022.11", "NC_012920.1"}, []string{lost}},
		"ucsc.fa": {[]string{"chr22", "chrM"}, []string{
			"contigs that the annotation calls otherwise than the reference: 2 (NC_000022.11 is chr22, NC_012920.1 is chrM)", lost}},
	} {
		m := dialect(t, "refseq", reference)
		expect(t, m, inRefSeq)
		if !slices.Equal(m.Notes, want.notes) {
			t.Errorf("%s: notes %q, want %q", reference, m.Notes, want.notes)
		}
		if !slices.Contains(m.Annotation.Versions, "genome-build GRCh38.p14") {
			t.Errorf("versions %q", m.Annotation.Versions)
		}
		for i, names := range [][]string{{"22", "chr22", "NC_000022.11"}, {"MT", "M", "chrM", "chrMT", "NC_012920.1"}} {
			for _, name := range names {
				if c, ok := m.Contig(name); !ok || c.Name != want.names[i] {
					t.Errorf("%s: %s is not found", reference, name)
				}
			}
		}
	}
}
