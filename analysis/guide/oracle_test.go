package guide

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki/genome"
	"okazaki/internal/filetest"
)

// A found hit as a line: contig, anchor, strand, guide, alignment.
func line(c string, anchor int64, reverse bool, guide int, a Alignment, ours, theirs []byte) string {
	strand := "+"
	if reverse {
		strand = "-"
	}
	return fmt.Sprintf("%s:%d%s g%d m%d d%d r%d %s %s", c, anchor, strand, guide, a.Mismatches, a.DNA, a.RNA, ours, theirs)
}

// brute returns the hits of bruteHits as lines.
func brute(name string, letters []byte, circular bool, guides []Guide, pam PAM, a Allowance) (lines []string) {
	for _, h := range bruteHits(letters, circular, guides, pam, a) {
		lines = append(lines, line(name, int64(h.anchor), h.reverse, h.guide, h.Alignment, h.ours, h.theirs))
	}
	return lines
}

// A bruteHit is a hit that bruteHits finds.
type bruteHit struct {
	anchor  int
	reverse bool
	guide   int
	pam     string
	bruteAlignment
}

// bruteHits finds all hits in the obvious way: at each place of each strand,
// every alignment is tried, base by base.
func bruteHits(letters []byte, circular bool, guides []Guide, pam PAM, a Allowance) (all []bruteHit) {
	n := len(letters)
	at := func(i int) byte { // upper case, or 0 beyond the end
		if circular {
			i = ((i % n) + n) % n
		}
		if i < 0 || i >= n {
			return 0
		}
		return bytes.ReplaceAll(bytes.ToUpper(letters[i:i+1]), []byte("U"), []byte("T"))[0]
	}
	for anchor := range n {
		for _, reverse := range []bool{false, true} {
			// base i of the protospacer's strand, counted from the PAM's first letter
			base := func(i int) byte {
				if !reverse {
					return at(anchor + i)
				}
				b := at(anchor + pam.Len() - 1 - i)
				if b == 0 {
					return 0
				}
				return genome.Complement(b)
			}
			var p []byte
			for i := range pam.Len() {
				p = append(p, base(i))
			}
			if bytes.IndexByte(p, 0) >= 0 || !pam.Fits(string(p)) {
				continue
			}
			outward := func(i int) byte {
				if pam.FivePrime {
					return base(pam.Len() + i)
				}
				return base(-1 - i)
			}
			for g := range guides {
				if best, ok := bruteAlign(&guides[g], outward, pam.FivePrime, a, n); ok {
					all = append(all, bruteHit{anchor, reverse, g, string(p), best})
				}
			}
		}
	}
	return all
}

type bruteAlignment struct {
	Alignment
	ours, theirs []byte
}

// bruteAlign tries every string of ops.
func bruteAlign(g *Guide, outward func(int) byte, fivePrime bool, a Allowance, n int) (best bruteAlignment, found bool) {
	letters := []byte(g.Letters)
	if !fivePrime {
		slices.Reverse(letters)
	}
	var ops []op
	var grow func(i, j, m, d, r int)
	grow = func(i, j, m, d, r int) {
		if m > a.Mismatches || d > a.DNA || r > a.RNA || d+r > a.Both {
			return
		}
		last := pair
		if len(ops) > 0 {
			last = ops[len(ops)-1]
		}
		if i == len(letters) {
			if last != pair || j > n {
				return
			}
			next := bruteAlignment{Alignment: Alignment{Mismatches: m, DNA: d, RNA: r, ops: slices.Clone(ops)}}
			b, nb := best.DNA+best.RNA, d+r
			if !found || nb < b || nb == b && (m < best.Mismatches || m == best.Mismatches && slices.Compare(ops, best.ops) < 0) {
				best, found = next, true
			}
			return
		}
		step := func(o op, i, j, m, d, r int) {
			ops = append(ops, o)
			grow(i, j, m, d, r)
			ops = ops[:len(ops)-1]
		}
		if c := outward(j); c != 0 {
			more := 1
			if c == letters[i] {
				more = 0
			}
			step(pair, i+1, j+1, m+more, d, r)
			if i > 0 && last != rna {
				step(dna, i, j+1, m, d+1, r)
			}
		}
		if i > 0 && last != dna {
			step(rna, i+1, j, m, d, r+1)
		}
	}
	grow(0, 0, 0, 0, 0)
	if !found {
		return best, false
	}
	i, j := 0, 0
	for _, o := range best.ops {
		mine, base := byte('-'), byte('-')
		if o != dna {
			mine = letters[i]
			i++
		}
		if o != rna {
			if base = outward(j); strings.IndexByte("ACGT", base) < 0 {
				base = 'N'
			}
			j++
		}
		if o == pair && base != mine {
			base |= 0x20
		}
		best.ours, best.theirs = append(best.ours, mine), append(best.theirs, base)
	}
	if !fivePrime {
		slices.Reverse(best.ours)
		slices.Reverse(best.theirs)
	}
	return best, true
}

// A search is a random request on a random small genome that has sites near
// the guides.
type search struct {
	letters  []byte
	circular bool
	guides   []Guide
	pam      PAM
	a        Allowance
}

func drawSearch(t *rapid.T, most Allowance) search {
	s := search{circular: rapid.Bool().Draw(t, "circular")}
	patterns := rapid.SampledFrom([]string{"NGG", "NAG,NGG", "NRG", "NGN", "NNGRRT", "NRN", "TTTV", "TTN", "G", "N", "NNN"}).Draw(t, "PAM")
	var err error
	if s.pam, err = NewPAM(patterns, rapid.Bool().Draw(t, "5'")); err != nil {
		t.Fatal(err)
	}
	length := rapid.IntRange(MinLength, MaxLength).Draw(t, "length")
	s.a = Allowance{rapid.IntRange(0, most.Mismatches).Draw(t, "k"), rapid.IntRange(0, most.DNA).Draw(t, "DNA"), rapid.IntRange(0, most.RNA).Draw(t, "RNA"), 0}
	s.a.Both = rapid.IntRange(max(s.a.DNA, s.a.RNA), s.a.DNA+s.a.RNA).Draw(t, "both")
	// of few letters, a guide can lie on its site in many ways
	base := rapid.SampledFrom([]byte(rapid.SampledFrom([]string{"ACGT", "ACGT", "AG", "AC"}).Draw(t, "letters")))
	spacer := rapid.SliceOfN(base, length, length)
	for range rapid.IntRange(1, 3).Draw(t, "guides") {
		g, err := NewGuide("", string(spacer.Draw(t, "guide")), s.pam.FivePrime)
		if err != nil {
			t.Fatal(err)
		}
		s.guides = append(s.guides, g)
	}
	any := rapid.SampledFrom([]byte("ACGTACGTACGTACGTacgtacgtUNNnRy"))
	for range rapid.IntRange(0, 12).Draw(t, "pieces") {
		s.letters = append(s.letters, rapid.SliceOfN(any, 0, 9).Draw(t, "between")...)
		s.letters = append(s.letters, drawSite(t, &s)...)
	}
	s.letters = append(s.letters, rapid.SliceOfN(any, 1, 40).Draw(t, "end")...)
	return s
}

// drawSite returns a place that resembles a guide's site: changed bases, some
// lost, some more, on either strand.
func drawSite(t *rapid.T, s *search) []byte {
	site := []byte(rapid.SampledFrom(s.guides).Draw(t, "like").Letters)
	for range rapid.IntRange(0, s.a.Mismatches+1).Draw(t, "changes") {
		site[rapid.IntRange(0, len(site)-1).Draw(t, "at")] = rapid.SampledFrom([]byte("ACGTN")).Draw(t, "letter")
	}
	for range rapid.IntRange(0, s.a.RNA).Draw(t, "losses") {
		i := rapid.IntRange(0, len(site)-1).Draw(t, "at")
		site = slices.Delete(site, i, i+1)
	}
	for range rapid.IntRange(0, s.a.DNA).Draw(t, "gains") {
		site = slices.Insert(site, rapid.IntRange(0, len(site)).Draw(t, "at"), rapid.SampledFrom([]byte("ACGT")).Draw(t, "letter"))
	}
	var pam []byte
	for _, letter := range []byte(s.pam.Patterns[0]) {
		var fits []byte
		for _, c := range []byte("ACGT") {
			if genome.BaseOf(c)&genome.BaseOf(letter) != 0 {
				fits = append(fits, c)
			}
		}
		pam = append(pam, rapid.SampledFrom(fits).Draw(t, "PAM"))
	}
	if s.pam.FivePrime {
		site = append(pam, site...)
	} else {
		site = append(site, pam...)
	}
	if rapid.Bool().Draw(t, "reverse") {
		site = genome.AppendReverseComplement(nil, site)
	}
	return site
}

// scanned returns the hits of a scan, cut at some places.
func scanned(t rapid.TB, s *search, cuts ...int64) []string {
	var lines []string
	c := newContig("c", s.letters, s.circular)
	sc := newScanner(s.guides, s.guides[0].Len(), s.pam, s.a)
	from := int64(0)
	for _, to := range append(cuts, c.Length) {
		err := sc.scan(context.Background(), c.text, c.Halo+from, c.Halo+to, func(g int, x *site, a Alignment) {
			ours, theirs := s.guides[g].letters(x, a, s.pam.FivePrime)
			lines = append(lines, line("c", x.anchor-c.Halo, x.reverse, g, a, ours, theirs))
		})
		if err != nil {
			t.Fatal(err)
		}
		from = to
	}
	return lines
}

// indexed returns the hits that a search in an index of the contig finds.
func indexed(t rapid.TB, s *search, of PAM) []string {
	b, err := NewBuilder(of, s.guides[0].Len())
	if err == nil {
		err = b.Add("c", s.letters, s.circular)
	}
	var file bytes.Buffer
	if err == nil {
		err = b.Write(context.Background(), &file)
	}
	if err != nil {
		t.Fatal(err)
	}
	x, err := OpenIndex("x", filetest.Memory(file.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	searcher := x.searcher(s.pam, s.a)
	for i := range s.guides {
		g := &s.guides[i]
		err := searcher.search(g, func(c int, at *site, a Alignment) {
			ours, theirs := g.letters(at, a, s.pam.FivePrime)
			lines = append(lines, line("c", at.anchor-x.contigs[c].Halo, at.reverse, i, a, ours, theirs))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return lines
}

func same(t rapid.TB, what string, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("%s:\n got %d\n%s\nwant %d\n%s", what, len(got), strings.Join(got, "\n"), len(want), strings.Join(want, "\n"))
	}
}

func TestScanFindsWhatBruteForceFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSearch(t, Allowance{Mismatches: 6})
		n := int64(len(s.letters))
		cut := rapid.Int64Range(0, n).Draw(t, "cut")
		same(t, fmt.Sprintf("%s cut at %d", s.letters, cut), scanned(t, &s, cut), brute("c", s.letters, s.circular, s.guides, s.pam, s.a))
	})
}

func TestBulgesFindWhatBruteForceFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSearch(t, Allowance{Mismatches: 2, DNA: 2, RNA: 2})
		s.guides = s.guides[:1]
		same(t, string(s.letters), scanned(t, &s), brute("c", s.letters, s.circular, s.guides, s.pam, s.a))
	})
}

func TestIndexFindsWhatScanFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := Allowance{Mismatches: 6}
		if rapid.Bool().Draw(t, "bulges") {
			most = Allowance{Mismatches: 2, DNA: 2, RNA: 2}
		}
		s := drawSearch(t, most)
		of := s.pam
		if rapid.Bool().Draw(t, "wider") {
			of = of.Or(PAM{Patterns: []string{strings.Repeat("N", of.Len()-1) + "R"}, FivePrime: of.FivePrime})
		}
		same(t, string(s.letters), indexed(t, &s, of), scanned(t, &s))
	})
}
