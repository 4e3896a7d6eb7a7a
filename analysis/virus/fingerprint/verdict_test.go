package fingerprint_test

import (
	"bytes"
	. "okazaki/analysis/virus/fingerprint"
	"slices"
	"testing"

	"okazaki/analysis/virus"
	"okazaki/analysis/virus/lineages"
	"okazaki/analysis/virus/simulate"
)

// TestOddGenomesAreFound judges an outbreak in which everything odd is common.
func TestOddGenomesAreFound(t *testing.T) {
	r := sars2(t, Params{})
	p := r.Printer()
	o, err := simulate.New(virus.SARS2(), simulate.Options{Genomes: 2000, Reversed: 0.1, Mixed: 0.1, Foreign: 0.1, Other: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	var kinds [5]struct{ n, strangers, contaminated, mixed int }
	for _, rec := range o.All(0, o.Records()) {
		v := r.Judge(p.Print(rec.Sequence), Limits{})
		k := &kinds[rec.Kind]
		k.n++
		for count, is := range map[*int]bool{&k.strangers: v.Stranger, &k.contaminated: v.Contaminated, &k.mixed: v.Mixed} {
			if is {
				*count++
			}
		}
		if mixed := count(rec.Calls.Ambiguous) >= 10; rec.Kind == simulate.Mixed && v.Mixed != mixed {
			t.Errorf("%s: mixed %v", rec.Name, v.Mixed)
		}
	}
	t.Logf("kinds: %+v", kinds)
	for _, k := range []simulate.Kind{simulate.Plain, simulate.Reversed, simulate.Mixed, simulate.Foreign} {
		if kinds[k].strangers > 0 {
			t.Errorf("%d of %d %v genomes are strangers", kinds[k].strangers, kinds[k].n, k)
		}
	}
	if k := kinds[simulate.Other]; k.strangers != k.n {
		t.Errorf("%d of %d other viruses are strangers", k.strangers, k.n)
	}
	if k := kinds[simulate.Plain]; k.contaminated+k.mixed > 0 {
		t.Errorf("%d of %d plain genomes are contaminated, %d mixed", k.contaminated, k.n, k.mixed)
	}
	if k := kinds[simulate.Foreign]; k.contaminated < k.n*95/100 {
		t.Errorf("%d of %d foreign stretches are found", k.contaminated, k.n)
	}
}

func count(all []virus.Ambiguous) (n int) {
	for _, a := range all {
		n += a.Region.Len()
	}
	return n
}

// TestLineagesAreNoStrangers judges the most diverged genomes there are.
func TestLineagesAreNoStrangers(t *testing.T) {
	ref := virus.SARS2()
	r := sars2(t, Params{})
	for _, l := range lineages.All() {
		v := r.Judge(r.Printer().Print(l.AppendGenome(nil, ref)), Limits{})
		if v.Stranger || v.Contaminated || v.Mixed || v.Contained < 0.8 {
			t.Errorf("%s: %+v", l.Name, v)
		}
	}
}

// TestMutationListsAgree compares genomes with the calls of an aligner, and
// with calls that lack a substitution.
func TestMutationListsAgree(t *testing.T) {
	ref := virus.SARS2()
	r := sars2(t, Params{})
	p, predict, caller := r.Printer(), r.Printer(), virus.NewCaller(ref, virus.SARS2Params())
	o, err := simulate.New(ref, simulate.Options{Genomes: 300, Indels: 0.1, Reversed: 0.1, Mixed: 0.1, Foreign: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range o.All(0, o.Records()) {
		f, calls := p.Print(rec.Sequence), caller.Call(rec.Sequence)
		if n := Disagreement(f.Spectrum, predict.Print(calls.AppendGenome(nil, ref)).Spectrum); n > 0 {
			t.Errorf("%s: %d k-mers disagree", rec.Name, n)
		}
		if len(calls.Substitutions) == 0 {
			continue
		}
		calls.Substitutions = slices.Delete(calls.Substitutions, 0, 1)
		if n := Disagreement(f.Spectrum, predict.Print(calls.AppendGenome(nil, ref)).Spectrum); n < 5 && rec.Kind == simulate.Plain {
			t.Errorf("%s: %d k-mers disagree without a substitution", rec.Name, n)
		}
	}
}

// TestLowerCaseAndGapsDontMatter prints a genome as others write it.
func TestLowerCaseAndGapsDontMatter(t *testing.T) {
	r := sars2(t, Params{})
	seq := bytes.Clone(virus.SARS2().Sequence)
	seq[1000], seq[20000] = 'T', 'R'
	want := r.Printer().Print(seq).Clone()
	other := bytes.ReplaceAll(bytes.ToLower(seq), []byte("t"), []byte("u"))
	other = slices.Insert(other, 5000, []byte("--..")...)
	got := r.Printer().Print(other)
	if !slices.Equal(got.Sketch, want.Sketch) || Disagreement(got.Spectrum, want.Spectrum) > 0 || got.Unread != want.Unread {
		t.Errorf("got %d unread, %d k-mers; want %d, %d", got.Unread, len(got.Spectrum), want.Unread, len(want.Spectrum))
	}
}

// TestSketchIsSourmashs has the hashes of sourmash's own test "merge": the
// 10-mers of two sequences (sourmash-bio/sourmash, src/core/tests/minhash.rs).
func TestSketchIsSourmashs(t *testing.T) {
	r := sars2(t, Params{Sketch: 10, Scaled: 1})
	p := r.Printer()
	got := p.Sketch(p.Sketch(p.Sketch(nil, []byte("TGCCGCCCAGCA")), []byte("GTCCGCCCAGTGA")), []byte("GTCCGCCCAGTGG"))
	slices.Sort(got)
	want := []uint64{2996412506971915891, 4448613756639084635, 8373222269469409550, 9390240264282449587, 11085758717695534616,
		11668188995231815419, 11760449009842383350, 14682565545778736889}
	if got = slices.Compact(got); !slices.Equal(got, want) {
		t.Errorf("hashes %d", got)
	}
}
