package guide

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"math/bits"
	"slices"

	"okazaki"
	"okazaki/analysis"
	"okazaki/format/wire"
	"okazaki/genome"
)

// Two stages make the primers around the leaders. The first designs them: its axis
// is the amplicons, and a part has the amplicons with the primers that are tried.
// The second counts the places of their tails in the genome: its axis is the bases,
// and a part says how often each tail lies in the span, in the order of tails. The
// notes have the bare amplicons, or the tails, then the index of the genome's files.

// maxAmplicons is the most amplicons of one job.
const maxAmplicons = 1 << 16

// planPrimers is Plan of the stage that designs primers.
func (e *engine) planPrimers(ctx context.Context, leaders okazaki.Result) (okazaki.Axis, error) {
	axis := okazaki.Axis{Concat: true}
	if e.request.primers == nil {
		return axis, nil
	}
	all, err := e.amplicons(ctx, leaders)
	if err != nil {
		return axis, err
	}
	if len(all) > maxAmplicons {
		return axis, &okazaki.Error{Message: fmt.Sprintf("primers around %d places are asked for, more than %d", len(all), maxAmplicons), Hint: "lower --primers, or give fewer targets"}
	}
	var bare []byte
	for i := range all {
		bare = all[i].append(bare)
	}
	axis.Units = int64(len(all))
	axis.Note, _, err = e.primerNote(ctx, bare)
	return axis, err
}

// planCopies is Plan of the stage that counts tails.
func (e *engine) planCopies(ctx context.Context, primers okazaki.Result) (okazaki.Axis, error) {
	axis := okazaki.Axis{Floor: 1 << 20}
	if e.request.primers == nil {
		return axis, nil
	}
	all, err := readAmplicons(ctx, primers)
	if err != nil || len(all) == 0 {
		return axis, err
	}
	var keys []byte
	for _, key := range newTailCounter(tailsOf(all)).keys {
		keys = wire.AppendUint32(keys, key)
	}
	axis.Note, axis.Units, err = e.primerNote(ctx, keys)
	return axis, err
}

// primerNote returns the note of a stage of primers, and the genome's length.
func (e *engine) primerNote(ctx context.Context, what []byte) ([]byte, int64, error) {
	g, files, err := e.genomeText(ctx)
	if err != nil {
		return nil, 0, err
	}
	return append(wire.AppendBytes(nil, what), files...), g.letters(), nil
}

// amplicons returns the amplicons of each target's first guides, or of its
// first pairs.
func (e *engine) amplicons(ctx context.Context, leaders okazaki.Result) (all []amplicon, err error) {
	targets, err := e.readLeaders(ctx, leaders)
	if err != nil {
		return nil, err
	}
	if e.request.pairing != nil {
		return e.pairAmplicons(ctx, targets)
	}
	for _, t := range targets {
		for i, l := range t.list {
			if !l.sited {
				continue
			}
			own := amplicon{a: int(l.number), b: -1, rank: i + 1, contig: l.siteContig, lo: l.siteCut, hi: l.siteCut}
			if !e.ranksLeaders() {
				own.rank = 0
			}
			all = append(all, own)
		}
	}
	if !e.ranksLeaders() {
		slices.SortFunc(all, func(a, b amplicon) int { return cmp.Compare(a.a, b.a) })
	}
	return all, nil
}

// pairAmplicons returns the amplicons of each target's first pairs.
func (e *engine) pairAmplicons(ctx context.Context, targets []targetLeaders) (all []amplicon, err error) {
	var guides []placed
	sites := map[int32]*leader{}
	for n, t := range targets {
		for i := range t.list {
			own := t.list[i].placed
			own.target = int32(n)
			guides = append(guides, own)
			sites[own.number] = &t.list[i]
		}
	}
	pairs, _, err := e.pairsOf(ctx, guides)
	rank := 0
	for i := range pairs {
		p := &pairs[i]
		if rank++; i > 0 && p.a.target != pairs[i-1].a.target {
			rank = 1
		}
		a, b := sites[p.a.number], sites[p.b.number]
		if rank > e.request.primers.most || !a.sited || !b.sited || a.siteContig != b.siteContig {
			continue
		}
		all = append(all, amplicon{a: int(p.a.number), b: int(p.b.number), rank: rank, contig: a.siteContig, lo: min(a.siteCut, b.siteCut), hi: max(a.siteCut, b.siteCut)})
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

// append writes an amplicon with its primers.
func (a *amplicon) append(b []byte) []byte {
	for _, n := range []int64{int64(a.a), int64(a.b), int64(a.rank), int64(a.contig), a.lo, a.hi} {
		b = wire.AppendVarint(b, n)
	}
	for _, list := range [][]primer{a.left, a.right} {
		b = wire.AppendUvarint(b, len(list))
		for j := range list {
			b = wire.AppendBytes(wire.AppendVarint(b, list[j].start), list[j].letters)
		}
	}
	return b
}

// amplicons reads what append wrote, to the end.
func (r *reader) amplicons() (all []amplicon) {
	for r.Len() > 0 {
		a := amplicon{a: int(r.Varint()), b: int(r.Varint()), rank: int(r.Varint()), contig: int(r.Varint()), lo: r.Varint(), hi: r.Varint()}
		for _, list := range []*[]primer{&a.left, &a.right} {
			for m := r.Count(2); m > 0 && r.Err() == nil; m-- {
				start, letters := r.Varint(), r.String()
				if len(letters) < tail {
					r.Fail(errText)
					break
				}
				*list = append(*list, newPrimer(start, letters))
			}
		}
		all = append(all, a)
	}
	return all
}

// readAmplicons reads the result of the stage that designs primers.
func readAmplicons(ctx context.Context, result okazaki.Result) ([]amplicon, error) {
	b, err := readAll(ctx, result)
	r := newReader(b)
	all := r.amplicons()
	return all, cmp.Or(err, r.end())
}

func readAll(ctx context.Context, result okazaki.Result) ([]byte, error) {
	r, err := result(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(analysis.Reader(ctx, r))
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

// tailsOf returns the keys of all primers' tails.
func tailsOf(all []amplicon) (keys []uint32) {
	for i := range all {
		for _, list := range [][]primer{all[i].left, all[i].right} {
			for j := range list {
				keys = append(keys, keyOf(list[j].tail()))
			}
		}
	}
	return keys
}

func newTailCounter(keys []uint32) *tailCounter {
	c := &tailCounter{keys: keys}
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

// A primerPlan is what the note of a stage of primers says.
type primerPlan struct {
	note      []byte
	amplicons []amplicon   // to design
	counter   *tailCounter // of what is counted
	text      genomeText
	axis      *genome.Axis // of bases
}

func (e *engine) readPrimers(stage int, note []byte) (*primerPlan, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if p := e.primers; p != nil && bytes.Equal(p.note, note) {
		return p, nil
	}
	b := newReader(note)
	p := &primerPlan{note: bytes.Clone(note)}
	what := newReader(b.Bytes())
	files := b.Rest()
	if stage == primersStage {
		p.amplicons = what.amplicons()
	} else {
		var keys []uint32
		for what.Len() > 0 {
			keys = append(keys, what.Uint32())
		}
		p.counter = newTailCounter(keys)
	}
	if b.Err() != nil || what.Err() != nil {
		return nil, fmt.Errorf("the note of the axis: %w", errRecord)
	}
	p.text = e.indexed
	if e.index == nil {
		x, err := e.genome.load(files)
		if err != nil {
			return nil, err
		}
		p.text = &sourceText{e.genome, x}
	}
	var lengths []int64
	for i := range p.text.names() {
		lengths = append(lengths, p.text.length(i))
	}
	p.axis = genome.NewAxis(lengths)
	e.primers = p
	return p, nil
}

// workPrimers designs the primers of the span's amplicons.
func (e *engine) workPrimers(ctx context.Context, t *okazaki.Task) (part []byte, done int64, err error) {
	p, err := e.readPrimers(t.Stage, t.Axis.Note)
	if err != nil {
		return nil, 0, err
	}
	for done = t.Span.Lo; done < t.Span.Hi; {
		a := p.amplicons[done]
		if err := cmp.Or(ctx.Err(), e.tryPrimers(ctx, p.text, &a)); err != nil {
			return nil, 0, err
		}
		part = a.append(part)
		if done++; t.Continue != nil && !t.Continue(done) {
			break
		}
	}
	return part, done, nil
}

// workCopies counts the tails in the span.
func (e *engine) workCopies(ctx context.Context, t *okazaki.Task) (part []byte, done int64, err error) {
	p, err := e.readPrimers(t.Stage, t.Axis.Note)
	if err != nil {
		return nil, 0, err
	}
	counts := make([]int64, len(p.counter.keys))
	done = t.Span.Lo
	for goOn := true; done < t.Span.Hi && goOn; {
		number := p.axis.Contig(done)
		start := p.axis.Start(number)
		c, end, err := e.around(ctx, p.text, number, done-start, min(p.axis.End(number), t.Span.Hi)-start)
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
	return appendCounts(nil, counts), done, nil
}

func appendCounts(part []byte, counts []int64) []byte {
	part = wire.AppendUvarint(part, len(counts))
	for _, n := range counts {
		part = wire.AppendUvarint(part, n)
	}
	return part
}

func parseCounts(part []byte) (counts []int64, err error) {
	r := newReader(part)
	for n := r.Count(1); n > 0 && r.Err() == nil; n-- {
		counts = append(counts, int64(r.Uvarint()))
	}
	return counts, r.end()
}

// mergeCopies adds up parts of the stage that counts tails.
func mergeCopies(parts [][]byte) ([]byte, error) {
	var sums []int64
	for i, part := range parts {
		counts, err := parseCounts(part)
		if err != nil || i > 0 && len(counts) != len(sums) {
			return nil, errRecord
		}
		if i == 0 {
			sums = counts
			continue
		}
		for j, n := range counts {
			sums[j] += n
		}
	}
	return appendCounts(nil, sums), nil
}

// counted returns the amplicons with the number of places that their primers'
// tails have in the genome.
func (e *engine) counted(ctx context.Context, primers, copies okazaki.Result) ([]amplicon, error) {
	all, err := readAmplicons(ctx, primers)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	b, err := readAll(ctx, copies)
	if err != nil {
		return nil, err
	}
	counts, err := parseCounts(b)
	c := newTailCounter(tailsOf(all))
	if err != nil || len(c.keys) != len(counts) {
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
