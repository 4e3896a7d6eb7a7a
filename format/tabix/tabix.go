// Package tabix makes and reads the indexes by which a region of a sorted
// BGZF file is found: .tbi (the tabix specification) and .csi (CSIv1).
//
// Its one invariant: the chunks that an index returns hold every record that
// overlaps the region, whatever else they hold.
package tabix

import (
	"cmp"
	"fmt"
	"slices"

	"okazaki/format/bgzf"
)

const (
	minShift = 14 // the smallest bins span 2^14 bases
	tbiDepth = 5  // levels of bins below the largest, in a .tbi
	// MaxTBI is the largest end of a record that a .tbi can index.
	MaxTBI = 1 << (minShift + 3*tbiDepth)
)

// A Chunk is a run of bytes of the uncompressed file, [From, To).
type Chunk struct{ From, To bgzf.Offset }

// A Builder takes the records of a sorted VCF, one after the other, and makes
// its index. Where every record ends by MaxTBI that is a .tbi, otherwise a
// .csi.
type Builder struct {
	names   []string
	contigs []*contig
	byName  map[string]int
	most    int // the largest end
}

// A contig is the part of the index about one sequence.
type contig struct {
	bins    map[bin]*[]Chunk
	last    *[]Chunk // of lastBin
	lastBin bin
	linear  []bgzf.Offset // of windows of 2^minShift bases: the first record's that overlaps; unset where none does
	span    Chunk         // of all its records
	records uint64
	at      int // the last record's start
}

// A bin is one bin of the binning scheme: its height above the smallest, and
// its place among the bins of that height. Unlike its number in a file it
// does not depend on how many levels there are.
type bin struct {
	height uint8
	place  uint32
}

const unset = bgzf.Offset(1<<64 - 1)

// Add takes a record that covers [beg, end) of a contig, 0-based, and lies at
// [from, to) of the file. Records of a contig follow each other, ordered by
// beg; an error says that they don't.
func (b *Builder) Add(name []byte, beg, end int, at Chunk) error {
	c, err := b.contig(name)
	if err != nil {
		return err
	}
	beg = max(beg, 0)
	end = max(end, beg+1)
	if beg < c.at {
		return fmt.Errorf("position %d of %s comes after %d", beg+1, name, c.at+1)
	}
	c.at = beg
	b.most = max(b.most, end)
	c.add(smallest(beg, end), at)
	for w := beg >> minShift; w <= (end-1)>>minShift; w++ {
		for len(c.linear) <= w {
			c.linear = append(c.linear, unset)
		}
		if c.linear[w] == unset {
			c.linear[w] = at.From
		}
	}
	if c.records == 0 {
		c.span.From = at.From
	}
	c.span.To = at.To
	c.records++
	return nil
}

// contig is the one of a name, which must be the last or new.
func (b *Builder) contig(name []byte) (*contig, error) {
	if n := len(b.names); n > 0 && b.names[n-1] == string(name) {
		return b.contigs[n-1], nil
	}
	if _, seen := b.byName[string(name)]; seen {
		return nil, fmt.Errorf("%s comes again after %s", name, b.names[len(b.names)-1])
	}
	if b.byName == nil {
		b.byName = map[string]int{}
	}
	b.byName[string(name)] = len(b.names)
	c := &contig{bins: map[bin]*[]Chunk{}}
	b.names, b.contigs = append(b.names, string(name)), append(b.contigs, c)
	return c, nil
}

// smallest is the smallest bin that holds [beg, end).
func smallest(beg, end int) bin {
	lo, hi, height := beg>>minShift, (end-1)>>minShift, uint8(0)
	for lo != hi {
		lo, hi, height = lo>>3, hi>>3, height+1
	}
	return bin{height, uint32(lo)}
}

// add notes a chunk of a bin, as one with the last if it goes on from the
// same block.
func (c *contig) add(b bin, at Chunk) {
	if c.last == nil || c.lastBin != b {
		if c.last = c.bins[b]; c.last == nil {
			c.last = new([]Chunk)
			c.bins[b] = c.last
		}
		c.lastBin = b
	}
	if n := len(*c.last); n > 0 && (*c.last)[n-1].To.Block() >= at.From.Block() {
		(*c.last)[n-1].To = at.To
		return
	}
	*c.last = append(*c.last, at)
}

// CSI says whether the index is a .csi, because of a record that ends after
// MaxTBI.
func (b *Builder) CSI() bool { return b.most > MaxTBI }

// depth is how many levels of bins there are below the largest.
func (b *Builder) depth() int {
	d := tbiDepth
	for b.most > 1<<(minShift+3*d) {
		d++
	}
	return d
}

// number returns the bin's number in a file with depth levels below the
// largest bin.
func (b bin) number(depth int) uint32 { return first(depth-int(b.height)) + b.place }

// first is the number of the first bin of a level; the largest bin's level is 0.
func first(level int) uint32 { return uint32((uint64(1)<<(3*level) - 1) / 7) }

// offset is where a reader may begin that looks for what overlaps a bin.
func (c *contig) offset(b bin) bgzf.Offset {
	w := int(uint64(b.place) << (3 * b.height))
	for ; w < len(c.linear); w++ {
		if c.linear[w] != unset {
			return c.linear[w]
		}
	}
	return 0
}

// sorted are the bins by their number.
func (c *contig) sorted(depth int) []bin {
	var all []bin
	for b := range c.bins {
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b bin) int { return cmp.Compare(a.number(depth), b.number(depth)) })
	return all
}
