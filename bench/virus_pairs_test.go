package bench

import (
	"bufio"
	"slices"
	"strconv"
	"strings"
	"testing"

	"okazaki"
	"okazaki/analysis/virus"
	"okazaki/analysis/virus/distance"
	"okazaki/format/unpack"
)

// BenchmarkVirusPairs compares 20,000 genomes with each other on one core,
// from their substitutions to histogram, ten nearest neighbours and clusters,
// and has a twin merge the sorted substitutions of each pair of 500. An
// ordered pair is (a, b) and (b, a), as a full matrix has them.
func BenchmarkVirusPairs(b *testing.B) {
	genomes := substitutions(b, "sars2/derived/sars2_mat43k.truth.tsv.zst", 20_000)
	before := processorTime()
	for b.Loop() {
		compareAll(b, genomes)
	}
	own := square(len(genomes)) * float64(b.N) / (processorTime() - before)
	b.ReportMetric(own/1e6, "Mpairs/cpu-s")
	b.ReportMetric(square(len(genomes))*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpairs/s")

	some := genomes[:min(500, len(genomes))]
	before = processorTime()
	counts := mergeAll(some)
	twin := square(len(some)) / (processorTime() - before)
	b.ReportMetric(twin/1e6, "merge-Mpairs/cpu-s")
	b.ReportMetric(own/twin, "times-merge")
	if got := compareAll(b, some).Histogram(); !slices.Equal(trimmed(got), trimmed(counts)) {
		b.Errorf("pairs by distance: %v, the twin counts %v", got, counts)
	}
}

func square(n int) float64 { return float64(n) * float64(n) }

func trimmed(counts []uint64) []uint64 {
	for len(counts) > 0 && counts[len(counts)-1] == 0 {
		counts = counts[:len(counts)-1]
	}
	return counts
}

func compareAll(b *testing.B, genomes [][]distance.Substitution) *distance.Answer {
	b.Helper()
	builder, err := distance.NewBuilder(len(virus.SARS2().Sequence), distance.Options{Nearest: 10, Cluster: 2})
	if err != nil {
		b.Fatal(err)
	}
	for _, g := range genomes {
		if err := builder.Add(g, nil); err != nil {
			b.Fatal(err)
		}
	}
	set, err := builder.Set()
	if err != nil {
		b.Fatal(err)
	}
	part, _, err := set.Work(b.Context(), okazaki.Span{Hi: set.Tiles()}, nil)
	if err != nil {
		b.Fatal(err)
	}
	answer, err := set.Read(part)
	if err != nil {
		b.Fatal(err)
	}
	return answer
}

// mergeAll counts unordered pairs by distance, and compares each both ways.
func mergeAll(genomes [][]distance.Substitution) []uint64 {
	var counts []uint64
	for i, x := range genomes {
		for j, y := range genomes {
			d := merged(x, y)
			for d >= len(counts) {
				counts = append(counts, 0)
			}
			if i < j {
				counts[d]++
			}
		}
	}
	return counts
}

// merged returns the distance of two genomes that have no unknown base.
func merged(x, y []distance.Substitution) (d int) {
	for len(x) > 0 && len(y) > 0 {
		switch {
		case x[0].Pos < y[0].Pos:
			x = x[1:]
			d++
		case x[0].Pos > y[0].Pos:
			y = y[1:]
			d++
		default:
			if x[0].Alt != y[0].Alt {
				d++
			}
			x, y = x[1:], y[1:]
		}
	}
	return d + len(x) + len(y)
}

// substitutions reads the column of a table of the test data.
func substitutions(b *testing.B, file string, most int) (genomes [][]distance.Substitution) {
	b.Helper()
	r, err := unpack.NewReader(file, openVirus(b, file))
	if err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewScanner(r)
	lines.Scan()
	column := slices.Index(strings.Split(lines.Text(), "\t"), "substitutions")
	for len(genomes) < most && lines.Scan() {
		var g []distance.Substitution
		for s := range strings.SplitSeq(strings.Split(lines.Text(), "\t")[column], ",") {
			if s == "" {
				continue
			}
			pos, err := strconv.Atoi(s[1 : len(s)-1])
			if err != nil {
				b.Fatal(err)
			}
			g = append(g, distance.Substitution{Pos: int32(pos - 1), Alt: s[len(s)-1]})
		}
		genomes = append(genomes, g)
	}
	if err := lines.Err(); err != nil {
		b.Fatal(err)
	}
	return genomes
}
