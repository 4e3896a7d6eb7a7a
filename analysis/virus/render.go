package virus

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"okazaki"
	"okazaki/analysis"
	"okazaki/format/fasta"
)

// A file is one output, written from the rows of all genomes in their order.
type file interface {
	// row is called with each row of a genome that was aligned, without its
	// newline.
	row(t *Table) error
	// end is called after the last.
	end() error
}

// wants are the outputs that a job asks for besides the table.
type wants struct {
	aligned, vcf, ndjson, fingerprint bool

	matrix string // format of the full matrix; empty: not asked for
}

// renderFiles writes mutations.tsv, the other files about each genome, and the
// results of comparing all pairs.
func (e *engine) renderFiles(ctx context.Context, results []okazaki.Result, out okazaki.Outputs) error {
	if err := e.renderRows(ctx, results[mutationsStage], out); err != nil {
		return err
	}
	if err := e.renderSettings(out); err != nil {
		return err
	}
	if err := e.renderPrints(ctx, results[printsStage], out); err != nil {
		return err
	}
	if err := e.renderCompare(ctx, results, out); err != nil {
		return err
	}
	return e.renderRecombinants(ctx, results, out)
}

// renderRows writes mutations.tsv and the files that are functions of its
// rows, and notes how many genomes could not be aligned.
func (e *engine) renderRows(ctx context.Context, rows okazaki.Result, out okazaki.Outputs) (err error) {
	table, err := out.Create("mutations.tsv")
	if err != nil {
		return err
	}
	closers := []io.Closer{table}
	defer func() {
		for _, c := range closers {
			err = errors.Join(err, c.Close())
		}
	}()
	if _, err := table.Write(e.first.Header()); err != nil {
		return err
	}
	var files []file
	create := func(wanted bool, name string, open func(w io.Writer) file) error {
		if !wanted {
			return nil
		}
		w, err := out.Create(name)
		if err != nil {
			return err
		}
		closers, files = append(closers, w), append(files, open(w))
		return nil
	}
	d := e.first.judge.Dataset
	if err := errors.Join(
		create(e.wants.aligned, "aligned.fasta", func(w io.Writer) file { return newAlignedFile(d, w) }),
		create(e.wants.ndjson, "mutations.ndjson", func(w io.Writer) file { return newJSONFile(d, w) }),
		create(e.wants.vcf, "mutations.vcf", func(w io.Writer) file { return newVCFFile(d, w) }),
		create(d.metadata != nil, "unmatched.tsv", func(w io.Writer) file {
			return newUnmatchedFile(d.metadata, w, func(text string) { out.Note(okazaki.Note{Text: text, Warning: true}) })
		}),
	); err != nil {
		return err
	}
	tally := &rowTally{}
	if err := e.read(ctx, rows, io.MultiWriter(table, tally), files); err != nil {
		return err
	}
	if n := tally.unnamed; n > 0 {
		text := fmt.Sprintf("%s %s no name: called %s, and numbered after the first", counted(n, "genome"), have(n), fasta.Unnamed)
		out.Note(okazaki.Note{Text: text, Warning: true})
	}
	if n := tally.repeats; n > 0 {
		become := "numbered, name_2 and so on"
		if e.duplicates == "first" {
			become = "left out"
		}
		text := fmt.Sprintf("%s %s the name of an earlier one: %s", counted(n, "genome"), have(n), become)
		out.Note(okazaki.Note{Text: text, Warning: true})
	}
	tally.say(e.first.Reference().Name, out)
	return nil
}

// read copies the rows to a writer and gives each to the files.
func (e *engine) read(ctx context.Context, result okazaki.Result, copied io.Writer, files []file) (err error) {
	rows, err := result(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	in := io.TeeReader(analysis.Reader(ctx, rows), copied)
	if len(files) == 0 {
		_, err := io.Copy(io.Discard, in)
		return err
	}
	t := e.first.judge.NewTable()
	for line, err := range lines(in) {
		if err == nil {
			err = t.Read(line)
		}
		for i := 0; i < len(files) && err == nil; i++ {
			err = files[i].row(t)
		}
		if err != nil {
			return err
		}
	}
	for _, f := range files {
		if err := f.end(); err != nil {
			return err
		}
	}
	return nil
}

// lines yields the lines of r without their newlines, each valid until the
// next.
func lines(r io.Reader) func(yield func([]byte, error) bool) {
	return func(yield func([]byte, error) bool) {
		in := bufio.NewReaderSize(r, 1<<20)
		var long []byte // what came before in a line longer than the buffer
		for {
			line, err := in.ReadSlice('\n')
			if errors.Is(err, bufio.ErrBufferFull) {
				long = append(long, line...)
				continue
			}
			if err != nil {
				if err != io.EOF || len(line)+len(long) > 0 {
					yield(nil, errors.Join(err, io.ErrUnexpectedEOF))
				}
				return
			}
			if len(long) > 0 {
				line = append(long, line...)
				long = long[:0]
			}
			if !yield(line[:len(line)-1], nil) {
				return
			}
		}
	}
}

// An alignedFile is genomes laid along the reference. They have its length, no
// insertions, and '-' for missing bases and beyond their ends.
type alignedFile struct {
	w       *bufio.Writer
	letters []byte // of the reference
	genome  []byte
}

func newAlignedFile(d *Dataset, w io.Writer) *alignedFile {
	return &alignedFile{w: bufio.NewWriterSize(w, 1<<20), letters: d.Reference.Sequence}
}

func (f *alignedFile) row(t *Table) error {
	calls, err := t.Calls()
	if err != nil || calls.Problem != "" {
		return err
	}
	f.genome = append(f.genome[:0], '>')
	f.genome = append(f.genome, t.Name()...)
	f.genome = append(f.genome, '\n')
	at := len(f.genome)
	f.genome = append(append(f.genome, f.letters...), '\n')
	calls.lay(f.genome[at : at+len(f.letters)])
	_, err = f.w.Write(f.genome)
	return err
}

func (f *alignedFile) end() error { return f.w.Flush() }

// lay replaces the reference's bases by the genome's.
func (c *Calls) lay(letters []byte) {
	fill := func(lo, hi int, l byte) {
		for i := lo; i < hi; i++ {
			letters[i] = l
		}
	}
	for _, s := range c.Substitutions {
		letters[s.Pos] = s.Alt
	}
	for _, s := range c.Held {
		letters[s.Pos] = s.Alt
	}
	for _, d := range c.Deletions {
		fill(d.Lo, d.Hi, '-')
	}
	for _, m := range c.Missing {
		fill(m.Lo, m.Hi, 'N')
	}
	for _, a := range c.Ambiguous {
		fill(a.Region.Lo, a.Region.Hi, a.Letter)
	}
	fill(0, c.Aligned.Lo, '-')
	fill(c.Aligned.Hi, len(letters), '-')
}
