package guide

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"okazaki"
	"okazaki/analysis/analysistest"
	"okazaki/genome"
)

// Two transcripts of a gene on the - strand, a gene without transcripts, and one
// of three exons on the + strand that lies in an intron of the first.
const placesGFF = `##gff-version 3
1	x	gene	2001	4000	.	-	.	ID=gene:G1;Name=Abc1
1	x	mRNA	2001	4000	.	-	.	ID=t1;Parent=gene:G1
1	x	exon	2001	2300	.	-	.	Parent=t1
1	x	exon	3501	4000	.	-	.	Parent=t1
1	x	CDS	2201	2300	.	-	1	ID=c1;Parent=t1
1	x	CDS	3501	3700	.	-	0	ID=c1;Parent=t1
1	x	mRNA	3501	4000	.	-	.	ID=t2;Parent=gene:G1
1	x	exon	3501	4000	.	-	.	Parent=t2
1	x	CDS	3501	3560	.	-	0	ID=c2;Parent=t2
1	x	gene	7001	7300	.	+	.	ID=gene:G2
1	x	CDS	7001	7300	.	+	0	ID=c3;Parent=gene:G2
1	x	gene	2601	2700	.	+	.	ID=gene:G3;Name=nc3
1	x	ncRNA	2601	2700	.	+	.	ID=t3;Parent=gene:G3
1	x	exon	2601	2700	.	+	.	Parent=t3
`

func placesGenes(t *testing.T) *genes {
	t.Helper()
	g, err := readGenes(t.Context(), one(placesGFF), okazaki.Input{Name: "g.gff3"})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestAPlaceHasTheWeightiestFeatureOfItsGenes(t *testing.T) {
	g := placesGenes(t)
	for _, c := range []struct {
		contig string
		at     int64 // from 0
		want   string
	}{
		{"chr1", 2250, "Abc1 exon"}, {"chr1", 2100, "Abc1 UTR"}, {"chr1", 3800, "Abc1 UTR"}, {"chr1", 3550, "Abc1 exon"},
		{"1", 3000, "Abc1 intron"}, {"1", 2650, "nc3 exon"}, {"1", 2500, "Abc1 intron"}, {"1", 4500, "Abc1 promoter"},
		{"1", 5000, " intergenic"}, {"1", 1999, "nc3 promoter"}, {"1", 1500, " intergenic"}, {"1", 7100, "G2 exon"}, {"1", 6500, "G2 promoter"},
		{"2", 2250, " intergenic"}, {"1", 2000, "Abc1 UTR"}, {"1", 3999, "Abc1 UTR"}, {"1", 4000, "Abc1 promoter"}, {"1", 4999, "Abc1 promoter"},
	} {
		a, _ := g.at(c.contig, c.at)
		if got := strings.Join(a.genes, ",") + " " + featureNames[a.feature]; got != c.want {
			t.Errorf("%s:%d is %q, not %q", c.contig, c.at, got, c.want)
		}
	}
}

func TestTheCutHasAPlaceInTheProtein(t *testing.T) {
	g := placesGenes(t)
	for _, c := range []struct {
		at         int64
		acids      float64
		percent    float64
		with, from int
	}{
		{3699, 0, 0, 2, 2},                  // the first base of the coding sequence of t1
		{3520, 59, 100 * 179.0 / 300, 2, 2}, // of t1, the longer one
		{2299, 66, 100 * 200.0 / 300, 1, 2}, // the first base of the second exon
		{2200, 99, 100 * 299.0 / 300, 1, 2}, // the last base
	} {
		a, near := g.at("1", c.at)
		place, with, of := cutOf(near, g.of("1", a.genes[0]), c.at)
		if place == nil || math.Floor(place.aminoAcids) != c.acids || math.Abs(place.percent-c.percent) > 1e-9 || with != c.with || of != c.from {
			t.Errorf("%d: %v, %d of %d transcripts; want %v, %v, %d of %d", c.at, place, with, of, c.acids, c.percent, c.with, c.from)
		}
	}
}

func TestTargetsAreSplitAtCommasThatAreNoNumbers(t *testing.T) {
	for s, want := range map[string][]string{
		"TP53":                       {"TP53"},
		"chr2:2,001-2,300":           {"chr2:2,001-2,300"},
		"TP53,BRCA1,chr2:2,001-2300": {"TP53", "BRCA1", "chr2:2,001-2300"},
		"chr2:2001-2300,TP53":        {"chr2:2001-2300", "TP53"},
		"chr1,chr2":                  {"chr1", "chr2"},
	} {
		if got := splitTargets(s); !slices.Equal(got, want) {
			t.Errorf("%s is %q", s, got)
		}
	}
}

func TestOligosFitTheVector(t *testing.T) {
	for _, c := range []struct{ vector, guide, forward, reverse string }{
		{"px330", "ACGTACGTACGTACGTACGA", "CACCGACGTACGTACGTACGTACGA", "AAACTCGTACGTACGTACGTACGTC"},
		{"lentiGuide", "GCGTACGTACGTACGTACGA", "CACCGCGTACGTACGTACGTACGA", "AAACTCGTACGTACGTACGTACGC"},
		{"tagg,aaac", "ACGTACGTACGTACGTACGA", "TAGGACGTACGTACGTACGTACGA", "AAACTCGTACGTACGTACGTACGT"},
	} {
		o, err := parseOverhang(c.vector)
		if err != nil {
			t.Fatal(err)
		}
		forward, reverse := o.oligos(c.guide)
		if forward != c.forward || reverse != c.reverse {
			t.Errorf("%s: %s and %s, not %s and %s", c.vector, forward, reverse, c.forward, c.reverse)
		}
		// annealed, they are one duplex between the overhangs
		if n := len(o.forward); string(genome.AppendReverseComplement(nil, []byte(reverse[len(o.reverse):]))) != forward[n:] {
			t.Errorf("%s: the oligos don't anneal", c.vector)
		}
	}
	for _, wrong := range []string{"pX999", "CACC", ",", ",AAAC", "CACC,", "CACC,AAAC,GG", "CAXC,AAAC", "CACCG,AAAC"} {
		if _, err := parseOverhang(wrong); err == nil {
			t.Errorf("%q is taken for overhangs", wrong)
		}
	}
}

// TestGuidesThatWorkLessAreDemoted ranks guides of one specificity.
func TestGuidesThatWorkLessAreDemoted(t *testing.T) {
	e := &engine{request: &request{pam: PAM{Patterns: []string{"NGG"}}, length: scored, excludeWithin: -1, maxOff: -1}}
	var all []standing
	for i, c := range []struct {
		letters string
		percent float64
		want    string
	}{
		{"ACGTTTTACGTACGTACGTA", -1, "poly_t"}, {"GCGCGCGCGCGCGCGCGCAG", 10, "gc"}, {"ACGTACGTACGTACGTACGT", 66, "late_in_cds"},
		{"AATTTTATATATATATATAT", 90, "poly_t,gc,late_in_cds"}, {"ACGTACGTACGTACGTACGA", 65, ""},
	} {
		s := e.request.summarise(&tally{number: i, candidate: Candidate{Letters: c.letters}})
		if c.percent >= 0 {
			s.protein = &proteinPlace{percent: c.percent}
		}
		if s.demoted = s.demotions(); strings.Join(s.demoted, ",") != c.want {
			t.Errorf("%s is demoted for %v, not %s", c.letters, s.demoted, c.want)
		}
		all = append(all, s.standing())
	}
	slices.SortFunc(all, better)
	if all[0].number != 4 || all[4].number != 3 {
		t.Errorf("the order is %v", all)
	}
}

// TestManyTargetsInOneRun asks for two genes and a region, by name and from a
// file, with the contig's name as the annotation has it.
func TestManyTargetsInOneRun(t *testing.T) {
	x := newExample()
	genes := strings.ReplaceAll(genesGFF, "chr1\t", "1\t") + "1\tx\tgene\t5001\t5600\t.\t+\t.\tID=gene:G9;Name=Xyz9\n1\tx\tmRNA\t5001\t5600\t.\t+\t.\tID=t9;Parent=gene:G9\n1\tx\texon\t5001\t5600\t.\t+\t.\tParent=t9\n"
	ask := func(params string, more ...analysistest.Input) []byte {
		return analysistest.Answer(t, Analysis, params, append(more, analysistest.Input{Role: "genome", Name: "g.fa", Bytes: x.fasta()},
			analysistest.Input{Role: "genes", Name: "g.gff3", Bytes: []byte(genes)}), 0)["guides.tsv"]
	}
	named := ask(`{"target": "Abc1,Xyz9,2:2,001-2300", "k": 2}`)
	listed := ask(`{"k": 2}`, analysistest.Input{Role: "target", Name: "targets.txt", Bytes: []byte("gene\nAbc1\nXyz9\n2:2,001-2300\n")})
	if !bytes.Equal(named, listed) {
		t.Errorf("by name:\n%s\nfrom a file:\n%s", named, listed)
	}
	if !bytes.Contains(named, []byte("\n# contig 1 of the genes is chr1 of the genome\n")) {
		t.Errorf("the head does not say what the genes call the contigs: %.400s", named)
	}
	count := map[string]int{}
	last := ""
	for _, row := range answerRows(named) {
		target := strings.Split(row["target"], " ")[0]
		if count[target]++; row["rank"] != fmt.Sprint(count[target]) {
			t.Errorf("guide %d of %s has the rank %s", count[target], target, row["rank"])
		}
		if target != last && count[target] > 1 {
			t.Errorf("guides of %s lie among others'", target)
		}
		last = target
		if gene := row["gene"]; row["target"] == "Xyz9 exon 1" && (gene != "Xyz9" || row["feature"] != "exon" || row["transcripts"] != "1/1") {
			t.Errorf("a guide of Xyz9 cuts %s, %s, %s", gene, row["feature"], row["transcripts"])
		}
	}
	if len(count) != 3 || count["Abc1"] < 10 || count["Xyz9"] < 10 || count["2:2,001-2300"] < 10 {
		t.Errorf("guides of targets: %v", count)
	}
	for _, row := range answerRows(ask(`{"target": "Abc1,Xyz9", "tss": "-100:50", "k": 1}`)) {
		at := number(row["cut"])
		// Abc1 begins at 3,000 and at 1,600 on the - strand
		ok := map[string]bool{"Abc1 TSS": at >= 2950 && at < 3100 || at >= 1550 && at < 1700, "Xyz9 TSS": at >= 4900 && at < 5050}
		if !ok[row["target"]] {
			t.Errorf("a guide of %s cuts at %s", row["target"], fmt.Sprint(at))
		}
	}
}

// TestGenesOfAnotherGenomeGiveAWarning gives genes of contigs that the genome lacks.
func TestGenesOfAnotherGenomeGiveAWarning(t *testing.T) {
	x := newExample()
	for contig, want := range map[string]bool{"Z": true, "1": false, "chr1": false} {
		genes := strings.ReplaceAll(genesGFF, "chr1\t", contig+"\t")
		answer := analysistest.Answer(t, Analysis, `{"target": "chr1:2001-2200", "k": 1}`, append(x.scanned(), analysistest.Input{Role: "genes", Name: "g.gff3", Bytes: []byte(genes)}), 0)
		if got := bytes.Contains(answer[analysistest.Notes], []byte("the genes are on no contig that guides have sites on, such as chr1")); got != want {
			t.Errorf("genes of %s: %s", contig, answer[analysistest.Notes])
		}
	}
}
