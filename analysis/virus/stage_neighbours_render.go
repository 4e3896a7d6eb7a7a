package virus

import (
	"bufio"
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"strconv"
	"sync"

	"okazaki"
	"okazaki/analysis"
	"okazaki/analysis/virus/distance"
	"okazaki/analysis/virus/distance/matrix"
)

// renderCompare writes the results of comparing all pairs.
func (e *engine) renderCompare(ctx context.Context, results []okazaki.Result, out okazaki.Outputs) error {
	if e.comparer.skipped {
		return nil
	}
	c, err := e.compared(ctx, results[mutationsStage])
	if err != nil {
		return err
	}
	part, err := gathered(ctx, results[neighboursStage])
	if err != nil {
		return err
	}
	a, err := c.set.Read(part)
	if err != nil {
		return err
	}
	names := c.tabbed()
	for _, file := range []struct {
		name  string
		asked bool
		write func(w *bufio.Writer) error
	}{
		{"distances.tsv", true, func(w *bufio.Writer) error { return writeHistogram(w, a) }},
		{"neighbours.tsv", e.comparer.options.Nearest > 0, func(w *bufio.Writer) error { return c.writeNeighbours(ctx, w, names, a) }},
		{"clusters.tsv", e.comparer.options.Cluster != distance.Off, func(w *bufio.Writer) error { return c.writeClusters(ctx, w, names, a) }},
		{"pairs.tsv", e.comparer.within != distance.Off, func(w *bufio.Writer) error { return c.writePairs(ctx, w, names, results[pairsStage]) }},
		{"matrix." + e.wants.matrix, e.wants.matrix != "", func(w *bufio.Writer) error { return e.writeMatrix(ctx, w, c) }},
	} {
		if !file.asked {
			continue
		}
		if err := writeOutput(out, file.name, file.write); err != nil {
			return err
		}
	}
	return nil
}

func gathered(ctx context.Context, result okazaki.Result) ([]byte, error) {
	r, err := result(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// writeOutput writes an output through a buffer.
func writeOutput(out okazaki.Outputs, name string, write func(*bufio.Writer) error) error {
	f, err := out.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<18)
	err = write(w)
	if err == nil {
		err = w.Flush()
	}
	return errors.Join(err, f.Close())
}

func writeHistogram(w *bufio.Writer, a *distance.Answer) error {
	_, _ = w.WriteString("distance\tpairs\n") // a bufio.Writer keeps its first error
	var line []byte
	for d, n := range a.Histogram() {
		if n > 0 {
			line = append(appendInt(append(appendInt(line[:0], d), '\t'), int(n)), '\n')
			_, _ = w.Write(line)
		}
	}
	return w.Flush()
}

// name appends the name of a genome of the set, as a table has it.
func (c *comparison) name(dst []byte, genome int) []byte {
	return appendSafe(dst, c.names[c.rows[genome]])
}

// names are the names of a set's genomes, as a table has them, each with a tab
// after it.
type names struct {
	text []byte
	end  []int // by genome
}

func (c *comparison) tabbed() *names {
	n := &names{}
	for g := range c.rows {
		n.text = append(c.name(n.text, g), '\t')
		n.end = append(n.end, len(n.text))
	}
	return n
}

func (n *names) append(dst []byte, genome int) []byte {
	start := 0
	if genome > 0 {
		start = n.end[genome-1]
	}
	return append(dst, n.text[start:n.end[genome]]...)
}

func (c *comparison) writeNeighbours(ctx context.Context, w *bufio.Writer, names *names, a *distance.Answer) error {
	_, _ = w.WriteString("seqName\tneighbour\tdistance\tcomparedSites\n")
	var near []distance.Neighbour
	var line []byte
	for g := range c.set.Len() {
		if g%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		near = a.Nearest(near[:0], g)
		for _, n := range near {
			line = names.append(names.append(line[:0], g), n.Genome)
			line = append(appendInt(append(appendInt(line, n.Distance), '\t'), c.told.sites(g, n.Genome)), '\n')
			_, _ = w.Write(line)
		}
	}
	return w.Flush()
}

// looks is the most pairs that are compared for clusters' diameters: a second's
// work. They suffice unless many genomes of a large cluster differ only in
// their distance from its middle.
const looks = 20_000_000

// writeClusters writes one row per genome: its cluster, named after the
// cluster's first genome, the cluster's number of genomes, the greatest
// distance of two of them, and with metadata their first and last dates.
func (c *comparison) writeClusters(ctx context.Context, w *bufio.Writer, names *names, a *distance.Answer) error {
	first := a.Clusters()
	diameters, exact, err := c.set.Diameters(ctx, first, looks)
	if err != nil {
		return err
	}
	_, _ = w.WriteString("seqName\tcluster\tsize\tdiameter\tdiameterIsExact")
	if c.dates != nil {
		_, _ = w.WriteString("\tdateFrom\tdateTo")
	}
	_ = w.WriteByte('\n')
	size, taken := make([]int, len(first)), make([]dates, len(c.dates))
	for g, f := range first {
		size[f]++
		if c.dates != nil {
			taken[f] = taken[f].join(c.dates[g])
		}
	}
	var line []byte
	for g, f := range first {
		line = names.append(names.append(line[:0], g), int(f))
		line = appendInt(append(appendInt(line, size[f]), '\t'), diameters[f])
		line = strconv.AppendBool(append(line, '\t'), exact[f])
		if c.dates != nil {
			line = taken[f].append(line)
		}
		_, _ = w.Write(append(line, '\n'))
	}
	return w.Flush()
}

// writePairs makes the lines on all cores: there are many.
func (c *comparison) writePairs(ctx context.Context, w *bufio.Writer, names *names, pairs okazaki.Result) error {
	_, _ = w.WriteString("seqName\tother\tdistance\tcomparedSites\n")
	r, err := pairs(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	var spare sync.Pool
	pages := func(yield func(*page) bool) { err = c.pages(r, &spare, yield) }
	for p, err := range analysis.Ordered(ctx, runtime.GOMAXPROCS(0), pages, func(p *page) { p.write(names, &c.told) }) {
		if err == nil {
			_, err = w.Write(p.lines)
		}
		if err != nil {
			return err
		}
		spare.Put(p)
	}
	return err
}

// A page is some pairs, and their lines once it is written.
type page struct {
	pairs []pair
	lines []byte
}

type pair struct{ a, b, distance uint32 }

const pagePairs = 4096

// pages yields all pairs.
func (c *comparison) pages(r io.Reader, spare *sync.Pool, yield func(*page) bool) error {
	empty := func() *page {
		if p, ok := spare.Get().(*page); ok {
			return &page{p.pairs[:0], p.lines[:0]}
		}
		return &page{pairs: make([]pair, 0, pagePairs)}
	}
	p := empty()
	err := c.set.ReadPairs(bufio.NewReaderSize(r, 1<<20), func(a, b, d int) bool {
		p.pairs = append(p.pairs, pair{uint32(a), uint32(b), uint32(d)})
		if len(p.pairs) < pagePairs {
			return true
		}
		full := p
		p = empty()
		return yield(full)
	})
	if err == nil && len(p.pairs) > 0 {
		yield(p)
	}
	return err
}

func (p *page) write(names *names, told *told) {
	for _, x := range p.pairs {
		p.lines = names.append(names.append(p.lines, int(x.a)), int(x.b))
		p.lines = append(appendInt(p.lines, int(x.distance)), '\t')
		p.lines = append(appendInt(p.lines, told.sites(int(x.a), int(x.b))), '\n')
	}
}

// writeMatrix writes the full matrix in the format asked for.
func (e *engine) writeMatrix(ctx context.Context, w io.Writer, c *comparison) error {
	names := make([]string, c.set.Len())
	for g := range names {
		names[g] = string(c.name(nil, g))
	}
	return matrixFormats[e.wants.matrix](ctx, w, c.set, names)
}

var matrixFormats = map[string]func(context.Context, io.Writer, *distance.Set, []string) error{
	"tsv": matrix.TSV, "phylip": matrix.PHYLIP, "parquet": matrix.Parquet,
}

var matrixNames = slices.Sorted(func(yield func(string) bool) {
	for name := range matrixFormats {
		if !yield(name) {
			return
		}
	}
})
