package distance

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"okazaki"
)

// Work works on the tiles of a span, in order: histogram, nearest neighbours
// and clusters. After each tile it calls more, if not nil, with the tiles done.
// If more returns false, it returns the part for [span.Lo, done). Any number of
// goroutines may work at once; each needs some 20 MB, and for every genome of
// the blocks that its span touches 8 bytes a neighbour.
func (s *Set) Work(ctx context.Context, span okazaki.Span, more func(done int64) bool) (part []byte, done int64, err error) {
	p, err := s.newPass(true, Off)
	if err != nil {
		return nil, span.Lo, err
	}
	if done, err = p.run(ctx, span, more); err != nil {
		return nil, done, err
	}
	return p.part().encode(), done, nil
}

// Pairs works on the tiles of a span, in order, as Work does, and finds the
// pairs of genomes at most within apart. The parts of adjacent spans join by
// concatenation.
func (s *Set) Pairs(ctx context.Context, span okazaki.Span, within int, more func(done int64) bool) (part []byte, done int64, err error) {
	if within == Off {
		return nil, span.Lo, errors.New("pairs at no distance")
	}
	p, err := s.newPass(false, within)
	if err != nil {
		return nil, span.Lo, err
	}
	if done, err = p.run(ctx, span, more); err != nil {
		return nil, done, err
	}
	return p.pairs.bytes, done, nil
}

func (s *Set) head() head {
	return head{digest: s.digest, genomes: s.genomes, groups: s.Groups(), tile: s.options.Tile,
		nearest: s.options.Nearest, cluster: s.options.Cluster}
}

// part returns the part that the pass has counted.
func (p *pass) part() *part {
	out := &part{head: p.set.head(), counts: p.counts.total}
	if p.forest != nil {
		f := newForest(p.set.genomes)
		for g := range p.set.Groups() {
			if r := p.forest.root(g); r != g {
				f.join(int(p.set.first(r)), int(p.set.first(g)))
			}
		}
		out.links = f.links()
	}
	if p.set.options.Nearest == 0 {
		return out
	}
	for b := range p.set.blocks() {
		if n := p.nearest[b]; n != nil {
			out.blocks = append(out.blocks, n.neighbours(b))
		}
	}
	return out
}

func (n *nearest) neighbours(block int) neighbours {
	out := neighbours{block: block}
	for i := 0; i < len(n.keys); i += n.k {
		keys := n.keys[i : i+n.k]
		for len(keys) > 0 && keys[len(keys)-1] == none {
			keys = keys[:len(keys)-1]
		}
		out.keys = append(out.keys, keys...)
		out.end = append(out.end, uint32(len(out.keys)))
	}
	return out
}

// Merge joins the parts of adjacent spans into the part that Work gives for
// the whole. It is associative, and the order of the parts doesn't matter.
func Merge(parts [][]byte) ([]byte, error) {
	if len(parts) == 0 {
		return nil, fmt.Errorf("no parts: %w", ErrPart)
	}
	var sum *part
	var ups linked
	for i, b := range parts {
		p, err := decode(b)
		if err != nil {
			return nil, fmt.Errorf("part %d of %d: %w", i+1, len(parts), err)
		}
		if sum == nil {
			sum = p
			continue
		}
		if p.head != sum.head {
			return nil, fmt.Errorf("part %d of %d belongs to another set: %w", i+1, len(parts), ErrPart)
		}
		if ups == nil {
			ups = linked{}
			ups.join(sum.links)
		}
		ups.join(p.links)
		sum.addCounts(p.counts)
		sum.addBlocks(p.blocks)
	}
	if ups != nil {
		sum.links = ups.links()
	}
	return sum.encode(), nil
}

func (p *part) addCounts(counts []uint64) {
	p.counts = append(p.counts, make([]uint64, max(0, len(counts)-len(p.counts)))...)
	for d, n := range counts {
		p.counts[d] += n
	}
}

// addBlocks merges two ascending lists of blocks.
func (p *part) addBlocks(blocks []neighbours) {
	old := p.blocks
	p.blocks = make([]neighbours, 0, len(old)+len(blocks))
	for len(old) > 0 && len(blocks) > 0 {
		switch {
		case old[0].block < blocks[0].block:
			p.blocks, old = append(p.blocks, old[0]), old[1:]
		case blocks[0].block < old[0].block:
			p.blocks, blocks = append(p.blocks, blocks[0]), blocks[1:]
		default:
			p.blocks = append(p.blocks, old[0].merge(&blocks[0], p.head.nearest))
			old, blocks = old[1:], blocks[1:]
		}
	}
	p.blocks = append(append(p.blocks, old...), blocks...)
}

// An Answer is the part of all tiles, read.
type Answer struct {
	set    *Set
	counts []uint64
	labels []uint32
	blocks []neighbours
}

// A Neighbour is a genome at a distance.
type Neighbour struct {
	Genome   int
	Distance int
}

// Read reads the part of all tiles. A part of fewer is an error.
func (s *Set) Read(b []byte) (*Answer, error) {
	if s.genomes == 0 && len(b) == 0 { // there was no tile to work
		return &Answer{set: s}, nil
	}
	p, err := decode(b)
	if err != nil {
		return nil, err
	}
	if p.head != s.head() {
		return nil, fmt.Errorf("the part belongs to another set: %w", ErrPart)
	}
	pairs := uint64(0)
	for _, n := range p.counts {
		pairs += n
	}
	n := uint64(s.genomes)
	if n > 0 && pairs != n*(n-1)/2 {
		return nil, fmt.Errorf("the part has %d pairs of %d: %w", pairs, n*(n-1)/2, ErrPart)
	}
	a := &Answer{set: s, counts: p.counts, blocks: p.blocks}
	if s.options.Nearest > 0 && len(p.blocks) != s.blocks() {
		return nil, fmt.Errorf("neighbours of %d blocks of %d: %w", len(p.blocks), s.blocks(), ErrPart)
	}
	if s.options.Cluster != Off {
		a.label(p.links)
	}
	return a, nil
}

// label gives every genome the smallest of its cluster.
func (a *Answer) label(links []link) {
	f := newForest(a.set.genomes)
	for _, l := range links {
		f.join(int(l.genome), int(l.smallest))
	}
	for g := range a.set.Groups() {
		members := a.set.Members(g)
		for _, m := range members[1:] {
			f.join(int(members[0]), int(m))
		}
	}
	a.labels = make([]uint32, a.set.genomes)
	for g := range a.labels {
		a.labels[g] = uint32(f.root(g))
	}
}

// Histogram returns the number of unordered pairs of genomes by distance.
func (a *Answer) Histogram() []uint64 { return slices.Clone(a.counts) }

// Clusters returns the single-linkage clusters: for every genome the smallest
// of its cluster. Nil if none were asked for.
func (a *Answer) Clusters() []uint32 { return a.labels }

// Nearest appends the nearest other genomes of a genome, nearest first, of
// equally near ones the smallest numbers, by ascending number.
func (a *Answer) Nearest(dst []Neighbour, genome int) []Neighbour {
	s := a.set
	k := s.options.Nearest
	if k == 0 {
		return dst
	}
	own := int(s.groupOf[genome])
	block := &a.blocks[own/s.options.Tile]
	var keys []key
	add := func(distance, group int) {
		members := s.Members(group)
		for _, m := range members[:min(len(members), k+1)] {
			if int(m) != genome {
				keys = append(keys, newKey(distance, m))
			}
		}
	}
	add(0, own)
	for _, x := range slice(block.keys, block.end, own%s.options.Tile) {
		if int(x.first()) < s.genomes {
			add(x.distance(), int(s.groupOf[x.first()]))
		}
	}
	slices.Sort(keys)
	for _, x := range keys[:min(k, len(keys))] {
		dst = append(dst, Neighbour{int(x.first()), x.distance()})
	}
	return dst
}
