package fasta

import (
	"context"
	"os"
	"testing"
)

// The 418 genomes of Nextstrain's example, and where their names are.
func TestRealGenomes(t *testing.T) {
	path := data(t, "virus/sars2/ncov/example_sequences.fasta.gz")
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := rows(t, Scan(path, f))
	sources := []Source{openTest(t, path)}
	x, err := NewIndex(context.Background(), sources, IndexOptions{Lengths: true})
	if err != nil {
		t.Fatal(err)
	}
	if x.Records() != 418 || len(want) != 418 {
		t.Fatalf("%d records, %d scanned", x.Records(), len(want))
	}
	r := NewReader(sources, x)
	defer r.Close()
	for _, cut := range [][2]int64{{0, 418}, {400, 418}, {17, 18}, {200, 300}} {
		for i, got := range rows(t, r.Records(context.Background(), cut[0], cut[1])) {
			if got != want[cut[0]+int64(i)] {
				t.Fatalf("record %d of [%d,%d) differs", i, cut[0], cut[1])
			}
		}
	}
	for i, n := range x.Lengths() {
		if n < 25000 || n > 31000 {
			t.Errorf("%s has %d letters", x.Names()[i], n)
		}
	}
}

// 200,000 genomes in one frame with a window of 128 MiB.
func TestRealWindow(t *testing.T) {
	path := data(t, genomes200k)
	if testing.Short() {
		t.Skip("to run it: leave out -short, it unpacks 6 GB")
	}
	sources := []Source{openTest(t, path)}
	var read, total int64
	x, err := NewIndex(context.Background(), sources, IndexOptions{Progress: func(r, t int64) { read, total = r, t }})
	if err != nil {
		t.Fatal(err)
	}
	if x.Records() != 200000 || x.files[0].plain != 6060308060 || read != total || total != sources[0].File.Size() {
		t.Errorf("%d records in %d bytes; %d of %d read", x.Records(), x.files[0].plain, read, total)
	}
	b, err := x.MarshalBinary()
	if err != nil || len(b) > 100 {
		t.Errorf("the index takes %d bytes, %v", len(b), err)
	}
	r := NewReader(sources, x)
	defer r.Close()
	for _, i := range []int64{0, 7, 5000} {
		for rec, err := range r.Records(context.Background(), i, i+1) {
			if err != nil || rec.Err != nil || len(rec.Seq) < 29000 {
				t.Errorf("record %d: %v, %v", i, rec, err)
			}
		}
	}
}
