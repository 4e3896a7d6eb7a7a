package variant_test

import (
	"strings"
	"testing"

	"okazaki/analysis/analysistest"
	"okazaki/analysis/variant"
)

// TestTrio checks how a child has its variants: de novo, recessive, one from
// each parent in one gene, or none of these.
func TestTrio(t *testing.T) {
	inputs := append(toy(t, "child mother father",
		"64 A G GT:DP 0/1:30 0/0:30 0/0:30", // de novo
		"68 A G GT:DP 1/1:30 0/1:30 0/1:30", // recessive
		"73 C G GT:DP 0/1:30 0/1:30 0/0:30", // with the next, compound heterozygous
		"80 T C GT:DP 0/1:30 0/0:30 0/1:30",
		"82 G A GT:DP 0/0:30 0/1:30 0/0:30", // the mother's alone
	), analysistest.Input{Role: "ped", Name: "family.ped", Bytes: []byte("f child father mother 1 2\nf mother 0 0 2 1\nf father 0 0 1 1\n")})
	analysistest.Run(t, variant.Analysis, analysistest.Case{Name: "trio", Params: `{"html": true}`, Inputs: inputs,
		Check: func(t testing.TB, out map[string][]byte) {
			got := map[string]map[string]string{}
			for _, row := range rowsOf(t, out["ranked.tsv"]) {
				got[row["position"]] = row
			}
			for position, want := range map[string]string{"64": "de novo", "68": "recessive", "73": "compound heterozygous", "80": "compound heterozygous", "82": ""} {
				if got[position]["inheritance"] != want {
					t.Errorf("%s is %q, want %q", position, got[position]["inheritance"], want)
				}
			}
			if c := got["73"]["criteria"]; !strings.Contains(c, "beside c:80 T>C, on the other copy: each is of one parent") {
				t.Errorf("the reason is %q", c)
			}
			if c := got["64"]["criteria"]; !strings.Contains(c, "PM6") {
				t.Errorf("de novo is judged by %q", c)
			}
		},
		Broken: []analysistest.Broken{
			{Name: "a pedigree of others", Inputs: append(toy(t, "a b", "64 A G GT 0/1 0/0"), inputs[len(inputs)-1]), Want: "family.ped"},
			{Name: "a threshold", Params: `{"ba1": 2}`, Want: "ba1 2 is out of range"},
		}})
}

// TestPanel ranks what lies in a gene of interest first, and says what loss of
// function means where a list does.
func TestPanel(t *testing.T) {
	stop := []string{"64 A T GT 0/1", "72 C A GT 0/1", "93 G A GT 0/1"}
	with := append(toy(t, "a", stop...), analysistest.Input{Role: "gene-list", Name: "list.txt", Bytes: []byte("TOY\n")})
	for name, inputs := range map[string][]analysistest.Input{"without": toy(t, "a", stop...), "with": with} {
		rows := rowsOf(t, analysistest.Answer(t, variant.Analysis, "", inputs, 0)["ranked.tsv"])
		pvs1 := 0
		for _, row := range rows {
			if strings.Contains(row["criteria"], "PVS1") {
				pvs1++
			}
		}
		if (pvs1 > 0) != (name == "with") {
			t.Errorf("%s a list, PVS1 is met %d times: %v", name, pvs1, rows)
		}
	}
}

// TestStars calls a star allele from a definition of its own.
func TestStars(t *testing.T) {
	definition := analysistest.Input{Role: "pgx", Name: "TOY_translation.json", Bytes: testdata(t, "toy_alleles.json")}
	inputs := append(toy(t, "a b", "64 A G GT 0/1 1/1", "73 C G GT 0/0 0/0"), definition)
	analysistest.Run(t, variant.Analysis, analysistest.Case{Name: "stars", Params: `{"html": true}`, Inputs: inputs,
		Check: func(t testing.TB, out map[string][]byte) {
			got := map[string]string{}
			for _, row := range rowsOf(t, out["pharmacogenes.tsv"]) {
				got[row["sample"]] = row["gene"] + " " + row["diplotype"]
			}
			if got["a"] != "TOY *1/*2" || got["b"] != "TOY *2/*2" {
				t.Errorf("%v", got)
			}
		}})
}
