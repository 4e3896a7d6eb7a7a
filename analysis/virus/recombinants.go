package virus

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"okazaki"
	"okazaki/analysis"
	"okazaki/analysis/virus/recombinant"
	"okazaki/genome"
)

// recombinantColumns are those of recombinants.tsv. A breakpoint is the letters
// between which it lies, that of the last site like one parent and of the
// first like the other.
const recombinantColumns = "seqName\tparent\tdonor\tbreakpoints\tparentSites\tdonorSites\tchance\t" +
	"carriers\tparentCarriers\tdonorCarriers\tparentClade\tdonorClade"

// joined is all genomes that were aligned, ready to be asked whether they join
// others.
type joined struct {
	set    *recombinant.Set
	names  []string
	clades []string
}

// joined prepares the rows of the first stage, once.
func (e *engine) joined(ctx context.Context, rows okazaki.Result) (*joined, error) {
	c := e.comparer
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if c.joined == nil {
		done, err := e.join(ctx, rows)
		if err != nil {
			return nil, err
		}
		c.joined = done
	}
	return c.joined, nil
}

func (e *engine) join(ctx context.Context, rows okazaki.Result) (*joined, error) {
	b := recombinant.NewBuilder(recombinant.Options{Chance: e.comparer.chance, Mask: e.comparer.options.Mask})
	j := &joined{}
	var subs []recombinant.Substitution
	var unknown []genome.Region
	length := len(e.first.Reference().Sequence)
	clades := map[string]string{}
	err := e.eachRow(ctx, rows, func(t *Table, c *Calls) error {
		if c.Problem != "" {
			return nil
		}
		subs, unknown = subs[:0], append(unknown[:0], c.Missing...)
		for _, s := range c.Substitutions {
			subs = append(subs, recombinant.Substitution{Pos: int32(s.Pos), Alt: s.Alt})
		}
		for _, a := range c.Ambiguous {
			unknown = append(unknown, a.Region)
		}
		unknown = append(unknown, genome.Region{Hi: c.Aligned.Lo}, genome.Region{Lo: c.Aligned.Hi, Hi: length})
		clade := string(t.Field("clade"))
		if _, old := clades[clade]; !old {
			clades[clade] = clade
		}
		j.names, j.clades = append(j.names, t.Name()), append(j.clades, clades[clade])
		return b.Add(subs, unknown)
	})
	if err == nil {
		j.set = b.Set()
	}
	return j, err
}

// planRecombinants lays out the backbones; none where nothing is asked of them.
func (e *engine) planRecombinants(ctx context.Context, prior []okazaki.Result) (okazaki.Axis, error) {
	axis := okazaki.Axis{Concat: true}
	if e.comparer.chance == 0 {
		return axis, nil
	}
	j, err := e.joined(ctx, prior[mutationsStage])
	if err == nil {
		axis.Units = int64(j.set.Backbones())
	}
	return axis, err
}

// backbonesAtOnce is how many backbones a core takes between two looks at the
// clock.
const backbonesAtOnce = 32

// workRecombinants answers backbones, on all cores: of each that is a mosaic a
// line, with its number and the columns after the name.
func (e *engine) workRecombinants(ctx context.Context, t *okazaki.Task) (part []byte, done int64, err error) {
	if t.Span.Len() == 0 {
		return nil, t.Span.Hi, nil
	}
	j, err := e.joined(ctx, t.Prior[mutationsStage])
	if err != nil {
		return nil, 0, err
	}
	cores := max(1, t.Cores)
	finders := make([]*recombinant.Finder, cores)
	for i := range finders {
		finders[i] = j.set.Finder()
	}
	for done = t.Span.Lo; done < t.Span.Hi; {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		spans := cut(okazaki.Span{Lo: done, Hi: min(t.Span.Hi, done+int64(cores*backbonesAtOnce))}, cores)
		some := make([][]byte, len(spans))
		var wg sync.WaitGroup
		for i, s := range spans {
			wg.Go(func() {
				for n := s.Lo; n < s.Hi; n++ {
					if m, ok := finders[i].Find(int(n)); ok {
						some[i] = e.appendMosaic(append(strconv.AppendInt(some[i], n, 10), '\t'), j, &m)
					}
				}
			})
		}
		wg.Wait()
		part = append(part, bytes.Join(some, nil)...)
		done = spans[len(spans)-1].Hi
		if t.Continue != nil && !t.Continue(done) {
			break
		}
	}
	return part, done, ctx.Err()
}

// appendMosaic appends the columns after the genome's name.
func (e *engine) appendMosaic(dst []byte, j *joined, m *recombinant.Mosaic) []byte {
	dst = append(appendSafe(dst, j.names[m.Parent]), '\t')
	dst = appendSafe(dst, j.names[m.Donor])
	sep := byte('\t')
	for _, b := range m.Breakpoints {
		dst = appendInt(append(appendInt(append(dst, sep), b.After+1), '-'), b.Before+1)
		sep = ','
	}
	ref := e.first.Reference().Sequence
	for _, sites := range [][]recombinant.Substitution{m.ParentSites, m.DonorSites} {
		sep = '\t'
		for _, s := range sites {
			dst = append(appendInt(append(dst, sep, ref[s.Pos]), int(s.Pos)+1), s.Alt)
			sep = ','
		}
	}
	dst = strconv.AppendFloat(append(dst, '\t'), m.Chance, 'e', 2, 64)
	for _, n := range [...]int{m.Both, m.First, m.Second} {
		dst = appendInt(append(dst, '\t'), n)
	}
	dst = append(append(dst, '\t'), j.clades[m.Parent]...)
	return append(append(append(dst, '\t'), j.clades[m.Donor]...), '\n')
}

// renderRecombinants writes a row for each genome of the backbones that are
// mosaics, in the order of the input.
func (e *engine) renderRecombinants(ctx context.Context, results []okazaki.Result, out okazaki.Outputs) error {
	if e.comparer.chance == 0 {
		return nil
	}
	j, err := e.joined(ctx, results[mutationsStage])
	if err != nil {
		return err
	}
	r, err := results[recombinantsStage](ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	type row struct {
		genome int32
		rest   []byte
	}
	var rows []row
	for line, err := range lines(analysis.Reader(ctx, r)) {
		if err != nil {
			return err
		}
		number, rest, _ := bytes.Cut(bytes.Clone(line), []byte{'\t'})
		n, err := strconv.Atoi(string(number))
		if err != nil || n < 0 || n >= j.set.Backbones() {
			return fmt.Errorf("recombinants of the backbone %q", number)
		}
		for _, g := range j.set.Members(n) {
			rows = append(rows, row{g, rest})
		}
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.genome, b.genome) })
	return writeOutput(out, "recombinants.tsv", func(w *bufio.Writer) error {
		_, _ = w.WriteString(recombinantColumns + "\n") // a bufio.Writer keeps its first error
		var line []byte
		for _, r := range rows {
			line = append(append(appendSafe(line[:0], j.names[r.genome]), '\t'), r.rest...)
			_, _ = w.Write(append(line, '\n'))
		}
		return w.Flush()
	})
}
