package twobit

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki"
	"okazaki/internal/filetest"
)

// write is a 2bit file of sequences, as UCSC's faToTwoBit writes it.
func write(order binary.AppendByteOrder, version uint32, names, letters []string) []byte {
	wide := 4 + 4*int(version)
	at := 16
	for _, n := range names {
		at += 1 + len(n) + wide
	}
	index, body := []byte{}, []byte{}
	for i, n := range names {
		index = append(append(index, byte(len(n))), n...)
		if version == 1 {
			index = order.AppendUint64(index, uint64(at+len(body)))
		} else {
			index = order.AppendUint32(index, uint32(at+len(body)))
		}
		body = appendRecord(order, body, letters[i])
	}
	head := order.AppendUint32(nil, signature)
	for _, v := range []uint32{version, uint32(len(names)), 0} {
		head = order.AppendUint32(head, v)
	}
	return append(append(head, index...), body...)
}

func appendRecord(order binary.AppendByteOrder, b []byte, s string) []byte {
	var starts, sizes []uint32
	for i := 0; i < len(s); i++ {
		if s[i] == 'N' {
			n := len(s[i:]) - len(strings.TrimLeft(s[i:], "N"))
			starts, sizes = append(starts, uint32(i)), append(sizes, uint32(n))
			i += n - 1
		}
	}
	b = order.AppendUint32(b, uint32(len(s)))
	b = order.AppendUint32(b, uint32(len(starts)))
	for _, v := range append(starts, sizes...) {
		b = order.AppendUint32(b, v)
	}
	for _, v := range []uint32{1, 0, 1, 0} { // one block in lower case, then what is reserved
		b = order.AppendUint32(b, v)
	}
	for i := 0; i < len(s); i += 4 {
		var v byte
		for j := range 4 {
			v <<= 2
			if i+j < len(s) {
				v |= byte(max(0, strings.IndexByte("TCAG", s[i+j])))
			}
		}
		b = append(b, v)
	}
	return b
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.SliceOfN(rapid.StringOfN(rapid.SampledFrom([]rune("ACGTN")), 0, 40, -1), 1, 4).Draw(t, "letters")
		names := strings.Split("chr1,chr2,chrM,scaffold_7", ",")[:len(letters)]
		order := rapid.SampledFrom([]binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian}).Draw(t, "order")
		b := write(order, uint32(rapid.IntRange(0, 1).Draw(t, "version")), names, letters)
		if !Is(bytes.NewReader(b)) {
			t.Fatal("it is not known as 2bit")
		}
		f, err := Open("f", filetest.Memory(b))
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range letters {
			got, err := f.Sequence(nil, i)
			if err != nil || string(got) != want || f.Names()[i] != names[i] || f.Lengths()[i] != int64(len(want)) {
				t.Fatalf("%s is %q, %v; want %q", f.Names()[i], got, err, want)
			}
		}
		cut := filetest.Memory(b[:rapid.IntRange(0, len(b)-1).Draw(t, "cut")])
		readAll(t, cut)
	})
}

// readAll reads a file that may be damaged: it must not panic, and what is
// wrong must be an *okazaki.Error.
func readAll(t rapid.TB, m okazaki.File) {
	f, err := Open("f", m)
	for i := 0; err == nil && i < len(f.Names()); i++ {
		_, err = f.Sequence(nil, i)
	}
	var mend *okazaki.Error
	if err != nil && !errors.As(err, &mend) {
		t.Fatalf("%v is not an *okazaki.Error", err)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(write(binary.LittleEndian, 0, []string{"a"}, []string{"ACGTNNAC"}))
	f.Fuzz(func(t *testing.T, b []byte) { readAll(t, filetest.Memory(b)) })
}
