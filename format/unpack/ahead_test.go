package unpack

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"okazaki/internal/filetest"
	"pgregory.net/rapid"
)

// packed is some letters, and them packed in parts.
func packed(tb testing.TB, parts ...int) (plain, b []byte) {
	tb.Helper()
	r := rand.New(rand.NewPCG(1, 1))
	var out bytes.Buffer
	for _, n := range parts {
		part := make([]byte, n)
		for i := range part {
			part[i] = "ACGT\n"[r.IntN(5)]
		}
		plain = append(plain, part...)
		w := gzip.NewWriter(&out)
		if _, err := w.Write(part); err != nil {
			tb.Fatal(err)
		}
		if err := w.Close(); err != nil {
			tb.Fatal(err)
		}
	}
	return plain, out.Bytes()
}

// What was unpacked ahead counts as held.
func TestSectionsWindow(t *testing.T) {
	plain, b := packed(t, 1<<20)
	z, err := Open("f", filetest.Memory(b))
	if err != nil {
		t.Fatal(err)
	}
	z.Places(50_000)
	_, starts, err := members(z)
	if err != nil || len(starts) < 6 {
		t.Fatalf("%d places, %v", len(starts), err)
	}
	ahead, err := OpenAt("f", filetest.Memory(b), Gzip, starts[0])
	if err != nil {
		t.Fatal(err)
	}
	defer ahead.Close()
	before := ahead.Window()
	ahead.Sections(starts, int64(len(plain)), 3)
	ahead.Until(int64(len(plain)))
	if _, err := ahead.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if got := ahead.Window() - before; got != starts[4].Plain {
		t.Errorf("%d bytes are held, not the %d of four sections", got, starts[4].Plain)
	}
}

// A Reader that is parked has no goroutines, and goes on where it was.
func TestSectionsPark(t *testing.T) {
	plain, b := packed(t, 1<<20)
	z, err := Open("f", filetest.Memory(b))
	if err != nil {
		t.Fatal(err)
	}
	z.Places(50_000)
	_, starts, err := members(z)
	if err != nil {
		t.Fatal(err)
	}
	ahead, err := OpenAt("f", filetest.Memory(b), Gzip, starts[0])
	if err != nil {
		t.Fatal(err)
	}
	ahead.Sections(starts, int64(len(plain)), 3)
	before := runtime.NumGoroutine()
	var got []byte
	for len(got) < len(plain) {
		ahead.Until(int64(len(plain)))
		part := make([]byte, min(200_000, len(plain)-len(got)))
		if _, err := io.ReadFull(ahead, part); err != nil {
			t.Fatal(err)
		}
		got = append(got, part...)
		ahead.Park()
		for try := 0; runtime.NumGoroutine() > before; try++ { // the last ones may be about to end
			if try == 1000 {
				t.Fatalf("%d goroutines are left", runtime.NumGoroutine()-before)
			}
			time.Sleep(time.Millisecond)
		}
	}
	if !bytes.Equal(got, plain) {
		t.Error("it reads other bytes")
	}
}

// A Reader that stands at none of the members goes on where it stands.
func TestSectionsElsewhere(t *testing.T) {
	plain, b := packed(t, 1000, 1000, 1000, 1000)
	z, err := Open("f", filetest.Memory(b))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	_, starts, err := members(z)
	if err != nil {
		t.Fatal(err)
	}
	if err := z.Restart(starts[0]); err != nil {
		t.Fatal(err)
	}
	z.Sections(starts[1:], int64(len(plain)), 3)
	if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("%d bytes of %d, %v", len(got), len(plain), err)
	}
}

// TestSections goes through files as it likes; what is unpacked ahead is what is
// unpacked as it is read, of whole files and of files that were damaged since.
func TestSections(t *testing.T) {
	for _, c := range []struct {
		name  string
		parts []int
	}{{"one member", []int{1 << 20}}, {"members", []int{300_000, 1, 200_000, 90_000, 400_000}}} {
		t.Run(c.name, func(t *testing.T) {
			plain, b := packed(t, c.parts...)
			z, err := Open("f", filetest.Memory(b))
			if err != nil {
				t.Fatal(err)
			}
			z.Places(50_000)
			got, starts, err := members(z)
			if err != nil || !bytes.Equal(got, plain) || len(starts) < 4 {
				t.Fatalf("%d bytes of %d from %d places, %v", len(got), len(plain), len(starts), err)
			}
			rapid.Check(t, func(t *rapid.T) {
				b, known := b, len(plain) // bytes that come before any damage
				switch rapid.IntRange(0, 2).Draw(t, "fate") {
				case 1:
					b = b[:rapid.IntRange(30, len(b)-1).Draw(t, "cut")]
				case 2:
					b = bytes.Clone(b)
					at := rapid.IntRange(30, len(b)-1).Draw(t, "damage")
					b[at] ^= 0x55
					for _, m := range starts {
						if m.Offset <= int64(at) {
							known = int(m.Plain)
						}
					}
				}
				open := func() *Reader {
					z, err := OpenAt("f", filetest.Memory(b), Gzip, starts[0])
					if err != nil {
						t.Fatal(err)
					}
					return z
				}
				z, twin := open(), open()
				defer z.Close()
				defer twin.Close()
				z.Sections(starts, int64(len(plain)), rapid.IntRange(1, 4).Draw(t, "cores"))
				for range rapid.IntRange(1, 6).Draw(t, "seeks") {
					m := rapid.SampledFrom(starts).Draw(t, "start")
					if err := z.Restart(m); err != nil {
						t.Fatal(err)
					}
					if rapid.Bool().Draw(t, "foretold") {
						z.Until(int64(rapid.IntRange(0, len(plain)).Draw(t, "until")))
					}
					want := make([]byte, rapid.IntRange(1, len(plain)+9).Draw(t, "bytes"))
					if err := twin.Restart(m); err != nil {
						t.Fatal(err)
					}
					n, wrong := io.ReadFull(twin, want)
					got := make([]byte, len(want))
					k, err := io.ReadFull(z, got)
					from := int(m.Plain)
					if at := z.Member(); k > 0 && int(at.Plain) > from+k {
						t.Fatalf("%d bytes from %d belong to the member at %d", k, from, at.Plain)
					}
					if from+n > known || from+k > known { // a section is not held against its member's checksum
						n, k = max(0, min(n, known-from)), max(0, min(k, known-from))
						wrong, err = nil, nil
					}
					if k != n || fmt.Sprint(err) != fmt.Sprint(wrong) || !bytes.Equal(got[:k], plain[from:from+k]) {
						t.Fatalf("from %d: %d bytes and %v, not %d and %v", from, k, err, n, wrong)
					}
				}
			})
		})
	}
}
