package virus

import (
	"context"

	"okazaki"
	"okazaki/analysis"
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
deletions, insertions, letters that are missing or ambiguous, what all of it
does to the proteins, and how good the genome is.

  mutations.tsv     a row a genome, in the order of the input
  aligned.fasta     with --aligned: genomes laid along the reference, insertions
                    left out
  mutations.vcf     with --vcf: a line a site, a column a genome (50,000 at most)
  mutations.ndjson  with --ndjson: a JSON object a genome

Columns and notation are Nextclade's: positions count from 1 and ends are
included. Of an insertion, the position is that of the letter before it. A
genome that can't be aligned has a row with its name and, in the column errors,
why; it is in none of the FASTA and VCF files. Genomes may be reverse
complemented; their row says so. docs/virus.md explains each column.

The reference of SARS-CoV-2 (NC_045512.2, the same letters as MN908947.3) is
built in, with Nextclade's genes. Another virus needs --reference, and
--annotation if its proteins are asked for; or --dataset, a Nextclade dataset (a
zip file, or its folder), with which genomes also get their clade and lineage,
their private mutations, and a score of each of Nextclade's rules.`,
	Example: `  okazaki virus genomes.fasta.gz
  okazaki virus -o out --vcf --aligned monday.fasta tuesday.fasta.zst
  xzcat genomes.fasta.xz | okazaki virus -o - - > mutations.tsv
  okazaki virus --dataset sars-cov-2.zip genomes.fasta.gz
  okazaki virus --reference mpox.fasta --annotation mpox.gff3 -o mpox mpox_genomes.fasta`,
	Params: params,
	Stages: []string{"mutations"},
	Open:   open,
}

var params = []okazaki.Param{
	{Name: "genomes", Kind: okazaki.FileParam, Many: true, Required: true, Help: "FASTA files, plain or compressed"},
	{Name: "dataset", Kind: okazaki.FileParam, Many: true, Help: "Nextclade dataset: its zip file, or its folder"},
	{Name: "reference", Kind: okazaki.FileParam, Default: builtIn, Choices: []string{builtIn}, Help: "genome to compare with, FASTA"},
	{Name: "annotation", Kind: okazaki.FileParam, Help: "genes of the reference, GFF3"},
	{Name: "aligned", Kind: okazaki.BoolParam, Default: "false", Help: "write aligned.fasta too"},
	{Name: "vcf", Kind: okazaki.BoolParam, Default: "false", Help: "write mutations.vcf too"},
	{Name: "ndjson", Kind: okazaki.BoolParam, Default: "false", Help: "write mutations.ndjson too"},
}

func open(ctx context.Context, job *okazaki.Job, files okazaki.Files) (okazaki.Engine, error) {
	v, err := analysis.Decode(params, job)
	if err != nil {
		return nil, err
	}
	d, err := openDataset(ctx, v.String("reference"), job, files)
	if err != nil {
		return nil, err
	}
	e := &engine{first: d.NewCaller(), wants: wants{aligned: v.Bool("aligned"), vcf: v.Bool("vcf"), ndjson: v.Bool("ndjson")}}
	e.callers.New = func() any { return e.first.Clone() }
	for _, in := range analysis.Inputs(job, "genomes") {
		if err := e.add(ctx, files, in); err != nil {
			return nil, err
		}
	}
	return e, nil
}
