package pgx

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"okazaki"
	"pgregory.net/rapid"
)

// TestAnyCut cuts a file into pieces and merges their parts in any order that
// keeps neighbours together: the rows are those of the whole.
func TestAnyCut(t *testing.T) {
	d := release(t)
	data, err := os.ReadFile(filepath.Join(shared(t), "cases", "NamedAlleleMatcher-sortError.vcf"))
	if err != nil {
		t.Fatal(err)
	}
	want := callText(t, d, data, Options{})
	header, samples, rs := records(t, data)
	if len(want) < 19 {
		t.Fatalf("%d rows", len(want))
	}
	rapid.Check(t, func(t *rapid.T) {
		var parts [][]byte
		for at := 0; at < len(rs); {
			n := rapid.IntRange(1, 300).Draw(t, "piece")
			c, err := d.NewCollector("x.vcf", header)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rs[at:min(at+n, len(rs))] {
				if _, err := c.Add(&r); err != nil {
					t.Fatal(err)
				}
			}
			parts = append(parts, c.Part())
			at += n
		}
		for len(parts) > 1 {
			i := rapid.IntRange(0, len(parts)-2).Draw(t, "merge")
			m, err := Merge(parts[i], parts[i+1])
			if err != nil {
				t.Fatal(err)
			}
			parts = slices.Replace(parts, i, i+2, m)
		}
		got, err := d.Call(parts[0], samples, Options{})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("cut: %v, %d rows of %d", err, len(got), len(want))
		}
	})
}

// row is the only row of the gene.
func row(t *testing.T, rows []Row, gene string) Row {
	t.Helper()
	rows = slices.DeleteFunc(rows, func(r Row) bool { return r.Gene != gene })
	if len(rows) != 1 {
		t.Fatalf("%d rows of %s", len(rows), gene)
	}
	return rows[0]
}

func TestAssumedReference(t *testing.T) {
	d := release(t)
	file := []byte("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS\n" +
		"10\t94775367\t.\tA\tG\t.\t.\t.\tGT\t0/1\n10\t94781859\t.\tG\tA\t.\t.\t.\tGT\t0/1\n10\t94842866\t.\tA\tG\t.\t.\t.\tGT\t1/1\n")
	r := row(t, callText(t, d, file, Options{AssumeReference: true}), "CYP2C19")
	if r.Diplotype != "*1/*2" || r.Phenotype != "Intermediate Metabolizer" || len(r.Assumed) != 32 || len(r.Missing) != 0 || !slices.Contains(r.Assumed, "rs12248560") {
		t.Errorf("assumed: %+v", r)
	}
	// Without the assumption there is more than one way, and it is said what is missing.
	rows := slices.DeleteFunc(callText(t, d, file, Options{}), func(r Row) bool { return r.Gene != "CYP2C19" })
	if len(rows) == 0 || len(rows[0].Missing) != 32 || len(rows[0].Assumed) != 0 || !slices.Contains(rows[0].Lost, "*17") == slices.Contains(rows[0].Lost, "*6") {
		t.Errorf("missing: %+v", rows)
	}
}

func TestReferenceBlocks(t *testing.T) {
	d := release(t)
	c, err := d.NewCollector("x.g.vcf", nil)
	if err != nil {
		t.Fatal(err)
	}
	add := func(pos, end int, ref, alt, gt string) {
		if _, err := c.Add(&Record{Chrom: []byte("chr2"), Pos: pos, End: end, Ref: []byte(ref), Alt: []byte(alt), Format: []byte("GT"), Samples: [][]byte{[]byte(gt)}}); err != nil {
			t.Fatal(err)
		}
	}
	add(233759000, 233760233, "C", "<NON_REF>", "0/0") // ends within the repeat, which it doesn't tell
	add(233760497, 0, "G", "A,<NON_REF>", "0/1")
	add(233760498, 233761000, "C", "<NON_REF>", "0/0")
	rows, err := d.Call(c.Part(), []string{"S"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if !slices.Equal(r.Missing, []string{"rs3064744"}) || r.Diplotype != "*1/*6" {
			t.Errorf("%+v", r)
		}
	}
	if len(rows) != 1 {
		t.Errorf("%d rows", len(rows))
	}
}

func TestWrongInput(t *testing.T) {
	d := release(t)
	for _, header := range []string{
		"##fileformat=VCFv4.2\n##contig=<ID=chr10,length=135534747>\n",
		"##contig=<ID=10,assembly=b37,length=1>\n",
		"##contig=<ID=10,length=1,assembly=\"GRCh37.p13\">\n",
	} {
		var e *okazaki.Error
		if _, err := d.NewCollector("old.vcf", []byte(header)); !errors.As(err, &e) || e.Line == 0 || e.File != "old.vcf" || !strings.Contains(e.Message, "GRCh37") {
			t.Errorf("%q: %v", header, err)
		}
	}
	for _, c := range []struct{ name, data, want string }{
		{"a_translation.json", "{", "is not a definition"},
		{"a_translation.json", `{"gene":"A","variants":[{"position":1,"ref":"A","alts":["C"]}],"namedAlleles":[{"name":"*1","alleles":[]}]}`, "*1 says 0 positions of 1"},
		{"a_translation.json", `{"gene":"A","variants":[{"position":0,"ref":"A"}],"namedAlleles":[]}`, "position 0 has no REF"},
		{"a_translation.json", `{"gene":"A","variants":[{"position":5,"ref":"A"}],"namedAlleles":[]}`, "no alleles"},
		{"phenotype.json", `{"gene":"A","diplotypes":[{"diplotypekey":{"a":1,"b":1,"c":1}}]}`, "a diplotype of 3 alleles"},
		{"other.json", `[1,2]`, "no file defines named alleles"},
	} {
		if _, err := Parse([]File{{c.name, []byte(c.data)}}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: %v", c.name, c.data, err)
		}
	}
	if _, err := Files(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	if _, err := Merge([]byte("x"), nil); err == nil {
		t.Error("a part of nonsense is merged")
	}
}

// TestLevels reads the definitions from a zip archive, with CPIC's table of
// pairs beside them.
func TestLevels(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	dir := filepath.Join(shared(t), "definitions", "resources", "org", "pharmgkb", "pharmcat")
	for name, from := range map[string]string{"definition/TPMT_translation.json": "definition/alleles/TPMT_translation.json", "phenotype/TPMT.json": "phenotype/TPMT.json"} {
		data, err := os.ReadFile(filepath.Join(dir, from))
		if err != nil {
			t.Fatal(err)
		}
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(f, "%s", data)
	}
	f, err := w.Create("cpic_gene-drug_pairs.csv")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(f, "Date last updated,2025\nGene,Drug,Guideline,CPIC Level,ClinPGx Level of Evidence\nTPMT,azathioprine,x,A,1A\nTPMT,\"mercapto, purine\",,A,1A\nNUDT15,azathioprine,x,A,1A\n")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "pgx.zip")
	if err := os.WriteFile(name, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	d := open(t, name)
	r := row(t, callText(t, d, vcf(d.gene("TPMT"), "0/0", map[string]string{"rs1142345": "C 0/1"}), Options{}), "TPMT")
	want := []string{"S", "TPMT", "1/1", "*1/*3C", "44", "Normal function/No function", "Intermediate Metabolizer", "", "azathioprine A; mercapto, purine A", "one heterozygous position", "", "", "", ""}
	if got := r.Fields(); !slices.Equal(got, want) || len(got) != len(Columns) {
		t.Errorf("%q, want %q", got, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"gene":"A","chromosome":"chr1","variants":[{"position":1,"ref":"A","alts":["C"]}],"namedAlleles":[{"name":"*1","reference":true,"alleles":["A"]},{"name":"*2","alleles":["C"],"corePositions":[1]}]}`), "0/1", "C")
	f.Add([]byte(`{"gene":"A","variants":[{"position":1,"ref":"A"}],"namedAlleles":[{"name":"*1","alleles":[null]}]}`), "1|.", "<X>")
	f.Fuzz(func(t *testing.T, def []byte, gt, alt string) {
		d, err := Parse([]File{{"a_translation.json", def}})
		if err != nil {
			return
		}
		c, err := d.NewCollector("x", nil)
		if err != nil {
			return
		}
		if strings.ContainsAny(gt+alt, "\t\n") {
			return // the columns of a line
		}
		for _, s := range d.sites {
			if _, err := c.Add(&Record{Chrom: []byte(s.chrom), Pos: s.pos, Ref: []byte("A"), Alt: []byte(alt), Format: []byte("GT"), Samples: [][]byte{[]byte(gt)}}); err != nil {
				return
			}
		}
		part := c.Part()
		if twice, err := Merge(part, nil); err != nil || !bytes.Equal(part, twice) {
			t.Fatalf("a part joined with nothing is %q, %v", twice, err)
		}
		for _, o := range []Options{{}, {Combinations: true, AssumeReference: true, All: true, CYP2D6: true}} {
			if _, err := d.Call(part, []string{"s"}, o); err != nil {
				t.Fatal(err)
			}
		}
	})
}
