package guide

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"okazaki/analysis/analysistest"
	"okazaki/genome"
)

func reverseComplement(s string) string {
	return string(genome.AppendReverseComplement(nil, []byte(s)))
}

// placesOf returns how often a sequence lies in the genome, on either strand.
func (x *example) placesOf(s string) (n int) {
	for _, name := range x.names {
		letters := strings.ToUpper(string(x.letters[name]))
		for at := 0; at+len(s) <= len(letters); at++ {
			if here := letters[at : at+len(s)]; here == s || here == reverseComplement(s) {
				n++
			}
		}
	}
	return n
}

// isPrimer checks a primer of a row against the rules, and the genome.
func (x *example) isPrimer(t *testing.T, row map[string]string, side string) {
	t.Helper()
	s, start, end := row[side], int(number(row[side+"_start"])), int(number(row[side+"_end"]))
	there := strings.ToUpper(string(x.letters[row["contig"]][start:end]))
	if side == "reverse" {
		there = reverseComplement(there)
	}
	last := strings.Count(s[len(s)-5:], "G") + strings.Count(s[len(s)-5:], "C")
	gc := float64(strings.Count(s, "G")+strings.Count(s, "C")) / float64(len(s))
	tm := Melting(s)
	switch {
	case s != there:
		t.Errorf("the genome has %s at %d, not %s", there, start, s)
	case len(s) < 18 || len(s) > 25 || !strings.ContainsAny(s[len(s)-1:], "GC") || last > 3 || gc < 0.3 || gc > 0.7 || tm < 57 || tm > 63:
		t.Errorf("%s of %.1f °C is not a primer by the rules", s, tm)
	case math.Abs(tm-number(row[side+"_tm"])) > 0.06 || math.Abs(gc-number(row[side+"_gc"])) > 0.006:
		t.Errorf("%s has %s °C and a GC of %s", s, row[side+"_tm"], row[side+"_gc"])
	case row[side+"_copies"] != fmt.Sprint(x.placesOf(s[len(s)-16:])):
		t.Errorf("the end of %s lies in %d places, not %s", s, x.placesOf(s[len(s)-16:]), row[side+"_copies"])
	}
	for _, run := range []string{"AAAAA", "CCCCC", "GGGGG", "TTTTT"} {
		if strings.Contains(s, run) {
			t.Errorf("%s has a run", s)
		}
	}
}

// TestPrimersAreByTheRules checks the primers of guides and of deletions.
func TestPrimersAreByTheRules(t *testing.T) {
	x := newExample()
	for _, c := range []struct {
		params   string
		min, max float64
		rows     int
	}{
		{`{"target": "chr1:20001-20400,chr2:4001-4200", "k": 1, "primers": 5}`, 300, 600, 10},
		{`{"target": "chr1:20001-20400", "k": 1, "primers": 5, "product": "150:250"}`, 150, 250, 5},
		{`{"target": "chr1:20001-21000,chr2:4001-4200", "k": 1, "primers": 4, "pairs": "deletion", "product": "250:500"}`, 250, 500, 8},
		{`{"target": "chr1:20001-23000", "k": 1, "primers": 4, "pairs": "nickase"}`, 300, 600, 4},
		{`{"target": "chr1:1-300,chr1:39701-40000", "k": 1, "primers": 20}`, 300, 600, 40}, // at the ends of a contig
	} {
		answer := analysistest.Answer(t, Analysis, c.params, x.scanned(), 0)
		rows, found := answerRows(answer["primers.tsv"]), 0
		for _, row := range rows {
			if row["forward"] == "NA" {
				continue
			}
			found++
			x.isPrimer(t, row, "forward")
			x.isPrimer(t, row, "reverse")
			first, lost := number(row["cut"]), 0.0
			last := first
			if row["cut_2"] != "NA" {
				last = number(row["cut_2"])
			}
			if row["product_deleted"] != "NA" {
				lost = last - first
			}
			size := number(row["reverse_end"]) - number(row["forward_start"])
			if size != number(row["product"]) || size-lost < c.min || size-lost > c.max || lost > 0 && size-lost != number(row["product_deleted"]) {
				t.Errorf("%s: the product has %v bases, without %v: %v", c.params, size, lost, row)
			}
			if first-number(row["forward_end"]) < c.min/4-1 || number(row["reverse_start"])-last < c.min/4-1 || number(row["cut_at"]) != first-number(row["forward_start"]) {
				t.Errorf("%s: a primer lies at the cut: %v", c.params, row)
			}
			if math.Abs(number(row["forward_tm"])-number(row["reverse_tm"])) > 3.05 {
				t.Errorf("%s and %s melt apart", row["forward"], row["reverse"])
			}
		}
		if len(rows) != c.rows || found < c.rows/3 {
			t.Errorf("%s: %d rows, %d with primers; want %d", c.params, len(rows), found, c.rows)
		}
	}
}

// TestPrimersThatAreUniqueComeFirst copies a primer that was chosen elsewhere, and
// wants another.
func TestPrimersThatAreUniqueComeFirst(t *testing.T) {
	x := newExample()
	ask := func() map[string]string {
		answer := analysistest.Answer(t, Analysis, `{"target": "chr1:20001-20400", "k": 0, "primers": 1}`, x.scanned(), 20_000)
		return answerRows(answer["primers.tsv"])[0]
	}
	first := ask()
	if first["forward_copies"] != "1" || first["reverse_copies"] != "1" {
		t.Fatalf("the primers are %v", first)
	}
	at := int(number(first["forward_start"]))
	x.names, x.letters["copy"] = append(x.names, "copy"), []byte("ATTAT"+reverseComplement(string(x.letters["chr1"][at-10:at+40]))+"ATTAT")
	if second := ask(); second["forward"] == first["forward"] || second["forward_copies"] != "1" || second["guide"] != first["guide"] {
		t.Errorf("after %v the primers are %v", first, second)
	}
}

func TestTailsAreCountedOnBothStrands(t *testing.T) {
	for _, c := range []struct {
		text, tail string
		want       int64
	}{
		{"TTACGTTGCAACGGATCATTT", "ACGTTGCAACGGATCA", 1}, {"TTTGATCCGTTGCAACGTAA", "ACGTTGCAACGGATCA", 1},
		{"ACGTACGTACGTACGT", "ACGTACGTACGTACGT", 1}, {"AAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAA", 3}, {"AAAAAAAAAAAAAAAAAA", "TTTTTTTTTTTTTTTT", 3},
		{"ACGTTGCAACGNATCAACG", "ACGTTGCAACGAATCA", 0}, {"ACGTTGCAACGGATC", "ACGTTGCAACGGATCA", 0}, {strings.Repeat("T", 100) + "ACGTTGCAACGGATCA", "ACGTTGCAACGGATCA", 1},
	} {
		counter := newTailCounter([]uint32{keyOf(c.tail)})
		counts := make([]int64, 1)
		text := newText([]byte(c.text))
		counter.count(text, 0, text.n, counts)
		if counts[0] != c.want {
			t.Errorf("%s lies in %s %d times, not %d", c.tail, c.text, counts[0], c.want)
		}
	}
}

// TestEveryTailOfATextIsCounted counts all ends in a text of few bases, so that
// many lie in it more than once.
func TestEveryTailOfATextIsCounted(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	letters := make([]byte, 1500)
	for i := range letters {
		letters[i] = "ACGT"[r.IntN(4)]
	}
	for range 200 { // repeats, on both strands
		at, from := r.IntN(1460), r.IntN(1460)
		copy(letters[at:at+30], letters[from:from+30])
		if r.IntN(2) == 0 {
			copy(letters[at:at+30], genome.AppendReverseComplement(nil, letters[at:at+30]))
		}
	}
	x := &example{names: []string{"c"}, letters: map[string][]byte{"c": letters}}
	var all []amplicon
	for at := 0; at+20 <= len(letters); at++ {
		all = append(all, amplicon{left: []primer{newPrimer(int64(at), string(letters[at:at+20]))}})
	}
	counter, text := newTailCounter(tailsOf(all)), newText(letters)
	counts := make([]int64, len(counter.keys))
	counter.count(text, 0, 700, counts)
	counter.count(text, 700, text.n, counts)
	repeated := 0
	for i := range all {
		s := all[i].left[0].tail()
		n, _ := slices.BinarySearch(counter.keys, keyOf(s))
		if want := x.placesOf(s); counts[n] != int64(want) {
			t.Fatalf("%s lies in %d places, not %d", s, want, counts[n])
		} else if want > 1 {
			repeated++
		}
	}
	if repeated < 100 {
		t.Errorf("only %d ends are repeated", repeated)
	}
}

// TestWhatSuitsAPrimer has a sequence that suits, and others that break one rule
// each.
func TestWhatSuitsAPrimer(t *testing.T) {
	for letters, want := range map[string]bool{
		"GACTTACAGTCCATTGAGTC": true,
		"GACTTACAGTCCATTGAGTA": false, // ends in A
		"GACTTACAGTCCATTGACGC": false, // four of the last five are G or C
		"GACTTACAGTCCATTGAGAC": true,
		"GACTTNCAGTCCATTGAGTC": false,
		"GACTTTTTGTCCATTGAGTC": false, // five T
		"GACTTTTAGTCCATTGAGTC": true,
		"AACTTATAATATATTTATTC": false, // 10 % of G and C
		"GACTTACAGTCCATTGATGC": true,
		"GACTTACAGTCCATTATGCA": false,
		"GACTTACAGTCCATTATGGC": true,
		"GACTTACAGTCCATTAGGCC": false, // GGCC pairs with itself
		"GACTCACAGTGAGTCTTATC": false, // GACTC and GAGTC are a stem
	} {
		if suits(letters) != want {
			t.Errorf("%s: %v", letters, !want)
		}
	}
}

// TestPrimersThatGoTogetherAreChosen gives an amplicon several primers.
func TestPrimersThatGoTogetherAreChosen(t *testing.T) {
	left := primer{start: 0, letters: "AAAAAAAAAAAAAAAAGACC", melting: 60, penalty: 1, copies: 1}
	right := primer{start: 380, letters: "AAAAAAAAAAAAAAAAGAAC", melting: 60, penalty: 1, copies: 1}
	for name, c := range map[string]struct {
		other primer // beside left
		right primer
		want  string // its letters
	}{
		"nearer to the best":   {primer{start: 9, letters: "TTTTTTTTTTTTTTTTGACC", melting: 60, penalty: 0.5, copies: 1}, right, "TTTTTTTTTTTTTTTTGACC"},
		"not unique":           {primer{start: 9, letters: "TTTTTTTTTTTTTTTTGACC", melting: 60, penalty: 0.5, copies: 2}, right, left.letters},
		"too hot":              {primer{start: 9, letters: "TTTTTTTTTTTTTTTTGACC", melting: 63.1, penalty: -9, copies: 1}, right, left.letters},
		"too near":             {primer{start: 101, letters: "TTTTTTTTTTTTTTTTGACC", melting: 60, penalty: 0.5, copies: 1}, right, left.letters},
		"pairs with the other": {primer{start: 9, letters: "TTTTTTTTTTTTTTTTGTTC", melting: 60, penalty: 0.5, copies: 1}, right, left.letters},
	} {
		a := &amplicon{left: []primer{left, c.other}, right: []primer{c.right}}
		if l, r := a.choose(&amplification{min: 300, max: 400}, 0); l == nil || r == nil || l.letters != c.want {
			t.Errorf("%s: %v is chosen", name, l)
		}
	}
	a := &amplicon{left: []primer{left}, right: []primer{right}}
	if l, _ := a.choose(&amplification{min: 300, max: 399}, 0); l != nil {
		t.Error("a product of 400 bases is taken")
	}
}
