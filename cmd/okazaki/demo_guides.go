package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"text/tabwriter"

	"okazaki"
	"okazaki/analysis/virus"
)

// demoTarget is the receptor-binding motif in the spike gene: letters from 1,
// the last included.
const demoTarget = "22871-23080"

// demoGuides asks "okazaki guide" for the guides of a target and prints the
// best.
func (a *app) demoGuides(ctx context.Context, dir string, ref *virus.Reference) error {
	paths, err := a.writeFolder(folderful{dir: dir, command: "demo", names: demoFiles["guides"], write: func(out okazaki.Outputs) error {
		return writeFile(out, "genome.fasta", func(w io.Writer) error {
			_, err := fmt.Fprintf(w, ">%s\n%s\n", ref.Name, ref.Sequence)
			return err
		})
	}})
	if err != nil {
		return err
	}
	root := a.root()
	root.SetArgs([]string{"guide", "--genome", paths[0], "--target", ref.Name + ":" + demoTarget, "-k", "4", "--html", "-o", dir})
	if err := root.ExecuteContext(ctx); err != nil {
		return err
	}
	rows, err := readTable(filepath.Join(dir, "guides.tsv"))
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "\nGuides of the receptor-binding motif, the best of %d\noff-targets\tCFD specificity\tRule Set 1\tguide\tPAM\n", len(rows))
	for _, row := range rows[:min(5, len(rows))] {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", row["off_targets"], row["cfd_specificity"], row["rule_set_1"], row["guide"], row["pam"])
	}
	return t.Flush()
}
