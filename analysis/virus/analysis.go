package virus

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"okazaki"
	"okazaki/analysis"
	"okazaki/analysis/virus/distance"
	"okazaki/format/gff3"
	"okazaki/format/unpack"
)

// builtIn is the reference that needs no file.
const builtIn = "sars-cov-2"

// Analysis is the question "how does each of these genomes differ from the
// reference?".
var Analysis = okazaki.Analysis{
	Name:    "virus",
	Version: 2,
	Short:   "mutations of virus genomes",
	Long: `Aligns each genome to a reference and writes what differs: substitutions,
deletions, insertions, letters that are missing or ambiguous, and what all of it
does to the proteins.

  mutations.tsv   a row a genome, in the order of the input
  distances.tsv   how many pairs of genomes are how far apart
  neighbours.tsv  the genomes nearest to each
  clusters.tsv    the cluster of each, by single linkage
  pairs.tsv       all pairs that are near, with --within
  matrix.*        all distances, with --matrix (matrix.tsv, .phylip, .parquet)

Columns and notation are Nextclade's: positions count from 1 and ends are
included. Of an insertion, the position is that of the letter before it. A
genome that can't be aligned has a row with its name and, in the column errors,
why. Genomes may be reverse complemented; their row says so.

A distance counts the positions at which both genomes have one of A, C, G, T,
and not the same; N, ambiguous letters, gaps and masked positions don't count.
Of neighbours equally near, those that come first in the input are named.

The reference of SARS-CoV-2 (NC_045512.2, the same letters as MN908947.3) is
built in, with Nextclade's genes. Another virus needs --reference, and
--annotation if its proteins are asked for.`,
	Example: `  okazaki virus genomes.fasta.gz
  okazaki virus -o out --within 5 monday.fasta tuesday.fasta.zst
  xzcat genomes.fasta.xz | okazaki virus --only mutations -o - - > mutations.tsv
  okazaki virus --reference mpox.fasta --annotation mpox.gff3 -o mpox mpox_genomes.fasta`,
	Params: params,
	Stages: []string{"mutations", "neighbours", "pairs"},

	Parallel: true,
	Open:     open,
}

var params = []okazaki.Param{
	{Name: "genomes", Kind: okazaki.FileParam, Many: true, Required: true, Help: "FASTA files, plain or compressed"},
	{Name: "reference", Kind: okazaki.FileParam, Default: builtIn, Choices: []string{builtIn}, Help: "genome to compare with, FASTA"},
	{Name: "annotation", Kind: okazaki.FileParam, Help: "genes of the reference, GFF3"},
	{Name: "only", Choices: []string{"all", "mutations"}, Default: "all", Help: "mutations: compare no genomes with each other"},
	{Name: "nearest", Kind: okazaki.IntParam, Default: strconv.Itoa(distance.DefaultNearest), Help: "neighbours of each genome in neighbours.tsv; 0: none"},
	{Name: "cluster", Kind: okazaki.IntParam, Default: strconv.Itoa(distance.DefaultCluster), Help: "genomes at this distance or less are one cluster; -1: no clusters"},
	{Name: "within", Kind: okazaki.IntParam, Default: "-1", Help: "write all pairs at this distance or less to pairs.tsv; -1: none"},
	{Name: "mask", Help: "positions that distances leave out: 1-55,29804-29903"},
	{Name: "matrix", Choices: matrixNames, Help: "write the full matrix of distances"},
}

func open(ctx context.Context, job *okazaki.Job, files okazaki.Files) (okazaki.Engine, error) {
	v, err := analysis.Decode(params, job)
	if err != nil {
		return nil, err
	}
	ref, p, err := openReference(ctx, v.String("reference"), job, files)
	if err != nil {
		return nil, err
	}
	e := &engine{first: NewCaller(ref, p), matrix: v.String("matrix")}
	if e.comparer, err = newComparer(v, len(ref.Sequence)); err != nil {
		return nil, err
	}
	e.callers.New = func() any { return e.first.Clone() }
	for _, in := range analysis.Inputs(job, "genomes") {
		if err := e.add(ctx, files, in); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// openReference answers the reference that the job names, and how genomes are
// aligned to it.
func openReference(ctx context.Context, name string, job *okazaki.Job, files okazaki.Files) (*Reference, Params, error) {
	references, annotations := analysis.Inputs(job, "reference"), analysis.Inputs(job, "annotation")
	if len(references) == 0 && name == builtIn && len(annotations) == 0 {
		return SARS2(), SARS2Params(), nil
	}
	file, letters, p := builtIn, sars2FASTA, SARS2Params()
	if len(references) > 0 {
		var err error
		file, p = references[0].Name, Params{}
		if letters, err = readSmall(ctx, files, references[0]); err != nil {
			return nil, p, err
		}
	}
	var features []gff3.Feature
	for _, in := range annotations {
		r, f, err := unpacked(ctx, files, in)
		if err != nil {
			return nil, p, err
		}
		features, err = gff3.Read(in.Name, r)
		_ = f.Close() // it was only read
		if err != nil {
			return nil, p, err
		}
	}
	ref, err := NewReference(file, letters, features)
	return ref, p, err
}

// unpacked opens an input for reading from its start, however compressed.
func unpacked(ctx context.Context, files okazaki.Files, in okazaki.Input) (io.Reader, okazaki.File, error) {
	f, err := files.Open(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	r, err := unpack.Open(in.Name, f)
	if err != nil {
		_ = f.Close() // it was only read
		return nil, nil, err
	}
	return r, f, nil
}

// readSmall reads an input that can't be larger than a reference.
func readSmall(ctx context.Context, files okazaki.Files, in okazaki.Input) ([]byte, error) {
	r, f, err := unpacked(ctx, files, in)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	const most = 2 * maxReference // line ends and headers too
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, err
	}
	if len(b) > most {
		return nil, &okazaki.Error{File: in.Name, Message: fmt.Sprintf("a reference can't have more than %d letters", maxReference),
			Hint: "give the reference of one virus"}
	}
	return b, nil
}
