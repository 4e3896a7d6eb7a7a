// Package sniff tells what a file is by its first bytes, so that a wrong file
// can be named, with what to do about it.
//
// Its one invariant: a file that it can't tell is not called a mistake; its
// reader says what is wrong.
package sniff

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"okazaki"
	"okazaki/format/unpack"
)

// The kinds that a parameter may want, besides the names of what Of returns.
const (
	FASTA  = "FASTA"
	VCF    = "VCF"
	GFF    = "GFF3 or GTF"
	TwoBit = "2bit"
	List   = "a list" // or a table: text that has no mark of its own
	Guides = "an index of guides"
	Genes  = "a model of genes"
	Known  = "an annotation source"
	Table  = "a table of metadata"
	Binary = "a binary file"
	UTF16  = "UTF-16 text"
)

// headSize is how much of a file Of may want to see.
const headSize = 4 << 10

// Of says what a file is from its first unpacked bytes; "" if it can't tell.
func Of(head []byte) string {
	head = head[:min(len(head), headSize)]
	text := bytes.TrimPrefix(head, bom)
	lower := bytes.ToLower(bytes.TrimLeft(text[:min(len(text), 64)], " \t\r\n"))
	for _, m := range marks {
		if bytes.HasPrefix(lower, []byte(m.prefix)) {
			return m.what
		}
	}
	switch {
	case annotationLine.Match(text):
		return GFF
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return UTF16
	case bytes.IndexByte(text[:min(len(text), 512)], 0) >= 0:
		return Binary
	}
	return ""
}

var bom = []byte("\xef\xbb\xbf")

// annotationLine matches the first line that is not a comment, with nine
// columns as GFF and GTF have them.
var annotationLine = regexp.MustCompile(`\A(?:#[^\n]*\n)*[^\t\n]+\t[^\t\n]*\t[^\t\n]+\t[0-9]+\t[0-9]+\t[^\t\n]+\t[-+.?]\t[012.]\t`)

var marks = []struct{ prefix, what string }{
	{"@hd\t", "SAM"},
	{"@sq\t", "SAM"},
	{"@", "FASTQ"},
	{">", FASTA},
	{"##fileformat=vcf", VCF},
	{"#chrom\tpos\t", VCF},
	{"##gff", GFF},
	{"<!doctype", "HTML"},
	{"<html", "HTML"},
	{"<?xml", "XML"},
	{"<", "HTML or XML"},
	{"locus ", "GenBank"},
	{"id   ", "EMBL"},
	{"#nexus", "NEXUS"},
	{"clustal", "a Clustal alignment"},
	{"{", "JSON"},
	{"[", "JSON"},
	{"bam\x01", "BAM"},
	{"bcf\x02", "BCF"},
	{"cram", "CRAM"},
	{"par1", "Parquet"},
	{"sqlite format 3", "an SQLite database"},
	{"\x63\x27\x61\x1a", TwoBit}, // its letters in lower case
	{"\x1a\x61\x27\x63", TwoBit},
	{"version https://g", "a Git LFS pointer"},
	{"strain\t", Table},
	{"okzguide", Guides},
	{"okzgenes", Genes},
	{"okzknown", Known},
}

// hints say what to do about a kind where another is wanted; the first one that
// fits counts, and "" fits any.
var hints = []struct{ is, wanted, hint string }{
	{"BCF", VCF, "write it as VCF: bcftools view -O z -o calls.vcf.gz calls.bcf"},
	{"SAM", FASTA, "write its sequences with samtools fasta"},
	{"BAM", FASTA, "write its sequences with samtools fasta"},
	{"CRAM", FASTA, "write its sequences with samtools fasta"},
	{"CRAM", VCF, "call its variants first, with bcftools mpileup and bcftools call for one"},
	{UTF16, "", "save it as UTF-8: iconv -f UTF-16 -t UTF-8 FILE > NEW"},
	{"BAM", VCF, "call its variants first, with bcftools mpileup and bcftools call for one"},
	{"SAM", VCF, "call its variants first, with bcftools mpileup and bcftools call for one"},
	{"FASTQ", FASTA, "convert it with seqtk seq -A, if these are whole genomes and not reads"},
	{"HTML", "", "a web page was saved in place of the file: download it again"},
	{"HTML or XML", "", "if a web page was saved in place of the file, download it again"},
	{"a Git LFS pointer", "", "fetch the file itself with git lfs pull"},
	{"GenBank", FASTA, "download it as FASTA"},
	{"GenBank", GFF, "download it as GFF3"},
	{"EMBL", FASTA, "download it as FASTA"},
	{"NEXUS", FASTA, "export it as FASTA"},
	{"a Clustal alignment", FASTA, "export it as FASTA"},
	{GFF, Genes, "make a model of it with okazaki index genes, or give its genome too with --fasta"},
	{VCF, Known, "make a source of it with okazaki index known"},
	{FASTA, Guides, "index it with okazaki index guide, or give it as --genome"},
	{TwoBit, Guides, "index it with okazaki index guide, or give it as --genome"},
	{TwoBit, FASTA, "write it as FASTA with twoBitToFa"},
	{Guides, FASTA, "give the genome itself; an index goes to --index of okazaki guide"},
	{Genes, FASTA, "give the genome itself; a model goes to --genes of okazaki variant"},
	{Known, FASTA, "give the genome itself; a source goes to --known of okazaki variant"},
	{"", FASTA, "name the FASTA file of the genomes"},
	{"", VCF, "name the VCF of the variants"},
	{"BCF", Known, "write it as VCF with bcftools view, and make a source of that with okazaki index known"},
	{"", Guides, "okazaki index guide makes one of a genome"},
	{"", Genes, "okazaki index genes makes one of GFF3 or GTF and a genome"},
	{"", Known, "okazaki index known makes one of VCF, BED or TSV"},
	{"", GFF, "name the GFF3 or GTF of the genes"},
	{"", List, "give text, a line each"},
	{"", Table, "give TSV or CSV with a header"},
}

// Hint says what to do about a file of one kind where another is wanted.
func Hint(is, wanted string) string {
	for _, h := range hints {
		if (h.is == is || h.is == "") && (h.wanted == wanted || h.wanted == "") {
			return h.hint
		}
	}
	return "give " + wanted
}

// Check reads a file's beginning. It returns an *okazaki.Error if the file is
// plainly not one of the wanted kinds.
func Check(name string, f okazaki.File, wanted ...string) error {
	if len(wanted) == 0 {
		return nil
	}
	head := Head(name, f)
	is := Of(head)
	if is == "" || slices.Contains(wanted, is) {
		if bytes.HasPrefix(head, bom) && !slices.Contains(wanted, FASTA) && !slices.Contains(wanted, Table) {
			return marked(name, f)
		}
		return nil
	}
	return &okazaki.Error{File: name, Message: "this looks like " + is + ", not " + strings.Join(wanted, " or "), Hint: Hint(is, wanted[0])}
}

// marked returns the error for a file that begins with a byte-order mark.
func marked(name string, f okazaki.File) error {
	e := &okazaki.Error{File: name, Message: "this begins with a byte-order mark, as some programs of Windows write it"}
	e.Hint = `take it away: sed '1s/^\xEF\xBB\xBF//' FILE > NEW`
	raw := make([]byte, len(bom))
	if _, err := f.ReadAt(raw, 0); err == nil && !bytes.Equal(raw, bom) {
		e.Hint = "unpack it, and then " + e.Hint
	}
	return e
}

// Head is the first bytes of a file, unpacked; none if they can't be read.
func Head(name string, f okazaki.File) []byte {
	r, err := unpack.Open(name, f)
	if err != nil {
		head := make([]byte, 4)
		n, _ := f.ReadAt(head, 0) // 2bit is one that unpack refuses
		return head[:n]
	}
	defer r.Close()
	head := make([]byte, headSize)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return head[:n]
}

var endings = map[string]string{
	FASTA: "fa|fas|fasta|fna|ffn|frn", VCF: "vcf", GFF: "gff3?|gtf", TwoBit: "2bit",
}

// Named says whether a name ends as the names of a kind's files do,
// compressed or not. It is true of any name if the kind has no endings of its
// own.
func Named(name, kind string) bool {
	ending, ok := endings[kind]
	return !ok || regexp.MustCompile(`(?i)\.(`+ending+`)(\.(gz|bgz|zst|xz))?$`).MatchString(filepath.Base(name))
}
