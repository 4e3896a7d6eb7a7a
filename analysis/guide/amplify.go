package guide

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
	"slices"
	"sort"

	"okazaki"
	"okazaki/analysis"
)

// The stage of primers counts the places of primers' tails in the genome. Its
// note has the amplicons with the primers that are tried, then the index of the
// genome's files. A part has the amplicons, if its span is the first, then how
// often each tail lies in the span, in the order of tails.

// maxAmplicons is the most amplicons of one job.
const maxAmplicons = 1 << 16

// planPrimers is Plan of the stage of primers. The axis is the genome's bases.
func (e *engine) planPrimers(ctx context.Context, hits okazaki.Result) (okazaki.Axis, error) {
	axis := okazaki.Axis{Floor: 1 << 20}
	if e.request.primers == nil {
		return axis, nil
	}
	if err := e.loadGenes(ctx); err != nil {
		return axis, err
	}
	all, err := e.amplicons(ctx, hits)
	if err != nil || len(all) == 0 {
		return axis, err
	}
	if len(all) > maxAmplicons {
		return axis, &okazaki.Error{Message: fmt.Sprintf("primers around %d places are asked for, more than %d", len(all), maxAmplicons), Hint: "lower --primers, or give fewer targets"}
	}
	g, files, err := e.genomeText(ctx)
	if err != nil {
		return axis, err
	}
	for i := range all {
		if err := e.tryPrimers(ctx, g, &all[i]); err != nil {
			return axis, err
		}
	}
	design := appendAmplicons(nil, all)
	axis.Note = append(append(binary.AppendUvarint(nil, uint64(len(design))), design...), files...)
	axis.Units = g.letters()
	return axis, nil
}

// amplicons returns the amplicons of each target's first guides, or of its
// first pairs.
func (e *engine) amplicons(ctx context.Context, hits okazaki.Result) (all []amplicon, err error) {
	most := e.request.primers.most
	if e.request.pairing != nil {
		return e.pairAmplicons(ctx, hits)
	}
	of := func(s *summary) amplicon {
		cut := s.home.cut(e.request.pam, e.request.cut)
		return amplicon{a: s.number, b: -1, rank: s.rank, contig: s.home.Contig, lo: cut, hi: cut}
	}
	if e.input("guides") != nil {
		seen := map[string]int{}
		err = e.kept(ctx, hits, func(s *summary) error {
			if seen[s.candidate.Of]++; seen[s.candidate.Of] <= most && s.home != nil {
				all = append(all, of(s))
			}
			return nil
		})
		return all, err
	}
	found := map[uint64]amplicon{} // by guide, as they are read
	err = e.ranked(ctx, hits, func(s *summary) []byte {
		if s.rank > most || s.home == nil {
			return nil
		}
		found[uint64(s.number)] = of(s)
		return binary.AppendUvarint(nil, uint64(s.number))
	}, func(row []byte) error {
		if number, n := binary.Uvarint(row); n > 0 {
			all = append(all, found[number])
		}
		return nil
	})
	return all, err
}

// pairAmplicons returns the amplicons of each target's first pairs.
func (e *engine) pairAmplicons(ctx context.Context, hits okazaki.Result) (all []amplicon, err error) {
	pairs, _, err := e.pairs(ctx, hits)
	if err != nil {
		return nil, err
	}
	homes := map[int]*home{}
	for i := range pairs {
		homes[int(pairs[i].a.number)], homes[int(pairs[i].b.number)] = nil, nil
	}
	err = e.each(ctx, hits, func(t *tally) error {
		if _, ok := homes[t.number]; ok {
			homes[t.number] = t.home
		}
		return nil
	})
	rank := 0
	for i := range pairs {
		p := &pairs[i]
		if rank++; i > 0 && p.a.target != pairs[i-1].a.target {
			rank = 1
		}
		a, b := homes[int(p.a.number)], homes[int(p.b.number)]
		if rank > e.request.primers.most || a == nil || b == nil || a.Contig != b.Contig {
			continue
		}
		cuts := []int64{a.cut(e.request.pam, e.request.cut), b.cut(e.request.pam, e.request.cut)}
		all = append(all, amplicon{a: int(p.a.number), b: int(p.b.number), rank: rank, contig: a.Contig, lo: min(cuts[0], cuts[1]), hi: max(cuts[0], cuts[1])})
	}
	return all, err
}

// lost returns the number of bases between an amplicon's cuts that the deletion
// removes.
func (e *engine) lost(a *amplicon) int64 {
	if e.request.deletes() {
		return a.hi - a.lo
	}
	return 0
}

// tryPrimers finds the primers on both sides of an amplicon's cuts.
func (e *engine) tryPrimers(ctx context.Context, g genomeText, a *amplicon) error {
	ask := e.request.primers
	reach := ask.max - ask.aside() // the other primer ends as far from the cut at least
	for _, side := range []struct {
		from, to int64
		reverse  bool
		into     *[]primer
	}{{a.lo - reach, a.lo - ask.aside(), false, &a.left}, {a.hi + ask.aside(), a.hi + reach, true, &a.right}} {
		from, to := max(0, side.from), min(g.length(a.contig), side.to)
		if from >= to {
			continue
		}
		c, _, err := e.around(ctx, g, a.contig, from, to)
		if err != nil {
			return err
		}
		*side.into = primersIn(c.text.append(nil, c.Halo+from, c.Halo+to, false), from, side.reverse)
	}
	return nil
}

// around returns a contig of which the bases [from, to) can be read, and the
// place where the readable bases end.
func (e *engine) around(ctx context.Context, g genomeText, number int, from, to int64) (*contig, int64, error) {
	if s, ok := g.(*sourceText); ok {
		return e.genome.stretch(ctx, s.x, number, from, to)
	}
	c, err := g.text(ctx, number)
	return c, to, err
}

func appendAmplicons(b []byte, all []amplicon) []byte {
	b = binary.AppendUvarint(b, uint64(len(all)))
	for i := range all {
		a := &all[i]
		for _, n := range []int64{int64(a.a), int64(a.b), int64(a.rank), int64(a.contig), a.lo, a.hi} {
			b = binary.AppendVarint(b, n)
		}
		for _, list := range [][]primer{a.left, a.right} {
			b = binary.AppendUvarint(b, uint64(len(list)))
			for j := range list {
				b = appendString(binary.AppendVarint(b, list[j].start), list[j].letters)
			}
		}
	}
	return b
}

func (r *reader) amplicons() (all []amplicon) {
	for n := r.uvarint(); n > 0 && r.err == nil; n-- {
		a := amplicon{a: int(r.varint()), b: int(r.varint()), rank: int(r.varint()), contig: int(r.varint()), lo: r.varint(), hi: r.varint()}
		for _, list := range []*[]primer{&a.left, &a.right} {
			for m := r.uvarint(); m > 0 && r.err == nil; m-- {
				start, letters := r.varint(), r.string()
				if len(letters) < tail {
					r.err = errRecord
					break
				}
				*list = append(*list, newPrimer(start, letters))
			}
		}
		all = append(all, a)
	}
	return all
}

// A tailCounter counts where tails lie in a text, on either strand. It is read-only
// once it is made; many goroutines may use it at once.
type tailCounter struct {
	keys   []uint32 // ascending
	filter []uint64 // bits of the keys' hashes
	shift  uint
}

// tailKey returns the key of 16 bases, which is the same for the other strand:
// the lesser of both.
func tailKey(lo, hi uint16) uint32 {
	plus := uint32(lo) | uint32(hi)<<16
	minus := uint32(bits.Reverse16(^lo)) | uint32(bits.Reverse16(^hi))<<16
	return min(plus, minus)
}

func keyOf(letters string) uint32 {
	t := newText([]byte(letters))
	return tailKey(uint16(window(t.lo, 0)), uint16(window(t.hi, 0)))
}

func newTailCounter(all []amplicon) *tailCounter {
	c := &tailCounter{}
	for i := range all {
		for _, list := range [][]primer{all[i].left, all[i].right} {
			for j := range list {
				c.keys = append(c.keys, keyOf(list[j].tail()))
			}
		}
	}
	slices.Sort(c.keys)
	c.keys = slices.Compact(c.keys)
	width := max(16, bits.Len(uint(len(c.keys)))+4) // 16 bits a key
	c.shift, c.filter = uint(32-min(32, width)), make([]uint64, 1<<(min(32, width)-6))
	for _, key := range c.keys {
		h := c.hash(key)
		c.filter[h>>6] |= 1 << (h & 63)
	}
	return c
}

func (c *tailCounter) hash(key uint32) uint32 { return key * 0x9e3779b1 >> c.shift }

// count adds up the tails whose leftmost base lies in [from, to) of a text.
func (c *tailCounter) count(t *text, from, to int64, counts []int64) {
	const step = 64 - tail + 1
	for at := from; at < to; at += step {
		lo, hi, other := window(t.lo, at), window(t.hi, at), window(t.other, at)
		for i := range int(min(step, to-at)) {
			if other>>i&(1<<tail-1) != 0 {
				continue
			}
			key := tailKey(uint16(lo>>i), uint16(hi>>i))
			if h := c.hash(key); c.filter[h>>6]>>(h&63)&1 == 0 {
				continue
			}
			if n, ok := slices.BinarySearch(c.keys, key); ok {
				counts[n]++
			}
		}
	}
}

// A primerPlan is what the note of the stage of primers says.
type primerPlan struct {
	note    []byte
	design  []byte
	counter *tailCounter
	text    genomeText
	starts  []int64 // of each contig on the axis, then the end of the last
}

func (e *engine) readPrimers(note []byte) (*primerPlan, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if p := e.primers; p != nil && bytes.Equal(p.note, note) {
		return p, nil
	}
	b := &reader{b: note}
	p := &primerPlan{note: bytes.Clone(note), design: b.bytes(b.uvarint())}
	files := b.b
	d := &reader{b: p.design}
	p.counter = newTailCounter(d.amplicons())
	if b.err != nil || d.err != nil {
		return nil, fmt.Errorf("the note of the axis: %w", errRecord)
	}
	p.text, p.starts = e.indexed, []int64{0}
	if e.index == nil {
		x, err := e.genome.load(files)
		if err != nil {
			return nil, err
		}
		p.text = &sourceText{e.genome, x}
	}
	for i := range p.text.names() {
		p.starts = append(p.starts, p.starts[i]+p.text.length(i))
	}
	e.primers = p
	return p, nil
}

// workPrimers counts the tails in the span.
func (e *engine) workPrimers(ctx context.Context, t *okazaki.Task) (part []byte, done int64, err error) {
	p, err := e.readPrimers(t.Axis.Note)
	if err != nil {
		return nil, 0, err
	}
	counts := make([]int64, len(p.counter.keys))
	done = t.Span.Lo
	for goOn := true; done < t.Span.Hi && goOn; {
		number := sort.Search(len(p.starts), func(i int) bool { return p.starts[i] > done }) - 1
		start := p.starts[number]
		c, end, err := e.around(ctx, p.text, number, done-start, min(p.starts[number+1], t.Span.Hi)-start)
		if err != nil {
			return nil, 0, err
		}
		for done < start+end && goOn {
			if err := ctx.Err(); err != nil {
				return nil, 0, err
			}
			next := min(start+end, done+stretch)
			p.counter.count(c.text, c.Halo+done-start, c.Halo+next-start, counts)
			done = next
			goOn = t.Continue == nil || t.Continue(done)
		}
	}
	var design []byte
	if t.Span.Lo == 0 {
		design = p.design
	}
	return appendCounts(design, counts), done, nil
}

func appendCounts(design []byte, counts []int64) []byte {
	part := append(binary.AppendUvarint(nil, uint64(len(design))), design...)
	part = binary.AppendUvarint(part, uint64(len(counts)))
	for _, n := range counts {
		part = binary.AppendUvarint(part, uint64(n))
	}
	return part
}

func parseCounts(part []byte) (design []byte, counts []int64, err error) {
	r := &reader{b: part}
	design = r.bytes(r.uvarint())
	for n := r.uvarint(); n > 0 && r.err == nil; n-- {
		counts = append(counts, int64(r.uvarint()))
	}
	return design, counts, r.err
}

// mergePrimers adds up parts of the stage of primers.
func mergePrimers(parts [][]byte) ([]byte, error) {
	var design []byte
	var sums []int64
	for i, part := range parts {
		own, counts, err := parseCounts(part)
		if err != nil || i > 0 && len(counts) != len(sums) {
			return nil, errRecord
		}
		if i == 0 {
			design, sums = own, counts
			continue
		}
		for j, n := range counts {
			sums[j] += n
		}
	}
	return appendCounts(design, sums), nil
}

// counted returns the amplicons with the number of places that their primers'
// tails have in the genome.
func (e *engine) counted(ctx context.Context, result okazaki.Result) ([]amplicon, error) {
	r, err := result(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(analysis.Reader(ctx, r))
	if err != nil || len(b) == 0 {
		return nil, err
	}
	design, counts, err := parseCounts(b)
	d := &reader{b: design}
	all := d.amplicons()
	c := newTailCounter(all)
	if err != nil || d.err != nil || len(c.keys) != len(counts) {
		return nil, errRecord
	}
	for i := range all {
		for _, list := range [][]primer{all[i].left, all[i].right} {
			for j := range list {
				n, _ := slices.BinarySearch(c.keys, keyOf(list[j].tail()))
				list[j].copies = counts[n]
			}
		}
	}
	return all, nil
}
