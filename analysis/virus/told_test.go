package virus_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"okazaki/analysis/analysistest"
	"okazaki/analysis/virus"
)

// The compared sites of a pair are the positions at which both tell their base
// and that are not masked.
func TestComparedSites(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 0))
	ref := letters(rng, "ACGT", 500)
	var fasta bytes.Buffer
	rows := map[string][]byte{} // along the reference
	for i := range 12 {
		q := []byte(ref)
		for range rng.IntN(4) {
			at := 60 + rng.IntN(350)
			copy(q[at:], strings.Repeat("N", 1+rng.IntN(40)))
		}
		q[50+rng.IntN(400)] = 'R'
		for k := range rng.IntN(30) {
			q[k] = '-'
		}
		name := fmt.Sprint("g", i)
		rows[name] = q
		fmt.Fprintf(&fasta, ">%s\n%s\n", name, q)
	}
	out := analysistest.Answer(t, virus.Analysis, `{"within": 20, "mask": "90-120,480-500"}`, []analysistest.Input{
		inMemory("genomes", "g.fasta", fasta.Bytes()), inMemory("reference", "r.fasta", []byte(">r\n"+ref+"\n"))}, 0)
	for _, file := range []struct{ name, other string }{{"pairs.tsv", "other"}, {"neighbours.tsv", "neighbour"}} {
		a, b, sites := column(t, out[file.name], "seqName"), column(t, out[file.name], file.other), column(t, out[file.name], "comparedSites")
		if len(sites) < 60 {
			t.Errorf("%s has %d pairs", file.name, len(sites))
		}
		for i := range a {
			n := 0
			for pos, x := range rows[a[i]] {
				acgt := func(l byte) bool { return strings.IndexByte("ACGT", l) >= 0 }
				if masked := pos >= 89 && pos < 120 || pos >= 479; !masked && acgt(x) && acgt(rows[b[i]][pos]) {
					n++
				}
			}
			if sites[i] != itoa(n) {
				t.Errorf("%s: %s and %s: %s sites, want %d", file.name, a[i], b[i], sites[i], n)
			}
		}
	}
}
