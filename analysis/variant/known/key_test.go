package known_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki"
	"okazaki/analysis/variant/known"
	"okazaki/internal/filetest"
)

// letters is a contig.
type letters string

func (l letters) AppendBases(dst []byte, lo, hi int) []byte {
	return append(dst, l[min(max(lo, 0), len(l)):min(max(hi, 0), len(l))]...)
}

// changed returns the contig after a change: two records that mean the same
// change give the same contig.
func changed(contig string, pos int, ref, alt string) string {
	return contig[:pos] + alt + contig[pos+len(ref):]
}

// TestSameChangeSameKey writes one change in many ways. The oracle is the
// leftmost of all changes of the same lengths that give the same contig.
func TestSameChangeSameKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		contig := rapid.StringOfN(rapid.SampledFrom([]rune("AC")), 8, 60, -1).Draw(t, "contig")
		pos := rapid.IntRange(0, len(contig)-1).Draw(t, "pos")
		ref := contig[pos : pos+rapid.IntRange(0, min(6, len(contig)-pos)).Draw(t, "ref")]
		alt := rapid.StringOfN(rapid.SampledFrom([]rune("ACac")), 0, 6, -1).Draw(t, "alt")
		k, ok := known.MakeKey(pos, []byte(ref), []byte(alt))
		if !ok {
			if !strings.EqualFold(ref, alt) {
				t.Fatalf("%d %s>%s has no key", pos, ref, alt)
			}
			return
		}
		k, _ = k.LeftAlign(letters(contig), nil)
		got := fmt.Sprint(k.Pos, " ", strings.ToUpper(string(k.Ref)), ">", strings.ToUpper(string(k.Alt)))
		want := strings.ToUpper(changed(contig, pos, ref, alt))
		if again := strings.ToUpper(changed(contig, k.Pos, string(k.Ref), string(k.Alt))); again != want {
			t.Fatalf("%d %s>%s became %s, which is another contig", pos, ref, alt, got)
		}
		// The shortest change at the leftmost place.
		for n := 0; ; n++ {
			for at := 0; at+n <= len(contig); at++ {
				m := n + len(want) - len(contig)
				if m < 0 || at+m > len(want) || want[:at] != contig[:at] || want[at+m:] != contig[at+n:] {
					continue
				}
				if oracle := fmt.Sprint(at, " ", contig[at:at+n], ">", want[at:at+m]); got != oracle {
					t.Fatalf("%d %s>%s became %s, want %s", pos, ref, alt, got, oracle)
				}
				return
			}
		}
	})
}

func TestLongRepeatsAreAligned(t *testing.T) {
	contig := letters("T" + strings.Repeat("CAG", 5000) + "T")
	k, _ := known.MakeKey(1+3*4000+2, []byte("GCAG"), []byte("G"))
	k, _ = k.LeftAlign(contig, nil)
	if k.Pos != 1 || string(k.Ref) != "CAG" || len(k.Alt) > 0 {
		t.Errorf("%d %s>%s", k.Pos, k.Ref, k.Alt)
	}
}

// TestAnyJoinIsTheBruteForceOne builds a source of any changes, in any of the
// ways that they can be written, and asks about any, cut anywhere.
func TestAnyJoinIsTheBruteForceOne(t *testing.T) {
	contig := strings.Repeat("GATTACACACACAAAAAAAAAAAAAAAAAAAAAAAATCCCCGGGGTNNTACG", 6)
	type change struct {
		pos      int
		ref, alt string
	}
	draw := rapid.Custom(func(t *rapid.T) change {
		pos := rapid.IntRange(0, len(contig)-40).Draw(t, "pos")
		return change{pos, contig[pos : pos+rapid.IntRange(1, 30).Draw(t, "ref")], rapid.StringOfN(rapid.SampledFrom([]rune("ACGTN")), 1, 30, -1).Draw(t, "alt")}
	})
	rapid.Check(t, func(t *rapid.T) {
		source := rapid.SliceOfN(draw, 0, 120).Draw(t, "source")
		slices.SortStableFunc(source, func(a, b change) int { return cmp.Compare(a.pos, b.pos) })
		offset := (1 << 20) - rapid.IntRange(0, len(contig)).Draw(t, "border") // of the contig in a longer one
		all := strings.Repeat("N", offset) + contig
		var text strings.Builder
		text.WriteString(vcfHead)
		want := map[string][]string{} // by the contig after the change
		for i, c := range source {
			fmt.Fprintf(&text, "1\t%d\t.\t%s\t%s\t.\t.\tSET=s%d\n", offset+c.pos+1, c.ref, c.alt, i)
			if c.ref != c.alt {
				after := changed(contig, c.pos, c.ref, c.alt)
				want[after] = append(want[after], fmt.Sprint("s", i))
			}
		}
		var w bytes.Buffer
		o := known.Options{Reference: func(string) known.Reference { return letters(all) }}
		if _, err := known.Build(context.Background(), "x.vcf", strings.NewReader(text.String()), o, &w); err != nil {
			t.Fatal(err)
		}
		s, err := known.Open("x.okk", filetest.Memory(w.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		queries := append(source, rapid.SliceOfN(draw, 1, 20).Draw(t, "queries")...)
		slices.SortStableFunc(queries, func(a, b change) int { return cmp.Compare(a.pos, b.pos) })
		cursor := s.Cursor()
		for _, q := range queries {
			if rapid.IntRange(0, 9).Draw(t, "cut") == 0 {
				cursor = s.Cursor() // another worker goes on
			}
			k, ok := known.MakeKey(offset+q.pos, []byte(q.ref), []byte(q.alt))
			if !ok {
				continue
			}
			k, _ = k.LeftAlign(letters(all), nil)
			contigs, _ := s.Contig("1")
			got := ""
			if cursor.Find(contigs, k) {
				got = string(cursor.Append(nil, s.Field("SET")))
			}
			if wanted := strings.Join(want[changed(contig, q.pos, q.ref, q.alt)], ","); !sameSet(got, wanted) || cursor.Err() != nil {
				t.Fatalf("%v: %q, want %q (%v)", q, got, wanted, cursor.Err())
			}
		}
		// All of them, in order, by place.
		n, last := 0, -1
		contig, _ := s.Contig("1")
		cursor.Near(contig, 0, len(all), func(k known.Key) bool {
			if k.Pos < last {
				t.Fatalf("%d comes after %d", k.Pos, last)
			}
			last = k.Pos
			n += strings.Count(string(cursor.Append(nil, s.Field("SET"))), "s")
			return true
		})
		with := 0
		for _, sets := range want {
			with += len(sets)
		}
		if n != with {
			t.Fatalf("Near has %d records, want %d", n, with)
		}
	})
}

// sameSet compares values that are joined by commas: rows of one key are in
// the order of their places after trimming, records in the file's order.
func sameSet(a, b string) bool {
	x, y := strings.Split(a, ","), strings.Split(b, ",")
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// TestLengthsAreAnAssembly has a genome that nobody has named.
func TestLengthsAreAnAssembly(t *testing.T) {
	b, _ := build(t, "x.vcf", strings.Replace(vcfHead, "248956422", "1234", 1), known.Options{})
	s := open(t, b)
	if got := s.String(); got != "x 20260101 (x.vcf, assembly not named, 0 rows)" {
		t.Error(got)
	}
	for n, want := range map[int]string{1234: "", 1235: "contig 1 has 1234 bases there, and 1235 in in.vcf"} {
		err := s.Check("in.vcf", known.Assembly{Name: "mine", Lengths: map[string]int{"1": n}})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%d: %v", n, err)
		}
	}
}

func TestAnotherAssemblyIsRefused(t *testing.T) {
	b, _ := build(t, "x.vcf", vcfHead+"1\t10\t.\tA\tC\t.\t.\t.\n", known.Options{})
	s := open(t, b)
	for _, tt := range []struct {
		name string
		of   known.Assembly
		want string
	}{
		{"the same", known.Assembly{Name: "hg38"}, ""},
		{"unknown", known.Assembly{}, ""},
		{"by length", known.Assembly{Lengths: map[string]int{"chr1": 248956422}}, ""},
		{"other name", known.Assembly{Name: "human_g1k_v37.fasta"}, "test.okk: the source is for GRCh38, in.vcf is for GRCh37"},
		{"other length", known.Assembly{Lengths: map[string]int{"chr1": 249250621}}, "the source is for GRCh38, in.vcf is for GRCh37"},
		{"no assembly's length", known.Assembly{Lengths: map[string]int{"chr1": 7}}, "contig 1 has 248956422 bases there, and 7 in in.vcf"},
	} {
		err := s.Check("in.vcf", tt.of)
		if _, ok := errors.AsType[*okazaki.Error](err); (err == nil) != (tt.want == "") || err != nil && (!ok || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}
