package variant

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"okazaki"
	"okazaki/analysis"
	"okazaki/analysis/variant/gene"
	"okazaki/analysis/variant/known"
	"okazaki/analysis/variant/pgx"
	"okazaki/analysis/variant/rank"
	"okazaki/format/sniff"
)

// version is the version of the result: another version has other bytes.
const version = 3

// Analysis is the question "which of these variants matter, and why?".
var Analysis = okazaki.Analysis{
	Name:    "variant",
	Version: version,
	Short:   "variants of a VCF: what they do, what is known, which matter",
	Long: `Annotates each variant of a VCF with its consequence on every nearby transcript,
as Ensembl VEP 115 does, and with data from ClinVar, gnomAD and other sources, and
ranks the variants by the evidence. This is decision support for research, not a
diagnosis.

  ranked.tsv          one row per allele, the strongest evidence first, with the
                      evidence of its rank
  variants.vcf.gz     with --format vcf: the VCF with CSQ in VEP's layout and the
                      sources' data, and its index, variants.vcf.gz.tbi
                      (variants.vcf.gz.csi if a contig is longer than 2^29)
  consequences.tsv    with --format tsv: one row per allele and transcript
  variants.ndjson     with --format json: a JSON object about the answer, then
                      one per record
  pharmacogenes.tsv   with --pgx: star alleles, diplotypes, phenotypes
  report.html         with --html: a page to open and to print: the first variants
                      with their evidence, and counts of all

No record is left out: an allele that can't be annotated (symbolic, breakend, '*',
on a contig that the genes lack) has a row with the reason. The VCF must be sorted.
It may be plain or compressed; BGZF is the fastest, as it can be read from anywhere.

The genes are a model made by okazaki index genes, or an annotation (GFF3, GTF)
with its reference in --fasta. Annotation files for --known are made by okazaki
index known. docs/variant.md explains each column.`,
	Example: `  okazaki variant --genes model.okg --known clinvar.okk --known gnomad.okk person.vcf.gz -o ranked.tsv
  okazaki variant --genes model.okg --format vcf person.vcf.gz -o annotated.vcf.gz
  okazaki variant --genes genes.gff3 --fasta genome.fa --format tsv person.vcf -o -`,
	Params:  params,
	Check:   check,
	Outputs: outputs,
	Endings: map[string]okazaki.Ending{
		"vcf":    {Param: "format", Value: "vcf", File: "variants.vcf.gz"},
		"ndjson": {Param: "format", Value: "json", File: "variants.ndjson"},
		"json":   {Param: "format", Value: "json", File: "variants.ndjson"},
	},
	Columns: columnKinds,
	Progress: func(*okazaki.Job) []okazaki.Doing {
		return []okazaki.Doing{{Verb: "Reading haplotypes", Share: 1}, {Verb: "Annotating variants", Share: 3}}
	},
	Stages:   []string{"haplotypes", "annotate"},
	Parallel: true,
	Open:     open,
}

var params = []okazaki.Param{
	{Name: "variants", Kind: okazaki.FileParam, Formats: []string{sniff.VCF}, Many: true, Required: true, Help: "the VCF, plain or compressed"},
	{Name: "genes", Kind: okazaki.FileParam, Formats: []string{sniff.Genes, sniff.GFF}, Required: true, Help: "genes: a model of okazaki index genes, or GFF3 or GTF with --fasta"},
	{Name: "fasta", Kind: okazaki.FileParam, Formats: []string{sniff.FASTA}, Help: "reference of genes that are not a model, FASTA"},
	{Name: "known", Kind: okazaki.FileParam, Formats: []string{sniff.Known}, Many: true, Help: "annotation file made by okazaki index known (repeatable)"},
	{Name: "panel", Kind: okazaki.FileParam, Formats: []string{sniff.List}, Help: "genes of interest, one name or identifier per line"},
	{Name: "gene-list", Kind: okazaki.FileParam, Formats: []string{sniff.List}, Help: "genes whose loss of function causes disease, one per line; or a table with inheritance, or gnomAD's of constraint"},
	{Name: "ped", Kind: okazaki.FileParam, Formats: []string{sniff.List}, Help: "pedigree of the samples (PED), for de novo and recessive variants"},
	{Name: "pgx", Kind: okazaki.FileParam, Many: true, Help: "folder of star alleles' definitions (PharmCAT's)"},
	{Name: "assume-reference", Kind: okazaki.BoolParam, Default: "false", Help: "for star alleles, take positions missing from the VCF as reference"},
	{Name: "sample", Help: "sample whose genotypes count; the first if not given"},
	{Name: "format", Choices: formatNames, Default: "table", Help: "format of the files"},
	{Name: "html", Kind: okazaki.BoolParam, Default: "false", Help: "write report.html too, a page to open in a browser"},
	{Name: "ba1", Kind: okazaki.FloatParam, Default: "0.05", Help: "allele frequency above which BA1 (stand-alone benign) applies"},
	{Name: "bs1", Kind: okazaki.FloatParam, Default: "0.01", Help: "allele frequency above which BS1 (too frequent for a rare disease) applies"},
	{Name: "pm2", Kind: okazaki.FloatParam, Default: "0.0001", Help: "allele frequency up to which PM2 (rare) applies"},
	{Name: "bs2", Kind: okazaki.IntParam, Default: "0", Help: "this many homozygotes speak against a disease (BS2); 0: not judged"},
	{Name: "parentage", Kind: okazaki.BoolParam, Default: "false", Help: "parentage was confirmed (lets PS2 apply)"},
	{Name: "lenient", Kind: okazaki.BoolParam, Default: "false", Help: "pass records through whose REF is not the reference's"},
}

// check is okazaki.Analysis.Check.
func check(job *okazaki.Job) error {
	_, err := checked(job)
	return err
}

// checked are the job's parameters, unless they contradict each other.
func checked(job *okazaki.Job) (analysis.Values, error) {
	v, err := analysis.Decode(params, job)
	if err != nil {
		return nil, err
	}
	if ins := analysis.Inputs(job, "variants"); len(ins) > 1 {
		return nil, &okazaki.Error{File: ins[1].Name, Message: "a second VCF is given", Hint: "give one; join the parts of a genome with bcftools concat, and samples with bcftools merge"}
	}
	return v, cmp.Or(v.Between("ba1", 1e-9, 1), v.Between("bs1", 1e-9, 1), v.Between("pm2", 1e-9, 1), v.Between("bs2", 0, 1e9),
		v.About(params, job, "pgx", "assume-reference"), v.About(params, job, "ped", "parentage"))
}

func open(ctx context.Context, job *okazaki.Job, files okazaki.Files) (okazaki.Engine, error) {
	v, err := checked(job)
	if err != nil {
		return nil, err
	}
	e := &engine{format: formatNamed(v.String("format")), lenient: v.Bool("lenient"), sample: v.String("sample"), assume: v.Bool("assume-reference"), keep: keptRows}
	if v.Bool("html") {
		asked := *job
		asked.Params = v.Canonical()
		e.reported, e.beside = &asked, e.format != &formats[0]
	}
	o := &opener{ctx: ctx, e: e, job: job, files: files, values: v}
	for _, step := range []func() error{o.variants, o.genes, o.known, o.lists, o.stars} {
		if err := step(); err != nil {
			return nil, errors.Join(err, e.Close())
		}
	}
	return e, nil
}

// An opener opens an engine's inputs.
type opener struct {
	ctx   context.Context
	e     *engine
	job   *okazaki.Job
	files okazaki.Files

	values analysis.Values
}

// file opens an input, until the engine is closed.
func (o *opener) file(in okazaki.Input) (okazaki.File, error) {
	f, err := o.files.Open(o.ctx, in)
	if err == nil {
		o.e.closers = append([]func() error{f.Close}, o.e.closers...)
	}
	return f, err
}

// all is the content of a small input.
func (o *opener) all(in okazaki.Input) ([]byte, error) {
	f, err := o.files.Open(o.ctx, in)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(analysis.Reader(o.ctx, io.NewSectionReader(f, 0, f.Size())))
}

func (o *opener) variants() error {
	in := analysis.Inputs(o.job, "variants")[0]
	f, err := o.file(in)
	o.e.text = &text{in: in, file: f}
	return err
}

// genes opens the model, or compiles it.
func (o *opener) genes() error {
	in, fasta := analysis.Inputs(o.job, "genes")[0], analysis.Inputs(o.job, "fasta")
	f, err := o.file(in)
	if err != nil {
		return err
	}
	if len(fasta) == 0 {
		if err := sniff.Check(in.Name, f, sniff.Genes); err != nil {
			return err
		}
		o.e.model, err = gene.Open(in.Name, f)
		if err == nil {
			o.e.closers = append([]func() error{o.e.model.Close}, o.e.closers...)
		}
		return err
	}
	r, err := o.file(fasta[0])
	if err != nil {
		return err
	}
	whole := func(in okazaki.Input, f okazaki.File) gene.Text {
		return gene.Text{Name: in.Name, Reader: analysis.Reader(o.ctx, io.NewSectionReader(f, 0, f.Size()))}
	}
	o.e.model, err = gene.Compile(whole(in, f), whole(fasta[0], r))
	return err
}

// known opens the sources, and refuses a source for another assembly.
func (o *opener) known() error {
	model := o.e.model
	o.e.assembly = known.AssemblyOf(strings.Join(slices.Concat(model.Reference.Versions, model.Annotation.Versions, []string{model.Reference.Name}), " "))
	assembly := known.Assembly{Name: o.e.assembly, Lengths: map[string]int{}}
	for _, c := range model.Contigs {
		assembly.Lengths[c.Name] = c.Length
	}
	for _, in := range analysis.Inputs(o.job, "known") {
		f, err := o.file(in)
		if err != nil {
			return err
		}
		s, err := known.Open(in.Name, f)
		if err != nil {
			return err
		}
		o.e.sources = append(o.e.sources, s)
		o.e.closers = append([]func() error{s.Close}, o.e.closers...)
		if err := s.Check(analysis.Inputs(o.job, "genes")[0].Name, assembly); err != nil {
			return err
		}
	}
	return nil
}

// lists reads the lists of genes and the pedigree.
func (o *opener) lists() error {
	v := o.values
	options := rank.Options{BA1: v.Float("ba1"), BS1: v.Float("bs1"), PM2: v.Float("pm2"), BS2: int(v.Int("bs2")), Parentage: v.Bool("parentage")}
	for _, l := range []struct {
		role string
		read func(name string, r io.Reader) error
	}{
		{"gene-list", func(name string, r io.Reader) (err error) { options.Genes, err = rank.ReadGenes(name, r); return err }},
		{"panel", func(name string, r io.Reader) (err error) { options.Panel, err = rank.ReadGenes(name, r); return err }},
		{"ped", func(name string, r io.Reader) (err error) { o.e.pedigree, err = rank.ReadPed(name, r); return err }},
	} {
		for _, in := range analysis.Inputs(o.job, l.role) {
			b, err := o.all(in)
			if err == nil {
				err = l.read(in.Name, bytes.NewReader(b))
			}
			if err != nil {
				return err
			}
			o.e.lists = append(o.e.lists, fmt.Sprintf("%s: %s, sha256 %s", l.role, filepath.Base(in.Name), in.Digest))
		}
	}
	o.e.evaluator = rank.New(options)
	return nil
}

func (o *opener) stars() error {
	var files []pgx.File
	for _, in := range analysis.Inputs(o.job, "pgx") {
		b, err := o.all(in)
		if err != nil {
			return err
		}
		files = append(files, pgx.File{Name: in.Name, Data: b})
	}
	if len(files) == 0 {
		return nil
	}
	var err error
	o.e.stars, err = pgx.Parse(files)
	return err
}

// few names the first of some.
func few(names []string) string {
	const most = 5
	if len(names) > most {
		names = append(names[:most:most], "…")
	}
	return strings.Join(names, ", ")
}
