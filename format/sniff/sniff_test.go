package sniff_test

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"okazaki/format/sniff"
	"okazaki/internal/filetest"
)

func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text)) // a Buffer takes all
	w.Close()
	return b.String()
}

func TestCheck(t *testing.T) {
	const gff = "1\tensembl\tgene\t100\t200\t.\t+\t.\tID=gene:x\n"
	for _, c := range []struct {
		text   string
		wanted []string
		want   string // "": no error
	}{
		{"##fileformat=VCFv4.2\n", []string{sniff.VCF}, ""},
		{"BCF\x02\x02\x00\x00", []string{sniff.VCF}, "f: this looks like BCF, not VCF; write it as VCF: bcftools view -O z -o calls.vcf.gz calls.bcf"},
		{"##gff-version 3\n", []string{sniff.VCF}, "f: this looks like GFF3 or GTF, not VCF; name the VCF of the variants"},
		{gff, []string{sniff.VCF}, "f: this looks like GFF3 or GTF, not VCF; name the VCF of the variants"},
		{"# a comment\n" + gff, []string{sniff.Genes, sniff.GFF}, ""},
		{gff, []string{sniff.Genes}, "f: this looks like GFF3 or GTF, not a model of genes; make a model of it with okazaki index genes, or give its genome too with --fasta"},
		{">chr1\nACGT\n", []string{sniff.VCF}, "f: this looks like FASTA, not VCF; name the VCF of the variants"},
		{"@r1\nACGT\n+\nIIII\n", []string{sniff.FASTA}, "f: this looks like FASTQ, not FASTA; convert it with seqtk seq -A, if these are whole genomes and not reads"},
		{"\n <!DOCTYPE html>", []string{sniff.VCF}, "f: this looks like HTML, not VCF; a web page was saved in place of the file: download it again"},
		{"\xef\xbb\xbf##fileformat=VCFv4.2\n", []string{sniff.VCF}, `f: this begins with a byte-order mark, as some programs of Windows write it; take it away: sed '1s/^\xEF\xBB\xBF//' FILE > NEW`},
		{"\xef\xbb\xbf##gff-version 3\n", []string{sniff.VCF}, "f: this looks like GFF3 or GTF, not VCF; name the VCF of the variants"},
		{"\xef\xbb\xbf>chr1\nACGT\n", []string{sniff.FASTA}, ""},
		{"\x43\x27\x41\x1a\x00\x00\x00\x00", []string{sniff.FASTA, sniff.TwoBit}, ""},
		{"\x43\x27\x41\x1a\x00\x00\x00\x00", []string{sniff.Guides}, "f: this looks like 2bit, not an index of guides; index it with okazaki index guide, or give it as --genome"},
		{"##fileformat=VCFv4.2\n", []string{sniff.Known}, "f: this looks like VCF, not an annotation source; make a source of it with okazaki index known"},
		{"okzgenes\x01\x00", []string{sniff.Known}, "f: this looks like a model of genes, not an annotation source; okazaki index known makes one of VCF, BED or TSV"},
		{"##fileformat=VCFv4.2\n", []string{sniff.List, sniff.FASTA}, "f: this looks like VCF, not a list or FASTA; give text, a line each"},
		{"ACGTACGTACGTACGTACGT\tguide 1\n", []string{sniff.List, sniff.FASTA}, ""},
		{"", []string{sniff.VCF}, ""},
		{"BCF\x02\x02", nil, ""},
		{"\x7fELF\x02\x01\x01\x00", []string{sniff.VCF}, "f: this looks like a binary file, not VCF; name the VCF of the variants"},
		{"\x7fELF\x02\x01\x01\x00", []string{sniff.List, sniff.FASTA}, "f: this looks like a binary file, not a list or FASTA; give text, a line each"},
		{"\xff\xfeA\x00C\x00", []string{sniff.List}, "f: this looks like UTF-16 text, not a list; save it as UTF-8: iconv -f UTF-16 -t UTF-8 FILE > NEW"},
		{"CRAM\x03\x00", []string{sniff.VCF}, "f: this looks like CRAM, not VCF; call its variants first, with bcftools mpileup and bcftools call for one"},
		{gzipped("\xef\xbb\xbf##fileformat=VCFv4.2\n"), []string{sniff.VCF}, `f: this begins with a byte-order mark, as some programs of Windows write it; unpack it, and then take it away: sed '1s/^\xEF\xBB\xBF//' FILE > NEW`},
	} {
		got := ""
		if err := sniff.Check("f", filetest.Memory([]byte(c.text)), c.wanted...); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%.20q where %s is wanted:\n%s, want\n%s", c.text, strings.Join(c.wanted, ", "), got, c.want)
		}
	}
}

func TestNamed(t *testing.T) {
	for name, want := range map[string]bool{"a.fa": true, "a.FASTA.gz": true, "a.fna.zst": true, "a.fa.fai": false, "a.txt": false, "fa": false} {
		if got := sniff.Named("folder.fa/"+name, sniff.FASTA); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if !sniff.Named("anything", sniff.List) {
		t.Error("a list may have any name")
	}
}
