package distance_test

import (
	"context"
	"math/bits"
	"slices"
	"testing"

	"okazaki/analysis/virus/distance"
	"okazaki/genome"
)

// planes is a row as sets of positions: the known positions, and the positions
// of either bit of the letter's code. It is a second oracle, for whole genomes,
// that brute checks.
type planes struct{ told, low, high []uint64 }

func newPlanes(row []byte, masked func(int) bool) (p planes) {
	n := len(row)/64 + 1
	p = planes{make([]uint64, n), make([]uint64, n), make([]uint64, n)}
	for i, x := range row {
		if x &^= 0x20; acgt(x) && !masked(i) {
			letter := uint64(slices.Index([]byte("ACGT"), x))
			p.told[i/64] |= 1 << (i % 64)
			p.low[i/64] |= letter & 1 << (i % 64)
			p.high[i/64] |= letter >> 1 << (i % 64)
		}
	}
	return p
}

func (p *planes) distance(q *planes) (d int) {
	for i := range p.told {
		d += bits.OnesCount64(p.told[i] & q.told[i] & ((p.low[i] ^ q.low[i]) | (p.high[i] ^ q.high[i])))
	}
	return d
}

func TestRealGenomes(t *testing.T) {
	mask := []genome.Region{{Lo: 29800, Hi: sarsLength}, {Lo: 0, Hi: 55}, {Lo: 11082, Hi: 11083}}
	for _, c := range []struct {
		name, file string
		n, total   int
		mask       []genome.Region
	}{
		{"mat43k", mat43k, 2000, 43576, nil},
		{"ncov", ncov, 418, 418, nil},
		{"y2020", y2020, 2000, 200000, nil},
		{"y2020 masked", y2020, 1000, 200000, mask},
	} {
		t.Run(c.name, func(t *testing.T) {
			if testing.Short() && c.total > 418 {
				t.Skip("to run it: leave out -short, it compares millions of whole genomes")
			}
			o := distance.Options{Nearest: 10, Cluster: 3, Tile: 256, Mask: c.mask}
			s, rows := sample(t, c.file, c.n, c.total, o)
			d := matrixOf(t, rows, func(pos int) bool {
				return slices.ContainsFunc(c.mask, func(r genome.Region) bool { return r.Contains(pos) })
			})
			agree(t, s, work(t, s, whole(s)), pairs(t, s, whole(s), 5), d, o, 5)
			fullMatrix(t, s, d)
			t.Logf("%d genomes in %d groups, farthest %d", s.Len(), s.Groups(), len(histogramOf(d))-1)
		})
	}
}

// sample returns about n genomes of a truth table, as a set and as an
// alignment.
func sample(t *testing.T, file string, n, total int, o distance.Options) (*distance.Set, [][]byte) {
	t.Helper()
	ref := reference(t)
	b, err := distance.NewBuilder(len(ref), o)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]byte
	readTruth(t, file, func(i int, g *truth) {
		if !sampled(i, n, total) {
			return
		}
		if err := b.Add(g.subs, g.unknown); err != nil {
			t.Fatal(g.name, err)
		}
		rows = append(rows, g.row(ref))
	})
	s, err := b.Set()
	if err != nil {
		t.Fatal(err)
	}
	return s, rows
}

// matrixOf returns the distances by planes, a sample of them checked by brute.
func matrixOf(t *testing.T, rows [][]byte, masked func(int) bool) [][]int {
	t.Helper()
	p := make([]planes, len(rows))
	d := make([][]int, len(rows))
	for i := range rows {
		p[i] = newPlanes(rows[i], masked)
		d[i] = make([]int, len(rows))
		for j := range i {
			d[i][j] = p[i].distance(&p[j])
			d[j][i] = d[i][j]
		}
	}
	few := min(len(rows), 60)
	for i, row := range bruteMatrix(rows[:few], masked) {
		same(t, "the oracle", d[i][:few], row)
	}
	return d
}

func fullMatrix(t *testing.T, s *distance.Set, d [][]int) {
	t.Helper()
	err := s.Rows(context.Background(), func(g int, distances []int32) bool {
		for j, x := range distances {
			if int(x) != d[g][j] {
				t.Fatalf("row %d, column %d is %d, want %d", g, j, x, d[g][j])
			}
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
}
