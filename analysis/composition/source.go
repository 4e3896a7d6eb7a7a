package composition

import (
	"context"
	"errors"
	"iter"
	"sync"

	"okazaki"
	"okazaki/format/fasta"
	"okazaki/genome"
)

// A source is the contigs of some FASTA files, end to end.
type source struct {
	sources []fasta.Source
	mu      sync.Mutex
	known   *layout

	turn chan struct{} // held while last is read or changed
	last piece         // the contig that was last read for itself: the next span is often in it too
}

// A layout says where each contig lies on the axis, and reads it.
type layout struct {
	index  *fasta.Index
	reader *fasta.Reader
	axis   *genome.Axis
}

// A piece is the part of a contig that a span holds.
type piece struct {
	number int64 // of the contig, over all files
	name   string
	start  int64  // the unit of the contig's first base
	lo, hi int64  // bases of the contig that the span holds
	seq    []byte // the whole contig; must not be changed
}

func openGenome(ctx context.Context, files okazaki.Files, inputs []okazaki.Input) (*source, error) {
	g := &source{turn: make(chan struct{}, 1)}
	for _, in := range inputs {
		f, err := files.Open(ctx, in)
		if err != nil {
			return nil, errors.Join(err, g.Close())
		}
		g.sources = append(g.sources, fasta.Source{Name: in.Name, File: f})
	}
	return g, nil
}

// Close closes the files, and the reader of them.
func (g *source) Close() error {
	var err error
	if g.known != nil {
		err = g.known.reader.Close()
	}
	for _, s := range g.sources {
		err = errors.Join(err, s.File.Close())
	}
	return err
}

// scan reads all files once, or never if the layout is known.
func (g *source) scan(ctx context.Context) (*layout, error) {
	g.mu.Lock()
	x := g.known
	g.mu.Unlock()
	if x != nil {
		return x, nil
	}
	index, err := fasta.NewIndex(ctx, g.sources, fasta.IndexOptions{Lengths: true})
	if err != nil {
		return nil, err
	}
	return g.learn(index), nil
}

// load returns the layout of a marshalled index.
func (g *source) load(marshalled []byte) (*layout, error) {
	g.mu.Lock()
	x := g.known
	g.mu.Unlock()
	if x != nil {
		return x, nil
	}
	index := new(fasta.Index)
	if err := index.UnmarshalBinary(marshalled); err != nil {
		return nil, err
	}
	return g.learn(index), nil
}

// learn keeps the first layout. All indexes of a job's inputs are the same.
func (g *source) learn(index *fasta.Index) *layout {
	x := &layout{index: index, reader: fasta.NewReader(g.sources, index), axis: genome.NewAxis(index.Lengths())}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.known == nil {
		g.known = x
	}
	return g.known
}

// piece returns the part of a contig that a span holds, without its bases.
func (x *layout) piece(number int64, span okazaki.Span) piece {
	start, end := x.axis.Start(int(number)), x.axis.End(int(number))
	return piece{number: number, start: start, lo: max(span.Lo, start) - start, hi: min(span.Hi, end) - start}
}

// contigs are the pieces of a span in order. A piece is valid until the next.
func (g *source) contigs(ctx context.Context, x *layout, span okazaki.Span) iter.Seq2[piece, error] {
	return func(yield func(piece, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(piece{}, err)
			return
		}
		if span.Len() <= 0 {
			return
		}
		first, end := x.axis.Contigs(span.Lo, span.Hi)
		lo, hi := int64(first), int64(end)
		if hi == lo+1 {
			c, err := g.one(ctx, x, lo)
			p := x.piece(lo, span)
			p.name, p.seq = c.name, c.seq
			yield(p, err)
			return
		}
		number := lo
		for rec, err := range x.reader.Records(ctx, lo, hi) {
			if err == nil {
				err = x.usable(number, rec)
			}
			if err != nil {
				yield(piece{}, err)
				return
			}
			p := x.piece(number, span)
			p.name, p.seq = rec.Name, rec.Seq
			if number++; p.hi > p.lo && !yield(p, nil) {
				return
			}
		}
	}
}

// one is a whole contig, read again only if another was read since.
func (g *source) one(ctx context.Context, x *layout, number int64) (piece, error) {
	select {
	case g.turn <- struct{}{}:
	case <-ctx.Done():
		return piece{}, ctx.Err()
	}
	defer func() { <-g.turn }()
	if g.last.seq != nil && g.last.number == number {
		return g.last, nil
	}
	for rec, err := range x.reader.Records(ctx, number, number+1) {
		if err == nil {
			err = x.usable(number, rec)
		}
		if err != nil {
			return piece{}, err
		}
		g.last = piece{number: number, name: rec.Name, seq: append([]byte(nil), rec.Seq...)}
	}
	return g.last, nil
}

// usable refuses a record with letters that are not nucleotides. A record
// without letters is left out.
func (x *layout) usable(number int64, rec *fasta.Record) error {
	n := x.axis.LenOf(int(number))
	switch {
	case n == 0 && len(rec.Seq) == 0:
		return nil
	case rec.Err != nil:
		return rec.Err
	case int64(len(rec.Seq)) != n:
		return &okazaki.Error{File: rec.File, Line: rec.Line, Record: rec.Name,
			Message: "it is not as long as it was when it was indexed", Hint: "leave inputs as they are while a job runs"}
	}
	return nil
}
