package guide

import (
	"fmt"
	"strings"
	"testing"

	"okazaki/analysis/analysistest"
)

func TestOffTargetsAreCountedBesideThePAMsOfATool(t *testing.T) {
	for _, c := range []struct{ tool, pam, want string }{
		{"crispor", "NGG", "NGG,NAG,NGA"},
		{"crispor", "NNGRRT", "NNGRRT,NNGRRN"},
		{"crispor", "NGN", "NGN"},
		{"crispor", "NRN", "NRN,NYN"},
		{"guidescan", "NGG", "NGG,NAG"},
		{"cas-offinder", "NGG", "NGG"},
	} {
		pam, err := NewPAM(c.pam, false)
		if got := pam.Like(c.tool).String(); err != nil || got != c.want {
			t.Errorf("%s counts beside %s for %s, not %s", c.tool, got, c.pam, c.want)
		}
	}
}

// TestRiskIsNotRosier asks for a guide whose perfect copies lie beside weaker
// PAMs, and one whose off-target has no score.
func TestRiskIsNotRosier(t *testing.T) {
	const guide, between = "CATCATTACTCATACTTCAC", "TTATATTAATATATTATTAATA"
	genome := ">c\n"
	for _, pam := range []string{"TGG", "AAG", "TGA", "ACC"} {
		genome += between + guide + pam + "TTAATATAT"
	}
	ask := func(params, fasta string) map[string]string {
		out := analysistest.Answer(t, Analysis, params, []analysistest.Input{{Role: "genome", Name: "g.fa", Bytes: []byte(fasta + "\n")},
			{Role: "guides", Name: "l", Bytes: []byte(guide + "\n")}}, 0)["guides.tsv"]
		row := answerRows(out)[0]
		row["about"], _, _ = strings.Cut(string(out), "\n")
		return row
	}
	for _, c := range []struct{ params, about, offs, cfd string }{
		{`{}`, "off-targets beside NGG,NAG,NGA (--like crispor)", "2", fmt.Sprintf("%.6f", 1/(1+0.259259259+0.069444444))},
		{`{"like": "guidescan"}`, "off-targets beside NGG,NAG (--like guidescan)", "1", fmt.Sprintf("%.6f", 1/(1+0.259259259))},
		{`{"like": "cas-offinder"}`, "off-targets beside NGG (--like cas-offinder)", "0", "1.000000"},
		{`{"off-pam": "NGA"}`, "off-targets beside NGG,NGA;", "1", fmt.Sprintf("%.6f", 1/(1+0.069444444))},
		{`{"enzyme": "spry", "k": 1}`, "off-targets beside NRN,NYN (--like crispor)", "3", "NA"},
		{`{"pam": "N", "k": 1}`, "PAM N,", "3", "NA"},
	} {
		row := ask(c.params, genome)
		if !strings.Contains(row["about"], c.about) || row["off_targets"] != c.offs || row["cfd_specificity"] != c.cfd {
			t.Errorf("%s: %s; %s off-targets, CFD specificity %s; want %s, %s, %s", c.params, row["about"], row["off_targets"], row["cfd_specificity"], c.about, c.offs, c.cfd)
		}
	}
	bulged := ">c\n" + between + guide[:8] + guide[9:] + "TGG" + between
	if row := ask(`{"k": 2, "rna-bulges": 1}`, bulged); row["unscored"] != "1" || row["cfd_specificity"] != "1.000000" || row["cfd_specificity_least"] != "0.500000" {
		t.Errorf("an off-target with a bulge: %v", row)
	}
	hidden := ">c\n" + between + guide[:8] + "N" + guide[9:] + "TGG" + between
	if row := ask(`{"k": 2}`, hidden); row["unscored"] != "1" || row["off_targets"] != "1" || row["cfd_specificity_least"] != "0.500000" {
		t.Errorf("an off-target with an N: %v", row)
	}
}

// TestAGuideIsFoundWithoutAPAM searches a place that lies beside nothing.
func TestAGuideIsFoundWithoutAPAM(t *testing.T) {
	out := analysistest.Answer(t, Analysis, `{"pam": "N", "length": 24, "k": 1, "hits": "hits.tsv"}`, []analysistest.Input{
		{Role: "genome", Name: "g.fa", Bytes: []byte(">a\nACGTTTGCTCGGGCTGTTTGCTGTTGGCTGACGTACGTTT\n")},
		{Role: "guides", Name: "l", Bytes: []byte("TTGCTCGGGCTGTTTGCTGTTGGC\n")}}, 0)
	if rows := answerRows(out["hits.tsv"]); len(rows) != 1 || rows[0]["start"] != "4" || rows[0]["end"] != "29" || rows[0]["pam"] != "T" {
		t.Errorf("hits: %s", out["hits.tsv"])
	}
}
