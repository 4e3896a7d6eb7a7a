package distance_test

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"okazaki"
	"okazaki/analysis/virus/distance"
	"okazaki/genome"

	"pgregory.net/rapid"
)

// setOf prepares the rows of an alignment; the first letters of all are the
// reference.
func setOf(t rapid.TB, o distance.Options, reference []byte, rows [][]byte) *distance.Set {
	t.Helper()
	b, err := distance.NewBuilder(len(reference), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := b.AddAligned(reference, r); err != nil {
			t.Fatal(err)
		}
	}
	s, err := b.Set()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func whole(s *distance.Set) okazaki.Span { return okazaki.Span{Hi: s.Tiles()} }

// work works on a span in one attempt.
func work(t rapid.TB, s *distance.Set, span okazaki.Span) []byte {
	t.Helper()
	part, done, err := s.Work(context.Background(), span, nil)
	if err != nil || done != span.Hi {
		t.Fatalf("Work(%v) = done %d, %v", span, done, err)
	}
	return part
}

func pairs(t rapid.TB, s *distance.Set, span okazaki.Span, within int) []byte {
	t.Helper()
	part, done, err := s.Pairs(context.Background(), span, within, nil)
	if err != nil || done != span.Hi {
		t.Fatalf("Pairs(%v) = done %d, %v", span, done, err)
	}
	return part
}

func readPairs(t rapid.TB, s *distance.Set, part []byte) (p [][3]int) {
	t.Helper()
	err := s.ReadPairs(bytes.NewReader(part), func(a, b, d int) bool {
		p = append(p, [3]int{a, b, d})
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(p, func(x, y [3]int) int { return slices.Compare(x[:], y[:]) })
	return p
}

// agreeDiameters compares the clusters' diameters with a look at every pair,
// and diameters from few looks with their bound.
func agreeDiameters(t rapid.TB, s *distance.Set, clusters []uint32, d [][]int) {
	t.Helper()
	if clusters == nil {
		return
	}
	want := map[uint32]int{}
	for i, c := range clusters {
		want[c] = max(want[c], 0)
		for j := range i {
			if clusters[j] == c {
				want[c] = max(want[c], d[i][j])
			}
		}
	}
	got, exact, err := s.Diameters(context.Background(), clusters, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	for c, n := range want {
		if got[c] != n || !exact[c] {
			t.Fatalf("cluster %d has the diameter %d, exact %v; want %d", c, got[c], exact[c], n)
		}
	}
	few, exact, err := s.Diameters(context.Background(), clusters, 3)
	if err != nil {
		t.Fatal(err)
	}
	for c, n := range want {
		if few[c] > n || exact[c] && few[c] != n {
			t.Fatalf("cluster %d has the diameter %d after few looks, exact %v; want %d", c, few[c], exact[c], n)
		}
	}
}

// agree holds everything that the set answers against the matrix.
func agree(t rapid.TB, s *distance.Set, part, pairBytes []byte, d [][]int, o distance.Options, within int) {
	t.Helper()
	a, err := s.Read(part)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "histogram", a.Histogram(), histogramOf(d))
	agreeDiameters(t, s, a.Clusters(), d)
	for i := range d {
		if o.Nearest > 0 {
			same(t, "nearest", a.Nearest(nil, i), nearestOf(d, i, o.Nearest))
		}
	}
	if o.Cluster != distance.Off {
		same(t, "clusters", a.Clusters(), clustersOf(d, o.Cluster))
	}
	same(t, "pairs", readPairs(t, s, pairBytes), pairsOf(d, within))
}

func same[T comparable](t rapid.TB, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

// An alignment is rows on a reference, drawn so that mutations, gaps and whole
// rows are shared.
func drawAlignment(t *rapid.T) (reference []byte, rows [][]byte) {
	letter := rapid.SampledFrom([]byte("ACGTACGTACGTacgtNnRYK-"))
	length := rapid.IntRange(1, 300).Draw(t, "length")
	reference = make([]byte, length)
	for i := range reference {
		reference[i] = "ACGT"[i*7%4]
	}
	rows = [][]byte{reference}
	for range rapid.IntRange(0, 40).Draw(t, "rows") {
		r := slices.Clone(rows[rapid.IntRange(0, len(rows)-1).Draw(t, "parent")])
		for range rapid.IntRange(0, 3).Draw(t, "mutations") {
			r[rapid.IntRange(0, length-1).Draw(t, "at")] = letter.Draw(t, "letter")
		}
		if rapid.IntRange(0, 2).Draw(t, "drops") == 0 {
			lo := rapid.IntRange(0, length-1).Draw(t, "from")
			hi := rapid.IntRange(lo, length).Draw(t, "to")
			copy(r[lo:hi], bytes.Repeat([]byte{letter.Draw(t, "drop")}, hi-lo))
		}
		rows = append(rows, r)
	}
	return reference, rows
}

func drawSpans(t *rapid.T, units int64) (spans []okazaki.Span) {
	for lo := int64(0); lo < units || len(spans) == 0; {
		hi := rapid.Int64Range(lo, units).Draw(t, "cut")
		spans = append(spans, okazaki.Span{Lo: lo, Hi: hi})
		lo = hi
	}
	return spans
}

func TestAllAgainstBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reference, rows := drawAlignment(t)
		mask := genome.Region{Lo: rapid.IntRange(0, len(reference)).Draw(t, "mask")}
		mask.Hi = rapid.IntRange(mask.Lo, min(len(reference), mask.Lo+20)).Draw(t, "mask end")
		o := distance.Options{
			Nearest: rapid.IntRange(0, 6).Draw(t, "nearest"), Cluster: rapid.IntRange(-1, 6).Draw(t, "cluster"),
			Tile: rapid.IntRange(1, 20).Draw(t, "tile"), Mask: []genome.Region{mask},
		}
		within := rapid.IntRange(0, 10).Draw(t, "within")
		s := setOf(t, o, reference, rows)
		var parts [][]byte
		var pairBytes []byte
		for _, span := range drawSpans(t, s.Tiles()) {
			parts = append(parts, work(t, s, span))
			pairBytes = append(pairBytes, pairs(t, s, span, within)...)
		}
		all := work(t, s, whole(s))
		at := rapid.IntRange(0, len(parts)).Draw(t, "merged first")
		if at > 1 {
			first := merge(t, parts[:at])
			parts = append([][]byte{first}, parts[at:]...)
		}
		if !bytes.Equal(merge(t, parts), all) {
			t.Fatal("the merged part differs from the whole")
		}
		if !bytes.Equal(pairs(t, s, whole(s), within), pairBytes) {
			t.Fatal("the joined pairs differ from the whole")
		}
		agree(t, s, all, pairBytes, bruteMatrix(rows, mask.Contains), o, within)
	})
}

func merge(t rapid.TB, parts [][]byte) []byte {
	t.Helper()
	b, err := distance.Merge(parts)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
