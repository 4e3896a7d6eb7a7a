package recombinant_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki/analysis/virus/recombinant"
	"okazaki/genome"
)

// A row is a genome of a test: whether it has each of some mutations ('1', or
// '0'), or doesn't tell ('n'). Mutations are spaced letters apart.
type row string

const spaced = 30

func (r row) has(i int) bool { return r[i] == '1' }

func setOf(t rapid.TB, o recombinant.Options, rows []row) *recombinant.Set {
	t.Helper()
	b := recombinant.NewBuilder(o)
	for _, r := range rows {
		var subs []recombinant.Substitution
		var unknown []genome.Region
		for i := range r {
			switch pos := i * spaced; r[i] {
			case '1':
				subs = append(subs, recombinant.Substitution{Pos: int32(pos), Alt: 'T'})
			case 'n':
				unknown = append([]genome.Region{{Lo: pos, Hi: pos + 1}}, unknown...)
			}
		}
		if err := b.Add(subs, nil, unknown); err != nil {
			t.Fatal(err)
		}
	}
	return b.Set()
}

// found returns what the set says of each genome; nil: no mosaic.
func found(s *recombinant.Set, genomes int) []*recombinant.Mosaic {
	out := make([]*recombinant.Mosaic, genomes)
	f := s.Finder()
	for n := range s.Backbones() {
		if m, ok := f.Find(n); ok {
			for _, g := range s.Members(n) {
				out[g] = &m
			}
		}
	}
	return out
}

func TestMosaics(t *testing.T) {
	parents := []row{"1111100000", "1111100000", "1111100000", "0000011111", "0000011111", "0000011111"}
	for name, c := range map[string]struct {
		child row
		want  string
	}{
		"half of each":        {"1110000111", "0 3 [{60 210}] 3 3"},
		"of one parent alone": {"1111000000", ""},
		"one site of another": {"1111100001", ""},
		"a site is not told":  {"11n0000111", "0 3 [{30 210}] 2 3"},
		"nothing":             {"0000000000", ""},
		"all of both":         {"1111111111", "0 3 [{120 150}] 5 5"},
	} {
		t.Run(name, func(t *testing.T) {
			rows := append(slices.Clone(parents), c.child)
			got := found(setOf(t, recombinant.Options{Chance: 0.3}, rows), len(rows))
			for i, m := range got[:6] {
				if m != nil {
					t.Errorf("parent %d is taken for a recombinant: %+v", i, m)
				}
			}
			is := ""
			if m := got[6]; m != nil {
				is = fmt.Sprint(m.Parent, m.Donor, m.Breakpoints, len(m.ParentSites), len(m.DonorSites))
			}
			if is != c.want {
				t.Errorf("%s: %q, want %q", c.child, is, c.want)
			}
		})
	}
}

// TestInside has the donor's sites within the parent's.
func TestInside(t *testing.T) {
	rows := []row{"11110001111", "11110001111", "11110001111", "00001110000", "00001110000", "00001110000", "11101110111"}
	m := found(setOf(t, recombinant.Options{Chance: 0.3}, rows), len(rows))[6]
	if m == nil {
		t.Fatal("no mosaic")
	}
	want := []recombinant.Breakpoint{{After: 60, Before: 120}, {After: 180, Before: 240}}
	if !slices.Equal(m.Breakpoints, want) || m.Parent != 0 || m.Donor != 3 || math.Abs(m.Chance-7.0/84) > 1e-12 {
		t.Errorf("%+v", m)
	}
}

// TestBeyond has a breakpoint that only mutations show which the genome lacks,
// and one that a pair of parents shows that explains more of its mutations.
func TestBeyond(t *testing.T) {
	p := spaced
	for _, test := range []struct {
		name                 string
		parent, donor, child row
		more                 []row // genomes of which there are three too
		want                 []recombinant.Breakpoint
	}{
		{"the parent's again at the start", "000000000000111111", "111111111111000000", "000000111111111111", nil,
			[]recombinant.Breakpoint{{After: 5 * p, Before: 6 * p}, {After: 11 * p, Before: 12 * p}}},
		{"the parent's again at the end", "111111000000000000", "000000111111111111", "111111111111000000", nil,
			[]recombinant.Breakpoint{{After: 5 * p, Before: 6 * p}, {After: 11 * p, Before: 12 * p}}},
		{"two mutations of the donor's are lacking", "111111000000000000", "000000111111111111", "111111111111111100", nil,
			[]recombinant.Breakpoint{{After: 5 * p, Before: 6 * p}}},
		{"a parent's ancestor explains less", "1100000001111111", "0011111110000000", "1111111111111111", []row{"0000000001111111", "0000000001111111"},
			[]recombinant.Breakpoint{{After: 1 * p, Before: 2 * p}, {After: 8 * p, Before: 9 * p}}},
	} {
		rows := []row{test.parent, test.parent, test.parent, test.donor, test.donor, test.donor}
		for _, r := range test.more {
			rows = append(rows, r, r, r)
		}
		rows = append(rows, test.child)
		m := found(setOf(t, recombinant.Options{Chance: 0.02}, rows), len(rows))[len(rows)-1]
		if m == nil {
			t.Errorf("%s: no mosaic", test.name)
		} else if !slices.Equal(m.Breakpoints, test.want) || len(test.want) == 2 && (m.Parent != 0 || m.Donor != 3) {
			t.Errorf("%s: %d and %d, breakpoints %v, want %v", test.name, m.Parent, m.Donor, m.Breakpoints, test.want)
		}
	}
}

// TestTogether counts mutations that lie close together once.
func TestTogether(t *testing.T) {
	b := recombinant.NewBuilder(recombinant.Options{Chance: 0.5})
	add := func(positions ...int32) {
		var subs []recombinant.Substitution
		for _, p := range positions {
			subs = append(subs, recombinant.Substitution{Pos: p, Alt: 'A'})
		}
		if err := b.Add(subs, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		add(100, 200, 300)
		add(28880, 28881, 28882)
	}
	add(100, 200, 300, 28880, 28881, 28882)
	if got := found(b.Set(), 7); got[6] != nil {
		t.Errorf("three letters in a row are taken for three mutations: %+v", got[6])
	}
}

func TestAddInOrder(t *testing.T) {
	b := recombinant.NewBuilder(recombinant.Options{})
	for _, subs := range [][]recombinant.Substitution{{{Pos: 5, Alt: 'A'}, {Pos: 5, Alt: 'C'}}, {{Pos: 5, Alt: 'A'}, {Pos: 4, Alt: 'C'}}, {{Pos: -1, Alt: 'A'}}} {
		if err := b.Add(subs, nil, nil); err == nil {
			t.Errorf("%v: no error", subs)
		}
	}
	if s := b.Set(); s.Backbones() != 0 {
		t.Errorf("%d backbones of no genomes", s.Backbones())
	}
}

// TestTwin holds the answers against a look at all triples of genomes.
func TestTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(4, 9).Draw(t, "mutations")
		letter := rapid.SampledFrom([]byte("000111111n"))
		kinds := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) row {
			return row(rapid.SliceOfN(letter, n, n).Draw(t, "row"))
		}), 3, 6).Draw(t, "kinds")
		rows := rapid.SliceOfN(rapid.SampledFrom(kinds), 4, 16).Draw(t, "rows")
		o := recombinant.Options{Carriers: rapid.IntRange(1, 3).Draw(t, "carriers"), Sites: rapid.IntRange(1, 2).Draw(t, "sites"), Chance: 1}
		got := found(setOf(t, o, rows), len(rows))
		for g := range rows {
			chance, carriers, explained, ok := twin(rows, g, o, 0)
			if more, n, _, found := twin(rows, g, o, explained+2); ok && found {
				chance, carriers = more, n
			}
			switch m := got[g]; {
			case m == nil && ok:
				t.Fatalf("genome %d of %v: none, want the chance %v", g, rows, chance)
			case m == nil:
			case !ok || math.Abs(m.Chance-chance) > 1e-9 || min(m.First, m.Second) != carriers:
				t.Fatalf("genome %d of %v: %+v, want %v %v of %d", g, rows, m, ok, chance, carriers)
			}
		}
	})
}

// twin looks at all pairs of parents of genome c. If they must explain some of
// its mutations, it takes those that explain most.
func twin(rows []row, c int, o recombinant.Options, least int) (best float64, carriers, most int, ok bool) {
	var sites []int
	for i := range rows[c] {
		n := 0
		for _, r := range rows {
			if r.has(i) {
				n++
			}
		}
		if rows[c].has(i) && n >= o.Carriers {
			sites = append(sites, i)
		}
	}
	alike := func(a, b row) bool {
		return !slices.ContainsFunc(sites, func(i int) bool { return a[i] != b[i] })
	}
	var all []row // that tell all sites
	for _, r := range rows {
		if !slices.ContainsFunc(sites, func(i int) bool { return r[i] == 'n' }) {
			all = append(all, r)
		}
	}
	twice := func(p row) (n int) {
		for _, r := range all {
			if alike(p, r) {
				n++
			}
		}
		return n
	}
	if len(sites) < 2*o.Sites {
		return 0, 0, 0, false
	}
	for _, p := range all {
		for _, q := range all {
			if twice(p) < 2 || twice(q) < 2 {
				continue
			}
			var a, b []int
			var order []byte
			explained := 0
			for _, i := range sites {
				if p.has(i) || q.has(i) {
					explained++
				}
				if p.has(i) && !q.has(i) {
					a, order = append(a, i), append(order, 'a')
				}
				if q.has(i) && !p.has(i) {
					b, order = append(b, i), append(order, 'b')
				}
			}
			chance := orders(order)
			if len(a) < o.Sites || len(b) < o.Sites || chance == 0 {
				continue
			}
			both, first, second := 0, 0, 0
			for _, r := range all {
				inA, inB := in(r, a), in(r, b)
				switch {
				case 2*inA >= len(a) && 2*inB >= len(b):
					both++
				case inA == len(a) && inB == 0:
					first++
				case inB == len(b) && inA == 0:
					second++
				}
			}
			if explained < least {
				continue
			}
			better := least > 0 && explained > most || (least == 0 || explained == most) && (chance < best-1e-12 || chance < best+1e-12 && fewer(first, second) > carriers)
			if n := fewer(first, second); both > 0 && both < n && (!ok || better) {
				best, carriers, most, ok = chance, n, explained, true
			}
		}
	}
	return best, carriers, most, ok
}

func fewer(first, second int) int { return min(first, second) }

func in(r row, sites []int) (n int) {
	for _, i := range sites {
		if r.has(i) {
			n++
		}
	}
	return n
}

// orders returns the share of all orders of as many a and b in which they lie
// apart as well as in this one, by writing all down; 0: here they don't.
func orders(order []byte) float64 {
	turns := func(s []byte) (n int) {
		for i := 1; i < len(s); i++ {
			if s[i] != s[i-1] {
				n++
			}
		}
		return n
	}
	here := turns(order)
	if here == 0 || here > 2 {
		return 0
	}
	inner := order[len(order)-1] ^ 'a' ^ 'b' // at two breakpoints
	na, all, good := 0, 0, 0
	for _, l := range order {
		if l == 'a' {
			na++
		}
	}
	for x := range 1 << len(order) {
		s := make([]byte, len(order))
		n := 0
		for i := range s {
			if s[i] = 'b'; x>>i&1 == 0 {
				s[i] = 'a'
				n++
			}
		}
		if n != na {
			continue
		}
		all++
		switch t := turns(s); {
		case here == 1 && t == 1:
			good++
		case here == 2 && (t == 1 || t == 2 && s[len(s)-1] != inner):
			good++
		}
	}
	return float64(good) / float64(all)
}

// TestMixture puts two genomes into one.
func TestMixture(t *testing.T) {
	for name, c := range map[string]struct {
		mixed string // '1': it has the mutation, 'm': it has and hasn't
		want  string
	}{
		"of two lineages":         {"1mmmm0mmmm0", "0 3 8"},
		"of a genome and its kin": {"1mmmm000000", "0 6 4"},
		"one letter unmixed":      {"1mmm10mmmm0", "0 3 7"},
		"one letter of another":   {"1mmmm0mmmmm", "0 3 8"},
		"three letters":           {"1mmm0000000", "0 6 3"},
		"two letters":             {"1mm00000000", ""},
		"letters of nobody":       {"1m0000m000m", ""},
		"not mixed":               {"11111000000", ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := recombinant.NewBuilder(recombinant.Options{})
			for _, r := range []row{"11111000000", "11111000000", "11111000000", "10000011110", "10000011110", "10000011110",
				"10000000000", "00000000001", "00000000001", "00000000001", row(c.mixed)} {
				var subs, mixed []recombinant.Substitution
				var unknown []genome.Region
				for i := range r {
					at := recombinant.Substitution{Pos: int32(i * spaced), Alt: 'G'}
					switch r[i] {
					case '1':
						subs = append(subs, at)
					case 'm':
						mixed = append(mixed, at)
						unknown = append(unknown, genome.Region{Lo: i * spaced, Hi: i*spaced + 1})
					}
				}
				if err := b.Add(subs, mixed, unknown); err != nil {
					t.Fatal(err)
				}
			}
			s := b.Set()
			got := ""
			for n := range s.Mixed() {
				if m, ok := s.Finder().Mixture(n); ok {
					got += fmt.Sprint(m.One, m.Other, m.Explained)
					if m.Genome != 10 || s.MixedGenome(n) != 10 || len(m.Mixed) < m.Explained {
						t.Errorf("%+v", m)
					}
				}
			}
			if got = strings.ReplaceAll(got, "  ", " "); got != c.want {
				t.Errorf("%s: %q, want %q", c.mixed, got, c.want)
			}
		})
	}
}
