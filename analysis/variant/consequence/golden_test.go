package consequence_test

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"okazaki/analysis/variant/consequence"
	"okazaki/analysis/variant/gene"
)

// data is a file of the shared data; the test is skipped if it isn't there.
func data(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("OKAZAKI_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	path := filepath.Join(dir, "variant", name)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is not there", path)
	}
	return path
}

// compile is the model of an annotation and a reference of the shared data.
func compile(t testing.TB, annotation, reference string) *gene.Model {
	t.Helper()
	a, err := os.Open(data(t, annotation))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	r, err := os.Open(data(t, reference))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	m, err := gene.Compile(gene.Text{Name: annotation, Reader: a}, gene.Text{Name: reference, Reader: r})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A row is one record of a VCF file with its CSQ entries, by allele and
// feature.
type row struct {
	chrom, ref, alt string
	pos             int
	entries         map[string]map[string]string
}

// readGolden reads VEP's output.
func readGolden(t testing.TB, name string) (rows []row, fields []string) {
	t.Helper()
	f, err := os.Open(data(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewScanner(z)
	in.Buffer(nil, 1<<24)
	for in.Scan() {
		line := in.Text()
		if _, format, ok := strings.Cut(line, "Consequence annotations from Ensembl VEP. Format: "); ok {
			fields = strings.Split(strings.TrimSuffix(format, `">`), "|")
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		col := strings.Split(line, "\t")
		pos, _ := strconv.Atoi(col[1])
		r := row{chrom: col[0], pos: pos, ref: col[3], alt: col[4]}
		_, csq, _ := strings.Cut(col[7], "CSQ=")
		r.entries = entries(strings.Split(csq, ","), fields)
		rows = append(rows, r)
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	return rows, fields
}

func entries(csq, fields []string) map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, e := range csq {
		values := map[string]string{}
		for i, v := range strings.Split(e, "|") {
			values[fields[i]] = v
		}
		out[values["Allele"]+" "+values["Feature"]] = values
	}
	return out
}

// A score counts what agrees, field by field.
type score struct {
	rows, missing, extra int
	same, all            map[string]int
	wrong                map[string][]string
}

func (s *score) add(where string, want, got map[string]map[string]string) {
	for key, w := range want {
		g, ok := got[key]
		s.rows++
		if !ok {
			s.missing++
			s.wrong["missing"] = append(s.wrong["missing"], where+" "+key+" "+w["Consequence"])
			continue
		}
		for name, v := range w {
			x, ok := g[name]
			if !ok {
				continue
			}
			if (name == "HGVSc" || name == "HGVSp") && v == "" && x == "" {
				continue
			}
			s.all[name]++
			if x == v {
				s.same[name]++
			} else {
				s.wrong[name] = append(s.wrong[name], fmt.Sprintf("%s %s: %q, VEP %q (%s %s)", where, key, x, v, w["Consequence"], w["HGVSc"]))
			}
		}
	}
	for key, g := range got {
		if _, ok := want[key]; !ok {
			s.rows++
			s.extra++
			s.wrong["extra"] = append(s.wrong["extra"], where+" "+key+" "+g["Consequence"])
		}
	}
}

func newScore() *score {
	return &score{same: map[string]int{}, all: map[string]int{}, wrong: map[string][]string{}}
}

// scoreGolden calls the variants of a golden file and compares.
func scoreGolden(t testing.TB, name string, vep bool) *score {
	m := compile(t, "human/chr22_slice.gff3.gz", "human/chr22_slice.fa.gz")
	rows, _ := readGolden(t, name)
	s := newScore()
	var caller *consequence.Caller
	chrom := ""
	for _, r := range rows {
		if r.chrom != chrom {
			c, ok := m.Contig(r.chrom)
			if !ok {
				t.Fatalf("no contig %s", r.chrom)
			}
			caller, chrom = consequence.New(c), r.chrom
			caller.VEP, caller.Source = vep, "chr22_slice.gff3.gz"
		}
		got := entries(csq(caller, r.pos-1, r.ref, r.alt), consequence.Fields)
		s.add(fmt.Sprintf("%s:%d %s>%s", r.chrom, r.pos, r.ref, r.alt), r.entries, got)
	}
	return s
}

// csq are the entries of a record.
func csq(caller *consequence.Caller, pos int, ref, alt string) (out []string) {
	var alts [][]byte
	for a := range strings.SplitSeq(alt, ",") {
		alts = append(alts, []byte(a))
	}
	alleles := consequence.Alleles(nil, pos, []byte(ref), alts...)
	for i := range alleles {
		for _, q := range caller.Call(&alleles[i]) {
			out = append(out, string(caller.AppendCSQ(nil, &q)))
		}
	}
	return out
}

func (s *score) report(t testing.TB) {
	t.Logf("%d rows, %d missing, %d extra", s.rows, s.missing, s.extra)
	for name, n := range s.all {
		if s.same[name] != n {
			t.Logf("%s: %d of %d", name, s.same[name], n)
		}
	}
	show := 25
	if v := os.Getenv("SHOW"); v != "" {
		show, _ = strconv.Atoi(v)
	}
	for name, list := range s.wrong {
		slices.Sort(list)
		for _, l := range list[:min(len(list), show)] {
			t.Logf("%s: %s", name, l)
		}
	}
}

func TestGolden(t *testing.T) {
	for _, name := range []string{"dbsnp", "systematic"} {
		t.Run(name, func(t *testing.T) {
			s := scoreGolden(t, "golden/chr22_slice."+name+".vep115.vcf.gz", os.Getenv("VEP") != "0")
			s.report(t)
		})
	}
}
