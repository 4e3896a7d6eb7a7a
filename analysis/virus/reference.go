package virus

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"

	"okazaki"
	"okazaki/format/gff3"
	"okazaki/genome"
)

// A Reference is the genome that others are compared with, and its coding
// sequences. It is immutable.
type Reference struct {
	Name     string
	Sequence []byte       // upper case, IUPAC letters
	Genes    []genome.CDS // in the order of the annotation
}

// maxReference bounds a reference's length: positions and scores are int32.
const maxReference = 1 << 24

//go:embed data/sars2.fasta
var sars2FASTA []byte

//go:embed data/sars2.gff3
var sars2GFF3 []byte

// SARS2 is SARS-CoV-2's reference, NC_045512.2 (the same letters as
// MN908947.3), with the twelve coding sequences of Nextclade's gene map.
func SARS2() *Reference {
	features, err := gff3.Read("sars2.gff3", bytes.NewReader(sars2GFF3))
	if err != nil {
		panic(err)
	}
	ref, err := NewReference("sars2.fasta", sars2FASTA, features)
	if err != nil {
		panic(err)
	}
	return ref
}

// NewReference builds a reference from the bytes of a FASTA file with one
// record, and from the features that annotate it. Name is what errors,
// *okazaki.Error all, call the file.
func NewReference(name string, fasta []byte, features []gff3.Feature) (*Reference, error) {
	ref := &Reference{}
	wrong := func(line int, format string, args ...any) error {
		return &okazaki.Error{File: name, Line: int64(line), Message: fmt.Sprintf(format, args...),
			Hint: "a reference is a FASTA file with one whole genome"}
	}
	line := 0
	for text := range bytes.Lines(fasta) {
		line++
		text = bytes.TrimSpace(text)
		switch {
		case len(text) == 0:
		case text[0] == '>' && ref.Name != "":
			return nil, wrong(line, "there is a second record")
		case text[0] == '>':
			ref.Name = string(append(bytes.Fields(text[1:]), nil)[0])
			if ref.Name == "" {
				ref.Name = "reference"
			}
		case ref.Name == "":
			return nil, wrong(line, "the first line is no FASTA header")
		default:
			for _, letter := range text {
				base := genome.BaseOf(letter)
				if base == 0 {
					return nil, wrong(line, "%q is no nucleotide", letter)
				}
				ref.Sequence = append(ref.Sequence, base.Letter())
			}
		}
	}
	if len(ref.Sequence) < kmer || len(ref.Sequence) > maxReference {
		return nil, wrong(0, "it has %d letters", len(ref.Sequence))
	}
	var err error
	ref.Genes, err = genes(name, features, len(ref.Sequence))
	return ref, err
}

// The attributes that name a coding sequence and a gene, as Nextclade ranks
// them.
var (
	cdsNames = []string{"Name", "name", "Alias", "alias", "standard_name", "old-name", "Gene", "gene", "gene_name",
		"locus_tag", "product", "gene_synonym", "protein_id", "ID"}
	geneNames = []string{"Gene", "gene", "gene_name", "locus_tag", "Name", "name", "Alias", "alias", "standard_name",
		"old-name", "product", "gene_synonym", "protein_id", "ID"}
)

// genes makes coding sequences of the CDS features, those with one ID joined,
// and of the genes that have none.
func genes(name string, features []gff3.Feature, length int) ([]genome.CDS, error) {
	parents := map[string]bool{}
	for _, f := range features {
		if f.Type != "gene" {
			parents[f.Get("Parent")] = true
		}
	}
	var out []genome.CDS
	byID := map[string]int{}
	for _, f := range features {
		id := f.Get("ID")
		bare := f.Type == "gene" && (id == "" || !parents[id])
		if f.Type != "CDS" && !bare {
			continue
		}
		if f.Region.Hi > length {
			return nil, &okazaki.Error{File: name, Message: fmt.Sprintf("the annotation's line %d ends at %d, the sequence at %d",
				f.Line, f.Region.Hi, length), Hint: "give the annotation of this reference"}
		}
		if i, ok := byID[id]; ok && id != "" && !bare {
			out[i].Segments = append(out[i].Segments, f.Region)
			if out[i].Reverse && f.Region.Lo > out[i].Segments[0].Lo {
				out[i].Phase = max(f.Phase, 0) // listed from its end
			}
			continue
		}
		names := cdsNames
		if bare {
			names = geneNames
		}
		cds := genome.CDS{Name: f.First(names...), Segments: []genome.Region{f.Region},
			Reverse: f.Strand == '-', Phase: max(f.Phase, 0)}
		if cds.Name == "" {
			cds.Name = fmt.Sprintf("%d-%d", f.Region.Lo+1, f.Region.Hi)
		}
		byID[id] = len(out)
		out = append(out, cds)
	}
	for i := range out {
		if s := out[i].Segments; out[i].Reverse && len(s) > 1 && s[0].Lo < s[len(s)-1].Lo {
			slices.Reverse(s)
		}
	}
	return out, nil
}
