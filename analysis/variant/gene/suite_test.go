package gene_test

import (
	"os"
	"path/filepath"
	"testing"

	"okazaki/analysis/variant/gene"
	"okazaki/internal/filetest"
)

// TestTheSuiteOfCsqCompiles reads the annotations of bcftools' own tests, cut
// out of larger ones.
func TestTheSuiteOfCsqCompiles(t *testing.T) {
	annotations, _ := filepath.Glob(filepath.Join(filetest.Data(t, "variant/bcftools_csq"), "test/csq/*/*.gff"))
	if len(annotations) < 60 {
		t.Fatalf("%d annotations", len(annotations))
	}
	for _, path := range annotations {
		references, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*.fa"))
		a, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		b, err := os.Open(references[0])
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		m, err := gene.Compile(gene.Text{Name: path, Reader: a}, gene.Text{Name: references[0], Reader: b})
		if err != nil {
			t.Error(err)
		} else if m.Transcripts() == 0 {
			t.Errorf("%s: no transcripts; %q", path, m.Notes)
		}
	}
}
