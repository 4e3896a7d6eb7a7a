package pgx

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"okazaki"
	"okazaki/format/vcf"
	"pgregory.net/rapid"
)

// TestAnyCut cuts a file into pieces and merges their parts in any order that
// keeps neighbours together: the result is the part of the whole file, from
// which alone the rows follow.
func TestAnyCut(t *testing.T) {
	d := release(t)
	data, err := os.ReadFile(filepath.Join(shared(t), "cases", "NamedAlleleMatcher-sortError.vcf"))
	if err != nil {
		t.Fatal(err)
	}
	h, rs := records(t, data)
	collect := func(rs []*vcf.Record) []byte {
		c, err := d.NewCollector("x.vcf", h)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rs {
			if _, err := c.Add(r); err != nil {
				t.Fatal(err)
			}
		}
		return c.Part()
	}
	want := collect(rs)
	if rows, err := d.Call(want, h.Samples, Options{}); err != nil || len(rows) < 19 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	rapid.Check(t, func(t *rapid.T) {
		var parts [][]byte
		for at := 0; at < len(rs); {
			n := rapid.IntRange(1, 300).Draw(t, "piece")
			parts = append(parts, collect(rs[at:min(at+n, len(rs))]))
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
		if !bytes.Equal(parts[0], want) {
			t.Fatalf("%d bytes, the whole has %d", len(parts[0]), len(want))
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
	// The first block ends within the repeat, which it doesn't tell.
	rows := callText(t, d, []byte("##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS\n"+
		"chr2\t233759001\t.\tC\t<NON_REF>\t.\t.\tEND=233760233\tGT\t0/0\n"+
		"chr2\t233760498\t.\tG\tA,<NON_REF>\t.\t.\t.\tGT\t0/1\n"+
		"chr2\t233760499\t.\tC\t<NON_REF>\t.\t.\tEND=233761000\tGT\t0/0\n"), Options{})
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
		"##contig=<ID=chr10,length=135534747>", "##contig=<ID=10,assembly=b37,length=1>", "##contig=<ID=10,length=1,assembly=\"GRCh37.p13\">",
	} {
		h, _ := records(t, []byte("##fileformat=VCFv4.2\n"+header+"\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"))
		var e *okazaki.Error
		if _, err := d.NewCollector("old.vcf", h); !errors.As(err, &e) || e.File != "old.vcf" || !strings.Contains(e.Message, "GRCh37") {
			t.Errorf("%q: %v", header, err)
		}
	}
	for _, c := range []struct{ name, data, want string }{
		{"a_translation.json", "{", "is not a definition"},
		{"a_translation.json", `{"gene":"A","variants":[{"position":1,"ref":"A","alts":["C"]}],"namedAlleles":[{"name":"*1","alleles":[]}]}`, "*1 says 0 positions of 1"},
		{"a_translation.json", `{"gene":"A","variants":[{"position":0,"ref":"A"}],"namedAlleles":[]}`, "position 0 has no REF"},
		{"a_translation.json", `{"gene":"A","variants":[{"position":5,"ref":"A"}],"namedAlleles":[]}`, "no alleles"},
		{"phenotype.json", `{"gene":"A","diplotypes":[{"diplotypekey":{"a":1,"b":1,"c":1}}]}`, "a diplotype of 3 alleles"},
		{"pgx.zip", "PK\x03\x04 and so on", "is a damaged zip archive"},
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
	r := row(t, callText(t, d, write(d.gene("TPMT"), "0/0", map[string]string{"rs1142345": "C 0/1"}), Options{}), "TPMT")
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
		c, err := d.NewCollector("x", &vcf.Header{})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range d.sites {
			var r vcf.Record
			if r.Parse(fmt.Appendf(nil, "%s\t%d\t.\tA\t%s\t.\t.\t.\tGT\t%s", s.chrom, s.pos+1, alt, gt)) != nil {
				return
			}
			if _, err := c.Add(&r); err != nil {
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

// BenchmarkAdd passes over the variants of a genome; few are at defined
// positions.
func BenchmarkAdd(b *testing.B) {
	d := release(b)
	c, err := d.NewCollector("x", &vcf.Header{})
	if err != nil {
		b.Fatal(err)
	}
	rs := make([]vcf.Record, 4096)
	for i := range rs {
		if err := rs[i].Parse(fmt.Appendf(nil, "chr10\t%d\t.\tA\tC\t.\t.\t.\tGT\t0/1", 1000+30_000*i)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if _, err := c.Add(&rs[n%len(rs)]); err != nil {
			b.Fatal(err)
		}
		n++
	}
}
