//go:build long

package guide

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"okazaki/analysis/analysistest"
	"okazaki/format/fasta"
	"okazaki/genome"
)

// A wholeGenome is a real genome with changes that genomes may have.
type wholeGenome struct {
	names    []string
	letters  [][]byte
	circular []string
}

func readWhole(t *testing.T, name string) (g wholeGenome) {
	path := filepath.Join(shared, "genomes", name)
	f, err := os.Open(path)
	if err != nil {
		t.Skipf("to run it: set OKAZAKI_DATA to the folder of the test data: %v", err)
	}
	defer f.Close()
	for rec, err := range fasta.Scan(path, f) {
		if err != nil {
			t.Fatal(err)
		}
		g.names, g.letters = append(g.names, rec.Name), append(g.letters, bytes.ToUpper(rec.Seq))
	}
	return g
}

// scaffolds returns the contigs in n pieces, with other letters here and there.
func (g wholeGenome) scaffolds(n int, r *rand.Rand) (cut wholeGenome) {
	all := bytes.Join(g.letters, nil)
	for i := range n {
		piece := bytes.Clone(all[i*len(all)/n : (i+1)*len(all)/n])
		for range len(piece) / 150 {
			piece[r.IntN(len(piece))] = "RYSWKMBDHVNnryU"[r.IntN(15)]
		}
		cut.names, cut.letters = append(cut.names, fmt.Sprintf("scaffold_%d.1", i)), append(cut.letters, piece)
	}
	return cut
}

func (g wholeGenome) fasta(end string, lower bool) []byte {
	var b bytes.Buffer
	for i, name := range g.names {
		fmt.Fprintf(&b, ">%s of a test%s", name, end)
		for s := g.letters[i]; len(s) > 0; s = s[min(61, len(s)):] {
			line := s[:min(61, len(s))]
			if lower {
				line = bytes.ToLower(line)
			}
			b.Write(append(bytes.Clone(line), end...))
		}
	}
	return b.Bytes()
}

func (g wholeGenome) twobit() []byte {
	b := make([]byte, 0, 1<<20)
	u32 := func(n int) { b = binary.LittleEndian.AppendUint32(b, uint32(n)) }
	for _, n := range []int{0x1a412743, 0, len(g.names), 0} {
		u32(n)
	}
	at := len(b)
	for _, name := range g.names {
		at += 1 + len(name) + 4
	}
	for i, name := range g.names {
		b = append(append(b, byte(len(name))), name...)
		u32(at)
		at += 16 + (len(g.letters[i])+3)/4
	}
	for _, s := range g.letters {
		for _, n := range []int{len(s), 0, 0, 0} {
			u32(n)
		}
		for i := 0; i < len(s); i += 4 {
			var packed byte
			for j := range 4 {
				packed <<= 2
				if i+j < len(s) {
					packed |= byte(strings.IndexByte("TCAG", s[i+j]))
				}
			}
			b = append(b, packed)
		}
	}
	return b
}

// guidesOf returns protospacers of the genome with some bases changed.
func (g wholeGenome) guidesOf(r *rand.Rand, pam PAM, length, n int) (all []string) {
	for len(all) < n {
		s := g.letters[r.IntN(len(g.letters))]
		if len(s) < length+pam.Len() {
			continue
		}
		at := r.IntN(len(s) - length - pam.Len() + 1)
		spacer, p := bytes.Clone(s[at:at+length]), string(s[at+length:at+length+pam.Len()])
		if pam.FivePrime {
			spacer, p = bytes.Clone(s[at+pam.Len():at+pam.Len()+length]), string(s[at:at+pam.Len()])
		}
		if !pam.Fits(p) || len(bytes.Trim(spacer, "ACGT")) > 0 {
			continue
		}
		for range r.IntN(3) {
			spacer[r.IntN(length)] = "ACGT"[r.IntN(4)]
		}
		all = append(all, string(spacer))
	}
	return all
}

// lettersApart returns the hits without bulges, compared base by base: contig,
// start, end, strand, guide, mismatches.
func (g wholeGenome) lettersApart(guides []string, pam PAM, k int) map[string]bool {
	hits := map[string]bool{}
	length := len(guides[0])
	whole := length + pam.Len()
	for c, s := range g.letters {
		n := len(s)
		s = bytes.ReplaceAll(bytes.ToUpper(s), []byte("U"), []byte("T"))
		circular := slices.Contains(g.circular, g.names[c])
		if circular {
			s = append(s, s[:min(whole, n)]...)
		}
		for at := 0; at+whole <= len(s); at++ {
			for strand, window := range map[string][]byte{"+": s[at : at+whole], "-": genome.AppendReverseComplement(nil, s[at:at+whole])} {
				spacer, p := window[:length], window[length:]
				if pam.FivePrime {
					p, spacer = window[:pam.Len()], window[pam.Len():]
				}
				if !pam.Fits(string(p)) {
					continue
				}
				for _, guide := range guides {
					m := 0
					for i := range spacer {
						if spacer[i] != guide[i] {
							if m++; m > k {
								break
							}
						}
					}
					if m > k {
						continue
					}
					start := at // a hit belongs to the PAM's leftmost base, which lies in the contig
					anchor := at
					if (strand == "+") != pam.FivePrime {
						anchor += length
					}
					if anchor >= n {
						start -= n
					} else if at >= n {
						continue // seen at its other place
					}
					hits[fmt.Sprintf("%s %d %d %s %s %d", g.names[c], start, start+whole, strand, guide, m)] = true
				}
			}
		}
	}
	return hits
}

// TestWholeGenomesAreAsBruteForce searches whole genomes of every kind that can
// be given. It takes minutes: go test -tags long.
func TestWholeGenomesAreAsBruteForce(t *testing.T) {
	yeast, coli := readWhole(t, "sacCer3.fa.gz"), readWhole(t, "ecoli_K12_ASM584v2.fa.gz")
	coli.circular = coli.names
	r := rand.New(rand.NewPCG(9, 5))
	scaffolds := yeast.scaffolds(20_000, r)
	for _, c := range []struct {
		name      string
		genome    wholeGenome
		file      []byte
		pam       string
		fivePrime bool
		length, k int
	}{
		{"SpCas9, lower case, CRLF", yeast, yeast.fasta("\r\n", true), "NGG", false, 20, 4},
		{"SpRY, 20,000 contigs, IUPAC letters", scaffolds, scaffolds.fasta("\n", false), "NRN", false, 20, 3},
		{"SaCas9, circular", coli, coli.fasta("\n", false), "NNGRRT", false, 21, 5},
		{"Cas12a, 2bit", yeast, yeast.twobit(), "TTTV", true, 23, 6},
		{"17 bases", yeast, yeast.fasta("\n", false), "NGG", false, 17, 3},
		{"30 bases", yeast, yeast.fasta("\n", false), "NGG", false, 30, 10},
		{"SpG, scaffolds, 24 bases", scaffolds, scaffolds.fasta("\n", false), "NGN", false, 24, 6},
		{"5' PAM, circular, 30 bases", coli, coli.fasta("\r\n", true), "TTN", true, 30, 9},
	} {
		t.Run(c.name, func(t *testing.T) {
			pam, err := NewPAM(c.pam, c.fivePrime)
			if err != nil {
				t.Fatal(err)
			}
			guides := c.genome.guidesOf(r, pam, c.length, 3)
			if c.genome.circular != nil { // one across the origin
				s := c.genome.letters[0]
				guides = append(guides, string(s[len(s)-9:])+string(s[:c.length-9]))
			}
			want := c.genome.lettersApart(guides, pam, c.k)
			b, err := NewBuilder(pam, c.length)
			for i, name := range c.genome.names {
				if err == nil {
					err = b.Add(name, c.genome.letters[i], slices.Contains(c.genome.circular, name))
				}
			}
			var index bytes.Buffer
			if err == nil {
				err = b.Write(t.Context(), &index)
			}
			if err != nil {
				t.Fatal(err)
			}
			side := map[bool]string{true: "5", false: "3"}[c.fivePrime]
			params := fmt.Sprintf(`"hits": "h.tsv", "like": "cas-offinder", "k": %d, "pam": %q, "pam-side": %q, "length": %d`, c.k, c.pam, side, c.length)
			list := analysistest.Input{Role: "guides", Name: "l", Bytes: []byte(strings.Join(guides, "\n"))}
			for how, out := range map[string]map[string][]byte{
				"scan":  analysistest.Answer(t, Analysis, fmt.Sprintf(`{%s, "circular": %q}`, params, strings.Join(c.genome.circular, ",")), []analysistest.Input{{Role: "genome", Name: "g", Bytes: c.file}, list}, 3_333_333),
				"index": analysistest.Answer(t, Analysis, "{"+params+"}", []analysistest.Input{{Role: "index", Name: "x", Bytes: index.Bytes()}, list}, 2),
			} {
				got := map[string]bool{}
				for _, row := range answerRows(out["h.tsv"]) {
					got[strings.Join([]string{row["contig"], row["start"], row["end"], row["strand"], row["guide"], row["mismatches"]}, " ")] = true
				}
				if !maps.Equal(got, want) || len(want) < len(guides) {
					t.Errorf("%s: %d hits, want %d", how, len(got), len(want))
					for line := range want {
						if !got[line] {
							t.Log("missed:", line)
						}
					}
					for line := range got {
						if !want[line] {
							t.Log("none:", line)
						}
					}
				}
			}
			t.Logf("%d hits", len(want))
		})
	}
}

// TestBulgesInAWholeGenomeAreAsBruteForce aligns each site of E. coli in every
// way.
func TestBulgesInAWholeGenomeAreAsBruteForce(t *testing.T) {
	coli := readWhole(t, "ecoli_K12_ASM584v2.fa.gz")
	r := rand.New(rand.NewPCG(1, 9))
	for _, a := range []Allowance{{2, 1, 1, 2}, {2, 2, 0, 2}, {2, 0, 2, 2}} {
		pam, err := NewPAM("NGG", false)
		if err != nil {
			t.Fatal(err)
		}
		g, err := NewGuide("", coli.guidesOf(r, pam, 20, 1)[0], false)
		if err != nil {
			t.Fatal(err)
		}
		s := &search{letters: coli.letters[0], circular: true, guides: []Guide{g}, pam: pam, a: a}
		want := brute("c", s.letters, true, s.guides, pam, a)
		same(t, a.String()+" scan", scanned(t, s, 1_000_003), want)
		same(t, a.String()+" index", indexed(t, s, pam), want)
		t.Logf("%v: %d hits", a, len(want))
	}
}
