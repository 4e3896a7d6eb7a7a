package virus_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"okazaki"
	"okazaki/analysis/analysistest"
	"okazaki/analysis/virus"
)

// small returns files of testdata/small: genomes, then the reference and its
// genes.
func small(genomes ...analysistest.Input) []analysistest.Input {
	return append(slices.Clone(genomes), smallFile("reference", "reference.fasta"), smallFile("annotation", "genes.gff3"))
}

func smallFile(role, name string) analysistest.Input {
	return analysistest.Input{Role: role, Name: name, Path: filepath.Join("testdata", "small", name)}
}

// inMemory returns a file that isn't in testdata.
func inMemory(role, name string, content []byte) analysistest.Input {
	return analysistest.Input{Role: role, Name: name, Bytes: content}
}

func zipped(t testing.TB, name string) []byte {
	t.Helper()
	plain, err := os.ReadFile(filepath.Join("testdata", "small", name))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The cases' batches and tiles: a few genomes each.
const (
	smallBatch = 2500
	smallTile  = 3
)

func TestConformance(t *testing.T) {
	genomes, other := smallFile("genomes", "genomes.fasta"), smallFile("genomes", "other.fasta")
	gz := zipped(t, "genomes.fasta")
	broken := []analysistest.Broken{
		{Name: "no file", Inputs: small(), Want: "genomes is missing"},
		{Name: "a name twice", Params: `{"duplicates": "error"}`, Inputs: small(genomes, genomes), Want: `genomes.fasta:1: record "small/00": the name was used before, at genomes.fasta:1; give each record a name of its own, or leave one of them out, or number them: --duplicates number`},
		{Name: "a file cut short", Inputs: small(inMemory("genomes", "short.fasta.gz", gz[:len(gz)/2])), Want: "short.fasta.gz"},
		{Name: "an empty file", Inputs: small(inMemory("genomes", "empty.fasta", nil)), Want: "empty.fasta"},
		{Name: "no FASTA", Inputs: small(inMemory("genomes", "genes.gff3", []byte(smallGenes))), Want: "genes.gff3:1: "},
		{Name: "genes beyond the reference", Inputs: []analysistest.Input{genomes, smallFile("reference", "reference.fasta"),
			inMemory("annotation", "beyond.gff3", []byte("small\t.\tCDS\t1195\t1209\t.\t+\t0\tID=x\n"))}, Want: "beyond.gff3:1: it ends at 1209, the sequence at 1203"},
		{Name: "a reference of two records", Inputs: []analysistest.Input{genomes, smallFile("reference", "other.fasta")}, Want: "there is a second record"},
		{Name: "a mask beyond the reference", Params: `{"mask": "1-10,1200-1204"}`, Want: `mask: "1200-1204" is not a range of positions from 1 to 1203`},
		{Name: "a mask that is not a range", Params: `{"mask": "ten"}`, Want: `mask: "ten" is not a range`},
		{Name: "too many neighbours", Params: `{"nearest": 1001}`, Want: "nearest 1001 is out of range; give 0 to 1000"},
		{Name: "a cluster of less than none", Params: `{"cluster": -2}`, Want: "cluster -2 is out of range"},
		{Name: "an unknown matrix", Params: `{"matrix": "csv"}`, Want: "csv"},
		{Name: "pairs, and none", Params: `{"only": "mutations", "within": 2}`, Want: "within is about how genomes compare, and only mutations are asked for; leave out --only or --within"},
		{Name: "a matrix of none", Params: `{"only": "mutations", "matrix": "tsv"}`, Want: "leave out --only or --matrix"},
		{Name: "neighbours of none", Params: `{"only": "mutations", "nearest": 3}`, Want: "leave out --only or --nearest"},
		{Name: "typing error", Params: `{"nearst": 9}`, Want: `virus has no parameter "nearst"; did you mean "nearest"?`},
	}
	analysistest.Run(t, virus.InSmallPieces(smallBatch, smallTile),
		analysistest.Case{Name: "defaults", Inputs: small(genomes), Broken: broken,
			Check: answers("", small(genomes), "mutations.tsv", "distances.tsv", "neighbours.tsv", "clusters.tsv")},
		analysistest.Case{Name: "two files, one of them compressed", Inputs: small(inMemory("genomes", "genomes.fasta.gz", gz), other),
			Check: twoFiles(small(genomes, other))},
		analysistest.Case{Name: "pairs and a matrix", Params: `{"within": 3, "matrix": "tsv"}`, Inputs: small(genomes),
			Check: answers(`{"within": 3, "matrix": "tsv"}`, small(genomes), "pairs.tsv", "matrix.tsv", "mutations.tsv", "distances.tsv", "neighbours.tsv", "clusters.tsv")},
		analysistest.Case{Name: "all files about a genome", Params: `{"only": "mutations", "aligned": true, "vcf": true, "ndjson": true}`, Inputs: small(genomes),
			Check: answers(`{"only": "mutations", "aligned": true, "vcf": true, "ndjson": true}`, small(genomes), "mutations.tsv", "aligned.fasta", "mutations.vcf", "mutations.ndjson")},
		analysistest.Case{Name: "fingerprints", Params: `{"fingerprint": true, "cluster": -1, "html": true}`, Inputs: small(genomes),
			Check: answers(`{"fingerprint": true, "cluster": -1}`, small(genomes), "fingerprints.tsv", "signatures.sig", "mutations.tsv", "distances.tsv", "neighbours.tsv", "report.html")},
		analysistest.Case{Name: "a mask", Params: `{"mask": "1-90,600-700", "nearest": 2, "cluster": 0, "within": 0, "matrix": "phylip"}`, Inputs: small(genomes)},
		analysistest.Case{Name: "another virus", Params: `{"aligned": true, "vcf": true, "ndjson": true, "fingerprint": true, "within": 3, "recombinants": 0.5}`, Inputs: small(other), Check: noneAligned(2, "small")},
		analysistest.Case{Name: "a parquet matrix", Params: `{"matrix": "parquet", "nearest": 0}`, Inputs: small(genomes)},
	)
}

// answers wants these outputs, and of the analysis as users ask it the bytes
// that it gives in small pieces.
func answers(params string, inputs []analysistest.Input, names ...string) func(testing.TB, map[string][]byte) {
	names = append(names, analysistest.Notes)
	slices.Sort(names)
	return func(t testing.TB, out map[string][]byte) {
		if got := slices.Sorted(maps.Keys(out)); !slices.Equal(got, names) {
			t.Errorf("the outputs are %v, want %v", got, names)
		}
		for name, want := range analysistest.Answer(t, virus.Analysis, params, inputs, 0) {
			if !bytes.Equal(ordered(name, out[name]), ordered(name, want)) {
				t.Errorf("in small pieces %s is\n%.300s\nand in large ones\n%.300s", name, out[name], want)
			}
		}
		wantRows(t, out["mutations.tsv"])
	}
}

// noneAligned wants a row with its error of each genome, and the files that
// were asked for without any.
func noneAligned(genomes int, reference string) func(testing.TB, map[string][]byte) {
	return func(t testing.TB, out map[string][]byte) {
		rows := table2(out["mutations.tsv"])
		for _, row := range rows {
			if row["seqName"] == "" || row["errors"] == "" {
				t.Errorf("a row of a genome that can't be aligned is %v", row)
			}
		}
		if len(rows) != genomes || len(out["aligned.fasta"]) > 0 || bytes.Count(out["neighbours.tsv"], []byte("\n")) != 1 {
			t.Errorf("%d rows, aligned.fasta %q, neighbours.tsv %q", len(rows), out["aligned.fasta"], out["neighbours.tsv"])
		}
		want := fmt.Sprintf("%d of %d genomes could not be aligned; see column errors. None fits the reference %s: if they belong to another virus, give its genome with --reference\n", genomes, genomes, reference)
		if got := string(out[analysistest.Notes]); got != want {
			t.Errorf("the notes are %q, want %q", got, want)
		}
	}
}

// ordered sorts the lines of pairs, which come in the order of the tiles.
func ordered(name string, content []byte) []byte {
	if name != "pairs.tsv" {
		return content
	}
	lines := bytes.SplitAfter(content, []byte("\n"))
	slices.SortFunc(lines, bytes.Compare)
	return bytes.Join(lines, nil)
}

// twoFiles wants what the files give uncompressed.
func twoFiles(plain []analysistest.Input) func(testing.TB, map[string][]byte) {
	return func(t testing.TB, out map[string][]byte) {
		for name, want := range analysistest.Answer(t, virus.Analysis, "", plain, 0) {
			if !bytes.Equal(out[name], want) {
				t.Errorf("%s differs when the genomes are compressed", name)
			}
		}
		wantRows(t, out["mutations.tsv"])
	}
}

// wantRows looks for what the genomes of testdata/small were made to show.
func wantRows(t testing.TB, mutations []byte) {
	t.Helper()
	rows := table(t, bytes.NewReader(mutations)) // by index
	for _, want := range []struct{ row, column, value string }{
		{"5", "deletions", "301-303"},
		{"6", "totalFrameShifts", "1"},
		{"8", "totalInsertions", "6"},
		{"10", "seqName", `small/10|a\\b|é description\x09of it`},
		{"11", "totalMissing", "77"},
		{"13", "totalNonACGTNs", "10"},
		{"17", "isReverseComplement", "true"},
		{"19", "substitutions", rows["2"]["substitutions"]},
		{"22", "errors", "it has no letters"},
		{"24", "errors", "'F' at base 2 is no letter of a nucleotide"},
		{"26", "errors", "no part of the genome is found in the reference small"},
		{"28", "errors", "all but 0 of the genome's 1000 letters are N"},
	} {
		if got := rows[want.row][want.column]; got != want.value {
			t.Errorf("%s of genome %s is %q, want %q", want.column, want.row, got, want.value)
		}
	}
}

// The matrix is what counting letters in aligned.fasta gives.
func TestMatrixOfAligned(t *testing.T) {
	out := analysistest.Answer(t, virus.InSmallPieces(smallBatch, smallTile), `{"aligned": true, "matrix": "tsv"}`,
		small(smallFile("genomes", "genomes.fasta")), 3)
	var aligned [][]byte
	records(t, bytes.NewReader(out["aligned.fasta"]), func(rec record) bool {
		aligned = append(aligned, bytes.Clone(rec.seq))
		return true
	})
	lines := strings.Split(strings.TrimSpace(string(out["matrix.tsv"])), "\n")[1:]
	if len(lines) != len(aligned) || len(lines) != 38 {
		t.Fatalf("the matrix has %d rows, aligned.fasta %d genomes; want 38", len(lines), len(aligned))
	}
	for i, line := range lines {
		for j, got := range strings.Split(line, "\t")[1:] {
			if want := told(aligned[i], aligned[j]); got != strconv.Itoa(want) {
				t.Errorf("%d and %d are %s apart, want %d", i, j, got, want)
			}
		}
	}
}

// told counts the positions at which both have a letter that is known,
// and not the same.
func told(x, y []byte) (n int) {
	for i := range x {
		if x[i] != y[i] && bytes.IndexByte([]byte("ACGT"), x[i]) >= 0 && bytes.IndexByte([]byte("ACGT"), y[i]) >= 0 {
			n++
		}
	}
	return n
}

// A Task of many cores has the bytes of one, and stops where it is told.
func TestManyCores(t *testing.T) {
	ctx := context.Background()
	a := virus.InSmallPieces(smallBatch, smallTile)
	job, files, err := analysistest.NewJob(a, `{"within": 4, "fingerprint": true, "recombinants": 0.5}`, small(smallFile("genomes", "genomes.fasta")))
	if err != nil {
		t.Fatal(err)
	}
	e, err := a.Open(ctx, job, files)
	if err != nil {
		t.Fatal(err)
	}
	var prior []okazaki.Result
	for stage, name := range a.Stages {
		t.Run(name, func(t *testing.T) {
			axis, err := e.Plan(ctx, stage, prior)
			if err != nil {
				t.Fatal(err)
			}
			task := okazaki.Task{Stage: stage, Span: okazaki.Span{Hi: axis.Units}, Axis: axis, Prior: prior}
			want, _, err := e.Work(ctx, &task)
			if err != nil {
				t.Fatal(err)
			}
			for _, cores := range []int{2, 3, 8} {
				inSteps(t, e, task, cores, want)
			}
			prior = append(prior, resultOf(want))
		})
	}
}

func resultOf(b []byte) okazaki.Result {
	return func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
}

// inSteps works a task on many cores, whole and told to stop after each batch
// or tile, and wants the bytes.
func inSteps(t *testing.T, e okazaki.Engine, task okazaki.Task, cores int, want []byte) {
	t.Helper()
	ctx := context.Background()
	task.Cores = cores
	whole, done, err := e.Work(ctx, &task)
	if err != nil || done != task.Span.Hi || !bytes.Equal(whole, want) {
		t.Errorf("%d cores: %d bytes to %d of %v, error %v; want the %d bytes of one core", cores, len(whole), done, task.Span, err, len(want))
	}
	var parts [][]byte
	end := task.Span.Hi
	for task.Span.Lo < end {
		told := task.Span.Lo
		task.Continue = func(done int64) bool { told = done; return false }
		part, done, err := e.Work(ctx, &task)
		if err != nil || done != told || done <= task.Span.Lo || done > end {
			t.Fatalf("%d cores: %v stopped at %d, told %d, error %v", cores, task.Span, done, told, err)
		}
		parts, task.Span.Lo = append(parts, part), done
	}
	if len(parts) < 2 {
		t.Errorf("%d cores: %d units were never stopped midway", cores, end)
	}
	joined := bytes.Join(parts, nil)
	if !task.Axis.Concat {
		if joined, err = e.Merge(ctx, task.Stage, parts); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(joined, want) {
		t.Errorf("%d cores: %d steps give other bytes than one core", cores, len(parts))
	}
}

// Cancelled on many cores, Work ends with the context's error and leaves the
// engine whole.
func TestManyCoresCancelled(t *testing.T) {
	a := virus.InSmallPieces(smallBatch, smallTile)
	job, files, err := analysistest.NewJob(a, `{"only": "mutations"}`, small(smallFile("genomes", "genomes.fasta")))
	if err != nil {
		t.Fatal(err)
	}
	e, err := a.Open(t.Context(), job, files)
	if err != nil {
		t.Fatal(err)
	}
	axis, err := e.Plan(t.Context(), 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	task := okazaki.Task{Span: okazaki.Span{Hi: axis.Units}, Axis: axis, Cores: 4}
	want, _, err := e.Work(t.Context(), &task)
	if err != nil {
		t.Fatal(err)
	}
	for calls := range 8 {
		ctx, cancel := context.WithCancel(t.Context())
		left := calls
		task.Continue = func(int64) bool {
			if left--; left <= 0 {
				cancel()
			}
			return true
		}
		if part, done, err := e.Work(ctx, &task); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled at the call %d of Continue: %d bytes to %d, error %v", calls, len(part), done, err)
		}
		cancel()
	}
	task.Continue = nil
	if got, _, err := e.Work(t.Context(), &task); err != nil || !bytes.Equal(got, want) {
		t.Errorf("after it was cancelled: %d bytes, error %v", len(got), err)
	}
}

// A genome that is too far from the others to be compared is a mistake that
// the user can mend.
func TestTooFar(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 210_000))
	ref := randomLetters(r, 210_000)
	far := slices.Clone(ref)
	for i := 0; i < len(far); i += 20 {
		far[i] = "CGTA"[bytes.IndexByte([]byte("ACGT"), far[i])]
	}
	genomes := appendFASTA(appendFASTA(appendFASTA(nil, "a", ref), "b", ref), "far", far)
	inputs := []analysistest.Input{inMemory("genomes", "genomes.fasta", genomes), inMemory("reference", "r.fasta", appendFASTA(nil, "r", ref))}
	_, err := analysistest.Ask(t.Context(), virus.Analysis, "", inputs, 0)
	var e *okazaki.Error
	if !errors.As(err, &e) || e.Record != "far" || !strings.Contains(e.Hint, "--only mutations") {
		t.Errorf("error %v; want an *okazaki.Error about far, whose hint is --only mutations", err)
	}
	out := analysistest.Answer(t, virus.Analysis, `{"only": "mutations"}`, inputs, 0)
	if row := table(t, bytes.NewReader(out["mutations.tsv"]))["2"]; row["totalSubstitutions"] != "10500" {
		t.Errorf("substitutions of the far genome: %s %s", row["totalSubstitutions"], row["errors"])
	}
}
