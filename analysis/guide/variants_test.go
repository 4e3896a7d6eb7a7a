package guide

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki/analysis/analysistest"
)

// answerRows returns the cells of a TSV's rows by column.
func answerRows(b []byte) (rows []map[string]string) {
	var head []string
	for line := range strings.Lines(string(b)) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch {
		case strings.HasPrefix(line, "#"):
		case head == nil:
			head = cells
		default:
			row := map[string]string{}
			for i, c := range cells {
				row[head[i]] = c
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// shape returns what a hit looks like, without its place.
func shape(row map[string]string) string {
	return strings.Join([]string{row["guide"], row["strand"], row["pam"], row["guide_aligned"], row["genome_aligned"]}, " ")
}

// drawAllele changes, deletes or inserts some bases of a genome.
func drawAllele(t *rapid.T, letters []byte, from, to int) (at int, ref, alt string) {
	at = rapid.IntRange(from, to-5).Draw(t, "at")
	ref = strings.ToUpper(string(letters[at : at+rapid.IntRange(1, 4).Draw(t, "long")]))
	alt = string(rapid.SliceOfN(rapid.SampledFrom([]byte("ACGT")), 1, 4).Draw(t, "alt"))
	return at, ref, alt
}

func variantAnswer(t rapid.TB, s *search, letters []byte, vcf string) map[string][]byte {
	inputs := []analysistest.Input{{Role: "genome", Name: "g", Bytes: []byte(">c\n" + string(letters) + "\n")}}
	var list []byte
	for _, g := range s.guides {
		list = append(list, g.Letters+"\n"...)
	}
	inputs = append(inputs, analysistest.Input{Role: "guides", Name: "l", Bytes: list})
	if vcf != "" {
		inputs = append(inputs, analysistest.Input{Role: "vcf", Name: "v", Bytes: []byte(vcf)})
	}
	side := "3"
	if s.pam.FivePrime {
		side = "5"
	}
	params := fmt.Sprintf(`{"hits": "hits.tsv", "k": %d, "dna-bulges": %d, "rna-bulges": %d, "bulges": %d, "pam": %q, "pam-side": %q, "length": %d, "max-hits": 0, "like": "cas-offinder"}`,
		s.a.Mismatches, s.a.DNA, s.a.RNA, s.a.Both, s.pam, side, s.guides[0].Len())
	out, err := analysistest.Ask(context.Background(), Analysis, params, inputs, 0)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// shapes returns the shapes of the rows that keep takes, sorted.
func shapes(rows []map[string]string, keep func(map[string]string) bool) (all []string) {
	for _, row := range rows {
		if keep(row) {
			all = append(all, shape(row))
		}
	}
	slices.Sort(all)
	return all
}

func every(map[string]string) bool { return true }

// A bruteAllele is the effect of alleles on a contig named c, base by base.
type bruteAllele struct {
	s       *search
	changed []byte // the contig with the alleles
	origin  []int  // place in the reference of each of its letters
	added   []bool // the letters that are not at a place of the reference
}

// A change is an allele as a VCF has it, at a place from 0.
type change struct {
	at       int
	ref, alt string
}

// newBruteAllele puts alleles into a contig, which ascend and don't overlap.
func newBruteAllele(s *search, letters []byte, changes ...change) *bruteAllele {
	b := &bruteAllele{s: s}
	at := 0
	take := func(to int) {
		for ; at < to; at++ {
			b.changed, b.origin, b.added = append(b.changed, letters[at]), append(b.origin, at), append(b.added, false)
		}
	}
	for _, c := range changes {
		for len(c.ref) > 0 && len(c.alt) > 0 && c.ref[len(c.ref)-1] == c.alt[len(c.alt)-1] {
			c.ref, c.alt = c.ref[:len(c.ref)-1], c.alt[:len(c.alt)-1]
		}
		for len(c.ref) > 0 && len(c.alt) > 0 && c.ref[0] == c.alt[0] {
			c.ref, c.alt, c.at = c.ref[1:], c.alt[1:], c.at+1
		}
		take(c.at)
		for i := range len(c.alt) {
			b.changed = append(b.changed, c.alt[i])
			b.origin = append(b.origin, c.at+min(i, max(0, len(c.ref)-1)))
			b.added = append(b.added, i >= len(c.ref))
		}
		at += len(c.ref)
	}
	take(len(letters))
	return b
}

// bruteSite has what is the same in two hits at one place.
type bruteSite struct {
	anchor  int
	reverse bool
	guide   int
}

func (h *bruteHit) edits() int { return h.Mismatches + h.DNA + h.RNA }

// extent returns the region that a hit covers with its PAM, in the bases that
// were searched.
func (h *bruteHit) extent(pam PAM) (start, end int) {
	n := len(h.theirs) - bytes.Count(h.theirs, []byte("-"))
	if leftward(h.reverse, pam.FivePrime) {
		return h.anchor - n, h.anchor + pam.Len()
	}
	return h.anchor, h.anchor + pam.Len() + n
}

// rows returns the variant hits of the allele, as variantRow writes them.
func (b *bruteAllele) rows(reference []bruteHit) (rows []string) {
	was := map[bruteSite]*bruteHit{}
	for i := range reference {
		h := &reference[i]
		was[bruteSite{h.anchor, h.reverse, h.guide}] = h
	}
	for _, h := range bruteHits(b.changed, false, b.s.guides, b.s.pam, b.s.a) {
		start, end := h.extent(b.s.pam)
		effect, edits := "new", "NA"
		if at := (bruteSite{b.origin[h.anchor], h.reverse, h.guide}); !b.added[h.anchor] && was[at] != nil {
			old := was[at]
			effect, edits = "changed", fmt.Sprint(old.edits())
			delete(was, at)
			if old.pam == h.pam && bytes.Equal(old.ours, h.ours) && bytes.Equal(old.theirs, h.theirs) {
				continue
			}
		}
		rows = append(rows, b.s.variantRow(effect, &h, b.origin[start], b.origin[end-1]+1, edits))
	}
	for _, h := range was {
		start, end := h.extent(b.s.pam)
		rows = append(rows, b.s.variantRow("lost", h, start, end, fmt.Sprint(h.edits())))
	}
	slices.Sort(rows)
	return rows
}

func (s *search) variantRow(effect string, h *bruteHit, start, end int, edits string) string {
	strand := "+"
	if h.reverse {
		strand = "-"
	}
	return fmt.Sprintf("%s %s %d-%d%s %s %s %s %d %d %d was %s", effect, s.guides[h.guide].Letters, start, end, strand, h.pam, h.ours, h.theirs,
		h.Mismatches, h.DNA, h.RNA, edits)
}

// checkAllele compares the variant hits of one allele with a brute-force search
// of the contig with it and without it.
func checkAllele(t rapid.TB, s *search, letters []byte, at int, ref, alt string) {
	vcf := fmt.Sprintf("##fileformat=VCFv4.2\nc\t%d\t.\t%s\t%s\t.\t.\t.\n", at+1, ref, alt)
	var got []string
	for _, r := range answerRows(variantAnswer(t, s, letters, vcf)["variants.tsv"]) {
		got = append(got, variantRow(r))
	}
	want := newBruteAllele(s, letters, change{at, ref, alt}).rows(bruteHits(letters, false, s.guides, s.pam, s.a))
	same(t, fmt.Sprintf("%s with %d %s>%s", letters, at, ref, alt), got, want)
}

// variantRow returns a row of variants.tsv as search's row has it.
func variantRow(r map[string]string) string {
	return fmt.Sprintf("%s %s %s-%s%s %s %s %s %s %s %s was %s", r["effect"], r["guide"], r["start"], r["end"], r["strand"], r["pam"],
		r["guide_aligned"], r["genome_aligned"], r["mismatches"], r["dna_bulges"], r["rna_bulges"], r["reference_edits"])
}

// TestAnAlleleMakesAndLosesWhatItsGenomeHas compares the variant hits of one
// allele with a search of the genome that has it.
func TestAnAlleleMakesAndLosesWhatItsGenomeHas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSearch(t, Allowance{Mismatches: 3, DNA: 2, RNA: 2})
		letters := bytes.ToUpper(bytes.ReplaceAll(bytes.ToUpper(s.letters), []byte("U"), []byte("T")))
		letters = append(letters, "ACGTACGT"...)
		at, ref, alt := drawAllele(t, letters, 0, len(letters))
		if strings.Trim(ref, "ACGT") != "" || ref == alt {
			return
		}
		checkAllele(t, &s, letters, at, ref, alt)
	})
}

// TestADeletionWithinAPAM deletes bases of a PAM, which then has bases of the
// reference on both sides of the deletion.
func TestADeletionWithinAPAM(t *testing.T) {
	pam, _ := NewPAM("NRN", false)
	g, _ := NewGuide("", strings.Repeat("A", 19), false)
	s := &search{guides: []Guide{g}, pam: pam, a: Allowance{Mismatches: 3, DNA: 1, Both: 1}}
	letters := strings.Repeat("A", 23) + "C" + strings.Repeat("A", 46) + "CGTACGT"
	checkAllele(t, s, []byte(letters), 22, "ACA", "A")
}

// TestALostBaseMakesABulge deletes a base of a contig's first site. The site is
// of A alone, so that it differs in nothing but its length.
func TestALostBaseMakesABulge(t *testing.T) {
	pam, _ := NewPAM("NGG", false)
	g, _ := NewGuide("", strings.Repeat("A", 17), false)
	s := &search{guides: []Guide{g}, pam: pam, a: Allowance{RNA: 1, Both: 1}}
	rows := answerRows(variantAnswer(t, s, []byte(strings.Repeat("A", 18)+"GGCCCCCCCC"), "c\t1\t.\tAA\tA\n")["variants.tsv"])
	if len(rows) != 1 || rows[0]["effect"] != "changed" || rows[0]["genome_aligned"] != "A-"+strings.Repeat("A", 15) {
		t.Errorf("there is no changed hit with a bulge: %v", rows)
	}
}

// TestAllelesTogether finds all hits of a genome with two alleles.
func TestAllelesTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSearch(t, Allowance{Mismatches: 3, DNA: 2, RNA: 2})
		letters := bytes.ToUpper(bytes.ReplaceAll(bytes.ToUpper(s.letters), []byte("U"), []byte("T")))
		letters = append(letters, strings.Repeat("ACGTACGT", 3)...)
		middle := rapid.IntRange(6, len(letters)-6).Draw(t, "middle")
		at1, ref1, alt1 := drawAllele(t, letters, max(0, middle-30), middle)
		at2, ref2, alt2 := drawAllele(t, letters, middle, min(len(letters), middle+30))
		if strings.Trim(ref1+ref2, "ACGT") != "" || at1+len(ref1) > at2 {
			return
		}
		both := slices.Concat(letters[:at1], []byte(alt1), letters[at1+len(ref1):at2], []byte(alt2), letters[at2+len(ref2):])
		out := variantAnswer(t, &s, letters, fmt.Sprintf("c\t%d\t.\t%s\t%s\nc\t%d\t.\t%s\t%s\n", at1+1, ref1, alt1, at2+1, ref2, alt2))
		got := append(shapes(answerRows(out["hits.tsv"]), every), shapes(answerRows(out["variants.tsv"]), every)...)
		for _, want := range shapes(answerRows(variantAnswer(t, &s, both, "")["hits.tsv"]), every) {
			if !slices.Contains(got, want) {
				t.Fatalf("%s with %d %s>%s and %d %s>%s: there is no %s\n%s", letters, at1, ref1, alt1, at2, ref2, alt2, want, out["variants.tsv"])
			}
		}
	})
}
