package report

import (
	"cmp"
	"slices"
	"strconv"
	"unicode/utf8"
)

// A Plot is a picture, what it shows in a sentence, and the table behind it.
type Plot struct {
	Title, Desc   string
	Width, Height int // of the picture's own units
	Marks         []Mark
	Legend        []Key
	Table         *Table
}

// A Key says what a colour means.
type Key struct{ Class, Text string }

// A Mark is drawn where X and Y say.
type Mark struct {
	Shape      string  // rect, line (to W, H), dot (of radius W) or text
	X, Y, W, H float64 // in the picture's units, from the upper left
	Class      string
	Text       string // of a text; of a rect or dot, its description
	Anchor     string // of a text: start, middle or end
	Turn       float64
}

// Line draws one.
func (p *Plot) Line(x1, y1, x2, y2 float64, class string) {
	p.Marks = append(p.Marks, Mark{Shape: "line", X: x1, Y: y1, W: x2, H: y2, Class: class})
}

// Rect draws one.
func (p *Plot) Rect(x, y, w, h float64, class, says string) {
	p.Marks = append(p.Marks, Mark{Shape: "rect", X: x, Y: y, W: w, H: h, Class: class, Text: says})
}

// Dot draws one.
func (p *Plot) Dot(x, y, r float64, class, says string) {
	p.Marks = append(p.Marks, Mark{Shape: "dot", X: x, Y: y, W: r, Class: class, Text: says})
}

// Write writes text.
func (p *Plot) Write(x, y float64, anchor, class, text string) {
	p.Marks = append(p.Marks, Mark{Shape: "text", X: x, Y: y, Anchor: anchor, Class: class, Text: text})
}

// An Axis maps positions Lo to Hi, 0-based and half-open, to Left and Right of a
// picture.
type Axis struct{ Lo, Hi, Left, Right float64 }

// At is where a position is.
func (a Axis) At(pos int) float64 {
	return a.Left + (a.Right-a.Left)*(float64(pos)-a.Lo)/max(a.Hi-a.Lo, 1)
}

// Draw draws the axis at height y, positions counted from 1.
func (a Axis) Draw(p *Plot, y float64, name string) {
	p.Line(a.Left, y, a.Right, y, "axis")
	const about = 9
	step := niceStep((a.Hi - a.Lo) / about)
	for n := (int(a.Lo)/step + 1) * step; float64(n) <= a.Hi; n += step {
		x := a.At(n - 1)
		p.Line(x, y, x, y+5, "axis")
		p.Write(x, y+18, "middle", "soft small", Count(n))
	}
	p.Write((a.Left+a.Right)/2, y+34, "middle", "soft small", name)
}

// niceStep is 1, 2 or 5 times a power of ten, at least f.
func niceStep(f float64) int {
	for step := 1; ; step *= 10 {
		for _, k := range []int{1, 2, 5} {
			if float64(k*step) >= f {
				return k * step
			}
		}
	}
}

// Percents draws lines at 0, 50 and 100 %, from y at 0 to y at 100.
func (a Axis) Percents(p *Plot, zero, whole float64) {
	for _, percent := range []int{0, 50, 100} {
		y := zero + (whole-zero)*float64(percent)/100
		p.Line(a.Left, y, a.Right, y, "")
		p.Write(a.Left-6, y+4, "end", "soft small", strconv.Itoa(percent)+" %")
	}
}

// A Box is a stretch with a name along an axis.
type Box struct {
	Lo, Hi int
	Name   string
}

// Boxes draws stretches from y down, those that overlap in lanes, and returns
// where the lowest ends. The names of narrow ones stand aslant below.
func (a Axis) Boxes(p *Plot, y float64, boxes []Box) float64 {
	const lane, most = 20, 4
	boxes = slices.Clone(boxes)
	slices.SortStableFunc(boxes, func(x, y Box) int { return cmp.Or(cmp.Compare(x.Lo, y.Lo), cmp.Compare(y.Hi, x.Hi)) })
	var ends []int
	var narrow []Label
	for i, b := range boxes {
		at := slices.IndexFunc(ends, func(end int) bool { return end <= b.Lo })
		if at < 0 {
			if at = len(ends); at == most {
				at--
			} else {
				ends = append(ends, 0)
			}
		}
		ends[at] = max(ends[at], b.Hi)
		x, w := a.At(b.Lo), max(1, a.At(b.Hi)-a.At(b.Lo))
		p.Rect(x, y+float64(at*lane), w, lane-3, []string{"gene", "gene2"}[i%2], b.Name+", "+Count(b.Lo+1)+" to "+Count(b.Hi))
		if w >= float64(7*utf8.RuneCountInString(b.Name)+4) {
			p.Write(x+w/2, y+float64(at*lane)+13, "middle", "small", b.Name)
		} else {
			narrow = append(narrow, Label{x + w/2, y + float64(at*lane) + lane - 3, b.Name})
		}
	}
	bottom := y + float64(max(1, len(ends))*lane)
	if len(narrow) == 0 {
		return bottom
	}
	a.Labels(p, bottom+14, narrow, true)
	return bottom + 50
}

// A Label is a text that belongs to a place.
type Label struct {
	X, Y float64
	Text string
}

// maxLabel is the most characters of a label.
const maxLabel = 20

// Labels writes labels aslant at height y, above their places or below, each
// with a line to its place and none upon another. More than fit are left out.
func (a Axis) Labels(p *Plot, y float64, labels []Label, below bool) {
	apart := 14.0 // lines of text, aslant
	if below {
		apart = 18
	}
	labels = slices.Clone(labels)
	if most := int((a.Right-a.Left)/apart) - 3; len(labels) > most {
		labels = labels[:most]
	}
	slices.SortStableFunc(labels, func(x, y Label) int { return cmp.Compare(x.X, y.X) })
	at := make([]float64, len(labels))
	for i, l := range labels {
		at[i] = l.X
		if i > 0 {
			at[i] = max(at[i], at[i-1]+apart)
		}
	}
	const slant = 36 // of a label, to the right
	for i, last := len(at)-1, a.Right-slant; i >= 0; i-- {
		at[i] = min(at[i], last)
		last = at[i] - apart
	}
	for i, l := range labels {
		if n := utf8.RuneCountInString(l.Text); n > maxLabel {
			l.Text = string([]rune(l.Text)[:maxLabel-1]) + "…"
		}
		m := Mark{Shape: "text", X: at[i] + 3, Y: y - 3, Class: "small", Text: l.Text, Turn: -55}
		if below {
			m.X, m.Y, m.Turn = at[i]-2, y+8, 40
		}
		p.Line(at[i], y, l.X, l.Y, "leader")
		p.Marks = append(p.Marks, m)
	}
}
