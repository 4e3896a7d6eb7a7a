package distance

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"okazaki/format/wire"
)

// pairs collects near pairs of groups, a chunk a tile:
//
//	the set's digest, uvarints: tile, distance asked for, bytes of the body;
//	body, for each row with pairs: row less the one before less 1, pairs less 1;
//	each pair: (column less the one before less 1) * (distance asked for + 1) + distance
//
// What is before the first is -1; on the diagonal, the row.
type pairs struct {
	set    *Set
	within int
	bytes  []byte

	tile     int64
	diagonal bool
	body     []byte
	last     int // row

	row   int // whose pairs are being collected
	found []byte
	count int
	col   int
}

func (p *pairs) start(tile int64) {
	row, col := p.set.tileAt(tile)
	p.tile, p.diagonal, p.body, p.last, p.row = tile, row == col, p.body[:0], -1, -1
}

func (p *pairs) add(row, col, distance int) {
	if row != p.row {
		p.flush()
		p.row, p.col = row, -1
		if p.diagonal {
			p.col = row
		}
	}
	p.found = wire.AppendUvarint(p.found, (col-p.col-1)*(p.within+1)+distance)
	p.col = col
	p.count++
}

func (p *pairs) flush() {
	if p.count == 0 {
		return
	}
	p.body = wire.AppendUvarint(p.body, p.row-p.last-1)
	p.body = wire.AppendUvarint(p.body, p.count-1)
	p.body = append(p.body, p.found...)
	p.last, p.count, p.found = p.row, 0, p.found[:0]
}

func (p *pairs) end() {
	p.flush()
	p.bytes = append(p.bytes, p.set.digest[:]...)
	p.bytes = wire.AppendUvarint(wire.AppendUvarint(p.bytes, p.tile), p.within)
	p.bytes = wire.AppendBytes(p.bytes, p.body)
}

// ReadPairs reads the joined parts of Pairs and yields every pair once, the
// smaller genome first, in the order of tiles, which depends on the set alone.
// Identical genomes are pairs at distance 0. It holds one tile's pairs in
// memory. It ends early, without an error, if yield says false.
func (s *Set) ReadPairs(r io.Reader, yield func(a, b, distance int) bool) error {
	in := bufio.NewReaderSize(r, 1<<16)
	for t := range s.Tiles() {
		c, err := s.readChunk(in, t)
		if err != nil {
			return fmt.Errorf("pairs of tile %d: %w", t, err)
		}
		going, err := c.pairs(yield)
		if err != nil {
			return fmt.Errorf("pairs of tile %d: %w", t, err)
		}
		if !going {
			return nil
		}
	}
	if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("pairs after the last tile: %w", ErrPart)
	}
	return nil
}

// A chunk is the pairs of one tile, to be read.
type chunk struct {
	set      *Set
	row, col int // blocks
	within   int
	body     wire.Reader
}

func (s *Set) readChunk(in *bufio.Reader, tile int64) (*chunk, error) {
	var digest [8]byte
	if _, err := io.ReadFull(in, digest[:]); err != nil {
		return nil, err
	}
	var n [2]uint64 // tile, within
	for i := range n {
		x, err := binary.ReadUvarint(in)
		if err != nil {
			return nil, err
		}
		n[i] = x
	}
	row, col := s.tileAt(tile)
	r0, r1 := s.block(row)
	c0, c1 := s.block(col)
	most := uint64(r1-r0) * uint64(c1-c0+2) * 5 // a number takes at most 5 bytes
	if digest != s.digest || n[0] != uint64(tile) || n[1] > 2*maxDeparting {
		return nil, ErrPart
	}
	body, err := wire.ReadFrame(in, nil, most)
	if err == io.EOF {
		err = wire.ErrShort
	}
	return &chunk{set: s, row: row, col: col, within: int(n[1]), body: wire.From(body)}, err
}

// pairs yields the pairs of the chunk, and says whether to go on.
func (c *chunk) pairs(yield func(a, b, distance int) bool) (bool, error) {
	r0, r1 := c.set.block(c.row)
	if c.row == c.col {
		for g := r0; g < r1; g++ {
			if !c.set.inside(g, yield) {
				return false, nil
			}
		}
	}
	for row := r0 - 1; c.body.Len() > 0; {
		row += 1 + c.body.Below(r1-row-1)
		going := c.ofRow(row, yield)
		if c.body.Err() != nil || !going {
			return false, because(c.body.Err())
		}
	}
	return true, nil
}

// ofRow yields the pairs of one row.
func (c *chunk) ofRow(row int, yield func(a, b, distance int) bool) bool {
	c0, c1 := c.set.block(c.col)
	col := c0 - 1
	if c.row == c.col {
		col = row
	}
	for n := c.body.Below(c1-c0) + 1; n > 0 && c.body.Err() == nil; n-- {
		x := c.body.Below((c1 - col - 1) * (c.within + 1))
		col += x/(c.within+1) + 1
		if c.body.Err() == nil && !c.set.between(row, col, x%(c.within+1), yield) {
			return false
		}
	}
	return true
}

// inside yields the pairs of a group's genomes.
func (s *Set) inside(group int, yield func(a, b, distance int) bool) bool {
	members := s.Members(group)
	for i, a := range members {
		for _, b := range members[i+1:] {
			if !yield(int(a), int(b), 0) {
				return false
			}
		}
	}
	return true
}

// between yields the pairs of two groups' genomes.
func (s *Set) between(g, h, distance int, yield func(a, b, distance int) bool) bool {
	for _, a := range s.Members(g) {
		for _, b := range s.Members(h) {
			if !yield(int(min(a, b)), int(max(a, b)), distance) {
				return false
			}
		}
	}
	return true
}
