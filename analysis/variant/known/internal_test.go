package known

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki"
	"okazaki/format/container"
	"okazaki/genome"
	"okazaki/internal/filetest"
)

func TestDecimalsComeOutAsTheyWere(t *testing.T) {
	for text, inline := range map[string]bool{
		"0": true, "7": true, "0.5": true, "0.50": true, "0.000199681": true, "6.57895e-06": true, "1e-05": true, "1.0e-05": true, "-3": true, "-0.25": true,
		"8388607": true, "8388608": false, "1461894": true, "00": false, ".5": false, "1.": false, "1e5": false, "1E-05": false, "0.0e-05": false, "inf": false, "1,2": false, "+1": false, "e-05": false, "": false,
	} {
		d, ok := parseDecimal([]byte(text))
		if ok != inline {
			t.Errorf("%q: inline is %v", text, ok)
		} else if ok && string(d.append(nil)) != text {
			t.Errorf("%q comes out as %q", text, d.append(nil))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Float64Range(-10, 10).Draw(t, "v") * rapid.SampledFrom([]float64{1, 1e-3, 1e-7, 1e-20, 1e-60, 1e6}).Draw(t, "scale")
		text := strconv.FormatFloat(v, byte(rapid.SampledFrom([]rune("gf")).Draw(t, "form")), rapid.IntRange(1, 9).Draw(t, "digits"), 64)
		d, ok := parseDecimal([]byte(text))
		if !ok {
			return
		}
		want, err := strconv.ParseFloat(text, 64)
		if err != nil || d.float() != want || string(d.append(nil)) != text || d == noValue || d&asText != 0 {
			t.Fatalf("%s is %v, %s", text, d.float(), d.append(nil))
		}
	})
}

func TestWhatOpsMake(t *testing.T) {
	for _, tt := range []struct {
		op     Op
		values string
		want   string
	}{
		// As vcfanno 0.3.5 has it, but for its mean, which it rounds.
		{Self, "foo bar foo", "foo,bar,foo"}, {First, "foo bar foo", "foo"}, {Concat, "foo bar foo", "foo,bar,foo"}, {Uniq, "foo bar foo", "foo,bar"}, {Count, "foo bar foo", "3"}, {Flag, "foo bar foo", "1"},
		{Max, "1.5 2.5 -3", "2.5"}, {Min, "1.5 2.5 -3", "-3"}, {Mean, "1.5 2.5 -3", "0.3333333333333333"}, {Sum, "1.5 2.5 -3", "1"}, {Self, "1.5 2.5 -3", "1.5,2.5,-3"},
		{Max, "0.10 1e-1", "0.10"}, {Max, "x 0.1,0.30 0.2", "0.30"}, {Max, "x y", ""}, {Sum, "0.1 0.2", "0.30000000000000004"}, {Count, "", ""}, {Flag, "", ""}, {Mean, "", ""}, {First, " b", "b"},
	} {
		var values [][]byte
		for v := range strings.SplitSeq(tt.values, " ") {
			values = append(values, []byte(v))
		}
		if got := string(tt.op.reduce([]byte("x"), values)); got != "x"+tt.want {
			t.Errorf("%s of %s is %s, want %s", tt.op, tt.values, got[1:], tt.want)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "c.toml: the configuration has no [[annotation]]",
		"file=\"x\"":                   "c.toml:1: file comes before the first [[annotation]]",
		"[[annotation]]\nfields=[AF]":  "c.toml:2: [AF] is neither a text in quotes, a number nor a list of them",
		"[[postannotation]]":           "c.toml:1: there is no table [[postannotation]] here",
		"[[annotation]]\nlua=\"x\"":    "c.toml:2: there is no lua here",
		"\n[[annotation]]\nfile=\"x\"": "c.toml:2: the [[annotation]] has neither fields nor columns",
		"[[annotation]]\nfields=[\"AF\"]\nops=[\"lua:x\"]":          `c.toml:1: there is no op "lua:x"; one of self`,
		"[[annotation]]\nfields=[\"AF\",\"B\"]\nops=[\"self\"]":     "c.toml:1: the [[annotation]] has 2 fields, 1 ops and 0 names",
		"[[annotation]]\nfields=[\"AF\"]\ncolumns=[3]\nops=[\"x\"]": "c.toml:3: fields and columns are given twice",
	} {
		_, err := ReadConfig("c.toml", strings.NewReader(text))
		if _, ok := errors.AsType[*okazaki.Error](err); !ok || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

const small = `##fileformat=VCFv4.2
##reference=GRCh38
##INFO=<ID=AF,Number=A,Type=Float,Description="frequency">
##INFO=<ID=SET,Number=1,Type=String,Description="set">
#CHROM	POS	ID	REF	ALT	QUAL	FILTER	INFO
1	100	.	CA	C,CAA,TA	.	PASS	AF=0.5,1e-05,.;SET=a,b
1	100	.	CAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA	C,N	.	PASS	AF=12345678901,0.25;SET=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
1	1048577	.	A	C	.	LOW	AF=1
`

const bed = "1\t5\t9\tfoo\n1\t6\t2097153\tbar\n"

func made(t testing.TB, name, text string) []byte {
	var w bytes.Buffer
	if _, err := Build(context.Background(), name, strings.NewReader(text), Options{Assembly: "GRCh38"}, &w); err != nil {
		t.Fatal(err)
	}
	return w.Bytes()
}

// visit asks a source everything.
func visit(s *Source) error {
	c := s.Cursor()
	fields := func() {
		for i := range s.foot.Fields {
			c.Append(nil, i)
			c.Number(i)
			c.Code(i)
		}
	}
	for contig, at := range s.foot.Contigs {
		for _, ref := range at.Chunks {
			lo := ref.Number << chunkBits
			if s.Intervals() {
				for _, r := range []genome.Region{{Lo: lo, Hi: lo + chunkSize}, {Lo: lo, Hi: lo + 6}, {Lo: lo + 7, Hi: lo + 7}} {
					c.Overlap(contig, r)
					fields()
				}
				continue
			}
			c.Near(contig, lo, lo+chunkSize, func(k Key) bool {
				fields()
				s.Cursor().Find(contig, k)
				return true
			})
		}
	}
	return c.Err()
}

// FuzzOpen gives damaged files to Open. With mend, the checksums are right,
// so that the code behind them is tried too.
func FuzzOpen(f *testing.F) {
	for _, b := range [][]byte{made(f, "x.vcf", small), made(f, "x.bed", bed)} {
		f.Add(b, uint(0), byte(0), false)
		for at := uint(0); at < uint(len(b)); at += 5 {
			f.Add(b, at, byte(255), true)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, at uint, with byte, mend bool) {
		b = bytes.Clone(b)
		if len(b) > 0 {
			b[at%uint(len(b))] ^= with
		}
		if mend {
			if _, foot, err := open("x", filetest.Memory(b)); err == nil {
				for _, c := range foot.Contigs {
					for i := range c.Chunks {
						r := &c.Chunks[i]
						r.Sum = container.Sum(b[r.At : r.At+r.Len])
					}
				}
				end := foot.end(int64(len(b)+7) &^ 7)
				b = append(append(b, make([]byte, (8-len(b)%8)%8)...), end...)
			}
		}
		s, err := Open("x", filetest.Memory(b))
		if err != nil {
			if _, ok := errors.AsType[*okazaki.Error](err); !ok {
				t.Fatal(err)
			}
			return
		}
		if err := visit(s); err != nil {
			if _, ok := errors.AsType[*okazaki.Error](err); !ok {
				t.Fatal(err)
			}
		}
	})
}

func FuzzBuild(f *testing.F) {
	f.Add("x.vcf", small)
	f.Add("x.bed", bed)
	f.Add("x.tsv", "#chrom\tpos\tref\talt\tscore\n1\t7\tA\tC\t0.5\n")
	f.Fuzz(func(t *testing.T, name, text string) {
		var w bytes.Buffer
		if _, err := Build(context.Background(), name, strings.NewReader(text), Options{Assembly: "GRCh38"}, &w); err != nil {
			if _, ok := errors.AsType[*okazaki.Error](err); !ok {
				t.Fatal(err)
			}
			return
		}
		s, err := Open("x", filetest.Memory(w.Bytes()))
		if err == nil {
			err = visit(s)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
}

// TestAWorkerReadsItsChunksOnly counts the bytes read from a file with many
// chunks.
func TestAWorkerReadsItsChunksOnly(t *testing.T) {
	var text strings.Builder
	for i := range 100 {
		text.WriteString("1\t" + strconv.Itoa(i<<20) + "\t" + strconv.Itoa(i<<20+10) + "\t" + strings.Repeat("x", 1000+i) + "\n")
	}
	b := made(t, "x.bed", text.String())
	r := &counted{Reader: bytes.NewReader(b)}
	s, err := Open("x", r)
	if err != nil {
		t.Fatal(err)
	}
	r.read = 0
	c := s.Cursor()
	if c.Overlap(0, genome.Region{Lo: 17<<20 + 3, Hi: 17<<20 + 4}) != 1 || c.Err() != nil {
		t.Error("it is not found", c.Err())
	}
	if ref := s.foot.Contigs[0].Chunks[17]; int64(r.read) != ref.Len {
		t.Errorf("%d bytes were read for a chunk of %d", r.read, ref.Len)
	}
}

type counted struct {
	*bytes.Reader
	read int
}

func (c *counted) ReadAt(p []byte, at int64) (int, error) {
	n, err := c.Reader.ReadAt(p, at)
	c.read += n
	return n, err
}

func (*counted) Close() error { return nil }
