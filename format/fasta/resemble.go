package fasta

import (
	"bytes"
	"fmt"

	"okazaki"
)

// notFASTA is the error for a file whose first text, b, is no '>'.
func notFASTA(name string, line int64, b []byte) error {
	e := &okazaki.Error{File: name, Line: line, Hint: "a FASTA file begins with '>' and a name"}
	for _, r := range resembled {
		if bytes.HasPrefix(bytes.ToLower(b[:min(len(b), 16)]), []byte(r.prefix)) {
			e.Message, e.Hint = "this looks like "+r.what+", not FASTA", r.hint
			return e
		}
	}
	head := b[:min(len(b), 512)]
	for _, c := range head {
		if k := kinds[c]; k == foreign && c < 0x80 {
			e.Message = "this is not text"
			e.Hint = "name a file of FASTA, plain or compressed with gzip, bgzip, zstd or xz"
			return e
		}
	}
	first, _, _ := bytes.Cut(head, []byte("\n"))
	e.Message = fmt.Sprintf("the first line begins with %q, not with '>'", first[:min(len(first), 20)])
	return e
}

var resembled = []struct{ prefix, what, hint string }{
	{"@hd\t", "SAM", "write its sequences with samtools fasta"},
	{"@sq\t", "SAM", "write its sequences with samtools fasta"},
	{"@", "FASTQ", "convert it with seqtk seq -A, if these are whole genomes and not reads"},
	{"##fileformat=vcf", "VCF", "name the FASTA file of the genomes"},
	{"##gff", "GFF", "name the FASTA file of the genomes"},
	{"<!doctype", "HTML", "a web page was saved in place of the file: download it again"},
	{"<html", "HTML", "a web page was saved in place of the file: download it again"},
	{"<?xml", "XML", "name the FASTA file of the genomes"},
	{"<", "HTML or XML", "if a web page was saved in place of the file, download it again"},
	{"locus ", "GenBank", "download it as FASTA"},
	{"id   ", "EMBL", "download it as FASTA"},
	{"#nexus", "NEXUS", "export it as FASTA"},
	{"clustal", "a Clustal alignment", "export it as FASTA"},
	{"{", "JSON", "name the FASTA file of the genomes"},
	{"[", "JSON", "name the FASTA file of the genomes"},
	{"bam\x01", "BAM", "write its sequences with samtools fasta"},
	{"bcf\x02", "BCF", "name the FASTA file of the genomes"},
	{"version https://g", "a Git LFS pointer", "fetch the file itself with git lfs pull"},
	{"version https://", "a Git LFS pointer", "fetch the file itself with git lfs pull"},
	{"strain\t", "a table of metadata", "name the FASTA file of the genomes"},
}
