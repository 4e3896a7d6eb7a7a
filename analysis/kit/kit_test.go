package kit_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"

	"okazaki"
	"okazaki/analysis/analysistest"
	"okazaki/analysis/kit"
	"okazaki/format/fasta"
)

// shares is an analysis of two stages: the bases of all records are added up, and
// then each record's share of them is a row.
var shares = kit.New(okazaki.Analysis{
	Name: "shares", Version: 1, Short: "each record's share of all bases", Long: "Counts bases.",
	Example: "okazaki shares genome.fa",
	Params:  []okazaki.Param{kit.FASTA("genome"), {Name: "times", Kind: okazaki.IntParam, Default: "1", Help: "a factor"}},
}, func(r *kit.Request) error { return r.Between("times", 1, 9) }, openShares,
	kit.Stage[*sharer]{Name: "total", Plan: (*sharer).Plan, Work: (*sharer).add, Merge: (*sharer).merge, Render: (*sharer).say},
	kit.Stage[*sharer]{Name: "shares", Plan: (*sharer).planShares, Work: (*sharer).share, Table: &kit.Table{
		Name: "shares.tsv", Rows: "one row per usable record",
		Columns: []kit.Column{kit.Text("name", "its name"), kit.Int("bases", "bases", ""), kit.Int("all", "bases", "of all records"), kit.Float("share", "", "bases/all")},
	}},
	kit.RecordStage("lengths", (*sharer).length, kit.RecordTable("lengths.tsv", "one row per record", kit.Int("length", "bases", "bases"), kit.Text("first", "its first base"))),
)

type sharer struct {
	*kit.Records
	times int64
}

func openShares(ctx context.Context, r *kit.Request) (*sharer, error) {
	records, err := kit.OpenRecords(ctx, r, "genome", fasta.IndexOptions{AllowDuplicates: true})
	return &sharer{records, r.Int("times")}, err
}

func (s *sharer) add(ctx context.Context, t *okazaki.Task) ([]byte, int64, error) {
	var total uint64
	_, done, err := s.Each(ctx, t, func(part []byte, rec *fasta.Record) ([]byte, error) {
		total += uint64(len(rec.Seq)) * uint64(s.times)
		return part, nil
	})
	return binary.BigEndian.AppendUint64(nil, total), done, err
}

func (s *sharer) merge(_ context.Context, parts [][]byte) ([]byte, error) {
	var total uint64
	for _, p := range parts {
		total += binary.BigEndian.Uint64(p)
	}
	return binary.BigEndian.AppendUint64(nil, total), nil
}

func total(ctx context.Context, result okazaki.Result) (uint64, error) {
	r, err := result(ctx)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	b := make([]byte, 8)
	_, err = io.ReadFull(r, b)
	return binary.BigEndian.Uint64(b), err
}

func (s *sharer) say(ctx context.Context, results []okazaki.Result, out okazaki.Outputs) error {
	n, err := total(ctx, results[0])
	out.Note(okazaki.Note{Text: fmt.Sprint(n, " bases")})
	return err
}

func (s *sharer) planShares(ctx context.Context, prior []okazaki.Result) (okazaki.Axis, error) {
	if _, err := total(ctx, prior[0]); err != nil {
		return okazaki.Axis{}, err
	}
	return s.Plan(ctx, prior)
}

func (s *sharer) share(ctx context.Context, t *okazaki.Task) ([]byte, int64, error) {
	all, err := total(ctx, t.Prior[0])
	if err != nil {
		return nil, 0, err
	}
	return s.Each(ctx, t, func(part []byte, rec *fasta.Record) ([]byte, error) {
		if rec.Err != nil {
			return part, nil
		}
		n := len(rec.Seq) * int(s.times)
		return fmt.Appendf(part, "%s\t%d\t%d\t%.3f\n", rec.Name, n, all, float64(n)/float64(all)), nil
	})
}

func (s *sharer) length(rec *fasta.Record, rows *kit.Rows) {
	for range rec.Seq[0] & 1 { // none for T
		rows.Add(len(rec.Seq), string(rec.Seq[:1]))
	}
}

func records(name, content string) analysistest.Input {
	return analysistest.Input{Role: "genome", Name: name, Bytes: []byte(content)}
}

func TestKit(t *testing.T) {
	var many strings.Builder
	for n := range 40 {
		fmt.Fprintf(&many, ">r%d\n%s\n", n, strings.Repeat("CAT"[n%3:n%3+1], n+1))
	}
	broken := []analysistest.Broken{
		{Name: "no file", Inputs: []analysistest.Input{}, Want: "genome is missing"},
		{Name: "an empty file", Inputs: []analysistest.Input{records("a.fa", ">a\nA\n"), records("b.fa", "")}, Want: "b.fa: the file is empty"},
		{Name: "a factor out of range", Params: `{"times": 10}`, Want: "times 10 is out of range; give 1 to 9"},
	}
	want := map[string]string{
		"shares.tsv":       "name\tbases\tall\tshare\na\t6\t10\t0.600\nb\t4\t10\t0.400\n",
		"lengths.tsv":      "record\tlength\tfirst\terrors\na\t3\tA\t\nempty\t\t\tit has no letters\n",
		analysistest.Notes: "10 bases\n1 record could not be used; see column errors of lengths.tsv\n",
	}
	analysistest.Run(t, shares,
		analysistest.Case{Name: "many records", Inputs: []analysistest.Input{records("many.fa", many.String())}, Broken: broken},
		analysistest.Case{Name: "two files", Params: `{"times": 2}`,
			Inputs: []analysistest.Input{records("a.fa", ">a\nACG\n>empty\n"), records("b.fa", ">b\nTT\n")},
			Check: func(t testing.TB, out map[string][]byte) {
				for name, text := range want {
					if got := string(out[name]); got != text {
						t.Errorf("%s is %q, not %q", name, got, text)
					}
				}
			}},
	)
}

// Each record that can't be used is counted, however its row ends.
func TestRecordsThatCannotBeUsed(t *testing.T) {
	for content, note := range map[string]string{
		">a\nACGT\n":                  "4 bases\n",
		">a\n>b\nACGT\n>c\nMEEP\n":    "8 bases\n2 records could not be used; see column errors of lengths.tsv\n",
		">a\nTTTT\n>b\nTTTT\n":        "8 bases\n",
		">a\n>a\n>a\n":                "0 bases\n3 records could not be used; see column errors of lengths.tsv\n",
		">a\r\nCC\r\n>b\r\n\r\n>c\nT": "3 bases\n1 record could not be used; see column errors of lengths.tsv\n",
	} {
		out := analysistest.Answer(t, shares, "", []analysistest.Input{records("a.fa", content)}, 1)
		if got := string(out[analysistest.Notes]); got != note {
			t.Errorf("%q: the notes are %q, not %q", content, got, note)
		}
	}
}

func TestWhatAnAnalysisShows(t *testing.T) {
	const long = `Counts bases.

shares.tsv: one row per usable record

  name   its name
  bases
  all    of all records
  share  bases/all

lengths.tsv: one row per record

  record  name of the record
  length  bases
  first   its first base
  errors  why a record can't be used; it has no other values then`
	if shares.Long != long {
		t.Errorf("Long is\n%s", shares.Long)
	}
	if got := fmt.Sprint(shares.Stages); got != "[total shares lengths]" {
		t.Errorf("the stages are %s", got)
	}
	if got, err := shares.Outputs(nil); err != nil || fmt.Sprint(got) != "[shares.tsv lengths.tsv]" {
		t.Errorf("the outputs are %v, %v", got, err)
	}
	if n := len(shares.Progress(nil)); n != 3 {
		t.Errorf("progress of %d stages", n)
	}
}

// A row that has another number of values than the table has columns is a
// mistake of the analysis.
func TestARowThatDoesNotFit(t *testing.T) {
	defer func() {
		if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "x.tsv: 2 values for 1 columns") {
			t.Errorf("it panicked with %v", r)
		}
	}()
	a := kit.New(okazaki.Analysis{Name: "x", Params: []okazaki.Param{kit.FASTA("genome")}}, nil, openShares,
		kit.RecordStage("x", func(_ *sharer, _ *fasta.Record, rows *kit.Rows) { rows.Add(1, 2) }, kit.RecordTable("x.tsv", "rows", kit.Int("one", "", ""))))
	analysistest.Answer(t, a, "", []analysistest.Input{records("a.fa", ">a\nA\n")}, 0)
}
