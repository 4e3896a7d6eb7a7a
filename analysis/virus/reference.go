package virus

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"

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
	Circular bool         // says the annotation: a genome may begin anywhere
}

// maxReference bounds a reference's length: positions and scores are int32.
const maxReference = 1 << 24

//go:embed data/sars2.fasta
var sars2FASTA []byte

//go:embed data/sars2.gff3
var sars2GFF3 []byte

// SARS2 returns SARS-CoV-2's reference, NC_045512.2 (the same letters as
// MN908947.3), with the twelve coding sequences of Nextclade's gene map.
func SARS2() *Reference {
	features, err := gff3.Read("sars2.gff3", bytes.NewReader(sars2GFF3))
	if err != nil {
		panic(err)
	}
	ref, err := NewReference("sars2.fasta", sars2FASTA, "sars2.gff3", features)
	if err != nil {
		panic(err)
	}
	return ref
}

// NewReference builds a reference from the bytes of a FASTA file with one
// record, and from the features that annotate it. name and annotation are the
// files' names in errors, which are *okazaki.Error.
func NewReference(name string, fasta []byte, annotation string, features []gff3.Feature) (*Reference, error) {
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
			return nil, wrong(line, "the first line is not a FASTA header")
		default:
			for _, letter := range text {
				base := genome.BaseOf(letter)
				if base == 0 {
					return nil, wrong(line, "%q is not a nucleotide", letter)
				}
				ref.Sequence = append(ref.Sequence, base.Letter())
			}
		}
	}
	if len(ref.Sequence) < kmer || len(ref.Sequence) > maxReference {
		return nil, wrong(0, "it has %d bases", len(ref.Sequence))
	}
	var err error
	ref.Genes, err = genes(annotation, features, ref)
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

// genes makes coding sequences of the CDS features, features with one ID
// joined, and of genes without any. A feature of a circular genome may go on at
// its start: then its end is the sum of both. If the annotation has several
// sequences, only the reference's features count.
func genes(name string, features []gff3.Feature, ref *Reference) ([]genome.CDS, error) {
	wrong := func(f *gff3.Feature, hint, format string, args ...any) error {
		return &okazaki.Error{File: name, Line: f.Line, Message: fmt.Sprintf(format, args...), Hint: hint}
	}
	parents, circular, sequences := map[string]bool{}, false, map[string]bool{}
	for _, f := range features {
		if f.Type != "gene" {
			parents[f.Get("Parent")] = true
		}
		if f.SeqID != "." {
			sequences[f.SeqID] = true
		}
		circular = circular || f.Get("Is_circular") == "true"
	}
	ref.Circular = circular
	length := len(ref.Sequence)
	var out []genome.CDS
	byID, around := map[string]int{}, map[int]bool{}
	for k := range features {
		f := &features[k]
		id := f.Get("ID")
		bare := f.Type == "gene" && (id == "" || !parents[id])
		if f.Type != "CDS" && !bare {
			continue
		}
		segments := []genome.Region{f.Region}
		switch over := f.Region.Hi - length; {
		case len(sequences) > 1 && !sequences[ref.Name]:
			return nil, wrong(f, "name the reference as its annotation does", "this line annotates %s, other lines annotate other sequences, and none annotates %s",
				f.SeqID, ref.Name)
		case len(sequences) > 1 && f.SeqID != ref.Name && f.SeqID != ".":
			continue
		case len(f.Attributes) > 0 && strings.Contains(f.Attributes[0].Tag, `"`):
			return nil, wrong(f, "give GFF3", "its last column is GTF's")
		case over > 0 && circular && over <= f.Region.Lo && f.Region.Lo < length:
			segments = []genome.Region{{Lo: f.Region.Lo, Hi: length}, {Lo: 0, Hi: over}}
			if f.Strand == '-' {
				slices.Reverse(segments)
			}
		case over > 0:
			return nil, wrong(f, "give the annotation of this reference, with Is_circular=true for its region if it is circular",
				"it ends at %d, the sequence at %d", f.Region.Hi, length)
		}
		i, ok := byID[id]
		if !ok || id == "" || bare {
			i = len(out)
		}
		if len(segments) > 1 {
			around[i] = true
		}
		if i < len(out) {
			if out[i].Reverse != (f.Strand == '-') {
				return nil, wrong(f, "give each its own ID", "%s lies on both strands", out[i].Name)
			}
			if out[i].Reverse && f.Region.Lo > out[i].Segments[0].Lo {
				out[i].Phase = max(f.Phase, 0) // listed from its end
			}
			out[i].Segments = append(out[i].Segments, segments...)
			continue
		}
		names := cdsNames
		if bare {
			names = geneNames
		}
		cds := genome.CDS{Name: f.First(names...), Segments: segments, Reverse: f.Strand == '-', Phase: max(f.Phase, 0)}
		if cds.Name == "" {
			cds.Name = fmt.Sprintf("%d-%d", f.Region.Lo+1, f.Region.Hi)
		}
		byID[id] = i
		out = append(out, cds)
	}
	for i := range out {
		if s := out[i].Segments; out[i].Reverse && !around[i] && s[0].Lo < s[len(s)-1].Lo {
			slices.Reverse(s)
		}
	}
	return out, nil
}
