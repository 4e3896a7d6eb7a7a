package gene_test

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"

	"okazaki/analysis/variant/gene"
	"okazaki/genome"
	"okazaki/internal/filetest"
)

// shared opens a file of the data at hand, or skips the test.
func shared(t testing.TB, path string) gene.Text {
	t.Helper()
	f, err := os.Open(filetest.Data(t, "variant/"+path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return gene.Text{Name: path, Reader: f}
}

const (
	humanGFF, humanGTF, humanFASTA = "human/chr22_slice.gff3.gz", "human/chr22_slice.gtf.gz", "human/chr22_slice.fa.gz"
	yeastGFF, yeastGTF, yeastFASTA = "yeast/yeast.ensembl109.gff3.gz", "yeast/Saccharomyces_cerevisiae.R64-1-1.109.gtf.gz",
		"yeast/Saccharomyces_cerevisiae.R64-1-1.dna.primary_assembly.fa.gz"
)

// compiled are the models that tests share.
var compiled sync.Map // of [2]string to *gene.Model

func compile(t testing.TB, annotation, reference string) *gene.Model {
	t.Helper()
	if m, ok := compiled.Load([2]string{annotation, reference}); ok {
		return m.(*gene.Model)
	}
	m, err := gene.Compile(shared(t, annotation), shared(t, reference))
	if err != nil {
		t.Fatal(err)
	}
	compiled.Store([2]string{annotation, reference}, m)
	return m
}

// spliced is a transcript's coding sequence.
func spliced(c *gene.Contig, t *gene.Transcript) []byte {
	var seq []byte
	for _, e := range t.Exons {
		e = e.Intersect(t.Coding)
		seq = c.AppendBases(seq, e.Lo, e.Hi)
	}
	if t.Reverse {
		seq = genome.AppendReverseComplement(nil, seq)
	}
	return seq
}

// A census counts what the spliced coding sequences of a model are like.
type census struct {
	contigs, transcripts, coding         int
	begin, end, inside, incomplete, frac int // start codons, stop codons, with a stop inside, phase not 0, no whole codons
}

// TestCodingSequences checks the spliced sequences for a start, a stop and
// whole codons.
func TestCodingSequences(t *testing.T) {
	checkCoding(t, humanGFF, humanFASTA, census{1, 225, 96, 84, 64, 0, 7, 26})
}

// TestYeast checks a whole genome as the others check a piece of a human one.
func TestYeast(t *testing.T) {
	checkCoding(t, yeastGFF, yeastFASTA, census{17, 7127, 6600, 6597, 6600, 0, 0, 0})
	checkOneModel(t, yeastGFF, yeastGTF, yeastFASTA)
	checkWritten(t, compile(t, yeastGFF, yeastFASTA))
}

func checkCoding(t *testing.T, annotation, reference string, want census) {
	t.Helper()
	m := compile(t, annotation, reference)
	got := census{contigs: len(m.Contigs), transcripts: m.Transcripts()}
	for _, contig := range m.Contigs {
		for _, tr := range contig.Transcripts() {
			if tr.Coding.Len() == 0 {
				continue
			}
			got.coding++
			seq := spliced(contig, tr)[tr.Phase:]
			protein := tr.Code.AppendTranslation(nil, seq)
			got.begin += count(tr.Phase == 0 && tr.Code.IsStart(genome.Codon(seq)))
			got.end += count(protein[len(protein)-1] == genome.Stop && len(seq)%3 == 0)
			got.inside += count(bytes.IndexByte(protein[:len(protein)-1], genome.Stop) >= 0)
			got.incomplete += count(tr.Phase > 0)
			got.frac += count(len(seq)%3 > 0)
		}
	}
	if got != want {
		t.Errorf("%s: %+v, want %+v", annotation, got, want)
	}
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// TestNamesAreThoseOfVEP compares what VEP 115.2 writes about each transcript
// with the model.
func TestNamesAreThoseOfVEP(t *testing.T) {
	m := compile(t, humanGFF, humanFASTA)
	c, ok := m.Contig("chr22")
	if !ok || c.Name != "22" || c.Length != 21_000_000 {
		t.Fatalf("chr22 is %+v", c)
	}
	byID := map[string]*gene.Transcript{}
	for _, tr := range c.Transcripts() {
		byID[tr.ID] = tr
	}
	golden, err := gzip.NewReader(shared(t, "golden/chr22_slice.systematic.vep115.vcf.gz").Reader)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	lines := bufio.NewScanner(golden)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		_, csq, _ := strings.Cut(lines.Text(), "CSQ=")
		for entry := range strings.SplitSeq(csq, ",") {
			f := strings.Split(entry, "|") // Allele|Consequence|IMPACT|SYMBOL|Gene|Feature_type|Feature|BIOTYPE|…
			if len(f) < 20 || f[6] == "" || seen[f[6]] {
				continue
			}
			seen[f[6]] = true
			tr := byID[f[6]]
			if tr == nil {
				t.Errorf("%s is not in the model", f[6])
			} else if tr.Symbol != f[3] || tr.Gene != f[4] || tr.Biotype != f[7] || tr.Reverse != (f[19] == "-1") {
				t.Errorf("%+v, and VEP writes %v", tr, f)
			}
		}
	}
	if len(seen) < 180 {
		t.Errorf("%d transcripts in the golden file", len(seen))
	}
}

// TestGTFAndGFF3AreOneModel compares the models of both: a GTF's coding
// sequence lacks the stop codon, and a GFF3's has it.
func TestGTFAndGFF3AreOneModel(t *testing.T) { checkOneModel(t, humanGFF, humanGTF, humanFASTA) }

func checkOneModel(t *testing.T, gff, gtf, reference string) {
	t.Helper()
	one, other := compile(t, gff, reference), compile(t, gtf, reference)
	if one.Transcripts() != other.Transcripts() {
		t.Errorf("%s: %d transcripts, %s: %d", gff, one.Transcripts(), gtf, other.Transcripts())
	}
	for i, contig := range one.Contigs {
		for k, a := range contig.Transcripts() {
			// What the GFF3 at hand, made of the GTF, leaves out.
			b := *other.Contigs[i].Transcripts()[k]
			b.ID, b.Gene = unversioned(b.ID), unversioned(b.Gene)
			b.Symbol = cmp.Or(b.Symbol, b.Gene)
			b.Canonical, b.APPRIS, b.CCDS, b.TSL, b.NoStart, b.NoStop = false, "", "", "", false, false
			if !reflect.DeepEqual(*a, b) {
				t.Errorf("%s: %+v\n%s: %+v", gff, *a, gtf, b)
			}
		}
	}
}

func unversioned(id string) string {
	if strings.HasPrefix(id, "ENS") {
		id, _, _ = strings.Cut(id, ".")
	}
	return id
}
