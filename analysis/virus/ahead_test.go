package virus

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"okazaki"
	"okazaki/internal/filetest"
)

type heldFiles map[string][]byte

func (f heldFiles) Open(_ context.Context, in okazaki.Input) (okazaki.File, error) {
	return filetest.Memory(f[in.Name]), nil
}

// Genomes that the plan called ahead have the rows that they have without, of any
// span; those with an earlier one's name are not called ahead.
func TestRowsAheadAreTheRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	reference := string(SARS2().Sequence)
	var file strings.Builder
	for i := range 90 {
		q := []byte(reference)
		for range 5 {
			q[rng.IntN(len(q))] = "ACGTN"[rng.IntN(5)]
		}
		fmt.Fprintf(&file, ">g%d\n%s\n", i, q[rng.IntN(100):])
	}
	for _, repeat := range []bool{false, true} {
		genomes := file.String()
		if repeat {
			genomes += ">g7\n" + reference + "\n"
		}
		job := &okazaki.Job{Analysis: "virus", Inputs: []okazaki.Input{{Role: "genomes", Name: "g.fasta"}}}
		opened := func(ahead int) (*engine, okazaki.Axis) {
			e, err := open(t.Context(), job, heldFiles{"g.fasta": []byte(genomes)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = e.Close() })
			if ahead > 0 {
				e.(okazaki.Eager).Ahead(ahead)
			}
			axis, err := e.Plan(t.Context(), mutationsStage, nil)
			if err != nil {
				t.Fatal(err)
			}
			return e.(*engine), axis
		}
		plain, axis := opened(0)
		for _, cores := range []int{1, 3} {
			eager, same := opened(cores)
			if !bytes.Equal(axis.Note, same.Note) || axis.Units != same.Units {
				t.Fatal("the axis is another")
			}
			if (eager.ahead == nil) != repeat {
				t.Fatalf("with repeats %v, rows are there: %v", repeat, eager.ahead != nil)
			}
			if eager.ahead != nil { // as if the time had been up
				last := len(eager.ahead.batches) - 1
				eager.ahead.records, eager.ahead.batches = eager.ahead.batches[last].first, eager.ahead.batches[:last]
			}
			for range 25 {
				lo := rng.Int64N(axis.Units)
				span := okazaki.Span{Lo: lo, Hi: lo + 1 + rng.Int64N(axis.Units-lo)}
				task := &okazaki.Task{Stage: mutationsStage, Span: span, Axis: axis, Cores: 2}
				want, wantDone, err := plain.Work(t.Context(), task)
				if err != nil {
					t.Fatal(err)
				}
				got, done, err := eager.Work(t.Context(), task)
				if err != nil || done != wantDone || !bytes.Equal(got, want) {
					t.Errorf("span %v: %v, up to %d, want %d; %d bytes, want %d", span, err, done, wantDone, len(got), len(want))
				}
			}
		}
	}
}

// Plan keeps no more rows than it may, and none that were handed out.
func TestRowsAheadAreFew(t *testing.T) {
	defer func(n int64) { aheadBytes = n }(aheadBytes)
	aheadBytes = 1
	reference := string(SARS2().Sequence)
	var file strings.Builder
	for i := range 90 {
		fmt.Fprintf(&file, ">g%d\n%s\n", i, reference[i:])
	}
	job := &okazaki.Job{Analysis: "virus", Inputs: []okazaki.Input{{Role: "genomes", Name: "g.fasta"}}}
	opened, err := open(t.Context(), job, heldFiles{"g.fasta": []byte(file.String())})
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	e := opened.(*engine)
	e.batch = 1 // a genome
	e.Ahead(3)
	axis, err := e.Plan(t.Context(), mutationsStage, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := e.ahead.records; n < 1 || n > 20 {
		t.Errorf("%d of 90 genomes were called ahead, want a few", n)
	}
	var parts [2][]byte
	for i := range parts {
		part, done, err := e.Work(t.Context(), &okazaki.Task{Stage: mutationsStage, Span: okazaki.Span{Hi: 90}, Axis: axis, Cores: 2})
		if err != nil || done != 90 {
			t.Fatalf("up to %d: %v", done, err)
		}
		parts[i] = part
		for _, b := range e.ahead.batches {
			if b.rows != nil {
				t.Errorf("the rows from %d are still kept", b.first)
			}
		}
	}
	if rows := bytes.Count(parts[0], []byte{'\n'}); rows != 90 || !bytes.Equal(parts[0], parts[1]) {
		t.Errorf("%d rows, want 90; the same when worked again: %v", rows, bytes.Equal(parts[0], parts[1]))
	}
}
