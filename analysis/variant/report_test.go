package variant_test

import (
	"bytes"
	"maps"
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

// TestReportStandsBesideAnyFormat has the same variants on the page, whatever is
// written beside it, and the same bytes there as without the page.
func TestReportStandsBesideAnyFormat(t *testing.T) {
	p := simulated(t, simulate.Options{Seed: 3, Bases: 30_000, Genes: 3, Variants: 400})
	inputs := p.inputs(p.variants, p.sources()...)
	page := func(params string, cut int64) (map[string][]byte, string) {
		answer := analysistest.Answer(t, variant.Analysis, params, inputs, cut)
		text := reporttest.Read(t, answer["report.html"]).Text
		delete(answer, "report.html")
		text, _, _ = strings.Cut(text, "How this was made") // the settings are others
		return answer, text
	}
	_, want := page(`{"html": true}`, 0)
	for format, file := range map[string]string{"vcf": "variants.vcf.gz", "tsv": "consequences.tsv", "json": "variants.ndjson"} {
		alone := analysistest.Answer(t, variant.Analysis, `{"format": "`+format+`"}`, inputs, 0)
		for _, cut := range []int64{0, 1} {
			beside, got := page(`{"html": true, "format": "`+format+`"}`, cut)
			if got != strings.ReplaceAll(strings.ReplaceAll(want, "all in ranked.tsv", "all in "+file), "ranked.tsv has all", file+" has all") {
				t.Errorf("format %s, cut %d: the page is another", format, cut)
			}
			if !maps.EqualFunc(alone, beside, bytes.Equal) {
				t.Errorf("format %s, cut %d: the files beside the page are others than without it", format, cut)
			}
		}
	}
}

// TestCardsHaveDepthAndQuality reads DP and GQ of the sample; what is not a number
// is left out.
func TestCardsHaveDepthAndQuality(t *testing.T) {
	p := simulated(t, simulate.Options{Seed: 3, Bases: 30_000, Genes: 3, Variants: 4})
	var lines []string
	n := 0
	for line := range strings.Lines(string(p.variants)) {
		if cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); !strings.HasPrefix(line, "#") {
			numbers := []string{"37:99", "8:12.5", ".:.", "many:NaN"}[n%4]
			n++
			line = strings.Join(append(cells[:8], "GT:DP:GQ", "0/1:"+numbers), "\t") + "\n"
		} else if strings.HasPrefix(line, "#CHROM") {
			line = strings.Join(append(cells[:8], "FORMAT", "one"), "\t") + "\n"
		}
		lines = append(lines, line)
	}
	answer := analysistest.Answer(t, variant.Analysis, `{"html": true}`, p.inputs([]byte(strings.Join(lines, ""))), 0)
	text := reporttest.Read(t, answer["report.html"]).Text
	for _, want := range []string{"depth37 reads of the sample", "quality99 of the genotype", "depth8 reads", "quality12.5 of the genotype"} {
		if !strings.Contains(text, want) {
			t.Errorf("no card has %q", want)
		}
	}
	if strings.Contains(text, "many") || strings.Contains(text, "NaN") {
		t.Error("a depth that is not a number is on the page")
	}
}
