package orf_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"pgregory.net/rapid"

	"okazaki/analysis/analysistest"
	"okazaki/analysis/orf"
)

func TestORF(t *testing.T) {
	file := func(name string, content []byte) []analysistest.Input {
		return []analysistest.Input{{Role: "genome", Name: name, Bytes: content}}
	}
	odd, err := os.ReadFile("testdata/odd.fasta")
	if err != nil {
		t.Fatal(err)
	}
	var many []byte // records of all lengths
	for n := range 60 {
		many = fmt.Appendf(many, ">r%d\n%s\n", n, strings.Repeat("TTATGCANGCYTAAG"[n%7:], n/4)[:n*n/60])
	}
	packed := gzipped(many)
	broken := []analysistest.Broken{
		{Name: "no file", Inputs: []analysistest.Input{}, Want: "genome is missing"},
		{Name: "an empty file", Inputs: file("empty.fa", nil), Want: "empty.fa: the file is empty"},
		{Name: "no FASTA", Inputs: file("notes.txt", []byte("ATGAAATAA\n")), Want: "notes.txt:1: "},
		{Name: "a file cut short", Inputs: file("short.fa.gz", packed[:len(packed)-9]), Want: "short.fa.gz"},
		{Name: "a name twice", Inputs: append(file("a.fa", many), file("b.fa", many)...), Want: `b.fa:1: record "r0": the name was used before`},
		{Name: "a code that NCBI doesn't have", Params: `{"table": 7}`, Want: "table 7 is not a genetic code; give"},
		{Name: "a code of 257", Params: `{"table": 257}`, Want: "table 257 is not a genetic code"},
		{Name: "no code", Params: `{"table": 0}`, Want: "table 0 is not a genetic code"},
		{Name: "no length", Params: `{"min-length": 0}`, Want: "min-length 0 is out of range"},
		{Name: "typing error", Params: `{"min-lenght": 9}`, Want: `orf has no parameter "min-lenght"; did you mean "min-length"?`},
	}
	against := func(code int, start string, least int, fasta []byte) func(testing.TB, map[string][]byte) {
		return func(t testing.TB, out map[string][]byte) {
			_, rows, _ := strings.Cut(string(out["orfs.tsv"]), "\n")
			rows = regexp.MustCompile(`(?m)( at base \d+) .*`).ReplaceAllString(rows, "$1")
			if want := oracle(string(fasta), code, start, least); rows != want {
				t.Errorf("got:\n%swant:\n%s", rows, want)
			}
		}
	}
	analysistest.Run(t, orf.Analysis,
		analysistest.Case{Name: "many records", Params: `{"min-length": 2}`, Inputs: file("many.fa.gz", packed), Broken: broken, Check: against(1, "atg", 2, many)},
		analysistest.Case{Name: "odd records", Params: `{"min-length": 1}`, Inputs: file("odd.fa", odd), Check: against(1, "atg", 1, odd)},
		analysistest.Case{Name: "start codons of bacteria", Params: `{"min-length": 1, "table": 11, "start": "table"}`, Inputs: file("odd.fa", odd), Check: against(11, "table", 1, odd)},
		analysistest.Case{Name: "from stop to stop in a mitochondrion", Params: `{"min-length": 1, "table": 2, "start": "any"}`, Inputs: file("odd.fa", odd), Check: against(2, "any", 1, odd)},
	)
}

// However bases, code and start are drawn, the rows are as the oracle says.
func TestAnyBases(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		alphabet := rapid.SampledFrom([]string{"ATG", "ACGT", "acgu", "ACGTN", "ATGARYSWKMBDHVN-u"}).Draw(r, "alphabet")
		seq := rapid.StringOfN(rapid.RuneFrom([]rune(alphabet)), 1, 120, -1).Draw(r, "bases")
		gap := strings.Repeat("N", rapid.SampledFrom([]int{0, 1, 29, 30, 31, 32, 62, 63}).Draw(r, "gap"))
		at := rapid.IntRange(0, len(seq)).Draw(r, "at")
		fasta := ">r\n" + seq[:at] + gap + seq[at:] + "\n"
		code := rapid.SampledFrom([]int{1, 2, 11}).Draw(r, "code")
		start := rapid.SampledFrom([]string{"atg", "table", "any"}).Draw(r, "start")
		least := rapid.IntRange(1, 6).Draw(r, "least")
		out := analysistest.Answer(t, orf.Analysis, fmt.Sprintf(`{"min-length": %d, "table": %d, "start": %q}`, least, code, start),
			[]analysistest.Input{{Role: "genome", Name: "r.fa", Bytes: []byte(fasta)}}, 0)
		_, rows, _ := strings.Cut(string(out["orfs.tsv"]), "\n")
		if want := oracle(fasta, code, start, least); rows != want {
			r.Fatalf("got:\n%swant:\n%s", rows, want)
		}
	})
}

// The genes of SARS-CoV-2 that NCBI annotates are among its open reading frames.
func TestGenesOfAVirus(t *testing.T) {
	in := []analysistest.Input{{Role: "genome", Name: "sars2.fasta", Path: "../virus/data/sars2.fasta"}}
	rows := string(analysistest.Answer(t, orf.Analysis, "", in, 0)["orfs.tsv"])
	annotation, err := os.ReadFile("../virus/data/sars2.gff3")
	if err != nil {
		t.Fatal(err)
	}
	genes := 0
	for line := range strings.Lines(string(annotation)) {
		f := strings.Split(line, "\t")
		if len(f) < 9 || f[2] != "CDS" || strings.Contains(f[8], "=ORF1") {
			continue // ORF1ab's frame shifts midway
		}
		lo, _ := strconv.Atoi(f[3])
		if lo--; lo == 21562 {
			lo = 21535 // the spike has a start codon before the one that is used
		}
		if genes++; !strings.Contains(rows, fmt.Sprintf("NC_045512.2\t%d\t%s\t+\t%d\t", lo, f[4], lo%3+1)) {
			t.Errorf("no open reading frame is the gene %s", strings.TrimSpace(f[8]))
		}
	}
	if genes < 10 {
		t.Errorf("%d genes", genes)
	}
}

func Example() {
	in := []analysistest.Input{{Role: "genome", Name: "tiny.fasta", Path: filepath.Join("testdata", "tiny.fasta")}}
	out, err := analysistest.Ask(context.Background(), orf.Analysis, `{"min-length": 4}`, in, 0)
	if err != nil {
		panic(err)
	}
	fmt.Print(strings.ReplaceAll(string(out["orfs.tsv"]), "\t\n", "\n"))
	// Output:
	// record	start	end	strand	frame	length	partial	protein	errors
	// both	12	27	+	1	4	no	MKFG
	// both	31	55	-	1	7	no	MFKCVIN
	// RNA	12	27	+	1	4	no	MKFG
	// ambiguous	12	27	+	1	4	no	MLXK
	// cut	0	21	-	3	6	start	KFHLIN
	// cut	4	22	-	2	5	start	QISFN
	// cut	8	23	-	1	4	start	PNFI
}

// oracle returns the rows below the header. It tries each pair of codons in
// every frame, and knows codons by what each of their readings means.
func oracle(fasta string, code int, start string, least int) string {
	const complements = "ACGTRYSWKMBDHVN"
	var all strings.Builder
	for _, record := range strings.Split(strings.ReplaceAll(fasta, "\r", ""), ">")[1:] {
		header, body, _ := strings.Cut(record, "\n")
		name, _, _ := strings.Cut(header, " ")
		seq := strings.ReplaceAll(body, "\n", "")
		if seq == "" {
			all.WriteString(name + strings.Repeat("\t", 8) + "it has no letters\n")
			continue
		}
		if i := strings.IndexAny(seq, "EFILPQZXOJ"); i >= 0 {
			fmt.Fprintf(&all, "%s%s%q at base %d\n", name, strings.Repeat("\t", 8), seq[i], i+1)
			continue
		}
		seq = regexp.MustCompile(`[-.*?]`).ReplaceAllString(strings.ReplaceAll(strings.ToUpper(seq), "U", "T"), "N")
		type row struct {
			lo, hi int
			text   string
		}
		var rows []row
		for _, strand := range []string{"+", "-"} {
			s := seq
			if strand == "-" {
				b := []byte(seq)
				slices.Reverse(b)
				for i, c := range b {
					b[i] = "TGCAYRSWMKVHDBN"[strings.IndexByte(complements, c)]
				}
				s = string(b)
			}
			for _, piece := range regexp.MustCompile(`[^N](?:N{0,30}[^N])*`).FindAllStringIndex(s, -1) {
				for i := piece[0]; i+3 <= piece[1]; i++ {
					for j := i + 3; j <= piece[1]; j += 3 {
						partial, protein, ok := frame(s[piece[0]:piece[1]], i-piece[0], j-piece[0], code, start)
						if !ok || len(protein) < least {
							continue
						}
						lo, hi := i, j
						if partial == "no" || partial == "start" {
							hi += 3
						}
						number := lo%3 + 1
						if strand == "-" {
							lo, hi = len(s)-hi, len(s)-lo
						}
						rows = append(rows, row{lo, hi, fmt.Sprintf("%s\t%d\t%d\t%s\t%d\t%d\t%s\t%s\t\n", name, lo, hi, strand, number, len(protein), partial, protein)})
					}
				}
			}
		}
		slices.SortStableFunc(rows, func(a, b row) int {
			if a.lo != b.lo {
				return a.lo - b.lo
			}
			return a.hi - b.hi
		})
		for _, r := range rows {
			all.WriteString(r.text)
		}
	}
	return all.String()
}

// frame says whether codons [i, j) of a piece are an open reading frame, not
// counting its stop codon.
func frame(s string, i, j, code int, start string) (partial, protein string, ok bool) {
	means := func(at int) (acid byte, starts bool) { return meaning(s[at:at+3], code) }
	for at := i; at < j; at += 3 {
		acid, _ := means(at)
		if acid == '*' {
			return "", "", false
		}
		protein += string(acid)
	}
	ended := j+3 <= len(s)
	if ended {
		if acid, _ := means(j); acid != '*' {
			return "", "", false
		}
	}
	isStart := func(at int) bool {
		_, starts := means(at)
		return start == "table" && starts || start == "atg" && s[at:at+3] == "ATG"
	}
	begun := false // at a start codon
	for at := i; at < j; at += 3 {
		begun = begun || isStart(at)
	}
	open := true // no stop codon stands before
	for at := i - 3; at >= 0; at -= 3 {
		if acid, _ := means(at); acid == '*' {
			open = false
			break
		}
		if isStart(at) || start == "any" || !begun {
			return "", "", false // it is longer
		}
	}
	switch {
	case begun && !isStart(i), !begun && !open && start != "any":
		return "", "", false
	case begun:
		protein = "M" + protein[1:]
	}
	return map[bool]map[bool]string{true: {true: "start", false: "both"}, false: {true: "no", false: "end"}}[open && !begun][ended], protein, true
}

// meaning is what all readings of a codon have in common.
func meaning(codon string, code int) (acid byte, starts bool) {
	letters := map[byte]string{'A': "A", 'C': "C", 'G': "G", 'T': "T", 'R': "AG", 'Y': "CT", 'S': "CG", 'W': "AT",
		'K': "GT", 'M': "AC", 'B': "CGT", 'D': "AGT", 'H': "ACT", 'V': "ACG", 'N': "ACGT"}
	// The standard code, its codons in alphabetical order.
	const standard = "KNKNTTTTRSRSIIMIQHQHPPPPRRRRLLLLEDEDAAAAGGGGVVVV*Y*YSSSS*CWCLFLF"
	starting := map[int]string{1: "TTG CTG ATG", 2: "ATT ATC ATA ATG GTG", 11: "TTG CTG ATT ATC ATA ATG GTG"}[code]
	acids := map[byte]bool{}
	starts = true
	for _, a := range letters[codon[0]] {
		for _, b := range letters[codon[1]] {
			for _, c := range letters[codon[2]] {
				one := string([]rune{a, b, c})
				acid = standard[strings.IndexRune("ACGT", a)*16+strings.IndexRune("ACGT", b)*4+strings.IndexRune("ACGT", c)]
				if other := map[string]byte{"AGA": '*', "AGG": '*', "ATA": 'M', "TGA": 'W'}[one]; code == 2 && other != 0 {
					acid = other
				}
				acids[acid] = true
				starts = starts && strings.Contains(starting, one)
			}
		}
	}
	if len(acids) > 1 {
		acid = 'X'
	}
	return acid, starts
}

func gzipped(b []byte) []byte {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(b); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return packed.Bytes()
}
