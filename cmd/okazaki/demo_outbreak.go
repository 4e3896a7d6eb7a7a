package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"okazaki"
	"okazaki/analysis/virus"
	"okazaki/analysis/virus/simulate"
)

// demoGenomes is how many genomes the demo's outbreak has.
const demoGenomes = 2000

// demoOutbreak simulates an outbreak, asks of it what "okazaki virus" asks, and
// checks the answer against the truth.
func (a *app) demoOutbreak(ctx context.Context, dir string, ref *virus.Reference) error {
	outbreak, err := simulate.New(ref, simulate.Options{Seed: 1, Genomes: demoGenomes})
	if err != nil {
		return err
	}
	var genomes bytes.Buffer
	if err := outbreak.Write(ctx, simulate.Files{Genomes: simulate.File{Writer: &genomes}}); err != nil {
		return err
	}
	letters := genomes.Bytes()
	a.in = bytes.NewReader(letters)
	root := a.root()
	root.SetArgs([]string{"virus", "--recombinants", "0.05", "--html", "-o", dir, "-"})
	if err := root.ExecuteContext(ctx); err != nil {
		return err
	}
	_, err = a.writeFolder(folderful{dir: dir, command: "demo", names: demoFiles["outbreak"], write: func(out okazaki.Outputs) error {
		return writeFile(out, "genomes.fasta", func(w io.Writer) error { _, err := w.Write(letters); return err })
	}})
	if err != nil {
		return err
	}
	return a.printOutbreak(dir, outbreak)
}

// printOutbreak says how the answer compares with the truth.
func (a *app) printOutbreak(dir string, outbreak *simulate.Outbreak) error {
	tables := map[string][]map[string]string{}
	for _, name := range []string{"mutations.tsv", "neighbours.tsv", "clusters.tsv", "distances.tsv", "recombinants.tsv"} {
		rows, err := readTable(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		tables[name] = rows
	}
	lineage := map[string]string{}
	recombinant := map[string]bool{}
	right := 0
	for i, rec := range outbreak.All(0, outbreak.Records()) {
		lineage[rec.Name] = rec.Lineage
		if rec.Donor != "" || strings.HasPrefix(rec.Lineage, "X") { // itself, or its lineage's founder
			recombinant[rec.Name] = true
		}
		if row := tables["mutations.tsv"][i]; row["seqName"] == rec.Name && sameMutations(&rec.Calls, row) {
			right++
		}
	}
	near, same := map[string]bool{}, 0
	for _, row := range tables["neighbours.tsv"] {
		if name := row["seqName"]; !near[name] { // the nearest comes first
			near[name] = true
			if lineage[name] == lineage[row["neighbour"]] {
				same++
			}
		}
	}
	clusters := map[string]bool{}
	for _, row := range tables["clusters.tsv"] {
		clusters[row["cluster"]] = true
	}
	joined := 0
	for _, row := range tables["recombinants.tsv"] {
		if recombinant[row["seqName"]] {
			joined++
		}
	}
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "\nA simulated outbreak\t%d genomes over a year\n", outbreak.Records())
	fmt.Fprintf(t, "  mutations as simulated\t%d of %d genomes\n", right, outbreak.Records())
	fmt.Fprintf(t, "  compared with each other\t%d pairs, up to %s differences apart\n",
		outbreak.Records()*(outbreak.Records()-1)/2, tables["distances.tsv"][len(tables["distances.tsv"])-1]["distance"])
	fmt.Fprintf(t, "  nearest neighbour of the same lineage\t%d of %d\n", same, len(near))
	fmt.Fprintf(t, "  clusters at 2 differences\t%d\n", len(clusters))
	fmt.Fprintf(t, "  recombinants found\t%d of %d, and %d others\n", joined, len(recombinant), len(tables["recombinants.tsv"])-joined)
	if err := t.Flush(); err != nil {
		return err
	}
	if right != outbreak.Records() {
		return fmt.Errorf("%d of %d simulated genomes were called otherwise than simulated", outbreak.Records()-right, outbreak.Records())
	}
	return nil
}
