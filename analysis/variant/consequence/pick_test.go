package consequence_test

import (
	"testing"

	"okazaki/analysis/variant/consequence"
	"okazaki/analysis/variant/gene"
	"okazaki/genome"
)

// TestPick checks the order: each element is picked before the next.
func TestPick(t *testing.T) {
	exon := []genome.Region{{Lo: 0, Hi: 90}}
	order := []consequence.Consequence{
		{Transcript: &gene.Transcript{ManeSelect: "NM_1"}, Terms: consequence.Of(consequence.Downstream)},
		{Transcript: &gene.Transcript{ManePlus: "NM_2"}},
		{Transcript: &gene.Transcript{Canonical: true}},
		{Transcript: &gene.Transcript{APPRIS: "principal2"}},
		{Transcript: &gene.Transcript{APPRIS: "alternative1"}},
		{Transcript: &gene.Transcript{TSL: "1 (assigned to previous version 3)"}},
		{Transcript: &gene.Transcript{TSL: "5"}},
		{Transcript: &gene.Transcript{Biotype: "protein_coding", TSL: "NA", CCDS: "CCDS1"}},
		{Transcript: &gene.Transcript{Biotype: "protein_coding"}, Terms: consequence.Of(consequence.StopGained)},
		{Transcript: &gene.Transcript{Biotype: "protein_coding", Exons: exon}, Terms: consequence.Of(consequence.Missense)},
		{Transcript: &gene.Transcript{Biotype: "protein_coding", Exons: exon, Coding: genome.Region{Lo: 30, Hi: 60}}, Terms: consequence.Of(consequence.Missense)},
		{Transcript: &gene.Transcript{CCDS: "CCDS2"}, Terms: consequence.Of(consequence.Missense)},
		{Transcript: &gene.Transcript{}, Terms: consequence.Of(consequence.Missense)},
	}
	for i := range order {
		for j := range order {
			pair := []consequence.Consequence{order[i], order[j]}
			want := order[min(i, j)].Transcript
			if got := consequence.Pick(pair).Transcript; got != want {
				t.Errorf("of %d and %d %+v is picked", i, j, got)
			}
		}
	}
	if consequence.Pick(nil) != nil {
		t.Error("something is picked of nothing")
	}
}
