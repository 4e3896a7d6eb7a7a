package guide

import (
	"strings"
	"testing"

	"okazaki/analysis/analysistest"
)

func TestCopiesAreKnownByTheirContig(t *testing.T) {
	for _, c := range []struct {
		contig string
		length int64
		at     int64
		want   copyKind
	}{
		{"chr6", 170_805_979, 30_000_000, noCopy}, {"chr6_GL000250v2_alt", 4_672_374, 5, altCopy}, {"chr6_apd_hap1", 4_622_290, 5, altCopy},
		{"chr1_KN196472v1_fix", 186_494, 5, altCopy}, {"CHR_HSCHR6_MHC_APD_CTG1", 4_672_374, 5, altCopy}, {"HSCHR6_MHC_APD_CTG1", 4_672_374, 5, altCopy},
		{"HG1012_PATCH", 64_139, 5, altCopy}, {"chr1_KI270706v1_random", 175_055, 5, noCopy}, {"scaffold_12", 100, 5, noCopy},
		{"chrY", 57_227_415, 10_000, parCopy}, {"chrY", 57_227_415, 9_999, noCopy}, {"Y", 57_227_415, 2_781_478, parCopy}, {"Y", 57_227_415, 2_781_479, noCopy},
		{"NC_000024.9", 59_373_566, 59_363_565, parCopy}, {"chrY", 91_744_698, 20_000, noCopy}, {"chrX", 156_040_895, 20_000, noCopy},
	} {
		if got := copyOf(c.contig, c.length, c.at); got != c.want {
			t.Errorf("%s:%d is %s, not %s", c.contig, c.at, copyNames[got], copyNames[c.want])
		}
	}
}

// TestCopiesAreMarkedAndCanBeExcluded searches a guide that has a copy on an
// alternate contig, by scan and by index.
func TestCopiesAreMarkedAndCanBeExcluded(t *testing.T) {
	const guide = "CATCATTACTCATACTTCAC"
	x := &example{names: []string{"chr6", "chr6_GL000250v2_alt"}, letters: map[string][]byte{}}
	for _, name := range x.names {
		x.letters[name] = []byte(strings.Repeat("TTATA", 10) + guide + "TGG" + strings.Repeat("ATTAA", 10))
	}
	inputs := []analysistest.Input{{Role: "guides", Name: "l", Bytes: []byte(guide + "\n")}}
	for _, source := range []analysistest.Input{{Role: "genome", Name: "g.fa", Bytes: x.fasta()}, {Role: "index", Name: "g.okx", Bytes: x.index(t, "NGG,NAG,NGA", 20)}} {
		all := analysistest.Answer(t, Analysis, `{"hits": "h.tsv"}`, append(inputs, source), 0)
		without := analysistest.Answer(t, Analysis, `{"exclude": "alt,par"}`, append(inputs, source), 0)
		if rows := answerRows(all["h.tsv"]); len(rows) != 2 || rows[0]["copy"] != "NA" || rows[1]["copy"] != "alt" {
			t.Errorf("%s: hits %s", source.Role, all["h.tsv"])
		}
		if with, few := answerRows(all["guides.tsv"])[0], answerRows(without["guides.tsv"])[0]; with["off_targets"] != "1" || few["off_targets"] != "0" || few["contig"] != "chr6" {
			t.Errorf("%s: %s off-targets, without the alternate contig %s", source.Role, with["off_targets"], few["off_targets"])
		}
		if !strings.Contains(string(without["guides.tsv"]), "without hits in copies: alt,par") {
			t.Errorf("%s: the head does not say what is excluded: %.200s", source.Role, without["guides.tsv"])
		}
	}
}
