package fasta

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"okazaki/internal/filetest"
	"pgregory.net/rapid"
)

// alike draws a record that is much like a genome, but for a few letters, gaps, or
// all that comes behind one.
func alike(t *rapid.T, genome string) string {
	s := []byte(genome)
	for range rapid.IntRange(0, 4).Draw(t, "changes") {
		at := rapid.IntRange(0, len(s)-1).Draw(t, "at")
		switch rapid.IntRange(0, 5).Draw(t, "change") {
		case 0:
			s = append(s[:at:at], s[at+1:]...)
			s = append(s, 'A')
		case 1:
			s = s[:max(at, len(s)/2)]
		default:
			s[at] = "ACGTNacgtRn-xZ"[rapid.IntRange(0, 13).Draw(t, "letter")]
		}
	}
	return string(s)
}

// Records that are alike are read as they are, however long their lines, and say
// rightly what letters they hold.
func TestRecordsAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		genome := strings.Repeat("ACGTTGCAAGCTTACGGATCNACCATGGTTACA", rapid.IntRange(16, 200).Draw(t, "length"))
		var want []string
		var file strings.Builder
		for i := range rapid.IntRange(1, 14).Draw(t, "records") {
			if rapid.IntRange(0, 5).Draw(t, "another") == 0 {
				genome = genome[7:] + "A"
			}
			s := alike(t, genome)
			want = append(want, s)
			fmt.Fprintf(&file, ">r%d\n", i)
			for width := rapid.SampledFrom([]int{61, 1000, 1 << 20}).Draw(t, "width"); len(s) > 0; s = s[min(width, len(s)):] {
				file.WriteString(s[:min(width, len(s))] + "\n")
			}
		}
		i := 0
		check := func(rec *Record) {
			wrong := strings.ContainsAny(want[i], "xZ")
			if string(rec.Seq) != want[i] && !wrong || (rec.Err != nil) != wrong {
				t.Fatalf("record %d: %d letters, %v; want %d letters", i, len(rec.Seq), rec.Err, len(want[i]))
			}
			if common := strings.Trim(want[i], "ACGTN") == ""; rec.Common != common {
				t.Fatalf("record %d: Common is %v", i, rec.Common)
			}
			i++
		}
		for rec, err := range Scan("alike.fasta", strings.NewReader(file.String())) {
			if err != nil {
				t.Fatal(err)
			}
			check(rec)
		}
		if i != len(want) {
			t.Fatalf("%d records of %d", i, len(want))
		}
		// An index made with a look at the first records is the index.
		sources := []Source{{Name: "alike.fasta", File: filetest.Memory([]byte(file.String()))}}
		plain, err := NewIndex(context.Background(), sources, IndexOptions{})
		if err != nil {
			t.Fatal(err)
		}
		most := rapid.IntRange(0, len(want)).Draw(t, "looked at")
		i = 0
		seen, err := NewIndex(context.Background(), sources, IndexOptions{Each: func(rec *Record) bool {
			if i == most {
				return false
			}
			check(rec)
			return true
		}})
		if err != nil {
			t.Fatal(err)
		}
		a, _ := plain.MarshalBinary()
		if b, _ := seen.MarshalBinary(); !bytes.Equal(a, b) || i != most {
			t.Fatalf("%d records of %d were looked at, and the index is %d bytes, not %d", i, most, len(b), len(a))
		}
	})
}
