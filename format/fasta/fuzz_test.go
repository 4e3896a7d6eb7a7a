package fasta

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"okazaki"
	"okazaki/format/unpack"
)

// Whatever the bytes are, Scan and NewIndex agree on them, and each record is
// read the same from the middle.
func FuzzScan(f *testing.F) {
	for _, test := range scans {
		f.Add([]byte(test.content))
	}
	for _, test := range refusals {
		f.Add([]byte(test.content))
	}
	genomes, err := os.ReadFile("testdata/genomes.fasta")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(genomes)
	f.Add(packGzip(f, string(genomes)))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := unpack.Sniff(b); err == nil && c != unpack.Plain && c != unpack.Gzip {
			return // that is for the fuzz test of unpack
		}
		var want []string
		var bad error
		for rec, err := range Scan("f", bytes.NewReader(b)) {
			if err != nil {
				bad = err
				break
			}
			if len(rec.Name) == 0 || strings.ContainsAny(rec.Name, " \t\r\n") || bytes.ContainsAny(rec.Seq, " \t\r\n") {
				t.Fatalf("%q %q", rec.Name, rec.Seq)
			}
			want = append(want, row(rec))
		}
		sources := []Source{source("f", string(b))}
		x, err := newIndex(context.Background(), sources, IndexOptions{AllowDuplicates: true}, 1)
		if (err == nil) != (bad == nil) || err != nil && err.Error() != bad.Error() {
			t.Fatalf("Scan: %v, NewIndex: %v", bad, err)
		}
		if err != nil {
			var e *okazaki.Error
			if !errors.As(err, &e) {
				t.Fatal(err)
			}
			return
		}
		r := NewReader(sources, x)
		defer r.Close()
		for i := len(want) - 1; i >= max(0, len(want)-20); i-- {
			if got := rows(t, r.Records(context.Background(), int64(i), int64(i+1))); got[0] != want[i] {
				t.Fatalf("record %d of %d: got %s, want %s", i, len(want), got, want[i])
			}
		}
	})
}

// Whatever the bytes are, an index that can be read can be written and used.
func FuzzIndex(f *testing.F) {
	src := []Source{source("f", ">a\nACGT\n>b\nAC\n"), source("g", ">c\nA\n")}
	for _, lengths := range []bool{false, true} {
		x, err := newIndex(context.Background(), src, IndexOptions{Lengths: lengths}, 1)
		if err != nil {
			f.Fatal(err)
		}
		b, err := x.MarshalBinary()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	text := toy(rand.New(rand.NewPCG(11, 12)), 100, 1000)
	x, err := newIndex(context.Background(), []Source{source("h", string(packGzip(f, text)))}, IndexOptions{}, 1)
	if err != nil || len(x.files[0].points) < 2 {
		f.Fatal(err)
	}
	inside, _ := x.MarshalBinary()
	f.Add(inside)
	f.Fuzz(func(t *testing.T, b []byte) {
		var x, y Index
		if err := x.UnmarshalBinary(b); err != nil {
			return
		}
		again, err := x.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		if err := y.UnmarshalBinary(again); err != nil {
			t.Fatal(err)
		}
		if once, _ := y.MarshalBinary(); !bytes.Equal(again, once) {
			t.Fatal("the index changes as it is written and read")
		}
		r := NewReader(src, &x)
		defer r.Close()
		n := 0
		for _, err := range r.Records(context.Background(), 0, x.Records()) {
			if n++; err == nil && n > 3 {
				t.Fatal("more records than there are")
			}
		}
	})
}
