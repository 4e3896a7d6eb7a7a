package inflate

import (
	"bufio"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	another "github.com/klauspost/compress/flate"
	"pgregory.net/rapid"
)

// text is n bytes of many kinds: noise, few letters, repeats near and far.
func text(r *rand.Rand, n int) []byte {
	var b []byte
	for len(b) < n {
		switch r.IntN(5) {
		case 0:
			for range r.IntN(1000) {
				b = append(b, byte(r.Uint32()))
			}
		case 1:
			for range r.IntN(3000) {
				b = append(b, "ACGT"[r.IntN(4)])
			}
		case 2:
			if len(b) > 0 {
				distance := 1 + r.IntN(min(len(b), 40_000))
				for range r.IntN(2000) {
					b = append(b, b[len(b)-distance])
				}
			}
		case 3:
			for range r.IntN(100) {
				b = fmt.Append(b, "word", r.IntN(50), " ")
			}
		case 4: // codes of all lengths
			for range r.IntN(500) {
				b = append(b, byte(r.NormFloat64()*10+100))
			}
		}
	}
	return b[:n]
}

// pack packs text in one of many ways.
func pack(r *rand.Rand, plain []byte) []byte {
	var b bytes.Buffer
	var w interface {
		io.WriteCloser
		Flush() error
	}
	w, err := flate.NewWriter(&b, r.IntN(12)-2)
	if r.IntN(2) == 0 {
		w, err = another.NewWriter(&b, r.IntN(12)-2)
	}
	if err != nil {
		panic(err)
	}
	for len(plain) > 0 {
		n := len(plain)
		if r.IntN(3) == 0 {
			n = 1 + r.IntN(n)
		}
		if _, err := w.Write(plain[:n]); err != nil {
			panic(err)
		}
		if plain = plain[n:]; r.IntN(2) == 0 {
			_ = w.Flush()
		}
	}
	_ = w.Close()
	return b.Bytes()
}

// oracle returns what compress/flate makes of a stream, and the bytes that it
// leaves unread.
func oracle(packed []byte) (plain, rest []byte, err error) {
	src := bytes.NewReader(packed)
	z := flate.NewReader(src)
	plain, err = io.ReadAll(z)
	rest, _ = io.ReadAll(src)
	return plain, rest, err
}

// same compares all ways to unpack a stream with the oracle.
func same(t interface {
	Helper()
	Fatalf(string, ...any)
}, z *Reader, one *Block, packed []byte, buffer int) {
	t.Helper()
	want, rest, wrong := oracle(packed)
	src := bufio.NewReaderSize(iotest.HalfReader(bytes.NewReader(packed)), buffer)
	z.Reset(src, Place{})
	got, err := io.ReadAll(z)
	common := min(len(got), len(want)) // where a stream is cut, one may get a byte further than the other
	if (err == nil) != (wrong == nil) || !bytes.Equal(got[:common], want[:common]) || err == nil && len(got) != len(want) {
		t.Fatalf("%d bytes and %v, not %d and %v", len(got), err, len(want), wrong)
	}
	if left, _ := io.ReadAll(src); err == nil && !bytes.Equal(left, rest) {
		t.Fatalf("it leaves %d bytes unread, not %d", len(left), len(rest))
	}
	stream := packed[:len(packed)-len(rest)]
	for most := max(0, len(want)-1); most < len(want)+2; most++ {
		got, err := one.Append([]byte("before"), stream, most)
		switch {
		case wrong == nil && most >= len(want):
			if err != nil || string(got) != "before"+string(want) {
				t.Fatalf("in one block: %d bytes and %v, not %d", len(got)-6, err, len(want))
			}
		case err == nil || string(got) != "before":
			t.Fatalf("in one block of %d bytes at most: %d and no error", most, len(got)-6)
		}
		if wrong == nil {
			if _, err := one.Append(nil, append(bytes.Clone(stream), 0), len(want)); err == nil {
				t.Fatalf("a byte behind the stream is not an error")
			}
		}
	}
}

func TestStreams(t *testing.T) {
	var z Reader
	var one Block
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		packed := append(pack(r, text(r, r.IntN(300_000))), "behind it"[:r.IntN(9)]...)
		same(t, &z, &one, packed, 1000+r.IntN(100_000))
	})
}

// TestDamage cuts, flips and makes up streams.
func TestDamage(t *testing.T) {
	var z Reader
	var one Block
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
		plain := text(r, r.IntN(3000))
		packed := pack(r, plain)
		for range 20 {
			b := bytes.Clone(packed)
			switch r.IntN(3) {
			case 0:
				b = b[:r.IntN(len(b))]
			case 1:
				for range 1 + r.IntN(3) {
					b[r.IntN(len(b))] ^= 1 << r.IntN(8)
				}
			case 2: // a header of codes, mostly wrong ones
				b = make([]byte, r.IntN(200))
				for i := range b {
					b[i] = byte(r.Uint32())
				}
				if len(b) > 0 {
					b[0] = b[0]&^7 | byte(r.IntN(2)) | 4
				}
			}
			same(t, &z, &one, b, 1000)
		}
	})
}

// TestPlaces enters streams at every place that a reader returns.
func TestPlaces(t *testing.T) {
	var z, again Reader
	places := 0
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 3))
		plain := text(r, r.IntN(400_000))
		packed := pack(r, plain)
		z.Places(1 + int64(r.IntN(60_000)))
		z.Reset(bufio.NewReaderSize(bytes.NewReader(packed), 4000), Place{})
		var last *Place
		for at, buf := 0, make([]byte, 1+r.IntN(50_000)); ; {
			n, err := z.Read(buf)
			if !bytes.Equal(buf[:n], plain[at:at+n]) {
				t.Fatalf("other bytes at %d", at)
			}
			if p := z.Place(); p != last {
				last = p
				places++
				again.Reset(bufio.NewReaderSize(bytes.NewReader(packed[p.Bit/8:]), 4000), *p)
				if got, err := io.ReadAll(&again); err != nil || !bytes.Equal(got, plain[at:]) {
					t.Fatalf("from bit %d: %d bytes and %v, not %d", p.Bit, len(got), err, len(plain)-at)
				}
			}
			if at += n; err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
	if places < 100 {
		t.Errorf("only %d places", places)
	}
}

// Behind the last block there is no place.
func TestPlacesEnd(t *testing.T) {
	var z Reader
	z.Places(1)
	z.Reset(bufio.NewReader(bytes.NewReader([]byte("\x01\x03\x00\xfc\xffabc"))), Place{})
	if got, err := io.ReadAll(&z); err != nil || string(got) != "abc" {
		t.Fatalf("%q, %v", got, err)
	}
	if p := z.Place(); p != nil {
		t.Errorf("a place at bit %d", p.Bit)
	}
}

func FuzzReader(f *testing.F) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 20 {
		f.Add(pack(r, text(r, r.IntN(300))))
	}
	var z Reader
	var one Block
	f.Fuzz(func(t *testing.T, packed []byte) {
		if len(packed) < 1<<16 {
			same(t, &z, &one, packed, 1000)
		}
	})
}
