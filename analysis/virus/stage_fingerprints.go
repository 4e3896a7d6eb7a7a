package virus

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"okazaki"
	"okazaki/analysis"
	"okazaki/analysis/virus/fingerprint"
	"okazaki/format/fasta"
)

// printColumns are the columns of fingerprints.tsv.
const printColumns = "seqName\tfinding\tcontained\tnovelHashes\tstrangeLetters\tmixedSites\tunreadLetters\tkmersMore\tkmersFewer\tdisagreement"

// disagreeing is the number of k-mers above which a difference between a genome
// and its mutations is a finding: one missing substitution adds twice k.
const disagreeing = 10

// planPrints lays out the records once more. There are none if no fingerprint
// is asked for.
func (e *engine) planPrints(ctx context.Context) (okazaki.Axis, error) {
	if !e.wants.fingerprint {
		return okazaki.Axis{Concat: true}, nil
	}
	return e.planRecords(ctx, printsStage)
}

// workPrints appends the fingerprint of each genome: a row of fingerprints.tsv
// and, after a tab, its sketch.
func (e *engine) workPrints(ctx context.Context, t *okazaki.Task) (part []byte, done int64, err error) {
	if t.Span.Len() == 0 {
		return nil, t.Span.Hi, nil
	}
	return e.workRecords(ctx, t, e.print)
}

// print makes the rows of a batch.
func (e *engine) print(b *batch) {
	c := e.callers.Get().(*Caller)
	defer e.callers.Put(c)
	p := e.prints.Printer()
	q := e.prints.Printer()
	var rebuilt []byte
	for i := range b.genomes {
		g := &b.genomes[i]
		if e.leavesOut(g) {
			continue
		}
		b.rows = appendSafe(b.rows, fasta.Numbered(g.name, g.number))
		if g.err != nil {
			b.rows = append(b.rows, "\tno genome"+strings.Repeat("\t", strings.Count(printColumns, "\t"))+"\n"...)
			continue
		}
		calls := c.Call(g.letters)
		if calls.Problem != "" {
			b.rows = e.appendPrint(b.rows, p.Print(g.letters), -1, nil)
			continue
		}
		f := p.Print(c.walker.q) // as the table has it: turned, and rotated
		rebuilt = calls.AppendGenome(rebuilt[:0], c.ref)
		told := f
		if len(calls.turned) > 0 {
			told = e.prints.Printer().Print(c.untold())
		}
		b.rows = e.appendPrint(b.rows, f, fingerprint.Disagreement(told.Spectrum, q.Print(rebuilt).Spectrum), calls.Rearrangements)
	}
}

// appendPrint appends the columns after the name, then the sketch.
func (e *engine) appendPrint(dst []byte, f *fingerprint.Fingerprint, disagree int, rearranged []Rearrangement) []byte {
	v := e.prints.Judge(f, fingerprint.Limits{})
	more, fewer := 0, 0
	for _, n := range f.Spectrum {
		more += max(0, int(n.More))
		fewer += max(0, -int(n.More))
	}
	dst = append(append(dst, '\t'), finding(v, disagree, rearranged)...)
	dst = strconv.AppendFloat(append(dst, '\t'), v.Contained, 'f', 4, 64)
	for _, n := range [...]int{v.Novel, f.Strange, f.Ambiguous, f.Unread, more, fewer} {
		dst = appendInt(append(dst, '\t'), n)
	}
	dst = append(dst, '\t')
	if disagree >= 0 {
		dst = appendInt(dst, disagree)
	}
	dst = append(dst, '\t')
	for i, h := range f.Sketch {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendUint(dst, h, 36)
	}
	return append(dst, '\n')
}

// finding returns the fingerprint's finding about a genome in a few words, with
// the table's rearrangements of the reference's own bases.
func finding(v fingerprint.Verdict, disagree int, rearranged []Rearrangement) string {
	var found []string
	for _, f := range []struct {
		is   bool
		text string
	}{
		{v.Stranger, "another virus"}, {v.Contaminated, "foreign letters"}, {v.Mixed, "mixed"},
		{disagree > disagreeing, "mutations disagree"},
	} {
		if f.is {
			found = append(found, f.text)
		}
	}
	for _, m := range rearranged {
		if kind := strings.ReplaceAll(m.Kind, "-", " "); !slices.Contains(found, kind) {
			found = append(found, kind)
		}
	}
	return strings.Join(found, ", ")
}

// renderPrints writes fingerprints.tsv and signatures.sig.
func (e *engine) renderPrints(ctx context.Context, prints okazaki.Result, out okazaki.Outputs) error {
	if !e.wants.fingerprint {
		return nil
	}
	err := writeOutput(out, "fingerprints.tsv", func(w *bufio.Writer) error {
		_, _ = w.WriteString(printColumns + "\n") // a bufio.Writer keeps its first error
		return e.eachPrint(ctx, prints, func(row, _ []byte) error {
			_, _ = w.Write(row)
			return w.WriteByte('\n')
		})
	})
	if err != nil {
		return err
	}
	return writeOutput(out, "signatures.sig", func(w *bufio.Writer) error { return e.writeSignatures(ctx, w, prints) })
}

// writeSignatures writes the sketches as sourmash reads them.
func (e *engine) writeSignatures(ctx context.Context, w io.Writer, prints okazaki.Result) error {
	var bad error
	var all iter.Seq[*fingerprint.Signature] = func(yield func(*fingerprint.Signature) bool) {
		bad = e.eachPrint(ctx, prints, func(row, sketch []byte) error {
			var f fingerprint.Fingerprint
			for h := range items(sketch) {
				n, err := strconv.ParseUint(string(h), 36, 64)
				if err != nil {
					return fmt.Errorf("a sketch has the hash %q", h)
				}
				f.Sketch = append(f.Sketch, n)
			}
			name, _, _ := strings.Cut(string(row), "\t")
			name = string(unsafeText([]byte(name)))
			if !yield(e.prints.Signature(name, e.sources[0].Name, &f)) {
				return io.ErrShortWrite
			}
			return nil
		})
	}
	if err := fingerprint.WriteSignatures(w, all); err != nil {
		return err
	}
	return bad
}

// eachPrint reads the rows of workPrints.
func (e *engine) eachPrint(ctx context.Context, prints okazaki.Result, each func(row, sketch []byte) error) error {
	r, err := prints(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	for line, err := range lines(analysis.Reader(ctx, r)) {
		if err != nil {
			return err
		}
		i := len(line) - 1
		for i >= 0 && line[i] != '\t' {
			i--
		}
		if i < 0 {
			return fmt.Errorf("a fingerprint has no sketch")
		}
		if err := each(line[:i], line[i+1:]); err != nil {
			return err
		}
	}
	return nil
}
