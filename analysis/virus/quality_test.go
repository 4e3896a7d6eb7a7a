package virus_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki/analysis/virus"
)

func TestClusters(t *testing.T) {
	for _, c := range []struct {
		positions      []int
		window, cutOff int
		want           [][3]int
	}{
		{nil, 10, 2, nil},
		{[]int{100, 200, 300}, 10, 2, nil},
		{[]int{100, 105, 109}, 10, 2, [][3]int{{100, 109, 3}}},
		{[]int{100, 105, 110}, 10, 2, [][3]int{{100, 110, 3}}}, // the window's ends are both in it
		{[]int{100, 105, 111}, 10, 2, nil},
		{[]int{100, 105, 109, 500, 503, 506, 509}, 10, 2, [][3]int{{100, 109, 3}, {500, 509, 4}}},
		{[]int{100, 104, 108, 112, 116}, 10, 2, [][3]int{{100, 116, 5}}}, // a cluster grows beyond a window
		{[]int{4, 12}, 5, 0, [][3]int{{4, 4, 1}, {12, 12, 1}}},
		{[]int{4, 12}, 5, 1, nil},
	} {
		if got := virus.Clusters(c.positions, c.window, c.cutOff); !slices.Equal(got, c.want) {
			t.Errorf("%v in %d, more than %d: %v, want %v", c.positions, c.window, c.cutOff, got, c.want)
		}
	}
}

// A substitution is in a cluster exactly if a window that ends there, or at a
// later one that it is in, has more than the cut-off.
func TestClustersHoldAllCrowds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		positions := rapid.SliceOfNDistinct(rapid.IntRange(0, 300), 0, 60, rapid.ID[int]).Draw(t, "positions")
		window, cutOff := rapid.IntRange(0, 60).Draw(t, "window"), rapid.IntRange(1, 6).Draw(t, "cut-off")
		slices.Sort(positions)
		crowded := map[int]bool{}
		for _, end := range positions {
			var within []int
			for _, p := range positions {
				if p <= end && p >= end-window {
					within = append(within, p)
				}
			}
			for _, p := range within {
				crowded[p] = crowded[p] || len(within) > cutOff
			}
		}
		clusters := virus.Clusters(positions, window, cutOff)
		for _, p := range positions {
			in := slices.ContainsFunc(clusters, func(c [3]int) bool { return c[0] <= p && p <= c[1] })
			if in != crowded[p] {
				t.Fatalf("%d of %v: in a cluster %v, crowded %v; window %d, more than %d", p, positions, in, crowded[p], window, cutOff)
			}
		}
	})
}

// toy returns the dataset in testdata/toy.
func toy(tb testing.TB) *virus.Dataset {
	tb.Helper()
	d, err := virus.ReadDataset("toy", func(file string) ([]byte, error) { return os.ReadFile(toyFile(file)) })
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// Each score is its rule's formula over the counts in the same row.
func TestScoresFollowFromTheRow(t *testing.T) {
	f, err := os.Open(toyFile("genomes.fasta"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c := toy(t).NewCaller()
	number := func(s string) float64 {
		x, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	seen := map[string]int{}
	records(t, f, func(rec record) bool {
		row := called(c, rec)
		if row["errors"] != "" {
			return true
		}
		n := func(column string) float64 { return number(row[column]) }
		private := 6*n("privateNucMutations.totalReversionSubstitutions") + 4*n("privateNucMutations.totalLabeledSubstitutions") +
			n("privateNucMutations.totalUnlabeledSubstitutions") - 2
		crowded := 0.0
		for _, cluster := range list(row["qc.snpClusters.clusteredSNPs"]) {
			_, size, _ := strings.Cut(cluster, ":")
			crowded += number(size)
		}
		sum := 0.0
		for rule, want := range map[string]float64{
			"missingData": max(0, n("totalMissing")-10), "mixedSites": 25 * n("totalNonACGTNs"),
			"privateMutations": max(0, n("qc.privateMutations.excess")) * 10,
			"snpClusters":      50 * float64(len(list(row["qc.snpClusters.clusteredSNPs"]))),
			"fragment":         max(0, 200-400*n("qc.fragment.alignedShare")), "frameShifts": 75 * n("qc.frameShifts.totalFrameShifts"), "stopCodons": 75 * n("qc.stopCodons.totalStopCodons"),
		} {
			score := n("qc." + rule + ".score")
			sum += score * score / 100
			status := "good"
			if want >= 100 {
				status = "bad"
			} else if want >= 30 {
				status = "mediocre"
			}
			if score != want || row["qc."+rule+".status"] != status {
				t.Errorf("%s: %s scores %v, %s; want %v, %s", rec.name, rule, score, row["qc."+rule+".status"], want, status)
			}
			if want > 0 {
				seen[rule]++
			}
		}
		if !sameValue(ftoa(sum), ftoa(n("qc.overallScore"))) || n("qc.snpClusters.totalSNPs") != crowded || n("qc.privateMutations.excess") < private {
			t.Errorf("%s: overall %s, want %v; %s SNPs in clusters, want %v; excess %s, substitutions alone %v", rec.name,
				row["qc.overallScore"], sum, row["qc.snpClusters.totalSNPs"], crowded, row["qc.privateMutations.excess"], private)
		}
		if int(n("totalFrameShifts")) != int(n("qc.frameShifts.totalFrameShifts")+n("qc.frameShifts.totalFrameShiftsIgnored")) {
			t.Errorf("%s: %s frame shifts", rec.name, row["totalFrameShifts"])
		}
		return true
	})
	if len(seen) != 6 {
		t.Errorf("only the rules %v are tried", seen)
	}
	for name, want := range map[string]string{"stop": "spike:22 75", "ignored": " 0", "shifted": " 0"} {
		row := called(c, record{name: name, seq: toyGenome(t, name)})
		if got := row["qc.stopCodons.stopCodons"] + " " + row["qc.stopCodons.score"]; got != want {
			t.Errorf("%s: stop codons %s, want %s", name, got, want)
		}
	}
	if row := called(c, record{name: "shifted", seq: toyGenome(t, "shifted")}); row["qc.frameShifts.frameShiftsIgnored"] != "spike:81-100" {
		t.Errorf("frame shifts ignored: %s", row["qc.frameShifts.frameShiftsIgnored"])
	}
}

func toyGenome(t *testing.T, name string) (seq []byte) {
	f, err := os.Open(filepath.Join("testdata", "toy", "genomes.fasta"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records(t, f, func(rec record) bool {
		if rec.name == name {
			seq = slices.Clone(rec.seq)
		}
		return seq == nil
	})
	return seq
}

// The rows of real genomes read again say what the calls said.
func TestTableReadsRowsBack(t *testing.T) {
	d := nextclade(t)
	c, table := d.NewCaller(), d.NewTable()
	records(t, data(t, "sars2/ncov/example_sequences.fasta.gz"), func(rec record) bool {
		calls := c.Call(rec.seq)
		row := c.AppendRow(nil, 7, rec.name, calls)
		if err := table.Read(row[:len(row)-1]); err != nil {
			t.Fatal(err)
		}
		got, err := table.Calls()
		if err != nil {
			t.Fatal(err)
		}
		of := func(c *virus.Calls) string {
			return fmt.Sprint(c.Problem, c.Reverse, c.Aligned, c.Substitutions, c.Deletions, c.Missing, c.Ambiguous, c.Insertions)
		}
		if of(got) != of(calls) || table.Name() != rec.name {
			t.Fatalf("%s: %s, read again %s: %s", rec.name, of(calls), table.Name(), of(got))
		}
		return true
	})
}

func FuzzDataset(f *testing.F) {
	files := map[string][]byte{}
	for _, name := range []string{"reference.fasta", "genome_annotation.gff3", "tree.json", "pathogen.json"} {
		b, err := os.ReadFile(toyFile(name))
		if err != nil {
			f.Fatal(err)
		}
		files[name] = b
	}
	f.Add(files["pathogen.json"])
	seq := []byte(toyReference(f))
	f.Fuzz(func(t *testing.T, pathogen []byte) {
		d, err := virus.ReadDataset("toy", func(file string) ([]byte, error) {
			b, ok := files[file]
			switch {
			case file == "pathogen.json":
				return pathogen, nil
			case !ok:
				return nil, os.ErrNotExist
			}
			return b, nil
		})
		if err == nil {
			c := d.NewCaller()
			c.AppendRow(nil, 0, "x", c.Call(seq))
		}
	})
}
