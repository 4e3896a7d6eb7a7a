package guide

import (
	"bytes"
	"fmt"
	"maps"
	"strings"
	"testing"

	"okazaki/analysis/analysistest"
	"okazaki/analysis/report/reporttest"
)

// guideIn returns a protospacer of a contig.
func guideIn(letters []byte) string {
	for at := 200; ; at++ {
		if s := string(letters[at : at+20]); strings.Trim(s, "ACGT") == "" {
			return s
		}
	}
}

// TestReportHasTheTablesNumbers compares the page with the tables beside it.
func TestReportHasTheTablesNumbers(t *testing.T) {
	x := newExample()
	const hostile = `<img src=x onerror=alert(1)>`
	list := fmt.Sprintf("guide\tid\n%s\t%s\n%s\t%s\n", guideIn(x.letters["chr1"]), hostile, guideIn(x.letters["chr2"]), strings.Repeat("i", 10_000))
	inputs := []analysistest.Input{{Role: "genome", Name: "g.fa", Bytes: x.fasta()}, {Role: "guides", Name: "<b>.tsv", Bytes: []byte(list)}}
	const params = `{"html": true, "k": 5}`
	answer := analysistest.Answer(t, Analysis, params, inputs, 0)
	again := analysistest.Answer(t, Analysis, params, inputs, 3000)
	if !bytes.Equal(answer["report.html"], again["report.html"]) {
		t.Error("the page depends on how the job is cut")
	}
	plain := analysistest.Answer(t, Analysis, `{"k": 5, "hits": "hits.tsv"}`, inputs, 0)
	without := analysistest.Answer(t, Analysis, `{"k": 5}`, inputs, 0)
	if !bytes.Equal(without["guides.tsv"], answer["guides.tsv"]) || len(answer) != len(without)+1 {
		t.Error("the table depends on the page")
	}
	page := reporttest.Read(t, answer["report.html"])
	if row := page.Row("1"); row == nil || row[3] != hostile && row[2] != hostile {
		t.Errorf("the first guide is %q", row)
	}
	if !strings.Contains(page.Text, strings.Repeat("i", 300)+"… (10,000 characters)") {
		t.Error("the long id is not shortened")
	}
	// Each off-target that is drawn is a hit of the table.
	columns, hits, drawn := map[string]int{}, map[string]bool{}, 0
	for line := range strings.SplitSeq(strings.TrimSpace(string(plain["hits.tsv"])), "\n") {
		cells := strings.Split(line, "\t")
		switch {
		case strings.HasPrefix(line, "#"):
		case len(columns) == 0:
			for k, name := range cells {
				columns[name] = k
			}
		case cells[columns["on_target"]] == "false":
			cfd := strings.TrimPrefix(cells[columns["cfd"]], "NA")
			hits[cells[columns["genome_aligned"]]+" "+cells[columns["pam"]]+" "+cells[columns["mismatches"]]+" "+cfd] = true
		}
	}
	for _, row := range page.Cells {
		if len(row) == 5 && len(row[0]) == 20 {
			if drawn++; !hits[strings.Join(row[:4], " ")] {
				t.Errorf("%q is not a row of hits.tsv", row)
			}
		}
	}
	if drawn == 0 {
		t.Error("no off-target is drawn")
	}
}

// TestReportStandsBesideAnyFormat has the same guides and off-targets on the page,
// whatever is written beside it, and the same bytes there as without the page.
func TestReportStandsBesideAnyFormat(t *testing.T) {
	x := newExample()
	inputs := []analysistest.Input{{Role: "genome", Name: "g.fa", Bytes: x.fasta()}}
	page := func(params string, cut int64) (map[string][]byte, string) {
		answer := analysistest.Answer(t, Analysis, params, inputs, cut)
		text := reporttest.Read(t, answer["report.html"]).Text
		delete(answer, "report.html")
		text, _, _ = strings.Cut(text, "How this was made") // the settings are others
		return answer, text
	}
	for _, hits := range []string{"", "h"} {
		params := func(html bool, format string) string {
			listed := ""
			if hits != "" {
				listed = `, "hits": "` + hits + "." + format + `"`
			}
			return fmt.Sprintf(`{"target": "chr1:2001-2100", "html": %v, "format": %q%s}`, html, format, listed)
		}
		_, want := page(params(true, "tsv"), 0)
		for _, format := range []string{"bed", "json"} {
			alone := analysistest.Answer(t, Analysis, params(false, format), inputs, 0)
			for _, cut := range []int64{0, 1000} {
				beside, got := page(params(true, format), cut)
				if got != strings.ReplaceAll(want, "guides.tsv", "guides."+format) {
					t.Errorf("format %s, hits %q, cut %d: the page is another", format, hits, cut)
				}
				if !maps.EqualFunc(alone, beside, bytes.Equal) {
					t.Errorf("format %s, hits %q, cut %d: the files beside the page are others than without it", format, hits, cut)
				}
			}
		}
	}
}

// TestReportShowsTheFirstRanksOfEachTarget has more targets, or guides, than fit.
func TestReportShowsTheFirstRanksOfEachTarget(t *testing.T) {
	for _, c := range []struct {
		targets, guides int
		want            string
	}{
		{1, 5, "[1 2 3 4]"}, {2, 3, "[1 2 1 2]"}, {3, 2, "[1 1 1]"}, {6, 1, "[1 1 1 1]"}, {1, 2, "[1 2]"},
	} {
		b := best[int]{most: 4}
		for range c.targets {
			for rank := range c.guides {
				if b.takes(rank + 1) {
					b.add(rank+1, rank+1)
				}
			}
		}
		if got := fmt.Sprint(b.rows); got != c.want {
			t.Errorf("%d targets of %d guides: ranks %s, not %s", c.targets, c.guides, got, c.want)
		}
	}
}
