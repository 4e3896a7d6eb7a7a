package known

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"github.com/klauspost/compress/zstd"

	"okazaki/format/container"
	"okazaki/format/wire"
)

// A pending is a chunk that rows are still added to.
type pending struct {
	number int
	rows   []pendingRow
	arena  []byte // for each row: Ref, Alt, and for each field the length of its value and the value
}

type pendingRow struct {
	pos, end int // end of an interval only
	at       int // in the arena
	ref, alt int // lengths
}

func (p *pending) add(pos, end int, ref, alt []byte, values [][]byte) {
	p.rows = append(p.rows, pendingRow{pos, end, len(p.arena), len(ref), len(alt)})
	p.arena = append(append(p.arena, bytes.ToUpper(ref)...), bytes.ToUpper(alt)...)
	for _, v := range values {
		p.arena = wire.AppendBytes(p.arena, v)
	}
}

func (p *pending) key(r *pendingRow) Key {
	k := Key{Pos: r.pos, Ref: p.arena[r.at : r.at+r.ref], Alt: p.arena[r.at+r.ref : r.at+r.ref+r.alt]}
	k.pack()
	return k
}

// values takes a row's values apart.
func (p *pending) values(dst [][]byte, r *pendingRow, fields int) [][]byte {
	b := wire.From(p.arena[r.at+r.ref+r.alt:])
	for range fields {
		dst = append(dst, b.Bytes())
	}
	return dst
}

// compare orders rows by key, or intervals by start and end; rows of one key
// stay in the source's order.
func (p *pending) compare(a, b *pendingRow) int {
	if a.pos != b.pos {
		return cmp.Compare(a.pos, b.pos)
	}
	return cmp.Or(
		bytes.Compare(p.arena[a.at:a.at+a.ref], p.arena[b.at:b.at+b.ref]),
		bytes.Compare(p.arena[a.at+a.ref:a.at+a.ref+a.alt], p.arena[b.at+b.ref:b.at+b.ref+b.alt]),
		cmp.Compare(a.end, b.end), cmp.Compare(a.at, b.at))
}

// An encoder makes the bytes of chunks. Its dictionaries grow from one chunk to
// the next and become the footer's.
type encoder struct {
	fields    []footerField
	intervals bool
	codes     []map[string]uint32 // of each field of kind Code
	zstd      *zstd.Encoder
}

func newEncoder(fields []footerField, intervals bool) *encoder {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderCRC(false))
	if err != nil {
		panic(err) // the options are right
	}
	e := &encoder{fields: fields, intervals: intervals, zstd: z, codes: make([]map[string]uint32, len(fields))}
	for i := range e.codes {
		e.codes[i] = map[string]uint32{}
	}
	return e
}

var errChunk = errors.New("a chunk of 2^20 bases has more than fits into a file of knowledge")

// encode returns a chunk's bytes and how many rows it has.
func (e *encoder) encode(p *pending) ([]byte, int, error) {
	slices.SortFunc(p.rows, func(a, b pendingRow) int { return p.compare(&a, &b) })
	columns := make([]columnEncoder, len(e.fields))
	for i := range columns {
		columns[i] = columnEncoder{kind: e.fields[i].Kind, texts: map[string]uint32{}, global: e.codes[i]}
	}
	keys := &keyEncoder{base: p.number << chunkBits, intervals: e.intervals}
	var values, column [][]byte
	var reduced []byte
	for i, j := 0, 0; i < len(p.rows); i = j {
		// The rows [i, j) have one key.
		j = i + 1
		k := p.key(&p.rows[i])
		for !e.intervals && j < len(p.rows) {
			if o := p.key(&p.rows[j]); k.compare(&o) != 0 {
				break
			}
			j++
		}
		keys.add(&k, p.rows[i].end)
		values = values[:0]
		for r := i; r < j; r++ {
			values = p.values(values, &p.rows[r], len(e.fields))
		}
		for f := range e.fields {
			column = column[:0]
			for at := f; at < len(values); at += len(e.fields) {
				column = append(column, values[at])
			}
			v := column[0]
			if op := e.fields[f].Op; !e.intervals && (len(column) > 1 || op == Count || op == Flag) {
				reduced = op.reduce(reduced[:0], column)
				v = reduced
			}
			columns[f].add(&e.fields[f], v)
		}
	}
	sections := keys.sections()
	for i := range columns {
		if len(columns[i].text) > maxText {
			return nil, 0, errChunk
		}
		sections = append(sections, columns[i].sections(e.zstd)...)
	}
	b, err := layChunk(keys.rows, sections)
	return b, keys.rows, err
}

// layChunk puts the directory before the sections.
func layChunk(rows int, sections [][]byte) ([]byte, error) {
	size := 8 + 8*len(sections)
	directory := binary.LittleEndian.AppendUint32(nil, uint32(rows))
	directory = binary.LittleEndian.AppendUint32(directory, uint32(len(sections)))
	for _, s := range sections {
		directory = binary.LittleEndian.AppendUint32(directory, uint32(size))
		directory = binary.LittleEndian.AppendUint32(directory, uint32(len(s)))
		size += (len(s) + 3) &^ 3
	}
	size = (size + 7) &^ 7
	if size > math.MaxUint32 {
		return nil, errChunk
	}
	b := append(make([]byte, 0, size), directory...)
	for _, s := range sections {
		b = append(b, s...)
		b = append(b, make([]byte, (4-len(s)%4)%4)...)
	}
	return append(b, make([]byte, size-len(b))...), nil
}

// A keyEncoder writes the sections that say where rows are.
type keyEncoder struct {
	base, rows         int
	intervals          bool
	last               uint32
	blockPos, blockAt  []uint32
	keys               []byte
	longAt             []uint32
	long               []byte
	starts, ends, most []uint32
}

func (e *keyEncoder) add(k *Key, end int) {
	e.rows++
	if e.intervals {
		most := uint32(end)
		if n := len(e.most); n > 0 {
			most = max(most, e.most[n-1])
		}
		e.starts, e.ends, e.most = append(e.starts, uint32(k.Pos)), append(e.ends, uint32(end)), append(e.most, most)
		return
	}
	pos := uint32(k.Pos - e.base)
	if (e.rows-1)%blockSize == 0 {
		e.blockPos, e.blockAt = append(e.blockPos, pos), append(e.blockAt, uint32(len(e.keys)))
		e.last = pos
	}
	delta := pos - e.last
	e.last = pos
	code := byte(sameA)
	switch {
	case k.word&longWord != 0:
		code = sameC
	case len(k.Ref) == 1 && len(k.Alt) == 1:
		code = byte(k.word&3<<2 | k.word>>2&3)
	}
	e.keys = append(e.keys, byte(min(delta, farDelta))<<4|code)
	if delta >= farDelta {
		e.keys = wire.AppendUvarint(e.keys, delta)
	}
	switch code {
	case sameC:
		if e.longAt == nil {
			e.longAt = []uint32{0}
		}
		e.keys = wire.AppendUvarint(e.keys, len(e.longAt)-1)
		e.long = append(append(append(e.long, k.Ref...), '\t'), k.Alt...)
		e.longAt = append(e.longAt, uint32(len(e.long)))
	case sameA:
		e.keys = appendShort(e.keys, k.word)
	}
}

func (e *keyEncoder) sections() [][]byte {
	if e.intervals {
		return [][]byte{container.Raw(e.starts), container.Raw(e.ends), container.Raw(e.most), nil, nil}
	}
	return [][]byte{container.Raw(e.blockPos), container.Raw(e.blockAt), e.keys, container.Raw(e.longAt), e.long}
}

// A columnEncoder writes the sections of a field.
type columnEncoder struct {
	kind   Kind
	codes  []uint32 // of the rows; of a Number, decimals
	texts  map[string]uint32
	global map[string]uint32
	textAt []uint32
	text   []byte
}

func (c *columnEncoder) add(f *footerField, v []byte) {
	code := uint32(0)
	switch c.kind {
	case Number:
		if d, ok := parseDecimal(v); ok {
			code = uint32(d)
		} else if len(v) == 0 {
			code = uint32(noValue)
		} else {
			code = uint32(asText) | c.place(v)
		}
	case Code:
		if len(v) > 0 {
			known, ok := c.global[string(v)]
			if !ok {
				f.Codes = append(f.Codes, string(v))
				known = uint32(len(f.Codes))
				c.global[string(v)] = known
			}
			code = known
		}
	default:
		if len(c.textAt) == 0 {
			c.place(nil)
		}
		code = c.place(v)
	}
	c.codes = append(c.codes, code)
}

// place is the number of a text in the chunk.
func (c *columnEncoder) place(v []byte) uint32 {
	i, ok := c.texts[string(v)]
	if !ok {
		if len(c.textAt) == 0 {
			c.textAt = []uint32{0}
		}
		i = uint32(len(c.textAt) - 1)
		c.texts[string(v)] = i
		c.text = append(c.text, v...)
		c.textAt = append(c.textAt, uint32(len(c.text)))
	}
	return i
}

func (c *columnEncoder) sections(z *zstd.Encoder) [][]byte {
	var words []uint32
	if c.kind == Number {
		if words = distinct(c.codes); len(words) <= 1<<16 {
			for i, code := range c.codes {
				at, _ := slices.BinarySearch(words, code)
				c.codes[i] = uint32(at)
			}
		} else {
			words = nil
		}
	}
	text := c.text
	if packed := z.EncodeAll(c.text, nil); len(packed) < len(text) {
		text = packed
	}
	wide := c.kind == Number && words == nil
	return [][]byte{narrow(c.codes, wide), container.Raw(words), container.Raw(c.textAt), text}
}

func distinct(codes []uint32) []uint32 {
	d := slices.Clone(codes)
	slices.Sort(d)
	return slices.Compact(d)
}

// narrow writes the codes with as few bytes each as all of them need.
func narrow(codes []uint32, wide bool) []byte {
	most := slices.Max(codes)
	switch {
	case wide || most > math.MaxUint16:
		return container.Raw(codes)
	case most > math.MaxUint8:
		b := make([]byte, 0, 2*len(codes))
		for _, c := range codes {
			b = binary.LittleEndian.AppendUint16(b, uint16(c))
		}
		return b
	case most > 0:
		b := make([]byte, len(codes))
		for i, c := range codes {
			b[i] = byte(c)
		}
		return b
	}
	return nil
}
