package variant_test

import (
	"bytes"
	"strings"
	"testing"

	"okazaki/analysis/analysistest"
	"okazaki/analysis/report"
	"okazaki/analysis/report/reporttest"
	"okazaki/analysis/variant"
	"okazaki/analysis/variant/simulate"
)

// TestReportHasTheTablesNumbers compares the page with the table beside it.
func TestReportHasTheTablesNumbers(t *testing.T) {
	p := simulated(t, simulate.Options{Seed: 3, Bases: 60_000, Genes: 6, Variants: 500})
	const hostile = `<script>x</script>`
	lines := strings.Split(string(p.variants), "\n")
	for i, line := range lines {
		if !strings.HasPrefix(line, "#") {
			cells := strings.Split(line, "\t")
			for k := i; k < len(lines) && len(cells) > 2; k++ { // whichever is ranked first
				if of := strings.Split(lines[k], "\t"); len(of) > 2 {
					of[2] = hostile
					lines[k] = strings.Join(of, "\t")
				}
			}
			break
		}
	}
	inputs := p.inputs([]byte(strings.Join(lines, "\n")), p.sources()...)
	answer := analysistest.Answer(t, variant.Analysis, `{"html": true}`, inputs, 0)
	again := analysistest.Answer(t, variant.Analysis, `{"html": true}`, inputs, 1)
	if !bytes.Equal(answer["report.html"], again["report.html"]) {
		t.Error("the page depends on how the job is cut")
	}
	page := reporttest.Read(t, answer["report.html"])
	if !strings.Contains(page.Text, hostile) {
		t.Error("the identifier with a tag is not in the page as it stands")
	}
	if !strings.Contains(page.Text, "not a diagnosis") {
		t.Error("the page does not say what it is for")
	}
	var columns []string
	classes, rows := map[string]int{}, 0
	for line := range strings.Lines(string(answer["ranked.tsv"])) {
		switch cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); {
		case strings.HasPrefix(line, "#"):
		case columns == nil:
			columns = cells
		default:
			classes[cells[7]]++
			rows++
		}
	}
	for class, n := range classes {
		if row := page.Row(class); row == nil || row[1] != report.Count(n)+" ("+report.Share(n, rows)+")" {
			t.Errorf("%d alleles are %s; the page says %q", n, class, row)
		}
	}
	if !strings.Contains(page.Text, "The first 300 of "+report.Count(rows)+" alleles") {
		t.Errorf("the page does not say what it leaves out of %d", rows)
	}
}

func TestReportIsOfTheRanking(t *testing.T) {
	p := simulated(t, simulate.Options{Seed: 3, Bases: 30_000, Genes: 3, Variants: 20})
	_, err := analysistest.Ask(t.Context(), variant.Analysis, `{"html": true, "format": "vcf"}`, p.inputs(p.variants), 0)
	if err == nil || !strings.Contains(err.Error(), "html and format vcf") {
		t.Errorf("error %v", err)
	}
}
