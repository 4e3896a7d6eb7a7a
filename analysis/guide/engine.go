package guide

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"sync"

	"okazaki"
)

// An engine searches guides in a genome. With an index, its axis is the
// guides; without, the genome's bases, contig after contig. Both give records
// of the same guides (see tally).
type engine struct {
	request *request
	job     *okazaki.Job
	files   okazaki.Files
	index   *Index  // or nil
	genome  *source // or nil

	mu   sync.Mutex
	note []byte // that plan is of
	plan *noted
}

// noted is what the axis' note says.
type noted struct {
	candidates []Candidate
	guides     []Guide
	layout     *layout  // of the genome that is scanned
	scanner    *scanner // likewise
}

// Close gives back the files and the index.
func (e *engine) Close() error {
	var err error
	if e.genome != nil {
		err = e.genome.Close()
	}
	if e.index != nil {
		err = errors.Join(err, e.index.Close())
	}
	return err
}

// Plan finds the guides, and reads the genome once if there is no index. The
// note is the guides, then the index of the genome's files.
func (e *engine) Plan(ctx context.Context, _ int, _ []okazaki.Result) (okazaki.Axis, error) {
	var g genomeText = &indexText{e.index}
	var files []byte
	var letters int64
	if e.genome != nil {
		x, err := e.genome.scan(ctx)
		if err != nil {
			return okazaki.Axis{}, err
		}
		if err := e.genome.checkCircular(x); err != nil {
			return okazaki.Axis{}, err
		}
		if e.index != nil {
			if err := e.checkIndex(ctx, x); err != nil {
				return okazaki.Axis{}, err
			}
		} else if files, err = x.index.MarshalBinary(); err != nil {
			return okazaki.Axis{}, err
		}
		g, letters = &sourceText{e.genome, x}, x.units()
	}
	if e.index != nil {
		g, letters = &indexText{e.index}, e.index.letters()
	}
	list, err := e.candidates(ctx, g)
	if err != nil {
		return okazaki.Axis{}, err
	}
	if err := e.request.refuseMany(len(list), letters); err != nil {
		return okazaki.Axis{}, err
	}
	guides, err := json.Marshal(list)
	if err != nil {
		return okazaki.Axis{}, fmt.Errorf("guides: %w", err)
	}
	note := append(binary.AppendUvarint(nil, uint64(len(guides))), guides...)
	axis := okazaki.Axis{Units: int64(len(list)), Concat: true, Note: append(note, files...)}
	if e.index == nil {
		axis.Concat, axis.Floor = false, 1<<20
		if axis.Units > 0 {
			axis.Units = letters
		}
	}
	return axis, nil
}

// read answers what the note says.
func (e *engine) read(note []byte) (*noted, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.plan != nil && bytes.Equal(e.note, note) {
		return e.plan, nil
	}
	n, size := binary.Uvarint(note)
	if size <= 0 || n > uint64(len(note)-size) {
		return nil, errors.New("the note of the axis is damaged")
	}
	p := &noted{}
	if err := json.Unmarshal(note[size:size+int(n)], &p.candidates); err != nil {
		return nil, fmt.Errorf("the note of the axis: %w", err)
	}
	for _, c := range p.candidates {
		g, err := NewGuide(c.Name, c.Letters, e.request.pam.FivePrime)
		if err != nil {
			return nil, err
		}
		p.guides = append(p.guides, g)
	}
	if e.index == nil {
		var err error
		if p.layout, err = e.genome.load(note[size+int(n):]); err != nil {
			return nil, err
		}
		p.scanner = newScanner(p.guides, e.request.length, e.request.off, e.request.allowance)
	}
	e.note, e.plan = bytes.Clone(note), p
	return p, nil
}

// Work answers the records of the span's guides, or those of all guides for
// the span's bases.
func (e *engine) Work(ctx context.Context, t *okazaki.Task) (part []byte, done int64, err error) {
	p, err := e.read(t.Axis.Note)
	if err != nil {
		return nil, 0, err
	}
	if e.index != nil {
		return e.lookUp(ctx, p, t)
	}
	return e.scan(ctx, p, t)
}

func (e *engine) lookUp(ctx context.Context, p *noted, t *okazaki.Task) (part []byte, done int64, err error) {
	s := e.index.searcher(e.request.off, e.request.allowance)
	for done = t.Span.Lo; done < t.Span.Hi; {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		own := e.request.tally(p, int(done))
		s.search(&p.guides[done], func(number int, at *site, a Alignment) {
			own.take(e.index.contigs[number], number, at, a)
		})
		if part, err = own.append(part); err != nil {
			return nil, 0, err
		}
		if done++; t.Continue != nil && !t.Continue(done) {
			break
		}
	}
	return part, done, nil
}

// stretch is how many bases are scanned before a worker asks whether to go on.
const stretch = 1 << 14

func (e *engine) scan(ctx context.Context, p *noted, t *okazaki.Task) (part []byte, done int64, err error) {
	tallies := make([]*taker, len(p.guides))
	for i := range tallies {
		tallies[i] = e.request.tally(p, i)
	}
	x := p.layout
	done = t.Span.Lo
	for goOn := true; done < t.Span.Hi && goOn; {
		number := sort.Search(len(x.starts), func(i int) bool { return x.starts[i] > done }) - 1
		c, err := e.genome.contig(ctx, x, number)
		if err != nil {
			return nil, 0, err
		}
		start, end := x.starts[number], min(x.starts[number+1], t.Span.Hi)
		for done < end && goOn {
			next := min(end, done+stretch)
			err := p.scanner.scan(ctx, c.text, c.Halo+done-start, c.Halo+next-start, func(g int, at *site, a Alignment) {
				tallies[g].take(c, number, at, a)
			})
			if err != nil {
				return nil, 0, err
			}
			done = next
			goOn = t.Continue == nil || t.Continue(done)
		}
	}
	for _, own := range tallies {
		if part, err = own.append(part); err != nil {
			return nil, 0, err
		}
	}
	return part, done, nil
}

// Merge adds up the records of each guide.
func (e *engine) Merge(ctx context.Context, _ int, parts [][]byte) ([]byte, error) {
	var all []*tally
	for i, part := range parts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n := 0
		err := eachTally(bytes.NewReader(part), func(t *tally) error {
			if i == 0 {
				all = append(all, t)
			} else if n >= len(all) || all[n].number != t.number {
				return errRecord
			} else {
				all[n].add(t)
			}
			n++
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	var merged []byte
	for _, t := range all {
		var err error
		if merged, err = t.append(merged); err != nil {
			return nil, err
		}
	}
	return merged, nil
}
