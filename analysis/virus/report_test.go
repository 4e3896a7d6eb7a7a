package virus_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okazaki/analysis/analysistest"
	"okazaki/analysis/report/reporttest"
	"okazaki/analysis/virus"
)

// rowsOf returns the rows of a table by column.
func rowsOf(t *testing.T, table []byte) (rows []map[string]string) {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(table))
	r.Comma, r.LazyQuotes = '\t', true
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			row[name] = record[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// TestReportHasTheTablesNumbers holds the page against the tables beside it.
func TestReportHasTheTablesNumbers(t *testing.T) {
	genomes, err := os.ReadFile(filepath.Join("testdata", "small", "genomes.fasta"))
	if err != nil {
		t.Fatal(err)
	}
	const hostile = `<script>alert("x")</script>`
	long := strings.Repeat("n", 10_000)
	genomes = append(genomes, fmt.Sprintf(">%s\nACGT\n>%s\nACGT\n", hostile, long)...)
	inputs := small(inMemory("genomes", "g<b>.fasta", genomes))
	answer := analysistest.Answer(t, virus.Analysis, `{"html": true}`, inputs, 0)
	again := analysistest.Answer(t, virus.Analysis, `{"html": true}`, inputs, 2)
	if !bytes.Equal(answer["report.html"], again["report.html"]) {
		t.Error("the page depends on how the job is cut")
	}
	plain := analysistest.Answer(t, virus.Analysis, ``, inputs, 0)
	if !bytes.Equal(plain["mutations.tsv"], answer["mutations.tsv"]) || plain["report.html"] != nil {
		t.Error("the table depends on the page")
	}
	page := reporttest.Read(t, answer["report.html"])
	rows := rowsOf(t, answer["mutations.tsv"])
	failed, changes, known := 0, map[string]int{}, 0
	for _, row := range rows {
		if row["errors"] != "" {
			failed++
			continue
		}
		known++
		for s := range strings.SplitSeq(row["substitutions"], ",") {
			changes[s]++
		}
	}
	if failed == 0 || !strings.Contains(page.Text, fmt.Sprintf("aligned%d of %d", known, len(rows))) || !strings.Contains(page.Text, fmt.Sprintf("not aligned%d", failed)) {
		t.Errorf("%d of %d genomes failed; the page says %.300q", failed, len(rows), page.Text)
	}
	for name, n := range changes {
		if row := page.Row(name); name != "" && row != nil && row[3] != fmt.Sprint(n) {
			t.Errorf("%s: %v, and %d genomes of the table have it", name, row, n)
		}
	}
	if row := page.Row(`<script>alert("x")</script>`); row == nil {
		t.Error("the name with a tag is not in the page as it stands")
	}
	if !strings.Contains(page.Text, strings.Repeat("n", 300)+"… (10,000 characters)") {
		t.Error("the long name is not shortened")
	}
}

// TestReportIsBounded asks of many genomes.
func TestReportIsBounded(t *testing.T) {
	reference, err := os.ReadFile(filepath.Join("testdata", "small", "reference.fasta"))
	if err != nil {
		t.Fatal(err)
	}
	_, letters, _ := strings.Cut(string(reference), "\n")
	var b bytes.Buffer
	for i := range 3000 {
		fmt.Fprintf(&b, ">%d\n%s\n", i, letters)
	}
	page := reporttest.Read(t, analysistest.Answer(t, virus.Analysis, `{"html": true, "only": "mutations"}`, small(inMemory("genomes", "g.fasta", b.Bytes())), 0)["report.html"])
	if !strings.Contains(page.Text, "The first 300 of 3,000 genomes; mutations.tsv has all of them") || len(page.Cells) > 500 {
		t.Errorf("the page has %d rows", len(page.Cells))
	}
}
