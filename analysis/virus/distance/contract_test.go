package distance_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"okazaki"
	"okazaki/analysis/virus/distance"
	"okazaki/genome"
)

// small returns a set of some tiles for tests of the contract.
func small(t testing.TB) *distance.Set {
	t.Helper()
	b, err := distance.NewBuilder(1000, distance.Options{Nearest: 3, Cluster: 1, Tile: 4})
	if err != nil {
		t.Fatal(err)
	}
	for i := range int32(30) {
		subs := []distance.Substitution{{Pos: 5 * (i % 3), Alt: 'C'}, {Pos: 100 + i%7, Alt: 'A'}, {Pos: 200 + i/2, Alt: 'T'}}
		if err := b.Add(subs, []genome.Region{{Lo: 90, Hi: 95 + int(i)}}); err != nil {
			t.Fatal(err)
		}
	}
	s, err := b.Set()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestStopped tells every span to stop after each of its tiles, and goes on
// from there.
func TestStopped(t *testing.T) {
	s := small(t)
	ctx := context.Background()
	all, allPairs := work(t, s, whole(s)), pairs(t, s, whole(s), 4)
	for stop := int64(1); stop <= s.Tiles(); stop++ {
		more := func(done int64) bool { return done < stop }
		first, done, err := s.Work(ctx, whole(s), more)
		if err != nil || done != stop {
			t.Fatalf("stopped at %d: done %d, %v", stop, done, err)
		}
		rest := work(t, s, okazaki.Span{Lo: done, Hi: s.Tiles()})
		if !bytes.Equal(merge(t, [][]byte{first, rest}), all) {
			t.Errorf("stopped at %d: the parts differ from the whole", stop)
		}
		first, done, err = s.Pairs(ctx, whole(s), 4, more)
		if err != nil || done != stop {
			t.Fatalf("pairs stopped at %d: done %d, %v", stop, done, err)
		}
		rest = pairs(t, s, okazaki.Span{Lo: done, Hi: s.Tiles()}, 4)
		if !bytes.Equal(slices.Concat(first, rest), allPairs) {
			t.Errorf("stopped at %d: the pairs differ from the whole", stop)
		}
	}
}

func TestEnded(t *testing.T) {
	s := small(t)
	ctx, cancel := context.WithCancel(context.Background())
	more := func(done int64) bool { cancel(); return true }
	if part, _, err := s.Work(ctx, whole(s), more); !errors.Is(err, context.Canceled) || part != nil {
		t.Errorf("Work gave %d bytes, %v", len(part), err)
	}
	if part, _, err := s.Pairs(ctx, whole(s), 1, nil); !errors.Is(err, context.Canceled) || part != nil {
		t.Errorf("Pairs gave %d bytes, %v", len(part), err)
	}
}

func TestRefused(t *testing.T) {
	s, ctx := small(t), context.Background()
	other := setOf(t, distance.Options{Nearest: 3, Cluster: 1, Tile: 4}, []byte("ACGT"), [][]byte{[]byte("ACGA"), []byte("NCGT")})
	part := work(t, s, okazaki.Span{Lo: 0, Hi: 3})
	for name, err := range map[string]error{
		"a part of some tiles":   second(s.Read(part)),
		"bytes after the end":    second(s.Read(append(work(t, s, whole(s)), 0))),
		"another set's part":     second(s.Read(work(t, other, whole(other)))),
		"parts of two sets":      second(distance.Merge([][]byte{part, work(t, other, whole(other))})),
		"no parts":               second(distance.Merge(nil)),
		"an empty part":          second(distance.Merge([][]byte{nil})),
		"pairs of some tiles":    s.ReadPairs(bytes.NewReader(pairs(t, s, okazaki.Span{Lo: 1, Hi: s.Tiles()}, 3)), ignore),
		"pairs of another set":   s.ReadPairs(bytes.NewReader(pairs(t, other, whole(other), 3)), ignore),
		"pairs twice":            s.ReadPairs(bytes.NewReader(bytes.Repeat(pairs(t, s, whole(s), 3), 2)), ignore),
		"pairs at no distance":   third(s.Pairs(ctx, whole(s), -1, nil)),
		"a span beyond the axis": third(s.Work(ctx, okazaki.Span{Hi: s.Tiles() + 1}, nil)),
		"a long tile":            second(distance.NewBuilder(10, distance.Options{Tile: distance.MaxTile + 1})),
		"a mask off the end":     second(distance.NewBuilder(10, distance.Options{Mask: []genome.Region{{Lo: 5, Hi: 11}}})),
		"far clusters":           second(distance.NewBuilder(10, distance.Options{Cluster: 1 << 20})),
		"too many neighbours":    second(distance.NewBuilder(10, distance.Options{Nearest: 1 << 20})),
		"a negative length":      second(distance.NewBuilder(-1, distance.Options{})),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func second[T any](_ T, err error) error        { return err }
func third[T, U any](_ T, _ U, err error) error { return err }

func ignore(a, b, distance int) bool { return true }

func TestAddRefuses(t *testing.T) {
	b, err := distance.NewBuilder(10, distance.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"beyond the end":   b.Add([]distance.Substitution{{Pos: 1, Alt: 'A'}, {Pos: 10, Alt: 'A'}}, nil),
		"before the start": b.Add([]distance.Substitution{{Pos: -1, Alt: 'A'}}, nil),
		"not ascending":    b.Add([]distance.Substitution{{Pos: 3, Alt: 'A'}, {Pos: 3, Alt: 'C'}}, nil),
		"ambiguous":        b.Add([]distance.Substitution{{Pos: 3, Alt: 'R'}}, nil),
		"unknown beyond":   b.Add(nil, []genome.Region{{Lo: 3, Hi: 11}}),
		"a short row":      b.AddAligned([]byte("ACGTACGTAC"), []byte("ACGT")),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if b.Len() != 0 {
		t.Errorf("%d genomes were added", b.Len())
	}
}

func TestTooFar(t *testing.T) {
	b, err := distance.NewBuilder(30000, distance.Options{})
	if err != nil {
		t.Fatal(err)
	}
	subs := make([]distance.Substitution, 10001)
	for i := range subs {
		subs[i] = distance.Substitution{Pos: int32(i), Alt: 'G'}
	}
	for _, s := range [][]distance.Substitution{nil, nil, subs} {
		if err := b.Add(s, nil); err != nil {
			t.Fatal(err)
		}
	}
	_, err = b.Set()
	if e, ok := errors.AsType[*distance.TooFarError](err); !ok || e.Genome != 2 || e.Positions != 10001 {
		t.Errorf("10,001 differences of genome 2: %v", err)
	}
}

// TestFar compares genomes at the largest distance that there may be, with
// stretches that one of them doesn't tell.
func TestFar(t *testing.T) {
	rows := make([][]byte, 9)
	for i := range rows {
		rows[i] = bytes.Repeat([]byte("A"), 20000)
		switch i {
		case 1, 2, 6:
			copy(rows[i][10000*(i%2):], bytes.Repeat([]byte{"CGT"[i%3]}, 10000))
		case 3, 7:
			copy(rows[i][100*i:], bytes.Repeat([]byte("N"), 12000))
		}
	}
	o := distance.Options{Nearest: 4, Cluster: 10000, Tile: 7}
	s := setOf(t, o, rows[0], rows)
	d := bruteMatrix(rows, func(int) bool { return false })
	agree(t, s, work(t, s, whole(s)), pairs(t, s, whole(s), 20000), d, o, 20000)
}

// TestNumbering visits every tile of the triangle once, and finds that spans
// touch few blocks.
func TestNumbering(t *testing.T) {
	for n := range 20 {
		rows := [][]byte{}
		for i := range n {
			row := bytes.Repeat([]byte("A"), 20)
			row[i] = 'C'
			rows = append(rows, row)
		}
		reference := bytes.Repeat([]byte("A"), 20)
		s := setOf(t, distance.Options{Tile: 1}, reference, rows)
		if want := int64(n * (n + 1) / 2); s.Tiles() != want {
			t.Fatalf("%d groups have %d tiles, want %d", n, s.Tiles(), want)
		}
		seen := map[[2]int]bool{}
		for i := range s.Tiles() {
			row, col := s.TileAt(i)
			if row < 0 || row > col || col >= n || seen[[2]int{row, col}] {
				t.Fatalf("tile %d of %d is (%d,%d)", i, s.Tiles(), row, col)
			}
			seen[[2]int{row, col}] = true
		}
	}
}

func FuzzPart(f *testing.F) {
	s := small(f)
	f.Add(work(f, s, whole(s)))
	f.Add(work(f, s, okazaki.Span{Lo: 3, Hi: 7}))
	f.Add([]byte("okdist\x01"))
	const head = "okdist\x0112345678\xfd\xff\xff\xff\x0f\x01\x01\x00\x01" // 2^32-3 genomes in a group
	f.Add([]byte(head + "\x00\x01\xfc\xff\xff\xff\x0f\x01\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		once, err := distance.Merge([][]byte{b})
		if err == nil && !bytes.Equal(once, b) {
			t.Errorf("%q has another form: %q", b, once)
		}
		if _, err := distance.Merge([][]byte{b, b}); (err == nil) != (once != nil) {
			t.Errorf("%q merges alone but not twice: %v", b, err)
		}
		if _, err := distance.Merge([][]byte{b, work(t, s, okazaki.Span{Lo: 3, Hi: 7})}); err != nil && !errors.Is(err, distance.ErrPart) {
			t.Error(err)
		}
		if a, err := s.Read(b); err == nil {
			for i := range s.Len() {
				a.Nearest(nil, i)
			}
		}
	})
}

func FuzzPairs(f *testing.F) {
	s := small(f)
	f.Add(pairs(f, s, whole(s), 0))
	f.Add(pairs(f, s, whole(s), 9))
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = s.ReadPairs(bytes.NewReader(b), func(a, b, d int) bool {
			if a < 0 || a >= b || b >= s.Len() || d < 0 {
				t.Errorf("pair %d, %d at %d", a, b, d)
			}
			return true
		})
	})
}

func Example() {
	reference := []byte("ACGTACGTAC")
	b, err := distance.NewBuilder(len(reference), distance.Options{Nearest: 1, Cluster: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, row := range []string{"ACGTACGTAC", "ACGTACGTAA", "TTTTACGTAA", "ANNTACGTAA"} {
		if err := b.AddAligned(reference, []byte(row)); err != nil {
			fmt.Println(err)
			return
		}
	}
	set, err := b.Set()
	if err != nil {
		fmt.Println(err)
		return
	}
	part, _, err := set.Work(context.Background(), okazaki.Span{Hi: set.Tiles()}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := set.Read(part)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("pairs by distance:", answer.Histogram())
	fmt.Println("clusters:", answer.Clusters())
	fmt.Println("nearest to the third:", answer.Nearest(nil, 2))
	// Output:
	// pairs by distance: [1 3 0 1 1]
	// clusters: [0 0 0 0]
	// nearest to the third: [{3 1}]
}
