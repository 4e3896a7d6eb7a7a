package virus

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"okazaki"
	"okazaki/analysis/virus/clade"
	"okazaki/format/gff3"
)

// A Dataset is everything that genomes of one virus are compared with. It is
// immutable.
type Dataset struct {
	Reference *Reference
	Params    Params
	Quality   *Quality    // nil: genomes are not scored
	Tree      *clade.Tree // nil: genomes have no clade

	labels     map[clade.Letter][]string // of nucleotides
	aminoLabel map[aminoSite][]string
	phenotypes []phenotype
	motifs     []motif
	metadata   *metadata // of a job's genomes; nil if none was given
	settings   []setting // that pathogen.json has; nil if there is none
}

// An aminoSite is a codon of a gene. With a letter, it is one amino acid there.
type aminoSite struct {
	gene   string
	codon  int
	letter byte
}

// SARS2Dataset returns SARS-CoV-2's reference with the alignment and quality
// parameters of Nextclade's dataset; it has no tree.
func SARS2Dataset() *Dataset {
	return &Dataset{Reference: SARS2(), Params: SARS2Params(), Quality: SARS2Quality()}
}

// The files of a Nextclade dataset, unless its pathogen.json names others.
const (
	pathogenFile   = "pathogen.json"
	referenceFile  = "reference.fasta"
	annotationFile = "genome_annotation.gff3"
	treeFile       = "tree.json"

	tagFile = "tag.json" // of a dataset of Nextclade v2
)

// ReadDataset reads a Nextclade dataset (v3). Only its reference is required.
// read returns the content of the dataset's file of that name, or
// fs.ErrNotExist. name is the dataset's name in errors.
func ReadDataset(name string, read func(file string) ([]byte, error)) (*Dataset, error) {
	member := read
	read = func(file string) ([]byte, error) {
		b, err := member(file)
		return bytes.TrimPrefix(b, []byte("\ufeff")), err // a byte order mark, as some editors put it
	}
	optional := func(file string) ([]byte, error) {
		b, err := read(file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return b, err
	}
	pathogen, err := optional(pathogenFile)
	if err != nil {
		return nil, err
	}
	if pathogen == nil {
		if b, err := optional(tagFile); err != nil || b != nil {
			return nil, cmp.Or(err, error(&okazaki.Error{File: name, Message: "it has a " + tagFile + " and no " + pathogenFile + ", as datasets of Nextclade v2 do",
				Hint: "fetch the dataset of Nextclade v3: nextclade dataset get"}))
		}
	}
	file := struct {
		Files struct{ Reference, GenomeAnnotation, TreeJSON string }
	}{}
	if pathogen != nil {
		if err := json.Unmarshal(pathogen, &file); err != nil {
			return nil, notPathogen(pathogenFile, err)
		}
	}
	files := file.Files
	reference, err := read(cmp.Or(files.Reference, referenceFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &okazaki.Error{File: name, Message: "it has no " + cmp.Or(files.Reference, referenceFile),
			Hint: "give a Nextclade dataset, as a folder or a zip file"}
	}
	if err != nil {
		return nil, err
	}
	d := &Dataset{}
	if d.Reference, err = readReference(files.Reference, reference, cmp.Or(files.GenomeAnnotation, annotationFile), optional); err != nil {
		return nil, err
	}
	if pathogen != nil {
		if err := d.parsePathogen(pathogen); err != nil {
			return nil, err
		}
	}
	tree := cmp.Or(files.TreeJSON, treeFile)
	content, err := optional(tree)
	if err != nil || content == nil {
		return d, err
	}
	d.Tree, err = clade.Read(tree, content, d.Reference.Sequence, d.proteins())
	return d, err
}

func readReference(name string, fasta []byte, annotation string, optional func(string) ([]byte, error)) (*Reference, error) {
	content, err := optional(annotation)
	if err != nil {
		return nil, err
	}
	var features []gff3.Feature
	if content != nil {
		if features, err = gff3.Read(annotation, bytes.NewReader(content)); err != nil {
			return nil, err
		}
	}
	return NewReference(cmp.Or(name, referenceFile), fasta, annotation, features)
}

func (d *Dataset) proteins() []clade.Protein {
	var out []clade.Protein
	for _, g := range d.Reference.Genes {
		out = append(out, clade.Protein{Name: g.Name, Letters: g.Translate(d.Reference.Sequence)})
	}
	return out
}

// parsePathogen reads alignment, quality, labels, phenotypes and motifs from a
// pathogen.json.
func (d *Dataset) parsePathogen(pathogen []byte) (err error) {
	if d.Params, err = ParseParams(pathogenFile, pathogen); err != nil {
		return err
	}
	if d.Quality, err = parseQuality(pathogenFile, pathogen); err != nil {
		return err
	}
	file := struct {
		MutLabels struct {
			NucMutLabelMap, AAMutLabelMap map[string][]string
		}
		PhenotypeData []phenotype
		AAMotifs      []motif
	}{}
	if err := json.Unmarshal(pathogen, &file); err != nil {
		return notPathogen(pathogenFile, err)
	}
	d.phenotypes, d.motifs = file.PhenotypeData, file.AAMotifs
	if d.settings, err = settings(pathogen); err != nil {
		return err
	}
	d.labels = map[clade.Letter][]string{}
	for mutation, labels := range file.MutLabels.NucMutLabelMap {
		pos, letter, err := genotype(mutation)
		if err != nil {
			return notPathogen(pathogenFile, err)
		}
		d.labels[clade.Letter{Pos: pos, Letter: letter}] = labels
	}
	d.aminoLabel = map[aminoSite][]string{}
	for mutation, labels := range file.MutLabels.AAMutLabelMap {
		site, err := aminoGenotype(mutation)
		if err != nil {
			return notPathogen(pathogenFile, err)
		}
		d.aminoLabel[site] = labels
	}
	return nil
}

// genotype reads 174T: a position from 1 and the letter there. Without a
// letter, it is any.
func genotype(s string) (pos int, letter byte, err error) {
	digits := s
	if k := len(s) - 1; k >= 0 && (s[k] < '0' || s[k] > '9') {
		digits, letter = s[:k], s[k]
	}
	if pos, err = strconv.Atoi(digits); err != nil || pos < 1 {
		return 0, 0, fmt.Errorf("the label of %q does not name a mutation", s)
	}
	return pos - 1, letter, nil
}

// aminoGenotype reads HA1:145, or HA1:145N.
func aminoGenotype(s string) (aminoSite, error) {
	for i := len(s) - 1; i >= 0; i-- { // a gene's name may have a colon
		if s[i] == ':' {
			codon, letter, err := genotype(s[i+1:])
			return aminoSite{s[:i], codon, letter}, err
		}
	}
	return aminoSite{}, fmt.Errorf("the label of %q does not name a gene", s)
}
