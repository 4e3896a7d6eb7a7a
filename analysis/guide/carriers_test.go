package guide

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki"
	"okazaki/analysis/analysistest"
)

// A family is alleles of a contig with the genotypes of some samples: for each
// allele and sample the copies that have it, and whether that is phased.
type family struct {
	changes []change
	haps    [][][2]bool // by allele, by sample
	phased  [][]bool
}

func drawFamily(t *rapid.T, letters []byte) (f family) {
	at := rapid.IntRange(0, max(0, len(letters)-50)).Draw(t, "from")
	for range rapid.IntRange(1, 3).Draw(t, "alleles") {
		at += rapid.IntRange(0, 12).Draw(t, "further")
		if at+6 > len(letters) {
			break
		}
		c := change{at: at}
		_, c.ref, c.alt = drawAllele(t, letters, at, at+5)
		at += len(c.ref)
		if strings.Trim(c.ref, "ACGT") != "" || c.ref == c.alt {
			continue
		}
		var haps [][2]bool
		var phased []bool
		for range 2 {
			haps = append(haps, [2]bool{rapid.Bool().Draw(t, "copy 1"), rapid.Bool().Draw(t, "copy 2")})
			phased = append(phased, rapid.IntRange(0, 3).Draw(t, "phased") > 0)
		}
		f.changes, f.haps, f.phased = append(f.changes, c), append(f.haps, haps), append(f.phased, phased)
	}
	return f
}

func (f *family) vcf() string {
	var b strings.Builder
	b.WriteString("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tmother\tchild\n")
	digit := map[bool]string{false: "0", true: "1"}
	for i, c := range f.changes {
		fmt.Fprintf(&b, "c\t%d\t.\t%s\t%s\t.\t.\t.\tGT", c.at+1, c.ref, c.alt)
		for s, h := range f.haps[i] {
			fmt.Fprintf(&b, "\t%s%s%s", digit[h[0]], map[bool]string{false: "/", true: "|"}[f.phased[i][s]], digit[h[1]])
		}
		b.WriteString("\n")
	}
	return b.String()
}

// copies returns the sets of alleles that a copy of a sample's chromosome may
// have, each genotype that is not phased both ways.
func (f *family) copies(sample int) (sets [][]change) {
	var free []int
	for i := range f.changes {
		if !f.phased[i][sample] {
			free = append(free, i)
		}
	}
	for flips := range 1 << len(free) {
		for copy := range 2 {
			var set []change
			for i, c := range f.changes {
				own := copy
				if k := slices.Index(free, i); k >= 0 && flips>>k&1 == 1 {
					own = 1 - copy
				}
				if f.haps[i][sample][own] {
					set = append(set, c)
				}
			}
			sets = append(sets, set)
		}
	}
	return sets
}

// TestVariantHitsAreTheHaplotypes compares the variant hits of two samples
// with a search of each copy that they may have.
func TestVariantHitsAreTheHaplotypes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSearch(t, Allowance{Mismatches: 4})
		letters := bytes.ToUpper(bytes.ReplaceAll(bytes.ToUpper(s.letters), []byte("U"), []byte("T")))
		letters = append(letters, strings.Repeat("ACGTACGT", 3)...)
		f := drawFamily(t, letters)
		reference := bruteHits(letters, false, s.guides, s.pam, s.a)
		want := map[string]map[string]bool{} // rows, and the samples that may have them
		for sample, name := range []string{"mother", "child"} {
			for _, set := range f.copies(sample) {
				for _, row := range newBruteAllele(&s, letters, set...).rows(reference) {
					if want[row] == nil {
						want[row] = map[string]bool{}
					}
					want[row][name] = true
				}
			}
		}
		got := map[string]map[string]bool{}
		for _, r := range answerRows(variantAnswer(t, &s, letters, f.vcf())["variants.tsv"]) {
			row := variantRow(r)
			if got[row] == nil {
				got[row] = map[string]bool{}
			}
			for name := range strings.SplitSeq(r["samples"], ",") {
				got[row][strings.TrimSuffix(name, "?")] = true
			}
		}
		if !maps.EqualFunc(got, want, func(a, b map[string]bool) bool { return maps.Equal(a, b) }) {
			t.Fatalf("%s\n%s\n got %v\nwant %v", letters, f.vcf(), got, want)
		}
	})
}

// TestPhase says which alleles may lie on one copy, and whether they must.
func TestPhase(t *testing.T) {
	for name, c := range map[string]struct {
		genotypes string // of records at 3, 7 and 11; own alleles are those marked 1
		set       []int
		want      string
	}{
		"in cis":                            {"0|1 0|1 0|0", []int{0, 1}, "certain"},
		"in trans":                          {"0|1 1|0 0|0", []int{0, 1}, ""},
		"not phased":                        {"0/1 0/1 0/0", []int{0, 1}, "possible"},
		"one phased, one not":               {"0|1 0/1 0/0", []int{0, 1}, "possible"},
		"homozygous, not phased":            {"1/1 0/1 0/0", []int{0, 1}, "certain"},
		"without a neighbour in cis":        {"0|1 0|1 0|0", []int{0}, ""},
		"without a neighbour in trans":      {"0|1 1|0 0|0", []int{0}, "certain"},
		"without one that is homozygous":    {"0|1 1|1 0|0", []int{0}, ""},
		"without one that is not phased":    {"0|1 0/1 0|0", []int{0}, "possible"},
		"two phase sets":                    {"0|1:1 0|1:2 0|0", []int{0, 1}, "possible"},
		"one phase set":                     {"0|1:1 0|1:1 0|0", []int{0, 1}, "certain"},
		"one phase set in trans, one other": {"0|1:1 1|0:1 0|1:9", []int{0, 1, 2}, ""},
		"haploid":                           {"1 1 0", []int{0, 1}, "certain"},
		"haploid, without":                  {"1 1 0", []int{0}, ""},
		"half called":                       {"./1 0|0 0|0", []int{0}, "certain"},
		"two others on both copies":         {"0|1:1 0|1:2 1|0:2", []int{0}, ""},
	} {
		lines := "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts\n"
		for i, gt := range strings.Fields(c.genotypes) {
			lines += fmt.Sprintf("c\t%d\t.\tA\tC\t.\t.\t.\tGT:PS\t%s\n", 3+4*i, gt)
		}
		set, err := (&request{}).readAlleles(t.Context(), one(lines), okazaki.Input{Name: "v"}, []string{"c"})
		if err != nil {
			t.Fatal(err)
		}
		b, ok := set.bearers(c.set, 0, 20)
		if got := map[bool]string{true: b.phase}[ok]; got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
}

// TestAllelesThatAreNotSearchedAreCounted reads a VCF of a population.
func TestAllelesThatAreNotSearchedAreCounted(t *testing.T) {
	x := newExample()
	base := strings.ToUpper(string(x.letters["chr1"][:12]))
	other := strings.NewReplacer("A", "C", "C", "G", "G", "T", "T", "A", "N", "N", "R", "R", "-", "-")
	line := func(i int, alt, info, a, b string) string {
		if alt == "" {
			alt = other.Replace(base[i : i+1])
		}
		return fmt.Sprintf("chr1\t%d\t.\t%s\t%s\t.\t.\t%s\tGT\t%s\t%s\n", i+1, base[i:i+1], alt, info, a, b)
	}
	vcf := "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts1\ts2\n" +
		line(0, "", "AF=0.3;AFR_AF=0.001;EAS_AF=0.6", "0|1", "0|0") +
		line(2, "<DEL>", "SVTYPE=DEL", "0|1", "0|0") +
		line(3, "*,<CN0>", ".", "0|1", "0|0") +
		line(4, base[4:5]+"[chr2:5[", ".", "0|1", "0|0") +
		line(6, "", "AC=1;AN=4", "0|0", "0|1") +
		line(8, "", ".", "0|0", "0|0") +
		line(10, "", "AF_afr=0.5;AF=0.2", "0|1", "1|1")
	read := func(r *request) *alleleSet {
		set, err := r.readAlleles(t.Context(), one(vcf), okazaki.Input{Name: "v"}, []string{"chr1"})
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	for name, c := range map[string]struct {
		r       request
		alleles int
		about   string
	}{
		"all":        {request{}, 3, "alleles that were not searched: 1 *, 1 <CN0>, 1 <DEL>, 1 breakends, 1 that no sample has"},
		"frequent":   {request{minAF: 0.25}, 2, "1 breakends, 2 that are rarer than asked for"},
		"one sample": {request{samples: []string{"s2"}}, 2, "1 breakends, 2 that no sample has"},
		"Africa":     {request{minAF: 0.25, population: "AFR"}, 2, "1 breakends, 1 that no sample has, 1 that are rarer than asked for; alleles that were searched because their frequency is not known: 1"},
	} {
		if set := read(&c.r); len(set.list) != c.alleles || !strings.HasSuffix(set.about.String(), c.about) {
			t.Errorf("%s: %d alleles; %s", name, len(set.list), set.about.String())
		}
	}
	set := read(&request{})
	for i, want := range []float64{0.3, 0.25, 0.2} {
		if got := set.list[i].frequency; got != want {
			t.Errorf("the frequency of %s is %v, not %v", set.list[i].label, got, want)
		}
	}
	if b, _ := set.bearers([]int{0}, 0, 5); b.samples != "s1" || b.populations != "AFR=0.001,EAS=0.6" || b.frequencies != "0.3" {
		t.Errorf("the carriers of the first allele: %+v", b)
	}
	out := analysistest.Answer(t, Analysis, `{}`, []analysistest.Input{{Role: "genome", Name: "g.fa", Bytes: x.fasta()},
		{Role: "guides", Name: "l", Bytes: x.list()}, {Role: "vcf", Name: "v.vcf", Bytes: []byte(vcf)}}, 1)
	for _, name := range []string{"guides.tsv", "variants.tsv"} {
		if !bytes.Contains(out[name], []byte("# alleles that were not searched: 1 *, 1 <CN0>, 1 <DEL>, 1 breakends, 1 that no sample has\n")) {
			t.Errorf("%s does not say what was not searched: %.300s", name, out[name])
		}
	}
}

func TestNoAlleleIsTakenOrLeftInSilence(t *testing.T) {
	const head, samples = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO", "\tFORMAT\tS\tT\n"
	genome := strings.Repeat("ACGTTGCA", 20)
	for name, c := range map[string]struct{ params, vcf, want string }{
		"overlapping on one copy": {`{}`, head + samples + "c\t1\t.\tACGT\tA\t.\t.\t.\tGT\t1|0\t0|1\nc\t3\t.\tG\tT\t.\t.\t.\tGT\t1|0\t0|0\n", "each was searched without the other: 1"},
		"overlapping in trans":    {`{}`, head + samples + "c\t1\t.\tACGT\tA\t.\t.\t.\tGT\t1|0\t0|1\nc\t3\t.\tG\tT\t.\t.\t.\tGT\t0|1\t0|0\n", ""},
		"FILTER":                  {`{}`, head + "\nc\t3\t.\tG\tT\t.\tLowQual\t.\n", "though FILTER is not PASS: 1"},
		"no frequency":            {`{"min-af": 0.1}`, head + "\nc\t3\t.\tG\tT,C\t.\tPASS\t.\n", "because their frequency is not known: 2"},
		"nothing":                 {`{}`, head + "\n", "the VCF has no alleles"},
		"symbolic, as JSON":       {`{"format": "json"}`, head + "\nc\t3\t.\tG\t<DEL>\t.\tPASS\t.\n", "not searched: 1 <DEL>"},
		"another population":      {`{"population": "AFR", "min-af": 0.1}`, head + "\nc\t3\t.\tG\tT\t.\tPASS\tAF=0.5\nc\t4\t.\tT\tG\t.\tPASS\tAFR_AF=0.5\n", "because their frequency is not known: 1"},
	} {
		notes := string(analysistest.Answer(t, Analysis, c.params, []analysistest.Input{
			{Role: "genome", Name: "g.fa", Bytes: []byte(">c\n" + genome + "\n")}, {Role: "guides", Name: "l", Bytes: []byte(genome[:20] + "\n")},
			{Role: "vcf", Name: "v.vcf", Bytes: []byte(c.vcf)}}, 0)[analysistest.Notes])
		if !strings.Contains(notes, c.want) || c.want == "" && notes != "" {
			t.Errorf("%s: %q, want %q", name, notes, c.want)
		}
	}
}
