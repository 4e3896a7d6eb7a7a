package gene

import (
	"bytes"
	"testing"

	"okazaki/genome"
)

// FuzzBlock reads any bytes as a contig's block: what is taken for
// transcripts must be some, and written must be read again as the same.
func FuzzBlock(f *testing.F) {
	c := &Contig{Length: 40, letters: letters{odd: []run{{3, 9, 'N'}, {9, 10, 'R'}}}, transcripts: []*Transcript{
		{ID: "t", Gene: "g", Biotype: "miRNA", Region: genome.Region{Lo: 2, Hi: 9}, Exons: []genome.Region{{Lo: 2, Hi: 9}}, Mature: []genome.Region{{Lo: 3, Hi: 5}}, Code: 1},
		{ID: "u", Gene: "g", Region: genome.Region{Lo: 2, Hi: 30}, Reverse: true, Exons: []genome.Region{{Lo: 2, Hi: 9}, {Lo: 12, Hi: 30}},
			Coding: genome.Region{Lo: 4, Hi: 30}, Phase: 2, Slips: []int{20}, Skips: []int{5}, Selenocysteines: []int{25, 16}, Code: 2},
	}}
	f.Add(c.block(), 40)
	f.Fuzz(func(t *testing.T, b []byte, length int) {
		c := &Contig{Length: min(max(length, 0), 1<<31)}
		if newBlockReader(b, c.Length).read(c) != nil {
			return
		}
		for _, tr := range c.transcripts {
			at := tr.Region.Lo
			for _, e := range tr.Exons {
				if e.Lo < at || e.Hi < e.Lo || e.Hi > c.Length {
					t.Fatalf("exons %v", tr.Exons)
				}
				at = e.Hi
			}
			if tr.Region.Hi != at || tr.Coding.Len() > 0 && (tr.Coding.Lo < tr.Region.Lo || tr.Coding.Hi > at) || tr.Phase > 2 {
				t.Fatalf("%+v", tr)
			}
		}
		written := c.block()
		d := &Contig{Length: c.Length}
		if err := newBlockReader(written, d.Length).read(d); err != nil {
			t.Fatalf("what was written: %v", err)
		}
		if !bytes.Equal(d.block(), written) {
			t.Fatal("what was written is read as something else")
		}
	})
}
