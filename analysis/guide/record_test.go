package guide

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

// TestTheBytesOfPartsStay compares the bytes of records, notes and counts with
// testdata/parts.hex: a job that was begun by an earlier okazaki goes on.
func TestTheBytesOfPartsStay(t *testing.T) {
	at := locus{Name: "chr2", Contig: 1, Anchor: 70_000, Reverse: true}
	own := &tally{number: 300, sorted: true, cfd: -5, mit: 1 << 40, unscored: 3, most: 10,
		candidate: Candidate{Name: "g1", Letters: "ACGT", Of: "GENE", Part: "exon 1", PAM: "AGG", Context: "TTAGG", Within: &at},
		home:      &home{locus: at, pam: "TGG", context: "AATGG", cfd: 9, differ: 2},
		genes:     geneSums{{"A\tB", 2}: {genes: "A\tB", kind: 2, n: 200, cfd: -1, mit: 7, unscored: 1}},
		hits: []hit{{locus: at, mismatches: 2, lo: 5, hi: 1 << 19, other: 1 << 31, pam: "AGG", genes: "A"},
			{locus: locus{Name: "chr2", Contig: 1, Anchor: 5}, dna: 1, rna: 2, pam: "NGG"}},
	}
	own.counts[kind(2, 0, 0)], own.counts[kind(4, 0, 0)] = 1, 1000
	of := &variantHit{guide: 2, label: "chr2:1:A>C", start: 3, end: -4, reference: -1, who: bearers{"certain", 200, "a,b", "0.5", "AFR"}, hit: own.hits[0]}
	list := newCandidates(20, false)
	for _, c := range []Candidate{{Name: "x", Letters: strings.Repeat("ACGT", 5), Of: "T", Home: &at}, {Name: "y", Letters: strings.Repeat("T", 20), Of: "T", Part: "p", Within: &at}, {Name: "z", Letters: strings.Repeat("GA", 10)}} {
		if err := list.again(&c); err != nil {
			t.Fatal(err)
		}
	}
	design := (&amplicon{a: 1, b: -1, rank: 200, contig: 2, lo: 70_000, hi: 70_001, left: []primer{newPrimer(-3, strings.Repeat("ACGT", 5))}, right: nil}).append(nil)
	leaders := &targetLeaders{of: "GENE", list: []leader{{placed: placed{contig: 2, cut: 70_000, right: true}, siteContig: -1, siteCut: 300}}}
	leaders.list[0].number, leaders.list[0].offs, leaders.list[0].least, leaders.list[0].cfd = 300, -1, 0.5, 1
	text, err := os.ReadFile("testdata/parts.hex")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(string(text))
	for i, b := range [][]byte{own.append(nil), of.append(nil), (&alleleCounts{}).append(nil), list.append(nil), design, appendCounts(nil, []int64{0, 300}), leaders.append(nil)} {
		if got := hex.EncodeToString(b); i >= len(want) || got != want[i] {
			t.Errorf("%d is\n%s", i, got)
		}
	}
	r := newReader(list.append(nil))
	if again := r.candidates(20, false); r.end() != nil || string(again.append(nil)) != string(list.append(nil)) {
		t.Errorf("the candidates are read as others: %v", r.Err())
	}
}
