package virus_test

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"okazaki"
	"okazaki/analysis/virus"
	"okazaki/format/gff3"
	"okazaki/genome"
)

func sars2() *virus.Caller { return virus.SARS2Dataset().NewCaller() }

// The GA4GH refget md5 of NC_045512.2: a wrong letter is a wrong answer.
func TestSARS2IsNC045512(t *testing.T) {
	ref := virus.SARS2()
	sum := md5.Sum(ref.Sequence)
	if got := hex.EncodeToString(sum[:]); got != "105c82802b67521950854a851fc6eefd" || len(ref.Sequence) != 29903 || ref.Name != "NC_045512.2" {
		t.Errorf("%s: %d letters, md5 %s", ref.Name, len(ref.Sequence), got)
	}
	for _, g := range ref.Genes {
		protein := g.Translate(ref.Sequence)
		if g.Len()%3 != 0 || bytes.IndexByte(protein, genome.Stop) < len(protein)-1 && g.Name != "ORF1a" {
			t.Errorf("%s: %d letters, protein %s", g.Name, g.Len(), protein)
		}
	}
}

// edited returns SARS-CoV-2 with known changes: C241T; 21765-21770 deleted,
// which is S:H69- and S:V70-; A23403G, S:D614G; CTG inserted after 28251; Ns;
// and an ambiguous letter.
func edited() []byte {
	seq := slices.Clone(virus.SARS2().Sequence)
	seq[240], seq[23402], seq[122] = 'T', 'G', 'Y'
	copy(seq[1000:], strings.Repeat("N", 50))
	seq = slices.Insert(seq, 28251, []byte("CTG")...)
	return slices.Delete(seq, 21764, 21770)
}

func TestRow(t *testing.T) {
	c := sars2()
	row := called(c, record{name: "tab\there", seq: edited()})
	for column, want := range map[string]string{
		"seqName": `tab\x09here`, "substitutions": "C241T,A23403G", "deletions": "21765-21770", "insertions": "28251:CTG",
		"missing": "1001-1050", "nonACGTNs": "Y:123", "aaSubstitutions": "S:D614G,ORF8:F120V", "aaDeletions": "S:H69-,S:V70-",
		"aaInsertions": "ORF8:119:S", "totalAminoacidInsertions": "1", "frameShifts": "",
		"totalSubstitutions": "2", "totalDeletions": "6", "totalInsertions": "3", "totalMissing": "50", "totalNonACGTNs": "1",
		"alignmentStart": "1", "alignmentEnd": "29903", "isReverseComplement": "false", "errors": "",
		"totalAminoacidSubstitutions": "2", "totalAminoacidDeletions": "2", "qc.stopCodons.totalStopCodons": "0",
	} {
		if row[column] != want {
			t.Errorf("%s is %q, want %q", column, row[column], want)
		}
	}
}

func TestFormOfTheLettersDoesNotMatter(t *testing.T) {
	c := sars2()
	want := called(c, record{name: "q", seq: edited()})
	gaps := slices.Insert(edited(), 21764, []byte("------")...)
	turned := genome.AppendReverseComplement(nil, edited())
	for form, seq := range map[string][]byte{
		"lower case": bytes.ToLower(edited()), "with gaps": gaps, "RNA": bytes.ReplaceAll(edited(), []byte("T"), []byte("U")),
	} {
		if got := called(c, record{name: "q", seq: seq}); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", form, got, want)
		}
	}
	got := called(c, record{name: "q", seq: turned})
	want["isReverseComplement"], want["warnings"] = "true", "the genome was given as its reverse complement"
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("turned: %v, want %v", got, want)
	}
}

func TestGenomesThatCannotBeAligned(t *testing.T) {
	c := sars2()
	ref := c.Reference().Sequence
	wrong := slices.Clone(ref)
	wrong[500] = '!'
	for seq, want := range map[string]string{
		"":                              "the genome has 0 letters",
		"ACGT":                          "the genome has 4 letters",
		strings.Repeat("N", 29903):      "all but 0 of the genome's 29903 letters are N",
		strings.Repeat("ACGGTCA", 1000): "no part of the genome is found in the reference NC_045512.2",
		string(wrong):                   `the letter '!' is no nucleotide`,
		string(ref[:60]) + strings.Repeat("GATTACA", 1000): "% of the genome is like the reference",
	} {
		row := called(c, record{name: "q", seq: []byte(seq)})
		if !strings.Contains(row["errors"], want) {
			t.Errorf("%.30q...: the error is %q, want %q", seq, row["errors"], want)
		}
		for column, value := range row {
			if value != "" && column != "index" && column != "seqName" && column != "errors" {
				t.Errorf("%.30q...: %s is %q", seq, column, value)
			}
		}
	}
}

// What a Caller says of a genome doesn't depend on what it called before.
func TestCallsArePure(t *testing.T) {
	var genomes []record
	records(t, data(t, "sars2/derived/sars2_orfs_tips.fasta.zst"), func(rec record) bool {
		genomes = append(genomes, record{name: rec.name, seq: bytes.Clone(rec.seq)})
		return len(genomes) < 3000
	})
	one := sars2()
	two := one.Clone()
	rows := map[string]string{}
	for _, g := range genomes {
		rows[g.name] = string(one.AppendRow(nil, 0, g.name, one.Call(g.seq)))
	}
	for i := len(genomes) - 1; i >= 0; i -= 7 {
		g := genomes[i]
		if got := string(two.AppendRow(nil, 0, g.name, two.Call(g.seq))); got != rows[g.name] {
			t.Errorf("%s: %s\nwas %s", g.name, got, rows[g.name])
		}
	}
}

func TestNewReference(t *testing.T) {
	features, err := gff3.Read("genes.gff3", strings.NewReader(strings.Join([]string{
		"r\t.\tgene\t1\t9\t.\t+\t.\tID=g1;Name=one",
		"r\t.\tCDS\t1\t6\t.\t+\t0\tID=c1;Parent=g1;Name=protein;gene=one",
		"r\t.\tCDS\t6\t9\t.\t+\t0\tID=c1;Parent=g1;Name=protein;gene=one",
		"r\t.\tgene\t10\t15\t.\t-\t.\tgene_name=\"two\"",
	}, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	ref, err := virus.NewReference("ref.fasta", []byte(">r a virus\nacgtacgtac\nGTACGTACRT\n"), "genes.gff3", features)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(ref.Genes), "[{protein [[0,6) [5,9)] false 0} {two [[9,15)] true 0}]"; got != want || ref.Name != "r" || string(ref.Sequence) != "ACGTACGTACGTACGTACRT" {
		t.Errorf("%s %s %s, want %s", ref.Name, ref.Sequence, got, want)
	}
	for fasta, line := range map[string]int64{"ACGT\n": 1, ">a\nACGT\n>b\nACGT\n": 3, ">a\nAC!T\n": 2, ">a\nACGT\n": 0, "": 0} {
		_, err := virus.NewReference("ref.fasta", []byte(fasta), "", nil)
		var e *okazaki.Error
		if !errors.As(err, &e) || e.File != "ref.fasta" || e.Line != line {
			t.Errorf("%q: %v, want an error at line %d", fasta, err, line)
		}
	}
	if _, err := virus.NewReference("ref.fasta", []byte(">r\nACGTACGTACGTACGT"), "genes.gff3", []gff3.Feature{{Type: "CDS", Region: genome.Region{Hi: 17}}}); err == nil {
		t.Error("a gene beyond the end of the sequence is accepted")
	}
}

// Annotations as the archives write them: which letters of a reference of 30 a
// gene reads, in order, or what is wrong with which line.
func TestAnnotations(t *testing.T) {
	const circle = "r\t.\tregion\t1\t30\t.\t+\t.\tID=r;Is_circular=true\n"
	line := func(seq, kind string, lo, hi int, strand, phase, attributes string) string {
		return fmt.Sprintf("%s\tRefSeq\t%s\t%d\t%d\t.\t%s\t%s\t%s\n", seq, kind, lo, hi, strand, phase, attributes)
	}
	cds := func(lo, hi int, strand, phase, id string) string {
		return line("r", "CDS", lo, hi, strand, phase, "ID="+id+";Name="+id)
	}
	for _, test := range []struct{ name, gff3, want string }{
		{"NCBI's", "\ufeff##gff-version 3\r\n" + line("r", "gene", 4, 12, "+", ".", "ID=gene-S;Name=S") +
			line("r", "CDS", 4, 12, "+", "0", "ID=cds-1;Parent=gene-S;Dbxref=GenBank:YP_1.1,GeneID:1;Name=YP_1.1;gene=S;product=a%2C b") +
			line("r", "mature_protein_region_of_CDS", 4, 9, "+", ".", "ID=id-1;Parent=cds-1;product=nsp1"), "YP_1.1 4-12"},
		{"slippage", cds(4, 9, "+", "0", "p") + cds(9, 14, "+", "0", "p"), "p 4-9 9-14"},
		{"slippage of the other strand, from its end", cds(13, 18, "-", "0", "p") + cds(5, 13, "-", "1", "p"), "p 18-13 13-5"},
		{"and from its start", cds(5, 13, "-", "1", "p") + cds(13, 18, "-", "0", "p"), "p 18-13 13-5"},
		{"a part", line("r", "CDS", 4, 12, "+", "2", "ID=a;Name=a;partial=true"), "a 6-12"},
		{"a circle", circle + cds(25, 36, "+", "0", "pol"), "pol 25-30 1-6"},
		{"a circle's other strand", circle + cds(25, 36, "-", "0", "pol"), "pol 6-1 30-25"},
		{"no circle", cds(25, 36, "+", "0", "pol"), "genes.gff3:1: it ends at 36, the sequence at 30"},
		{"more than a circle", circle + cds(25, 90, "+", "0", "pol"), "genes.gff3:2: it ends at 90"},
		{"segments of a virus", line("other", "CDS", 1, 90, "+", "0", "ID=x;Name=x") + cds(4, 12, "+", "0", "a"), "a 4-12"},
		{"other segments", line("s", "CDS", 1, 9, "+", "0", "ID=x") + line("t", "CDS", 1, 9, "+", "0", "ID=y"), "genes.gff3:1: this line annotates s, other lines annotate other sequences, and none annotates r"},
		{"another name", line("s", "CDS", 1, 9, "+", "0", "Name=x"), "x 1-9"},
		{"both strands", cds(4, 9, "+", "0", "p") + cds(13, 18, "-", "0", "p"), "genes.gff3:2: p lies on both strands"},
		{"GTF", line("r", "CDS", 4, 9, "+", "0", `gene_id "a"; transcript_id "b";`), "genes.gff3:1: its last column is GTF's"},
	} {
		t.Run(test.name, func(t *testing.T) {
			features, err := gff3.Read("genes.gff3", strings.NewReader(test.gff3))
			if err != nil {
				t.Fatal(err)
			}
			ref, err := virus.NewReference("ref.fasta", []byte(">r\n"+strings.Repeat("ACGTAC", 5)), "genes.gff3", features)
			if err != nil {
				if !strings.HasPrefix(err.Error(), test.want) {
					t.Errorf("error %v, want %s", err, test.want)
				}
				return
			}
			var got []string
			for _, g := range ref.Genes {
				got = append(got, g.Name)
				from, last := g.Position(0)+1, g.Position(0)+1
				for i := 1; i <= g.Len(); i++ {
					if i == g.Len() || abs(g.Position(i)+1-last) != 1 {
						got = append(got, fmt.Sprintf("%d-%d", from, last))
						if i == g.Len() {
							break
						}
						from = g.Position(i) + 1
					}
					last = g.Position(i) + 1
				}
			}
			if got := strings.Join(got, " "); got != test.want {
				t.Errorf("it reads %s, want %s", got, test.want)
			}
		})
	}
}

func abs(i int) int { return max(i, -i) }

func FuzzCall(f *testing.F) {
	c := sars2()
	f.Add([]byte("ACGT"), 0, 100)
	f.Add([]byte(""), 5000, 5600)
	f.Add([]byte("acgtnRYKM--!U"), 29000, 29900)
	f.Fuzz(func(t *testing.T, bytes []byte, from, to int) {
		c.AppendRow(nil, 0, string(bytes), c.Call(bytes))
		// As an edit of a genome: bytes in place of [from, to).
		seq := slices.Clone(c.Reference().Sequence)
		n := len(seq)
		from, to = max(0, min(from, n)), max(0, min(to, n))
		seq = slices.Replace(seq, min(from, to), max(from, to), bytes...)
		calls := c.Call(seq)
		row := c.AppendRow(nil, 0, string(bytes), calls)
		if strings.ContainsFunc(string(row[:len(row)-1]), func(r rune) bool { return r != '\t' && (r < ' ' || r > '~') }) {
			t.Fatalf("the row has a control character: %q", row)
		}
	})
}

func ExampleCaller() {
	c := virus.NewCaller(virus.SARS2(), virus.SARS2Params())
	seq := slices.Clone(virus.SARS2().Sequence)
	seq[23402] = 'G'
	calls := c.Call(seq)
	s, a := calls.Substitutions[0], calls.AminoSubstitutions[0]
	fmt.Printf("%c%d%c %s:%c%d%c\n", s.Ref, s.Pos+1, s.Alt, c.Reference().Genes[a.Gene].Name, a.Ref, a.Codon+1, a.Alt)
	// Output: A23403G S:D614G
}
