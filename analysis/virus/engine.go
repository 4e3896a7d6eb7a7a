package virus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"okazaki"
	"okazaki/analysis/virus/distance"
	"okazaki/analysis/virus/fingerprint"
	"okazaki/format/fasta"
)

// The stages, as the engine knows them.
const (
	mutationsStage    = iota // one row per genome; the axis is the records, its note the index of the files
	printsStage              // one fingerprint per genome; the same axis
	neighboursStage          // histogram, neighbours and clusters; the axis is the tiles of pairs
	pairsStage               // pairs that are near; the same axis
	recombinantsStage        // genomes that join two others; the axis is the backbones
)

// An engine calls the genomes of some FASTA files, and compares them all with
// each other.
type engine struct {
	first    *Caller
	callers  sync.Pool // of *Caller, one a goroutine
	spare    sync.Pool // of *batch
	sources  []fasta.Source
	wants    wants
	prints   *fingerprint.Reference
	comparer *comparer
	batch    int // letters of a batch

	duplicates string // what becomes of genomes of one name: number, first, error

	reported *okazaki.Job // the job in the report; nil if no report is asked for

	aheadCores int        // that Plan calls the first genomes on; 0: it doesn't
	ahead      *rowsAhead // the rows it has called; or nil

	backbones int // that a core takes between two looks at the clock

	mu     sync.Mutex
	reader *fasta.Reader // of sources, once their index is known
	index  *fasta.Index
}

// Close closes the genomes' files, and the reader of them.
func (e *engine) Close() error {
	var err error
	if e.reader != nil {
		err = e.reader.Close()
	}
	for _, s := range e.sources {
		err = errors.Join(err, s.File.Close())
	}
	return err
}

func (e *engine) add(ctx context.Context, files okazaki.Files, in okazaki.Input) error {
	f, err := files.Open(ctx, in)
	if err != nil {
		return err
	}
	e.sources = append(e.sources, fasta.Source{Name: in.Name, File: f})
	return nil
}

// Plan lays out a stage.
func (e *engine) Plan(ctx context.Context, stage int, prior []okazaki.Result) (okazaki.Axis, error) {
	switch stage {
	case mutationsStage:
		return e.planRecords(ctx, stage)
	case printsStage:
		return e.planPrints(ctx)
	case recombinantsStage:
		return e.planRecombinants(ctx, prior)
	}
	return e.planCompare(ctx, stage, prior)
}

// planRecords reads the genomes once. It returns an error if they are not
// FASTA.
func (e *engine) planRecords(ctx context.Context, stage int) (okazaki.Axis, error) {
	opt := fasta.IndexOptions{Whole: true, AllowUnnamed: true, Number: e.duplicates != "error"}
	indexed := func() (*fasta.Index, error) { return fasta.NewIndex(ctx, e.sources, opt) }
	if stage == mutationsStage && e.aheadCores > 0 {
		indexed = func() (*fasta.Index, error) { return e.indexAhead(ctx, opt) }
	}
	index, err := indexed()
	if err != nil {
		return okazaki.Axis{}, e.hinted(err)
	}
	if n := index.Records(); e.wants.vcf && n > maxSamples {
		return okazaki.Axis{}, &okazaki.Error{Message: fmt.Sprintf("a VCF has a column for each of at most %d genomes, and there are %d", maxSamples, n),
			Hint: "leave out --vcf; --ndjson and mutations.tsv have no such bound"}
	}
	note, err := index.MarshalBinary()
	if err != nil {
		return okazaki.Axis{}, err
	}
	return okazaki.Axis{Units: index.Records(), Concat: true, Note: note}, nil
}

// hinted adds to an error about duplicate names the hint to use --duplicates.
func (e *engine) hinted(err error) error {
	if wrong, ok := errors.AsType[*okazaki.Error](err); ok && strings.HasPrefix(wrong.Message, "the name was used before") {
		wrong.Hint += ", or number them: --duplicates number"
	}
	return err
}

// records returns a reader of the genomes by the index that Plan made.
func (e *engine) records(note []byte, cores int) (*fasta.Reader, *fasta.Index, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.reader == nil {
		index := new(fasta.Index)
		if err := index.UnmarshalBinary(note); err != nil {
			return nil, nil, fmt.Errorf("the index of the genomes: %w", err)
		}
		e.reader, e.index = fasta.NewReader(e.sources, index), index
		e.reader.Cores = cores
	}
	return e.reader, e.index, nil
}

// Work works on a span of a stage.
func (e *engine) Work(ctx context.Context, t *okazaki.Task) (part []byte, done int64, err error) {
	switch t.Stage {
	case mutationsStage:
		return e.workRecords(ctx, t, e.call)
	case printsStage:
		return e.workPrints(ctx, t)
	case recombinantsStage:
		return e.workRecombinants(ctx, t)
	}
	return e.workCompare(ctx, t)
}

// workRecords appends the bytes that rows makes of batches of records. A record
// without a valid genome has a row with the reason.
func (e *engine) workRecords(ctx context.Context, t *okazaki.Task, rows func(*batch)) (part []byte, done int64, err error) {
	r, x, err := e.records(t.Axis.Note, t.Cores)
	if err != nil {
		return nil, 0, err
	}
	done = t.Span.Lo
	if t.Stage == mutationsStage {
		part, done = e.calledAhead(part, t.Span.Lo, t.Span.Hi)
		if done == t.Span.Hi || done > t.Span.Lo && t.Continue != nil && !t.Continue(done) {
			return part, done, ctx.Err()
		}
	}
	for b, err := range e.called(ctx, x, r.Records(ctx, done, t.Span.Hi), done, max(1, t.Cores), rows) {
		if err != nil {
			return nil, 0, err
		}
		part = append(part, b.rows...)
		done += int64(len(b.genomes))
		if t.Continue != nil && !t.Continue(done) {
			break
		}
	}
	return part, done, ctx.Err()
}

// problem returns the words about a record's error, for a column beside its
// name.
func problem(err error) string {
	if e, ok := errors.AsType[*okazaki.Error](err); ok {
		return e.Message
	}
	return err.Error()
}

// Merge joins rows, pairs, or the results of tiles.
func (e *engine) Merge(_ context.Context, stage int, parts [][]byte) ([]byte, error) {
	if stage == neighboursStage && !e.comparer.skipped {
		return distance.Merge(parts)
	}
	return bytes.Join(parts, nil), nil
}

// A rowTally counts rows, and the rows that end in an error.
type rowTally struct {
	rows, failed int64
	last         byte   // before what is added next
	head, tail   []byte // the ends of the row at hand
	repeats      int    // rows of genomes with an earlier one's name
	unnamed      int    // rows of genomes without a name
}

// keptHead is the number of bytes that are kept of a row's beginning: of its
// index, and of the name of a genome without one.
const keptHead = 20 + len(fasta.Unnamed) + 2

// keptTail is the number of bytes that are kept of a row's end.
const keptTail = len(sameName) + 1

func (t *rowTally) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		line := b
		if i >= 0 {
			line = b[:i]
		}
		t.head = append(t.head, line[:min(len(line), keptHead-len(t.head))]...)
		if len(line) > 0 {
			t.last = line[len(line)-1]
			t.tail = append(t.tail, line[max(0, len(line)-keptTail):]...)
			t.tail = t.tail[max(0, len(t.tail)-keptTail):]
		}
		if i < 0 {
			break
		}
		t.rows++
		if t.last != '\t' {
			t.failed++
		}
		repeats := bytes.HasSuffix(bytes.TrimSuffix(t.tail, []byte{'\t'}), []byte(sameName))
		switch {
		case isUnnamed(t.head, repeats):
			t.unnamed++
		case repeats:
			t.repeats++
		}
		t.head, t.tail, t.last, b = t.head[:0], t.tail[:0], 0, b[i+1:]
	}
	return n, nil
}

// isUnnamed says whether a row that begins with head belongs to a genome without a
// name, which has a number if there is an earlier one.
func isUnnamed(head []byte, numbered bool) bool {
	_, name, _ := bytes.Cut(head, []byte{'\t'})
	after, ok := bytes.CutPrefix(name, []byte(fasta.Unnamed))
	return ok && len(after) > 0 && (after[0] == '\t' || numbered && after[0] == '_')
}

// say notes how many genomes were aligned.
func (t *rowTally) say(reference string, out okazaki.Outputs) {
	if t.failed == 0 {
		text := fmt.Sprintf("%d genomes aligned", t.rows)
		if t.rows == 1 {
			text = "1 genome aligned"
		}
		out.Note(okazaki.Note{Text: text})
		return
	}
	text := fmt.Sprintf("%d of %d genomes could not be aligned; see column errors", t.failed, t.rows)
	if t.failed == t.rows {
		text += fmt.Sprintf(". None fits the reference %s: if they belong to another virus, give its genome with --reference", reference)
	}
	out.Note(okazaki.Note{Text: text, Warning: true})
}
