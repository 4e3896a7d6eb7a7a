package known

import (
	"bytes"
	"slices"
	"sort"
	"strconv"

	"okazaki/genome"
)

// A Cursor asks a Source about one change or place after the other. The order
// doesn't matter, but an ascending one is fast. One goroutine may use a
// Cursor, any number of Cursors a Source.
//
// Number, Code, Has and Append read the rows that the last Find, Overlap or
// Near found; there is nothing to read if it found none.
type Cursor struct {
	s       *Source
	contig  int
	chunk   *chunk // of contig; nil if at has no rows
	at      int    // number of the chunk
	rows    []row
	values  [][]byte
	scratch []byte
	letters []byte
	err     error
}

// A row is one that was found.
type row struct {
	c *chunk
	i int
}

// Err is what went wrong since the cursor was made: the file can't be read,
// or is damaged. Nothing is found from then on.
func (c *Cursor) Err() error { return c.err }

// enter goes to a chunk, and returns nil if it has no rows.
func (c *Cursor) enter(contig, number int) *chunk {
	if c.err != nil {
		return nil
	}
	if contig == c.contig && number == c.at {
		return c.chunk
	}
	c.contig, c.at, c.chunk = contig, number, nil
	refs := c.s.foot.Contigs[contig].Chunks
	i, ok := slices.BinarySearchFunc(refs, number, func(r chunkRef, n int) int { return r.Number - n })
	if ok {
		c.chunk, c.err = c.s.read(refs[i])
	}
	return c.chunk
}

// Find looks for a change of contig, a number from Source.Contig, and says
// whether the source knows it. It panics for a source of intervals.
func (c *Cursor) Find(contig int, k Key) bool {
	if c.s.foot.Intervals {
		panic("known: Find in a source of intervals")
	}
	c.rows = c.rows[:0]
	h := c.enter(contig, k.Pos>>chunkBits)
	if h == nil {
		return false
	}
	i, ok := h.find(&k)
	if i >= 0 {
		c.rows = append(c.rows, row{h, i})
	} else if !ok {
		c.err = c.s.file.Damaged("a block of keys can't be read")
	}
	return i >= 0
}

// find returns the row of a key, or -1. It returns false if the chunk is
// damaged.
func (c *chunk) find(k *Key) (row int, ok bool) {
	off := uint32(k.Pos - c.base)
	p := c.place
	if next := p.block + 1; next == 0 || p.pos >= off || next < len(c.blockPos) && c.blockPos[next] < off {
		p = c.start(c.seek(off))
	}
	for {
		// Most keys are changes of one base, near the key before: they are skipped here.
		for p.row%blockSize != 0 && p.row < c.ref.Rows && int(p.at) < len(c.keys) {
			first := c.keys[p.at]
			pos := p.pos + uint32(first>>4)
			if pos >= off || first >= farDelta<<4 || first&15 == sameA || first&15 == sameC {
				break
			}
			p.at, p.pos, p.row = p.at+1, pos, p.row+1
		}
		if p.pos < off {
			c.place = p // keys that lie at off are read again by the next search there
		}
		word, ok := c.step(&p)
		switch {
		case !ok:
			return -1, p.row >= 0
		case p.pos > off:
			return -1, true
		case p.pos == off && k.is(c, word):
			return p.row - 1, true
		}
	}
}

// seek is the last block that begins before off, or the first.
func (c *chunk) seek(off uint32) int {
	lo, hi := 0, len(c.blockPos)
	if b := c.place.block; b >= 0 && c.blockPos[b] < off {
		// Gallop on from where the last search ended.
		lo = b
		for step := 1; lo+step < hi; step *= 2 {
			if c.blockPos[lo+step] >= off {
				hi = lo + step
				break
			}
			lo += step
		}
	} else if b >= 0 {
		hi = b + 1
	}
	for lo+1 < hi {
		if m := lo + (hi-lo)/2; c.blockPos[m] < off {
			lo = m
		} else {
			hi = m
		}
	}
	return lo
}

// is says whether a word of a chunk stands for the key.
func (k *Key) is(c *chunk, word uint64) bool {
	if word&longWord == 0 || k.word&longWord == 0 {
		return word == k.word
	}
	text := c.longText(word)
	return len(text) == len(k.Ref)+1+len(k.Alt) && bytes.EqualFold(text[:len(k.Ref)], k.Ref) && bytes.EqualFold(text[len(k.Ref)+1:], k.Alt)
}

// Near calls f for each change of contig whose key lies in [lo, hi), in
// order, until it returns false. Within f, the cursor reads that change; its
// alleles are valid until f returns.
func (c *Cursor) Near(contig, lo, hi int, f func(Key) bool) {
	for number := max(lo, 0) >> chunkBits; number<<chunkBits < hi && c.err == nil; number++ {
		h := c.enter(contig, number)
		if h == nil {
			continue
		}
		for p := h.start(h.seek(uint32(max(lo-h.base, 0)))); ; {
			word, ok := h.step(&p)
			at := int(p.pos) + h.base
			if !ok && p.row < 0 {
				c.err = c.s.file.Damaged("a block of keys can't be read")
			}
			if !ok || at >= hi {
				break
			}
			if at < lo {
				continue
			}
			c.rows = append(c.rows[:0], row{h, p.row - 1})
			if !f(c.key(h, at, word)) {
				return
			}
		}
	}
	c.rows = c.rows[:0]
}

func (c *Cursor) key(h *chunk, pos int, word uint64) Key {
	k := Key{Pos: pos, word: word}
	if word&longWord != 0 {
		k.word = longWord
		k.Ref, k.Alt, _ = bytes.Cut(h.longText(word), []byte{'\t'})
		return k
	}
	n := 0
	c.letters, n = spell(c.letters[:0], word)
	k.Ref, k.Alt = c.letters[:n], c.letters[n:]
	return k
}

// Overlap looks for the intervals of contig that share a base with r. If one
// of the two is empty, it must lie between two bases of the other. Overlap
// returns how many intervals there are. It panics for a source of changes.
func (c *Cursor) Overlap(contig int, r genome.Region) int {
	if !c.s.foot.Intervals {
		panic("known: Overlap in a source of changes")
	}
	c.rows = c.rows[:0]
	first := max(r.Lo, 0) >> chunkBits
	for number := first; number<<chunkBits < max(r.Hi, r.Lo+1); number++ {
		h := c.enter(contig, number)
		if h == nil {
			continue
		}
		from := len(c.rows)
		for i := sort.Search(len(h.starts), func(i int) bool { return int(h.starts[i]) >= max(r.Hi, r.Lo+1) }) - 1; i >= 0 && int(h.most[i]) > r.Lo; i-- {
			// A row that begins before this chunk was in an earlier chunk
			// too.
			if overlaps(r, genome.Region{Lo: int(h.starts[i]), Hi: int(h.ends[i])}) && (number == first || int(h.starts[i]) >= h.base) {
				c.rows = append(c.rows, row{h, i})
			}
		}
		slices.Reverse(c.rows[from:])
	}
	return len(c.rows)
}

func overlaps(a, b genome.Region) bool { return a.Lo < b.Hi && b.Lo < a.Hi }

// Append appends the value of a field to dst, as the source wrote it if it is
// one value, and nothing if there is none.
func (c *Cursor) Append(dst []byte, field int) []byte {
	op := c.s.foot.Fields[field].Op
	if len(c.rows) == 0 {
		return dst
	}
	if len(c.rows) == 1 && (!c.s.foot.Intervals || op != Count && op != Flag) {
		return c.s.append(dst, c.rows[0], field)
	}
	c.scratch, c.values = c.scratch[:0], c.values[:0]
	for _, r := range c.rows {
		at := len(c.scratch)
		c.scratch = c.s.append(c.scratch, r, field)
		c.values = append(c.values, c.scratch[at:len(c.scratch):len(c.scratch)])
	}
	return op.reduce(dst, c.values)
}

// append is the value of a field in one row.
func (s *Source) append(dst []byte, r row, field int) []byte {
	col := &r.c.columns[field]
	switch col.kind {
	case Number:
		switch d := col.number(r.i); {
		case d == noValue:
			return dst
		case d&asText != 0:
			return append(dst, col.entry(uint32(d&^asText))...)
		default:
			return d.append(dst)
		}
	case Code:
		if i := int(col.code(r.i)); i > 0 && i <= len(s.foot.Fields[field].Codes) {
			return append(dst, s.foot.Fields[field].Codes[i-1]...)
		}
		return dst
	}
	return append(dst, col.entry(col.code(r.i))...)
}

// Number returns the value of a field as a number. It returns false if there
// is none, or if it is not a number.
func (c *Cursor) Number(field int) (float64, bool) {
	if len(c.rows) == 1 && !c.s.foot.Intervals {
		if col := &c.rows[0].c.columns[field]; col.kind == Number {
			if d := col.number(c.rows[0].i); d&asText == 0 {
				return d.float(), true
			}
		}
	}
	var b [32]byte
	text := c.Append(b[:0], field)
	if len(text) == 0 {
		return 0, false
	}
	v, err := strconv.ParseFloat(string(text), 64)
	return v, err == nil && v == v
}

// Code returns the place of a field's value among Source.Codes. It returns
// false if there is none, or if the field's Kind is another.
func (c *Cursor) Code(field int) (int, bool) {
	if len(c.rows) != 1 || c.rows[0].c.columns[field].kind != Code {
		return 0, false
	}
	i := int(c.rows[0].c.columns[field].code(c.rows[0].i))
	return i - 1, i > 0 && i <= len(c.s.foot.Fields[field].Codes)
}
