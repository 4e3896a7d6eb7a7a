package pgx

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// twin calls a gene as PharmCAT's paper says: it writes down every sequence
// that a strand might have, looks up which alleles each sequence is, and
// pairs sequences that together give the genotypes. It returns the score of
// each pair.
func twin(g *Gene, calls []genotype) (scores map[string]int) {
	var known []int
	for x, c := range calls {
		if c.called() {
			known = append(known, x)
		}
	}
	// Every sequence, and the one that is left for the other strand.
	type both struct{ one, other map[int]string }
	all := []both{{map[int]string{}, map[int]string{}}}
	orientation := map[string]int{} // of a phase set: which bit of the sequence's number
	bits := 0
	for _, x := range known {
		c := calls[x]
		bit := -1
		if c.het() && c.phased {
			if _, ok := orientation[c.set]; !ok {
				orientation[c.set] = bits
				bits++
			}
			bit = orientation[c.set]
		} else if c.het() {
			bit = bits
			bits++
		}
		for len(all) < 1<<bits {
			for _, b := range all[:len(all):len(all)] {
				all = append(all, both{maps.Clone(b.one), maps.Clone(b.other)})
			}
		}
		for i, b := range all {
			b.one[x], b.other[x] = c.a, c.b
			if bit >= 0 && i>>bit&1 == 1 {
				b.one[x], b.other[x] = c.b, c.a
			}
		}
	}
	matches := func(a *Allele, seq map[int]string) (score int, ok bool) {
		named := false
		for _, x := range known {
			want := a.Letters[x]
			if want != "" {
				named = true
				score++
				if strings.Contains("RYSWKMBDHVN", want) && seq[x] == g.Positions[x].Ref {
					score--
				}
			} else if want = g.Alleles[g.reference].Letters[x]; strings.Contains("RYSWKMBDHVN", want) {
				want = g.Positions[x].Ref
			}
			if want != seq[x] && !(len(want) == 1 && strings.Contains(iupac[want[0]], seq[x]) && len(seq[x]) == 1) {
				return 0, false
			}
		}
		return score, named
	}
	scores = map[string]int{}
	for _, b := range all {
		for i := range g.Alleles {
			first, ok := matches(&g.Alleles[i], b.one)
			if !ok {
				continue
			}
			for j := range g.Alleles {
				if second, ok := matches(&g.Alleles[j], b.other); ok {
					c := call{first: g.Alleles[i].Name, second: g.Alleles[j].Name, two: true}
					c.order()
					scores[c.name()] = max(scores[c.name()], first+second)
				}
			}
		}
	}
	return scores
}

// matcher is the same of the package.
func matcher(g *Gene, calls []genotype) map[string]int {
	s := newSample(g, calls)
	defs, _ := s.definitions(false)
	scores := map[string]int{}
	for _, m := range s.pairs(defs) {
		c := call{first: g.Alleles[m.first].Name, second: g.Alleles[m.second].Name, two: true}
		c.order()
		scores[c.name()] = m.score
	}
	return scores
}

// TestTwin compares the matcher, which never writes a sequence down, with its
// twin on all cases and on drawn genotypes: with alleles' own bases and with
// others, phased, unphased and in phase sets, with positions missing.
func TestTwin(t *testing.T) {
	d := release(t)
	files, _ := filepath.Glob(filepath.Join(shared(t), "cases", "*", "*.vcf"))
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		h, rs := records(t, data)
		c, err := d.NewCollector(f, h)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rs {
			if _, err := c.Add(r); err != nil {
				t.Fatal(err)
			}
		}
		lines := map[int][]string{}
		for _, l := range c.part {
			lines[l.site] = append(lines[l.site], l.text)
		}
		g := d.gene(strings.ToUpper(filepath.Base(filepath.Dir(f))))
		calls, _ := g.genotypes(lines, 0, Options{})
		if got, want := matcher(g, calls), twin(g, calls); !maps.Equal(got, want) {
			t.Errorf("%s: %v, its twin says %v", f, got, want)
		}
	}
	genes := slices.DeleteFunc(slices.Clone(d.Genes), func(g *Gene) bool { return len(g.Alleles) > 100 })
	rapid.Check(t, func(t *rapid.T) {
		g := rapid.SampledFrom(genes).Draw(t, "gene")
		calls := drawGenotypes(t, g)
		if got, want := matcher(g, calls), twin(g, calls); !maps.Equal(got, want) {
			t.Fatalf("%s: %v, its twin says %v", g.Name, got, want)
		}
	})
}

// drawGenotypes draws two alleles of the gene, and then changes a little.
func drawGenotypes(t *rapid.T, g *Gene) []genotype {
	letters := func(a *Allele, x int) string {
		l := a.Letters[x]
		if l == "" {
			l = g.Alleles[g.reference].Letters[x]
		}
		if isWobble(l) {
			l = rapid.SampledFrom(strings.Split(iupac[l[0]], "")).Draw(t, "wobble")
		}
		return l
	}
	first, second := rapid.SampledFrom(g.Alleles).Draw(t, "first"), rapid.SampledFrom(g.Alleles).Draw(t, "second")
	calls := make([]genotype, len(g.Positions))
	phased, sets, missing := rapid.Bool().Draw(t, "phased"), rapid.Bool().Draw(t, "sets"), rapid.Bool().Draw(t, "missing")
	hets := 0
	for x := range calls {
		calls[x] = genotype{a: letters(&first, x), b: letters(&second, x), phased: phased}
		if rapid.IntRange(0, 40).Draw(t, "odd") == 0 {
			calls[x].a = rapid.SampledFrom(g.Positions[x].Alts).Draw(t, "alt")
		}
		if rapid.IntRange(0, 20).Draw(t, "turn") == 0 {
			calls[x].a, calls[x].b = calls[x].b, calls[x].a
			calls[x].phased = rapid.Bool().Draw(t, "unphase")
		}
		if sets && calls[x].phased {
			calls[x].set = rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "set")
		}
		if calls[x].het() {
			hets++
		}
		if hets > 6 && calls[x].het() || missing && rapid.IntRange(0, 5).Draw(t, "miss") == 0 {
			calls[x] = genotype{}
		}
	}
	return calls
}
