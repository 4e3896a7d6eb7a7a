package gene_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"okazaki"
	"okazaki/analysis/variant/gene"
)

// compileText compiles what is written.
func compileText(o gene.Options, annotation, reference string) (*gene.Model, error) {
	return o.Compile(gene.Text{Name: "genes.gff3", Reader: strings.NewReader(annotation)},
		gene.Text{Name: "ref.fa", Reader: strings.NewReader(reference)})
}

func TestOneClearError(t *testing.T) {
	for _, c := range []struct {
		name, annotation, reference, want string
	}{
		{"a phase that the segments contradict", strings.Replace(littleGFF, "+\t1\tParent", "+\t2\tParent", 1), littleFASTA,
			"genes.gff3:8: the phase of this segment of t's coding sequence is 2, but the segments before it leave 1 bases to its first whole codon"},
		{"a first phase that the start codon contradicts", strings.NewReplacer("+\t0\tParent", "+\t1\tParent", "+\t1\tParent", "+\t2\tParent").Replace(littleGFF), littleFASTA,
			"genes.gff3:7: the phase of t's coding sequence is 1, but it runs from a start codon to a stop codon from its first base"},
		{"another assembly", littleGFF, ">c\nACGTACGTACGT\n", "genes.gff3:5: transcript t ends at 20, and contig c of the reference has 12 bases"},
		{"another species", littleGFF, ">chrX\nACGT\n>chrY\nACGT\n", "genes.gff3: none of its contigs (c) is in the reference (chrX, chrY)"},
		{"no gene", "##gff-version 3\n", littleFASTA, "genes.gff3: there is no gene in it"},
		{"a model", "okzgenes\x01\x00\x00\x00", littleFASTA, "genes.gff3: this is a gene model already"},
		{"no annotation", littleFASTA, littleFASTA, "genes.gff3: there is no gene in it"},
		{"a broken line", littleGFF + "c\t.\texon\t7\n", littleFASTA, "genes.gff3:9: there are 4 columns"},
		{"a broken GTF", "c\t.\texon\t7\t9\t.\t+\t.\tgene_id \"g\"; transcript_id \"t;\n", littleFASTA, "genes.gff3:1: an attribute's value begins with a quote"},
		{"no reference", littleGFF, "", "ref.fa: the file is empty"},
		{"a reference that is none", littleGFF, littleGFF, "ref.fa:1: "},
		{"a contig twice", littleGFF, littleFASTA + littleFASTA, "ref.fa:5: record \"c\": a record before has the same name"},
	} {
		_, err := compileText(gene.Options{}, c.annotation, c.reference)
		var e *okazaki.Error
		if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// TestOnlyAssembliesThatFit gives genes to a reference of the same names and
// lengths with other bases.
func TestOnlyAssembliesThatFit(t *testing.T) {
	var gff, fasta strings.Builder
	fasta.WriteString(">c\n")
	for i := range 30 {
		lo := 1 + 30*i
		fmt.Fprintf(&gff, "c\t.\tmRNA\t%d\t%d\t.\t+\t.\tID=t%d;Parent=g\nc\t.\texon\t%d\t%d\t.\t+\t.\tParent=t%d\nc\t.\tCDS\t%d\t%d\t.\t+\t0\tParent=t%d\n",
			lo, lo+11, i, lo, lo+11, i, lo, lo+11, i)
		fasta.WriteString("ATGGCAGCATAGCCCCCCCCCCCCCCCCCC\n")
	}
	if _, err := compileText(gene.Options{}, gff.String(), fasta.String()); err != nil {
		t.Error(err)
	}
	_, err := compileText(gene.Options{}, gff.String(), strings.ReplaceAll(fasta.String(), "ATGGCAGCATAG", "CCATGGCAGCAT"))
	if err == nil || !strings.Contains(err.Error(), "of 30 coding sequences only 0 begin with a start codon, and only 0 end with a stop codon") {
		t.Error(err)
	}
}

func TestDoubts(t *testing.T) {
	for _, c := range []struct {
		name, from, to, want string
		options              gene.Options
	}{
		{"lenient", "+\t1\tParent", "+\t2\tParent", "coding sequences whose phases contradict their segments: 1 (t)", gene.Options{Lenient: true}},
		{"nothing", "", "", "", gene.Options{}},
		{"no start", "5\t9\t.\t+\t0\tParent=transcript:t\nc\t.\tCDS\t12\t15\t.\t+\t1", "6\t9\t.\t+\t2\tParent=transcript:t\nc\t.\tCDS\t12\t15\t.\t+\t1", "", gene.Options{}},
		{"start lost", "5\t9\t.\t+\t0\tParent=transcript:t\nc\t.\tCDS\t12\t15\t.\t+\t1", "12\t15\t.\t+\t0",
			"coding sequences that don't begin with a start codon: 1 (t)", gene.Options{}},
		{"cut codon", "12\t15\t.\t+\t1", "12\t14\t.\t+\t1", "coding sequences that are not a whole number of codons: 1 (t)", gene.Options{}},
		{"both strands", "exon\t12\t20\t.\t+", "exon\t12\t20\t.\t-", "transcripts with parts on both strands or on none, left out: 1 (t)", gene.Options{}},
		{"no parent", "ID=transcript:t", "ID=transcript:other", "parents that exons name and no line describes, left out: 1", gene.Options{}},
		{"overlap", "exon\t12\t20", "exon\t8\t20", "exons that overlap one another, joined: 1 (t)", gene.Options{}},
		{"outside", "exon\t12\t20", "exon\t14\t20", "coding sequences beyond their exons, which are made to hold them: 1 (t)", gene.Options{}},
	} {
		m, err := compileText(c.options, strings.Replace(littleGFF, c.from, c.to, 1), littleFASTA)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if c.want != "" && !slices.Contains(m.Notes, c.want) || c.want == "" && len(m.Notes) > 0 {
			t.Errorf("%s: notes %q, want %q", c.name, m.Notes, c.want)
		}
	}
}
