package virus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"okazaki"
	"okazaki/format/fasta"
)

// An engine calls the genomes of some FASTA files. Its axis is their records,
// in order; the axis' note is the index of the files.
type engine struct {
	first   *Caller
	callers sync.Pool // of *Caller, one a goroutine
	sources []fasta.Source

	mu     sync.Mutex
	reader *fasta.Reader // of sources, once their index is known
}

func (e *engine) add(ctx context.Context, files okazaki.Files, in okazaki.Input) error {
	f, err := files.Open(ctx, in)
	if err != nil {
		return err
	}
	e.sources = append(e.sources, fasta.Source{Name: in.Name, File: f})
	return nil
}

// Plan reads the genomes once, refusing what is not FASTA.
func (e *engine) Plan(ctx context.Context, _ int, _ []okazaki.Result) (okazaki.Axis, error) {
	index, err := fasta.NewIndex(ctx, e.sources, fasta.IndexOptions{})
	if err != nil {
		return okazaki.Axis{}, err
	}
	note, err := index.MarshalBinary()
	if err != nil {
		return okazaki.Axis{}, err
	}
	return okazaki.Axis{Units: index.Records(), Concat: true, Note: note}, nil
}

// records reads by the index that Plan made.
func (e *engine) records(note []byte) (*fasta.Reader, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.reader == nil {
		index := new(fasta.Index)
		if err := index.UnmarshalBinary(note); err != nil {
			return nil, fmt.Errorf("the index of the genomes: %w", err)
		}
		e.reader = fasta.NewReader(e.sources, index)
	}
	return e.reader, nil
}

// Work appends a row a genome. A record that is no genome has a row that says
// why.
func (e *engine) Work(ctx context.Context, t *okazaki.Task) (part []byte, done int64, err error) {
	r, err := e.records(t.Axis.Note)
	if err != nil {
		return nil, 0, err
	}
	c := e.callers.Get().(*Caller)
	defer e.callers.Put(c)
	done = t.Span.Lo
	for rec, err := range r.Records(ctx, t.Span.Lo, t.Span.Hi) {
		if err != nil {
			return nil, 0, err
		}
		calls := &Calls{}
		if rec.Err != nil {
			calls.Problem = problem(rec.Err)
		} else {
			calls = c.Call(rec.Seq)
		}
		part = c.AppendRow(part, rec.Name, calls)
		done++
		if t.Continue != nil && !t.Continue(done) {
			break
		}
	}
	return part, done, ctx.Err()
}

// problem is what is wrong with a record, for a column beside its name.
func problem(err error) string {
	if e, ok := errors.AsType[*okazaki.Error](err); ok {
		return e.Message
	}
	return err.Error()
}

// Merge is never asked: rows concatenate.
func (e *engine) Merge(_ context.Context, _ int, parts [][]byte) ([]byte, error) {
	return bytes.Join(parts, nil), nil
}

// Render writes mutations.tsv. That no genome at all could be aligned is an
// error: the reference is another virus'.
func (e *engine) Render(ctx context.Context, results []okazaki.Result, out okazaki.Outputs) (err error) {
	rows, err := results[0](ctx)
	if err != nil {
		return err
	}
	defer rows.Close()
	w, err := out.Create("mutations.tsv")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if _, err := w.Write(Header()); err != nil {
		return err
	}
	tally := &rowTally{}
	if _, err := io.Copy(io.MultiWriter(w, tally), contextReader{ctx, rows}); err != nil {
		return err
	}
	return e.check(tally)
}

// A contextReader ends with its context.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// A rowTally counts rows, and those that end in an error.
type rowTally struct {
	rows, failed int64
	last         byte   // before what is added next
	first        []byte // row that failed, up to a length
	row          []byte // the row at hand, likewise
}

const keptRow = 400

func (t *rowTally) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		line := b
		if i >= 0 {
			line = b[:i]
		}
		t.row = append(t.row, line[:min(len(line), max(0, keptRow-len(t.row)))]...)
		if len(line) > 0 {
			t.last = line[len(line)-1]
		}
		if i < 0 {
			break
		}
		t.rows++
		if t.last != '\t' {
			t.failed++
			if t.first == nil {
				t.first = bytes.Clone(t.row)
			}
		}
		t.row, t.last = t.row[:0], 0
		b = b[i+1:]
	}
	return n, nil
}

func (e *engine) check(t *rowTally) error {
	if t.rows == 0 || t.failed < t.rows {
		return nil
	}
	name, why, _ := bytes.Cut(t.first, []byte{'\t'})
	return &okazaki.Error{
		File: e.sources[0].Name, Record: string(name),
		Message: fmt.Sprintf("none of the %d genomes can be aligned to %s (of the first: %s)",
			t.rows, e.first.Reference().Name, bytes.TrimLeft(why, "\t")),
		Hint: "give the reference of this virus with --reference",
	}
}
