package tabix_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki"
	"okazaki/format/bgzf"
	"okazaki/format/tabix"
	"okazaki/format/vcf"
	"okazaki/internal/filetest"
)

func file(b []byte) okazaki.File { return filetest.Memory(b) }

// A sample is a sorted VCF, packed, with its records.
type sample struct {
	packed  []byte
	records []record
}

type record struct {
	contig string
	lo, hi int
	line   string
}

// newSample draws a VCF: dense and sparse, short records and long ones, on
// contigs as long as length.
func newSample(tb testing.TB, seed uint64, length int) *sample {
	tb.Helper()
	r := rand.New(rand.NewPCG(seed, 2))
	s := &sample{}
	var text bytes.Buffer
	fmt.Fprintf(&text, "##fileformat=VCFv4.2\n##contig=<ID=1,length=%d>\n##contig=<ID=2,length=%d>\n##contig=<ID=X>\n", length, length)
	text.WriteString("##INFO=<ID=END,Number=1,Type=Integer,Description=\"end\">\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
	for _, contig := range []string{"1", "2", "X"} {
		at := r.IntN(1 << 14)
		for at < length && len(s.records) < 4000 {
			rec := record{contig: contig, lo: at, hi: at + 1}
			info := "."
			if r.IntN(20) == 0 {
				rec.hi = min(length, at+1+r.IntN(1<<(3+r.IntN(22))))
				info = fmt.Sprintf("END=%d", rec.hi)
			}
			rec.line = fmt.Sprintf("%s\t%d\t.\tA\tC\t.\t.\t%s", contig, at+1, info)
			s.records = append(s.records, rec)
			text.WriteString(rec.line + "\n")
			if r.IntN(50) == 0 {
				at += r.IntN(length / 8)
			}
			at += r.IntN(3000)
		}
	}
	s.packed = pack(tb, text.Bytes())
	return s
}

// pack uses small blocks, so that there are many.
func pack(tb testing.TB, text []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	z, err := bgzf.NewWriter(&b, 1, 1)
	for len(text) > 0 && err == nil {
		n := min(len(text), 1500)
		_, err = z.Write(text[:n])
		err = errors.Join(err, z.Flush())
		text = text[n:]
	}
	if err := errors.Join(err, z.Close()); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func (s *sample) index(tb testing.TB) (packed []byte, csi bool) {
	tb.Helper()
	b, err := vcf.Index("a.vcf.gz", file(s.packed))
	if err != nil {
		tb.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := b.WriteTo(&out); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes(), b.CSI()
}

// overlapping returns the lines of the records that overlap a region, found
// one by one.
func (s *sample) overlapping(contig string, lo, hi int) (lines []string) {
	for _, r := range s.records {
		if lo < hi && r.contig == contig && r.lo < hi && lo < r.hi {
			lines = append(lines, r.line)
		}
	}
	return lines
}

func (s *sample) query(t rapid.TB, x *tabix.Index, contig string, lo, hi int) (lines []string) {
	for rec, err := range vcf.Region("a.vcf.gz", file(s.packed), x, contig, lo, hi) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(rec.Text))
	}
	return lines
}

var lengths = []struct {
	name   string
	length int
	csi    bool
}{{"tbi", 1 << 24, false}, {"tbi/longest", tabix.MaxTBI, false}, {"csi", 3 << 30, true}}

// TestRegions compares our indexes, and the indexes of htslib, with a search
// of all records.
func TestRegions(t *testing.T) {
	for i, c := range lengths {
		t.Run(c.name, func(t *testing.T) {
			s := newSample(t, uint64(i), c.length)
			ours, csi := s.index(t)
			if csi != c.csi {
				t.Fatalf("a .csi: %v", csi)
			}
			indexes := map[string][]byte{"ours": ours}
			if _, err := exec.LookPath("tabix"); err == nil {
				indexes["htslib"] = theirs(t, s, csi)
			}
			for name, b := range indexes {
				x, err := tabix.Read(name, bytes.NewReader(b))
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(x.Contigs(), []string{"1", "2", "X"}) {
					t.Fatalf("%s: contigs %v", name, x.Contigs())
				}
				if n := int64(len(s.overlapping("2", 0, c.length))); x.Records("2") != n || x.Records("no") != 0 {
					t.Errorf("%s: %d records, want %d", name, x.Records("2"), n)
				}
				rapid.Check(t, func(t *rapid.T) {
					contig := rapid.SampledFrom([]string{"1", "2", "X", "Y"}).Draw(t, "contig")
					lo := rapid.IntRange(-5, c.length).Draw(t, "lo")
					hi := lo + rapid.IntRange(0, 1<<rapid.IntRange(0, 28).Draw(t, "size")).Draw(t, "length")
					got, want := s.query(t, x, contig, lo, hi), s.overlapping(contig, lo, hi)
					if !slices.Equal(got, want) {
						t.Fatalf("%s: %s:%d-%d has %d records, want %d", name, contig, lo, hi, len(got), len(want))
					}
				})
			}
		})
	}
}

// theirs is the index that htslib makes.
func theirs(t *testing.T, s *sample, csi bool) []byte {
	t.Helper()
	name := filepath.Join(t.TempDir(), "a.vcf.gz")
	write(t, name, s.packed)
	args, suffix := []string{"-p", "vcf", name}, ".tbi"
	if csi {
		args, suffix = append([]string{"-C"}, args...), ".csi"
	}
	if out, err := exec.Command("tabix", args...).CombinedOutput(); err != nil {
		t.Fatalf("tabix: %v: %s", err, out)
	}
	b, err := os.ReadFile(name + suffix)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(name, b, 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestHtslibReads asks tabix for regions by our indexes.
func TestHtslibReads(t *testing.T) {
	if _, err := exec.LookPath("tabix"); err != nil {
		t.Skip("to run it: install tabix, a package of Debian")
	}
	for i, c := range lengths {
		s := newSample(t, uint64(i), c.length)
		x, csi := s.index(t)
		name := filepath.Join(t.TempDir(), "a.vcf.gz")
		write(t, name, s.packed)
		suffix := ".tbi"
		if csi {
			suffix = ".csi"
		}
		write(t, name+suffix, x)
		r := rand.New(rand.NewPCG(9, uint64(i)))
		for range 8 {
			lo := r.IntN(c.length - 1)
			hi := min(c.length, lo+1+r.IntN(1<<r.IntN(27)))
			out, err := exec.Command("tabix", name, fmt.Sprintf("2:%d-%d", lo+1, hi)).CombinedOutput()
			if err != nil {
				t.Fatalf("tabix: %v: %s", err, out)
			}
			want := strings.Join(s.overlapping("2", lo, hi), "\n")
			if got := strings.TrimSpace(string(out)); got != want {
				t.Errorf("%s: 2:%d-%d: tabix finds\n%s\nwant\n%s", c.name, lo, hi, got, want)
			}
		}
	}
}

func TestUnsorted(t *testing.T) {
	const head = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
	for _, c := range []struct{ rows, want string }{
		{"1\t9\t.\tA\tC\t.\t.\t.\n1\t8\t.\tA\tC\t.\t.\t.\n", "a.vcf.gz:3: the records are not sorted: position 8 of 1 comes after 9"},
		{"1\t9\t.\tA\tC\t.\t.\t.\n2\t8\t.\tA\tC\t.\t.\t.\n1\t10\t.\tA\tC\t.\t.\t.\n", "a.vcf.gz:4: the records are not sorted: 1 comes again after 2"},
		{"1\tx\t.\tA\tC\t.\t.\t.\n", "a.vcf.gz:2: this is not a record of a VCF"},
	} {
		_, err := vcf.Index("a.vcf.gz", file(pack(t, []byte(head+c.rows))))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

func TestDamagedIndex(t *testing.T) {
	s := newSample(t, 1, 1<<20)
	x, _ := s.index(t)
	plain, err := io.ReadAll(bgzf.NewReader("x", file(x), 1))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{nil, []byte("no index"), plain[:len(plain)/2], plain[:40]} {
		_, err := tabix.Read("x.tbi", bytes.NewReader(b))
		var e *okazaki.Error
		if !errors.As(err, &e) || e.File != "x.tbi" {
			t.Errorf("%d bytes: %v", len(b), err)
		}
	}
}

func FuzzRead(f *testing.F) {
	for i, length := range []int{1 << 20, 3 << 30} {
		x, _ := newSample(f, uint64(i), length).index(f)
		plain, err := io.ReadAll(bgzf.NewReader("x", file(x), 1))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(plain[:min(len(plain), 2000)])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := tabix.Read("f", bytes.NewReader(b))
		if err != nil {
			return
		}
		for _, name := range x.Contigs() {
			x.Records(name)
			last := bgzf.Offset(0)
			for _, c := range x.Chunks(name, 1000, 1<<30) {
				if c.From < last {
					t.Fatal("chunks out of order")
				}
				last = c.From
			}
		}
	})
}
