// Package composition counts the bases and k-mers of a genome, whole and in
// windows, and says where a window is unlike the rest.
//
// Its one invariant: a window is computed by the span that holds its first
// base, and a k-mer is counted by the span that holds its first base, so that
// each is seen once however the genome is cut.
package composition

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"okazaki"
	"okazaki/analysis"
	"okazaki/analysis/kit"
	"okazaki/format/fasta"
	"okazaki/format/wire"
)

// Analysis is the question "what is this genome made of, and where does that
// change?".
var Analysis = kit.New(okazaki.Analysis{
	Name:    "composition",
	Version: 1,
	Short:   "GC, skew and k-mer composition along a genome",
	Long: `Counts bases and k-mers along FASTA contigs, in windows, and compares each
window's k-mers with the whole genome's.

  composition.tsv  one row per window: contig, start, end, then the measures
  summary.tsv      one row per contig, then one named * for all contigs together

Starts and ends are 0-based and half-open, as in BED. Windows begin at each
multiple of --step; the last of a contig are cut short at its end. A contig
without letters has no row. All files together are one genome.

  gc          (G+C)/(A+C+G+T)
  gc_skew     (G-C)/(G+C)
  entropy     Shannon entropy of the k-mers, in bits; at most 2k
  divergence  Kullback-Leibler divergence of the k-mers from the genome's, in
              bits: 0 where they are as everywhere; islands and contamination
              stand out
  A C G T N   letters; U counts as T, lower case as upper
  other       the ambiguity letters RYSWKMBDHV, and gaps
  AA AC …     each k-mer on the strand that is given, overlaps counted, if
              k is 2 or 3

Only k-mers of A, C, G and T that lie wholly within the window are counted.
NA stands for a fraction of nothing.`,
	Example: `  okazaki composition genome.fasta
  okazaki composition --window 5000 --step 500 --k 3 chr1.fa.gz chr2.fa.gz`,
	Outputs: outputs,
	Columns: columns,
	Params: []okazaki.Param{
		kit.FASTA("genome"),
		{Name: "window", Kind: okazaki.IntParam, Default: "1000", Help: "bases a window"},
		{Name: "step", Kind: okazaki.IntParam, Help: "bases from one window's start to the next; as many as a window if not given"},
		{Name: "k", Kind: okazaki.IntParam, Default: "2", Help: "bases a k-mer, 1 to 6"},
	},
}, check, open,
	kit.Stage[*engine]{ // counts of each contig
		Name: "genome", Doing: okazaki.Doing{Verb: "Counting", Units: "bases", Share: 1},
		Plan: (*engine).planGenome, Work: (*engine).countGenome, Merge: (*engine).addUp, Render: (*engine).renderSummary,
	},
	kit.Stage[*engine]{ // rows of composition.tsv
		Name: "windows", Doing: okazaki.Doing{Verb: "Comparing the windows with the genome", Share: 1},
		Plan: (*engine).planWindows, Work: (*engine).slideWindows, Render: (*engine).renderWindows,
	})

const maxK = 6

type engine struct {
	genome       *source
	window, step int64
	k            int
	log2         logTable
}

// check returns an error if a parameter is out of its range.
func check(r *kit.Request) error {
	return cmp.Or(r.Between("window", 1, fasta.MaxLetters), r.Between("step", 1, fasta.MaxLetters), r.Between("k", 1, maxK))
}

func open(ctx context.Context, r *kit.Request) (*engine, error) {
	e := &engine{window: r.Int("window"), step: r.Int("step"), k: int(r.Int("k")), log2: newLogTable()}
	if e.step == 0 {
		e.step = e.window
	}
	var err error
	e.genome, err = openGenome(ctx, r.Files, analysis.Inputs(r.Job, "genome"))
	return e, err
}

// Close closes the genome's files.
func (e *engine) Close() error { return e.genome.Close() }

// planGenome lays out the axis of the first stage, when nothing is counted yet.
func (e *engine) planGenome(ctx context.Context, _ []okazaki.Result) (okazaki.Axis, error) {
	return e.plan(ctx, newTally(e.k))
}

// planWindows lays out the same axis with the counts of the whole genome.
func (e *engine) planWindows(ctx context.Context, prior []okazaki.Result) (okazaki.Axis, error) {
	total := newTally(e.k)
	if err := eachEntry(ctx, prior[0], e.k, func(c *entry) error { total.add(c.tally); return nil }); err != nil {
		return okazaki.Axis{}, err
	}
	return e.plan(ctx, total)
}

// plan lays the bases of all contigs end to end. The Note is the counts of the
// whole genome and the index of the files.
func (e *engine) plan(ctx context.Context, total *tally) (okazaki.Axis, error) {
	x, err := e.genome.scan(ctx)
	if err != nil {
		return okazaki.Axis{}, err
	}
	index, err := x.index.MarshalBinary()
	if err != nil {
		return okazaki.Axis{}, err
	}
	return okazaki.Axis{Units: x.axis.Len(), Floor: min(e.window, 1<<20), Note: append(total.append(nil), index...)}, nil
}

// countGenome counts the span's bases and k-mers.
func (e *engine) countGenome(ctx context.Context, t *okazaki.Task) (part []byte, done int64, err error) {
	return e.work(ctx, t, (*worker).count)
}

// slideWindows returns the rows of the windows that begin in the span.
func (e *engine) slideWindows(ctx context.Context, t *okazaki.Task) (part []byte, done int64, err error) {
	return e.work(ctx, t, (*worker).slide)
}

// work calls f for each piece of a contig that lies in the span.
func (e *engine) work(ctx context.Context, t *okazaki.Task, f func(*worker, context.Context, piece) (int64, bool, error)) (part []byte, done int64, err error) {
	total := newTally(e.k)
	note := wire.From(t.Axis.Note)
	if total.read(&note); note.Err() != nil {
		return nil, 0, fmt.Errorf("the note of the axis: %w", note.Err())
	}
	x, err := e.genome.load(note.Rest())
	if err != nil {
		return nil, 0, err
	}
	w := worker{engine: e, tally: newTally(e.k), goOn: t.Continue, total: total, background: e.log2.of(total.kmers)}
	done = t.Span.Lo
	for c, err := range e.genome.contigs(ctx, x, t.Span) {
		if err != nil {
			return nil, 0, err
		}
		stopped, err := false, error(nil)
		if done, stopped, err = f(&w, ctx, c); err != nil {
			return nil, 0, err
		}
		if stopped {
			break
		}
	}
	return w.part, done, nil
}

// A worker is one call of Work. Its methods take the piece of a contig that
// lies in the span, add to part, and return the unit that they came to.
type worker struct {
	*engine
	part       []byte
	tally      *tally
	total      *tally
	background []uint64 // log2 of the genome's k-mers
	goOn       func(done int64) bool
}

func (w *worker) stop(done int64) bool { return w.goOn != nil && !w.goOn(done) }

// count adds an entry for the piece.
func (w *worker) count(ctx context.Context, c piece) (done int64, stopped bool, err error) {
	const block = 1 << 12
	w.tally.reset()
	at := c.lo
	for at < c.hi && !stopped {
		if err := ctx.Err(); err != nil {
			return 0, false, err
		}
		next := min(at+block-at%block, c.hi)
		w.tally.letters.count(c.seq[at:next], 1)
		w.tally.countKmers(c.seq[at:min(next+int64(w.k)-1, int64(len(c.seq)))], 1)
		at = next
		stopped = w.stop(c.start + at)
	}
	w.part = (&entry{c.number, c.name, w.tally}).append(w.part)
	return c.start + at, stopped, nil
}

// slide adds a row for each window that begins in the piece. A window that
// overlaps the last one is counted by what enters and what leaves.
func (w *worker) slide(ctx context.Context, c piece) (done int64, stopped bool, err error) {
	at := (c.lo + w.step - 1) / w.step * w.step
	var from, to int64 // of the window that is in the tally
	for ; at < c.hi && !stopped; at += w.step {
		if err := ctx.Err(); err != nil {
			return 0, false, err
		}
		end := min(at+w.window, int64(len(c.seq)))
		if at >= to {
			w.tally.reset()
			from, to = at, at
		}
		k1 := int64(w.k) - 1
		w.tally.letters.count(c.seq[from:at], -1)
		w.tally.countKmers(c.seq[from:min(at+k1, to)], -1)
		w.tally.letters.count(c.seq[to:end], 1)
		w.tally.countKmers(c.seq[max(at, to-k1):end], 1)
		from, to = at, end
		w.part = fmt.Appendf(w.part, "%s\t%d\t%d", c.name, at, end)
		w.part = append(w.measure(w.part, w.tally, w.total, w.background), '\n')
		stopped = w.stop(c.start + min(at+w.step, c.hi))
	}
	return c.start + min(max(at, c.lo), c.hi), stopped, nil
}

// addUp adds up the entries of each contig.
func (e *engine) addUp(ctx context.Context, parts [][]byte) ([]byte, error) {
	var merged []byte
	var last *entry
	for _, part := range parts {
		for r := wire.From(part); r.Len() > 0; {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			c := &entry{tally: newTally(e.k)}
			if err := c.parse(r.Bytes()); err != nil {
				return nil, err
			}
			if last != nil && last.contig == c.contig {
				last.tally.add(c.tally)
				continue
			}
			if last != nil {
				merged = last.append(merged)
			}
			last = c
		}
	}
	if last != nil {
		merged = last.append(merged)
	}
	return merged, nil
}

// renderWindows writes composition.tsv.
func (e *engine) renderWindows(ctx context.Context, results []okazaki.Result, out okazaki.Outputs) error {
	r, err := results[1](ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := out.Create("composition.tsv")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "# windows of %d bases, one each %d; start and end are 0-based, half-open\ncontig\tstart\tend%s\n",
		e.window, e.step, e.columns())
	if err == nil {
		_, err = io.Copy(w, analysis.Reader(ctx, r))
	}
	return errors.Join(err, w.Close())
}

// renderSummary writes summary.tsv.
func (e *engine) renderSummary(ctx context.Context, results []okazaki.Result, out okazaki.Outputs) error {
	contigs, total := results[0], newTally(e.k)
	err := eachEntry(ctx, contigs, e.k, func(c *entry) error { total.add(c.tally); return nil })
	if err != nil {
		return err
	}
	w, err := out.Create("summary.tsv")
	if err != nil {
		return err
	}
	background := e.log2.of(total.kmers)
	row := func(name string, t *tally) error {
		b := fmt.Appendf(nil, "%s\t%d", name, t.letters.sum())
		_, err := w.Write(append(e.measure(b, t, total, background), '\n'))
		return err
	}
	_, err = fmt.Fprintf(w, "contig\tlength%s\n", e.columns())
	if err == nil {
		err = eachEntry(ctx, contigs, e.k, func(c *entry) error { return row(c.name, c.tally) })
	}
	if err == nil {
		err = row("*", total)
	}
	return errors.Join(err, w.Close())
}

// outputs is okazaki.Analysis.Outputs.
func outputs(*okazaki.Job) ([]string, error) {
	return []string{"composition.tsv", "summary.tsv"}, nil
}
