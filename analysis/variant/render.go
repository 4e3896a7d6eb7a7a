package variant

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"okazaki"
	"okazaki/analysis/variant/pgx"
	"okazaki/format/vcf"
)

// A writing is what Render is at.
type writing struct {
	ctx    context.Context
	e      *engine
	layout *layout
	header *vcf.Header
	result okazaki.Result
	what   wanted // of its frames
	out    okazaki.Outputs
	survey *survey
}

// renderFiles writes the tables. That a record was lost on the way is an error.
func (e *engine) renderFiles(ctx context.Context, results []okazaki.Result, out okazaki.Outputs) error {
	l, h, err := e.laid(ctx)
	if err != nil {
		return err
	}
	w := &writing{ctx: ctx, e: e, layout: l, header: h, result: results[annotateStage], out: out}
	if e.format.packed {
		w.what = unpacked
	}
	if err := e.format.write(w); err != nil {
		return err
	}
	if e.beside {
		w.what = rankedRows
		if err := w.table(); err != nil {
			return err
		}
	}
	if err := w.pharmacogenes(); err != nil {
		return err
	}
	w.say()
	return nil
}

// say notes how many records there are, how many the sources know, and what
// could not be annotated.
func (w *writing) say() {
	s := w.survey
	text := fmt.Sprintf("%d records", s.records)
	for i, source := range w.e.sources {
		text += fmt.Sprintf(", %d of %d alleles in %s", s.joined[i], s.asked, source.Name())
	}
	w.out.Note(okazaki.Note{Text: text})
	warn := func(format string, args ...any) {
		w.out.Note(okazaki.Note{Text: fmt.Sprintf(format, args...), Warning: true})
	}
	for i, source := range w.e.sources {
		if s.joined[i] > 0 || s.asked == 0 {
			continue
		}
		why := "is it of the same assembly, and of these variants?"
		if !slices.ContainsFunc(s.contigs, func(name string) bool { _, ok := source.Contig(name); return ok }) {
			why = "it has none of their contigs (" + few(s.contigs) + ")"
		}
		warn("nothing was joined from %s (0 of %d alleles): %s", source.Name(), s.asked, why)
	}
	if s.stranger.count > 0 {
		warn("%d of %d records lie on contigs that the genes don't have, such as %s; their rows say so", s.stranger.count, s.records, s.stranger.what)
	}
	if s.mismatch.count > 0 {
		warn("REF is not the reference's in %d of %d records; their rows say so", s.mismatch.count, s.records)
	}
}

// laid is the layout, found out again where no span was worked.
func (e *engine) laid(ctx context.Context) (*layout, *vcf.Header, error) {
	e.mu.Lock()
	n := e.noted[annotateStage]
	e.mu.Unlock()
	if n != nil {
		return n.layout, n.header, nil
	}
	return e.text.lay(ctx)
}

// create makes an output, which write fills.
func (w *writing) create(name string, write func(b *bufio.Writer) error) error {
	f, err := w.out.Create(name)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(f, 1<<20)
	if err = write(b); err == nil {
		err = b.Flush()
	}
	return errors.Join(err, f.Close())
}

// comments are the lines about the answer, before a table.
func (w *writing) comments(b *bufio.Writer) error {
	for _, line := range w.notes() {
		if _, err := fmt.Fprintf(b, "## %s\n", oneLine(line)); err != nil {
			return err
		}
	}
	return nil
}

// notes are the sources, and what a reader should know of the file.
func (w *writing) notes() []string {
	lines := append(w.e.about(), "variants: "+filepath.Base(w.e.text.in.Name)+", sha256 "+w.e.text.in.Digest)
	for _, name := range w.survey.contigs {
		if c, ok := w.e.model.Contig(name); ok && c.Name != name {
			lines = append(lines, fmt.Sprintf("note: contig %s of the variants is %s of the genes", name, c.Name))
		}
		for _, source := range w.e.sources {
			if i, ok := source.Contig(name); ok && source.ContigName(i) != name {
				lines = append(lines, fmt.Sprintf("note: contig %s of the variants is %s of %s", name, source.ContigName(i), source.Name()))
			}
		}
	}
	if n := w.survey.stranger.count; n > 0 {
		lines = append(lines, fmt.Sprintf("note: the genes have no contig %s, nor those of %d records in all", w.survey.stranger.what, n))
	}
	if n := w.survey.mismatch.count; n > 0 {
		lines = append(lines, fmt.Sprintf("note: REF is not the reference's in %d records; of the first, %s", n, w.survey.mismatch.what))
	}
	if w.layout.slow() {
		lines = append(lines, fmt.Sprintf("note: the variants are compressed as %v, which can only be read from its start; bgzip makes them faster to read", w.layout.codec))
	}
	return lines
}

func oneLine(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' {
			return ' '
		}
		return c
	}, s)
}

// text writes payloads that are lines already, at least one for each record,
// after a head.
func (w *writing) text(name string, head func(b *bufio.Writer) error) error {
	return w.create(name, func(b *bufio.Writer) error {
		// The head describes the whole file: it is surveyed first.
		var err error
		if w.survey, err = w.e.survey(w.ctx, w.layout, w.header, w.result, w.what, func(*frame) error { return nil }); err != nil {
			return err
		}
		if err := head(b); err != nil {
			return err
		}
		return w.e.eachFrame(w.ctx, w.result, w.what, func(f *frame) error {
			if n := int64(bytes.Count(f.payload, []byte{'\n'})); n < f.records {
				return fmt.Errorf("of %d records that were read, %d lines are to be written", f.records, n)
			}
			_, err := b.Write(f.payload)
			return err
		})
	})
}

// pharmacogenes writes what the star alleles are.
func (w *writing) pharmacogenes() error {
	if w.e.stars == nil {
		return nil
	}
	rows, err := w.e.stars.Call(w.survey.alleles, w.header.Samples, pgx.Options{AssumeReference: w.e.assume})
	if err != nil {
		return err
	}
	return w.create("pharmacogenes.tsv", func(b *bufio.Writer) error {
		if err := w.comments(b); err != nil {
			return err
		}
		if _, err := b.WriteString(strings.Join(pgx.Columns, "\t") + "\n"); err != nil {
			return err
		}
		for i := range rows {
			if _, err := b.WriteString(strings.Join(rows[i].Fields(), "\t") + "\n"); err != nil {
				return err
			}
		}
		return nil
	})
}
