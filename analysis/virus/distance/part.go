package distance

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"okazaki/format/wire"
)

// ErrPart is the cause of an error about bytes that are not a part, or not one
// of this set.
var ErrPart = errors.New("not a part of this comparison")

// version is the version of the bytes of parts.
const version = 1

// A part is the result of a span of tiles. Its bytes are canonical: the same
// content has the same bytes.
//
//	head     "okdist", version, the set's digest, uvarints: genomes, groups, tile, nearest, cluster + 1
//	counts   uvarint bins (the last is not 0), uvarint each: pairs of genomes by distance
//	clusters uvarint links; each: genome less the one before less 1, genome - its cluster's smallest
//	nearest  uvarint blocks; each: block less the one before less 1; for each group of it
//	         uvarint neighbours; each: distance less the one before, first genome (less the one before less 1 if the distance is the same)
//
// What is "the one before" for the first of a list is -1, for distances 0.
type part struct {
	head   head
	counts []uint64
	links  []link
	blocks []neighbours
}

type head struct {
	digest                                  [8]byte
	genomes, groups, tile, nearest, cluster int
}

// A link says that a genome is in the cluster of a smaller one.
type link struct{ genome, smallest uint32 }

// neighbours are the nearest groups of all groups of a block.
type neighbours struct {
	block int
	keys  []key
	end   []uint32 // by group of the block
}

func (h *head) blocks() int { return (h.groups + h.tile - 1) / h.tile }

// size returns the number of groups in a block.
func (h *head) size(block int) int { return min(h.tile, h.groups-block*h.tile) }

const magic = "okdist"

func (p *part) encode() []byte {
	b := append([]byte(magic), version)
	b = append(b, p.head.digest[:]...)
	h := &p.head
	for _, n := range []int{h.genomes, h.groups, h.tile, h.nearest, h.cluster + 1} {
		b = wire.AppendUvarint(b, n)
	}
	bins := len(p.counts)
	for bins > 0 && p.counts[bins-1] == 0 {
		bins--
	}
	b = wire.AppendUvarint(b, bins)
	for _, n := range p.counts[:bins] {
		b = wire.AppendUvarint(b, n)
	}
	b = wire.AppendUvarint(b, len(p.links))
	last := -1
	for _, l := range p.links {
		b = wire.AppendUvarint(b, int(l.genome)-last-1)
		b = wire.AppendUvarint(b, l.genome-l.smallest)
		last = int(l.genome)
	}
	b = wire.AppendUvarint(b, len(p.blocks))
	last = -1
	for i := range p.blocks {
		b = wire.AppendUvarint(b, p.blocks[i].block-last-1)
		last = p.blocks[i].block
		b = p.blocks[i].append(b)
	}
	return b
}

func (n *neighbours) append(b []byte) []byte {
	for i := range n.end {
		keys := slice(n.keys, n.end, i)
		b = wire.AppendUvarint(b, len(keys))
		last := none
		for _, k := range keys {
			step := k.distance()
			if last != none {
				step -= last.distance()
			}
			b = wire.AppendUvarint(b, step)
			b = wire.AppendUvarint(b, uint64(k.first())-skip(last, step))
			last = k
		}
	}
	return b
}

// skip returns the smallest first genome that may follow last with a distance
// of step more.
func skip(last key, step int) uint64 {
	if step == 0 && last != none {
		return uint64(last.first()) + 1
	}
	return 0
}

// decode reads the bytes of a part. What it allocates is a small multiple of
// their number.
func decode(b []byte) (*part, error) {
	r := newReader(b)
	p := new(part)
	r.head(&p.head)
	r.counts(p)
	r.links(p)
	last := -1
	for n := r.Below(p.head.blocks() + 1); n > 0 && r.Err() == nil; n-- {
		block := last + 1 + r.Below(p.head.blocks()-last-1)
		if r.Err() == nil {
			p.blocks = append(p.blocks, r.neighbours(&p.head, block))
		}
		last = block
	}
	return p, because(r.End())
}

// A reader reads a part, or the pairs of a tile.
type reader struct{ wire.Reader }

func newReader(b []byte) *reader { return &reader{wire.From(b)} }

func (r *reader) fail(why string) { r.Fail(errors.New(why)) }

// because returns an error about bytes that are not a part, unless why is nil.
func because(why error) error {
	if why == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", why, ErrPart)
}

func (r *reader) head(h *head) {
	if string(r.Take(len(magic))) != magic {
		r.fail("another format")
	} else if r.Byte() != version {
		r.fail("another version")
	}
	copy(h.digest[:], r.Take(len(h.digest)))
	h.genomes = r.Below(math.MaxUint32)
	h.groups = r.Below(h.genomes + 1)
	h.tile = r.Below(MaxTile + 1)
	h.nearest = r.Below(maxNearest + 1)
	h.cluster = r.Below(2*maxDeparting+2) - 1
	if r.Err() == nil && h.tile == 0 {
		r.fail("tiles of no size")
	}
	h.tile = max(h.tile, 1)
}

func (r *reader) counts(p *part) {
	n := min(r.Count(1), 2*maxDeparting+2)
	for range n {
		p.counts = append(p.counts, r.Uvarint())
	}
	if r.Err() == nil && n > 0 && (p.counts[n-1] == 0 || n > 2*maxDeparting+1) {
		r.fail("the histogram is too long")
	}
}

func (r *reader) links(p *part) {
	last := -1
	for n := r.Count(2); n > 0 && r.Err() == nil; n-- {
		g := last + 1 + r.Below(p.head.genomes-last-1)
		back := r.Below(g + 1)
		if r.Err() == nil && back == 0 {
			r.fail("a genome is linked to itself")
		}
		p.links = append(p.links, link{uint32(g), uint32(g - back)})
		last = g
	}
}

func (r *reader) neighbours(h *head, block int) neighbours {
	n := neighbours{block: block}
	for range h.size(block) {
		count := r.Below(h.nearest + 1)
		last := none
		for range count {
			step := r.Below(2*maxDeparting + 1)
			d := step
			if last != none {
				d += last.distance()
			}
			from := skip(last, step)
			first := from + uint64(r.Below(h.genomes-int(from)))
			if r.Err() == nil && d > 2*maxDeparting {
				r.fail("a distance is too large")
			}
			if r.Err() != nil {
				return n
			}
			last = newKey(d, uint32(first))
			n.keys = append(n.keys, last)
		}
		n.end = append(n.end, uint32(len(n.keys)))
		if r.Err() != nil {
			return n
		}
	}
	return n
}

// merge takes the k nearest of both.
func (n *neighbours) merge(o *neighbours, k int) neighbours {
	out := neighbours{block: n.block}
	var keys []key
	for i := range n.end {
		keys = append(append(keys[:0], slice(n.keys, n.end, i)...), slice(o.keys, o.end, i)...)
		slices.Sort(keys)
		out.keys = append(out.keys, keys[:min(k, len(keys))]...)
		out.end = append(out.end, uint32(len(out.keys)))
	}
	return out
}
