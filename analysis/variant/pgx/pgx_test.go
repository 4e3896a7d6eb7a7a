package pgx

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shared is the folder with PharmCAT's files, which are not part of this
// repository.
func shared(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("OKAZAKI_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	dir = filepath.Join(dir, "variant", "pgx")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no PharmCAT files: ", err)
	}
	return dir
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

// records reads a VCF file the plain way.
func records(t testing.TB, data []byte) (header []byte, samples []string, rs []Record) {
	t.Helper()
	sc := bufio.NewScanner(bytes.NewReader(data))
	sc.Buffer(nil, 1<<20)
	var n int64
	for sc.Scan() {
		n++
		l := sc.Text()
		if strings.HasPrefix(l, "#") {
			header = append(append(header, l...), '\n')
			if strings.HasPrefix(l, "#CHROM") {
				samples = strings.Split(l, "\t")[9:]
			}
			continue
		}
		f := strings.Split(l, "\t")
		r := Record{Line: n, Chrom: []byte(f[0]), Ref: []byte(f[3]), Alt: []byte(f[4]), Format: []byte(f[8])}
		for _, c := range f[1] {
			r.Pos = r.Pos*10 + int(c-'0')
		}
		r.Pos--
		for _, s := range f[9:] {
			r.Samples = append(r.Samples, []byte(s))
		}
		rs = append(rs, r)
	}
	return header, samples, rs
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
	header, samples, rs := records(t, data)
	c, err := d.NewCollector("test.vcf", header)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rs {
		if _, err := c.Add(&rs[i]); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := d.Call(c.Part(), samples, o)
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
