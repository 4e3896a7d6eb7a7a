package gtf_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"okazaki"
	"okazaki/format/gff3"
	"okazaki/format/gtf"
	"okazaki/genome"
)

const columns = "1\tHAVANA\tCDS\t5\t10\t.\t-\t2\t"

func read(t testing.TB, text string) *gff3.Feature {
	t.Helper()
	f, err := gtf.NewReader("genes.gtf", strings.NewReader(text)).Read()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAttributes(t *testing.T) {
	for column, want := range map[string]string{
		`gene_id "ENSG1.5"; level 2; tag "basic"; tag "CCDS";`: "gene_id=ENSG1.5 level=2 tag=basic tag=CCDS",
		`gene_id "a; b"; note ""`:                              "gene_id=a; b note=",
		`gene_id x ;transcript_id "y"`:                         "gene_id=x transcript_id=y",
		`gene_id"x";;`:                                         "gene_id=x",
		"flag; gene_id 7":                                      "flag= gene_id=7",
		".":                                                    "",
		"":                                                     "",
	} {
		var got []string
		for _, a := range read(t, columns+column).Attributes {
			got = append(got, a.Tag+"="+a.Value)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", column, got, want)
		}
	}
}

func TestErrorsNameTheLine(t *testing.T) {
	r := gtf.NewReader("genes.gtf", strings.NewReader("#!genome-build x\n"+columns+"gene_id \"a\n"))
	_, err := r.Read()
	var e *okazaki.Error
	if !errors.As(err, &e) || e.File != "genes.gtf" || e.Line != 2 || !strings.Contains(e.Message, "quote") {
		t.Errorf("%v", err)
	}
	if c := r.Comments(); len(c) != 1 || c[0] != "#!genome-build x" {
		t.Errorf("comments %q", c)
	}
}

func TestIs(t *testing.T) {
	for column, want := range map[string]bool{
		`gene_id "a"; transcript_id "b";`: true, "gene_id 7": true, "ID=gene:a;Name=b c": false, "ID=x": false, `ID=x;note="a b"`: false, ".": false, "": false,
	} {
		if gtf.Is(column) != want {
			t.Errorf("%q: %v", column, !want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(columns + "gene_id \"a\"; tag \"b;c\"; level 2;\n")
	f.Add("##x\n" + columns + "gene_id\"\"\"")
	f.Fuzz(func(t *testing.T, text string) {
		r := gtf.NewReader("fuzz", strings.NewReader(text))
		for {
			feature, err := r.Read()
			var e *okazaki.Error
			switch {
			case err == io.EOF:
				return
			case err != nil && (!errors.As(err, &e) || e.Line < 1):
				t.Fatalf("the error names no line: %v", err)
			case err != nil:
				return
			case feature.Region.Lo < 0 || feature.Region.Len() < 1:
				t.Fatalf("region %v", feature.Region)
			}
			for _, a := range feature.Attributes {
				if a.Tag == "" || strings.ContainsAny(a.Tag, "; \"") {
					t.Fatalf("tag %q", a.Tag)
				}
			}
		}
	})
}

func ExampleNewReader() {
	f, _ := gtf.NewReader("genes.gtf", strings.NewReader(columns+`gene_id "ENSG1"; transcript_id "ENST1";`)).Read()
	fmt.Println(f.Get("transcript_id"), f.Region, f.Region == genome.Region{Lo: 4, Hi: 10})
	// Output: ENST1 [4,10) true
}
