package guide

import (
	"math"
	"os"
	"testing"
)

// TestMeltingIsPrimer3s compares temperatures with primer3's oligotm.
func TestMeltingIsPrimer3s(t *testing.T) {
	b, err := os.ReadFile("testdata/melting.tsv")
	if err != nil {
		t.Fatal(err)
	}
	all := rows(string(b))
	for _, row := range all {
		if got := Melting(row[0]); math.Abs(got-number(row[1])) > 0.01 {
			t.Errorf("%s melts at %.3f °C, by primer3 at %s", row[0], got, row[1])
		}
	}
	if len(all) < 20 {
		t.Errorf("%d primers", len(all))
	}
	for _, letters := range []string{"", "A", "ACGTNACGT"} {
		if got := Melting(letters); !math.IsNaN(got) {
			t.Errorf("%q melts at %v", letters, got)
		}
	}
}
