package main

import (
	"bytes"
	"fmt"
	"html"
	"io"

	"okazaki/analysis/virus"
	"okazaki/analysis/virus/lineages"
)

// The picture's measures, in pixels.
const (
	pictureLeft  = 150 // for names
	pictureWidth = 900 // of the genome
	pictureTop   = 70  // for genes
	pictureRow   = 20
)

// drawLineages draws one row per lineage along the genome: a tick for each
// substitution, a bar for a deletion, a triangle for an insertion.
func drawLineages(w io.Writer, ref *virus.Reference, all []lineages.Lineage) error {
	x := func(pos int) float64 {
		return pictureLeft + float64(pos)*pictureWidth/float64(len(ref.Sequence))
	}
	width, height := pictureLeft+pictureWidth+20, pictureTop+len(all)*pictureRow+40
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui,sans-serif" font-size="12">
<rect width="100%%" height="100%%" fill="#fff"/>
<text x="%d" y="20" font-size="14" font-weight="600">Mutations of %d lineages against %s</text>
`, width, height, pictureLeft, len(all), html.EscapeString(ref.Name))
	drawGenes(&b, ref, x, height-40)
	for i := range all {
		drawLineage(&b, &all[i], x, pictureTop+i*pictureRow)
	}
	drawLegend(&b, height-12)
	b.WriteString("</svg>\n")
	_, err := w.Write(b.Bytes())
	return err
}

// drawGenes draws the genes above, and bands of them behind the rows.
func drawGenes(b *bytes.Buffer, ref *virus.Reference, x func(int) float64, bottom int) {
	for i, g := range ref.Genes {
		lo, hi := g.Segments[0].Lo, g.Segments[len(g.Segments)-1].Hi
		shade := []string{"#eef2f7", "#dfe7f0"}[i%2]
		fmt.Fprintf(b, `<rect x="%.1f" y="50" width="%.1f" height="%d" fill="%s"/>`+"\n", x(lo), x(hi)-x(lo), bottom-50, shade)
		if hi-lo > 800 {
			fmt.Fprintf(b, `<text x="%.1f" y="44" text-anchor="middle" fill="#555">%s</text>`+"\n", (x(lo)+x(hi))/2, html.EscapeString(g.Name))
		}
	}
}

func drawLineage(b *bytes.Buffer, l *lineages.Lineage, x func(int) float64, y int) {
	label := l.Name
	if l.WHO != "" {
		label += " " + l.WHO
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", pictureLeft-8, y+14, html.EscapeString(label))
	for _, s := range l.Calls.Substitutions {
		fmt.Fprintf(b, `<rect x="%.1f" y="%d" width="1.6" height="14" fill="#1f5fa8"><title>%s</title></rect>`+"\n",
			x(s.Pos), y+3, fmt.Sprintf("%s %c%d%c", html.EscapeString(l.Name), s.Ref, s.Pos+1, s.Alt))
	}
	for _, d := range l.Calls.Deletions {
		fmt.Fprintf(b, `<rect x="%.1f" y="%d" width="%.1f" height="6" fill="#c0392b"><title>%s deletion %d-%d</title></rect>`+"\n",
			x(d.Lo), y+7, max(2.5, x(d.Hi)-x(d.Lo)), html.EscapeString(l.Name), d.Lo+1, d.Hi)
	}
	for _, n := range l.Calls.Insertions {
		fmt.Fprintf(b, `<path d="M%.1f %d l-4 -6 h8 z" fill="#e08e0b"><title>%s insertion %d:%s</title></path>`+"\n",
			x(n.Pos), y+10, html.EscapeString(l.Name), n.Pos, n.Letters)
	}
}

func drawLegend(b *bytes.Buffer, y int) {
	for i, key := range []struct{ color, text string }{
		{"#1f5fa8", "substitution"}, {"#c0392b", "deletion"}, {"#e08e0b", "insertion"},
	} {
		at := pictureLeft + i*130
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="10" height="10" fill="%s"/><text x="%d" y="%d">%s</text>`+"\n",
			at, y-9, key.color, at+16, y, key.text)
	}
}
