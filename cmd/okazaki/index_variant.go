package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"okazaki"
	"okazaki/analysis"
	"okazaki/analysis/variant/gene"
	"okazaki/analysis/variant/known"
	"okazaki/format/sniff"
)

// A genesIndex is what okazaki index genes was asked.
type genesIndex struct {
	fasta, output string
	lenient       bool
}

func (a *app) indexGenesCommand() *cobra.Command {
	q := &genesIndex{}
	cmd := &cobra.Command{
		Use:   "genes GENES --fasta GENOME -o FILE",
		Short: "Compile genes and their genome, for okazaki variant --genes",
		Long: `Reads an annotation, GFF3 or GTF as Ensembl, GENCODE or RefSeq write it, and the
genome that it annotates, FASTA, plain or compressed. It writes one file that okazaki variant
maps into memory: the genome at 2 bits a base, and every transcript. Start and
stop codons are checked, and problems are reported.`,
		Example: `  okazaki index genes genes.gff3.gz --fasta genome.fa.gz -o model.okg`,
		Args:    cobra.ArbitraryArgs,
		RunE:    func(cmd *cobra.Command, args []string) error { return a.indexGenes(cmd.Context(), q, args) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&q.fasta, "fasta", "", "the genome, FASTA (required)")
	fs.StringVarP(&q.output, "output", "o", "", "file to write (required)")
	fs.BoolVar(&q.lenient, "lenient", false, "take coding sequences whose phases contradict their segments")
	a.config.forceFlag(fs)
	a.config.tellFlags(fs)
	return cmd
}

func (a *app) indexGenes(ctx context.Context, q *genesIndex, args []string) error {
	if len(args) != 1 || q.fasta == "" || q.output == "" {
		return &okazaki.Error{Message: "okazaki index genes needs one file of genes, --fasta and --output", Hint: "see okazaki index genes --help"}
	}
	x, err := a.newIndex(genesKind, q.output, args[0], q.fasta)
	if err != nil {
		return err
	}
	defer x.discard()
	var texts []gene.Text
	for _, in := range []struct{ name, format string }{{args[0], sniff.GFF}, {q.fasta, sniff.FASTA}} {
		f, err := openLocal(in.name, in.format)
		if err != nil {
			return err
		}
		defer f.Close()
		texts = append(texts, gene.Text{Name: in.name, Reader: analysis.Reader(ctx, io.NewSectionReader(f, 0, f.Size()))})
	}
	m, err := gene.Options{Lenient: q.lenient}.Compile(texts[0], texts[1])
	if err != nil {
		return err
	}
	if err := x.write(m.Write); err != nil {
		return err
	}
	text := fmt.Sprintf("wrote %s: %d transcripts on %d contigs", q.output, m.Transcripts(), len(m.Contigs))
	for _, n := range m.Notes {
		text += "\nokazaki: " + n
	}
	a.tell.say("done", text, "output", q.output, "transcripts", m.Transcripts(), "contigs", len(m.Contigs), "notes", m.Notes)
	return nil
}

// A knownIndex is what okazaki index known was asked.
type knownIndex struct {
	options               known.Options
	config, genes, output string
}

func (a *app) indexKnownCommand() *cobra.Command {
	q := &knownIndex{}
	cmd := &cobra.Command{
		Use:   "known SOURCE -o FILE",
		Short: "Index what a source knows of variants, for okazaki variant --known",
		Long: `Reads a source, VCF, BED or TSV, plain or compressed, sorted, and writes a file of columns
that okazaki variant joins with its variants. --recipe says which fields of
ClinVar or gnomAD to keep; --config does for any source, in vcfanno's words
([[annotation]] with fields, ops, names). With --genes, insertions and deletions
are moved to the left as the genome allows, so that they are found however they
are written.`,
		Example: `  okazaki index known clinvar.vcf.gz --recipe clinvar --genes model.okg -o clinvar.okk
  okazaki index known gnomad.vcf.gz --recipe gnomad --genes model.okg -o gnomad.okk
  okazaki index known regions.bed --config regions.toml -o regions.okk`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return a.indexKnown(cmd.Context(), q, args) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	o := &q.options
	fs.StringVarP(&q.output, "output", "o", "", "file to write (required)")
	fs.StringVar(&o.Recipe, "recipe", "", "which fields to keep: "+strings.Join(known.Recipes, ", "))
	fs.StringVar(&q.config, "config", "", "file that says which fields to keep, TOML as vcfanno's")
	fs.StringVar(&q.genes, "genes", "", "model of okazaki index genes, by which indels are moved to the left")
	fs.StringVar(&o.Name, "name", "", "what answers call the source; by default the recipe's name, or the file's")
	fs.StringVar(&o.Version, "source-version", "", "of the source; by default what its header says")
	fs.StringVar(&o.Assembly, "assembly", "", "of the source's positions, such as GRCh38; by default what its header says")
	a.config.forceFlag(fs)
	a.config.tellFlags(fs)
	return cmd
}

func (a *app) indexKnown(ctx context.Context, q *knownIndex, args []string) error {
	if len(args) != 1 || q.output == "" {
		return &okazaki.Error{Message: "okazaki index known needs one source and --output", Hint: "see okazaki index known --help"}
	}
	x, err := a.newIndex(knownKind, q.output, args[0], q.config, q.genes)
	if err != nil {
		return err
	}
	defer x.discard()
	if q.config != "" {
		f, err := openLocal(q.config)
		if err != nil {
			return err
		}
		defer f.Close()
		if q.options.Config, err = known.ReadConfig(q.config, io.NewSectionReader(f, 0, f.Size())); err != nil {
			return err
		}
	}
	var damage error // of the genes
	if q.genes != "" {
		f, err := openLocal(q.genes, sniff.Genes)
		if err != nil {
			return err
		}
		defer f.Close()
		m, err := gene.Open(q.genes, f)
		if err != nil {
			return err
		}
		defer m.Close()
		q.options.Reference = func(contig string) known.Reference {
			c, ok := m.Contig(contig)
			if !ok {
				return nil
			}
			if err := c.Load(); err != nil {
				damage = err
				return nil
			}
			return c
		}
	}
	source, err := openLocal(args[0], sniff.VCF, sniff.List)
	if err != nil {
		return err
	}
	defer source.Close()
	var built *known.Built
	err = x.write(func(w io.Writer) error {
		b := bufio.NewWriterSize(w, 1<<20)
		var err error
		if built, err = known.Build(ctx, args[0], analysis.Reader(ctx, io.NewSectionReader(source, 0, source.Size())), q.options, b); err != nil {
			return err
		}
		if damage != nil {
			return damage
		}
		return b.Flush()
	})
	if err != nil {
		return err
	}
	text := fmt.Sprintf("wrote %s: %d rows of the %d records of %s", q.output, built.Rows, built.Records, strings.TrimSpace(built.Name+" "+built.Version))
	for _, reason := range slices.Sorted(maps.Keys(built.Skipped)) {
		text += fmt.Sprintf("\nokazaki: %d alleles left out: %s", built.Skipped[reason], reason)
	}
	a.tell.say("done", text, "output", q.output, "rows", built.Rows, "records", built.Records, "assembly", built.Assembly)
	return nil
}
