package fingerprint_test

import (
	"bytes"
	"maps"
	. "okazaki/analysis/virus/fingerprint"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki/analysis/virus"
	"okazaki/analysis/virus/simulate"
	"okazaki/genome"
)

func sars2(tb testing.TB, p Params) *Reference {
	tb.Helper()
	r, err := NewReference(virus.SARS2().Sequence, p)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// counted returns the number of each k-mer in seq, counted one by one; hidden
// k-mers are left out.
func counted(seq []byte, k int, hidden []genome.Region) map[string]int32 {
	n := map[string]int32{}
	for i := 0; i+k <= len(seq); i++ {
		kmer := string(seq[i : i+k])
		at := genome.Region{Lo: i, Hi: i + k}
		if strings.Trim(kmer, "ACGT") == "" && !slices.ContainsFunc(hidden, at.Overlaps) {
			n[kmer]++
		}
	}
	return n
}

// checkPrint holds a fingerprint against one that looks at every k-mer.
func checkPrint(t interface{ Errorf(string, ...any) }, r *Reference, p *Printer, seq []byte) {
	f := p.Print(seq)
	clean := Normal(seq)
	if f.Reverse {
		clean = genome.AppendReverseComplement(nil, clean)
	}
	letters, k := r.Parts()
	want := counted(clean, k, nil)
	for kmer, n := range counted(letters, k, p.Hidden()) {
		if want[kmer] -= n; want[kmer] == 0 {
			delete(want, kmer)
		}
	}
	got := map[string]int32{}
	for _, c := range f.Spectrum {
		got[c.Letters(k)] = c.More
	}
	if !maps.Equal(got, want) {
		t.Errorf("spectrum of %d k-mers, not %d", len(got), len(want))
	}
	if !slices.IsSortedFunc(f.Spectrum, func(a, b Count) int { return int(a.Kmer) - int(b.Kmer) }) {
		t.Errorf("spectrum out of order")
	}
	if want := r.Printer().Sketch(nil, seq); !slices.Equal(f.Sketch, want) {
		t.Errorf("sketch of %d hashes, not %d", len(f.Sketch), len(want))
	}
}

// TestPrintsAreWhatCountingGives does anything to a genome, as long as some of
// it stays.
func TestPrintsAreWhatCountingGives(t *testing.T) {
	whole := virus.SARS2().Sequence
	rapid.Check(t, func(t *rapid.T) {
		ref := whole[:rapid.IntRange(100, 3000).Draw(t, "length")]
		r, err := NewReference(ref, Params{Spectrum: rapid.IntRange(1, 12).Draw(t, "k"), Sketch: rapid.IntRange(1, 32).Draw(t, "K"), Scaled: rapid.IntRange(1, 5).Draw(t, "scaled")})
		if err != nil {
			t.Fatal(err)
		}
		p := r.Printer()
		seq := bytes.Clone(ref)
		for range rapid.IntRange(0, 8).Draw(t, "changes") {
			lo := rapid.IntRange(0, len(seq)).Draw(t, "at")
			n := min(rapid.IntRange(0, 60).Draw(t, "n"), len(seq)-lo)
			switch rapid.IntRange(0, 6).Draw(t, "change") {
			case 0:
				seq = slices.Delete(seq, lo, lo+n)
			case 1:
				seq = slices.Insert(seq, lo, rapid.SliceOfN(rapid.SampledFrom([]byte("ACGTNRY-acgtu*")), 0, 60).Draw(t, "letters")...)
			case 2:
				copy(seq[lo:lo+n], bytes.Repeat([]byte("N"), n))
			case 3:
				seq = slices.Insert(seq, lo, seq[:n]...)
			case 4:
				seq = genome.AppendReverseComplement(nil, seq)
			case 5:
				seq = append(seq[lo:], seq[:lo]...)
			default:
				if n > 0 {
					seq[lo] = rapid.SampledFrom([]byte("ACGTRN")).Draw(t, "letter")
				}
			}
		}
		checkPrint(t, r, p, seq)
		checkPrint(t, r, p, seq[len(seq)/2:])
	})
}

// TestPrintsOfAnOutbreak checks genomes as a laboratory would give them.
func TestPrintsOfAnOutbreak(t *testing.T) {
	r := sars2(t, Params{})
	p := r.Printer()
	o, err := simulate.New(virus.SARS2(), simulate.Options{Genomes: 60, Indels: 0.1, Reversed: 0.1, Mixed: 0.1, Foreign: 0.1, Other: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range o.All(0, o.Records()) {
		checkPrint(t, r, p, rec.Sequence)
		f := p.Print(rec.Sequence)
		if f.Reverse != (rec.Kind == simulate.Reversed) {
			t.Errorf("%s: reverse %v", rec.Name, f.Reverse)
		}
		hidden := 29903 - rec.Calls.Aligned.Len()
		for _, m := range rec.Calls.Missing {
			hidden += m.Len()
		}
		for _, a := range rec.Calls.Ambiguous {
			hidden += a.Region.Len()
		}
		if f.Unread != hidden && rec.Kind != simulate.Other && rec.Kind != simulate.Foreign {
			t.Errorf("%s: %d letters are unread, not %d", rec.Name, f.Unread, hidden)
		}
	}
}

// FuzzPrint gives any bytes as a genome.
func FuzzPrint(f *testing.F) {
	ref := virus.SARS2().Sequence[:2000]
	r, err := NewReference(ref, Params{Scaled: 3})
	if err != nil {
		f.Fatal(err)
	}
	p := r.Printer()
	f.Add([]byte(""))
	f.Add(ref)
	f.Add(slices.Concat(ref[500:600], ref[400:900], []byte("NN-nN"), ref[1000:]))
	f.Fuzz(func(t *testing.T, seq []byte) { checkPrint(t, r, p, seq) })
}
