package consequence_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okazaki/analysis/variant/consequence"
)

// TestDocs compares the table of docs/variant-consequences.md with the rules.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "variant-consequences.md"))
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	table.WriteString("| Rank | Term | Impact | When |\n|--:|---|---|---|\n")
	called := consequence.Of(consequence.Intergenic)
	for _, r := range consequence.Rules() {
		alone := ""
		if r.Alone {
			alone = " (alone)"
		}
		called |= consequence.Of(r.Term)
		fmt.Fprintf(&table, "| %d | %v%s | %v | %s |\n", r.Term, r.Term, alone, consequence.Of(r.Term).Impact(), r.When)
	}
	fmt.Fprintf(&table, "| %d | %v | %v | no transcript is near |\n", consequence.Intergenic, consequence.Intergenic, consequence.Of(consequence.Intergenic).Impact())
	if !strings.Contains(string(text), "\n"+table.String()+"\n") {
		t.Errorf("the table is not\n\n%s", &table)
	}
	for term := consequence.TranscriptAblation; term <= consequence.SequenceVariant; term++ {
		if !called.Has(term) && !strings.Contains(string(text), "`"+term.String()+"`") {
			t.Errorf("%v is never called, and not said to be", term)
		}
	}
}
