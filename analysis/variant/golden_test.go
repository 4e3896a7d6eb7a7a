package variant_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"okazaki/analysis/analysistest"
	"okazaki/analysis/variant"
	"okazaki/format/unpack"
	"okazaki/internal/filetest"
)

// TestGolden compares the VCF that is written with VEP 115's (--hgvs --symbol
// --numbers --canonical): for each record, allele and transcript the fields
// that both have. A row that one of them lacks is wrong.
func TestGolden(t *testing.T) {
	if testing.Short() {
		t.Skip("to run it: leave out -short, it annotates 12,498 variants")
	}
	file := func(path string) []byte {
		b, err := os.ReadFile(filetest.Data(t, "variant/"+path))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, set := range []string{"dbsnp", "systematic"} {
		out := analysistest.Answer(t, variant.Analysis, `{"format": "vcf"}`, []analysistest.Input{
			{Role: "variants", Name: set + ".vcf", Bytes: file("human/chr22_slice." + set + ".vcf")},
			{Role: "genes", Name: "chr22_slice.gff3.gz", Bytes: file("human/chr22_slice.gff3.gz")},
			{Role: "fasta", Name: "chr22_slice.fa.gz", Bytes: file("human/chr22_slice.fa.gz")}}, 0)
		got, want := entries(t, out["variants.vcf.gz"]), entries(t, file("golden/chr22_slice."+set+".vep115.vcf.gz"))
		wrong := 0
		for key, w := range want {
			g, ok := got[key]
			for name, value := range w {
				if name == "Consequence" {
					g[name], value = sorted(g[name]), sorted(value)
				}
				if theirs, both := g[name]; !ok || both && theirs != value {
					if wrong++; wrong < 10 {
						t.Errorf("%s, %s: %q, and VEP has %q", key, name, theirs, value)
					}
				}
			}
		}
		if len(got) != len(want) || wrong > 0 {
			t.Errorf("%s: %d entries, and VEP has %d; %d fields are wrong", set, len(got), len(want), wrong)
		}
	}
}

func sorted(terms string) string {
	all := strings.Split(terms, "&")
	slices.Sort(all)
	return strings.Join(all, "&")
}

// entries returns the entries of CSQ, field by field.
func entries(t *testing.T, packed []byte) map[string]map[string]string {
	t.Helper()
	z, err := unpack.NewReader("a.vcf", bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	var fields []string
	all := map[string]map[string]string{}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "##INFO=<ID=CSQ,") {
			_, after, _ := strings.Cut(line, "Format: ")
			list, _, _ := strings.Cut(after, `"`)
			fields = strings.Split(list, "|")
		}
		col := strings.Split(strings.TrimSpace(line), "\t")
		if line[0] == '#' {
			continue
		}
		_, after, _ := strings.Cut(col[7], "CSQ=")
		csq, _, _ := strings.Cut(after, ";")
		for entry := range strings.SplitSeq(csq, ",") {
			one := map[string]string{}
			for i, value := range strings.Split(entry, "|") {
				one[fields[i]] = value
			}
			all[fmt.Sprintf("%s:%s %s>%s %s %s", col[0], col[1], col[3], col[4], one["Allele"], one["Feature"])] = one
		}
	}
	return all
}
