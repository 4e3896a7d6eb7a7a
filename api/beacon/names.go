package beacon

import (
	"strconv"
	"strings"

	"okazaki/genome"
)

// refseq37 are the versions of the accessions NC_000001 to NC_000024 in
// GRCh37; in GRCh38 each is one more.
var refseq37 = [...]int{10, 11, 11, 11, 9, 11, 13, 10, 11, 10, 9, 11, 10, 8, 9, 9, 10, 9, 9, 10, 8, 10, 10, 9}

// chromosomes are the names of the human chromosomes, in the order of their accessions.
var chromosomes = strings.Fields("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 X Y")

// mitochondrion is the accession of the human mitochondrion, in either
// assembly.
const mitochondrion = "NC_012920.1"

// reference reads the name of a sequence in a request: a contig's name or a
// RefSeq accession, which may tell the assembly. "" leaves it open.
func reference(name string) (contig, assembly string) {
	name = strings.TrimPrefix(name, "refseq:")
	if name == mitochondrion {
		return "MT", ""
	}
	accession, version, ok := strings.Cut(name, ".")
	number, isNC := strings.CutPrefix(accession, "NC_0000")
	if !ok || !isNC {
		return name, ""
	}
	n, err := strconv.Atoi(number)
	v, err2 := strconv.Atoi(version)
	if err != nil || err2 != nil || n < 1 || n > len(chromosomes) {
		return name, ""
	}
	switch v {
	case refseq37[n-1]:
		return chromosomes[n-1], "GRCh37"
	case refseq37[n-1] + 1:
		return chromosomes[n-1], "GRCh38"
	}
	return name, ""
}

// sequenceID is a CURIE of a contig: its RefSeq accession if it is a human
// chromosome of a known assembly.
func sequenceID(contig, assembly string) string {
	contig = genome.PlainContig(contig)
	more := map[string]int{"GRCh37": 0, "GRCh38": 1}
	add, known := more[sameAssembly(assembly)]
	if known && contig == "MT" {
		return "refseq:" + mitochondrion
	}
	for i, name := range chromosomes {
		if known && name == contig {
			return "refseq:NC_0000" + strconv.Itoa((i+1)/10) + strconv.Itoa((i+1)%10) + "." + strconv.Itoa(refseq37[i]+add)
		}
	}
	return "contig:" + contig
}

// sameAssembly gives the synonyms of an assembly one name.
func sameAssembly(name string) string {
	name, _, _ = strings.Cut(name, ".")
	switch strings.ToLower(name) {
	case "grch37", "hg19", "b37", "hs37d5", "hs37", "ncbi37", "gcf_000001405", "37":
		if name == "GCF_000001405" {
			return "" // its version told, and it has been cut off
		}
		return "GRCh37"
	case "grch38", "hg38", "b38", "38":
		return "GRCh38"
	}
	return name
}

// assemblyOf knows human assemblies by the length of a chromosome.
func assemblyOf(contig string, length int) string {
	switch [2]string{contig, strconv.Itoa(length)} {
	case [2]string{"1", "249250621"}, [2]string{"20", "63025520"}, [2]string{"22", "51304566"}, [2]string{"X", "155270560"}:
		return "GRCh37"
	case [2]string{"1", "248956422"}, [2]string{"20", "64444167"}, [2]string{"22", "50818468"}, [2]string{"X", "156040895"}:
		return "GRCh38"
	}
	return ""
}
