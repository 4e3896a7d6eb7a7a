package virus_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"okazaki/analysis/virus"
)

// A hundred bases of a genome are not a good one, and their row says how little
// there is.
func TestFragmentsAreNotGood(t *testing.T) {
	seq := virus.SARS2().Sequence
	for _, test := range []struct {
		bases           int
		status, warning string
	}{
		{len(seq), "good", ""},
		{len(seq) * 6 / 10, "good", ""},
		{len(seq) * 49 / 100, "good", "a fragment: 49 % of the reference"},
		{len(seq) * 3 / 10, "mediocre", "a fragment: 30 % of the reference"},
		{100, "bad", "a fragment: 0.33 % of the reference"},
	} {
		row := called(sars2(), record{"q", seq[:test.bases]})
		if row["qc.fragment.status"] != test.status || row["qc.overallStatus"] != test.status || row["warnings"] != test.warning {
			t.Errorf("%d bases: %s, %s, %q", test.bases, row["qc.fragment.status"], row["qc.overallStatus"], row["warnings"])
		}
	}
}

// Of a genome that doesn't tell what decides, all nodes are named that are as
// near, and the sites at which they differ.
func TestPlacementSaysHowSureItIs(t *testing.T) {
	f, err := os.Open(toyFile("genomes.fasta"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c := toy(t).NewCaller()
	records(t, f, func(rec record) bool {
		row := called(c, rec)
		if row["errors"] != "" {
			return true
		}
		var clades []string
		nodes := 0
		for _, share := range list(row["placement.clades"]) {
			clade, n, _ := strings.Cut(share, ":")
			clades = append(clades, clade)
			nodes += atoi(t, n)
		}
		if !slices.Contains(clades, row["clade"]) || nodes != atoi(t, row["placement.nodes"]) || row["placement.deepestNode"] == "" {
			t.Errorf("%s: clade %s of %s; %s nodes, in %s", rec.name, row["clade"], row["placement.clades"], row["placement.nodes"], row["placement.deepestNode"])
		}
		if atoi(t, row["placement.totalUndecidedSites"]) != len(list(row["placement.undecidedSites"])) {
			t.Errorf("%s: %s undecided sites, %s", rec.name, row["placement.totalUndecidedSites"], row["placement.undecidedSites"])
		}
		if warned := strings.Contains(row["warnings"], "clades are equally near"); warned != (len(clades) > 1) {
			t.Errorf("%s: clades %s, warnings %q", rec.name, row["placement.clades"], row["warnings"])
		}
		return true
	})
	reference := toyReference(t)
	mask := func(s string, positions ...int) []byte { // from 1
		b := []byte(s)
		for _, p := range positions {
			b[p-1] = 'N'
		}
		return b
	}
	b1 := []byte(reference) // the node B.1's genome
	for _, m := range []string{"C124A", "G371C", "G414A", "G515A", "C568G", "G654A", "T78C", "T715G"} {
		b1[atoi(t, m[1:len(m)-1])-1] = m[len(m)-1]
	}
	for _, test := range []struct {
		name                                        string
		q                                           []byte
		nodes, clades, lineages, deepest, undecided string
	}{
		{"a node's own", b1, "1", "21A:1", "B.1:1", "B.1", ""},
		{"half of what is its own unknown", mask(string(b1), 78), "1", "21A:1", "B.1:1", "B.1", ""},
		{"all of it unknown", mask(string(b1), 78, 715), "2", "21A:2", "B:1,B.1:1", "B", "78,715"},
	} {
		row := called(c, record{"q", test.q})
		got := []string{row["placement.nodes"], row["placement.clades"], row["placement.lineage"], row["placement.deepestNode"], row["placement.undecidedSites"]}
		if want := []string{test.nodes, test.clades, test.lineages, test.deepest, test.undecided}; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", test.name, got, want)
		}
	}
}

// Of 200 real genomes most are as near to several nodes, and half to nodes of
// several lineages.
func TestTiesOfRealGenomes(t *testing.T) {
	c := nextclade(t).NewCaller()
	n, nodes, lineages, clades := 0, 0, 0, 0
	records(t, data(t, "sars2/ncov/example_sequences.fasta.gz"), func(rec record) bool {
		row := called(c, rec)
		if row["errors"] != "" {
			return true
		}
		n++
		if row["placement.nodes"] != "1" {
			nodes++
		}
		if len(list(row["placement.Nextclade_pango"])) > 1 {
			lineages++
		}
		if len(list(row["placement.clades"])) > 1 {
			clades++
		}
		return true
	})
	t.Logf("of %d genomes %d tie between nodes, %d between lineages, %d between clades", n, nodes, lineages, clades)
	if nodes < n/2 || lineages == 0 || lineages > nodes {
		t.Error("ties are not as they were")
	}
}
