package bgzf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"pgregory.net/rapid"

	"okazaki"
	"okazaki/internal/filetest"
)

func file(b []byte) okazaki.File { return filetest.Memory(b) }

// text is n bytes, some of which compress.
func text(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := range b {
		if i/5000%3 == 0 {
			b[i] = byte(r.Uint32())
		} else {
			b[i] = "ACGT"[r.IntN(4)]
		}
	}
	return b
}

func pack(t testing.TB, plain []byte, cores int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, 6, cores)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w.Size() != int64(b.Len()) {
		t.Errorf("Size returns %d, want %d", w.Size(), b.Len())
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	for _, n := range []int{0, 1, Fill - 1, Fill, Fill + 1, jobBlocks * Fill, 10*Fill + 7} {
		plain := text(uint64(n), n)
		packed := pack(t, plain, 1)
		for _, cores := range []int{0, 2, 5} {
			if !bytes.Equal(pack(t, plain, cores), packed) {
				t.Errorf("%d bytes on %d cores are packed otherwise than on one", n, cores)
			}
			r := NewReader("a", file(packed), cores)
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%d bytes on %d cores: %d bytes, %v", n, cores, len(got), err)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("gzip reads %d of %d bytes, %v", len(got), n, err)
		}
	}
}

// TestSeek notes offsets while it reads, and finds the same bytes there.
func TestSeek(t *testing.T) {
	plain := text(3, 700_000)
	packed := pack(t, plain, 1)
	rapid.Check(t, func(t *rapid.T) {
		r := NewReader("a", file(packed), rapid.IntRange(1, 3).Draw(t, "cores"))
		defer r.Close()
		type place struct {
			o  Offset
			at int
		}
		var places []place
		at := 0
		for range rapid.IntRange(1, 20).Draw(t, "reads") {
			places = append(places, place{r.Offset(), at})
			n, err := io.ReadFull(r, make([]byte, rapid.IntRange(1, 100_000).Draw(t, "length")))
			if at += n; err != nil {
				break
			}
		}
		for range 5 {
			p := rapid.SampledFrom(places).Draw(t, "place")
			r.Seek(p.o)
			got := make([]byte, min(100_000, len(plain)-p.at))
			if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, plain[p.at:p.at+len(got)]) {
				t.Fatalf("at %d (%d+%d): %v", p.at, p.o.Block(), p.o.Within(), err)
			}
		}
	})
}

func TestBrokenFiles(t *testing.T) {
	plain := text(4, 1<<20)
	packed := pack(t, plain, 1)
	flipped := bytes.Clone(packed)
	flipped[len(flipped)/2] ^= 1
	claims := bytes.Clone(packed)
	claims[Size(claims)-1] = 0xff
	for _, c := range []struct {
		name, want string
		b          []byte
	}{
		{"no end", "the empty block that marks their end is missing", packed[:len(packed)-len(End)]},
		{"cut in a block", "cut short", packed[:len(packed)/2]},
		{"cut in the end", "cut short", packed[:len(packed)-3]},
		{"one bit", "damaged near byte", flipped},
		{"a size of 4 GB", "damaged near byte 0 (a block claims to hold", claims},
		{"other bytes", "damaged near byte 0", []byte(strings.Repeat("no gzip at all", 9))},
		{"nothing", "the empty block that marks their end is missing", nil},
	} {
		for _, cores := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/%d", c.name, cores), func(t *testing.T) {
				r := NewReader("broken.gz", file(c.b), cores)
				defer r.Close()
				got, err := io.ReadAll(r)
				var e *okazaki.Error
				if !errors.As(err, &e) || e.File != "broken.gz" || !strings.Contains(e.Message, c.want) {
					t.Errorf("%v, want %q", err, c.want)
				}
				if !bytes.HasPrefix(plain, got) {
					t.Error("what came before the error is not what was packed")
				}
				if _, again := r.Read(make([]byte, 1)); again != err {
					t.Errorf("then %v", again)
				}
			})
		}
	}
}

func TestSeekPastABlock(t *testing.T) {
	packed := pack(t, []byte("short"), 1)
	r := NewReader("a", file(packed), 1)
	defer r.Close()
	r.Seek(At(0, 99))
	if _, err := r.Read(make([]byte, 1)); err == nil || !strings.Contains(err.Error(), "past the end") {
		t.Errorf("%v", err)
	}
}

func TestBgzipReads(t *testing.T) {
	bgzip, err := exec.LookPath("bgzip")
	if err != nil {
		t.Skip("to run it: install bgzip, of Debian's package tabix")
	}
	plain := text(5, 1<<20)
	name := filepath.Join(t.TempDir(), "a.gz")
	if err := os.WriteFile(name, pack(t, plain, 2), 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := exec.Command(bgzip, "-dc", name).Output()
	if err != nil || !bytes.Equal(got, plain) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	theirs, err := exec.Command(bgzip, "-c", os.DevNull).Output()
	if err != nil || !bytes.Equal(theirs, End) {
		t.Errorf("bgzip ends a file with %x, %v", theirs, err)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(pack(f, []byte("ACGT"), 1))
	f.Add(pack(f, text(6, 70_000), 1)[:40_000])
	f.Add([]byte("\x1f\x8b\x08\x04\x00\x00\x00\x00\x00\xff\x06\x00BC\x02\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		one, err1 := io.ReadAll(NewReader("a", file(b), 1))
		r := NewReader("a", file(b), 2)
		defer r.Close()
		two, err2 := io.ReadAll(r)
		if !bytes.Equal(one, two) || (err1 == nil) != (err2 == nil) {
			t.Errorf("one core reads %d bytes (%v), two read %d (%v)", len(one), err1, len(two), err2)
		}
		if err1 == nil {
			again := NewReader("a", file(pack(t, one, 1)), 1)
			if got, err := io.ReadAll(again); err != nil || !bytes.Equal(got, one) {
				t.Errorf("packed again: %v", err)
			}
		}
	})
}

func BenchmarkReader(b *testing.B) {
	packed := pack(b, text(7, 8<<20), 2)
	b.SetBytes(8 << 20)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := io.Copy(io.Discard, NewReader("a", file(packed), 1)); err != nil {
			b.Fatal(err)
		}
	}
}
