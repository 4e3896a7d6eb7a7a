package kit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"okazaki"
	"okazaki/analysis"
	"okazaki/format/fasta"
	"okazaki/format/sniff"
)

// Records are the records of FASTA files as the units of an axis. An engine that
// embeds a *Records can have a RecordStage, or others that use Plan and Each.
type Records struct {
	sources []fasta.Source
	opt     fasta.IndexOptions

	mu     sync.Mutex
	reader *fasta.Reader // of the sources, by the index
}

// FASTA is a parameter for one FASTA file or more, which must be given.
func FASTA(name string) okazaki.Param {
	return okazaki.Param{Name: name, Kind: okazaki.FileParam, Formats: []string{sniff.FASTA}, Many: true, Required: true, Help: "FASTA files, plain or compressed"}
}

// OpenRecords opens the files that a request names by a parameter. The options
// are for their index, which Plan makes. An error leaves nothing open.
func OpenRecords(ctx context.Context, r *Request, param string, opt fasta.IndexOptions) (*Records, error) {
	rs := &Records{opt: opt}
	for _, in := range analysis.Inputs(r.Job, param) {
		f, err := r.Files.Open(ctx, in)
		if err != nil {
			return nil, errors.Join(err, rs.Close())
		}
		rs.sources = append(rs.sources, fasta.Source{Name: in.Name, File: f})
	}
	return rs, nil
}

// Close closes the files, and the reader of them.
func (rs *Records) Close() error {
	var err error
	if rs.reader != nil {
		err = rs.reader.Close()
	}
	for _, s := range rs.sources {
		err = errors.Join(err, s.File.Close())
	}
	return err
}

// Plan reads the files once and returns an axis of all their records, whose
// Note is the index. What is wrong with a whole file is an *okazaki.Error: it is
// not FASTA, is cut short, or repeats a name, unless the options allow that.
func (rs *Records) Plan(ctx context.Context, _ []okazaki.Result) (okazaki.Axis, error) {
	index, err := fasta.NewIndex(ctx, rs.sources, rs.opt)
	if err != nil {
		return okazaki.Axis{}, err
	}
	note, err := index.MarshalBinary()
	if err != nil {
		return okazaki.Axis{}, err
	}
	return okazaki.Axis{Units: index.Records(), Note: note}, nil
}

// open returns a reader by the index in an axis' Note. All indexes of a job's
// files are the same, so the first is kept.
func (rs *Records) open(note []byte) (*fasta.Reader, error) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.reader == nil {
		index := new(fasta.Index)
		if err := index.UnmarshalBinary(note); err != nil {
			return nil, fmt.Errorf("the index of the records: %w", err)
		}
		rs.reader = fasta.NewReader(rs.sources, index)
	}
	return rs.reader, nil
}

// Each calls f for each record of a task's span, in order, until the task says to
// stop, and returns what f has appended to the part. f must keep neither the
// record nor its letters. A record with an Err is given to f too.
func (rs *Records) Each(ctx context.Context, t *okazaki.Task, f func(part []byte, rec *fasta.Record) ([]byte, error)) (part []byte, done int64, err error) {
	r, err := rs.open(t.Axis.Note)
	if err != nil {
		return nil, 0, err
	}
	done = t.Span.Lo
	for rec, err := range r.Records(ctx, t.Span.Lo, t.Span.Hi) {
		if err == nil {
			part, err = f(part, rec)
		}
		if err != nil {
			return nil, 0, err
		}
		if done++; t.Continue != nil && !t.Continue(done) {
			break
		}
	}
	return part, done, nil
}

// RecordStage is a stage whose units are records. Its result is the rows of a
// table that RecordTable has made; rows adds the rows of one record. It isn't
// called for a record that can't be used, such as a protein: its only row has
// the reason in the column errors, and the job goes on.
func RecordStage[E interface {
	io.Closer
	records() *Records
}](name string, rows func(E, *fasta.Record, *Rows), table *Table) Stage[E] {
	return Stage[E]{
		Name: name, Table: table, Doing: okazaki.Doing{Verb: "Reading", Units: "records", Share: 1},
		Plan: func(e E, ctx context.Context, prior []okazaki.Result) (okazaki.Axis, error) {
			return e.records().Plan(ctx, prior)
		},
		Work: func(e E, ctx context.Context, t *okazaki.Task) ([]byte, int64, error) {
			return e.records().Each(ctx, t, func(part []byte, rec *fasta.Record) ([]byte, error) {
				r := &Rows{table: table, record: rec.Name, part: part}
				if rec.Err != nil {
					r.fail(rec.Err)
				} else {
					rows(e, rec, r)
				}
				return r.part, nil
			})
		},
	}
}

func (rs *Records) records() *Records { return rs }
