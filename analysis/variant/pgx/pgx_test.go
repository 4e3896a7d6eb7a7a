package pgx

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"okazaki/format/vcf"
	"okazaki/internal/filetest"
)

// shared returns the folder with PharmCAT's files.
func shared(t testing.TB) string {
	t.Helper()
	return filetest.Data(t, "variant/pgx")
}

func open(t testing.TB, name string) *Definitions {
	t.Helper()
	files, err := Files(name)
	if err != nil {
		t.Fatal(err)
	}
	d, err := Parse(files)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// release is the definitions of PharmCAT's release 3.1.
func release(t testing.TB) *Definitions {
	return open(t, filepath.Join(shared(t), "definitions"))
}

// single is the definition in one file, with the exemptions if it is given them.
func single(t testing.TB, name string) *Definitions {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	d, err := Parse([]File{{name, data}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// records reads a VCF file, which must be in one piece in memory.
func records(t testing.TB, data []byte) (*vcf.Header, []*vcf.Record) {
	t.Helper()
	r, err := vcf.NewReader("test.vcf", bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var rs []*vcf.Record
	for rec, err := range r.Records() {
		if err != nil {
			t.Fatal(err)
		}
		own := &vcf.Record{}
		if err := own.Parse(bytes.Clone(rec.Text)); err != nil {
			t.Fatal(err)
		}
		own.Line = rec.Line
		rs = append(rs, own)
	}
	return r.Header(), rs
}

// callFile calls a VCF file.
func callFile(t testing.TB, d *Definitions, name string, o Options) []Row {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return callText(t, d, data, o)
}

func callText(t testing.TB, d *Definitions, data []byte, o Options) []Row {
	t.Helper()
	h, rs := records(t, data)
	c, err := d.NewCollector("test.vcf", h)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rs {
		if _, err := c.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := d.Call(c.Part(), h.Samples, o)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// names are the gene's diplotypes in the first sample, in their order.
func names(rows []Row, gene string) (list []string) {
	for _, r := range rows {
		if r.Gene == gene && r.Diplotype != "" && r.Sample == rows[0].Sample {
			list = append(list, r.Diplotype)
		}
	}
	return list
}
