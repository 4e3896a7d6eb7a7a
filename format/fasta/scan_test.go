package fasta

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"okazaki"
	"okazaki/internal/filetest"
)

func source(name, content string) Source {
	return Source{name, filetest.Memory([]byte(content))}
}

// row is a record as the tables write it.
func row(rec *Record) string {
	s := fmt.Sprintf("%s|%s|%s|%d", rec.Name, rec.Description, rec.Seq, rec.Line)
	if rec.Err != nil {
		s += "|" + rec.Err.Error()
	}
	return s
}

var scans = []struct {
	name, content string
	rows          []string
}{
	{"one", ">a\nACGT\n", []string{"a||ACGT|1"}},
	{"no line feed at the end", ">a\nACGT", []string{"a||ACGT|1"}},
	{"description", ">a  b c\t\nAC\n", []string{"a|b c|AC|1"}},
	{"blank before the name", "> a\tb\nAC\n", []string{"a|b|AC|1"}},
	{"wrapped", ">a\nAC\nGT\n\nA\n>b\nC\n", []string{"a||ACGTA|1", "b||C|6"}},
	{"carriage returns", ">a b\r\nAC\r\nGT\r\n>c\r\nA\r\n", []string{"a|b|ACGT|1", "c||A|4"}},
	{"spaces and tabs", ">a\n AC GT\t\n\tA \n", []string{"a||ACGTA|1"}},
	{"case stays", ">a\nacgtN\n", []string{"a||acgtN|1"}},
	{"all letters", ">a\nACGTURYSWKMBDHVNacgturyswkmbdhvn-.*?\n", []string{"a||ACGTURYSWKMBDHVNacgturyswkmbdhvn-.*?|1"}},
	{"blank lines first", "\n \r\n>a\nC\n", []string{"a||C|3"}},
	{"byte order mark", "\uFEFF>a\nC\n", []string{"a||C|1"}},
	{"UTF-8 in a name", ">Côte_d'Ivoire/1 x\nC\n", []string{"Côte_d'Ivoire/1|x|C|1"}},
	{"names may repeat", ">a\nC\n>a\nG\n", []string{"a||C|1", "a||G|3"}},
	{"sign inside a name", ">a>b\nC\n", []string{"a>b||C|1"}},
	{"no letters", ">a\n>b\n\n>c\nC\n>d", []string{
		`a|||1|f:1: record "a": it has no letters; leave it out, or fetch it again`,
		`b|||2|f:2: record "b": it has no letters; leave it out, or fetch it again`,
		`c||C|4`,
		`d|||6|f:6: record "d": it has no letters; leave it out, or fetch it again`}},
	{"a letter of no nucleotide", ">a\nAC\nGEJ\n>b\nC\n", []string{
		`a||ACGEJ|1|f:3: record "a": 'E' at base 4 is no letter of a nucleotide; the letters are ACGTU, RYSWKMBDHVN and for gaps -.*?`,
		`b||C|4`}},
	{"a sign inside a line", ">a\nAC>GT\n", []string{
		`a||AC>GT|1|f:2: record "a": '>' at base 3 is no letter of a nucleotide; the letters are ACGTU, RYSWKMBDHVN and for gaps -.*?`}},
}

func TestScan(t *testing.T) {
	for _, test := range scans {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for rec, err := range Scan("f", strings.NewReader(test.content)) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, row(rec))
			}
			if g, w := strings.Join(got, "\n"), strings.Join(test.rows, "\n"); g != w {
				t.Errorf("got\n%s\nwant\n%s", g, w)
			}
			x, err := NewIndex(context.Background(), []Source{source("f", test.content)}, IndexOptions{AllowDuplicates: true})
			if err != nil || x.Records() != int64(len(test.rows)) {
				t.Errorf("the index has %v records, %v", x, err)
			}
		})
	}
}

var refusals = []struct{ name, content, want string }{
	{"empty", "", "f: the file is empty; copy or download it again"},
	{"blank", "\n \n", "f: the file holds nothing but blank lines; copy or download it again"},
	{"FASTQ", "@r1\nACGT\n+\nIIII\n", "f:1: this looks like FASTQ, not FASTA; convert it with seqtk seq -A, if these are whole genomes and not reads"},
	{"VCF", "##fileformat=VCFv4.2\n", "f:1: this looks like VCF, not FASTA; name the FASTA file of the genomes"},
	{"HTML", "\n<!DOCTYPE html>\n", "f:2: this looks like HTML, not FASTA; a web page was saved in place of the file: download it again"},
	{"SAM", "@HD\tVN:1.6\n", "f:1: this looks like SAM, not FASTA; write its sequences with samtools fasta"},
	{"GenBank", "LOCUS       NC_045512\n", "f:1: this looks like GenBank, not FASTA; download it as FASTA"},
	{"letters alone", "ACGT\n", `f:1: the first line begins with "ACGT", not with '>'; a FASTA file begins with '>' and a name`},
	{"binary", "\x00\x01\x02", "f:1: this is not text; name a file of FASTA, plain or compressed with gzip, bgzip, zstd or xz"},
	{"zip", "PK\x03\x04", "f: this is a zip archive, which is not read here; unpack it with unzip and name the files in it"},
	{"no name", ">a\nC\n>\nG\n", "f:3: a record without a name; write a name after the '>'"},
	{"blank name", "> \t\r\nC\n", "f:1: a record without a name; write a name after the '>'"},
	{"binary tail", ">a\nACGT\nAC\x00\x01\n", `f:3: record "a": byte 0x00 after base 6 is not text; the file is damaged or binary from here on: copy or download it again`},
	{"beyond ASCII", ">a\nAC\xc3\xa9\n", `f:2: record "a": byte 0xc3 after base 2 is not text; the file is damaged or binary from here on: copy or download it again`},
	{"binary header", ">a\nC\n>b\x01\nC\n", "f:3: byte 0x01 at column 3 of a header is not text; the file is damaged or binary from here on: copy or download it again"},
	{"Latin-1", ">C\xf4te\nC\n", "f:1: a header is not UTF-8; if it is Latin-1, convert the file with iconv -f latin1 -t utf8; else copy or download it again"},
	{"old Mac", ">a\rACGT\r>b\rC\r", `f:1: the lines end with a carriage return alone, as on old Macs; convert the file with tr '\r' '\n'`},
	{"binary after a long name", ">" + strings.Repeat("x", 1000) + "\n\x00", `f:2: record "` + strings.Repeat("x", 100) + `…": byte 0x00 after base 0 is not text; the file is damaged or binary from here on: copy or download it again`},
	{"long header", ">" + strings.Repeat("x", bufferSize), "f:1: a header line of more than 262144 bytes; check that the file is FASTA and was not damaged"},
}

func TestRefused(t *testing.T) {
	for _, test := range refusals {
		t.Run(test.name, func(t *testing.T) {
			var scanned error
			for _, err := range Scan("f", strings.NewReader(test.content)) {
				scanned = err
			}
			_, indexed := NewIndex(context.Background(), []Source{source("f", test.content)}, IndexOptions{})
			for how, err := range map[string]error{"Scan": scanned, "NewIndex": indexed} {
				var e *okazaki.Error
				if !errors.As(err, &e) || e.Error() != test.want {
					t.Errorf("%s: got %v\nwant %s", how, err, test.want)
				}
			}
		})
	}
}

func TestDuplicates(t *testing.T) {
	two := []Source{source("one", ">a\nC\n>b\nC\n"), source("two", ">c\nC\n>b x\nG\n")}
	_, err := NewIndex(context.Background(), two, IndexOptions{})
	const want = `two:3: record "b": the name was used before, at one:3; give each record a name of its own, or leave one of them out`
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	if x, err := NewIndex(context.Background(), two, IndexOptions{AllowDuplicates: true}); err != nil || x.Records() != 4 {
		t.Error("allowed, the index is", x, err)
	}
}

// Records of one name are numbered, and by no number that makes another's name.
func TestNumbers(t *testing.T) {
	for _, test := range []struct {
		name, one, two string
		whole          bool
		want           []string
	}{
		{"none", ">a\nC\n>b\nC\n", ">c\nC\n", false, []string{"a", "b", "c"}},
		{"across files", ">a\nC\n>b\nC\n", ">a\nC\n>a\nG\n", false, []string{"a", "b", "a_2", "a_3"}},
		{"a number that is taken", ">a\nC\n>a\nC\n", ">a_2\nC\n>a_4\nC\n>a\nC\n>a\nC\n>a_2\nC\n", false, []string{"a", "a_3", "a_2", "a_4", "a_5", "a_6", "a_2_2"}},
		{"first words", ">a x\nC\n", ">a y\nC\n", false, []string{"a", "a_2"}},
		{"no names", ">\nC\n>a\nC\n> \nG\n", ">unnamed_2\nC\n>\t\r\nC\n", true, []string{"unnamed", "a", "unnamed_3", "unnamed_2", "unnamed_4"}},
		{"whole lines", ">a x\nC\n>a y\nC\n", ">a x\nC\n", true, []string{"a x", "a y", "a x_2"}},
	} {
		sources := []Source{source("one", test.one), source("two", test.two)}
		x, err := NewIndex(t.Context(), sources, IndexOptions{Number: true, Whole: test.whole, AllowUnnamed: test.whole})
		if err != nil {
			t.Fatal(err)
		}
		b, err := x.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var y Index
		if err := y.UnmarshalBinary(b); err != nil {
			t.Fatal(err)
		}
		var got []string
		for rec, err := range NewReader(sources, &y).Records(t.Context(), 0, y.Records()) {
			if err != nil {
				t.Fatal(err)
			}
			name := rec.Name
			if test.whole {
				name = rec.Header
			}
			got = append(got, Numbered(name, y.Number(int64(len(got)))))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestOpenMissing(t *testing.T) {
	for path, want := range map[string]string{
		"testdata/none.fasta": "testdata/none.fasta: there is no such file; check the spelling and the folder",
		"testdata":            "testdata: this is not a regular file; name a file of FASTA",
	} {
		var e *okazaki.Error
		if _, err := Open(path); !errors.As(err, &e) || e.Error() != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
	var e *okazaki.Error
	if _, err := NewIndex(context.Background(), []Source{{Name: "gone"}}, IndexOptions{}); !errors.As(err, &e) || !errors.Is(err, os.ErrNotExist) {
		t.Error("a source without a file:", err)
	}
}
