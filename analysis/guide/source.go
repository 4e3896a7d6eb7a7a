package guide

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"okazaki"
	"okazaki/format/fasta"
	"okazaki/format/twobit"
	"okazaki/genome"
)

// A source is the contigs of FASTA files, or of a 2bit file. They are packed
// when they are needed.
type source struct {
	files    []fasta.Source
	twobit   *twobit.File // nil for FASTA
	circular map[string]bool

	mu    sync.Mutex
	known *layout
	kept  contigs
}

// A layout says where each contig lies on the axis, and reads it.
type layout struct {
	index  *fasta.Index // nil for 2bit
	reader *fasta.Reader
	names  []string
	axis   *genome.Axis
}

func openGenome(ctx context.Context, files okazaki.Files, inputs []okazaki.Input, circular map[string]bool) (*source, error) {
	g := &source{circular: circular}
	for _, in := range inputs {
		f, err := files.Open(ctx, in)
		if err != nil {
			return nil, errors.Join(err, g.Close())
		}
		g.files = append(g.files, fasta.Source{Name: in.Name, File: f})
		if twobit.Is(f) {
			if g.twobit, err = twobit.Open(in.Name, f); err != nil {
				return nil, errors.Join(err, g.Close())
			}
		}
	}
	return g, nil
}

// Close closes the files, and the reader of them.
func (g *source) Close() error {
	var err error
	if g.known != nil && g.known.reader != nil {
		err = g.known.reader.Close()
	}
	for _, s := range g.files {
		err = errors.Join(err, s.File.Close())
	}
	return err
}

// scan reads all files, except 2bit and files already read.
func (g *source) scan(ctx context.Context) (*layout, error) {
	if x := g.learned(); x != nil {
		return x, nil
	}
	if g.twobit != nil {
		return g.learn(nil, g.twobit.Names(), g.twobit.Lengths()), nil
	}
	index, err := fasta.NewIndex(ctx, g.files, fasta.IndexOptions{Lengths: true})
	if err != nil {
		return nil, err
	}
	return g.learn(index, index.Names(), index.Lengths()), nil
}

// note returns the bytes that load needs.
func (x *layout) note() ([]byte, error) {
	if x.index == nil {
		return nil, nil
	}
	return x.index.MarshalBinary()
}

// load returns the layout that a note describes.
func (g *source) load(note []byte) (*layout, error) {
	if x := g.learned(); x != nil {
		return x, nil
	}
	if g.twobit != nil {
		return g.learn(nil, g.twobit.Names(), g.twobit.Lengths()), nil
	}
	index := new(fasta.Index)
	if err := index.UnmarshalBinary(note); err != nil {
		return nil, err
	}
	return g.learn(index, index.Names(), index.Lengths()), nil
}

func (g *source) learned() *layout {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.known
}

// learn keeps the first layout. All of a job's inputs are the same.
func (g *source) learn(index *fasta.Index, names []string, lengths []int64) *layout {
	x := &layout{index: index, names: names, axis: genome.NewAxis(lengths)}
	if index != nil {
		x.reader = fasta.NewReader(g.files, index)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.known == nil {
		g.known = x
	}
	return g.known
}

// contig returns a whole contig. It reads it again only if other contigs have
// replaced it.
func (g *source) contig(ctx context.Context, x *layout, number int) (*contig, error) {
	return g.kept.get(ctx, number, func() (c *contig, err error) {
		err = g.letters(ctx, x, number, func(letters []byte) error {
			c = newContig(x.names[number], letters, g.circular[x.names[number]])
			return nil
		})
		return c, err
	})
}

// stretch returns the part of a contig in which to search anchors in [from,
// to): from is not changed, and to may be lower. A contig that can't be read in
// part is whole.
func (g *source) stretch(ctx context.Context, x *layout, number int, from, to int64) (*contig, int64, error) {
	name := x.names[number]
	if g.twobit != nil || g.circular[name] || !x.reader.CanRange(int64(number)) {
		c, err := g.contig(ctx, x, number)
		return c, to, err
	}
	to = min(to, from+maxStretch)
	length := x.axis.LenOf(number)
	begin, end := max(0, from-stretchHalo), min(length, to+stretchHalo)
	letters, err := x.reader.Range(ctx, make([]byte, 0, end-begin), int64(number), begin, end)
	if err != nil {
		return nil, 0, err
	}
	return &contig{Name: name, Length: length, Halo: -begin, text: newText(letters)}, to, nil
}

const (
	// maxStretch is the most bases of a contig that are read at a time.
	maxStretch = 16 << 20
	// stretchHalo are the bases on both sides of an anchor that a hit and what
	// efficiency is read from can lie on.
	stretchHalo = 128
)

// letters calls use with the contig's letters, which are valid until use
// returns.
func (g *source) letters(ctx context.Context, x *layout, number int, use func([]byte) error) error {
	if g.twobit != nil {
		letters, err := g.twobit.Sequence(nil, number)
		if err != nil {
			return err
		}
		return use(letters)
	}
	for rec, err := range x.reader.Records(ctx, int64(number), int64(number)+1) {
		if err != nil {
			return err
		}
		if rec.Err != nil && len(rec.Seq) > 0 {
			return rec.Err
		}
		if n := x.axis.LenOf(number); int64(len(rec.Seq)) != n {
			return &okazaki.Error{File: rec.File, Line: rec.Line, Record: rec.Name,
				Message: "it is not as long as it was when it was indexed", Hint: "leave inputs as they are while a job runs"}
		}
		return use(rec.Seq)
	}
	return fmt.Errorf("contig %d of %d is not there", number, len(x.names))
}
