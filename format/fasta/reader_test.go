package fasta

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"okazaki"
	"okazaki/format/unpack"
)

// toy is FASTA of n records, with all that a record may have: wrapped or not,
// without letters, with letters that are not a nucleotide's, with carriage
// returns.
func toy(rng *rand.Rand, n, letters int) string {
	var b strings.Builder
	alphabet := []string{"ACGT", "ACGTN-", "acgtnACGTN", "ACGTRYK", "ACGTEFI"}
	for i := range n {
		end := "\n"
		if rng.IntN(8) == 0 {
			end = "\r\n"
		}
		fmt.Fprintf(&b, ">r%d", i)
		if rng.IntN(2) == 0 {
			fmt.Fprintf(&b, " of %d", n)
		}
		b.WriteString(end)
		of := alphabet[rng.IntN(len(alphabet))]
		width := 1 + rng.IntN(100)
		if rng.IntN(4) == 0 {
			width = letters
		}
		for left := rng.IntN(letters); left > 0; left -= width {
			for range min(left, width) {
				b.WriteByte(of[rng.IntN(len(of))])
			}
			b.WriteString(end)
		}
	}
	return b.String()
}

// packers compress a text; the ones that make many parts begin one each few
// bytes.
var packers = []struct {
	name string
	pack func(tb testing.TB, rng *rand.Rand, text string) []byte
}{
	{"plain", func(_ testing.TB, _ *rand.Rand, text string) []byte { return []byte(text) }},
	{"gzip", func(tb testing.TB, _ *rand.Rand, text string) []byte { return packGzip(tb, text) }},
	{"gzip members", func(tb testing.TB, rng *rand.Rand, text string) []byte {
		return packParts(rng, text, 20000, func(part string) []byte { return packGzip(tb, part) })
	}},
	{"BGZF", func(tb testing.TB, rng *rand.Rand, text string) []byte {
		return append(packParts(rng, text, 20000, func(part string) []byte { return packBGZF(tb, part) }), packBGZF(tb, "")...)
	}},
	{"zstd", func(tb testing.TB, _ *rand.Rand, text string) []byte { return packZstd(tb, text) }},
	{"zstd frames", func(tb testing.TB, rng *rand.Rand, text string) []byte {
		return packParts(rng, text, 20000, func(part string) []byte { return packZstd(tb, part) })
	}},
	{"xz", func(tb testing.TB, _ *rand.Rand, text string) []byte { return packXZ(tb, text) }},
	{"xz streams", func(tb testing.TB, rng *rand.Rand, text string) []byte {
		return packParts(rng, text, 200000, func(part string) []byte { return packXZ(tb, part) })
	}},
}

func packParts(rng *rand.Rand, text string, longest int, pack func(string) []byte) (b []byte) {
	for len(text) > 0 {
		n := min(1+rng.IntN(longest), len(text))
		b = append(b, pack(text[:n])...)
		text = text[n:]
	}
	return b
}

func pack(tb testing.TB, text string, b *bytes.Buffer, w io.WriteCloser, err error) []byte {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func packGzip(tb testing.TB, text string) []byte {
	var b bytes.Buffer
	return pack(tb, text, &b, gzip.NewWriter(&b), nil)
}

func packZstd(tb testing.TB, text string) []byte {
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	return pack(tb, text, &b, w, err)
}

func packXZ(tb testing.TB, text string) []byte {
	var b bytes.Buffer
	w, err := xz.WriterConfig{DictCap: 1 << 16}.NewWriter(&b)
	return pack(tb, text, &b, w, err)
}

// packBGZF makes one block.
func packBGZF(tb testing.TB, text string) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	body := pack(tb, text, &b, w, err)
	block := []byte{0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, 'B', 'C', 2, 0}
	block = binary.LittleEndian.AppendUint16(block, uint16(18+len(body)+8-1))
	block = append(block, body...)
	block = binary.LittleEndian.AppendUint32(block, crc32.ChecksumIEEE([]byte(text)))
	return binary.LittleEndian.AppendUint32(block, uint32(len(text)))
}

// rows are all records that seq yields.
func rows(tb testing.TB, seq func(func(*Record, error) bool)) (all []string) {
	tb.Helper()
	for rec, err := range seq {
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, row(rec))
	}
	return all
}

// Any range of records is the same as in the whole, for each way to compress,
// however the ranges come, and by many goroutines at once.
func TestReaderAnyCut(t *testing.T) {
	for _, p := range packers {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			rng := rand.New(rand.NewPCG(1, 2))
			records := []int{700, 1, 300}
			if strings.HasPrefix(p.name, "xz") { // slow
				records = []int{70, 1, 30}
			}
			var sources []Source
			var want []string
			for i, n := range records {
				text := toy(rng, n, 3000)
				name := fmt.Sprint("f", i)
				want = append(want, rows(t, Scan(name, strings.NewReader(text)))...)
				sources = append(sources, source(name, string(p.pack(t, rng, text))))
			}
			x, err := newIndex(ctx, sources, IndexOptions{AllowDuplicates: true}, 64<<10)
			if err != nil {
				t.Fatal(err)
			}
			if x.Records() != int64(len(want)) {
				t.Fatalf("%d records, want %d", x.Records(), len(want))
			}
			b, _ := x.MarshalBinary()
			x = &Index{}
			if err := x.UnmarshalBinary(b); err != nil {
				t.Fatal(err)
			}
			for _, cores := range []int{1, 3} {
				r := NewReader(sources, x)
				r.Cores = cores
				defer r.Close()
				var wg sync.WaitGroup
				for g := range 3 {
					wg.Go(func() { cuts(t, r, want, rand.New(rand.NewPCG(3, uint64(g)))) })
				}
				wg.Wait()
			}
		})
	}
}

func cuts(t *testing.T, r *Reader, want []string, rng *rand.Rand) {
	n := len(want)
	for range 40 {
		lo := rng.IntN(n + 1)
		hi := min(n, lo+rng.IntN(60))
		stop := rng.IntN(80)
		i := lo
		for rec, err := range r.Records(context.Background(), int64(lo), int64(hi)) {
			if err != nil {
				t.Errorf("[%d,%d) at %d: %v", lo, hi, i, err)
				return
			}
			if got := row(rec); got != want[i] {
				t.Errorf("[%d,%d) at %d: got %.80s, want %.80s", lo, hi, i, got, want[i])
				return
			}
			i++
			if i-lo == stop {
				break
			}
		}
		if i != min(hi, lo+stop) && stop > 0 {
			t.Errorf("[%d,%d) ended at %d", lo, hi, i)
		}
	}
}

// counting is a file that counts the bytes read from it.
type counting struct {
	okazaki.File
	mu sync.Mutex
	n  int64
}

func (c *counting) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.File.ReadAt(p, off)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n += int64(n)
	return n, err
}

// Ascending ranges of a single frame unpack it once.
func TestReaderGoesOn(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	src := source("f", string(packZstd(t, toy(rng, 3000, 3000))))
	file := &counting{File: src.File}
	src.File = file
	x, err := NewIndex(context.Background(), []Source{src}, IndexOptions{})
	if err != nil {
		t.Fatal(err)
	}
	file.n = 0
	r := NewReader([]Source{src}, x)
	defer r.Close()
	for lo := int64(0); lo < 3000; lo += 100 {
		rows(t, r.Records(context.Background(), lo, lo+100))
	}
	if file.n > file.Size()+1000 {
		t.Errorf("%d bytes were read of %d", file.n, file.Size())
	}
}

// A gzip file is entered midway, at points that hold little in all.
func TestReaderEntersGzip(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	text := toy(rng, 3000, 3000)
	want := rows(t, Scan("f", strings.NewReader(text)))
	src := source("f", string(packGzip(t, text)))
	file := &counting{File: src.File}
	src.File = file
	x, err := newIndex(context.Background(), []Source{src}, IndexOptions{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	points := x.files[0].points
	if len(points) < 10 {
		t.Fatalf("%d points in %d bytes", len(points), len(text))
	}
	for i, p := range points[1:] {
		if gap := p.offset() - points[i].offset(); p.member.Inside == nil || gap < p.offset()/insideShare {
			t.Errorf("point %d at %d is %d behind the last", i+1, p.offset(), gap)
		}
	}
	for _, record := range []int64{2999, 1500, 700} {
		file.n = 0
		r := NewReader([]Source{src}, x)
		if got := rows(t, r.Records(context.Background(), record, record+1)); got[0] != want[record] {
			t.Errorf("record %d: got %.80s, want %.80s", record, got[0], want[record])
		}
		r.Close()
		if file.n > 600_000 {
			t.Errorf("%d bytes were read of %d for one record", file.n, file.Size())
		}
	}
}

// The first record may be behind places inside a gzip member: blank lines come before it.
func TestReaderEntersGzipAtFirst(t *testing.T) {
	text := strings.Repeat("\n", 200_000) + ">a\nACGT\n>b\nAC\n"
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.NoCompression)
	src := []Source{source("f", string(pack(t, text, &b, w, err)))}
	x, err := newIndex(context.Background(), src, IndexOptions{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if x.files[0].points[0].member.Inside == nil {
		t.Fatal("the first point is at the start")
	}
	packed, err := x.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var y Index
	if err := y.UnmarshalBinary(packed); err != nil {
		t.Fatal(err)
	}
	r := NewReader(src, &y)
	defer r.Close()
	if got, want := rows(t, r.Records(context.Background(), 0, 2)), rows(t, Scan("f", strings.NewReader(text))); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What damage makes of a record is not what is wrong with it.
func TestIndexTellsOfDamage(t *testing.T) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.NoCompression)
	packed := pack(t, ">a1\nACGT\n>a2\nACGT\n>a3\nACGT\n"+strings.Repeat(">b\nACGT\n", 100_000), &b, w, err)
	for _, test := range []struct {
		was, is, want string
		allow         bool
	}{
		{">a2", ">a1", "the gzip data are damaged near byte", true},
		{">a2", ">a1", "the gzip data are damaged near byte", false},
		{">a2", ">a2", "f:9: record \"b\": the name was used before, at f:7", false},
		{">a2\nA", ">a2\n\x01", "the gzip data are damaged near byte", true},
	} {
		damaged := bytes.Replace(packed, []byte(test.was), []byte(test.is), 1)
		_, err := NewIndex(context.Background(), []Source{source("f", string(damaged))}, IndexOptions{AllowDuplicates: test.allow})
		var e *okazaki.Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q for %q: %v", test.is, test.was, err)
		}
	}
}

func TestReaderChanged(t *testing.T) {
	ctx := context.Background()
	const was = ">a\nACGT\n>b\nAC\n"
	x, err := NewIndex(ctx, []Source{source("f", was)}, IndexOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const how = "f: the file is not what it was when it was indexed: "
	const hint = "; leave inputs as they are while a job runs, and start it again"
	for _, test := range []struct{ name, is, want string }{
		{"shorter", ">a\nACGT\n>b\n", how + "it has 11 bytes and had 14" + hint},
		{"another name", ">c\nACGT\n>b\nAC\n", how + "another record is at line 1" + hint},
		{"a record less", ">a\nACGT\nAC\nAC\n", how + "it ends before record 2" + hint},
		{"a record more", ">a\nACGT\n>b\n>c\n", how + "there is more after its last record" + hint},
		{"no FASTA", "ACGTACGTACGTAC", how + "no record begins at line 1" + hint},
		{"packed", "\x1f\x8bACGTACGTACGT", how + "no record begins at line 1" + hint},
	} {
		t.Run(test.name, func(t *testing.T) {
			var last error
			r := NewReader([]Source{source("f", test.is)}, x)
			defer r.Close()
			for _, err := range r.Records(ctx, 0, 2) {
				last = err
			}
			var e *okazaki.Error
			if !errors.As(last, &e) || e.Error() != test.want {
				t.Errorf("got %v\nwant %s", last, test.want)
			}
		})
	}
}

func TestReaderCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	src := []Source{source("f", ">a\nA\n>b\nC\n")}
	x, err := NewIndex(ctx, src, IndexOptions{})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := NewIndex(ctx, src, IndexOptions{}); !errors.Is(err, context.Canceled) {
		t.Error("NewIndex:", err)
	}
	for rec, err := range NewReader(src, x).Records(ctx, 0, 2) {
		if rec != nil || !errors.Is(err, context.Canceled) {
			t.Error("Records:", rec, err)
		}
	}
}

func TestReaderOutOfRange(t *testing.T) {
	src := []Source{source("f", ">a\nA\n")}
	x, err := NewIndex(context.Background(), src, IndexOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range [][2]int64{{-1, 1}, {0, 2}, {1, 0}} {
		var last error
		for _, err := range NewReader(src, x).Records(context.Background(), cut[0], cut[1]) {
			last = err
		}
		if last == nil {
			t.Error(cut, "was read")
		}
	}
}

// A file cut short anywhere is refused, with the line where it ends.
func TestCutShort(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	text := toy(rng, 50, 200)
	for _, p := range packers[1:] {
		b := p.pack(t, rng, text)
		_, err := NewIndex(context.Background(), []Source{source("f", string(b[:len(b)-3]))}, IndexOptions{})
		var e *okazaki.Error
		if !errors.As(err, &e) || !errors.Is(err, io.ErrUnexpectedEOF) || e.File != "f" || e.Line == 0 {
			t.Errorf("%s: %v", p.name, err)
		}
	}
}

func TestIndexPoints(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	text := toy(rng, 1000, 2000)
	for _, p := range packers {
		x, err := newIndex(context.Background(), []Source{source("f", string(p.pack(t, rng, text)))}, IndexOptions{Lengths: true}, 1<<16)
		if err != nil {
			t.Fatal(err)
		}
		f := x.files[0]
		whole := p.name == "zstd" || p.name == "xz"
		if n := int64(len(f.points)); whole && n != 1 || !whole && (n < f.plain>>18 || n > f.plain>>16+1) {
			t.Errorf("%s: %d points in %d bytes", p.name, n, f.plain)
		}
		for i, rec := range rows(t, Scan("f", strings.NewReader(text))) {
			f := strings.Split(rec, "|")
			if x.Names()[i] != f[0] || x.Lengths()[i] != int64(len(f[2])) {
				t.Fatalf("%s: record %d is %s of %d, want %s", p.name, i, x.Names()[i], x.Lengths()[i], f[0])
			}
		}
		b, err := x.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var y Index
		if err := y.UnmarshalBinary(b); err != nil {
			t.Fatal(err)
		}
		if c, _ := y.MarshalBinary(); !bytes.Equal(b, c) {
			t.Error("the index changes as it is written and read")
		}
	}
}

func TestIndexThinsPoints(t *testing.T) {
	var f fileIndex
	gap := int64(10)
	for i := range int64(5 * maxPoints) {
		at := i * 10
		gap = f.keep(point{record: i, line: i + 1, member: unpack.Member{Offset: at, Plain: at}}, gap)
	}
	if n := len(f.points); n >= maxPoints || n < maxPoints/4 || f.points[0].record != 0 {
		t.Errorf("%d points from %d", n, f.points[0].record)
	}
}
