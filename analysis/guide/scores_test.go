package guide

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestCFDIsThePublished(t *testing.T) {
	for _, row := range rows(readTestdata(t, "cfd.tsv")) {
		got, ok := CFD(row[0][:20], row[1][:20], row[1][20:])
		if want := number(row[2]); !ok || math.Abs(got-want) > 1e-6 {
			t.Errorf("CFD(%s, %s) = %v, %v; want %v", row[0], row[1], got, ok, want)
		}
	}
	if _, ok := CFD("ACGT", "ACGT", "AGG"); ok {
		t.Error("CFD is not defined for 4 bases")
	}
}

// TestCFDOfShortGuides aligns guides of 17 to 19 bases at the PAM.
func TestCFDOfShortGuides(t *testing.T) {
	const guide, site = "ATGGTCGGACTCCCTGCCAG", "ATGATCCAAATCCCTGCCAG"
	long, _ := CFD(guide, site, "AGG")
	for n := MinLength; n < scored; n++ {
		short, ok := CFD(guide[scored-n:], site[scored-n:], "AGG")
		want := long
		if n == MinLength { // the mismatch G:T of position 4 is still there, the ones of 3 and before are not
			want, _ = CFD(site[:scored-n]+guide[scored-n:], site, "AGG")
		}
		if !ok || short != want {
			t.Errorf("the CFD of %d bases is %v, not %v", n, short, want)
		}
	}
	if _, ok := CFD(guide+"A", site+"A", "AGG"); ok {
		t.Error("CFD is not defined for 21 bases")
	}
}

func readTestdata(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// column returns a shared table as a map by column name, row after row.
func sharedRows(t *testing.T, name string) (all []map[string]string) {
	t.Helper()
	f, err := os.Open(filepath.Join(shared, "scoring", name))
	if err != nil {
		t.Skipf("to run it: set OKAZAKI_DATA to the folder of the test data: %v", err)
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Scan()
	head := strings.Split(in.Text(), "\t")
	for in.Scan() {
		row := map[string]string{}
		for i, cell := range strings.Split(in.Text(), "\t") {
			row[head[i]] = cell
		}
		all = append(all, row)
	}
	return all
}

func TestMITIsThePublished(t *testing.T) {
	same, exact, n := 0, 0, 0
	for _, row := range sharedRows(t, "offtarget/crisporPaper_annotOfftargets.tsv") {
		guide, target := row["guideSeq"], row["otSeq"]
		want, err := strconv.ParseFloat(row["otScore"], 64)
		if err != nil || len(guide) != 23 || len(target) != 23 {
			continue
		}
		var mask uint32
		for i := range 20 {
			if guide[i] != target[i] {
				mask |= 1 << (19 - i)
			}
		}
		if mask == 0 || want < 0 {
			continue
		}
		n++
		if math.Abs(MIT(mask, false)-want) < 1e-6 {
			same++
		}
		if math.Abs(MIT(mask, true)-want) < 1e-6 {
			exact++
		}
	}
	t.Logf("of %d scores %d are the same, with the true mean %d", n, same, exact)
	if same != n || n < 700 {
		t.Errorf("of %d scores %d are the same", n, same)
	}
}

var efficiencySets = []string{"chari2015Train293T", "doench2014-Hs", "doench2016_hg19", "morenoMateos2015", "wang2015_hg19", "xu2015TrainHl60", "xu2015TrainKbm7"}

func TestEfficiencyIsThePublished(t *testing.T) {
	rs1, scan, scanned, n := 0, 0, 0, 0
	slip := *crisprScan // AA18 in place of AA19, as the authors of the values had it
	slip.features = nil
	for _, f := range crisprScan.features {
		if f.letters == "AA" && f.at == 18 {
			f.at = 17
		}
		slip.features = append(slip.features, f)
	}
	for _, set := range efficiencySets {
		for _, row := range sharedRows(t, "efficiency/"+set+".scores.tab") {
			long, guide := row["longSeq100Bp"], row["seq"]
			at := strings.Index(long, guide)
			if at < 6 || at+29 > len(long) {
				continue
			}
			n++
			got, _ := RuleSet1(long[at-4 : at+26])
			if want, _ := strconv.ParseFloat(row["doench"], 64); math.Abs(100*got-want) > 1 {
				rs1++
			}
			if want, err := strconv.ParseFloat(row["crisprScan"], 64); err == nil {
				scanned++
				sum, _ := slip.sum(long[at-6 : at+29])
				if math.Abs(math.Trunc(100*sum)-want) > 1e-6 {
					scan++
				}
			}
		}
	}
	t.Logf("%d guides; Rule Set 1 differs by more than 1 in %d; CRISPRscan of %d in %d", n, rs1, scanned, scan)
	if rs1 > 0 || scan > 0 || n < 14000 {
		t.Errorf("of %d guides, Rule Set 1 differs in %d, CRISPRscan in %d", n, rs1, scan)
	}
}

func TestCRISPRscanVector(t *testing.T) {
	for _, row := range rows(readTestdata(t, "crisprscan.tsv")) {
		if got, ok := CRISPRscan(row[0]); !ok || math.Round(got) != number(row[1]) {
			t.Errorf("CRISPRscan(%s) = %v, %v; want %s", row[0], got, ok, row[1])
		}
	}
}

func TestSequence(t *testing.T) {
	for _, row := range rows(readTestdata(t, "sequence.tsv")) {
		s := row[0]
		got := []string{s, fmt.Sprint(GC(s)), fmt.Sprint(Homopolymer(s)), fmt.Sprint(Hairpin(s)), strings.Join(Restriction(s), " ")}
		if !slices.Equal(got, row) {
			t.Errorf("got %q, want %q", got, row)
		}
	}
}
