// Package gene is a genome with its genes, compiled once from an annotation
// and a reference into one file that is mapped into memory.
//
// Its one invariant: a transcript is whole. However small the region that is
// asked about, a transcript that is returned has all its parts.
package gene

import "okazaki/genome"

// A Transcript is one transcript of a gene. Coordinates are positions on its
// contig, 0-based and half-open. It is never changed once it is in a Model.
type Transcript struct {
	ID      string // as the annotation names it: Ensembl's files keep the version apart, GENCODE's and RefSeq's don't
	Version string // "5"; "" if ID has it, or the annotation has none
	Gene    string // the gene's identifier
	Symbol  string // the gene's name; "" if it has none
	Biotype string // as Ensembl names them: protein_coding, nonsense_mediated_decay, miRNA …
	Protein string // the protein's identifier, as the annotation has it; "" if there is none

	Region  genome.Region
	Reverse bool            // on the - strand
	Exons   []genome.Region // ascending by position, whatever the strand
	// Coding is the genomic extent of the coding sequence, the stop codon
	// included whether the annotation's CDS has it or not; empty if the
	// transcript codes for nothing. Its bases are the bases of the exons
	// within.
	Coding genome.Region
	// Phase is how many bases at the start of the coding sequence come before
	// its first whole codon: not 0 only if the start is missing.
	Phase int
	// NoStart and NoStop say that the annotation's coding sequence lacks its
	// start or its end (cds_start_NF, cds_end_NF).
	NoStart, NoStop bool
	// Slips are genomic positions at which the ribosome steps back one base
	// and reads it again. Skips are positions of bases that it passes over.
	// Selenocysteines are positions of the first base of stop codons read as
	// U. All are in the order of translation.
	Slips, Skips, Selenocysteines []int
	Code                          genome.Code     // how its codons are read
	Mature                        []genome.Region // of a microRNA: the mature parts

	Canonical  bool   // Ensembl's canonical transcript
	ManeSelect string // the RefSeq partner, or "yes"; "" if it is not MANE Select
	ManePlus   string // the same for MANE Plus Clinical
	TSL        string // transcript support level, as the annotation writes it
	APPRIS     string
	CCDS       string
}
