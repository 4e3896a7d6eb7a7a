package consequence_test

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"okazaki/analysis/variant/consequence"
	"okazaki/analysis/variant/gene"
	"okazaki/internal/filetest"
)

// data is a file of the shared data; the test is skipped if it isn't there.
func data(t testing.TB, name string) string {
	t.Helper()
	return filetest.Data(t, "variant/"+name)
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
	all                  map[string]int
	wrong                map[string][]difference
}

// A difference is a field of an entry that differs from VEP's.
type difference struct{ where, got, want string }

func (s *score) add(where string, want, got map[string]map[string]string) {
	for key, w := range want {
		g, ok := got[key]
		s.rows++
		if !ok {
			s.missing++
		}
		for field, v := range w {
			x, has := g[field]
			if !has {
				continue
			}
			s.all[field]++
			if x != v {
				s.wrong[field] = append(s.wrong[field], difference{where + " " + key, x, v})
			}
		}
	}
	for key := range got {
		if _, ok := want[key]; !ok {
			s.rows++
			s.extra++
		}
	}
}

// scoreGolden calls the variants of a golden file and compares.
func scoreGolden(t testing.TB, name string, corrected bool) *score {
	m := compile(t, "human/chr22_slice.gff3.gz", "human/chr22_slice.fa.gz")
	rows, _ := readGolden(t, name)
	s := &score{all: map[string]int{}, wrong: map[string][]difference{}}
	var caller *consequence.Caller
	chrom := ""
	for _, r := range rows {
		if r.chrom != chrom {
			c, ok := m.Contig(r.chrom)
			if !ok {
				t.Fatalf("no contig %s", r.chrom)
			}
			caller, chrom = consequence.New(c), r.chrom
			caller.Corrected, caller.Source = corrected, "chr22_slice.gff3.gz"
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

// TestGolden holds every field of every entry to VEP's.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"dbsnp", "systematic"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scoreGolden(t, "golden/chr22_slice."+name+".vep115.vcf.gz", false)
			if s.rows == 0 || s.missing+s.extra > 0 {
				t.Errorf("%d rows, %d missing, %d extra", s.rows, s.missing, s.extra)
			}
			for field, list := range s.wrong {
				for _, d := range list[:min(len(list), 10)] {
					t.Errorf("%s of %s: %q, VEP %q", field, d.where, d.got, d.want)
				}
			}
		})
	}
}

// TestCorrected compares what Corrected changes with the list of
// docs/variant-consequences.md: each difference belongs to one of its kinds.
func TestCorrected(t *testing.T) {
	t.Parallel()
	s := scoreGolden(t, "golden/chr22_slice.systematic.vep115.vcf.gz", true)
	if s.rows == 0 || s.missing+s.extra > 0 {
		t.Errorf("%d rows, %d missing, %d extra", s.rows, s.missing, s.extra)
	}
	kinds := map[string]map[string]func(d difference) bool{
		"Consequence": {
			"premature stop":   func(d difference) bool { return d.lacks("stop_retained_variant") && d.gains("stop_gained") },
			"no stop to stay":  func(d difference) bool { return d.lacks("stop_retained_variant") && !d.gains("stop_gained") },
			"splice region":    func(d difference) bool { return d.gains("splice_region_variant") },
			"mirrored 3' UTR":  func(d difference) bool { return d.lacks("stop_lost") && d.gains("stop_retained_variant") },
			"no start is lost": func(d difference) bool { return d.lacks("start_lost") },
			"not in frame":     func(d difference) bool { return d.lacks("inframe_insertion") },
		},
		"HGVSc": {
			"missing letters": func(d difference) bool { return strings.Contains(d.got, ">") && strings.Contains(d.want, ">") },
			"beside the stop": func(d difference) bool { return strings.Count(d.want, "*") > strings.Count(d.got, "*") },
		},
		"HGVSp": {
			"mirrored 3' UTR":  func(d difference) bool { return strings.Contains(d.want, "Ter") && strings.Contains(d.got, "Ter") },
			"start":            func(d difference) bool { return strings.HasSuffix(d.got, ":p.Met1?") },
			"no start is lost": func(d difference) bool { return strings.HasSuffix(d.want, "1?") || strings.Contains(d.want, "_?") },
			"unknown":          func(d difference) bool { return d.got == "" },
			"span":             func(d difference) bool { return strings.HasSuffix(d.want, "%3D") && strings.HasSuffix(d.got, "%3D") },
			"rotation":         func(d difference) bool { return strings.Contains(d.got, "ins") || strings.Contains(d.got, "dup") },
			"premature stop":   func(d difference) bool { return strings.HasSuffix(d.got, "Ter") },
		},
	}
	delete(s.wrong, "IMPACT") // follows from the terms
	for field, list := range s.wrong {
		seen := map[string]int{}
	difference:
		for _, d := range list {
			for _, kind := range slices.Sorted(maps.Keys(kinds[field])) {
				if kinds[field][kind](d) {
					seen[kind]++
					continue difference
				}
			}
			t.Errorf("%s of %s: %q, VEP %q", field, d.where, d.got, d.want)
		}
		t.Logf("%s: %d of %d differ: %v", field, len(list), s.all[field], seen)
		if field == "Consequence" && len(list)*1000 > 5*s.all[field] {
			t.Errorf("more than 0.5 %% of the sets of terms differ")
		}
	}
}

// lacks says that VEP has a term that we have not; gains the other way round.
func (d difference) lacks(term string) bool {
	return strings.Contains(d.want, term) && !strings.Contains(d.got, term)
}

func (d difference) gains(term string) bool {
	return strings.Contains(d.got, term) && !strings.Contains(d.want, term)
}
