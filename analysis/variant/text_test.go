package variant

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"okazaki"
	"okazaki/format/bgzf"
	"okazaki/format/unpack"
	"okazaki/internal/filetest"
)

// packers compress in pieces, so that there is more than one place to begin.
var packers = map[unpack.Codec]func(w io.Writer, pieces [][]byte) error{
	unpack.Plain: func(w io.Writer, pieces [][]byte) error {
		_, err := w.Write(bytes.Join(pieces, nil))
		return err
	},
	unpack.Gzip: func(w io.Writer, pieces [][]byte) error {
		for _, p := range pieces {
			z := gzip.NewWriter(w)
			_, err := z.Write(p)
			if err := errors.Join(err, z.Close()); err != nil {
				return err
			}
		}
		return nil
	},
	unpack.Zstd: func(w io.Writer, pieces [][]byte) error {
		for _, p := range pieces {
			z, err := zstd.NewWriter(w)
			if err != nil {
				return err
			}
			_, err = z.Write(p)
			if err := errors.Join(err, z.Close()); err != nil {
				return err
			}
		}
		return nil
	},
	unpack.BGZF: func(w io.Writer, pieces [][]byte) error {
		z, err := bgzf.NewWriter(w, 6, 1)
		for _, p := range pieces {
			_, err1 := z.Write(p)
			err = errors.Join(err, err1, z.Flush())
		}
		return errors.Join(err, z.Close())
	},
}

const headText = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"

// TestUnits cuts a VCF of lines of any length into units, and begins anywhere:
// each line is in the unit that it begins in, and none is lost.
func TestUnits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.IntRange(1, 3000), 0, 40).Draw(t, "lines")
		var plain strings.Builder
		plain.WriteString(headText)
		for i, n := range lines {
			plain.WriteString(strings.Repeat(string(rune('a'+i%26)), n-1) + "\n")
		}
		all := plain.String()
		if rapid.Bool().Draw(t, "open end") {
			all = strings.TrimSuffix(all, "\n")
		}
		var pieces [][]byte
		for rest := []byte(all); len(rest) > 0; {
			n := min(len(rest), rapid.IntRange(1, 5000).Draw(t, "piece"))
			pieces, rest = append(pieces, rest[:n]), rest[n:]
		}
		codec := rapid.SampledFrom([]unpack.Codec{unpack.Plain, unpack.Gzip, unpack.Zstd, unpack.BGZF}).Draw(t, "codec")
		var packed bytes.Buffer
		if err := packers[codec](&packed, pieces); err != nil {
			t.Fatal(err)
		}
		x := &text{in: okazaki.Input{Name: "a.vcf"}, file: filetest.Memory(packed.Bytes())}
		l, _, err := x.lay(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if l, err = readLayout(l.append(nil)); err != nil || l.codec != codec || l.end != int64(len(all)) {
			t.Fatalf("%v %+v, want %v and %d bytes", err, l, codec, len(all))
		}
		lo := rapid.Int64Range(0, l.units()).Draw(t, "lo")
		want := all[min(len(all), len(headText)):]
		if lo > 0 {
			at := l.start(lo) - 1
			want = ""
			if i := strings.IndexByte(all[at:], '\n'); i >= 0 {
				want = all[at+int64(i)+1:]
			}
		}
		c, err := x.cutter(l, lo, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		var got []byte
		for k := lo; k < l.units(); k++ {
			unit, err := c.unit(k, nil)
			if err != nil {
				t.Fatal(err)
			}
			begins := l.start(lo) + int64(len(all)) - l.start(lo) - int64(len(want)) + int64(len(got))
			if len(unit) > 0 && (begins < l.start(k) || begins >= l.start(k+1)) {
				t.Fatalf("unit %d [%d,%d) has a line that begins at %d", k, l.start(k), l.start(k+1), begins)
			}
			got = append(got, unit...)
		}
		if string(got) != want {
			t.Fatalf("%v from unit %d of %d: %d bytes, want %d", codec, lo, l.units(), len(got), len(want))
		}
	})
}

// TestLongLine finds a line that is too long in each unit that it covers, and
// goes on after it.
func TestLongLine(t *testing.T) {
	if testing.Short() {
		t.Skip("to run it: leave out -short, it reads 100 MB")
	}
	long := headText + "a\n" + strings.Repeat("b", 100<<20) + "\nc\n"
	x := &text{in: okazaki.Input{Name: "a.vcf"}, file: filetest.Memory([]byte(long))}
	l, _, err := x.lay(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	verdicts := func(lo int64) (list []string) {
		c, err := x.cutter(l, lo, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for k := lo; k < l.units(); k++ {
			b, err := c.unit(k, nil)
			if err != nil && err != errLong {
				t.Fatal(err)
			}
			list = append(list, fmt.Sprint(len(b), err))
		}
		return list
	}
	all := verdicts(0)
	if all[0] != "0 a long line" || all[len(all)-1] == all[0] {
		t.Errorf("first %q, last %q", all[0], all[len(all)-1])
	}
	for _, lo := range []int64{1, l.units() / 3, l.units() - 1} {
		if got := verdicts(lo); strings.Join(got, "\n") != strings.Join(all[lo:], "\n") {
			t.Errorf("from unit %d the answer is another", lo)
		}
	}
}

func TestBrokenText(t *testing.T) {
	var packed bytes.Buffer
	if err := packers[unpack.BGZF](&packed, [][]byte{[]byte(headText), []byte(strings.Repeat("x\n", 9000))}); err != nil {
		t.Fatal(err)
	}
	whole := packed.Bytes()
	for _, c := range []struct {
		b    []byte
		want string
	}{
		{whole[:len(whole)-len(bgzf.End)], "the empty block that marks their end is missing"},
		{whole[:len(whole)-len(bgzf.End)-2], "cut short"},
		{append(bytes.Clone(whole), "trailing"...), "damaged near byte"},
	} {
		x := &text{in: okazaki.Input{Name: "a.vcf"}, file: filetest.Memory(c.b)}
		_, _, err := x.lay(t.Context())
		var e *okazaki.Error
		if !errors.As(err, &e) || e.File != "a.vcf" || !strings.Contains(e.Message, c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}
