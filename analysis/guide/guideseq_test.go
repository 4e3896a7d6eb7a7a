package guide

import (
	"bytes"
	"fmt"
	"testing"

	"okazaki/analysis/analysistest"
)

// TestGUIDESeqSitesAreFound finds the sites that Tsai et al. 2015 (Nat.
// Biotechnol. 33:187) saw cut on chr20, at their places.
func TestGUIDESeqSitesAreFound(t *testing.T) {
	chr20(t)
	want := map[string]bool{}
	guides := []byte("guide\n")
	seen := map[string]bool{}
	for _, row := range sharedRows(t, "offtarget/guideseq_tsai2015_chr20_GRCh37.tsv") {
		guide := row["target"][:20]
		want[fmt.Sprintf("%s\t20\t%s\t%s\t%s\t%s\t", guide, row["start0"], row["end"], row["strand"], row["offtarget"][20:])] = true
		if !seen[guide] {
			guides = append(guides, guide+"\n"...)
		}
		seen[guide] = true
	}
	out := analysistest.Answer(t, Analysis, `{"k": 6, "hits": "hits.tsv", "like": "cas-offinder"}`, []analysistest.Input{
		{Role: "genome", Name: "20.fa.gz", Path: chr20Path}, {Role: "guides", Name: "guides", Bytes: guides}}, 0)
	for row := range want {
		if !bytes.Contains(out["hits.tsv"], []byte("\n"+row)) {
			t.Errorf("there is no hit %q", row)
		}
	}
	if len(want) != 16 {
		t.Errorf("%d sites, want 16", len(want))
	}
}

// TestAnswerHasThePeersHits asks for hits as the command line does.
func TestAnswerHasThePeersHits(t *testing.T) {
	chr20(t)
	var list []byte
	for _, g := range queries(t, "hs20_100.tsv") {
		list = append(list, g.Letters+"\n"...)
	}
	out := analysistest.Answer(t, Analysis, `{"k": 4, "hits": "hits.tsv", "like": "cas-offinder"}`, []analysistest.Input{
		{Role: "genome", Name: "20.fa.gz", Path: chr20Path}, {Role: "guides", Name: "guides", Bytes: list}}, 20_000_000)
	if n := bytes.Count(out["hits.tsv"], []byte("\n")) - 2; n != 177_171 {
		t.Errorf("%d hits, want 177,171", n)
	}
}
