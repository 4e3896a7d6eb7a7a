package guide

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"okazaki/analysis/analysistest"
)

func (x *example) scanned() []analysistest.Input {
	return []analysistest.Input{{Role: "genome", Name: "g.fa", Bytes: x.fasta()}}
}

// TestPairsOfADeletionAreOnBothSidesOfTheTarget compares the pairs with all
// protospacers of the two flanks.
func TestPairsOfADeletionAreOnBothSidesOfTheTarget(t *testing.T) {
	x := newExample()
	// the target lies between two cuts that take away just it, and its flank ends
	// at another cut
	cuts := cutsIn(x.letters["chr1"], 5000, 6000)
	lo, hi := cuts[20].cut, cuts[24].cut
	flank := lo - cuts[5].cut
	target := fmt.Sprintf("chr1:%d-%d,chr2:3001-3002", lo+1, hi)
	params := `{"target": "` + target + `", "k": 2, "pairs": "deletion", "flank": ` + fmt.Sprint(flank) + `%s}`
	answer := analysistest.Answer(t, Analysis, fmt.Sprintf(params, `, "max-pairs": 1000000`), x.scanned(), 0)
	want := map[string]bool{}
	for _, region := range []struct {
		contig string
		lo, hi int
	}{{"chr1", lo, hi}, {"chr2", 3000, 3002}} {
		left, right := cutsIn(x.letters[region.contig], region.lo-flank, region.lo+1), cutsIn(x.letters[region.contig], region.hi, region.hi+flank+1)
		for _, a := range left {
			for _, b := range right {
				want[fmt.Sprintf("%s %d%s %d%s", region.contig, a.cut, a.strand, b.cut, b.strand)] = true
			}
		}
	}
	got := map[string]bool{}
	rows := answerRows(answer["pairs.tsv"])
	for _, row := range rows {
		got[fmt.Sprintf("%s %s%s %s%s", row["contig"], row["cut_1"], row["strand_1"], row["cut_2"], row["strand_2"])] = true
		if number(row["length"]) != number(row["cut_2"])-number(row["cut_1"]) || row["offset"] != "NA" {
			t.Errorf("the deletion of %s to %s has %s bases", row["cut_1"], row["cut_2"], row["length"])
		}
	}
	if !maps.Equal(got, want) || len(want) < 100 {
		t.Errorf("%d pairs, of which %d are expected", len(got), len(want))
	}
	pairsAreRanked(t, rows)
	few := answerRows(analysistest.Answer(t, Analysis, fmt.Sprintf(params, `, "max-pairs": 3`), x.scanned(), 777)["pairs.tsv"])
	if len(few) != 6 || fmt.Sprint(few[:3]) != fmt.Sprint(rows[:3]) || few[3]["rank"] != "1" {
		t.Errorf("the best three of each target are %v", few)
	}
	if !bytes.Contains(answer["pairs.tsv"], []byte(fmt.Sprintf("pairs in all: %d, of each target the best", len(want)))) {
		t.Errorf("the head says %.300s", answer["pairs.tsv"])
	}
}

type cutAt struct {
	cut    int
	strand string
}

// cutsIn returns SpCas9's cuts in a stretch, by its letters.
func cutsIn(letters []byte, lo, hi int) (cuts []cutAt) {
	s := strings.ToUpper(string(letters))
	plain := func(s string) bool { return strings.Trim(s, "ACGT") == "" }
	for at := 23; at+23 < len(s); at++ { // the PAM's leftmost base
		if s[at+1:at+3] == "GG" && plain(s[at-20:at]) && at-3 >= lo && at-3 < hi {
			cuts = append(cuts, cutAt{at - 3, "+"})
		}
		if s[at:at+2] == "CC" && plain(s[at+3:at+23]) && at+6 >= lo && at+6 < hi {
			cuts = append(cuts, cutAt{at + 6, "-"})
		}
	}
	return cuts
}

// pairsAreRanked checks the specificity of pairs against their guides', and that
// they stand by it.
func pairsAreRanked(t *testing.T, rows []map[string]string) {
	t.Helper()
	last := math.Inf(1)
	for _, row := range rows {
		both := 1 / (1/number(row["cfd_specificity_1"]) + 1/number(row["cfd_specificity_2"]) - 1)
		if math.Abs(both-number(row["cfd_specificity"])) > 1e-5 {
			t.Errorf("specificities %s and %s are %s together", row["cfd_specificity_1"], row["cfd_specificity_2"], row["cfd_specificity"])
		}
		least := number(row["cfd_specificity_least"])
		for _, reasons := range []string{row["demoted_1"], row["demoted_2"]} {
			if reasons != "NA" {
				least /= math.Pow(2, float64(len(strings.Split(reasons, ","))))
			}
		}
		if row["rank"] == "1" {
			last = math.Inf(1)
		}
		if least > last+1e-6 {
			t.Errorf("pair %s of %s is better than the one before", row["rank"], row["target"])
		}
		last = least
		if number(row["off_targets"]) != number(row["off_targets_1"])+number(row["off_targets_2"]) {
			t.Errorf("%s off-targets of %s and %s", row["off_targets"], row["off_targets_1"], row["off_targets_2"])
		}
	}
}

// TestPairsOfANickaseHaveTheirPAMsOutside compares the pairs with the places of
// all guides of the target, in the genome and as FASTA.
func TestPairsOfANickaseHaveTheirPAMsOutside(t *testing.T) {
	x := newExample()
	region := strings.ToUpper(string(x.letters["chr1"][2000:3500]))
	fasta := analysistest.Input{Role: "target", Name: "s.fa", Bytes: []byte(">s\n" + region + "\n")}
	for params, inputs := range map[string][]analysistest.Input{
		`{"target": "chr1:2001-3500", "k": 1, "pairs": "nickase", "max-pairs": 9999, "oligos": "px330"}`: x.scanned(),
		`{"k": 1, "pairs": "nickase", "offset": "-10:60", "max-pairs": 9999, "oligos": "px330"}`:         append(x.scanned(), fasta),
	} {
		answer := analysistest.Answer(t, Analysis, params, inputs, 0)
		from, to := -4.0, 20.0
		if len(inputs) > 1 {
			from, to = -10, 60
		}
		guides, want := answerRows(answer["guides.tsv"]), map[string]float64{}
		for _, a := range guides {
			for _, b := range guides {
				if gap := number(b["start"]) - number(a["end"]); a["strand"] == "-" && b["strand"] == "+" && gap >= from && gap <= to {
					want[a["guide"]+" "+b["guide"]] = gap
				}
			}
		}
		got := map[string]float64{}
		rows := answerRows(answer["pairs.tsv"])
		for _, row := range rows {
			got[row["guide_1"]+" "+row["guide_2"]] = number(row["offset"])
			if row["orientation"] != "pam_out" || number(row["length"]) != number(row["offset"])+34 || !strings.HasPrefix(row["oligo_forward_2"], "CACC") {
				t.Errorf("a pair of a nickase is %v", row)
			}
			if inFASTA := len(inputs) > 1; inFASTA != (row["target_cut_1"] != "NA") {
				t.Errorf("the cut in the target is %s", row["target_cut_1"])
			}
		}
		if !maps.Equal(got, want) || len(want) < 5 {
			t.Errorf("%s: pairs %v, not %v", params, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
		pairsAreRanked(t, rows)
	}
}

func TestATargetWithoutGuidesOrPairsIsNamed(t *testing.T) {
	genome := []byte(">c\n" + strings.Repeat("ACTGATCATCGATCGTATCA", 40) + "ACTGATCATCGATCGTATCATGG" + strings.Repeat("ATCATCGATCGTATCAACTG", 40) + "\n")
	in := func(more ...analysistest.Input) []analysistest.Input {
		return append([]analysistest.Input{{Role: "genome", Name: "g.fa", Bytes: genome}}, more...)
	}
	target := func(name, text string) analysistest.Input {
		return analysistest.Input{Role: "target", Name: name, Bytes: []byte(text)}
	}
	for name, c := range map[string]struct {
		params string
		inputs []analysistest.Input
		want   string
	}{
		"one of two regions":  {`{"target": "c:1-10,c:790-830"}`, in(), "no guide cuts in c:1-10\n"},
		"all have guides":     {`{"target": "c:790-830, c:800-840"}`, in(), ""},
		"records of FASTA":    {`{}`, in(target("s.fa", ">a\nACGT\n>b\nACTGATCATCGATCGTATCATGG\n")), "no guide cuts in a\n"},
		"lines of BED":        {`{}`, in(target("s.bed", "c\t0\t10\nc\t789\t830\n")), "no guide cuts in c:1-10\n"},
		"windows":             {`{"target": "G,H", "tss": "0:10"}`, in(analysistest.Input{Role: "genes", Name: "g", Bytes: []byte("c\tx\texon\t811\t830\t.\t+\t.\tID=x;Name=G\nc\tx\texon\t11\t30\t.\t+\t.\tID=y;Name=H\n")}), "no guide cuts in H\n"},
		"many":                {`{"target": "c:1-1,c:2-2,c:3-3,c:4-4,c:5-5,c:6-6,c:7-7"}`, in(), "no guide cuts in c:1-1, c:2-2, c:3-3, c:4-4, c:5-5 and 2 more\n"},
		"one flank alone":     {`{"target": "c:830-840", "pairs": "deletion"}`, in(), "no guide cuts in one of the two flanks of 500 bases of c:830-840\n"},
		"no flank":            {`{"target": "c:100-110", "pairs": "deletion", "flank": 10}`, in(), "no guide cuts beside c:100-110\n"},
		"one guide, nickases": {`{"target": "c:790-830", "pairs": "nickase"}`, in(), "bases between the protospacers in c:790-830\n"},
	} {
		notes := string(analysistest.Answer(t, Analysis, c.params, c.inputs, 0)[analysistest.Notes])
		if !strings.HasSuffix(notes, c.want) || c.want == "" && notes != "" {
			t.Errorf("%s: %q, want %q", name, notes, c.want)
		}
	}
}
