package rank_test

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"okazaki/analysis/variant/consequence"
	"okazaki/analysis/variant/gene"
	"okazaki/analysis/variant/known"
	"okazaki/analysis/variant/rank"
	"okazaki/format/vcf"
	"okazaki/genome"
	"okazaki/internal/filetest"
)

func data(t testing.TB, name string) io.Reader {
	t.Helper()
	b, err := os.ReadFile(filetest.Data(t, "variant/human/"+name))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b)
}

// slice calls f with the facts and verdict of each allele of a VCF of the
// human slice.
func slice(t testing.TB, name string, f func(contig *gene.Contig, a *consequence.Allele, facts *rank.Facts, v rank.Verdict)) {
	t.Helper()
	m, err := gene.Compile(gene.Text{Name: "genes", Reader: data(t, "chr22_slice.gff3.gz")}, gene.Text{Name: "genome", Reader: data(t, "chr22_slice.fa.gz")})
	if err != nil {
		t.Fatal(err)
	}
	var symbols strings.Builder
	for _, c := range m.Contigs {
		for _, tr := range c.Transcripts() {
			symbols.WriteString(tr.Symbol + "\n")
		}
	}
	e := rank.New(rank.Options{Genes: list(t, symbols.String())})
	r := rank.NewKnowledge(nil).Reader()
	in, err := vcf.NewReader(name, data(t, name))
	if err != nil {
		t.Fatal(err)
	}
	var contig *gene.Contig
	var caller *consequence.Caller
	var alleles []consequence.Allele
	var scratch []byte
	for rec, err := range in.Records() {
		if err != nil {
			t.Fatal(err)
		}
		if contig == nil || contig.Name != string(rec.Chrom) {
			contig, _ = m.Contig(string(rec.Chrom))
			caller = consequence.New(contig)
		}
		for _, alt := range rec.Alts() {
			alleles = consequence.Alleles(alleles[:0], rec.Pos, rec.Ref, alt)
			a := &rank.Annotated{Contig: contig, Caller: caller}
			calls := caller.Call(&alleles[0])
			if i := rank.Pick(calls); i >= 0 {
				a.Call = &calls[i]
			}
			if k, ok := known.MakeKey(rec.Pos, rec.Ref, alt); ok {
				a.Key, scratch = k.LeftAlign(contig, scratch)
			}
			facts := r.Facts(a)
			f(contig, &alleles[0], facts, e.Evaluate(facts))
		}
	}
}

// decays says whether the transcript with the allele in it decays, by writing
// the transcript and translating it; margin is how far its stop is from where
// that changes. ok is that the allele lies in one exon and within the coding
// sequence.
func decays(contig *gene.Contig, t *gene.Transcript, a *consequence.Allele) (yes bool, margin int, ok bool) {
	var mrna []byte
	start, junction := -1, 0
	for i, e := range t.Exons {
		letters := contig.AppendBases(nil, e.Lo, e.Hi)
		if e.Lo <= a.Region.Lo && a.Region.Hi <= e.Hi {
			ok = t.Coding.Lo <= a.Region.Lo && a.Region.Hi <= t.Coding.Hi
			letters = append(append(bytes.Clone(letters[:a.Region.Lo-e.Lo]), a.Alt...), letters[a.Region.Hi-e.Lo:]...)
		}
		if !t.Reverse && e.Contains(t.Coding.Lo) {
			start = len(mrna) + t.Coding.Lo - e.Lo
		}
		if t.Reverse && e.Contains(t.Coding.Hi-1) {
			start = len(mrna) + len(letters) - (e.Hi - t.Coding.Hi) // from the right end
		}
		mrna = append(mrna, letters...)
		if !t.Reverse && i == len(t.Exons)-2 || t.Reverse && i == 0 {
			junction = len(mrna)
		}
	}
	if t.Reverse {
		start, junction = len(mrna)-start, len(mrna)-junction
		mrna = genome.AppendReverseComplement(nil, mrna)
	}
	if len(t.Exons) == 1 {
		junction = 0
	}
	for at := start + t.Phase; ok && at+3 <= len(mrna); at += 3 {
		if t.Code.AminoAcid(genome.Codon(mrna[at:at+3])) == genome.Stop {
			return at+1 <= junction-50, junction - 50 - (at + 1), true
		}
	}
	return false, 0, false
}

// TestDecayAgainstWholeTranscripts writes every transcript that a stop or a
// frameshift of the systematic variants makes.
func TestDecayAgainstWholeTranscripts(t *testing.T) {
	asked, yes, kept, repeats := 0, 0, 0, 0
	slice(t, "chr22_slice.systematic.vcf", func(contig *gene.Contig, a *consequence.Allele, f *rank.Facts, v rank.Verdict) {
		if f.SiteKept == rank.Yes {
			kept++
		}
		if f.Repeat == rank.Yes {
			repeats++
		}
		if f.Call == nil || f.Call.Terms&consequence.Of(consequence.StopGained, consequence.Frameshift) == 0 || f.Call.Transcript.NoStart || f.Call.CDS.First == 0 {
			return
		}
		want, margin, ok := decays(contig, f.Call.Transcript, a)
		if !ok || f.Call.Transcript.Biotype != "protein_coding" {
			return
		}
		asked++
		reasons := string(v.AppendReasons(nil, f))
		got := strings.Contains(reasons, "PVS1: the stop comes early")
		if want {
			yes++
		}
		// Lengths are taken from the reference's transcript.
		if near := len(a.Ref) + len(a.Alt) + 3; got != want && (margin > near || margin < -near) {
			t.Errorf("%v %s>%s in %s, residue %d, stop %d: decays %v, want %v by %d bases; %s", a.Region, a.Ref, a.Alt, f.Call.Transcript.ID, f.Call.Protein.First, f.Stop, got, want, margin, reasons)
		}
	})
	t.Logf("%d stops and frameshifts, %d decay; %d splice sites are kept; %d indels in repeats", asked, yes, kept, repeats)
	if asked < 100 || yes == 0 || yes == asked {
		t.Errorf("%d were asked about, %d decay", asked, yes)
	}
}
