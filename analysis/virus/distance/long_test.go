//go:build long

package distance_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"okazaki/analysis/virus/distance"
)

// TestFull compares all 200,000 simulated genomes, and holds what some of them
// are told against brute force. It takes minutes: go test -tags long.
func TestFull(t *testing.T) {
	const k, within = 10, 5
	wall, used := time.Now(), cpu()
	lap := func(what string) {
		t.Logf("%s: %.1f s, %.1f CPU s, peak %.0f MB", what, time.Since(wall).Seconds(), cpu()-used, peak())
		wall, used = time.Now(), cpu()
	}
	s := truthSet(t, y2020, 200000, 0, distance.Options{Nearest: k, Cluster: 2})
	lap("prepared")
	a, near := everything(t, s, within)
	lap("histogram, nearest, clusters, pairs")
	samples := []int{0, 77777, 131071, 199999}
	found := make(map[int][][3]int)
	total := 0
	err := s.ReadPairs(bytes.NewReader(near), func(x, y, d int) bool {
		total++
		for _, i := range samples {
			if x == i || y == i {
				found[i] = append(found[i], [3]int{x, y, d})
			}
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	lap("read pairs")
	want := 0
	for _, n := range a.Histogram()[:within+1] {
		want += int(n)
	}
	if total != want {
		t.Errorf("%d pairs, the histogram has %d", total, want)
	}
	t.Logf("%d pairs within %d in %d bytes, %d clusters, histogram %v", total, within, len(near), clusters(a), a.Histogram())
	checkSamples(t, a, samples, found, k, within)
}

func clusters(a *distance.Answer) (n int) {
	for i, c := range a.Clusters() {
		if int(c) == i {
			n++
		}
	}
	return n
}

func checkSamples(t *testing.T, a *distance.Answer, samples []int, found map[int][][3]int, k, within int) {
	ref := reference(t)
	var rows [][]byte
	readTruth(t, y2020, func(i int, g *truth) {
		if slices.Contains(samples, i) {
			rows = append(rows, g.row(ref))
		}
	})
	all := make([][]distance.Neighbour, len(samples))
	readTruth(t, y2020, func(i int, g *truth) {
		row := g.row(ref)
		for n := range samples {
			if i != samples[n] {
				all[n] = append(all[n], distance.Neighbour{Genome: i, Distance: brute(row, rows[n])})
			}
		}
	})
	for n, i := range samples {
		slices.SortStableFunc(all[n], func(x, y distance.Neighbour) int { return x.Distance - y.Distance })
		same(t, "nearest", a.Nearest(nil, i), all[n][:k])
		var want [][3]int
		for _, x := range all[n] {
			if x.Distance <= within {
				want = append(want, [3]int{min(i, x.Genome), max(i, x.Genome), x.Distance})
			}
		}
		for _, list := range [][][3]int{want, found[i]} {
			slices.SortFunc(list, func(x, y [3]int) int { return slices.Compare(x[:], y[:]) })
		}
		same(t, "pairs", found[i], want)
		t.Logf("genome %d: %d within %d", i, len(want), within)
	}
}
