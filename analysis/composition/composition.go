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
	"okazaki/format/fasta"
	"okazaki/format/sniff"
	"okazaki/format/wire"
)

// Analysis is the question "what is this genome made of, and where does that
// change?".
var Analysis = okazaki.Analysis{
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
	Check:   check,
	Outputs: outputs,
	Columns: columns,
	Progress: func(*okazaki.Job) []okazaki.Doing {
		return []okazaki.Doing{{Verb: "Counting", Units: "bases", Share: 1}, {Verb: "Comparing the windows with the genome", Share: 1}}
	},
	Params: params,
	Stages: []string{"genome", "windows"},
	Open:   open,
}

const maxK = 6

var params = []okazaki.Param{
	{Name: "genome", Kind: okazaki.FileParam, Formats: []string{sniff.FASTA}, Many: true, Required: true, Help: "FASTA files, plain or compressed"},
	{Name: "window", Kind: okazaki.IntParam, Default: "1000", Help: "bases a window"},
	{Name: "step", Kind: okazaki.IntParam, Help: "bases from one window's start to the next; as many as a window if not given"},
	{Name: "k", Kind: okazaki.IntParam, Default: "2", Help: "bases a k-mer, 1 to 6"},
}

// The stages, as the engine knows them.
const (
	genomeStage  = iota // counts of each contig; Merge adds them up
	windowsStage        // rows of composition.tsv; they concatenate
)

type engine struct {
	genome       *source
	window, step int64
	k            int
	log2         logTable
}

// check is okazaki.Analysis.Check.
func check(job *okazaki.Job) error {
	_, err := checked(job)
	return err
}

// checked are the job's parameters, each within its range.
func checked(job *okazaki.Job) (analysis.Values, error) {
	v, err := analysis.Decode(params, job)
	if err != nil {
		return nil, err
	}
	return v, cmp.Or(v.Between("window", 1, fasta.MaxLetters), v.Between("step", 1, fasta.MaxLetters), v.Between("k", 1, maxK))
}

func open(ctx context.Context, job *okazaki.Job, files okazaki.Files) (okazaki.Engine, error) {
	v, err := checked(job)
	if err != nil {
		return nil, err
	}
	e := &engine{window: v.Int("window"), step: v.Int("step"), k: int(v.Int("k")), log2: newLogTable()}
	if e.step == 0 {
		e.step = e.window
	}
	if e.genome, err = openGenome(ctx, files, analysis.Inputs(job, "genome")); err != nil {
		return nil, err
	}
	return e, nil
}

// Close closes the genome's files.
func (e *engine) Close() error { return e.genome.Close() }

// Plan lays the bases of all contigs end to end. The Note is the counts of the
// whole genome (of nothing yet, in the first stage) and the index of the files.
func (e *engine) Plan(ctx context.Context, stage int, prior []okazaki.Result) (okazaki.Axis, error) {
	x, err := e.genome.scan(ctx)
	if err != nil {
		return okazaki.Axis{}, err
	}
	total := newTally(e.k)
	if stage == windowsStage {
		if err := eachEntry(ctx, prior[genomeStage], e.k, func(c *entry) error { total.add(c.tally); return nil }); err != nil {
			return okazaki.Axis{}, err
		}
	}
	index, err := x.index.MarshalBinary()
	if err != nil {
		return okazaki.Axis{}, err
	}
	return okazaki.Axis{
		Units:  x.axis.Len(),
		Floor:  min(e.window, 1<<20),
		Concat: stage == windowsStage,
		Note:   append(total.append(nil), index...),
	}, nil
}

// Work counts the span's bases and k-mers, or returns the rows of the windows
// that begin in it.
func (e *engine) Work(ctx context.Context, t *okazaki.Task) (part []byte, done int64, err error) {
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
	work := w.count
	if t.Stage == windowsStage {
		work = w.slide
	}
	done = t.Span.Lo
	for c, err := range e.genome.contigs(ctx, x, t.Span) {
		if err != nil {
			return nil, 0, err
		}
		stopped, err := false, error(nil)
		if done, stopped, err = work(ctx, c); err != nil {
			return nil, 0, err
		}
		if stopped {
			break
		}
	}
	return w.part, done, nil
}

// A worker is one call of Work. Its methods take the piece of a contig that
// lies in the span, add to part, and answer the unit that they came to.
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

// Merge adds up the entries of each contig.
func (e *engine) Merge(ctx context.Context, stage int, parts [][]byte) ([]byte, error) {
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

// Render writes composition.tsv and summary.tsv.
func (e *engine) Render(ctx context.Context, results []okazaki.Result, out okazaki.Outputs) error {
	if err := e.renderSummary(ctx, results[genomeStage], out); err != nil {
		return fmt.Errorf("summary.tsv: %w", err)
	}
	if err := e.renderWindows(ctx, results[windowsStage], out); err != nil {
		return fmt.Errorf("composition.tsv: %w", err)
	}
	return nil
}

func (e *engine) renderWindows(ctx context.Context, rows okazaki.Result, out okazaki.Outputs) error {
	r, err := rows(ctx)
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

func (e *engine) renderSummary(ctx context.Context, contigs okazaki.Result, out okazaki.Outputs) error {
	total := newTally(e.k)
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
