package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"okazaki"
	"okazaki/analysis/variant/simulate"
)

// demoPerson simulates a person, indexes the genes and what is known, asks
// "okazaki variant" which variants matter and prints the first.
func (a *app) demoPerson(ctx context.Context, dir string) error {
	o := simulate.Options{Seed: 7, Bases: 400_000, Genes: 40, Variants: 3000}
	if _, err := a.writeFolder(folderful{dir: dir, command: "demo", names: demoFiles["person"], write: func(out okazaki.Outputs) error { return writePerson(ctx, out, o) }}); err != nil {
		return err
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, args := range [][]string{
		{"index", "genes", in("genes.gff3.gz"), "--fasta", in("genome.fa"), "-o", in("model.okg")},
		{"index", "known", in("clinvar.vcf.gz"), "--recipe", "clinvar", "--genes", in("model.okg"), "-o", in("clinvar.okk")},
		{"index", "known", in("frequencies.vcf.gz"), "--recipe", "gnomad", "--genes", in("model.okg"), "-o", in("frequencies.okk")},
		{"variant", "--genes", in("model.okg"), "--known", in("clinvar.okk"), "--known", in("frequencies.okk"), in("variants.vcf.gz"), "--html", "-o", dir},
	} {
		root := a.root()
		root.SetArgs(args)
		if err := root.ExecuteContext(ctx); err != nil {
			return err
		}
	}
	rows, err := readTable(in("ranked.tsv"))
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "\nVariants of a simulated person, the first of %d\nclass\tplace\tgene\tconsequence\tprotein\tClinVar\n", len(rows))
	for _, row := range rows[:min(5, len(rows))] {
		_, protein, _ := strings.Cut(row["hgvsp"], ":")
		fmt.Fprintf(t, "%s\t%s:%s %s>%s\t%s\t%s\t%s\t%s\n", row["class"], row["contig"], row["position"], row["ref"], row["alt"],
			row["gene"], row["consequence"], protein, row["clinvar"])
	}
	return t.Flush()
}
