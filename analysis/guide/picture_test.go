package guide

import (
	"bytes"
	"flag"
	"fmt"
	"math/bits"
	"okazaki/internal/filetest"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "draw docs/guide.svg again")

const picturePath = "../../docs/guide.svg"

// TestPicture draws how a guide is looked up, with real entries of an index,
// and holds the picture in docs against it. To draw it again:
//
//	go test ./analysis/guide -run Picture -update
func TestPicture(t *testing.T) {
	got := picture(t)
	if *update {
		if err := os.WriteFile(picturePath, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(picturePath)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/guide.svg is another picture: draw it again with -update")
	}
}

// A drawing is the picture so far.
type drawing struct{ bytes.Buffer }

const (
	cell  = 17 // pixels a letter
	blue  = "#cfe3fb"
	green = "#d5efd2"
	grey  = "#e8e8e8"
	red   = "#c62828"
)

func (d *drawing) text(x, y int, style, s string) {
	fmt.Fprintf(d, "<text x=\"%d\" y=\"%d\" %s>%s</text>\n", x, y, style, s)
}

// letters draws letters in boxes, those that differ from like in red.
func (d *drawing) letters(x, y int, fill, s, like string) {
	for i := range len(s) {
		colour := "#222"
		if like != "" && s[i] != like[i] {
			colour = red
		}
		fmt.Fprintf(d, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"20\" fill=\"%s\" stroke=\"white\"/>\n", x+i*cell, y, cell, fill)
		d.text(x+i*cell+4, y+15, fmt.Sprintf("class=\"m\" fill=\"%s\"", colour), s[i:i+1])
	}
}

func picture(t *testing.T) []byte {
	x := newExample()
	index, err := OpenIndex("x", filetest.Memory(x.index(t, "NGG", 20)))
	if err != nil {
		t.Fatal(err)
	}
	pam, _ := NewPAM("NGG", false)
	g, err := NewGuide("", x.guides[2], false)
	if err != nil {
		t.Fatal(err)
	}
	s := index.searcher(pam, Allowance{Mismatches: 4})
	split := g.Len() - index.h.Width // letters of the rest, beside the distal key
	var far, near []string
	err = s.search(&g, func(contig int, at *site, a Alignment) {
		_, theirs := g.letters(at, a, false)
		if at.nonACGT != 0 {
			return // it is in neither array
		}
		strand := "+"
		if at.reverse {
			strand = "-"
		}
		row := fmt.Sprintf("%s %s:%d%s %d", strings.ToUpper(string(theirs)), index.contigs[contig].Name, at.anchor-index.contigs[contig].Halo, strand, a.Mismatches)
		if bits.OnesCount32(g.mismatch(at, 0)>>split) <= s.plan.distal {
			far = append(far, row)
		} else {
			near = append(near, row)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	d := &drawing{}
	fmt.Fprint(d, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 400" font-family="sans-serif" font-size="13">
<style>.m{font-family:monospace;font-size:14px}.h{font-weight:bold}</style><rect width="800" height="400" fill="white"/>
`)
	w := index.h.Width
	d.text(20, 28, `class="h"`, "guide")
	d.letters(90, 13, blue, g.Letters[:w], "")
	d.letters(90+w*cell, 13, grey, g.Letters[w:20-w], "")
	d.letters(90+(20-w)*cell, 13, green, g.Letters[20-w:], "")
	d.letters(95+20*cell, 13, "white", "NGG", "")
	d.text(90, 52, `fill="#456"`, fmt.Sprintf("distal key, %d letters", w))
	d.text(90+(20-w)*cell, 52, `fill="#465"`, "proximal key")
	d.panel(80, "1. all sites by distal key: look where it has at most 2 mismatches, compare the rest", far, &g, w, true)
	d.panel(240, "2. different cores by proximal key: at most 1 mismatch, and what 1 could not see", near, &g, w, false)
	d.text(20, 390, `fill="#444"`, "A site with at most 4 mismatches has at most 2 in the distal key, or at most 1 in the proximal. Red: mismatches.")
	fmt.Fprint(d, "</svg>\n")
	return d.Bytes()
}

// panel draws some of the sites that one array has: its key first.
func (d *drawing) panel(y int, title string, rows []string, g *Guide, w int, distal bool) {
	d.text(20, y, `class="h"`, title)
	for i, row := range rows[:min(4, len(rows))] {
		f := strings.Fields(row)
		at := y + 14 + 26*i
		colours := []string{blue, grey, grey}
		if !distal {
			colours = []string{grey, grey, green}
		}
		d.letters(90, at, colours[0], f[0][:w], g.Letters[:w])
		d.letters(90+w*cell, at, colours[1], f[0][w:20-w], g.Letters[w:20-w])
		d.letters(90+(20-w)*cell, at, colours[2], f[0][20-w:], g.Letters[20-w:])
		d.text(110+20*cell, at+15, "", fmt.Sprintf("→ %s, %s mismatches", f[1], f[2]))
	}
}
