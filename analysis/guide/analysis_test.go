package guide

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"okazaki"
	"okazaki/analysis/analysistest"
	"okazaki/genome"
)

// An example is a small genome with sites that resemble some guides' sites.
type example struct {
	names   []string
	letters map[string][]byte
	guides  []string
}

// newExample draws a genome of two chromosomes, a circular one and many
// scaffolds, with soft-masked stretches, runs of N and other letters.
func newExample() *example {
	r := rand.New(rand.NewPCG(1, 2))
	draw := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = "ACGTacgt"[r.IntN(8)]
		}
		return b
	}
	x := &example{letters: map[string][]byte{}}
	for range 4 {
		x.guides = append(x.guides, strings.ToUpper(string(draw(20))))
	}
	x.guides = append(x.guides, x.guides[0][:19]+"A")
	add := func(name string, n int) {
		b := draw(n)
		for at := 0; at+60 < n; at += 20 + r.IntN(160) {
			site := []byte(x.guides[r.IntN(len(x.guides))])
			for range r.IntN(6) {
				site[r.IntN(20)] = "ACGTN"[r.IntN(5)]
			}
			if r.IntN(4) == 0 {
				i := 1 + r.IntN(18)
				site = append(site[:i], site[i+1:]...)
			}
			site = append(site, draw(1)...)
			site = append(site, []string{"GG", "AG", "GG", "GG"}[r.IntN(4)]...)
			if r.IntN(2) == 0 {
				site = genome.AppendReverseComplement(nil, site)
			}
			copy(b[at:], site)
		}
		for range n / 3000 {
			copy(b[r.IntN(n-40):], bytes.Repeat([]byte{"NNR-"[r.IntN(4)]}, 30))
		}
		x.names, x.letters[name] = append(x.names, name), b
	}
	add("chr1", 40_000)
	add("chr2", 9_000)
	add("chrM", 700)
	for i := range 30 {
		add(fmt.Sprintf("scaffold%d", i), 60+r.IntN(100))
	}
	m := x.letters["chrM"] // a site across the origin
	copy(m[690:], x.guides[1][:10])
	copy(m, x.guides[1][10:]+"TGG")
	return x
}

func (x *example) fasta() []byte {
	var b bytes.Buffer
	for _, name := range x.names {
		fmt.Fprintf(&b, ">%s some words\n", name)
		for s := x.letters[name]; len(s) > 0; s = s[min(70, len(s)):] {
			fmt.Fprintf(&b, "%s\n", s[:min(70, len(s))])
		}
	}
	return b.Bytes()
}

// index returns an index of the genome.
func (x *example) index(t testing.TB, patterns string, length int) []byte {
	pam, err := NewPAM(patterns, false)
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewBuilder(pam, length)
	for _, name := range x.names {
		if err == nil {
			err = b.Add(name, x.letters[name], name == "chrM")
		}
	}
	var out bytes.Buffer
	if err == nil {
		err = b.Write(context.Background(), &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// vcf returns alleles of every kind, some close to each other.
func (x *example) vcf() []byte {
	var b bytes.Buffer
	b.WriteString("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
	letters := x.letters["chr1"]
	for at := 100; at < 3000; at += 37 {
		ref := strings.ToUpper(string(letters[at : at+1+at%3]))
		if strings.Trim(ref, "ACGT") == "" {
			fmt.Fprintf(&b, "chr1\t%d\t.\t%s\t%s,<DEL>,*\t.\t.\t.\n", at+1, ref, []string{"G", "GTT", "C,T"}[at%5%3])
		}
	}
	return b.Bytes()
}

func (x *example) list() []byte {
	return []byte("guide\tname\n" + strings.Join(x.guides, "\tx\n") + "\n")
}

const genesGFF = `##gff-version 3
chr1	x	gene	1001	3000	.	-	.	ID=gene:G1;Name=Abc1
chr1	x	mRNA	1001	3000	.	-	.	ID=t1;Parent=gene:G1
chr1	x	exon	1001	1500	.	-	.	Parent=t1
chr1	x	exon	2001	3000	.	-	.	Parent=t1
chr1	x	mRNA	1001	3000	.	-	.	ID=t2;Parent=gene:G1
chr1	x	exon	1401	1600	.	-	.	Parent=t2
`

const genesGTF = `chr1	x	exon	1001	1500	.	-	.	gene_id "G1.7"; gene_name "Abc1"; transcript_id "t1";
chr1	x	exon	2001	3000	.	-	.	gene_id "G1.7"; gene_name "Abc1"; transcript_id "t1";
chr1	x	exon	1401	1600	.	-	.	gene_id "G1.7"; gene_name "Abc1"; transcript_id "t2";
`

// asOther checks that the same question of the index, or of the genome, has the
// same answer.
func asOther(params string, inputs []analysistest.Input) func(testing.TB, map[string][]byte) {
	return func(t testing.TB, outputs map[string][]byte) {
		other := analysistest.Answer(t, Analysis, params, inputs, 0)
		for name, want := range other {
			got := outputs[name]
			if name == "report.html" { // which names the files that were read
				want, _, _ = bytes.Cut(want, []byte(`<section id="asked"`))
				got, _, _ = bytes.Cut(got, []byte(`<section id="asked"`))
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs between index and scan:\n%s\nand\n%s", name, outputs[name], want)
			}
			if name != analysistest.Notes && bytes.Count(want, []byte("\n")) < 3 {
				t.Errorf("%s has next to nothing: %s", name, want)
			}
		}
	}
}

func TestAnalysis(t *testing.T) {
	x := newExample()
	in := func(role, name string, b []byte) analysistest.Input {
		return analysistest.Input{Role: role, Name: name, Bytes: b}
	}
	scan, guides := in("genome", "g.fa", x.fasta()), in("guides", "guides.tsv", x.list())
	index := in("index", "g.okx", x.index(t, "NRG,NGA", 20))
	pair := func(name, params string, more ...analysistest.Input) []analysistest.Case {
		ofScan, ofIndex := append([]analysistest.Input{scan}, more...), append([]analysistest.Input{index}, more...)
		circular := strings.Replace(params, "{", `{"circular": "chrM", `, 1)
		return []analysistest.Case{
			{Name: name + " scan", Params: circular, Inputs: ofScan, Check: asOther(params, ofIndex)},
			{Name: name + " index", Params: params, Inputs: ofIndex, Check: asOther(circular, ofScan)},
		}
	}
	cases := pair("guides", `{"hits": "hits.tsv", "off-pam": "NRG"}`, guides)
	cases = append(cases, pair("bulges", `{"hits": "hits.tsv", "k": 2, "dna-bulges": 1, "rna-bulges": 1, "bulges": 2, "max-hits": 3}`, guides)...)
	cases = append(cases, pair("region", `{"target": "chr1:2,001-2300", "k": 5, "html": true}`)...)
	cases = append(cases, pair("gene", `{"target": "Abc1", "format": "json", "max-off": 100, "exclude-within": 1}`, in("genes", "a.gff3", []byte(genesGFF)))...)
	cases = append(cases, pair("FASTA", `{"format": "bed", "min-specificity": 0.001}`, in("target", "s.fa", append([]byte(">s\n"), x.letters["chr2"][:500]...)))...)
	cases = append(cases, pair("variants", `{"k": 3, "dna-bulges": 1}`, guides, in("vcf", "v.vcf", x.vcf()))...)
	cases = append(cases, pair("nickase", `{"target": "chr1:2,001-3000", "k": 2, "pairs": "nickase", "offset": "-10:100", "max-pairs": 20}`)...)
	cases = append(cases, pair("deletion", `{"target": "chr2:2,001-2100,chr1:8001-8002", "k": 2, "pairs": "deletion", "format": "json", "flank": 60}`)...)
	cases = append(cases, pair("own gene", `{"k": 4, "hits": "hits.tsv", "max-hits": 3, "exclude": "same-gene,alt"}`, guides, in("genes", "a.gff3", manyGenes("chr1", 40_000)))...)
	cases = append(cases, pair("primers", `{"target": "chr1:20,001-20300,chrM:300-400", "k": 2, "primers": 3, "html": true}`)...)
	cases[0].Broken = broken(x, x.index(t, "NGG", 20), scan, index, guides)
	analysistest.Run(t, Analysis, cases...)
}

// broken returns requests that end in one clear error each.
func broken(x *example, plain []byte, scan, index, guides analysistest.Input) []analysistest.Broken {
	list := func(s string) analysistest.Input {
		return analysistest.Input{Role: "guides", Name: "guides.tsv", Bytes: []byte(s)}
	}
	cut := analysistest.Input{Role: "index", Name: "g.okx", Bytes: index.Bytes[:len(index.Bytes)-1]}
	short := analysistest.Input{Role: "index", Name: "g.okx", Bytes: index.Bytes[:100]}
	spoilt := analysistest.Input{Role: "index", Name: "g.okx", Bytes: bytes.Replace(index.Bytes, []byte("chr2"), []byte("chr3"), 1)}
	newer := analysistest.Input{Role: "index", Name: "g.okx", Bytes: bytes.Clone(index.Bytes)}
	newer.Bytes[8]++
	other := analysistest.Input{Role: "genome", Name: "o.fa", Bytes: bytes.Replace(scan.Bytes, []byte("A"), []byte("T"), 1)}
	genes := analysistest.Input{Role: "genes", Name: "a.gff3", Bytes: []byte(genesGFF)}
	vcf := func(s string) analysistest.Input {
		return analysistest.Input{Role: "vcf", Name: "v.vcf", Bytes: []byte("##fileformat=VCFv4.2\n" + s)}
	}
	all := func(in ...analysistest.Input) []analysistest.Input { return in }
	g := x.guides[0]
	return []analysistest.Broken{
		{Name: "N in a guide", Params: `{}`, Inputs: all(scan, list(g+"\n"+g[:19]+"N\n")), Want: `guides.tsv:2: base 20 of the guide`},
		{Name: "guide with its PAM", Params: `{}`, Inputs: all(scan, list(g+"TGG\n")), Want: "has 23 bases, not 20"},
		{Name: "short guide", Params: `{}`, Inputs: all(scan, list("ACGT\n")), Want: "has 4 bases"},
		{Name: "no guides", Params: `{}`, Inputs: all(scan, list("# none\n")), Want: "there is no guide in it"},
		{Name: "index without the PAMs of off-targets", Params: `{}`, Inputs: all(analysistest.Input{Role: "index", Name: "g.okx", Bytes: plain}, guides), Want: "make an index with --pam NGG,NAG,NGA --length 20; --like cas-offinder counts hits beside NGG alone"},
		{Name: "PAM of other letters", Params: `{"pam": "NXG"}`, Inputs: all(scan, guides), Want: "'X' in the PAM"},
		{Name: "PAMs of two lengths", Params: `{"off-pam": "NAGG"}`, Inputs: all(scan, guides), Want: "differ in length"},
		{Name: "region off the contig", Params: `{"target": "chr2:8900-9001"}`, Inputs: all(scan), Want: "ends at 9001, but chr2 has 9000 bases"},
		{Name: "no such contig", Params: `{"target": "chr3:1-100"}`, Inputs: all(scan), Want: `no contig "chr3"; did you mean chr1?`},
		{Name: "backward region", Params: `{"target": "chr2:100-1"}`, Inputs: all(scan), Want: "is not a region"},
		{Name: "no such gene", Params: `{"target": "abc2"}`, Inputs: all(scan, genes), Want: `no gene "abc2" in it; did you mean Abc1?`},
		{Name: "contig and gene", Params: `{"target": "chr2"}`, Inputs: all(scan, analysistest.Input{Role: "genes", Name: "g", Bytes: bytes.ReplaceAll([]byte(genesGFF), []byte("Abc1"), []byte("chr2"))}), Want: `"chr2" is a contig and a gene`},
		{Name: "gene without genes", Params: `{"target": "Abc1"}`, Inputs: all(scan), Want: "give its genes with --genes"},
		{Name: "truncated index", Params: `{}`, Inputs: all(cut, guides), Want: "the index is cut short: it has"},
		{Name: "index cut in its header", Params: `{}`, Inputs: all(short, guides), Want: "cut short in its header"},
		{Name: "damaged header", Params: `{}`, Inputs: all(spoilt, guides), Want: "another checksum"},
		{Name: "index of another version", Params: `{}`, Inputs: all(newer, guides), Want: "this okazaki reads version 2"},
		{Name: "no index", Params: `{}`, Inputs: all(analysistest.Input{Role: "index", Name: "x", Bytes: scan.Bytes}, guides), Want: "this is not an index of guides"},
		{Name: "index of another genome", Params: `{}`, Inputs: all(index, other, guides), Want: "the index was made from another genome"},
		{Name: "index of another PAM", Params: `{"pam": "NNG"}`, Inputs: all(index, guides), Want: "the index has the sites of NRG,NGA only"},
		{Name: "index of another length", Params: `{"length": 21}`, Inputs: all(index, guides), Want: "the index has guides of 20 bases, not 21"},
		{Name: "REF that disagrees", Params: `{}`, Inputs: all(index, guides, vcf("chr1\t1\t.\tACGTACGTACGT\tA\t.\n")), Want: `v.vcf:2: REF is ACGTACGTACGT at chr1:1, but the genome has`},
		{Name: "VCF of other names", Params: `{}`, Inputs: all(scan, guides, vcf("3\t1\t.\tA\tC\t.\n")), Want: `v.vcf:2: the genome has no contig "3"`},
		{Name: "no such sample", Params: `{"sample": "NA1"}`, Inputs: all(scan, guides, vcf("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tNA12\n")), Want: `v.vcf:2: there is no sample "NA1"; did you mean NA12?`},
		{Name: "sample of none", Params: `{"sample": "NA1"}`, Inputs: all(scan, guides, vcf("")), Want: "the file has no genotypes"},
		{Name: "a population that is not in the file", Params: `{"population": "AFR"}`, Inputs: all(scan, guides, vcf("scaffold0\t1\t.\tN\tA\t.\t.\tAF=0.1;AF_nfe=0.1\n")), Want: `v.vcf: no allele has a frequency of the population AFR; its INFO has: NFE`},
		{Name: "fewer samples than named", Params: `{}`, Inputs: all(scan, guides, vcf("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS\tT\nchr1\t1\t.\tA\tC\t.\t.\t.\tGT\t0|1\n")), Want: "v.vcf:3: there are 1 columns of samples, and the head names 2"},
		{Name: "no samples where some are named", Params: `{}`, Inputs: all(scan, guides, vcf("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS\nchr1\t1\t.\tA\tC\t.\t.\t.\n")), Want: "v.vcf:3: there are 0 columns of samples"},
		{Name: "a genotype without its allele", Params: `{}`, Inputs: all(scan, guides, vcf("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS\nchr1\t1\t.\tA\tC\t.\t.\t.\tGT\t0|2\n")), Want: "v.vcf:3: a genotype has allele 2, and ALT has 1"},
		{Name: "no VCF", Params: `{}`, Inputs: all(scan, guides, vcf("chr1 1 A C\n")), Want: "v.vcf:2: there are 1 columns"},
		{Name: "no genome", Params: `{}`, Inputs: all(guides), Want: "there is no genome to search"},
		{Name: "two questions", Params: `{"target": "chr1"}`, Inputs: all(scan, guides), Want: "--target and --guides are both given"},
		{Name: "no question", Params: `{}`, Inputs: all(scan), Want: "neither --target nor --guides"},
		{Name: "FASTA as guides", Params: `{}`, Inputs: all(scan, list(">a\n"+g+"\n")), Want: "guides.tsv: this is FASTA, not a list of guides"},
		{Name: "no gene of a list", Params: `{}`, Inputs: all(scan, genes, analysistest.Input{Role: "target", Name: "l", Bytes: []byte("Abc1\nAbc9\n")}), Want: `no gene "Abc9"`},
		{Name: "not a window", Params: `{"target": "Abc1", "tss": "300:-50"}`, Inputs: all(scan, genes), Want: `--tss "300:-50" is not a window`},
		{Name: "a line without end", Params: `{}`, Inputs: all(scan, list(g+"\n"+strings.Repeat("A", 1<<17))), Want: "guides.tsv:2: the line is too long"},
		{Name: "no such circular contig", Params: `{"circular": "chrMT"}`, Inputs: all(scan, guides), Want: "did you mean chrM?"},
		{Name: "deletion of a list", Params: `{"pairs": "deletion"}`, Inputs: all(scan, guides), Want: "guides.tsv: --pairs deletion needs a target in the genome"},
		{Name: "deletion of a sequence", Params: `{"pairs": "deletion"}`, Inputs: all(scan, analysistest.Input{Role: "target", Name: "s.fa", Bytes: []byte(">s\nACGT\n")}), Want: "s.fa: --pairs deletion needs a target in the genome"},
		{Name: "deletion of a contig", Params: `{"pairs": "deletion", "target": "chr2"}`, Inputs: all(scan), Want: "chr2 is a whole contig"},
		{Name: "offset", Params: `{"pairs": "nickase", "offset": "20:-4"}`, Inputs: all(scan, guides), Want: `--offset "20:-4" is not a range`},
		{Name: "nickase of Cas12a", Params: `{"pairs": "nickase", "enzyme": "cas12a"}`, Inputs: all(scan, guides), Want: "whose PAM lies behind the protospacer"},
		{Name: "the own gene without genes", Params: `{"exclude": "same-gene"}`, Inputs: all(scan, guides), Want: "--exclude same-gene is given without genes"},
		{Name: "no such kind of hits", Params: `{"exclude": "alt,genes"}`, Inputs: all(scan, guides), Want: `--exclude "genes" is not a kind of hits`},
		{Name: "no product", Params: `{"primers": 3, "product": "300"}`, Inputs: all(scan, guides), Want: `--product "300" is not a range`},
		{Name: "k out of range", Params: `{"k": 11}`, Inputs: all(scan, guides), Want: "k 11 is out of range"},
		{Name: "hits in a folder", Params: `{"hits": "a/b.tsv"}`, Inputs: all(scan, guides), Want: "cannot be the name of the file of hits"},
		{Name: "hits of another format", Params: `{"hits": "h.bed"}`, Inputs: all(scan, guides), Want: "h.bed would be written as tsv; say --format bed"},
	}
}

func TestSearchesThatAnswerWithTheGenomeAreRefused(t *testing.T) {
	pam, _ := NewPAM("NGG", false)
	r := &request{pam: pam, off: pam, length: 20, allowance: Allowance{Mismatches: 9}}
	err := r.refuseMany(1000, 3_000_000_000)
	if e, ok := err.(*okazaki.Error); !ok || !strings.Contains(e.Error(), "e+09 hits are to be expected") {
		t.Errorf("k 9, 1,000 guides: %v", err)
	}
	r.force = true
	if err := r.refuseMany(1000, 3_000_000_000); err != nil {
		t.Error("forced:", err)
	}
	r.force, r.allowance = false, Allowance{Mismatches: 4}
	if err := r.refuseMany(10_000, 3_000_000_000); err != nil {
		t.Error("k 4:", err)
	}
}

func TestGTFAndGFF3HaveTheSameGenes(t *testing.T) {
	x := newExample()
	for name, exon := range map[string]string{"Abc1": " exon 2\tchr1\t1", "G1": " exon 2\tchr1\t1", "t2": " exon 1\tchr1\t1"} {
		answer := func(genes string) []byte {
			return analysistest.Answer(t, Analysis, fmt.Sprintf(`{"target": %q, "k": 1}`, name), []analysistest.Input{
				{Role: "genome", Name: "g.fa", Bytes: x.fasta()}, {Role: "genes", Name: "genes", Bytes: []byte(genes)}}, 0)["guides.tsv"]
		}
		gff, gtf := answer(genesGFF), answer(genesGTF)
		if !bytes.Equal(gff, gtf) || !bytes.Contains(gff, []byte(name+exon)) {
			t.Errorf("%s in GFF3:\n%s\nin GTF:\n%s", name, gff, gtf)
		}
	}
}

func TestCountsAndScoresAreExactWhenTheListIsCapped(t *testing.T) {
	x := newExample()
	ask := func(most int) map[string][]byte {
		return analysistest.Answer(t, Analysis, fmt.Sprintf(`{"hits": "hits.tsv", "max-hits": %d}`, most), []analysistest.Input{
			{Role: "genome", Name: "g.fa", Bytes: x.fasta()}, {Role: "guides", Name: "l", Bytes: x.list()}}, 997)
	}
	all, few := ask(0), ask(2)
	cells := func(b []byte) (rows [][]string) {
		for line := range strings.Lines(string(b)) {
			if row := strings.Split(line, "\t"); len(row) > 1 {
				rows = append(rows, row)
			}
		}
		return rows
	}
	a, f := cells(all["guides.tsv"]), cells(few["guides.tsv"])
	listed := 0
	for i := range a[0] {
		if a[0][i] == "listed" {
			listed = i
		}
	}
	for i := range a[1:] {
		if f[i+1][listed] != "2" {
			t.Errorf("%s lists %s hits", f[i+1][0], f[i+1][listed])
		}
		f[i+1][listed] = a[i+1][listed]
		if strings.Join(a[i+1], "\t") != strings.Join(f[i+1], "\t") {
			t.Errorf("capped %v, all %v", f[i+1], a[i+1])
		}
	}
	first := cells(all["hits.tsv"])[1:3]
	if got := cells(few["hits.tsv"])[1:3]; fmt.Sprint(got) != fmt.Sprint(first) {
		t.Errorf("the capped list begins %v, the whole %v", got, first)
	}
}

func Test2bitHasTheAnswerOfFASTA(t *testing.T) {
	list, err := os.ReadFile("testdata/example.tsv")
	if err != nil {
		t.Fatal(err)
	}
	answer := func(path string) []byte {
		return analysistest.Answer(t, Analysis, `{"hits": "hits.tsv"}`, []analysistest.Input{
			{Role: "genome", Name: path, Path: "testdata/" + path}, {Role: "guides", Name: "l", Bytes: list}}, 13)["hits.tsv"]
	}
	ofFASTA, of2bit := answer("example.fa"), answer("example.2bit")
	if !bytes.Equal(ofFASTA, of2bit) || bytes.Count(ofFASTA, []byte("chr")) != 2 {
		t.Errorf("FASTA:\n%s\n2bit:\n%s", ofFASTA, of2bit)
	}
}
