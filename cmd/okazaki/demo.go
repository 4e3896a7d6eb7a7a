package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"okazaki"
	"okazaki/analysis/report"
	"okazaki/analysis/virus"
	"okazaki/analysis/virus/lineages"
	"okazaki/cmd/okazaki/internal/output"
)

const demoDir = "okazaki-demo"

// demoFiles are the names of the files that the demo writes itself, by folder.
var demoFiles = map[string][]string{
	"":         {"lineages.fasta", "mutations.svg"},
	"outbreak": {"genomes.fasta"},
	"guides":   {"genome.fasta"},
	"person":   personFiles,
}

func (a *app) demoCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "demo",
		GroupID: "analyses",
		Short:   "show what okazaki does, on genomes that it brings along",
		Long: `Writes the consensus genomes of named lineages of SARS-CoV-2, asks for their
mutations as "okazaki virus" would, and checks the answer against what was
published of each lineage. Then it simulates an outbreak, asks again, and checks
the answer against the truth. It asks for the CRISPR guides of a part of the
spike gene, and where else in the virus each binds. Last it simulates a person,
and asks which of the variants matter.

  lineages.fasta    the genomes of the lineages
  mutations.tsv, …  what "okazaki virus lineages.fasta" answers
  mutations.svg     the mutations as a picture: one row per lineage
  outbreak/         genomes.fasta, and what "okazaki virus" answers
  guides/           genome.fasta, and what "okazaki guide" answers
  person/           variants.vcf.gz, and what "okazaki variant" answers
  report.html       in each folder: the answer as a page, to open in a browser

The files go to the folder of --output, by default ` + demoDir + `.

` + exitHelp,
		Example: "  okazaki demo\n  okazaki demo -o /tmp/demo --span 1",
		Args:    none,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context()) },
	}
	for _, flags := range []func(*pflag.FlagSet){a.config.storeFlag, a.config.jobFlags, a.config.forceFlag, a.config.crewFlags, a.config.keepFlags, a.config.tellFlags} {
		flags(cmd.Flags())
	}
	return cmd
}

func (a *app) demo(ctx context.Context) error {
	dir := a.config.output
	switch dir {
	case "":
		dir = demoDir
	case "-":
		return &okazaki.Error{Message: "the demo writes more than one file, and stdout is one", Hint: "name a folder with --output"}
	}
	a.config.output = dir
	for _, folder := range slices.Sorted(maps.Keys(demoFiles)) {
		for _, name := range demoFiles[folder] {
			if err := a.guard().Check(filepath.Join(dir, folder, name), output.Ours); err != nil {
				return err
			}
		}
	}
	ref := virus.SARS2()
	var genomes bytes.Buffer
	if err := lineages.Consensus(&genomes, ref); err != nil {
		return fmt.Errorf("genomes of the lineages: %w", err)
	}
	a.in = bytes.NewReader(genomes.Bytes())
	page := &paramValue{param: virusParam("html")}
	if err := page.Set("true"); err != nil {
		return err
	}
	if err := a.ask(ctx, &question{analysis: findAnalysis("virus"), files: virusParam("genomes"), values: []*paramValue{page}, arguments: []string{"-"}}); err != nil {
		return err
	}
	if a.config.detach {
		return nil
	}
	if err := a.showDemo(dir, ref, genomes.Bytes()); err != nil {
		return err
	}
	if err := a.demoOutbreak(ctx, filepath.Join(dir, "outbreak"), ref); err != nil {
		return err
	}
	if err := a.demoGuides(ctx, filepath.Join(dir, "guides"), ref); err != nil {
		return err
	}
	if err := a.demoPerson(ctx, filepath.Join(dir, "person")); err != nil {
		return err
	}
	return a.printReports(dir)
}

// virusParam is a parameter of the analysis virus.
func virusParam(name string) *okazaki.Param {
	params := virus.Analysis.Params
	return &params[slices.IndexFunc(params, func(p okazaki.Param) bool { return p.Name == name })]
}

// printReports names the pages that the demo wrote.
func (a *app) printReports(dir string) error {
	if _, err := fmt.Fprintln(a.out, "\nReports, to open in a browser:"); err != nil {
		return err
	}
	for _, folder := range []string{"", "outbreak", "guides", "person"} {
		if _, err := fmt.Fprintln(a.out, "  "+filepath.Join(dir, folder, report.FileName)); err != nil {
			return err
		}
	}
	return nil
}

// showDemo prints the demo's answer as a table, and draws it.
func (a *app) showDemo(dir string, ref *virus.Reference, genomes []byte) error {
	rows, err := readTable(filepath.Join(dir, "mutations.tsv"))
	if err != nil {
		return err
	}
	all := lineages.All()
	if len(rows) != len(all) {
		return fmt.Errorf("the answer has %d rows for %d lineages", len(rows), len(all))
	}
	_, err = a.writeFolder(folderful{dir: dir, command: "demo", names: demoFiles[""], write: func(out okazaki.Outputs) error {
		if err := writeFile(out, "lineages.fasta", func(w io.Writer) error { _, err := w.Write(genomes); return err }); err != nil {
			return err
		}
		return writeFile(out, "mutations.svg", func(w io.Writer) error { return drawLineages(w, ref, all) })
	}})
	if err != nil {
		return err
	}
	return printDemo(a.out, dir, all, rows)
}

func writeFile(out okazaki.Outputs, name string, write func(io.Writer) error) error {
	w, err := out.Create(name)
	if err != nil {
		return err
	}
	err = write(w)
	if closed := w.Close(); err == nil {
		err = closed
	}
	return err
}

// readTable reads a TSV file as a map of column to value for each row.
func readTable(path string) ([]map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.Comment, r.LazyQuotes = '\t', '#', true
	records, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, column := range records[0] {
			row[column] = record[i]
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// printDemo prints one row per lineage, and how many were called as published.
func printDemo(w io.Writer, dir string, all []lineages.Lineage, rows []map[string]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "lineage\tWHO\tdescribed\tsubstitutions\tdeletions\tinsertions\tspike")
	right := 0
	for i, l := range all {
		row := rows[i]
		if row["seqName"] == l.Name && sameMutations(&l.Calls, row) {
			right++
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Name, l.WHO, l.Described,
			row["totalSubstitutions"], row["totalDeletions"], row["totalInsertions"], spike(row))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%d of %d lineages have exactly the mutations that were published of them.\nSee %s and %s.\n",
		right, len(all), filepath.Join(dir, "mutations.tsv"), filepath.Join(dir, "mutations.svg"))
	if err == nil && right != len(all) {
		err = fmt.Errorf("%d of %d lineages were called otherwise than published", len(all)-right, len(all))
	}
	return err
}

// sameMutations says whether a row has the substitutions, deletions and
// insertions of the calls, and no others.
func sameMutations(calls *virus.Calls, row map[string]string) bool {
	want := strings.Split(strings.TrimPrefix(string(calls.AppendChanges(nil)), "\t"), "\t")
	return row["substitutions"] == want[0] && row["deletions"] == want[1] && row["insertions"] == want[2]
}

// spike is the amino-acid changes of the spike protein that fit a line.
func spike(row map[string]string) string {
	const most = 4
	var of []string
	for _, column := range []string{"aaSubstitutions", "aaDeletions", "aaInsertions"} {
		for change := range strings.SplitSeq(row[column], ",") {
			if s, ok := strings.CutPrefix(change, "S:"); ok {
				of = append(of, s)
			}
		}
	}
	if n := len(of); n > most {
		return strings.Join(of[:most], " ") + fmt.Sprintf(" … %d in all", n)
	}
	return strings.Join(of, " ")
}
