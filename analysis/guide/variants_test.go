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

// answerRows are the cells of a TSV's rows by column.
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

// shape is what a hit looks like, without its place.
func shape(row map[string]string) string {
	return strings.Join([]string{row["guide"], row["strand"], row["pam"], row["guide_aligned"], row["genome_aligned"]}, " ")
}

// drawAllele changes, takes away or adds some letters of a genome.
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
	params := fmt.Sprintf(`{"hits": "hits.tsv", "k": %d, "dna-bulges": %d, "rna-bulges": %d, "bulges": %d, "pam": %q, "pam-side": %q, "length": %d, "max-hits": 0}`,
		s.a.Mismatches, s.a.DNA, s.a.RNA, s.a.Both, s.pam, side, s.guides[0].Len())
	out, err := analysistest.Ask(context.Background(), Analysis, params, inputs, 0)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// shapes are those of the rows that keep takes, sorted.
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

func with(effect string) func(map[string]string) bool {
	return func(row map[string]string) bool { return row["effect"] == effect }
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
		changed := slices.Concat(letters[:at], []byte(alt), letters[at+len(ref):])
		out := variantAnswer(t, &s, letters, fmt.Sprintf("##fileformat=VCFv4.2\nc\t%d\t.\t%s\t%s\t.\t.\t.\n", at+1, ref, alt))
		reference, variants := answerRows(out["hits.tsv"]), answerRows(out["variants.tsv"])
		want := shapes(answerRows(variantAnswer(t, &s, changed, "")["hits.tsv"]), every)

		got := shapes(reference, every)
		for _, gone := range shapes(variants, with("lost")) {
			i := slices.Index(got, gone)
			if i < 0 {
				t.Fatalf("%s is lost, and was not there", gone)
			}
			got = slices.Delete(got, i, i+1)
		}
		for _, row := range variants {
			if row["effect"] == "changed" { // the hit of the reference at its place goes
				i := slices.IndexFunc(reference, func(r map[string]string) bool {
					return anchorOf(&s, r) == anchorOf(&s, row) && r["strand"] == row["strand"] && r["guide"] == row["guide"]
				})
				if i < 0 {
					return // the allele adds letters to the PAM, whose end is then another
				}
				if i := slices.Index(got, shape(reference[i])); i >= 0 {
					got = slices.Delete(got, i, i+1)
				}
			}
		}
		got = append(got, shapes(variants, with("new"))...)
		got = append(got, shapes(variants, with("changed"))...)
		slices.Sort(got)
		if ref, alt := len(ref), len(alt); ref == alt && !slices.Equal(got, want) || len(got) != len(want) {
			t.Fatalf("at %d %d>%d in %s:\n got %s\nwant %s\nvariants:\n%s", at, ref, alt, letters, strings.Join(got, "\n     "), strings.Join(want, "\n     "), out["variants.tsv"])
		}
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Fatalf("at %d in %s: there is no %s\nvariants:\n%s", at, letters, w, out["variants.tsv"])
			}
		}
	})
}

// TestALostLetterMakesABulge takes a letter of a contig's first site: of A
// alone, so that the site differs in nothing but its length.
func TestALostLetterMakesABulge(t *testing.T) {
	pam, _ := NewPAM("NGG", false)
	g, _ := NewGuide("", strings.Repeat("A", 17), false)
	s := &search{guides: []Guide{g}, pam: pam, a: Allowance{RNA: 1, Both: 1}}
	rows := answerRows(variantAnswer(t, s, []byte(strings.Repeat("A", 18)+"GGCCCCCCCC"), "c\t1\t.\tAA\tA\n")["variants.tsv"])
	if len(rows) != 1 || rows[0]["effect"] != "changed" || rows[0]["genome_aligned"] != "A-"+strings.Repeat("A", 15) {
		t.Errorf("there is no changed hit with a bulge: %v", rows)
	}
}

// anchorOf is the end of a hit's extent that its PAM lies at.
func anchorOf(s *search, row map[string]string) string {
	if leftward(row["strand"] == "-", s.pam.FivePrime) {
		return row["end"]
	}
	return row["start"]
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
