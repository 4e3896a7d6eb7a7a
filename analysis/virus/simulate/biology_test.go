package simulate_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"okazaki/analysis/virus"
	"okazaki/analysis/virus/simulate"
)

// table returns the rows of a table by column.
func table(text []byte) (rows []map[string]string) {
	var header []string
	for i, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		f := strings.Split(line, "\t")
		if i == 0 {
			header = f
			continue
		}
		row := map[string]string{}
		for j, name := range header {
			row[name] = f[j]
		}
		rows = append(rows, row)
	}
	return rows
}

// TestLineagesGrowAsTheTableSays fits the logarithm of the ratio of a lineage
// and a common one to the days.
func TestLineagesGrowAsTheTableSays(t *testing.T) {
	o := outbreak(t, simulate.Options{Genomes: 20000, Days: 210, Lineages: 20})
	var lineages bytes.Buffer
	if err := o.Write(context.Background(), simulate.Files{Lineages: simulate.File{Writer: &lineages}}); err != nil {
		t.Fatal(err)
	}
	cases := map[string][]float64{} // by week
	for _, r := range o.All(0, o.Records()) {
		if cases[r.Lineage] == nil {
			cases[r.Lineage] = make([]float64, 30)
		}
		cases[r.Lineage][int(r.Date.Sub(o.Start()).Hours()/24/7)]++
	}
	const common = "B.1"
	growth := map[string]float64{}
	fitted := 0
	for _, l := range table(lineages.Bytes()) {
		growth[l["lineage"]], _ = strconv.ParseFloat(l["growth"], 64)
	}
	for _, l := range table(lineages.Bytes()) {
		slope, e, ok := logistic(cases[l["lineage"]], cases[common])
		if !ok {
			continue
		}
		fitted++
		if want := growth[l["lineage"]] - growth[common]; math.Abs(slope-want) > 4*e {
			t.Errorf("%s grows %.4f ± %.4f a day over %s, not %.4f", l["lineage"], slope, e, common, want)
		}
	}
	if fitted < 5 {
		t.Errorf("%d lineages have enough cases", fitted)
	}
}

// logistic fits the odds of a against b, by week, by weighted least squares. It
// returns the slope and its standard error.
func logistic(a, b []float64) (slope, e float64, ok bool) {
	var w, x, y, xx, xy float64
	for i := range min(len(a), len(b)) {
		if a[i] < 5 || b[i] < 5 {
			continue
		}
		weight := a[i] * b[i] / (a[i] + b[i])
		day, odds := float64(i)*7, math.Log(a[i]/b[i])
		w, x, y, xx, xy = w+weight, x+weight*day, y+weight*odds, xx+weight*day*day, xy+weight*day*odds
	}
	d := w*xx - x*x
	return (w*xy - x*y) / d, math.Sqrt(w / d), w > 50
}

// TestSubstitutionsAreLikeTheVirus counts kinds of substitutions on branches.
func TestSubstitutionsAreLikeTheVirus(t *testing.T) {
	kinds, n := map[string]float64{}, 0.0
	seen := map[virus.Substitution]bool{}
	for _, r := range outbreak(t, simulate.Options{Genomes: 5000}).All(0, 5000) {
		for _, s := range r.Calls.Substitutions {
			if !seen[s] {
				seen[s] = true
				kinds[string([]byte{s.Ref, '>', s.Alt})]++
				n++
			}
		}
	}
	for kind, want := range map[string][2]float64{"C>T": {0.2, 0.5}, "G>T": {0.12, 0.35}, "A>G": {0.04, 0.2}, "T>C": {0.04, 0.2}, "C>G": {0, 0.02}} {
		if got := kinds[kind] / n; got < want[0] || got > want[1] {
			t.Errorf("%.3f of the substitutions are %s", got, kind)
		}
	}
	if n < 1000 {
		t.Errorf("%v substitutions", n)
	}
}

// TestTheTreeHoldsTheGenomes reads the Newick: its leaves are the records of
// this virus, and each hangs from the parent that the truth names.
func TestTheTreeHoldsTheGenomes(t *testing.T) {
	o := outbreak(t, odd)
	_, truth, tree, _ := files(t, o, false)
	parents, leaves := newick(t, string(tree))
	n := 0
	for _, r := range table(truth) {
		if r["kind"] == "other" {
			continue
		}
		n++
		if !leaves[r["name"]] {
			t.Errorf("%s is not a leaf", r["name"])
		}
		// A record that infected others hangs from its own branch.
		if p := parents[r["name"]]; p != r["parent"] && parents[p] != r["parent"] && !leaves[r["parent"]] {
			t.Errorf("%s hangs from %s, not %s", r["name"], p, r["parent"])
		}
	}
	if len(leaves) != n {
		t.Errorf("%d leaves, %d records", len(leaves), n)
	}
}

// newick returns the parent of each name, and which are leaves.
func newick(t *testing.T, text string) (parents map[string]string, leaves map[string]bool) {
	parents, leaves = map[string]string{}, map[string]bool{}
	var open [][]string
	var last []string // children of the group that was closed last
	text = strings.TrimSuffix(text, ";\n")
	for i := 0; i < len(text); {
		switch text[i] {
		case '(':
			open = append(open, nil)
			i++
		case ',':
			i++
		case ')':
			last, open = open[len(open)-1], open[:len(open)-1]
			i++
		}
		if i < len(text) && strings.IndexByte("(,)", text[i]) >= 0 {
			continue
		}
		end := i + strings.IndexAny(text[i:]+",", "(,)")
		name, _, _ := strings.Cut(text[i:end], ":")
		if last == nil {
			leaves[name] = true
		}
		for _, child := range last {
			parents[child] = name
		}
		if last = nil; len(open) > 0 {
			open[len(open)-1] = append(open[len(open)-1], name)
		}
		i = end
	}
	return parents, leaves
}

// TestRecombinantsHaveTwoParents checks a recombinant against the genomes of
// both, where both were read.
func TestRecombinantsHaveTwoParents(t *testing.T) {
	o := outbreak(t, simulate.Options{Genomes: 4000, Recombinants: 0.02, Dropout: -1, Unread: -1, Ambiguous: -1, Ragged: -1})
	genomes := map[string]map[string]bool{}
	n := 0
	for _, r := range o.All(0, o.Records()) {
		own := map[string]bool{}
		for _, s := range r.Calls.Substitutions {
			own[fmt.Sprint(s.Pos, s.Alt)] = true
		}
		genomes[r.Name] = own
		donor := genomes[r.Donor]
		if r.Donor == "" || donor == nil {
			continue
		}
		n++
		for _, s := range r.Calls.Substitutions {
			if r.Donated.Contains(s.Pos) && !donor[fmt.Sprint(s.Pos, s.Alt)] {
				t.Errorf("%s has %v of %s, which doesn't have it", r.Name, s, r.Donor)
			}
		}
	}
	if n < 20 {
		t.Errorf("%d recombinants", n)
	}
}

// TestAnyVirus makes an outbreak of a made-up virus without genes.
func TestAnyVirus(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	text := []byte(">made-up\n")
	for range 2000 {
		text = append(text, "ACGT"[rng.IntN(4)])
	}
	ref, err := virus.NewReference("made-up.fasta", text, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	o, err := simulate.New(ref, simulate.Options{Genomes: 500, Indels: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	caller, wrong := virus.NewCaller(ref, virus.Params{LeftGaps: true}), 0
	for _, r := range o.All(0, 500) {
		if got, want := shown(caller.Call(r.Sequence)), shown(&r.Calls); got != want {
			if wrong++; wrong > 5 {
				t.Errorf("%s:\ngot  %s\nwant %s", r.Name, got, want)
			}
		}
	}
	if _, err := simulate.New(&virus.Reference{Sequence: bytes.Repeat([]byte("ACGT"), 100)}, simulate.Options{}); err == nil {
		t.Error("a short reference")
	}
}

func ExampleNew() {
	outbreak, err := simulate.New(virus.SARS2(), simulate.Options{Seed: 7, Genomes: 10000})
	if err != nil {
		panic(err)
	}
	for _, r := range outbreak.All(4000, 4003) {
		fmt.Println(r.Name, r.Date.Format("2006-01-02"), r.Region, r.Lineage, len(r.Calls.Substitutions))
	}
	// Output:
	// Vega/04001/2020 2020-04-04 West B.1 8
	// Vega/04002/2020 2020-04-04 East B.1.1 11
	// Vega/04003/2020 2020-04-04 South B.1.1 11
}
