package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okazaki"
	"okazaki/analysis/guide"
	"okazaki/analysis/variant/gene"
	"okazaki/analysis/variant/known"
)

const (
	checkedGenes = "##gff-version 3\n" +
		"a\t.\tgene\t3\t20\t.\t+\t.\tID=gene:g;Name=G\n" +
		"a\t.\tmRNA\t3\t20\t.\t+\t.\tID=transcript:t;Parent=gene:g;biotype=protein_coding\n" +
		"a\t.\texon\t3\t20\t.\t+\t.\tParent=transcript:t\na\t.\tCDS\t3\t20\t.\t+\t0\tParent=transcript:t\n"
	checkedSource = "##fileformat=VCFv4.2\n##INFO=<ID=AF,Number=A,Type=Float,Description=\"f\">\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n" +
		"a\t5\t.\tG\tA\t.\t.\tAF=0.5\na\t2000000\t.\tG\tA\t.\t.\tAF=0.25\nb\t7\t.\tG\tGA\t.\t.\tAF=0.125\n"
)

// smallIndexes returns a small index of each kind, by its ending.
func smallIndexes(t *testing.T) map[string][]byte {
	genome, err := os.ReadFile("testdata/checked.fasta")
	if err != nil {
		t.Fatal(err)
	}
	made := map[string][]byte{}
	pam, err := guide.NewPAM("NGG", false)
	if err != nil {
		t.Fatal(err)
	}
	b, err := guide.NewBuilder(pam, 20)
	if err != nil {
		t.Fatal(err)
	}
	for record := range bytes.SplitSeq(genome, []byte(">")) {
		if name, letters, ok := bytes.Cut(record, []byte("\n")); ok {
			err = errors.Join(err, b.Add(string(name), bytes.TrimSpace(letters), false))
		}
	}
	m, compiled := gene.Options{}.Compile(gene.Text{Name: "g.gff3", Reader: strings.NewReader(checkedGenes)}, gene.Text{Name: "g.fasta", Reader: bytes.NewReader(genome)})
	if err = errors.Join(err, compiled); err != nil {
		t.Fatal(err)
	}
	for ending, write := range map[string]func(io.Writer) error{
		".okx": func(w io.Writer) error { return b.Write(t.Context(), w) },
		".okg": m.Write,
		".okk": func(w io.Writer) error {
			_, err := known.Build(t.Context(), "s.vcf", strings.NewReader(checkedSource), known.Options{Assembly: "a"}, w)
			return err
		},
	} {
		var file bytes.Buffer
		if err := write(&file); err != nil {
			t.Fatal(err)
		}
		made[ending] = file.Bytes()
	}
	return made
}

// TestIndexCheckFindsAnyChange changes bytes of an index of each kind, in each
// of its sections, cuts it short and appends to it: each is one error that
// names the file.
func TestIndexCheckFindsAnyChange(t *testing.T) {
	for ending, whole := range smallIndexes(t) {
		path := filepath.Join(t.TempDir(), "index"+ending)
		see := func(what string, b []byte, want string) {
			t.Helper()
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			text, _, err := checkIndex(t.Context(), path)
			if err == nil && want == "" && text != "" {
				return
			}
			mend, ok := errors.AsType[*okazaki.Error](err)
			if !ok || want == "" || mend.File != path || mend.Hint == "" || !strings.Contains(mend.Message, want) {
				t.Errorf("%s, %s: %v, want %q", ending, what, err, want)
			}
		}
		see("whole", whole, "")
		step := 1 + len(whole)/1200
		for at := 0; at < len(whole); at += step {
			b := bytes.Clone(whole)
			b[at] ^= 1 << (at % 8)
			see(fmt.Sprintf("byte %d of %d changed", at, len(b)), b, "th") // this is not, or the file is
		}
		for n := 0; n < len(whole); n += 1 + len(whole)/100 {
			want := "cut short"
			if n < 8 {
				want = "this is not an index of okazaki"
			}
			see(fmt.Sprintf("%d bytes of %d", n, len(whole)), whole[:n], want)
		}
		see("a byte more", append(bytes.Clone(whole), 0), fmt.Sprintf("has bytes after its end: it has %d, not %d", len(whole)+1, len(whole)))
		see("twice", append(bytes.Clone(whole), whole...), "has bytes after its end")
		b := bytes.Clone(whole)
		b[8]++
		see("another version", b, "this okazaki reads version")
	}
}
