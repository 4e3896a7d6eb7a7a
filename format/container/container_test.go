package container_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"okazaki"
	"okazaki/format/container"
)

// A stored is a file that can't be mapped.
type stored struct{ *bytes.Reader }

func (stored) Close() error { return nil }

// An onDisk is a file that can be mapped.
type onDisk struct {
	*os.File
	size int64
}

func (f onDisk) Size() int64 { return f.size }

// A directory of these tests.
type directory struct {
	Size   int64      `json:"size"`
	Places [][3]int64 `json:"places"` // At, Len, Sum
}

var (
	first = container.Kind{Magic: "testfrst", Version: 3, Name: "map", What: "a map", Again: "draw it again"}
	last  = container.Kind{Magic: "testlast", Version: 4, Last: true, Name: "list", What: "a list", Again: "write it again", Instead: "give a text"}
)

// file returns a file of a kind with three sections, at multiples of eight
// bytes.
func file(k *container.Kind) []byte {
	sections := [][]byte{[]byte("ACGTACGTAC"), nil, bytes.Repeat([]byte{7}, 21)}
	lay := func(from int64) (d directory, body []byte) {
		at := from
		for _, s := range sections {
			pad := (8 - at%8) % 8
			body = append(append(body, make([]byte, pad)...), s...)
			d.Places = append(d.Places, [3]int64{at + pad, int64(len(s)), int64(container.Sum(s))})
			at += pad + int64(len(s))
		}
		d.Size = at
		return d, body
	}
	if k.Last {
		begin := k.Begin()
		d, body := lay(int64(len(begin)))
		b, _ := json.Marshal(d)
		return append(append(begin, body...), k.End(d.Size, b)...)
	}
	for size := 0; ; size++ { // until the directory has the size that it says
		d, body := lay(container.HeadSize(size))
		if b, _ := json.Marshal(d); len(b) == size {
			return append(k.Head(b), body...)
		}
	}
}

// check opens a file and checks it whole.
func check(k *container.Kind, f okazaki.File, parse func([]byte) error) error {
	var d directory
	x, err := k.Open("f", f, &d)
	if err != nil {
		return err
	}
	if !k.Last {
		if err := x.HasSize(d.Size); err != nil {
			return errors.Join(err, x.Close())
		}
	}
	return errors.Join(x.Check(context.Background(), d.sections(parse)), x.Close())
}

func (d *directory) sections(parse func([]byte) error) iter.Seq[container.Section] {
	return func(yield func(container.Section) bool) {
		for i, p := range d.Places {
			if !yield(container.Section{Name: fmt.Sprintf("section %d", i), At: p[0], Len: p[1], Sum: uint32(p[2]), Parse: parse}) {
				return
			}
		}
	}
}

// anyError begins every error about a file: this is not, or the file is.
const anyError = "th"

// TestCheckFindsAnyChange changes each byte of a file, cuts it short at each
// byte and appends bytes, whether it is mapped or read.
func TestCheckFindsAnyChange(t *testing.T) {
	for _, k := range []*container.Kind{&first, &last} {
		whole := file(k)
		see := func(what string, b []byte, want string) {
			t.Helper()
			path := filepath.Join(t.TempDir(), "f")
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			for how, f := range map[string]okazaki.File{"read": stored{bytes.NewReader(b)}, "mapped": onDisk{f, int64(len(b))}} {
				err := check(k, f, nil)
				mend, ok := errors.AsType[*okazaki.Error](err)
				if want == "" && err != nil || want != "" && (!ok || mend.File != "f" || mend.Hint == "" || !strings.Contains(mend.Message, want)) {
					t.Errorf("%s, %s, %s: %v, want %q", k.Name, how, what, err, want)
				}
			}
		}
		see("whole", whole, "")
		for at := range whole {
			b := bytes.Clone(whole)
			b[at] ^= 1 << (at % 8)
			see(fmt.Sprintf("byte %d of %d changed", at, len(b)), b, anyError)
			see(fmt.Sprintf("%d bytes of %d", at, len(b)), whole[:at], anyError)
		}
		at := bytes.Index(whole, []byte("ACGT"))
		b := bytes.Clone(whole)
		b[at]++
		see("a base", b, fmt.Sprintf("the %s is damaged: another checksum at byte %d, in section 0", k.Name, at))
		b[at]--
		b[at+10] = 1
		see("between sections", b, fmt.Sprintf("the %s is damaged: byte %d lies between its sections and is not 0", k.Name, at+10))
		for _, more := range []int{1, 5000, 2 << 20} {
			want := fmt.Sprintf("the %s has bytes after its end: it has %d, not %d", k.Name, len(whole)+more, len(whole))
			if k.Last && more > 1<<20 {
				want = "the list is damaged: it is cut short"
			}
			see("longer", append(bytes.Clone(whole), make([]byte, more)...), want)
		}
		b = bytes.Clone(whole)
		b[8]++
		see("version", b, fmt.Sprintf("the %s has version %d, this okazaki reads version %d", k.Name, k.Version+1, k.Version))
		see("another kind", file(map[bool]*container.Kind{true: &first, false: &last}[k.Last]), "this is not "+k.What)
	}
}

// TestBothKindsCutShort says what is missing.
func TestBothKindsCutShort(t *testing.T) {
	for _, c := range []struct {
		kind *container.Kind
		n    int // bytes that are left, or fewer than all
		want string
	}{
		{&first, 4, "this is not a map; draw it again"},
		{&first, 10, "the map is cut short in its header; copy it again, or draw it again"},
		{&first, 40, "the map is cut short in its header"},
		{&first, -1, "the map is cut short: it has "},
		{&last, 4, "this is not a list; give a text"},
		{&last, 12, "the list is damaged: it is cut short; copy it again, or write it again"},
		{&last, -1, "the list is damaged: it is cut short"},
	} {
		b := file(c.kind)
		b = b[:(c.n+len(b))%len(b)]
		if err := check(c.kind, stored{bytes.NewReader(b)}, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d bytes: %v, want %q", len(b), err, c.want)
		}
	}
}

func TestCheckLooksIntoSections(t *testing.T) {
	b := file(&last)
	var seen []byte
	if err := check(&last, stored{bytes.NewReader(b)}, func(b []byte) error { seen = append(seen, b...); return nil }); err != nil || !bytes.Contains(b, seen[:10]) || len(seen) != 31 {
		t.Errorf("%v, saw %q", err, seen)
	}
	wrong := errors.New("not what it should be")
	if err := check(&last, stored{bytes.NewReader(b)}, func([]byte) error { return wrong }); !errors.Is(err, wrong) {
		t.Error(err)
	}
	var d directory
	x, err := last.Open("f", stored{bytes.NewReader(b)}, &d)
	if err != nil {
		t.Fatal(err)
	}
	overlapping := slices.Values([]container.Section{{At: x.Start + 4, Len: 8, Sum: container.Sum(b[x.Start+4 : x.Start+12])}, {At: x.Start + 5}})
	if err := x.Check(t.Context(), overlapping); err == nil || !strings.Contains(err.Error(), "contradicts itself") {
		t.Errorf("sections that overlap: %v", err)
	}
	beyond := slices.Values([]container.Section{{At: x.Start, Len: x.End}})
	if err := x.Check(t.Context(), beyond); err == nil || !strings.Contains(err.Error(), "contradicts itself") {
		t.Errorf("a section beyond the end: %v", err)
	}
	left := slices.Values(slices.Collect(d.sections(nil))[:2])
	if err := x.Check(t.Context(), left); err == nil || !strings.Contains(err.Error(), "lies between its sections and is not 0") {
		t.Errorf("a section that the directory leaves out: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := x.Check(ctx, d.sections(nil)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestWhatIsLoadedNeedsNoFile closes a file and goes on.
func TestWhatIsLoadedNeedsNoFile(t *testing.T) {
	b := file(&first)
	r := &closing{Reader: bytes.NewReader(b)}
	x, err := first.Open("f", r, new(directory))
	if err != nil {
		t.Fatal(err)
	}
	if all, err := x.Load(); err != nil || !bytes.Equal(all, b) {
		t.Fatal(err)
	}
	r.closed = true
	if got, err := x.Bytes(8, 4); err != nil || !bytes.Equal(got, b[8:12]) {
		t.Error(err)
	}
}

type closing struct {
	*bytes.Reader
	closed bool
}

func (c *closing) Close() error { return nil }

func (c *closing) ReadAt(b []byte, at int64) (int, error) {
	if c.closed {
		return 0, os.ErrClosed
	}
	return c.Reader.ReadAt(b, at)
}
