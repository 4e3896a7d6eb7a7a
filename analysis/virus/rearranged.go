package virus

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"okazaki/genome"
)

// A Rearrangement is bases of the reference that a genome has elsewhere, more
// than once, or reversed.
type Rearrangement struct {
	Kind   string
	Region genome.Region // of the reference
	At     int           // the reference's base before which they lie; for a rotation and an inversion Region.Lo
}

// The kinds of Rearrangement.
const (
	Rotation            = "rotation" // the genome begins at Region.Lo; Region is empty
	Duplication         = "duplication"
	InvertedDuplication = "inverted-duplication"
	TerminalRepeat      = "inverted-terminal-repeat" // an end of the genome is longer by a copy of the other, turned
	Inversion           = "inversion"
	Translocation       = "translocation"
	Concatenation       = "concatenation" // the whole genome, once more
)

// The thresholds of a rearrangement.
const (
	leastMoved = 50  // bases
	wholeAgain = 0.8 // of the reference: a genome behind a genome
	dense      = 0.3 // share of a stretch that differs, for it to be looked at
	sparse     = 20  // bases between two differences of a stretch
	tied       = 12  // bases between an insertion and where it belongs
)

// rearranged names the insertions and the stretches full of differences that
// are the reference's own bases.
func (c *Caller) rearranged() {
	out := &c.calls
	for _, i := range out.Insertions {
		if len(i.Letters) >= leastMoved {
			c.moved(c.leftmost(i))
		}
	}
	var inverted []genome.Region // where they lie
	for _, m := range out.Rearrangements {
		if m.Kind == Inversion && m.At+leastMoved >= m.Region.Lo && m.At <= m.Region.Hi+leastMoved {
			inverted = append(inverted, m.Region)
		}
	}
	for _, r := range c.stretches() {
		inverted = append(inverted, c.turnedRound(r)...)
	}
	for _, r := range together(inverted) {
		c.blank(r)
	}
}

// leftmost returns an insertion at the leftmost of all places that give the
// same genome. An insertion in a tandem repeat is then a copy of the bases that
// follow.
func (c *Caller) leftmost(i Insertion) (at int, letters []byte) {
	q, n := c.walker.q, len(i.Letters)
	lo := len(q) - n
	for _, s := range c.walker.segs {
		if s.r >= i.Pos && s.n > 0 {
			lo = s.q - n
			break
		}
	}
	at = i.Pos
	for lo > 0 && at > c.calls.Aligned.Lo && q[lo-1] == q[lo+n-1] && q[lo-1] == c.walker.letters[at-1] {
		lo, at = lo-1, at-1
	}
	return at, q[lo : lo+n]
}

// moved names the parts of an insertion that are the reference's.
func (c *Caller) moved(at int, letters []byte) {
	out, length := &c.calls, len(c.ref.Sequence)
	first, last := at <= out.Aligned.Lo+tied, at >= out.Aligned.Hi-tied
	for _, b := range tandem(c.blocks(letters), at) {
		r := genome.Region{Lo: b.r, Hi: b.r + b.n}
		m := Rearrangement{Kind: Duplication, Region: r, At: at}
		switch absent := c.absent(r) >= b.n/2; {
		case !b.reverse && float64(b.n) >= wholeAgain*float64(length):
			m.Kind = Concatenation
		case !b.reverse && absent && (first || last):
			m.Kind = Rotation
			m.Region = genome.Region{Lo: out.Aligned.Lo, Hi: out.Aligned.Lo}
			if first {
				m.Region = genome.Region{Lo: b.r, Hi: b.r}
			}
			m.At = m.Region.Lo
		case !b.reverse && absent:
			m.Kind = Translocation
		case b.reverse && absent:
			m.Kind = Inversion
		case b.reverse && (first && r.Hi > length-leastMoved || last && r.Lo < leastMoved):
			m.Kind = TerminalRepeat
		case b.reverse:
			m.Kind = InvertedDuplication
		}
		out.Rearrangements = append(out.Rearrangements, m)
	}
}

// tandem joins the two parts of a tandem copy that are inserted before a base of
// the reference: where the copies differ, the alignment may go from one to the
// other anywhere, and the insertion is the end of one and the start of the other.
func tandem(blocks []own, at int) []own {
	near := func(r int) bool { return at-tied <= r && r <= at+tied }
	for i := 0; i+1 < len(blocks); i++ {
		if a, b := blocks[i], blocks[i+1]; !a.reverse && !b.reverse && near(a.r) && near(b.r+b.n) {
			blocks[i] = own{q: a.q, r: b.r, n: a.r + a.n - b.r}
			blocks = slices.Delete(blocks, i+1, i+2)
		}
	}
	return blocks
}

// absent returns the number of bases of a region to which the genome is not
// aligned.
func (c *Caller) absent(r genome.Region) int {
	n := r.Len() - r.Intersect(c.calls.Aligned).Len()
	for _, d := range c.calls.Deletions {
		n += r.Intersect(d).Len()
	}
	return n
}

// stretches returns the stretches of the reference in which most bases differ.
// An inverted one may seem shorter than it is, for its ends may be their own
// reverse complement.
func (c *Caller) stretches() (out []genome.Region) {
	var r genome.Region
	differ := 0
	end := func() {
		if r.Len() >= leastMoved/2 && float64(differ) >= dense*float64(r.Len()) {
			out = append(out, r)
		}
	}
	for _, d := range c.differences() {
		if d.Lo > r.Hi+sparse {
			end()
			r, differ = genome.Region{Lo: d.Lo, Hi: d.Lo}, 0
		}
		r.Hi = max(r.Hi, d.Hi)
		differ += max(d.Len(), 1)
	}
	end()
	return out
}

// differences returns the places of substitutions, insertions and short deletions,
// in order.
func (c *Caller) differences() (out []genome.Region) {
	for _, s := range c.calls.Substitutions {
		out = append(out, genome.Region{Lo: s.Pos, Hi: s.Pos + 1})
	}
	for _, d := range c.calls.Deletions {
		if d.Len() < leastMoved {
			out = append(out, d)
		}
	}
	for _, i := range c.calls.Insertions {
		out = append(out, genome.Region{Lo: i.Pos, Hi: i.Pos})
	}
	slices.SortFunc(out, func(a, b genome.Region) int { return cmp.Compare(a.Lo, b.Lo) })
	return out
}

// turnedRound names the parts of a stretch that are the reference's own,
// inverted.
func (c *Caller) turnedRound(r genome.Region) (inverted []genome.Region) {
	q := c.walker.q
	flipped := genome.AppendReverseComplement(nil, q[max(0, c.queryAt(r.Lo)-leastMoved):min(len(q), c.queryAt(r.Hi)+leastMoved)])
	for _, b := range c.straight(nil, flipped, 0) {
		if at := (genome.Region{Lo: b.r, Hi: b.r + b.n}); at.Intersect(r).Len() >= b.n/2 {
			if at.Lo < r.Lo && r.Lo <= at.Lo+2*beside { // what pairs beyond the first difference does so by accident
				at.Lo = r.Lo
			}
			if r.Hi < at.Hi && at.Hi <= r.Hi+2*beside {
				at.Hi = r.Hi
			}
			if at.Len() < leastMoved-beside { // the loop of a hairpin
				continue
			}
			c.calls.Rearrangements = append(c.calls.Rearrangements, Rearrangement{Inversion, at, at.Lo})
			inverted = append(inverted, at)
		}
	}
	return inverted
}

// queryAt returns the place in the genome of a position of the reference, or
// else of the next position that the genome has.
func (c *Caller) queryAt(pos int) int {
	at := 0
	for _, s := range c.walker.segs {
		switch {
		case s.n == 0:
			continue
		case s.r >= pos:
			return s.q
		case pos < s.r+s.n:
			return s.q + pos - s.r
		}
		at = s.q + s.n
	}
	return at
}

// An own is bases that the reference has from r on, possibly inverted.
type own struct {
	q, r, n int
	reverse bool
}

// blocks returns the parts of some bases, leastMoved and longer, that the
// reference has.
func (c *Caller) blocks(letters []byte) []own {
	out := c.straight(nil, letters, 0)
	var turned []own
	at := 0
	for _, b := range append(out, own{q: len(letters)}) {
		if part := letters[at:max(at, b.q)]; len(part) >= leastMoved {
			flipped := genome.AppendReverseComplement(nil, part)
			for _, x := range c.straight(nil, flipped, 0) {
				x.q, x.reverse = at+len(part)-x.q-x.n, true
				turned = append(turned, x)
			}
		}
		at = b.q + b.n
	}
	return append(out, turned...)
}

// straight appends the blocks that are not inverted.
func (c *Caller) straight(dst []own, letters []byte, diagonal int) []own {
	for i := 0; i+kmer <= len(letters); {
		word, ok := wordAt(letters, i)
		r := -1
		if ok {
			r = c.walker.index.find(word, i+diagonal)
		}
		if r < 0 {
			i++
			continue
		}
		b := c.stretch(letters, own{q: i, r: r, n: kmer})
		if k := len(dst) - 1; k >= 0 && goesOn(dst[k], b) {
			dst[k].n = b.r + b.n - dst[k].r
			i, diagonal = b.q+b.n, b.r-b.q
			continue
		}
		if b.n >= leastMoved {
			dst = append(dst, b)
			i, diagonal = b.q+b.n, b.r-b.q
			continue
		}
		i++
	}
	return dst
}

// goesOn says whether a block continues another, except for a few bases.
func goesOn(a, b own) bool {
	dr, dq := b.r-a.r-a.n, b.q-a.q-a.n
	return 0 <= dr && dr < leastMoved && 0 <= dq && dq < leastMoved
}

// stretch lengthens a block both ways while few bases differ.
func (c *Caller) stretch(letters []byte, b own) own {
	const fall = 16 // of the score, a match less a mismatch, that ends it
	run := func(n int, differs func(int) bool) (length int) {
		score, best := 0, 0
		for i := range n {
			if score++; differs(i) {
				score -= 2
			}
			if score > best {
				best, length = score, i+1
			} else if score < best-fall {
				break
			}
		}
		return length
	}
	w := &c.walker
	ahead := run(min(len(letters)-b.q-b.n, w.length()-b.r-b.n), func(i int) bool { return w.mismatch(b.r+b.n+i, letters[b.q+b.n+i]) })
	behind := run(min(b.q, b.r), func(i int) bool { return w.mismatch(b.r-1-i, letters[b.q-1-i]) })
	return own{q: b.q - behind, r: b.r - behind, n: b.n + ahead + behind}
}

// appendRearrangements appends the rearrangements:
// duplication:11001-13000@13000, rotation:1402.
func appendRearrangements(dst []byte, all []Rearrangement) []byte {
	sep := byte('\t')
	for _, m := range all {
		dst = append(append(append(dst, sep), m.Kind...), ':')
		switch m.Kind {
		case Rotation:
			dst = appendInt(dst, m.Region.Lo+1)
		case Inversion:
			dst = appendRegion(dst, m.Region)
		default:
			dst = appendInt(append(appendRegion(dst, m.Region), '@'), m.At)
		}
		sep = ','
	}
	return appendEmpty(dst, sep)
}

// String returns the rearrangement in a few words.
func (m Rearrangement) String() string {
	region := fmt.Sprintf("%d-%d", m.Region.Lo+1, m.Region.Hi)
	switch m.Kind {
	case Rotation:
		return fmt.Sprintf("rotation: the genome begins at base %d of the reference", m.Region.Lo+1)
	case Concatenation:
		return "concatenation: the reference's bases " + region + " once more"
	case TerminalRepeat:
		return "inverted terminal repeat: a turned copy of " + region + " more"
	case InvertedDuplication:
		return "inverted duplication of " + region
	}
	return m.Kind + " of " + region
}

// jsonRearrangement appends the object of duplication:11001-13000@13000.
func jsonRearrangement(dst, x []byte) []byte {
	r := &fieldReader{}
	kind, at := cutGene(x, 1)
	dst = jsonName(append(dst, `{"kind":`...), string(kind))
	region, before, ok := bytes.Cut(at, []byte{'@'})
	dst = jsonRegion(append(dst, `,"range":`...), r.region(region))
	if ok {
		dst = appendInt(append(dst, `,"pos":`...), r.number(before)-1)
	}
	return append(dst, '}')
}
