package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"okazaki"
	"okazaki/analysis/variant/simulate"
	"okazaki/format/bgzf"
)

func (a *app) simulateVariantCommand() *cobra.Command {
	var o simulate.Options
	cmd := &cobra.Command{
		Use:   "variant",
		Short: "a genome with genes, a person's variants, and what is known of them",
		Long: `Makes a genome of random letters with genes that can be translated, a person's
variants (substitutions, small indels, a few symbolic alleles), and two sources
of knowledge. The same seed makes the same bytes, on any machine. A human genome
has 3,100,000,000 bases, and a person 4,500,000 variants of it.

  genome.fa           the genome
  genes.gff3.gz       its genes, in Ensembl's manner
  variants.vcf.gz     the person's variants
  clinvar.vcf.gz      significances, with the keys of ClinVar
  frequencies.vcf.gz  allele frequencies, with the keys of gnomAD

The files go to the folder of --output, by default "person".`,
		Example: `  okazaki simulate variant -o person
  okazaki simulate variant --bases 3100000000 --variants 4500000 -o whole`,
		Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.simulateVariant(cmd.Context(), o) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.Uint64Var(&o.Seed, "seed", 1, "another seed is another person")
	fs.IntVar(&o.Bases, "bases", 1_000_000, "of the genome")
	fs.IntVar(&o.Contigs, "contigs", 0, "that the bases are on; 0: 2, or 24 of 10,000,000 bases or more")
	fs.IntVar(&o.Genes, "genes", 0, "how many; 0: one for every 90,000 bases, and 10 at least")
	fs.IntVar(&o.Variants, "variants", 0, "of the person; 0: one for every 690 bases")
	fs.BoolVar(&o.Phased, "phased", false, "genotypes say which chromosome has which allele")
	fs.StringVarP(&a.config.output, "output", "o", a.config.output, `folder of the files; by default "person"`)
	a.config.forceFlag(fs)
	a.config.tellFlags(fs)
	return cmd
}

func (a *app) simulateVariant(ctx context.Context, o simulate.Options) error {
	dir := a.config.output
	switch dir {
	case "":
		dir = "person"
	case "-":
		return &okazaki.Error{Message: "a person is more than one file, and stdout is one", Hint: "name a folder with --output"}
	}
	paths, err := a.writeFolder(folderful{dir: dir, command: "simulate variant", names: personFiles, write: func(out okazaki.Outputs) error { return writePerson(ctx, out, o) }, made: o})
	if err != nil {
		return err
	}
	a.tell.say("done", "wrote "+filepath.Join(dir, "variants.vcf.gz"), "seed", o.Seed, "outputs", paths)
	return nil
}

// personFiles are the names of a person's files: genome, genes, variants, and
// what is known of variants.
var personFiles = []string{"genome.fa", "genes.gff3.gz", "variants.vcf.gz", "clinvar.vcf.gz", "frequencies.vcf.gz"}

// writePerson writes the files of a simulated person.
func writePerson(ctx context.Context, out okazaki.Outputs, o simulate.Options) (err error) {
	var f simulate.Files
	var open []io.Closer
	defer func() {
		for _, c := range open {
			err = errors.Join(err, c.Close())
		}
	}()
	to := []*io.Writer{&f.Genome, &f.Genes, &f.Variants, &f.Clinvar, &f.Frequencies}
	for i, name := range personFiles {
		w, err := out.Create(name)
		if err != nil {
			return err
		}
		open = append(open, w)
		*to[i] = w
		if !strings.HasSuffix(name, ".gz") {
			continue
		}
		z, err := bgzf.NewWriter(w, 6, runtime.GOMAXPROCS(0))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		open = append([]io.Closer{z}, open...) // before what it writes to
		*to[i] = z
	}
	return simulate.Write(ctx, o, f)
}
