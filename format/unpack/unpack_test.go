package unpack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"okazaki"
	"okazaki/internal/filetest"
)

func load(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

var toys = []struct {
	name    string
	codec   Codec
	members int
}{
	{"toy.fasta", Plain, 1},
	{"toy.one.gz", Gzip, 1},
	{"toy.members.gz", Gzip, 2}, // the empty one between them is never seen
	{"toy.one.bgz", BGZF, 1},
	{"toy.blocks.bgz", BGZF, 2},
	{"toy.one.zst", Zstd, 1},
	{"toy.frames.zst", Zstd, 2},
	{"toy.window27.zst", Zstd, 1},
	{"toy.one.xz", XZ, 1},
	{"toy.streams.xz", XZ, 2},
	{"toy.blocks.xz", XZ, 1},
}

// members reads all of z, and notes each member as it comes.
func members(z *Reader) (content []byte, at []Member, err error) {
	b := make([]byte, 1000)
	for {
		n, err := z.Read(b)
		if n > 0 && (len(at) == 0 || at[len(at)-1] != z.Member()) {
			at = append(at, z.Member())
		}
		content = append(content, b[:n]...)
		if err == io.EOF {
			return content, at, nil
		} else if err != nil {
			return content, at, err
		}
	}
}

func TestReader(t *testing.T) {
	want := load(t, "toy.fasta")
	for _, toy := range toys {
		t.Run(toy.name, func(t *testing.T) {
			b := load(t, toy.name)
			z, err := Open(toy.name, filetest.Memory(b))
			if err != nil {
				t.Fatal(err)
			}
			defer z.Close()
			got, at, err := members(z)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%d bytes of %d, %v", len(got), len(want), err)
			}
			if z.Codec() != toy.codec || len(at) != toy.members || z.Offset() != int64(len(b)) {
				t.Errorf("%v, members %v, %d bytes of %d", z.Codec(), at, z.Offset(), len(b))
			}
			for i := len(at) - 1; i >= 0; i-- {
				if err := z.Restart(at[i]); err != nil {
					t.Fatal(err)
				}
				y, err := OpenAt(toy.name, filetest.Memory(b), toy.codec, at[i])
				if err != nil {
					t.Fatal(err)
				}
				defer y.Close()
				for _, z := range []*Reader{z, y} {
					if got, _, err := members(z); err != nil || !bytes.Equal(got, want[at[i].Plain:]) {
						t.Errorf("from member %v: %d bytes, %v", at[i], len(got), err)
					}
				}
			}
		})
	}
}

func TestReaderOneByteAtATime(t *testing.T) {
	want := load(t, "toy.fasta")
	for _, toy := range toys {
		z, err := NewReader(toy.name, iotest.OneByteReader(bytes.NewReader(load(t, toy.name))))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(iotest.OneByteReader(z)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes of %d, %v", toy.name, len(got), len(want), err)
		}
	}
}

// Each prefix of a compressed file is an error that the user can mend, unless
// it ends with a member.
func TestCutShort(t *testing.T) {
	whole := load(t, "toy.fasta")
	for _, toy := range toys[1:] {
		t.Run(toy.name, func(t *testing.T) {
			b := load(t, toy.name)
			z, _ := Open(toy.name, filetest.Memory(b))
			_, at, _ := members(z)
			ends := map[int]bool{}
			if toy.codec != BGZF {
				for _, m := range at {
					for _, between := range []int{0, -20, 11, 4, 8} { // an empty member, a skippable frame, padding
						ends[int(m.Offset)+between] = true
					}
				}
			}
			step := 37
			if strings.Contains(toy.name, "window") {
				step = 1009 // each decoder takes 128 MiB
			}
			for n := 6; n < len(b); n += step {
				z, err := Open("f", filetest.Memory(b[:n]))
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(z)
				z.Close()
				var e *okazaki.Error
				switch {
				case !bytes.HasPrefix(whole, got):
					t.Fatalf("the first %d bytes give other content", n)
				case err == nil && (ends[n] || len(got) == len(whole) && toy.codec != XZ):
				case !errors.As(err, &e) || !errors.Is(err, io.ErrUnexpectedEOF) || e.File != "f" || e.Hint == "":
					t.Fatalf("the first %d bytes: %v", n, err)
				}
			}
		})
	}
}

func TestDamaged(t *testing.T) {
	whole := load(t, "toy.fasta")
	for _, toy := range toys[1:] {
		b := load(t, toy.name)
		b[len(b)/3] ^= 0x55
		z, err := NewReader("f", bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(z)
		var e *okazaki.Error
		if !errors.As(err, &e) || e.File != "f" || e.Hint == "" || len(got) > len(whole) {
			t.Errorf("%s: %d bytes, %v", toy.name, len(got), err)
		}
	}
}

func TestRefused(t *testing.T) {
	toy := load(t, "toy.one.bgz")
	for _, test := range []struct {
		name    string
		content []byte
		want    string
	}{
		{"xz filter", load(t, "filter.xz"), "f: the xz data went through a filter besides LZMA2, which is not read here; compress the file again with xz alone"},
		{"xz dictionary", load(t, "window.xz"), "f: the xz data need a dictionary of 1024 MiB, and 256 MiB are allowed; compress the file again with xz -9 or less"},
		{"zstd window", load(t, "window.zst"), "f: the zstd data need a window of 512 MiB, and 256 MiB are allowed; compress the file again with zstd --long=27"},
		{"BGZF without its end", toy[:len(toy)-28], "f: the BGZF data are cut short: the empty block that marks their end is missing; copy or download the file again; if it is whole, write it anew with zcat and bgzip"},
		{"garbage behind gzip", append(load(t, "toy.one.gz"), "garbage behind it"...), "f: the gzip data are damaged near byte 5937 (invalid header); copy or download the file again until `gzip -t` accepts it"},
		{"a word behind gzip", append(load(t, "toy.one.gz"), "word"...), "f: the gzip data are damaged near byte 5931 (invalid header); copy or download the file again until `gzip -t` accepts it"},
		{"bzip2", []byte("BZh9"), "f: this is a bzip2 file, which is not read here; unpack it with bunzip2; gzip, zstd and xz are read as they are"},
		{"zip", []byte("PK\x03\x04"), "f: this is a zip archive, which is not read here; unpack it with unzip and name the files in it"},
		{"UTF-16", []byte("\xff\xfe>\x00"), "f: this is UTF-16 text, which is not read here; write it as plain text with iconv -f UTF-16 -t UTF-8"},
	} {
		z, err := NewReader("f", bytes.NewReader(test.content))
		if err == nil {
			_, err = io.ReadAll(z)
		}
		var e *okazaki.Error
		if !errors.As(err, &e) || e.Error() != test.want {
			t.Errorf("%s: got %v\nwant %s", test.name, err, test.want)
		}
	}
}

func TestAccepted(t *testing.T) {
	for name, b := range map[string][]byte{
		"nothing":            nil,
		"BGZF of nothing":    load(t, "empty.bgz"),
		"gzip and zeros":     append(load(t, "toy.one.gz"), make([]byte, 1000)...),
		"one byte, no magic": []byte("\x1f"),
	} {
		z, err := NewReader("f", bytes.NewReader(b))
		if err != nil {
			t.Fatal(name, err)
		}
		if _, err := io.ReadAll(z); err != nil {
			t.Error(name, err)
		}
	}
}

// An error of the stream below is not the content's fault.
func TestStreamFails(t *testing.T) {
	broken := errors.New("the wire is broken")
	for _, toy := range toys {
		b := load(t, toy.name)
		z, err := NewReader("f", io.MultiReader(bytes.NewReader(b[:len(b)/2]), iotest.ErrReader(broken)))
		if err == nil {
			_, err = io.ReadAll(z)
		}
		var e *okazaki.Error
		if !errors.Is(err, broken) || errors.As(err, &e) {
			t.Errorf("%s: %v", toy.name, err)
		}
	}
}

func ExampleNewReader() {
	f, err := os.Open("testdata/toy.frames.zst")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	z, err := NewReader(f.Name(), f)
	if err != nil {
		log.Fatal(err)
	}
	defer z.Close()
	content, err := io.ReadAll(z)
	if err != nil {
		log.Fatal(err)
	}
	first, _, _ := strings.Cut(string(content), "\n")
	fmt.Println(z.Codec(), len(content), first)
	// Output: zstd 17523 >toy/0 length 0
}

func FuzzReader(f *testing.F) {
	for _, toy := range toys {
		if toy.name != "toy.window27.zst" {
			f.Add(load(f, toy.name))
		}
	}
	for _, name := range []string{"filter.xz", "window.xz", "window.zst", "empty.bgz"} {
		f.Add(load(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		z, err := Open("f", filetest.Memory(b))
		if err != nil {
			return
		}
		defer z.Close()
		n, err := io.Copy(io.Discard, io.LimitReader(z, 1<<20))
		var e *okazaki.Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("after %d bytes: %v", n, err)
		}
		if z.Codec() == Plain && n < 1<<20 && n != int64(len(b)) {
			t.Fatalf("%d bytes of %d", n, len(b))
		}
	})
}
