package virus_test

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"okazaki/analysis/virus"
	"okazaki/format/gff3"
	"okazaki/genome"
	"okazaki/internal/filetest"
)

// data opens a file of the test data, decompressed, or skips the test.
func data(tb testing.TB, path string) io.Reader {
	tb.Helper()
	f, err := os.Open(filetest.Data(tb, "virus/"+path))
	if err != nil {
		tb.Fatal(err)
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

// records calls f with each record of a FASTA stream until it returns false.
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

// called returns the row that a caller writes, by column.
func called(c *virus.Caller, rec record) map[string]string {
	return row(c, rec.name, c.Call(rec.seq))
}

// row returns the row of some calls, by column.
func row(c *virus.Caller, name string, calls *virus.Calls) map[string]string {
	row := string(c.AppendRow(nil, 0, name, calls))
	head := strings.Split(strings.TrimSuffix(string(c.Header()), "\n"), "\t")
	out := map[string]string{}
	for i, v := range strings.Split(strings.TrimSuffix(row, "\n"), "\t") {
		out[head[i]] = v
	}
	return out
}

// dataset returns the Caller of a Nextclade dataset in the folder other.
func dataset(tb testing.TB, name string) *virus.Caller {
	tb.Helper()
	features, err := gff3.Read(name, data(tb, "other/"+name+".genome_annotation.gff3"))
	if err != nil {
		tb.Fatal(err)
	}
	ref, err := virus.NewReference(name, all(tb, data(tb, "other/"+name+".reference.fasta")), name, features)
	if err != nil {
		tb.Fatal(err)
	}
	p, err := virus.ParseParams(name, all(tb, data(tb, "other/"+name+".pathogen.json")))
	if err != nil {
		tb.Fatal(err)
	}
	return virus.NewCaller(ref, p)
}

// The tips of Nextclade's trees, and of UShER's: genomes rebuilt from the
// mutations that the truth lists. Where the calls differ, the walk's alignment
// must score as well as the truth's by Nextclade's own rules.
func TestTips(t *testing.T) {
	other := func(name string) func(testing.TB) *virus.Caller {
		return func(tb testing.TB) *virus.Caller { return dataset(tb, name) }
	}
	ours := func(testing.TB) *virus.Caller { return sars2() }
	both := []string{"substitutions", "deletions"}
	filetest.Data(t, "virus/other") // or skip all
	for _, set := range []struct {
		name, genomes string
		caller        func(testing.TB) *virus.Caller
		columns       []string
		same, good    float64 // least share of genomes with the same calls, and with those or as good ones
	}{
		{"sars2_mat43k", "sars2/derived/sars2_mat43k", ours, both[:1], 0.99997, 1},
		{"sars2_orfs_tips", "sars2/derived/sars2_orfs_tips", ours, both, 1, 1},
		{"flu_h3n2_ha", "other/flu_h3n2_ha_tips", other("flu_h3n2_ha"), both, 1, 1},
		{"rsv_a", "other/rsv_a_tips", other("rsv_a"), both, 0.938, 1},
		{"mpox_iib", "other/mpox_iib_tips", other("mpox_iib"), both, 0.759, 1},
	} {
		t.Run(set.name, func(t *testing.T) {
			truth := table(t, data(t, set.genomes+".truth.tsv.zst"))
			c := set.caller(t)
			n, same, good := 0, 0, 0
			records(t, data(t, set.genomes+".fasta.zst"), func(rec record) bool {
				want, ok := truth[rec.name]
				if !ok {
					return true
				}
				n++
				got := called(c, rec)
				differ := differences(got, want, set.columns)
				if differ == "" {
					same++
					return true
				}
				better := c.Call(rec.seq).Score - c.ScoreOf(parse(want["substitutions"], want["deletions"], len(c.Reference().Sequence)))
				if better >= 0 {
					good++
				}
				t.Logf("%s scores %+d: %s", rec.name, better, differ)
				return true
			})
			good += same
			t.Logf("%d of %d genomes (%.3f %%) have the same %s, %d (%.3f %%) the same or as good", same, n,
				100*float64(same)/float64(n), strings.Join(set.columns, " and "), good, 100*float64(good)/float64(n))
			if float64(same) < set.same*float64(n) || float64(good) < set.good*float64(n) {
				t.Errorf("want %.2f %% and %.2f %%", 100*set.same, 100*set.good)
			}
		})
	}
}

// Nextclade 0.14.4 on raw genomes. Its scoring is older than the rules that
// this package follows: docs/virus-differences.md explains every difference.
func TestNextclade0144(t *testing.T) {
	truth := table(t, data(t, "sars2/ncov/nextclade_0.14.4_example_sequences.tsv"))
	c := sars2()
	n := 0
	same := map[string]int{}
	least := map[string]int{"substitutions": 391, "deletions": 381, "insertions": 403, "missing": 405, "nonACGTNs": 415,
		"aaSubstitutions": 413, "aaDeletions": 413}
	records(t, data(t, "sars2/ncov/example_sequences.fasta.gz"), func(rec record) bool {
		want := truth[rec.name]
		if want["errors"] != "" {
			return true // it aligns all but one
		}
		n++
		got := called(c, rec)
		for _, column := range []string{"deletions", "missing", "nonACGTNs"} {
			want[column] = endsIncluded(want[column])
		}
		for column := range least {
			if d := differences(got, want, []string{column}); d == "" {
				same[column]++
			} else {
				t.Logf("%s, score %s: %s", rec.name, got["alignmentScore"], d)
			}
		}
		return true
	})
	for column, n0 := range least {
		t.Logf("%s: %d of %d genomes have the same", column, same[column], n)
		if same[column] < n0 {
			t.Errorf("%s: want %d", column, n0)
		}
	}
}

// endsIncluded mends 0.14.4's ranges, which are one letter too long.
func endsIncluded(list string) string {
	var out []string
	for _, x := range strings.Split(list, ",") {
		lo, hi, two := strings.Cut(x, "-")
		if two {
			end, _ := strconv.Atoi(hi)
			x = lo
			if start, _ := strconv.Atoi(lo[strings.IndexByte(lo, ':')+1:]); end-1 > start {
				x += "-" + strconv.Itoa(end-1)
			}
		}
		out = append(out, x)
	}
	return strings.Join(out, ",")
}

// differences lists what only one of two rows has in the columns, in any order.
func differences(got, want map[string]string, columns []string) string {
	var out []string
	for _, column := range columns {
		if d := differ(got[column], want[column]); d != "" {
			out = append(out, column+" "+d)
		}
	}
	return strings.Join(out, "; ")
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

// parse reads substitutions and deletions in Nextclade's notation.
func parse(subs, dels string, length int) *virus.Calls {
	c := &virus.Calls{Aligned: genome.Region{Hi: length}}
	for _, s := range strings.Split(subs, ",") {
		if s != "" {
			p, _ := strconv.Atoi(s[1 : len(s)-1])
			c.Substitutions = append(c.Substitutions, virus.Substitution{Pos: p - 1, Ref: s[0], Alt: s[len(s)-1]})
		}
	}
	for _, d := range strings.Split(dels, ",") {
		if d != "" {
			a, b, two := strings.Cut(d, "-")
			lo, _ := strconv.Atoi(a)
			hi := lo
			if two {
				hi, _ = strconv.Atoi(b)
			}
			c.Deletions = append(c.Deletions, genome.Region{Lo: lo - 1, Hi: hi})
		}
	}
	return c
}
