package composition_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki"
	"okazaki/analysis/analysistest"
	"okazaki/analysis/composition"
	"okazaki/format/fasta"
)

func genome(names ...string) []analysistest.Input {
	in := []analysistest.Input{}
	for _, n := range names {
		in = append(in, analysistest.Input{Role: "genome", Name: n, Path: filepath.Join("testdata", n)})
	}
	return in
}

func TestComposition(t *testing.T) {
	broken := []analysistest.Broken{
		{Name: "no file", Inputs: genome(), Want: "genome is missing"},
		{Name: "a protein", Inputs: genome("protein.fasta"), Want: `protein.fasta:4: record "protein": 'E' at base 2 is no letter of a nucleotide`},
		{Name: "a name twice", Inputs: genome("island.fasta", "twice.fasta"), Want: `twice.fasta:1: record "chromosome": the name was used before`},
		{Name: "no FASTA", Inputs: genome("not.fasta"), Want: "not.fasta:1: "},
		{Name: "a file cut short", Inputs: genome("short.fasta.gz"), Want: "short.fasta.gz"},
		{Name: "k of 7", Params: `{"k": 7}`, Want: "k 7 is out of range; give 1 to 6"},
		{Name: "no window", Params: `{"window": 0}`, Want: "window 0 is out of range"},
		{Name: "typing error", Params: `{"windw": 9}`, Want: `composition has no parameter "windw"; did you mean "window"?`},
	}
	analysistest.Run(t, composition.Analysis,
		analysistest.Case{Name: "tiles", Params: `{"window": 100}`, Inputs: genome("island.fasta"), Broken: broken, Check: against(100, 100, 2, "island.fasta")},
		analysistest.Case{Name: "overlapping windows", Params: `{"window": 100, "step": 30, "k": 3}`, Inputs: genome("odd.fasta", "two.fasta.gz"), Check: against(100, 30, 3, "odd.fasta", "two.fasta.gz")},
		analysistest.Case{Name: "windows apart", Params: `{"window": 7, "step": 50, "k": 4}`, Inputs: genome("odd.fasta"), Check: against(7, 50, 4, "odd.fasta")},
		analysistest.Case{Name: "windows shorter than k", Params: `{"window": 3, "step": 2, "k": 6}`, Inputs: genome("tiny.fasta"), Check: against(3, 2, 6, "tiny.fasta")},
		analysistest.Case{Name: "windows longer than contigs", Params: `{"window": 1000, "step": 1, "k": 1}`, Inputs: genome("tiny.fasta"), Check: against(1000, 1, 1, "tiny.fasta")},
	)
}

func TestAnyWindow(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		window := rapid.IntRange(1, 150).Draw(r, "window")
		step := rapid.IntRange(1, 200).Draw(r, "step")
		k := rapid.IntRange(1, 6).Draw(r, "k")
		span := rapid.Int64Range(50, 2000).Draw(r, "span")
		params := fmt.Sprintf(`{"window": %d, "step": %d, "k": %d}`, window, step, k)
		out := analysistest.Answer(t, composition.Analysis, params, genome("odd.fasta"), span)
		if err := compare(out, window, step, k, "odd.fasta"); err != nil {
			r.Fatal(err)
		}
	})
}

// A worker takes the index from the axis, so a damaged one is an error.
func TestTheNoteCarriesTheIndex(t *testing.T) {
	a := composition.Analysis
	job, files, err := analysistest.NewJob(a, "", genome("island.fasta"))
	if err != nil {
		t.Fatal(err)
	}
	planner, err := a.Open(t.Context(), job, files)
	if err != nil {
		t.Fatal(err)
	}
	axis, err := planner.Plan(t.Context(), 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range 4 {
		worker, err := a.Open(t.Context(), job, files)
		if err != nil {
			t.Fatal(err)
		}
		axis := axis
		axis.Note = axis.Note[:len(axis.Note)-cut]
		_, _, err = worker.Work(t.Context(), &okazaki.Task{Span: okazaki.Span{Hi: 10}, Axis: axis})
		if (cut == 0) != (err == nil) {
			t.Errorf("with %d bytes cut from the note: %v", cut, err)
		}
	}
}

func Example() {
	out, err := analysistest.Ask(context.Background(), composition.Analysis, `{"window": 10, "k": 1}`, genome("tiny.fasta"), 4)
	if err != nil {
		panic(err)
	}
	os.Stdout.Write(out["composition.tsv"])
	os.Stdout.Write(out["summary.tsv"])
	// Output:
	// # windows of 10 bases, one each 10; start and end are 0-based, half-open
	// contig	start	end	gc	gc_skew	entropy	divergence	A	C	G	T	N	other
	// one	0	10	0.6000	0.3333	1.9219	0.0666	2	2	4	2	0	0
	// one	10	16	0.6667	-1.0000	0.9183	1.1754	0	2	0	1	2	1
	// two	0	5	1.0000	0.6000	0.7219	0.5836	0	1	4	0	0	0
	// contig	length	gc	gc_skew	entropy	divergence	A	C	G	T	N	other
	// one	16	0.6154	0.0000	1.9501	0.0627	2	4	4	3	2	1
	// two	5	1.0000	0.6000	0.7219	0.5836	0	1	4	0	0	0
	// *	21	0.7222	0.2308	1.8163	0.0000	2	5	8	3	2	1
}

func against(window, step, k int, files ...string) func(testing.TB, map[string][]byte) {
	return func(t testing.TB, out map[string][]byte) {
		if err := compare(out, window, step, k, files...); err != nil {
			t.Error(err)
		}
	}
}

// A contig as the oracle has it: upper case, without U.
type contig struct{ name, seq string }

// compare holds an answer against one that counts each window from nothing
// and computes in floating point.
func compare(out map[string][]byte, window, step, k int, files ...string) error {
	var contigs []contig
	for _, name := range files {
		f, err := os.Open(filepath.Join("testdata", name))
		if err != nil {
			return err
		}
		defer f.Close()
		for rec, err := range fasta.Scan(name, f) {
			if err != nil {
				return err
			}
			contigs = append(contigs, contig{rec.Name, strings.ReplaceAll(strings.ToUpper(string(rec.Seq)), "U", "T")})
		}
	}
	whole := map[string]int{}
	for _, c := range contigs {
		for word, n := range words(c.seq, k) {
			whole[word] += n
		}
	}
	var windows, summary []row
	all := row{where: "*"}
	for _, c := range contigs {
		for at := 0; at < len(c.seq); at += step {
			end := min(at+window, len(c.seq))
			windows = append(windows, newRow(fmt.Sprintf("%s\t%d\t%d", c.name, at, end), c.seq[at:end], words(c.seq[at:end], k), whole))
		}
		if len(c.seq) > 0 {
			summary = append(summary, newRow(fmt.Sprintf("%s\t%d", c.name, len(c.seq)), c.seq, words(c.seq, k), whole))
		}
		all.seq += c.seq
	}
	all.where += fmt.Sprintf("\t%d", len(all.seq))
	summary = append(summary, newRow(all.where, all.seq, whole, whole))
	_, table, _ := bytes.Cut(out["composition.tsv"], []byte("\n"))
	if err := sameTable(table, windows, k); err != nil {
		return fmt.Errorf("composition.tsv: %w", err)
	}
	if err := sameTable(out["summary.tsv"], summary, k); err != nil {
		return fmt.Errorf("summary.tsv: %w", err)
	}
	return nil
}

// words are the k-mers of a sequence that hold nothing but bases.
func words(seq string, k int) map[string]int {
	w := map[string]int{}
	for i := 0; i+k <= len(seq); i++ {
		if strings.Trim(seq[i:i+k], "ACGT") == "" {
			w[seq[i:i+k]]++
		}
	}
	return w
}

type row struct {
	where, seq string
	measures   [4]float64
	words      map[string]int
}

func newRow(where, seq string, own, whole map[string]int) row {
	a, c, g, t := float64(strings.Count(seq, "A")), float64(strings.Count(seq, "C")), float64(strings.Count(seq, "G")), float64(strings.Count(seq, "T"))
	n, all := 0., 0.
	for _, count := range own {
		n += float64(count)
	}
	for _, count := range whole {
		all += float64(count)
	}
	entropy, divergence := 0., 0.
	if n == 0 {
		entropy, divergence = math.NaN(), math.NaN()
	}
	for word, count := range own {
		p := float64(count) / n
		entropy -= p * math.Log2(p)
		divergence += p * math.Log2(p/(float64(whole[word])/all))
	}
	return row{where, seq, [4]float64{(g + c) / (a + c + g + t), (g - c) / (g + c), entropy, divergence}, own}
}

// sameTable compares the rows below a header, the measures to their last digit.
func sameTable(table []byte, want []row, k int) error {
	lines := strings.Split(strings.TrimSuffix(string(table), "\n"), "\n")
	header := strings.Split(lines[0], "\t")
	lines = lines[1:]
	if len(lines) != len(want) {
		return fmt.Errorf("%d rows, not %d", len(lines), len(want))
	}
	for i, w := range want {
		got, ok := strings.CutPrefix(lines[i], w.where+"\t")
		fields := strings.Split(got, "\t")
		if !ok || len(fields)+strings.Count(w.where, "\t")+1 != len(header) {
			return fmt.Errorf("row %q is not of %q", lines[i], w.where)
		}
		names := header[len(header)-len(fields):]
		for j, m := range w.measures {
			f, err := strconv.ParseFloat(fields[j], 64)
			if math.IsNaN(m) {
				if fields[j] != "NA" {
					return fmt.Errorf("%s %s is %s, not NA", w.where, names[j], fields[j])
				}
			} else if err != nil || math.Abs(f-m) > 0.000051 {
				return fmt.Errorf("%s %s is %s, not %.6f", w.where, names[j], fields[j], m)
			}
		}
		for j := len(w.measures); j < len(fields); j++ {
			n := strings.Count(w.seq, names[j])
			if names[j] == "other" {
				n = len(strings.Trim(strings.NewReplacer("A", "", "C", "", "G", "", "T", "", "N", "").Replace(w.seq), ""))
			} else if j >= len(w.measures)+6 {
				n = w.words[names[j]]
			}
			if fields[j] != strconv.Itoa(n) {
				return fmt.Errorf("%s %s is %s, not %d", w.where, names[j], fields[j], n)
			}
		}
		if columns := len(fields) - len(w.measures) - 6; columns != map[int]int{2: 16, 3: 64}[k] {
			return fmt.Errorf("%d columns of k-mers", columns)
		}
	}
	return nil
}
