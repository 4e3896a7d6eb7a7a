package guide

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"okazaki"
	"okazaki/format/gff3"
	"okazaki/genome"
)

// geneTarget returns the target that a name stands for in an annotation. Its
// lines have blanks for tabs up to the attributes.
func geneTarget(t *testing.T, name, lines string, tss *tssWindow) (*target, error) {
	t.Helper()
	x := newGeneIndex()
	for line := range strings.Lines(lines) {
		column := strings.SplitN(strings.TrimSpace(line), " ", 6)
		text := fmt.Sprintf("%s\tx\t%s\t%s\t%s\t.\t%s\t.\t%s\n", column[0], column[1], column[2], column[3], column[4], column[5])
		features, err := gff3.Read("genes", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		features[0].Line = int64(len(x.nodes)) // of this file; the reader's is 1
		x.add(&features[0])
	}
	contigs := []string{"chr1", "chr2"}
	r := &resolver{e: &engine{request: &request{tss: tss}}, names: contigs, contigs: genome.NewContigNames(contigs), in: &okazaki.Input{Name: "genes"}, genes: x}
	return r.resolve(t.Context(), name)
}

const (
	bacterialGFF = `chr1 gene 101 400 - ID=gene-b0001;Name=thrL;locus_tag=b0001;old_locus_tag=ECK0001;gene_synonym=leader,JW1
		chr1 CDS 101 400 - ID=cds-NP_1.1;Parent=gene-b0001;gene=thrL;locus_tag=b0001;protein_id=NP_1.1
		chr1 gene 901 990 + ID=gene-x2;Name=trnA;locus_tag=b0002
		chr1 tRNA 901 990 + ID=rna-x2;Parent=gene-x2`
	childFirstGFF = `chr1 exon 101 200 + Parent=m1
		chr1 exon 301 400 + Parent=m1
		chr1 mRNA 101 400 + ID=m1;Parent=g1
		chr1 gene 101 400 + ID=g1;Name=Late`
	ensemblGTF = `chr1 gene 101 400 + gene_id "ENSG01"; gene_version "7"; gene_name "ABC";
		chr1 exon 101 200 + gene_id "ENSG01"; gene_version "7"; transcript_id "ENST01"; transcript_version "2"; gene_name "ABC"; transcript_name "ABC-201";
		chr1 exon 301 400 + gene_id "ENSG01"; gene_version "7"; transcript_id "ENST02"; transcript_version "3"; gene_name "ABC"; transcript_name "ABC-202";`
	twiceGTF = `chr1 exon 101 200 + gene_id "G1"; transcript_id "T1"; gene_name "Twice";
		chr2 exon 301 400 - gene_id "G2"; transcript_id "T2"; gene_name "Twice";
		patch exon 301 400 - gene_id "G3"; transcript_id "T3"; gene_name "Twice";
		chr1 exon 501 600 + gene_id "G4"; transcript_id "T4"; gene_name "Near";
		chr1 exon 701 800 + gene_id "G5"; transcript_id "T5"; gene_name "Near";
		patch exon 301 400 - gene_id "G6"; transcript_id "T6"; gene_name "Once";
		chr2 exon 501 600 - gene_id "G7"; transcript_id "T7"; gene_name "Once";`
	sharedGFF = `chr1 gene 101 900 + ID=g;Name=Shared
		chr1 mRNA 101 900 + ID=g.1;Parent=g
		chr1 mRNA 101 900 + ID=g.2;Parent=g
		chr1 exon 101 200 + Parent=g.1,g.2
		chr1 exon 401 500 + Parent=g.1
		chr1 exon 801 900 + Parent=g.1,g.2`
)

func TestAGeneIsFoundByEachOfItsNames(t *testing.T) {
	for _, c := range []struct{ genes, names, want string }{
		{bacterialGFF, "thrL b0001 ECK0001 leader JW1 gene-b0001 gene:b0001 NP_1.1", "chr1 [101-400]"},
		{bacterialGFF, "trnA b0002 rna-x2 x2", "chr1 [901-990]"},
		{childFirstGFF, "Late g1 m1 gene-g1", "chr1 [101-200 301-400]"},
		{ensemblGTF, "ABC ENSG01 ENSG01.7 gene:ENSG01", "chr1 [101-200 301-400]"},
		{ensemblGTF, "ABC-201 ENST01 ENST01.2 transcript:ENST01", "chr1 [101-200]"},
		{twiceGTF, "chr2:Twice 2:Twice G2 T2", "chr2 [301-400]"},
		{twiceGTF, "G4", "chr1 [501-600]"},
		{twiceGTF, "Once", "chr2 [501-600]"},
		{sharedGFF, "g.2", "chr1 [101-200 801-900]"},
	} {
		for name := range strings.FieldsSeq(c.names) {
			target, err := geneTarget(t, name, c.genes, nil)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if got := target.String(); got != c.want {
				t.Errorf("%s is %s, want %s", name, got, c.want)
			}
		}
	}
}

func (t *target) String() string {
	var parts []string
	for _, r := range t.regions {
		parts = append(parts, fmt.Sprintf("%d-%d", r.Lo+1, r.Hi))
	}
	return fmt.Sprint(t.contig, " ", parts)
}

func TestANameOfSeveralGenesIsRefused(t *testing.T) {
	for _, c := range []struct{ name, genes, want string }{
		{"Twice", twiceGTF, `the gene "Twice" is in several places: G1 (chr1:101-200), G2 (chr2:301-400); give one with its contig, such as chr1:Twice`},
		{"Near", twiceGTF, `the gene "Near" is in several places: G4 (chr1:501-600), G5 (chr1:701-800); give the identifier of one, such as G4`},
		{"chr1:Once", twiceGTF, `there is no gene "Once" on chr1 in it`},
		{"thrl", bacterialGFF, `there is no gene "thrl" in it; did you mean thrL?`},
		{"ENSG01.8", ensemblGTF, `there is no gene "ENSG01.8" in it; did you mean ENSG01?`},
	} {
		_, err := geneTarget(t, c.name, c.genes, nil)
		if own := new(okazaki.Error); !errors.As(err, &own) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\nwant %s", c.name, err, c.want)
		}
	}
}

func TestAWindowLiesAboutEachTranscriptsStart(t *testing.T) {
	for _, c := range []struct{ name, genes, want string }{
		{"Shared", sharedGFF, "chr1 [91-120]"},
		{"ABC", ensemblGTF, "chr1 [91-120 291-320]"},
		{"thrL", bacterialGFF, "chr1 [381-410]"},
	} {
		target, err := geneTarget(t, c.name, c.genes, &tssWindow{-10, 20})
		if err != nil || target.String() != c.want {
			t.Errorf("%s: %v, %v, want %s", c.name, target, err, c.want)
		}
	}
}
