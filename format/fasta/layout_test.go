package fasta_test

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"okazaki/format/fasta"
	"okazaki/internal/filetest"
)

func source(b []byte) fasta.Source {
	return fasta.Source{Name: "g.fa", File: filetest.Memory(b)}
}

// TestRangesAreThoseOfWholeRecords reads stretches of records. If a record's
// lines differ in length, it has no ranges to read.
func TestRangesAreThoseOfWholeRecords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var text bytes.Buffer
		var regular []bool
		for i := range rapid.IntRange(1, 4).Draw(t, "records") {
			fmt.Fprintf(&text, ">r%d words\n", i)
			n := rapid.IntRange(1, 300).Draw(t, "letters")
			if rapid.IntRange(0, 9).Draw(t, "long") == 0 {
				n = rapid.IntRange(4000, 9000).Draw(t, "letters")
			}
			width := rapid.IntRange(1, 80).Draw(t, "width")
			odd, end := rapid.IntRange(-1, 12).Draw(t, "odd line"), rapid.SampledFrom([]string{"\n", "\n", "\n", "\r\n"}).Draw(t, "line end")
			alike := end == "\n"
			for line := 0; n > 0; line++ {
				w := min(n, width)
				if line == odd && n > 1 {
					w = min(n, rapid.IntRange(1, 2*width).Draw(t, "other width"))
					alike = alike && (w == width || w == n && w < width || line == 0 && w == n)
				}
				text.Write(bytes.Repeat([]byte(rapid.SampledFrom([]string{"A", "acgtN"[:1], "R", "T"}).Draw(t, "letter")), w))
				if n -= w; n > 0 || rapid.Bool().Draw(t, "last line end") {
					text.WriteString(end)
				}
				if n > 0 && rapid.IntRange(0, 40).Draw(t, "blank line") == 0 {
					text.WriteString("\n")
					alike = false
				}
			}
			if !bytes.HasSuffix(text.Bytes(), []byte("\n")) {
				text.WriteString("\n")
			}
			regular = append(regular, alike)
		}
		src := []fasta.Source{source(text.Bytes())}
		x, err := fasta.NewIndex(t.Context(), src, fasta.IndexOptions{Lengths: true})
		var b []byte
		if err == nil {
			b, err = x.MarshalBinary()
		}
		y := new(fasta.Index)
		if err == nil {
			err = y.UnmarshalBinary(b)
		}
		if err != nil {
			t.Fatal(err)
		}
		r := fasta.NewReader(src, y)
		defer r.Close()
		record := int64(0)
		for rec, err := range r.Records(t.Context(), 0, y.Records()) {
			if err != nil {
				t.Fatal(err)
			}
			n := int64(len(rec.Seq))
			if can := r.CanRange(record); regular[record] && !can {
				t.Fatalf("record %d of %q can't be read in ranges", record, text.Bytes())
			} else if can {
				from := rapid.Int64Range(0, n).Draw(t, "from")
				to := rapid.Int64Range(from, n).Draw(t, "to")
				got, err := r.Range(t.Context(), nil, record, from, to)
				if err != nil || !bytes.Equal(got, rec.Seq[from:to]) {
					t.Fatalf("letters [%d,%d) of record %d of %q are %q, %v; want %q", from, to, record, text.Bytes(), got, err, rec.Seq[from:to])
				}
			}
			record++
		}
	})
}

// TestALongRange is longer than what is read at once.
func TestALongRange(t *testing.T) {
	for width := 59; width < 64; width++ {
		letters := bytes.Repeat([]byte("ACGTTGCAAC"), 60_000)
		text := []byte(">a\n")
		for at := 0; at < len(letters); at += width {
			text = append(append(text, letters[at:min(at+width, len(letters))]...), '\n')
		}
		src := []fasta.Source{source(text)}
		x, err := fasta.NewIndex(t.Context(), src, fasta.IndexOptions{Lengths: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, from := range []int64{0, 1, int64(width), 100_003} {
			got, err := fasta.NewReader(src, x).Range(t.Context(), nil, 0, from, int64(len(letters)))
			if err != nil || !bytes.Equal(got, letters[from:]) {
				t.Errorf("lines of %d letters from %d: %d letters, %v", width, from, len(got), err)
			}
		}
	}
}

// TestARangeOfAChangedFileIsRefused changes where a line ends.
func TestARangeOfAChangedFileIsRefused(t *testing.T) {
	text := []byte(">a\nACGT\nACGT\nAC\n")
	x, err := fasta.NewIndex(t.Context(), []fasta.Source{source(text)}, fasta.IndexOptions{Lengths: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{">a\nACG\nACGTA\nAC\n", ">a\nACGTACGTA\nAC\n"} {
		r := fasta.NewReader([]fasta.Source{source([]byte(other))}, x)
		if b, err := r.Range(t.Context(), nil, 0, 2, 9); err == nil {
			t.Errorf("%q is read as %s", other, b)
		}
	}
}
