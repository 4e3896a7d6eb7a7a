package virus_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"okazaki/analysis/analysistest"
	"okazaki/analysis/virus"
	"okazaki/analysis/virus/simulate"
)

// outbreak simulates genomes of a reference.
func outbreak(t testing.TB, ref *virus.Reference, o simulate.Options) (*simulate.Outbreak, []byte) {
	t.Helper()
	made, err := simulate.New(ref, o)
	if err != nil {
		t.Fatal(err)
	}
	var genomes bytes.Buffer
	if err := made.Write(context.Background(), simulate.Files{Genomes: simulate.File{Writer: &genomes}}); err != nil {
		t.Fatal(err)
	}
	return made, genomes.Bytes()
}

// TestRecombinants holds what is found against a simulated outbreak's truth: of
// what is said to be recombinant all is, or descends from one that is, and the
// breakpoints are where they were.
func TestRecombinants(t *testing.T) {
	made, genomes := outbreak(t, virus.SARS2(), simulate.Options{Seed: 12, Genomes: 2000, Recombinants: 0.05})
	out := analysistest.Answer(t, virus.Analysis, `{"recombinants": 0.1, "nearest": 0, "cluster": -1}`,
		[]analysistest.Input{inMemory("genomes", "genomes.fasta", genomes)}, 0)
	found := map[string]map[string]string{}
	for _, row := range table2(out["recombinants.tsv"]) {
		found[row["seqName"]] = row
	}
	recombinants, right := 0, 0
	for _, rec := range made.All(0, made.Records()) {
		row := found[rec.Name]
		switch {
		case rec.Donor != "":
			recombinants++
			if row != nil {
				right++
				checkBreakpoints(t, rec, row["breakpoints"])
			}
		case row != nil && !strings.HasPrefix(rec.Lineage, "X"):
			t.Errorf("%s of %s is no recombinant: %v", rec.Name, rec.Lineage, row)
		}
	}
	t.Logf("found %d of %d recombinants", right, recombinants)
	if right < recombinants/3 {
		t.Errorf("found %d of %d recombinants, want a third", right, recombinants)
	}
}

// checkBreakpoints wants each breakpoint that is said around one that is.
func checkBreakpoints(t *testing.T, rec *simulate.Record, said string) {
	for _, b := range strings.Split(said, ",") {
		lo, hi, _ := strings.Cut(b, "-")
		after, err1 := strconv.Atoi(lo)
		before, err2 := strconv.Atoi(hi)
		within := func(at int) bool { return after <= at && at < before } // at letters are left of it
		if err1 != nil || err2 != nil || !within(rec.Donated.Lo) && !within(rec.Donated.Hi) {
			t.Errorf("%s: breakpoints %s, and the donor gave %v", rec.Name, said, rec.Donated)
		}
	}
}

// TestRecombinantsCutAnyWay holds the stage to the engines' contract.
func TestRecombinantsCutAnyWay(t *testing.T) {
	fasta, err := os.ReadFile(filepath.Join("testdata", "small", "reference.fasta"))
	if err != nil {
		t.Fatal(err)
	}
	ref, err := virus.NewReference("reference.fasta", fasta, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, genomes := outbreak(t, ref, simulate.Options{Seed: 4, Genomes: 90, Recombinants: 0.3, Rate: 0.02, Dropout: -1})
	inputs := []analysistest.Input{inMemory("genomes", "genomes.fasta", genomes), smallFile("reference", "reference.fasta")}
	const params = `{"recombinants": 0.4, "nearest": 0, "cluster": -1}`
	analysistest.Run(t, virus.InSmallPieces(smallBatch, smallTile),
		analysistest.Case{Name: "recombinants", Params: params, Inputs: inputs,
			Check: func(t testing.TB, out map[string][]byte) {
				if n := bytes.Count(out["recombinants.tsv"], []byte("\n")); n < 4 {
					t.Errorf("%d rows of recombinants", n-1)
				}
				if want := analysistest.Answer(t, virus.Analysis, params, inputs, 0); !bytes.Equal(out["recombinants.tsv"], want["recombinants.tsv"]) {
					t.Error("recombinants differ in small pieces")
				}
			},
			Broken: []analysistest.Broken{
				{Name: "a chance of more than one", Params: `{"recombinants": 2}`, Want: "recombinants 2 is out of range"},
				{Name: "none compared", Params: `{"recombinants": 0.1, "only": "mutations"}`, Want: "leave out --only or --recombinants"},
			}})
}
