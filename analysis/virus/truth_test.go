package virus_test

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"okazaki/analysis/virus"
	"okazaki/format/gff3"
)

// data opens a file of the test data, decompressed, or skips the test.
func data(tb testing.TB, path string) io.Reader {
	tb.Helper()
	dir := os.Getenv("OKAZAKI_DATA")
	if dir == "" {
		dir = "../../../shared/data"
	}
	f, err := os.Open(filepath.Join(dir, "virus", path))
	if err != nil {
		tb.Skipf("the test data are not here: %v; set OKAZAKI_DATA to their folder", err)
	}
	tb.Cleanup(func() { f.Close() })
	switch filepath.Ext(path) {
	case ".zst":
		z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(1<<31))
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(z.Close)
		return z
	case ".gz":
		z, err := gzip.NewReader(f)
		if err != nil {
			tb.Fatal(err)
		}
		return z
	}
	return f
}

type record struct {
	name string
	seq  []byte
}

// records calls f with each record of a FASTA stream until it answers false.
// The sequence is only valid in the call.
func records(tb testing.TB, r io.Reader, f func(record) bool) {
	tb.Helper()
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<26)
	var rec record
	for s.Scan() {
		line := s.Bytes()
		if len(line) == 0 || line[0] != '>' {
			rec.seq = append(rec.seq, line...)
			continue
		}
		if rec.name != "" && !f(rec) {
			return
		}
		rec = record{name: string(line[1:]), seq: rec.seq[:0]}
	}
	if s.Err() != nil {
		tb.Fatal(s.Err())
	}
	f(rec)
}

// table reads a tab-separated file by the first column.
func table(tb testing.TB, r io.Reader) map[string]map[string]string {
	tb.Helper()
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<26)
	s.Scan()
	head := strings.Split(s.Text(), "\t")
	rows := map[string]map[string]string{}
	for s.Scan() {
		row := map[string]string{}
		for i, v := range strings.Split(s.Text(), "\t") {
			row[head[i]] = v
		}
		rows[row[head[0]]] = row
	}
	return rows
}

func all(tb testing.TB, r io.Reader) []byte {
	tb.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// called is the row that a caller writes, by column.
func called(c *virus.Caller, rec record) map[string]string {
	row := string(c.AppendRow(nil, rec.name, c.Call(rec.seq)))
	head := strings.Split(strings.TrimSuffix(string(virus.Header()), "\n"), "\t")
	out := map[string]string{}
	for i, v := range strings.Split(strings.TrimSuffix(row, "\n"), "\t") {
		out[head[i]] = v
	}
	return out
}

// dataset is the Caller of a Nextclade dataset in the folder other.
func dataset(tb testing.TB, name string) *virus.Caller {
	tb.Helper()
	features, err := gff3.Read(name, data(tb, "other/"+name+".genome_annotation.gff3"))
	if err != nil {
		tb.Fatal(err)
	}
	ref, err := virus.NewReference(name, all(tb, data(tb, "other/"+name+".reference.fasta")), features)
	if err != nil {
		tb.Fatal(err)
	}
	p, err := virus.ParseParams(name, all(tb, data(tb, "other/"+name+".pathogen.json")))
	if err != nil {
		tb.Fatal(err)
	}
	if os.Getenv("FLIP") != "" {
		p.LeftGaps = !p.LeftGaps
	}
	return virus.NewCaller(ref, p)
}

func TestTruth(t *testing.T) {
	sars2 := func(testing.TB) *virus.Caller { return virus.NewCaller(virus.SARS2(), virus.SARS2Params()) }
	other := func(name string) func(testing.TB) *virus.Caller {
		return func(tb testing.TB) *virus.Caller { return dataset(tb, name) }
	}
	for _, set := range []struct {
		name, genomes, truth string
		caller               func(testing.TB) *virus.Caller
		columns              []string
		least                float64 // share of genomes on which all columns are equal
	}{
		{"sars2_mat43k", "sars2/derived/sars2_mat43k.fasta.zst", "sars2/derived/sars2_mat43k.truth.tsv.zst", sars2, []string{"substitutions"}, 0.9998},
		{"sars2_orfs_tips", "sars2/derived/sars2_orfs_tips.fasta.zst", "sars2/derived/sars2_orfs_tips.truth.tsv.zst", sars2, []string{"substitutions", "deletions"}, 0.95},
		{"ncov", "sars2/ncov/example_sequences.fasta.gz", "sars2/ncov/nextclade_0.14.4_example_sequences.tsv", sars2, []string{"substitutions"}, 0.93},
		{"mpox_iib", "other/mpox_iib_tips.fasta.zst", "other/mpox_iib_tips.truth.tsv.zst", other("mpox_iib"), []string{"substitutions", "deletions"}, 0.95},
		{"flu_h3n2_ha", "other/flu_h3n2_ha_tips.fasta.zst", "other/flu_h3n2_ha_tips.truth.tsv.zst", other("flu_h3n2_ha"), []string{"substitutions", "deletions"}, 0.95},
		{"rsv_a", "other/rsv_a_tips.fasta.zst", "other/rsv_a_tips.truth.tsv.zst", other("rsv_a"), []string{"substitutions", "deletions"}, 0.95},
	} {
		t.Run(set.name, func(t *testing.T) {
			truth := table(t, data(t, set.truth))
			c := set.caller(t)
			n, same := 0, 0
			by := map[string]int{}
			var shown bytes.Buffer
			records(t, data(t, set.genomes), func(rec record) bool {
				want, ok := truth[rec.name]
				if !ok || want["errors"] != "" {
					return true
				}
				n++
				got := called(c, rec)
				equal := true
				for _, column := range []string{"substitutions", "deletions", "insertions", "missing", "nonACGTNs", "aaSubstitutions", "aaDeletions", "alignmentStart", "alignmentEnd"} {
					if got[column] == want[column] {
						by[column]++
					}
				}
				for _, column := range set.columns {
					if got[column] != want[column] {
						equal = false
						if os.Getenv("OKAZAKI_DIFF") != "" {
							shown.WriteString(set.name + "\t" + rec.name + "\t" + column + "\t" + differ(got[column], want[column]) + "\t" + got["errors"] + "\t" +
								verdict(c, c.Call(rec.seq), parse(want["substitutions"], want["deletions"], len(c.Reference().Sequence))) + "\n")
						}
					}
				}
				if equal {
					same++
				}
				return true
			})
			t.Logf("%s: %d of %d genomes have the same %s (%.3f %%)", set.name, same, n, strings.Join(set.columns, " and "), 100*float64(same)/float64(n))
			for column := range by {
				if _, ok := truth[anyKey(truth)][column]; ok {
					t.Logf("%s: %d the same", column, by[column])
				}
			}
			if shown.Len() > 0 {
				os.WriteFile(filepath.Join(os.Getenv("OKAZAKI_DIFF"), set.name+".diff"), shown.Bytes(), 0o666)
			}
			if float64(same) < set.least*float64(n) {
				t.Errorf("%d of %d are the same, want %.2f %%", same, n, 100*set.least)
			}
		})
	}
}

func anyKey(m map[string]map[string]string) string {
	for k := range m {
		return k
	}
	return ""
}

// differ lists what only one of two comma-separated lists has.
func differ(got, want string) string {
	in := func(list string) map[string]bool {
		m := map[string]bool{}
		for _, x := range strings.Split(list, ",") {
			m[x] = true
		}
		return m
	}
	g, w := in(got), in(want)
	var out []string
	for _, x := range strings.Split(got, ",") {
		if !w[x] {
			out = append(out, "+"+x)
		}
	}
	for _, x := range strings.Split(want, ",") {
		if !g[x] {
			out = append(out, "-"+x)
		}
	}
	return strings.Join(out, " ")
}
