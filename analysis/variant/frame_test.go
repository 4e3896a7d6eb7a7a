package variant

import (
	"bytes"
	"encoding/hex"
	"os"
	"reflect"
	"strings"
	"testing"

	"okazaki/format/unpack"
)

// TestTheBytesOfPartsStay compares the bytes of frames and notes with
// testdata/parts.hex: a job that was begun by an earlier okazaki goes on.
func TestTheBytesOfPartsStay(t *testing.T) {
	f := &frame{lines: 300, records: 2, asked: 5, joined: []int64{1, 1 << 33},
		runs:     []run{{contig: "chr1", line: 1, first: -1, last: 70_000, records: 1}, {contig: "chr2", line: 200}},
		problem:  problem{line: 7, file: "a.vcf", message: "wrong", hint: "mend it"},
		mismatch: tally{count: 3, line: 2, what: "REF"},
		alleles:  []byte("star"), candidates: []byte{1, 2}, ranked: []byte{3}, payload: []byte("rows"),
	}
	l := &layout{codec: unpack.BGZF, header: 300, end: 1 << 34, unit: 1 << 20, members: []unpack.Member{{Offset: 9, Plain: 8}, {Offset: 900, Plain: 70_000}}}
	all := compounds{"c:1:A>C": {{"missense", "G", "ENST", "12RK>12QL", "c:2:G>T", 2}}, "c:2:G>T": nil}
	row := appendRow(appendRow(nil, 1<<63|5, []byte("first")), 4, nil)
	text, err := os.ReadFile("testdata/parts.hex")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(string(text))
	for i, b := range [][]byte{f.append(nil), (&frame{}).append(nil), noteOf(l, all), noteOf(l, nil), row} {
		if got := hex.EncodeToString(b); i >= len(want) || got != want[i] {
			t.Errorf("%d is\n%s", i, got)
		}
	}
	var again frame
	if err := again.read(f.append(nil)[1:]); err != nil || !reflect.DeepEqual(&again, f) {
		t.Errorf("%v, a frame is read as %+v", err, again)
	}
	if back, err := readLayout(l.append(nil)); err != nil || !bytes.Equal(back.append(nil), l.append(nil)) {
		t.Errorf("%v, a layout is read as another", err)
	}
}

// TestADamagedPart cuts a frame and a note short, at every byte.
func TestADamagedPart(t *testing.T) {
	f := &frame{runs: []run{{contig: "chr1", line: 1, last: 70_000, records: 1}}, joined: []int64{1}, ranked: []byte("rows")}
	whole := f.append(nil)[1:]
	for n := range len(whole) {
		if err := f.read(whole[:n]); err == nil {
			t.Errorf("a frame of %d bytes is read from %d", len(whole), n)
		}
	}
	note := (&layout{header: 1, end: 2, unit: 1, members: make([]unpack.Member, 3)}).append(nil)
	for n := range len(note) {
		if _, err := readLayout(note[:n]); err == nil {
			t.Errorf("a note of %d bytes is read from %d", len(note), n)
		}
	}
}
