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

// recombinantColumns are the columns of recombinants.tsv. A breakpoint is the
// positions between which it lies: the last site like one parent and the first
// like the other.
const recombinantColumns = "seqName\tparent\tdonor\tbreakpoints\tparentSites\tdonorSites\tchance\t" +
	"carriers\tparentCarriers\tdonorCarriers\tparentClade\tdonorClade"

// mixtureColumns are the columns of mixtures.tsv.
const mixtureColumns = "seqName\tone\tother\tmixedSites\texplained\toneClade\totherClade"

// joined is all aligned genomes, prepared for the search for recombinants.
type joined struct {
	set    *recombinant.Set
	names  []string
	clades []string
}

// joined prepares the rows of the first stage, once.
func (e *engine) joined(ctx context.Context, rows okazaki.Result) (*joined, error) {
	return e.comparer.joined.get(ctx, func() (*joined, error) { return e.join(ctx, rows) })
}

func (e *engine) join(ctx context.Context, rows okazaki.Result) (*joined, error) {
	b := recombinant.NewBuilder(recombinant.Options{Chance: e.comparer.chance, Mask: e.comparer.options.Mask})
	j := &joined{}
	var subs, mixed []recombinant.Substitution
	var unknown []genome.Region
	ref := e.first.Reference().Sequence
	clades := map[string]string{}
	err := e.eachRow(ctx, rows, func(t *Table, c *Calls) error {
		if c.Problem != "" {
			return nil
		}
		subs, mixed, unknown = subs[:0], mixed[:0], append(unknown[:0], c.Missing...)
		for _, s := range c.Substitutions {
			subs = append(subs, recombinant.Substitution{Pos: int32(s.Pos), Alt: s.Alt})
		}
		for _, a := range c.Ambiguous {
			unknown = append(unknown, a.Region)
			for pos := a.Region.Lo; pos < a.Region.Hi; pos++ {
				if alt := genome.BaseOf(a.Letter) &^ genome.BaseOf(ref[pos]); alt&(alt-1) == 0 && alt != genome.BaseOf(a.Letter) {
					mixed = append(mixed, recombinant.Substitution{Pos: int32(pos), Alt: alt.Letter()})
				}
			}
		}
		unknown = append(unknown, genome.Region{Hi: c.Aligned.Lo}, genome.Region{Lo: c.Aligned.Hi, Hi: len(ref)})
		clade := string(t.Field("clade"))
		if _, old := clades[clade]; !old {
			clades[clade] = clade
		}
		j.names, j.clades = append(j.names, t.Name()), append(j.clades, clades[clade])
		return b.Add(subs, mixed, unknown)
	})
	if err == nil {
		j.set = b.Set()
	}
	return j, err
}

// planRecombinants lays out the backbones, then the genomes with mixed letters.
// There are none if recombinants are not asked for.
func (e *engine) planRecombinants(ctx context.Context, prior []okazaki.Result) (okazaki.Axis, error) {
	axis := okazaki.Axis{Concat: true}
	if e.comparer.chance == 0 {
		return axis, nil
	}
	j, err := e.joined(ctx, prior[mutationsStage])
	if err == nil {
		axis.Units = int64(j.set.Backbones() + j.set.Mixed())
	}
	return axis, err
}

// backbonesAtOnce is the number of units that a core works on between two looks
// at the clock.
const backbonesAtOnce = 32

// workRecombinants returns a line for each unit of a span that is a mosaic or a
// mixture, with its number and the columns after the name. It uses all cores.
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
		spans := cut(okazaki.Span{Lo: done, Hi: min(t.Span.Hi, done+int64(cores*e.backbones))}, cores)
		some := make([][]byte, len(spans))
		var wg sync.WaitGroup
		for i, s := range spans {
			wg.Go(func() {
				for n := int(s.Lo); n < int(s.Hi); n++ {
					some[i] = e.appendUnit(some[i], j, finders[i], n)
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

// appendUnit appends the line of a unit, if it has one.
func (e *engine) appendUnit(dst []byte, j *joined, f *recombinant.Finder, n int) []byte {
	if n < f.Backbones() {
		if m, ok := f.Find(n); ok {
			dst = e.appendMosaic(append(appendInt(dst, n), '\t'), j, &m)
		}
	} else if m, ok := f.Mixture(n - f.Backbones()); ok {
		dst = e.appendMixture(append(appendInt(dst, n), '\t'), j, &m)
	}
	return dst
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
	dst = e.appendSites(dst, m.ParentSites)
	dst = e.appendSites(dst, m.DonorSites)
	dst = strconv.AppendFloat(append(dst, '\t'), m.Chance, 'e', 2, 64)
	for _, n := range [...]int{m.Both, m.First, m.Second} {
		dst = appendInt(append(dst, '\t'), n)
	}
	dst = append(append(dst, '\t'), j.clades[m.Parent]...)
	return append(append(append(dst, '\t'), j.clades[m.Donor]...), '\n')
}

func (e *engine) appendMixture(dst []byte, j *joined, m *recombinant.Mixture) []byte {
	dst = append(appendSafe(dst, j.names[m.One]), '\t')
	dst = e.appendSites(appendSafe(dst, j.names[m.Other]), m.Mixed)
	dst = append(appendInt(append(dst, '\t'), m.Explained), '\t')
	return append(append(append(append(dst, j.clades[m.One]...), '\t'), j.clades[m.Other]...), '\n')
}

func (e *engine) appendSites(dst []byte, sites []recombinant.Substitution) []byte {
	ref, sep := e.first.Reference().Sequence, byte('\t')
	for _, s := range sites {
		dst = append(appendInt(append(dst, sep, ref[s.Pos]), int(s.Pos)+1), s.Alt)
		sep = ','
	}
	return dst
}

// renderRecombinants writes one row for each genome of the backbones that are
// mosaics, and one for each mixture, in the order of the input.
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
	var mosaics, mixtures []row
	backbones := j.set.Backbones()
	for line, err := range lines(analysis.Reader(ctx, r)) {
		if err != nil {
			return err
		}
		number, rest, _ := bytes.Cut(bytes.Clone(line), []byte{'\t'})
		n, err := strconv.Atoi(string(number))
		switch {
		case err != nil || n < 0 || n >= backbones+j.set.Mixed():
			return fmt.Errorf("recombinants of the unit %q", number)
		case n >= backbones:
			mixtures = append(mixtures, row{j.set.MixedGenome(n - backbones), rest})
		default:
			for _, g := range j.set.Members(n) {
				mosaics = append(mosaics, row{g, rest})
			}
		}
	}
	for _, file := range []struct {
		name, columns string
		rows          []row
	}{{"recombinants.tsv", recombinantColumns, mosaics}, {"mixtures.tsv", mixtureColumns, mixtures}} {
		slices.SortFunc(file.rows, func(a, b row) int { return cmp.Compare(a.genome, b.genome) })
		err := writeOutput(out, file.name, func(w *bufio.Writer) error {
			_, _ = w.WriteString(file.columns + "\n") // a bufio.Writer keeps its first error
			var line []byte
			for _, r := range file.rows {
				line = append(append(appendSafe(line[:0], j.names[r.genome]), '\t'), r.rest...)
				_, _ = w.Write(append(line, '\n'))
			}
			return w.Flush()
		})
		if err != nil {
			return err
		}
	}
	return nil
}
