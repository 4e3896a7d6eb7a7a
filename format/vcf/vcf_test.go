package vcf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"okazaki"
	"okazaki/format/bgzf"
	"okazaki/format/unpack"
	"okazaki/internal/filetest"
)

func toy(tb testing.TB) []byte {
	tb.Helper()
	b, err := os.ReadFile("testdata/toy.vcf")
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func open(tb testing.TB, b []byte) *Reader {
	tb.Helper()
	r, err := Open("toy.vcf", filetest.Memory(b), 2)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = r.Close() })
	return r
}

func TestHeader(t *testing.T) {
	h := open(t, toy(t)).Header()
	if h.Version != "VCFv4.3" || h.Get("reference") != "file:///toy.fa" || h.Columns != 11 || h.Lines != 9 {
		t.Errorf("%+v", h)
	}
	if want := []Contig{{"chr1", 1000, `toy, "1"`}, {"chr2", 0, ""}}; !slices.Equal(h.Contigs, want) {
		t.Errorf("contigs %v", h.Contigs)
	}
	if want := (Field{"AF", "A", "Float", `share, of "all" alleles`}); h.Info["AF"] != want {
		t.Errorf("AF is %v", h.Info["AF"])
	}
	if len(h.Info) != 2 || len(h.Format) != 2 || h.Format["PS"].Type != "Integer" {
		t.Errorf("INFO %v FORMAT %v", h.Info, h.Format)
	}
	if !slices.Equal(h.Samples, []string{"mother", "child"}) || h.Sample("child") != 1 || h.Sample("x") != -1 {
		t.Errorf("samples %v", h.Samples)
	}
	if !bytes.HasPrefix(toy(t), h.Text) || !bytes.HasSuffix(h.Text, []byte("child\n")) {
		t.Error("the text differs from the file's header")
	}
}

func TestRecords(t *testing.T) {
	r := open(t, toy(t))
	var got []string
	for rec, err := range r.Records() {
		if err != nil {
			t.Fatal(err)
		}
		s := fmt.Sprintf("%d %s %d-%d %s %s", rec.Line, rec.Chrom, rec.Pos, rec.End(), rec.ID, rec.Ref)
		for i, a := range rec.Alts() {
			s += fmt.Sprintf(" %d:%s:%d", i, a, KindOf(a))
		}
		s += fmt.Sprintf(" %s %s %s", rec.Qual, rec.Filter, rec.Format())
		for i, sample := range rec.Samples() {
			var g Genotype
			g.Parse(Value(sample, rec.FieldIndex("GT")))
			ps, ok := PhaseSet(Value(sample, rec.FieldIndex("PS")))
			s += fmt.Sprintf(" %d%v%v%v", i, g.Alleles, g.AllPhased(), ps)
			if ok != (ps > 0) {
				t.Errorf("phase set %d, %v", ps, ok)
			}
		}
		got = append(got, s)
	}
	want := []string{
		"10 chr1 -1-40 . N 0:<DEL>:3 . . GT 0[0 1]false0 1[-1 1]false0",
		"11 chr1 16-17 rs1;rs2 A 0:C:0 1:*:2 2:G:0 30 PASS GT:DP:PS 0[1 3]true17 1[0 0]true0",
		"12 chr1 19-21 . AC . q10;s50 GT 0[0]true0 1[-1]true0",
		"13 chr2 4-5 . G 0:G]chr1:9]:4 1:GT:0 1e3 PASS GT 0[-1]true0 1[1 2]false0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("records\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestInfo(t *testing.T) {
	rec := Record{Info: []byte("AC=1;AFX=2;AF=0.5,0.1;DB;END=7")}
	for key, want := range map[string]string{"AF": "0.5,0.1", "AC": "1", "AFX": "2", "DB": "", "END": "7"} {
		if v, ok := rec.Get(key); !ok || string(v) != want {
			t.Errorf("%s is %q, %v", key, v, ok)
		}
	}
	for _, key := range []string{"A", "D", "DBB", "AF=", "0.1"} {
		if v, ok := rec.Get(key); ok {
			t.Errorf("%s is %q", key, v)
		}
	}
}

func TestGenotypes(t *testing.T) {
	for _, c := range []struct {
		gt      string
		alleles []int
		phased  []bool
	}{
		{"0/1", []int{0, 1}, []bool{false, false}},
		{"10|0", []int{10, 0}, []bool{true, true}},
		{"./1", []int{NoCall, 1}, []bool{false, false}},
		{"1", []int{1}, []bool{true}},
		{".", []int{NoCall}, []bool{true}},
		{"0/1|2", []int{0, 1, 2}, []bool{false, false, true}},
		{"|0/1", []int{0, 1}, []bool{true, false}},
		{"/0|1", []int{0, 1}, []bool{false, true}},
		{"", nil, nil},
		{"0/", nil, nil},
		{"a", nil, nil},
		{"0//1", nil, nil},
		{"99999999999999999999", nil, nil},
	} {
		var g Genotype
		ok := g.Parse([]byte(c.gt))
		if ok != (c.alleles != nil) || !slices.Equal(g.Alleles, c.alleles) || !slices.Equal(g.Phased, c.phased) {
			t.Errorf("%q: %v %v %v", c.gt, ok, g.Alleles, g.Phased)
		}
	}
	g := Genotype{Alleles: []int{1, 1, 0}}
	if g.Count(1) != 2 || g.Count(0) != 1 || g.Count(2) != 0 {
		t.Error("wrong counts")
	}
}

// TestCodecs reads the same records however they are compressed, and however
// slowly they come.
func TestCodecs(t *testing.T) {
	plain := toy(t)
	var gz, bg, zs bytes.Buffer
	w := gzip.NewWriter(&gz)
	b, _ := bgzf.NewWriter(&bg, 6, 1)
	z, _ := zstd.NewWriter(&zs)
	for _, w := range []io.WriteCloser{w, b, z} {
		_, err := w.Write(plain)
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
	}
	for codec, packed := range map[unpack.Codec][]byte{unpack.Plain: plain, unpack.Gzip: gz.Bytes(), unpack.BGZF: bg.Bytes(), unpack.Zstd: zs.Bytes()} {
		slow, err := NewReader("toy", iotest.OneByteReader(bytes.NewReader(packed)))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []*Reader{open(t, packed), slow} {
			n := 0
			for rec, err := range r.Records() {
				if err != nil || !bytes.Contains(plain, append(append([]byte("\n"), rec.Text...), '\n')) {
					t.Fatalf("%v: %q, %v", codec, rec.Text, err)
				}
				n++
			}
			if n != 4 || r.Codec() != codec {
				t.Errorf("%d records, read as %v, want %v", n, r.Codec(), codec)
			}
		}
		if err := slow.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestBrokenFiles(t *testing.T) {
	plain := string(toy(t))
	head := plain[:strings.Index(plain, "chr1\t0")]
	row := func(col ...string) string { return head + strings.Join(col, "\t") + "\n" }
	for _, c := range []struct {
		name, text, want string
	}{
		{"empty", "", "there is no line of columns"},
		{"no header", strings.Repeat("chr1\t1\t.\tA\tC\t.\t.\t.\n", 3), "there is no line of columns"},
		{"other columns", "##x\n#CHROM\tPOS\tREF\n", "toy.vcf:2: the header's last line"},
		{"two headers", head + head, "toy.vcf:10: a second header"},
		{"no FORMAT", strings.Replace(head, "FORMAT\tm", "m", 1), `the column after INFO is "mother"`},
		{"one sample twice", strings.Replace(head, "mother", "child", 1), `two samples are named "child"`},
		{"few columns", row("chr1", "1", ".", "A"), "toy.vcf:10: this is not a record of a VCF: there are fewer than eight columns"},
		{"cut short", strings.TrimSuffix(plain, "\t1/2\n"), "toy.vcf:13: this is not a record of a VCF: it has 10 columns, and the header 11"},
		{"no position", row("chr1", "x", ".", "A", "C", ".", ".", ".", "GT", ".", "."), "POS is not a position"},
		{"no REF", row("chr1", "1", ".", "", "C", ".", ".", ".", "GT", ".", "."), "REF is empty"},
		{"no ALT", row("chr1", "1", ".", "A", "", ".", ".", ".", "GT", ".", "."), "ALT is empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Open("toy.vcf", filetest.Memory([]byte(c.text)), 1)
			for err == nil {
				_, err = r.Read()
			}
			var e *okazaki.Error
			if !errors.As(err, &e) || !strings.Contains(e.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// endless is a line that never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'A'
	}
	return len(p), nil
}

func TestEndlessLine(t *testing.T) {
	head := "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\nchr1\t1\t.\tA\tC\t.\t.\t"
	r, err := NewReader("long.vcf", io.MultiReader(strings.NewReader(head), endless{}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(); err == nil || !strings.Contains(err.Error(), "long.vcf:2: the line is longer than 64 MiB") {
		t.Error(err)
	}
	if _, err := NewReader("long.vcf", io.MultiReader(strings.NewReader("##"), endless{})); err == nil || !strings.Contains(err.Error(), "long.vcf:1: the line is longer") {
		t.Error(err)
	}
}

// TestLastLineWithoutItsEnd reads a file whose last line has no line end, and
// Windows' line ends.
func TestLastLineWithoutItsEnd(t *testing.T) {
	plain := toy(t)
	for _, text := range [][]byte{bytes.TrimSuffix(plain, []byte("\n")), append(slices.Clone(plain), "\n\n"...), bytes.ReplaceAll(plain, []byte("\n"), []byte("\r\n"))} {
		n := 0
		for rec, err := range open(t, text).Records() {
			if err != nil || bytes.HasSuffix(rec.Text, []byte("\r")) {
				t.Fatal(rec, err)
			}
			n++
		}
		if n != 4 {
			t.Errorf("%d records", n)
		}
	}
}

func TestParseAllocatesNothing(t *testing.T) {
	lines := bytes.Split(bytes.TrimSuffix(toy(t), []byte("\n")), []byte("\n"))[9:]
	var rec Record
	if n := testing.AllocsPerRun(10, func() {
		for _, l := range lines {
			if rec.Parse(l) != nil {
				t.Fatal("not parsed")
			}
			rec.Get("AF")
			for range rec.Alts() {
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(toy(f))
	f.Add([]byte("##a=<b=\"\\\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\nc\t1\t\tA\t<,]\t\t\t;=\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := NewReader("f", bytes.NewReader(b))
		if err != nil {
			return
		}
		last := r.Header().Lines
		for rec, err := range r.Records() {
			if err != nil {
				return
			}
			if rec.Line <= last || rec.Pos < -1 {
				t.Fatalf("line %d after %d, position %d", rec.Line, last, rec.Pos)
			}
			last = rec.Line
			rebuilt := bytes.Join([][]byte{rec.Chrom, nil, rec.ID, rec.Ref, rec.Alt, rec.Qual, rec.Filter, rec.Info}, []byte("\t"))
			if len(rebuilt) > len(rec.Text) {
				t.Fatalf("%q of %q", rebuilt, rec.Text)
			}
			var alts [][]byte
			for _, a := range rec.Alts() {
				KindOf(a)
				alts = append(alts, a)
			}
			if len(alts) > 0 && !bytes.Equal(bytes.Join(alts, []byte(",")), rec.Alt) {
				t.Fatalf("alleles %q of %q", alts, rec.Alt)
			}
			n := 0
			gt := rec.FieldIndex("GT")
			for _, s := range rec.Samples() {
				var g Genotype
				g.Parse(Value(s, gt))
				if len(g.Alleles) != len(g.Phased) {
					t.Fatal("alleles and phases differ in number")
				}
				n++
			}
			if n != len(r.Header().Samples) {
				t.Fatalf("%d samples of %d", n, len(r.Header().Samples))
			}
			rec.End()
		}
	})
}

func BenchmarkParse(b *testing.B) {
	line := []byte("chr7\t117559590\trs113993960\tATCT\tA\t50\tPASS\tAC=1;AF=0.5;AN=2;DP=30\tGT:AD:DP:GQ:PL\t0/1:15,15:30:99:500,0,500")
	var rec Record
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		if err := rec.Parse(line); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzQuote reads back what was quoted.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", `a "b" \c\`, "Näme, of <x>=1\u00a0%", "line\nline\ttab\x7f", "\xff", "\U000e0041"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := "##fileformat=VCFv4.3\n##INFO=<ID=A,Number=1,Type=String,Description=" + Quote(s) + ">\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
		h, err := ParseHeader("x.vcf", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Map(func(c rune) rune {
			if c < ' ' || c == 0x7f {
				return ' '
			}
			return c
		}, s)
		if got := h.Info["A"].Description; got != want || len(h.Info) != 1 || h.Lines != 3 {
			t.Errorf("%q is quoted as %s, and read back as %q on %d lines", s, Quote(s), got, h.Lines)
		}
	})
}
