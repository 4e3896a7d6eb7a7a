package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"okazaki"
	"okazaki/analysis/virus"
	"okazaki/analysis/virus/simulate"
)

func (a *app) simulateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "simulate",
		GroupID: "analyses",
		Short:   "make data of which the truth is known",
		Long:    "Makes data of which the truth is known, to try an analysis on.",
		Example: "  okazaki simulate virus --genomes 2000 -o outbreak",
	}
	cmd.AddCommand(a.simulateVirusCommand(), a.simulateVariantCommand())
	choosing(cmd)
	return cmd
}

// outbreakFlags are simulate's options as they are typed.
type outbreakFlags struct {
	o     simulate.Options
	start string
	plain bool
}

func (a *app) simulateVirusCommand() *cobra.Command {
	var f outbreakFlags
	cmd := &cobra.Command{
		Use:   "virus",
		Short: "an outbreak of SARS-CoV-2: genomes, their tree, and the truth about each",
		Long: `Makes an outbreak: a tree of transmission with waves and lineages that sweep,
mutations with the spectrum of SARS-CoV-2, indels, and what sequencing does to
genomes (dropouts, N, mixed sites, ragged ends). The same seed makes the same
bytes, on any machine.

  genomes.fasta.zst  the genomes, in order of date
  truth.tsv.zst      what each differs in, its date, place, lineage and parent
  tree.nwk           the tree; lengths are in days
  lineages.tsv       the lineages, their founders and how fast they grow

A, B.1 and B.1.1 are real; all other lineages and all places are made up. The
files go to the folder of --output, by default "outbreak". A share that is
negative means none.`,
		Example: `  okazaki simulate virus
  okazaki simulate virus --genomes 200000 --days 700 --seed 7 -o big
  okazaki simulate virus --genomes 2000 --other 0.01 --reversed 0.05 -o odd && okazaki virus odd/genomes.fasta.zst`,
		Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.simulateVirus(cmd.Context(), &f) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	f.flags(fs)
	fs.StringVarP(&a.config.output, "output", "o", a.config.output, `folder of the files; by default "outbreak"`)
	a.config.forceFlag(fs)
	a.config.tellFlags(fs)
	return cmd
}

func (f *outbreakFlags) flags(fs *pflag.FlagSet) {
	o := &f.o
	fs.Uint64Var(&o.Seed, "seed", 1, "another seed is another outbreak")
	fs.IntVar(&o.Genomes, "genomes", 1000, "how many are sequenced")
	fs.StringVar(&f.start, "start", "2020-01-01", "day of the first case")
	fs.IntVar(&o.Days, "days", 365, "from the first case to the last")
	fs.IntVar(&o.Waves, "waves", 0, "waves of cases; 0: one for every 120 days")
	fs.IntVar(&o.Countries, "countries", 6, "countries, at most 26")
	fs.IntVar(&o.Regions, "regions", 4, "regions of each country")
	fs.IntVar(&o.Lineages, "lineages", 0, "lineages that arise; 0: one a fortnight")
	fs.Float64Var(&o.Sampled, "sampled", 0.25, "share of cases that are sequenced")
	fs.Float64Var(&o.Rate, "rate", 8e-4, "substitutions a site and year")
	fs.Float64Var(&o.Indels, "indels", 0.02, "share of mutations that are indels")
	fs.Float64Var(&o.Recombinants, "recombinants", 0.002, "share of cases that join two lineages")
	fs.Float64Var(&o.Dropout, "dropout", 0.02, "share of amplicons that are not read")
	fs.Float64Var(&o.Ambiguous, "ambiguous", 0.1, "mixed sites of a genome, on average")
	fs.Float64Var(&o.Ragged, "ragged", 0.7, "share of genomes with ragged ends")
	fs.Float64Var(&o.Reversed, "reversed", 0, "share of records that are reverse complements")
	fs.Float64Var(&o.Mixed, "mixed", 0, "share of records that are mixtures of two genomes")
	fs.Float64Var(&o.Foreign, "foreign", 0, "share of records with a stretch of something else")
	fs.Float64Var(&o.Other, "other", 0, "share of records that are another virus")
	fs.BoolVar(&f.plain, "plain", false, "don't compress the genomes and the truth")
}

// options are the flags' meaning: 0 as typed means none, where 0 in
// simulate.Options stands for its default, unless the flag says so.
func (f *outbreakFlags) options() (simulate.Options, error) {
	o := f.o
	start, err := time.Parse(time.DateOnly, f.start)
	if err != nil {
		return o, &okazaki.Error{Message: fmt.Sprintf("%q is not a day", f.start), Hint: "write --start 2020-01-01"}
	}
	o.Start = start
	for _, share := range []*float64{&o.Sampled, &o.Rate, &o.Indels, &o.Recombinants, &o.Dropout, &o.Ambiguous, &o.Ragged} {
		if *share == 0 {
			*share = -1
		}
	}
	for _, number := range []*int{&o.Genomes, &o.Days, &o.Countries, &o.Regions} {
		if *number == 0 {
			*number = -1
		}
	}
	return o, nil
}

func (a *app) simulateVirus(ctx context.Context, f *outbreakFlags) error {
	o, err := f.options()
	if err != nil {
		return err
	}
	dir := a.config.output
	switch dir {
	case "":
		dir = "outbreak"
	case "-":
		return &okazaki.Error{Message: "an outbreak is more than one file, and stdout is one", Hint: "name a folder with --output"}
	}
	began := time.Now()
	suffix := ".zst"
	if f.plain {
		suffix = ""
	}
	paths, err := a.writeFolder(folderful{dir: dir, command: "simulate virus", names: outbreakFiles(suffix), write: func(out okazaki.Outputs) error { return writeOutbreak(ctx, out, o, suffix) }, made: o})
	if err != nil {
		return err
	}
	a.tell.say("done", fmt.Sprintf("made %d genomes in %v\nokazaki: wrote %s", o.Genomes, time.Since(began).Round(time.Millisecond),
		filepath.Join(dir, "genomes.fasta"+suffix)), "genomes", o.Genomes, "seed", o.Seed, "outputs", paths)
	return nil
}

// outbreakFiles are the names of an outbreak's files: genomes, truth, tree and
// lineages.
func outbreakFiles(suffix string) []string {
	return []string{"genomes.fasta" + suffix, "truth.tsv" + suffix, "tree.nwk", "lineages.tsv"}
}

// writeOutbreak writes the four files of an outbreak.
func writeOutbreak(ctx context.Context, out okazaki.Outputs, o simulate.Options, suffix string) (err error) {
	outbreak, err := simulate.New(virus.SARS2(), o)
	if err != nil {
		return err
	}
	var files simulate.Files
	var open []io.Closer
	defer func() {
		for _, c := range open {
			if closed := c.Close(); err == nil {
				err = closed
			}
		}
	}()
	to := []*simulate.File{&files.Genomes, &files.Truth, &files.Tree, &files.Lineages}
	for i, name := range outbreakFiles(suffix) {
		w, err := out.Create(name)
		if err != nil {
			return err
		}
		open = append(open, w)
		*to[i] = simulate.FileNamed(name, w)
	}
	return outbreak.Write(ctx, files)
}
