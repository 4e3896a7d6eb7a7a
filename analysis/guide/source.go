package guide

import (
	"context"
	"errors"
	"sync"

	"okazaki"
	"okazaki/format/fasta"
)

// A source is the contigs of FASTA files, packed when they are needed.
type source struct {
	files    []fasta.Source
	circular map[string]bool

	mu     sync.Mutex
	known  *layout
	turn   chan struct{} // held by who reads or changes kept
	kept   *contig       // the contig that was read last: the next span is often in it too
	number int           // of kept
}

// A layout tells where each contig begins on the axis.
type layout struct {
	index  *fasta.Index
	reader *fasta.Reader
	starts []int64 // of each contig, then the end of the last
}

func openGenome(ctx context.Context, files okazaki.Files, inputs []okazaki.Input, circular map[string]bool) (*source, error) {
	g := &source{circular: circular, turn: make(chan struct{}, 1)}
	for _, in := range inputs {
		f, err := files.Open(ctx, in)
		if err != nil {
			return nil, errors.Join(err, g.Close())
		}
		g.files = append(g.files, fasta.Source{Name: in.Name, File: f})
	}
	return g, nil
}

// Close closes the files.
func (g *source) Close() error {
	var err error
	for _, s := range g.files {
		err = errors.Join(err, s.File.Close())
	}
	return err
}

// scan reads all files once.
func (g *source) scan(ctx context.Context) (*layout, error) {
	index, err := fasta.NewIndex(ctx, g.files, fasta.IndexOptions{Lengths: true})
	if err != nil {
		return nil, err
	}
	return g.learn(index), nil
}

// load is the layout that a marshalled index tells of.
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
	x := &layout{index: index, reader: fasta.NewReader(g.files, index), starts: []int64{0}}
	for _, n := range index.Lengths() {
		x.starts = append(x.starts, x.units()+n)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.known == nil {
		g.known = x
	}
	return g.known
}

// units is the number of bases of all contigs.
func (x *layout) units() int64 { return x.starts[len(x.starts)-1] }

// contig is a whole contig, read again only if another was read since.
func (g *source) contig(ctx context.Context, x *layout, number int) (*contig, error) {
	select {
	case g.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-g.turn }()
	if g.kept != nil && g.number == number {
		return g.kept, nil
	}
	for rec, err := range x.reader.Records(ctx, int64(number), int64(number)+1) {
		if err != nil {
			return nil, err
		}
		if rec.Err != nil && len(rec.Seq) > 0 {
			return nil, rec.Err
		}
		if n := x.starts[number+1] - x.starts[number]; int64(len(rec.Seq)) != n {
			return nil, &okazaki.Error{File: rec.File, Line: rec.Line, Record: rec.Name,
				Message: "it is not as long as it was when it was indexed", Hint: "leave inputs as they are while a job runs"}
		}
		g.kept, g.number = newContig(rec.Name, rec.Seq, g.circular[rec.Name]), number
	}
	return g.kept, nil
}
