package virus

import (
	"context"
	"errors"

	"okazaki"
	"okazaki/analysis"
	"okazaki/analysis/virus/fingerprint"
	"okazaki/format/sniff"
)

// builtIn is the reference that needs no file.
const builtIn = "sars-cov-2"

// Analysis is the question "how does each of these genomes differ from the
// reference?".
var Analysis = okazaki.Analysis{
	Name:    "virus",
	Version: 7,
	Short:   "mutations of virus genomes",
	Long: `Aligns each genome to a reference and writes the differences: substitutions,
deletions, insertions, missing and ambiguous letters, their effects on the
proteins, and the quality of the genome.

  mutations.tsv     one row per genome, in the order of the input
  aligned.fasta     with --aligned: genomes laid along the reference, insertions
                    left out
  mutations.vcf     with --vcf: one line per site, one column per genome (50,000 at most)
  mutations.ndjson  with --ndjson: one JSON object per genome
  distances.tsv     how many pairs of genomes are how far apart
  neighbours.tsv    the genomes nearest to each
  clusters.tsv      the cluster of each, by single linkage
  pairs.tsv         all pairs that are near, with --within
  fingerprints.tsv, signatures.sig
                    with --fingerprint: what the k-mers show that an alignment
                    can't (another virus, foreign letters, mutations that
                    disagree), and sketches for sourmash
  recombinants.tsv  with --recombinants: genomes that join the mutations of two
                    others, the two parents, and the breakpoints
  mixtures.tsv      with --recombinants: genomes with the bases of two others at
                    once
  unmatched.tsv     with --metadata: genomes without a row in it, and rows
                    without a genome
  parameters.tsv    with --dataset: the settings of the dataset's pathogen.json,
                    and whether each is honoured
  report.html       with --html: a page to open and to print: the mutations along the
                    genome, quality, clades, clusters, and the first genomes
  matrix.tsv, matrix.phylip, matrix.parquet
                    all distances, with --matrix

Columns and notation are Nextclade's: positions count from 1 and ends are
included. An insertion has the position of the base before it. A genome that
can't be aligned has a row with its name and, in the column errors, the reason;
it is in none of the FASTA and VCF files. Genomes may be reverse complemented;
their row says so. docs/virus.md explains each column.

A genome's name is its whole header line. If several genomes have the same name,
the later ones are numbered, name_2 and so on, unless --duplicates says otherwise.
--metadata joins a table by name, or by the name's first word: its columns stand
in mutations.tsv as metadata.COLUMN. A date may be partial (2021-03-XX, 2021-03,
2021): metadata.dateFrom and dateTo are its first and last possible days.

A distance counts the positions at which both genomes have one of A, C, G, T,
and differ; N, ambiguous letters, gaps and masked positions don't count. Among
neighbours equally near, the first in the input are named.

The reference of SARS-CoV-2 (NC_045512.2, the same letters as MN908947.3) is
built in, with Nextclade's genes. Another virus needs --reference, and
--annotation if its proteins are asked for; or --dataset, a Nextclade dataset (a
zip file, or its folder), with which genomes also get their clade and lineage,
their private mutations, and a score of each of Nextclade's rules.`,
	Example: `  okazaki virus genomes.fasta.gz
  okazaki virus -o out --within 5 --vcf monday.fasta tuesday.fasta.zst
  zcat genomes.fasta.gz | okazaki virus --only mutations -o - - > mutations.tsv
  okazaki virus --recombinants 0.01 --fingerprint -o odd genomes.fasta.gz
  okazaki virus --dataset sars-cov-2.zip genomes.fasta.gz
  okazaki virus --reference mpox.fasta --annotation mpox.gff3 -o mpox mpox_genomes.fasta`,
	Params:  params,
	Check:   check,
	Outputs: outputs,
	Endings: map[string]okazaki.Ending{
		"vcf":    {Param: "vcf", Value: "true", File: "mutations.vcf"},
		"ndjson": {Param: "ndjson", Value: "true", File: "mutations.ndjson"},
		"json":   {Param: "ndjson", Value: "true", File: "mutations.ndjson"},
		"fasta":  {Param: "aligned", Value: "true", File: "aligned.fasta"},
		"fa":     {Param: "aligned", Value: "true", File: "aligned.fasta"},
	},
	Columns:  columnKinds,
	Progress: progress,
	Stages:   []string{"mutations", "fingerprints", "neighbours", "pairs", "recombinants"},

	Parallel: true,
	Open:     open,
}

var params = []okazaki.Param{
	{Name: "genomes", Kind: okazaki.FileParam, Formats: []string{sniff.FASTA}, Many: true, Required: true, Help: "FASTA files, plain or compressed"},
	{Name: "dataset", Kind: okazaki.FileParam, Many: true, Help: "Nextclade dataset: its zip file, or its folder"},
	{Name: "reference", Kind: okazaki.FileParam, Formats: []string{sniff.FASTA}, Default: builtIn, Choices: []string{builtIn}, Help: "genome to compare with, FASTA"},
	{Name: "annotation", Kind: okazaki.FileParam, Formats: []string{sniff.GFF}, Help: "genes of the reference, GFF3"},
	{Name: "metadata", Kind: okazaki.FileParam, Formats: []string{sniff.Table, sniff.List}, Help: "table about the genomes, TSV or CSV, joined on their names"},
	{Name: "duplicates", Choices: []string{"number", "first", "error"}, Default: "number", Help: "genomes with the same name: number the later ones, take the first, or end with an error"},
	{Name: "aligned", Kind: okazaki.BoolParam, Default: "false", Help: "write aligned.fasta too"},
	{Name: "vcf", Kind: okazaki.BoolParam, Default: "false", Help: "write mutations.vcf too"},
	{Name: "ndjson", Kind: okazaki.BoolParam, Default: "false", Help: "write mutations.ndjson too"},
	{Name: "fingerprint", Kind: okazaki.BoolParam, Default: "false", Help: "write fingerprints.tsv and signatures.sig too"},
	{Name: "html", Kind: okazaki.BoolParam, Default: "false", Help: "write report.html too, a page to open in a browser"},
	{Name: "only", Choices: []string{"all", "mutations"}, Default: "all", Help: "mutations: compare no genomes with each other"},
	{Name: "nearest", Kind: okazaki.IntParam, Default: "10", Help: "neighbours of each genome in neighbours.tsv; 0: none"},
	{Name: "cluster", Kind: okazaki.IntParam, Default: "2", Help: "genomes at this distance or less are one cluster; -1: no clusters"},
	{Name: "within", Kind: okazaki.IntParam, Default: "-1", Help: "write all pairs at this distance or less to pairs.tsv; -1: none"},
	{Name: "recombinants", Kind: okazaki.FloatParam, Default: "0", Help: "write mixtures.tsv, and recombinants.tsv with genomes that would look recombinant by accident with this chance or less, such as 0.01; 0: neither"},
	{Name: "mask", Help: "positions that distances and recombinants leave out: 1-55,29804-29903"},
	{Name: "matrix", Choices: matrixNames, Help: "write the full matrix of distances"},
}

// check is okazaki.Analysis.Check.
func check(job *okazaki.Job) error {
	_, err := checked(job)
	return err
}

// checked returns the job's parameters, or an error if they contradict each
// other.
func checked(job *okazaki.Job) (analysis.Values, error) {
	v, err := analysis.Decode(params, job)
	if err != nil {
		return nil, err
	}
	if err := checkPairs(v); err != nil {
		return nil, err
	}
	own := len(analysis.Inputs(job, "dataset")) > 0
	if own && len(analysis.Inputs(job, "reference"))+len(analysis.Inputs(job, "annotation")) > 0 {
		return nil, &okazaki.Error{Message: "dataset is given together with reference or annotation",
			Hint: "leave out --reference and --annotation: a dataset has its own"}
	}
	length := maxReference // of a reference that has not been read
	if !own && v.String("reference") == builtIn {
		length = len(SARS2().Sequence)
	}
	_, err = parseMask(v.String("mask"), length)
	return v, err
}

func open(ctx context.Context, job *okazaki.Job, files okazaki.Files) (okazaki.Engine, error) {
	v, err := checked(job)
	if err != nil {
		return nil, err
	}
	d, err := openDataset(ctx, v.String("reference"), job, files)
	if err != nil {
		return nil, err
	}
	if d.metadata, err = openMetadata(ctx, job, files); err != nil {
		return nil, err
	}
	e := &engine{
		first: d.NewCaller(), duplicates: v.String("duplicates"),
		batch: batchLetters, backbones: backbonesAtOnce,
		wants: wants{aligned: v.Bool("aligned"), vcf: v.Bool("vcf"), ndjson: v.Bool("ndjson"), fingerprint: v.Bool("fingerprint"), matrix: v.String("matrix")},
	}
	if e.prints, err = fingerprint.NewReference(d.Reference.Sequence, fingerprint.Params{}); err != nil {
		return nil, err
	}
	if e.comparer, err = newComparer(v, len(d.Reference.Sequence)); err != nil {
		return nil, err
	}
	if v.Bool("html") {
		asked := *job
		asked.Params = v.Canonical()
		e.reported = &asked
	}
	e.callers.New = func() any { return e.first.Clone() }
	for _, in := range analysis.Inputs(job, "genomes") {
		if err := e.add(ctx, files, in); err != nil {
			return nil, errors.Join(err, e.Close())
		}
	}
	return e, nil
}
