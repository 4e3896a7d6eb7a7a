package virus_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
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
			t.Errorf("%s of %s is not a recombinant: %v", rec.Name, rec.Lineage, row)
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

// TestMixtures holds what is said to be a mixture against the truth, and which
// lineages are said to be in it.
func TestMixtures(t *testing.T) {
	made, genomes := outbreak(t, virus.SARS2(), simulate.Options{Seed: 21, Genomes: 1500, Mixed: 0.03})
	out := analysistest.Answer(t, virus.Analysis, `{"recombinants": 0.01, "nearest": 0, "cluster": -1}`,
		[]analysistest.Input{inMemory("genomes", "genomes.fasta", genomes)}, 0)
	found := map[string]map[string]string{}
	for _, row := range table2(out["mixtures.tsv"]) {
		found[row["seqName"]] = row
	}
	lineage, partner := map[string]string{}, map[string]string{}
	for _, rec := range made.All(0, made.Records()) {
		if lineage[rec.Name] = rec.Lineage; rec.Kind == simulate.Mixed {
			partner[rec.Name] = rec.Partner
		}
	}
	for name, row := range found {
		if partner[name] == "" {
			t.Errorf("%s is not a mixture: %v", name, row)
			continue
		}
		want := []string{lineage[name], lineage[partner[name]]}
		got := []string{lineage[row["one"]], lineage[row["other"]]}
		if slices.Sort(want); !slices.Equal(want, slices.Sorted(slices.Values(got))) {
			t.Errorf("%s mixes %v, not %v", name, want, got)
		}
	}
	t.Logf("found %d of %d mixtures", len(found), len(partner))
	if len(found) < len(partner)*3/4 {
		t.Errorf("found %d of %d mixtures, want three in four", len(found), len(partner))
	}
}

// TestRecombinantsCutAnyWay holds the stage to the engines' contract.
func TestRecombinantsCutAnyWay(t *testing.T) {
	fasta, err := os.ReadFile(filepath.Join("testdata", "small", "reference.fasta"))
	if err != nil {
		t.Fatal(err)
	}
	ref, err := virus.NewReference("reference.fasta", fasta, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, genomes := outbreak(t, ref, simulate.Options{Seed: 7, Genomes: 45, Recombinants: 0.4, Rate: 0.04, Dropout: -1, Mixed: 0.1})
	inputs := []analysistest.Input{inMemory("genomes", "genomes.fasta", genomes), smallFile("reference", "reference.fasta")}
	const params = `{"recombinants": 0.4, "nearest": 0, "cluster": -1}`
	analysistest.Run(t, virus.InSmallPieces(smallBatch, smallTile),
		analysistest.Case{Name: "recombinants", Params: params, Inputs: inputs,
			Check: func(t testing.TB, out map[string][]byte) {
				if n := bytes.Count(out["recombinants.tsv"], []byte("\n")); n < 4 {
					t.Errorf("%d rows of recombinants", n-1)
				}
				if n := bytes.Count(out["mixtures.tsv"], []byte("\n")); n < 2 {
					t.Errorf("%d rows of mixtures", n-1)
				}
				want := analysistest.Answer(t, virus.Analysis, params, inputs, 0)
				for _, name := range []string{"recombinants.tsv", "mixtures.tsv"} {
					if !bytes.Equal(out[name], want[name]) {
						t.Errorf("%s differs in small pieces", name)
					}
				}
			},
			Broken: []analysistest.Broken{
				{Name: "a chance of more than one", Params: `{"recombinants": 2}`, Want: "recombinants 2 is out of range"},
				{Name: "none compared", Params: `{"recombinants": 0.1, "only": "mutations"}`, Want: "leave out --only or --recombinants"},
			}})
}

// TestKnownRecombinants finds the first recombinant lineages among the
// consensus genomes of theirs and of the lineages of that time, with the
// parents that were published (pango-designation's lineage notes; XA: Jackson
// et al. 2021, Cell 184:5179).
func TestKnownRecombinants(t *testing.T) {
	parents := map[string][2]string{"XA": {"B.1.177", "B.1.1.7"}, "XC": {"AY.29", "B.1.1.7"}, "XD": {"AY.4", "BA.1"},
		"XE": {"BA.1", "BA.2"}, "XF": {"AY.", "BA.1"}, "XH": {"BA.1", "BA.2"}, "XJ": {"BA.1", "BA.2"}, "XS": {"AY.", "BA.1"}}
	var genomes []byte
	records(t, data(t, "sars2/pango/pango-consensus-sequences_genome-nuc.fasta.zst"), func(rec record) bool {
		old := func(prefix string) bool { return rec.name == prefix || strings.HasPrefix(rec.name, prefix+".") }
		if _, known := parents[rec.name]; known || slices.ContainsFunc([]string{"B.1.177", "B.1.1.7", "Q", "AY", "BA.1", "BA.2"}, old) {
			genomes = appendFASTA(genomes, rec.name, rec.seq)
		}
		return true
	})
	out := analysistest.Answer(t, virus.Analysis, `{"recombinants": 0.01, "nearest": 0, "cluster": -1}`,
		[]analysistest.Input{inMemory("genomes", "pango.fasta", genomes)}, 0)
	found := map[string]bool{}
	for _, row := range table2(out["recombinants.tsv"]) {
		want, known := parents[row["seqName"]]
		switch found[row["seqName"]] = true; {
		case !known:
			t.Errorf("%s is not a recombinant: %v", row["seqName"], row)
		case !strings.HasPrefix(row["parent"], want[0]) || !strings.HasPrefix(row["donor"], want[1]):
			t.Errorf("%s has the parents %s and %s, want %v", row["seqName"], row["parent"], row["donor"], want)
		}
	}
	for name := range parents {
		if !found[name] {
			t.Errorf("%s is not found", name)
		}
	}
}

// TestNoRecombinants finds none among 418 real genomes of the first year, raw
// as they were submitted.
func TestNoRecombinants(t *testing.T) {
	genomes, err := io.ReadAll(data(t, "sars2/ncov/example_sequences.fasta.gz"))
	if err != nil {
		t.Fatal(err)
	}
	out := analysistest.Answer(t, virus.Analysis, `{"recombinants": 0.2, "nearest": 0, "cluster": -1}`,
		[]analysistest.Input{inMemory("genomes", "ncov.fasta", genomes)}, 0)
	if rows := table2(out["recombinants.tsv"]); len(rows) > 0 {
		t.Errorf("%d recombinants, the first %v", len(rows), rows[0])
	}
}
