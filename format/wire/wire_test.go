package wire_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"okazaki/format/wire"
)

// TestMain has properties draw the same each time, unless a seed is given.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("rapid.seed").Value.String() == "0" {
		if err := flag.Set("rapid.seed", "1"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// A field is one kind of what can be written: how it is read, and written
// again.
type field struct {
	name string
	copy func(b []byte, r *wire.Reader) []byte
}

var fields = []field{
	{"uvarint", func(b []byte, r *wire.Reader) []byte { return wire.AppendUvarint(b, r.Uvarint()) }},
	{"varint", func(b []byte, r *wire.Reader) []byte { return wire.AppendVarint(b, r.Varint()) }},
	{"string", func(b []byte, r *wire.Reader) []byte { return wire.AppendBytes(b, r.String()) }},
	{"bytes", func(b []byte, r *wire.Reader) []byte { return wire.AppendBytes(b, r.Bytes()) }},
	{"bool", func(b []byte, r *wire.Reader) []byte { return wire.AppendBool(b, r.Bool()) }},
	{"byte", func(b []byte, r *wire.Reader) []byte { return append(b, r.Byte()) }},
	{"uint32", func(b []byte, r *wire.Reader) []byte { return wire.AppendUint32(b, r.Uint32()) }},
	{"uint64", func(b []byte, r *wire.Reader) []byte { return wire.AppendUint64(b, r.Uint64()) }},
	{"three bytes", func(b []byte, r *wire.Reader) []byte { return append(b, r.Take(3)...) }},
	{"below 300", func(b []byte, r *wire.Reader) []byte { return wire.AppendUvarint(b, r.Below(300)) }},
	{"list of varints", func(b []byte, r *wire.Reader) []byte {
		n := r.Count(1)
		b = wire.AppendUvarint(b, n)
		for range n {
			b = wire.AppendVarint(b, r.Varint())
		}
		return b
	}},
}

// write appends a drawn value of a kind, with encoding/binary alone.
func write(t *rapid.T, b []byte, kind string) []byte {
	text := func() []byte { return rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "text") }
	switch kind {
	case "uvarint":
		return binary.AppendUvarint(b, rapid.Uint64().Draw(t, kind))
	case "varint":
		return binary.AppendVarint(b, rapid.Int64().Draw(t, kind))
	case "string", "bytes":
		s := text()
		return append(binary.AppendUvarint(b, uint64(len(s))), s...)
	case "bool":
		return append(b, rapid.ByteRange(0, 1).Draw(t, kind))
	case "byte":
		return append(b, rapid.Byte().Draw(t, kind))
	case "uint32":
		return binary.LittleEndian.AppendUint32(b, rapid.Uint32().Draw(t, kind))
	case "uint64":
		return binary.LittleEndian.AppendUint64(b, rapid.Uint64().Draw(t, kind))
	case "three bytes":
		return append(b, rapid.SliceOfN(rapid.Byte(), 3, 3).Draw(t, kind)...)
	case "below 300":
		return binary.AppendUvarint(b, rapid.Uint64Range(0, 299).Draw(t, kind))
	}
	list := rapid.SliceOfN(rapid.Int64(), 0, 20).Draw(t, kind)
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, n := range list {
		b = binary.AppendVarint(b, n)
	}
	return b
}

// copyAll reads fields of kinds and returns what they are written as.
func copyAll(kinds []int, r *wire.Reader) (b []byte) {
	for _, k := range kinds {
		b = fields[k].copy(b, r)
	}
	return b
}

func TestFieldsAreReadAsTheyWereWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kinds := rapid.SliceOfN(rapid.IntRange(0, len(fields)-1), 1, 20).Draw(t, "kinds")
		var b []byte
		for _, k := range kinds {
			b = write(t, b, fields[k].name)
		}
		r := wire.From(b)
		if again := copyAll(kinds, &r); r.End() != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x is read as %x: %v", b, again, r.End())
		}
		cut := b[:rapid.IntRange(0, len(b)-1).Draw(t, "cut")]
		r = wire.From(cut)
		if copyAll(kinds, &r); r.Err() == nil {
			t.Fatalf("%x was cut short to %x, and is read without an error", b, cut)
		}
		r = wire.From(append(b, 0))
		if copyAll(kinds, &r); !errors.Is(r.End(), wire.ErrRest) {
			t.Fatalf("a byte after %x: %v", b, r.End())
		}
	})
}

func TestWrongBytes(t *testing.T) {
	cases := []struct {
		name string
		b    []byte
		read func(*wire.Reader)
		want error
	}{
		{"no bytes", nil, func(r *wire.Reader) { r.Uvarint() }, wire.ErrNumber},
		{"a varint without an end", []byte{0x80, 0x80}, func(r *wire.Reader) { r.Varint() }, wire.ErrNumber},
		{"a varint of more than 64 bits", bytes.Repeat([]byte{0xff}, 11), func(r *wire.Reader) { r.Uvarint() }, wire.ErrNumber},
		{"0 in two bytes", []byte{0x80, 0}, func(r *wire.Reader) { r.Uvarint() }, wire.ErrNumber},
		{"a limit", []byte{7}, func(r *wire.Reader) { r.Below(7) }, wire.ErrLarge},
		{"nothing is below 0", []byte{0}, func(r *wire.Reader) { r.Below(-1) }, wire.ErrLarge},
		{"a text that is longer than the rest", []byte{3, 'A', 'C'}, func(r *wire.Reader) { _ = r.String() }, wire.ErrShort},
		{"too many things of two bytes", []byte{2, 1, 2, 3}, func(r *wire.Reader) { r.Count(2) }, wire.ErrShort},
		{"less than no bytes", []byte{1}, func(r *wire.Reader) { r.Take(-1) }, wire.ErrShort},
		{"three bytes of four", []byte{1, 2, 3}, func(r *wire.Reader) { r.Uint32() }, wire.ErrShort},
		{"seven bytes of eight", make([]byte, 7), func(r *wire.Reader) { r.Uint64() }, wire.ErrShort},
		{"no byte", nil, func(r *wire.Reader) { r.Byte() }, wire.ErrShort},
		{"neither false nor true", []byte{2}, func(r *wire.Reader) { r.Bool() }, wire.ErrBool},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := wire.From(c.b)
			if c.read(&r); !errors.Is(r.Err(), c.want) {
				t.Fatalf("%v, want %v", r.Err(), c.want)
			}
			if again := copyAll([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 10}, &r); r.Len() != 0 || slices.Max(again) != 0 {
				t.Errorf("after the error %d bytes are left, and it reads %x", r.Len(), again)
			}
			if r.Fail(io.ErrNoProgress); !errors.Is(r.End(), c.want) {
				t.Errorf("another error replaced the first: %v", r.End())
			}
		})
	}
}

// A long length costs nothing before the bytes are there.
func TestALengthAloneAllocatesNothing(t *testing.T) {
	for _, n := range []uint64{100, 1 << 31, 1 << 40, math.MaxInt64, math.MaxUint64} {
		b := append(binary.AppendUvarint(nil, n), "ACGT"...)
		var r wire.Reader
		if allocations := testing.AllocsPerRun(10, func() {
			for _, read := range []func(*wire.Reader){func(r *wire.Reader) { r.Bytes() }, func(r *wire.Reader) { _ = r.String() }, func(r *wire.Reader) { r.Count(1) }} {
				r = wire.From(b)
				if read(&r); r.Err() == nil {
					t.Fatalf("%d bytes are read of 4", n)
				}
			}
		}); allocations > 0 {
			t.Errorf("a length of %d: %v allocations", n, allocations)
		}
		before := allocated()
		if _, err := wire.ReadFrame(bufio.NewReader(bytes.NewReader(b)), nil, math.MaxUint64); !errors.Is(err, wire.ErrShort) {
			t.Errorf("a frame of %d bytes in 4: %v", n, err)
		}
		if took := allocated() - before; took > 4<<20 {
			t.Errorf("a frame of %d bytes in 4 took %d bytes", n, took)
		}
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func TestFrames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 127, 128, 5000, 1<<20 - 1, 1 << 20, 3<<20 + 1}), 0, 3).Draw(t, "sizes")
		var b []byte
		var want [][]byte
		for i, n := range sizes {
			want = append(want, bytes.Repeat([]byte{byte(i), 2, 3}, n)[:n])
			b = wire.AppendBytes(b, want[i])
		}
		in := bufio.NewReader(bytes.NewReader(b))
		buf := make([]byte, rapid.IntRange(0, 300).Draw(t, "room"))
		for i := range want {
			var err error
			if i == len(want)-2 {
				if err := wire.SkipFrame(in, 4<<20); err != nil {
					t.Fatalf("skipping frame %d of %v bytes: %v", i, sizes, err)
				}
				continue
			}
			if buf, err = wire.ReadFrame(in, buf, 4<<20); err != nil || !bytes.Equal(buf, want[i]) {
				t.Fatalf("frame %d of %v bytes: %d bytes, %v", i, sizes, len(buf), err)
			}
		}
		if _, err := wire.ReadFrame(in, buf, 4<<20); err != io.EOF {
			t.Fatalf("at the end: %v", err)
		}
	})
	for _, c := range []struct {
		b    []byte
		want error
	}{
		{[]byte{0x80}, wire.ErrNumber},
		{[]byte{3, 1, 2}, wire.ErrShort},
		{[]byte{9, 1, 2}, wire.ErrLarge},
	} {
		if _, err := wire.ReadFrame(bufio.NewReader(bytes.NewReader(c.b)), nil, 8); !errors.Is(err, c.want) {
			t.Errorf("%x: %v, want %v", c.b, err, c.want)
		}
		if err := wire.SkipFrame(bufio.NewReader(bytes.NewReader(c.b)), 8); !errors.Is(err, c.want) {
			t.Errorf("skipping %x: %v, want %v", c.b, err, c.want)
		}
		own := errors.New("the disk is gone")
		broken := io.MultiReader(bytes.NewReader(c.b[:min(len(c.b), 2)]), iotest.ErrReader(own))
		if _, err := wire.ReadFrame(bufio.NewReader(broken), nil, 16); !errors.Is(err, own) {
			t.Errorf("a reader that fails after %x: %v", c.b, err)
		}
	}
}

// FuzzReader reads any bytes as fields of any kinds: what is accepted is
// written again as the same bytes.
func FuzzReader(f *testing.F) {
	f.Fuzz(func(t *testing.T, program, b []byte) {
		r := wire.From(b)
		var again []byte
		for _, k := range program {
			again = fields[int(k)%len(fields)].copy(again, &r)
			if r.Err() != nil {
				if r.Len() != 0 || r.Uvarint() != 0 || r.Bytes() != nil {
					t.Fatal("it reads on after an error")
				}
				return
			}
		}
		if used := b[:len(b)-r.Len()]; !bytes.Equal(again, used) {
			t.Fatalf("%x is written again as %x", used, again)
		}
	})
}

func Example() {
	b := wire.AppendBytes(nil, "chr7")
	b = wire.AppendVarint(b, -3)
	b = wire.AppendBool(b, true)

	r := wire.From(b)
	name, from, reverse := r.String(), r.Varint(), r.Bool()
	fmt.Println(name, from, reverse, r.End())

	r = wire.From(b[:3])
	name, from, reverse = r.String(), r.Varint(), r.Bool()
	fmt.Printf("%q %d %v %v\n", name, from, reverse, r.End())
	// Output:
	// chr7 -3 true <nil>
	// "" 0 false the bytes end too soon
}
