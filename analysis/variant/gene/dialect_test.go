package gene_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"okazaki/analysis/variant/gene"
	"okazaki/genome"
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

// show returns, in a line, the parts of a transcript that a test compares.
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
// without a transcript, exons before their parent, a V segment, and on a
// mitochondrion a tRNA and a coding sequence whose stop codon the poly(A)
// tail completes.
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

// TestGENCODE reads the same genes as GFF3 and as GTF.
func TestGENCODE(t *testing.T) {
	for _, name := range []string{"gencode.gff3", "gencode.gtf"} {
		m := dialect(t, name, "ucsc.fa")
		expect(t, m, []string{
			"ENST00000000001.4 ENSG00000000001.7 AAA protein_coding [[100,160) [200,260)] ENSP00000000001.2 [120,235) phase 0 code 1 sec [147] yes 1 P1 CCDS1.1 canonical",
			"ENST00000000002.1 ENSG00000000001.7 AAA nonsense_mediated_decay [[120,160) [200,240)] ENSP00000000002.1 [121,235) phase 2 code 1 nostart sec [147] yes 5 (assigned to previous version 1) A2",
			"ENST00000000004.1 ENSG00000000004.1 PART protein_coding [[700,740)] - ENSP00000000004.1 [700,740) phase 1 code 1 nostart nostop",
			"ENST00000000005.1 ENSG00000000005.1 LNC lncRNA [[1000,1060)] NA",
		})
		if len(m.Notes) > 0 {
			t.Errorf("%s: notes %q", name, m.Notes)
		}
		if !slices.Contains(m.Annotation.Versions, "provider: GENCODE") {
			t.Errorf("%s: versions %q", name, m.Annotation.Versions)
		}
	}
}

const orf = "ATGAAACCCGGGTTTTAG" // read from base 4 of others below

// TestOtherManners reads annotations as other programs write them.
func TestOtherManners(t *testing.T) {
	const reference = ">chr1\nCCC" + orf + "CCCCCCCCCCCCCCCCCCCCCCCCC\n>chrM\nCCCATAAAATGAAGACC\n"
	for _, c := range []struct{ name, annotation, want, note string }{
		{"one transcript on two contigs", "chr1\t.\tmRNA\t4\t21\t.\t+\t.\tID=t;Parent=g\nchr1\t.\texon\t4\t21\t.\t+\t.\tParent=t\n" +
			"chrM\t.\texon\t4\t9\t.\t-\t.\tParent=t\nchrM\t.\tmRNA\t4\t9\t.\t-\t.\tID=t;Parent=g\n", "t g  protein_coding [[3,21)]; t g  protein_coding [[3,9)] -", ""},
		{"a bacterium's coding sequence alone", "chr1\tProdigal\tCDS\t4\t21\t.\t+\t0\tID=B_1;gene=dnaA;locus_tag=B_1;protein_id=p1;transl_table=11\n",
			"B_1 B_1 dnaA protein_coding [[3,21)] p1 [3,21) phase 0 code 11", ""},
		{"a coding sequence of its gene", "chr1\t.\tgene\t4\t21\t.\t+\t.\tID=gene-B_1;Name=dnaA;gene=dnaA;gene_biotype=protein_coding\n" +
			"chr1\t.\tCDS\t4\t21\t.\t+\t0\tID=cds-1;Parent=gene-B_1;protein_id=p1;transl_table=11\n",
			"B_1 B_1 dnaA protein_coding [[3,21)] p1 [3,21) phase 0 code 11", ""},
		{"a virus' gene of two proteins", "chr1\t.\tgene\t4\t21\t.\t+\t.\tID=gene-v;gene=v\nchr1\t.\tCDS\t4\t12\t.\t+\t0\tID=cds-1;Parent=gene-v;protein_id=p1;partial=true;end_range=12,.\n" +
			"chr1\t.\tCDS\t12\t21\t.\t+\t0\tID=cds-1;Parent=gene-v;protein_id=p1;exception=x\nchr1\t.\tCDS\t4\t21\t.\t+\t0\tID=cds-2;Parent=gene-v;protein_id=p2\n",
			"v:p1 v v protein_coding [[3,21)] p1 [3,21) phase 0 code 1 nostop slips [11]; v:p2 v v protein_coding [[3,21)] p2 [3,21) phase 0 code 1 nostop", ""},
		{"a gene across the origin", "chr1\t.\tregion\t1\t46\t.\t+\t.\tID=r;Is_circular=true;gbkey=Src;genome=plasmid\nchr1\t.\tCDS\t40\t60\t.\t+\t0\tID=c\n", "",
			"transcripts across the origin of a circular contig, left out: 1 (c)"},
		{"a coding sequence without exons", "chr1\t.\tmRNA\t1\t30\t.\t+\t.\tID=transcript:t;Parent=gene:g;biotype=protein_coding\nchr1\t.\tCDS\t4\t12\t.\t+\t0\tParent=transcript:t\n" +
			"chr1\t.\tCDS\t13\t21\t.\t+\t0\tParent=transcript:t\n", "t g  protein_coding [[3,21)]  [3,21) phase 0 code 1", ""},
		{"a transcript without exons", "chr1\t.\tgene\t4\t21\t.\t-\t.\tID=g;biotype=snRNA\nchr1\t.\tsnRNA\t4\t21\t.\t-\t.\tID=t;Parent=g\n", "t g  snRNA [[3,21)] -", ""},
		{"an exon of two transcripts", "chr1\t.\texon\t4\t21\t.\t+\t.\tParent=t,u\nchr1\t.\tmRNA\t4\t21\t.\t+\t.\tID=t;Parent=g\nchr1\t.\tmRNA\t4\t21\t.\t+\t.\tID=u;Parent=g\n",
			"t g  protein_coding [[3,21)]; u g  protein_coding [[3,21)]", ""},
		{"GTF without lines for genes and transcripts", "chr1\trefGene\texon\t1\t30\t.\t+\t.\tgene_id \"G\"; transcript_id \"NM_1\"; gene_name \"G\";\n" +
			"chr1\trefGene\tCDS\t4\t18\t.\t+\t0\tgene_id \"G\"; transcript_id \"NM_1\";\nchr1\trefGene\tstop_codon\t19\t21\t.\t+\t0\tgene_id \"G\"; transcript_id \"NM_1\";\n",
			"NM_1 G G protein_coding [[0,30)]  [3,21) phase 0 code 1", ""},
		{"GTF without stop codons", "chr1\tx\texon\t1\t30\t.\t+\t.\tgene_id \"G\"; transcript_id \"T\";\nchr1\tx\tCDS\t4\t18\t.\t+\t0\tgene_id \"G\"; transcript_id \"T\";\n",
			"T G  protein_coding [[0,30)]  [3,21) phase 0 code 1", "coding sequences to which the stop codon behind them was added, since the file has no line for any: 1 (T)"},
		{"NCBI's GTF", "NC_000001.11\tBestRefSeq\ttranscript\t1\t30\t.\t+\t.\tgene_id \"DNAA\"; transcript_id \"NM_1.2\"; db_xref \"GeneID:77\"; gbkey \"mRNA\"; gene \"DNAA\"; transcript_biotype \"mRNA\";\n" +
			"NC_000001.11\tBestRefSeq\texon\t1\t30\t.\t+\t.\tgene_id \"DNAA\"; transcript_id \"NM_1.2\";\n", "NM_1.2 DNAA DNAA protein_coding [[0,30)]",
			"contigs that the annotation calls otherwise than the reference: 1 (NC_000001.11 is chr1)"},
		{"a mitochondrion by its name", "MT\t.\tmRNA\t4\t15\t.\t+\t.\tID=t;Parent=g\nMT\t.\tCDS\t4\t15\t.\t+\t0\tParent=t;protein_id=p\n", "t g  protein_coding [[3,15)] p [3,15) phase 0 code 2",
			"contigs that the annotation calls otherwise than the reference: 1 (MT is chrM)"},
	} {
		m, err := compileText(gene.Options{}, c.annotation, reference)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got []string
		for _, contig := range m.Contigs {
			for _, tr := range contig.Transcripts() {
				got = append(got, show(contig, tr))
			}
		}
		if strings.Join(got, "; ") != c.want || strings.Join(m.Notes, "; ") != c.note {
			t.Errorf("%s: %q, notes %q;\nwant %s, %q", c.name, got, m.Notes, c.want, c.note)
		}
	}
}

func TestMitochondrialCodes(t *testing.T) {
	for _, c := range []struct {
		contig string
		option genome.Code
		want   genome.Code
	}{{"MT", 0, 2}, {"chrM", 0, 2}, {"Mito", 0, 3}, {"MtDNA", 0, 5}, {"Mt", 0, 1}, {"chr1", 0, 1}, {"M", 5, 5}, {"1", 5, 1}} {
		m, err := compileText(gene.Options{Mitochondrial: c.option}, c.contig+"\t.\tCDS\t1\t9\t.\t+\t0\tID=c\n", ">"+c.contig+"\nATGAAATAA\n")
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Contigs[0].Transcripts()[0].Code; got != c.want {
			t.Errorf("%s is read by code %v, want %v", c.contig, got, c.want)
		}
	}
}
