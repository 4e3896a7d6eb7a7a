package consequence_test

import (
	"fmt"
	"strings"
	"testing"

	"okazaki/analysis/variant/consequence"
	"okazaki/analysis/variant/gene"
	"okazaki/genome"
)

// A sketch is a transcript of a small genome. Regions are 1-based and closed,
// as in GFF3.
type sketch struct {
	id, biotype string
	reverse     bool
	exons, cds  [][2]int
	phase       int    // of the first part of the coding sequence
	redefined   [2]int // a stop codon that is read as selenocysteine
	note        string // more attributes
}

// gff3 is the annotation of sketches of one contig.
func gff3(contig string, sketches ...sketch) string {
	var b strings.Builder
	b.WriteString("##gff-version 3\n")
	for _, s := range sketches {
		strand := "+"
		if s.reverse {
			strand = "-"
		}
		if s.biotype == "" {
			s.biotype = "protein_coding"
		}
		line := func(kind string, r [2]int, phase, attributes string) {
			fmt.Fprintf(&b, "%s\tt\t%s\t%d\t%d\t.\t%s\t%s\t%s\n", contig, kind, r[0], r[1], strand, phase, attributes)
		}
		all := [2]int{s.exons[0][0], s.exons[len(s.exons)-1][1]}
		line("gene", all, ".", "ID=gene:G"+s.id+";Name=N"+s.id+";biotype="+s.biotype)
		kind := "mRNA"
		if len(s.cds) == 0 {
			kind = "lnc_RNA"
		}
		line(kind, all, ".", "ID=transcript:"+s.id+";Parent=gene:G"+s.id+";biotype="+s.biotype+s.note)
		for _, e := range s.exons {
			line("exon", e, ".", "Parent=transcript:"+s.id)
		}
		// phases follow in the order of the transcript
		phases, phase := make([]int, len(s.cds)), s.phase
		for i := range s.cds {
			k := i
			if s.reverse {
				k = len(s.cds) - 1 - i
			}
			phases[k] = phase
			phase = (3 - (s.cds[k][1]-s.cds[k][0]+1-phase)%3) % 3
		}
		for i, c := range s.cds {
			line("CDS", c, fmt.Sprint(phases[i]), "ID=CDS:P"+s.id+";Parent=transcript:"+s.id+";protein_id=P"+s.id)
		}
		if s.redefined[0] > 0 {
			line("stop_codon_redefined_as_selenocysteine", s.redefined, ".", "Parent=transcript:"+s.id)
		}
	}
	return b.String()
}

type fataler interface {
	Helper()
	Fatal(args ...any)
}

// small is a contig with transcripts.
func small(t fataler, name, seq string, sketches ...sketch) *gene.Contig {
	t.Helper()
	m, err := gene.Compile(gene.Text{Name: "a.gff3", Reader: strings.NewReader(gff3(name, sketches...))},
		gene.Text{Name: "a.fa", Reader: strings.NewReader(">" + name + "\n" + seq + "\n")})
	if err != nil {
		t.Fatal(err)
	}
	c, ok := m.Contig(name)
	if !ok {
		t.Fatal("no contig")
	}
	return c
}

// says are the entries of a record, in short: transcript, terms, codons, amino
// acids and names, without what is empty.
func says(c *consequence.Caller, pos int, ref, alt string) (out []string) {
	for _, entry := range csq(c, pos-1, ref, alt) {
		f := map[string]string{}
		for i, v := range strings.Split(entry, "|") {
			f[consequence.Fields[i]] = v
		}
		var words []string
		for _, name := range []string{"Allele", "Feature", "Consequence", "EXON", "INTRON", "Codons", "Amino_acids", "HGVSc", "HGVSp", "DISTANCE", "FLAGS"} {
			if v := f[name]; v != "" {
				if i := strings.IndexByte(v, ':'); i >= 0 && strings.HasPrefix(name, "HGVS") {
					v = v[i+1:]
				}
				words = append(words, v)
			}
		}
		out = append(out, strings.Join(words, " "))
	}
	return out
}

// The little gene: an exon 101-120 with the codons M A K and the first base
// of W from 111 on, an intron 121-180, and an exon 181-204 with the rest of W,
// D, F, Q and the stop codon 192-194.
const (
	before   = "CATTGCAGATCACGTGTCAACTGGCTACGATTCCGGATAGCTTGACCATGCAAGTGTCCTAGCGGATTCGCTAACTGCATCTGGCGTTACCAGTCATGCGA"
	exonOne  = "GGCTCAGTCCATGGCCAAAT"
	theGap   = "GTAAGTCTGACATCGGATTACGCTAGCATGGCTACGATTGACTTTTCCTTCTTTTTGCAG"
	exonTwo  = "GGGACTTTCAGTAAGCATGACTTC"
	after    = "AGCTTGCATGCCTGCAGGTCGACTCTAGAGGATCCCCGGGTACCGAGCTCGAATTCACTGGCCGTCGTTTTACAACGTCG"
	littleAt = 100
)

var little = sketch{id: "T1", exons: [][2]int{{101, 120}, {181, 204}}, cds: [][2]int{{111, 120}, {181, 194}}}

func littleGene(t *testing.T) (seq string, c *gene.Contig) {
	seq = before[:littleAt] + exonOne + theGap + exonTwo + after
	return seq, small(t, "1", seq, little)
}

// turned is a record on the other strand of a genome, and the sketch of a
// transcript there.
func turned(seq string, s sketch) (string, sketch) {
	n := len(seq)
	flip := func(rs [][2]int) (out [][2]int) {
		for i := len(rs) - 1; i >= 0; i-- {
			out = append(out, [2]int{n + 1 - rs[i][1], n + 1 - rs[i][0]})
		}
		return out
	}
	s.reverse, s.exons, s.cds = !s.reverse, flip(s.exons), flip(s.cds)
	return string(genome.AppendReverseComplement(nil, []byte(seq))), s
}

// A regression is a record and what is to be said about it.
type regression struct {
	name     string
	pos      int
	ref, alt string
	want     []string
}

func (r *regression) run(t *testing.T, c *gene.Contig) {
	t.Run(r.name, func(t *testing.T) {
		got := says(consequence.New(c), r.pos, r.ref, r.alt)
		if strings.Join(got, "\n") != strings.Join(r.want, "\n") {
			t.Errorf("%d %s>%s:\n%s\nwant\n%s", r.pos, r.ref, r.alt, strings.Join(got, "\n"), strings.Join(r.want, "\n"))
		}
	})
}

// TestRegressions checks cases that other programs are known to get wrong.
func TestRegressions(t *testing.T) {
	seq, c := littleGene(t)
	if got := seq[110:120] + seq[180:194]; got != "ATGGCCAAATGGGACTTTCAGTAA" {
		t.Fatal(got)
	}
	for _, r := range []regression{
		{"an in-frame deletion is not a frameshift", 113, "GGCC", "G",
			[]string{"- T1 inframe_deletion 1/2 GCC/- A/- c.4_6del p.Ala2del"}},
		{"an in-frame insertion is not a frameshift", 116, "C", "CGAT",
			[]string{"GAT T1 inframe_insertion 1/2 -/GAT -/D c.6_7insGAT p.Ala2_Lys3insAsp"}},
		{"an in-frame deletion across codons is not a frameshift", 114, "GCCA", "G",
			[]string{"- T1 inframe_deletion 1/2 gCCAaa/gaa AK/E c.5_7del p.Ala2_Lys3delinsGlu"}},
		{"a deletion of two bases is a frameshift", 114, "GCC", "G",
			[]string{"- T1 frameshift_variant 1/2 gCC/g A/X c.5_6del p.Ala2GlufsTer?"}},
		{"the last base of an exon is not synonymous by itself", 120, "T", "C",
			[]string{"C T1 missense_variant&splice_region_variant 1/2 Tgg/Cgg W/R c.10T>C p.Trp4Arg"}},
		{"the first base of the next exon belongs to the same codon", 181, "G", "A",
			[]string{"A T1 stop_gained&splice_region_variant 2/2 tGg/tAg W/* c.11G>A p.Trp4Ter"}},
		{"the third base of a split codon", 182, "G", "C",
			[]string{"C T1 missense_variant&splice_region_variant 2/2 tgG/tgC W/C c.12G>C p.Trp4Cys"}},
		{"codons of a multi-allelic record, base by base", 117, "A", "C,G,T", []string{
			"C T1 missense_variant 1/2 Aaa/Caa K/Q c.7A>C p.Lys3Gln",
			"G T1 missense_variant 1/2 Aaa/Gaa K/E c.7A>G p.Lys3Glu",
			"T T1 stop_gained 1/2 Aaa/Taa K/* c.7A>T p.Lys3Ter"}},
		{"codons of a multi-allelic record whose alternatives begin unlike", 117, "AA", "A,AAG,CA", []string{
			"A T1 frameshift_variant&splice_region_variant 1/2 AAa/Aa K/X c.8del p.Lys3AsnfsTer?",
			"AAG T1 frameshift_variant&splice_region_variant 1/2 AAa/AAGa K/KX c.8_9insG p.Trp4MetfsTer?",
			"CA T1 missense_variant 1/2 AAa/CAa K/Q c.7A>C p.Lys3Gln"}},
		{"codons of a multi-allelic record whose alternatives begin alike", 117, "AAA", "A,AA,AAAG,AAT,*", []string{
			"- T1 frameshift_variant&splice_region_variant 1/2 aAA/a K/X c.8_9del p.Lys3MetfsTer?",
			"A T1 frameshift_variant&splice_region_variant 1/2 aAA/aA K/X c.9del p.Lys3AsnfsTer?",
			"AAG T1 frameshift_variant&splice_region_variant 1/2 aAA/aAAG K/KX c.9_10insG p.Trp4ValfsTer?",
			"AT T1 missense_variant&splice_region_variant 1/2 aAA/aAT K/N c.9A>T p.Lys3Asn"}},
		{"insertions of a multi-allelic record", 116, "C", "CA,CAAA", []string{
			"A T1 frameshift_variant 1/2 -/A -/X c.9dup p.Trp4MetfsTer?",
			"AAA T1 inframe_insertion 1/2 -/AAA -/K c.7_9dup p.Lys3dup"}},
		{"a deletion that starts before an exon", 175, "TTGCAGGGGAC", "T",
			[]string{"- T1 splice_acceptor_variant&coding_sequence_variant&intron_variant 2/2 1/1 c.11-4_16del"}},
		{"a deletion that starts in an exon and ends after it", 118, "AATGTAAG", "A",
			[]string{"- T1 splice_donor_variant&splice_donor_5th_base_variant&coding_sequence_variant&intron_variant 1/2 1/1 c.9_10+5del"}},
		{"a deletion of a whole exon", 95, seq[94:130], seq[94:95],
			[]string{"- T1 splice_donor_variant&splice_donor_5th_base_variant&coding_sequence_variant&5_prime_UTR_variant&intron_variant 1/2 1/1"}},
		{"upstream with no overlapping transcript", 60, seq[59:60], "A",
			[]string{"A T1 upstream_gene_variant 41"}},
		{"downstream with no overlapping transcript", 230, seq[229:230], "A",
			[]string{"A T1 downstream_gene_variant 26"}},
		{"the stop codon", 194, "A", "G",
			[]string{"G T1 stop_retained_variant 2/2 taA/taG * c.24A>G p.Ter8%3D"}},
		{"the stop codon lost", 192, "T", "C",
			[]string{"C T1 stop_lost 2/2 Taa/Caa */Q c.22T>C p.Ter8GlnextTer2"}},
		{"the start codon", 112, "T", "C",
			[]string{"C T1 start_lost 1/2 aTg/aCg M/T c.2T>C p.Met1?"}},
		{"before and after the coding sequence", 105, "C", "T",
			[]string{"T T1 5_prime_UTR_variant 1/2 c.-6C>T"}},
		{"in an intron", 125, "G", "T",
			[]string{"T T1 splice_donor_5th_base_variant&intron_variant 1/1 c.10+5G>T"}},
		{"an ALT that is not a sequence is passed through", 117, "A", "*,<DEL>,.,A[1:5[,G",
			[]string{"G T1 missense_variant 1/2 Aaa/Gaa K/E c.7A>G p.Lys3Glu"}},
	} {
		r.run(t, c)
	}
}

// TestCorrectedAlleles checks that corrections trim each alternative by
// itself, under the name that VEP gives it.
func TestCorrectedAlleles(t *testing.T) {
	_, c := littleGene(t)
	caller := consequence.New(c)
	caller.Corrected = true
	alleles := consequence.Alleles(nil, 116, []byte("AA"), []byte("A"), []byte("CA"))
	var got []string
	for i := range alleles {
		for _, q := range caller.Call(&alleles[i]) {
			got = append(got, strings.SplitN(string(caller.AppendCSQ(nil, &q)), "|", 2)[0]+" "+string(caller.AppendHGVSc(nil, &q)))
		}
	}
	if want := "A T1:c.9del; CA T1:c.7A>C"; strings.Join(got, "; ") != want {
		t.Errorf("%s, want %s", strings.Join(got, "; "), want)
	}
}

// TestStrands checks that a gene on the other strand is read alike.
func TestStrands(t *testing.T) {
	seq, c := littleGene(t)
	other, s := turned(seq, little)
	here, there := consequence.New(c), consequence.New(small(t, "1", other, s))
	here.Corrected, there.Corrected = true, true // VEP reads another 3' UTR there
	for pos := 90; pos <= 215; pos++ {
		ref := seq[pos-1 : pos]
		for _, alt := range []string{"A", "C", "G", "T"} {
			got := says(there, len(seq)+1-pos, string(genome.Complement(ref[0])), string(genome.Complement(alt[0])))
			want := says(here, pos, ref, alt)
			if len(got) != len(want) || len(got) > 0 && got[0][1:] != want[0][1:] {
				t.Errorf("%d %s>%s: %v, on the other strand %v", pos, ref, alt, want, got)
			}
		}
	}
}

// TestEnds checks that alleles at or beyond the ends of a contig are called.
func TestEnds(t *testing.T) {
	c := small(t, "1", "ATGGCCTAAACG", sketch{id: "T1", exons: [][2]int{{1, 12}}, cds: [][2]int{{1, 9}}})
	for _, r := range []regression{
		{"before the start", 0, "N", "A", []string{"A T1 upstream_gene_variant 1"}},
		{"the start", 1, "A", "G", []string{"G T1 start_lost 1/1 Atg/Gtg M/V c.1A>G p.Met1?"}},
		{"the end deleted", 9, "AACG", "A", []string{"- T1 3_prime_UTR_variant 1/1 c.*1_*3del"}},
		{"past the end", 11, "CGTT", "C", []string{"- T1 3_prime_UTR_variant 1/1"}},
		{"after the end", 14, "N", "A", []string{"A T1 downstream_gene_variant 2"}},
	} {
		r.run(t, c)
	}
}

// TestReach checks the ends of upstream and downstream: 5,000 bases.
func TestReach(t *testing.T) {
	filler := strings.Repeat("ACGTTGCA", 700)
	at := len(filler)
	s := sketch{id: "T1", exons: [][2]int{{at + 1, at + 100}}, biotype: "lncRNA"}
	c := small(t, "1", filler+strings.Repeat("GATTACAGAC", 10)+filler, s)
	for _, r := range []regression{
		{"last upstream", at + 1 - 5000, "A", "G", []string{"G T1 upstream_gene_variant 5000"}},
		{"before upstream", at - 5000, "A", "G", []string{"G intergenic_variant"}},
		{"last downstream", at + 100 + 5000, "A", "G", []string{"G T1 downstream_gene_variant 5000"}},
		{"after downstream", at + 101 + 5000, "A", "G", []string{"G intergenic_variant"}},
		{"next to it", at, "A", "G", []string{"G T1 upstream_gene_variant 1"}},
		{"within", at + 50, "C", "G", []string{"G T1 non_coding_transcript_exon_variant 1/1 n.50C>G"}},
	} {
		r.run(t, c)
	}
}

// TestReadings checks how other codes, redefined stop codons, ribosomes that
// slip or skip, and missing ends are read.
func TestReadings(t *testing.T) {
	const utr = "CCGATTGCAC" // 1-10
	one := func(n int) ([][2]int, [][2]int) { return [][2]int{{1, n + 20}}, [][2]int{{11, n + 10}} }
	coding := func(contig, cds string, change func(s *sketch)) *gene.Contig {
		s := sketch{id: "T1"}
		s.exons, s.cds = one(len(cds))
		if change != nil {
			change(&s)
		}
		return small(t, contig, utr+cds+"GCTAGCATGC"+strings.Repeat("ACGGTCA", 30), s)
	}
	mito := coding("MT", "ATGTGAATAAGA", nil)
	standard := coding("1", "ATGTGGATAAGATAA", nil)
	sec := coding("1", "ATGGCATGAGCATAA", func(s *sketch) { s.redefined = [2]int{17, 19} })
	slip := coding("1", "ATGAAATCGATAA", func(s *sketch) { s.cds = [][2]int{{11, 17}, {17, 23}} }) // M K S I *: AAAT, then TCG
	skip := coding("1", "ATGAAATGCATAA", func(s *sketch) { s.cds = [][2]int{{11, 16}, {18, 23}} }) // ATG AAA GCA TAA
	noStart := coding("1", "CGTGGATAAGATAA", func(s *sketch) { s.phase, s.note = 2, ";tag=cds_start_NF" })
	noStop := coding("1", "ATGTGGATAAG", func(s *sketch) { s.note = ";tag=cds_end_NF" })
	decays := coding("1", "ATGTGGATATAA", func(s *sketch) { s.biotype = "nonsense_mediated_decay" })
	for _, x := range []struct {
		c *gene.Contig
		regression
	}{
		{mito, regression{"TGA is W", 16, "A", "G", []string{"G T1 synonymous_variant 1/1 tgA/tgG W c.6A>G p.Trp2%3D"}}},
		{mito, regression{"ATA is M", 19, "A", "G", []string{"G T1 synonymous_variant 1/1 atA/atG M c.9A>G p.Met3%3D"}}},
		{mito, regression{"AGA is a stop", 22, "A", "G", []string{"G T1 stop_retained_variant 1/1 agA/agG * c.12A>G p.Ter4%3D"}}},
		{standard, regression{"ATA is I", 19, "A", "G", []string{"G T1 missense_variant 1/1 atA/atG I/M c.9A>G p.Ile3Met"}}},
		{sec, regression{"selenocysteine is not a stop", 18, "G", "C", []string{"C T1 missense_variant 1/1 tGa/tCa U/S c.8G>C p.Sec3Ser"}}},
		{sec, regression{"another stop in its place", 18, "G", "A", []string{"A T1 stop_gained 1/1 tGa/tAa U/* c.8G>A p.Sec3Ter"}}},
		{sec, regression{"before selenocysteine", 15, "C", "A", []string{"A T1 missense_variant 1/1 gCa/gAa A/E c.5C>A p.Ala2Glu"}}},
		{slip, regression{"a base that is read twice", 17, "T", "C", []string{"C T1 missense_variant 1/1 TTc/CCc F/P c.7T>C p.Phe3Pro"}}},
		{slip, regression{"after the slip", 19, "G", "C", []string{"C T1 missense_variant 1/1 Gat/Cat D/H c.9G>C p.Asp4His"}}},
		{skip, regression{"a base that is passed over", 17, "T", "C", []string{"C T1 coding_sequence_variant 1/1 c.7T>C"}}},
		{skip, regression{"after the skip", 18, "G", "C", []string{"C T1 missense_variant 1/1 Gca/Cca A/P c.8G>C p.Ala3Pro"}}},
		{noStart, regression{"the first codon is cut", 11, "C", "A", []string{"A T1 coding_sequence_variant 1/1 nCg/nAg X c.2C>A p.Ter1%3D cds_start_NF"}}},
		{noStart, regression{"no start to lose", 13, "T", "C", []string{"C T1 missense_variant 1/1 Tgg/Cgg W/R c.4T>C p.Trp2Arg cds_start_NF"}}},
		{noStop, regression{"the last codon is cut", 20, "A", "C", []string{"C T1 incomplete_terminal_codon_variant&coding_sequence_variant 1/1 Ag/Cgg X/R c.10A>C p.Ter4Arg cds_end_NF"}}},
		{decays, regression{"a transcript that decays", 15, "G", "C", []string{"C T1 missense_variant&NMD_transcript_variant 1/1 tGg/tCg W/S c.5G>C p.Trp2Ser"}}},
	} {
		x.run(t, x.c)
	}
}
