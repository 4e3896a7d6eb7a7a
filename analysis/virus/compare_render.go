package virus

import (
	"bufio"
	"context"
	"errors"
	"io"
	"slices"

	"okazaki"
	"okazaki/analysis/virus/distance"
	"okazaki/analysis/virus/distance/matrix"
)

// renderCompare writes what all pairs told.
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
	for _, file := range []struct {
		name  string
		asked bool
		write func(w *bufio.Writer) error
	}{
		{"distances.tsv", true, func(w *bufio.Writer) error { return writeHistogram(w, a) }},
		{"neighbours.tsv", e.comparer.options.Nearest > 0, func(w *bufio.Writer) error { return c.writeNeighbours(ctx, w, a) }},
		{"clusters.tsv", e.comparer.options.Cluster != distance.Off, func(w *bufio.Writer) error { return c.writeClusters(w, a) }},
		{"pairs.tsv", e.comparer.within != distance.Off, func(w *bufio.Writer) error { return c.writePairs(ctx, w, results[pairsStage]) }},
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

// name is the name of a genome of the set, as a table has it.
func (c *comparison) name(dst []byte, genome int) []byte {
	return appendSafe(dst, c.names[c.rows[genome]])
}

func (c *comparison) writeNeighbours(ctx context.Context, w *bufio.Writer, a *distance.Answer) error {
	_, _ = w.WriteString("seqName\tneighbour\tdistance\n")
	var near []distance.Neighbour
	var line []byte
	for g := range c.set.Len() {
		if g%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		near = a.Nearest(near[:0], g)
		for _, n := range near {
			line = append(c.name(append(c.name(line[:0], g), '\t'), n.Genome), '\t')
			line = append(appendInt(line, n.Distance), '\n')
			_, _ = w.Write(line)
		}
	}
	return w.Flush()
}

// writeClusters writes a row a genome: its cluster, named after the cluster's
// first genome, and how many are in it.
func (c *comparison) writeClusters(w *bufio.Writer, a *distance.Answer) error {
	_, _ = w.WriteString("seqName\tcluster\tsize\n")
	first := a.Clusters()
	size := make([]int, len(first))
	for _, f := range first {
		size[f]++
	}
	var line []byte
	for g, f := range first {
		line = append(c.name(append(c.name(line[:0], g), '\t'), int(f)), '\t')
		line = append(appendInt(line, size[f]), '\n')
		_, _ = w.Write(line)
	}
	return w.Flush()
}

func (c *comparison) writePairs(ctx context.Context, w *bufio.Writer, pairs okazaki.Result) error {
	_, _ = w.WriteString("seqName\tother\tdistance\n")
	r, err := pairs(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	var line []byte
	n := 0
	err = c.set.ReadPairs(bufio.NewReaderSize(r, 1<<20), func(a, b, d int) bool {
		line = append(c.name(append(c.name(line[:0], a), '\t'), b), '\t')
		line = append(appendInt(line, d), '\n')
		_, _ = w.Write(line)
		n++
		return n%4096 != 0 || ctx.Err() == nil
	})
	if err == nil {
		err = ctx.Err()
	}
	return err
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
