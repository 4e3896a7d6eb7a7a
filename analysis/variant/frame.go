package variant

import (
	"bufio"
	"context"
	"errors"
	"io"
	"runtime"

	"okazaki"
	"okazaki/analysis"
	"okazaki/format/wire"
)

// A frame is the answer to one unit. Frames only follow one another, so that
// parts join by concatenation, and the unit alone decides on its bytes.
type frame struct {
	lines      int64 // of the file
	records    int64
	runs       []run
	problem    problem // the first, if there is one
	mismatch   tally   // records whose REF is not the reference's
	stranger   tally   // records of contigs that the genes' genome lacks
	asked      int64   // alleles that the sources were asked about
	joined     []int64 // of those, how many each source knows
	alleles    []byte  // at positions that star alleles are defined by
	candidates []byte  // for compound heterozygotes, as rank has them
	ranked     []byte  // packed rows of ranked.tsv, where they stand beside the payload
	payload    []byte  // the records in the output format
}

// A run is the records of one contig that follow each other in a unit.
type run struct {
	contig      string
	line        int64 // of the first, in the unit, from 1
	first, last int   // positions
	records     int64
}

// A problem is why a line can't be used. Its line counts from the unit's
// first, from 1; 0 means that there is no problem.
type problem struct {
	line          int64
	file          string // that is wrong as a whole; "" if it is the line
	message, hint string
}

// A tally counts records with a property and keeps the first as an example.
type tally struct {
	count, line int64
	what        string
}

func (t *tally) add(line int64, what func() string) {
	if t.count == 0 {
		t.line, t.what = line, what()
	}
	t.count++
}

// refuse notes that a file can't be used, unless a line before can't. It
// returns false if the user can't mend that.
func (f *frame) refuse(err error) bool {
	mend, ok := errors.AsType[*okazaki.Error](err)
	if ok && f.problem.line == 0 {
		f.problem = problem{1, mend.File, mend.Message, mend.Hint}
	}
	return ok
}

func (f *frame) reset() {
	clear(f.joined)
	*f = frame{runs: f.runs[:0], joined: f.joined, candidates: f.candidates[:0]}
}

// append appends the frame after its length.
func (f *frame) append(b []byte) []byte {
	head := make([]byte, 0, 64)
	for _, n := range []int64{f.lines, f.records, int64(len(f.runs))} {
		head = wire.AppendUvarint(head, n)
	}
	for _, r := range f.runs {
		head = wire.AppendUvarint(wire.AppendBytes(head, r.contig), r.line)
		head = wire.AppendVarint(wire.AppendVarint(head, r.first), r.last)
		head = wire.AppendUvarint(head, r.records)
	}
	head = wire.AppendUvarint(head, f.problem.line)
	if f.problem.line > 0 {
		for _, s := range [...]string{f.problem.file, f.problem.message, f.problem.hint} {
			head = wire.AppendBytes(head, s)
		}
	}
	for _, t := range []*tally{&f.mismatch, &f.stranger} {
		head = wire.AppendUvarint(head, t.count)
		if t.count > 0 {
			head = wire.AppendBytes(wire.AppendUvarint(head, t.line), t.what)
		}
	}
	head = wire.AppendUvarint(wire.AppendUvarint(head, f.asked), len(f.joined))
	for _, n := range f.joined {
		head = wire.AppendUvarint(head, n)
	}
	head = wire.AppendBytes(wire.AppendBytes(wire.AppendBytes(head, f.alleles), f.candidates), f.ranked)
	b = wire.AppendUvarint(b, len(head)+len(f.payload))
	return append(append(b, head...), f.payload...)
}

// read takes a frame without its length. The slices share b's memory.
func (f *frame) read(b []byte) error {
	r := wire.From(b)
	*f = frame{runs: f.runs[:0], joined: f.joined[:0]}
	f.lines, f.records = int64(r.Uvarint()), int64(r.Uvarint())
	for range r.Count(leastRun) {
		f.runs = append(f.runs, run{contig: r.String(), line: int64(r.Uvarint()), first: int(r.Varint()), last: int(r.Varint()), records: int64(r.Uvarint())})
	}
	if f.problem.line = int64(r.Uvarint()); f.problem.line > 0 {
		f.problem.file, f.problem.message, f.problem.hint = r.String(), r.String(), r.String()
	}
	for _, t := range []*tally{&f.mismatch, &f.stranger} {
		if t.count = int64(r.Uvarint()); t.count > 0 {
			t.line, t.what = int64(r.Uvarint()), r.String()
		}
	}
	f.asked = int64(r.Uvarint())
	for range r.Count(1) {
		f.joined = append(f.joined, int64(r.Uvarint()))
	}
	f.alleles, f.candidates, f.ranked = r.Bytes(), r.Bytes(), r.Bytes()
	f.payload = r.Rest()
	return damaged(r.Err())
}

// leastRun is the least number of bytes of a run.
const leastRun = 5

// maxFrame bounds a frame: a unit's rows are some times as long as its lines.
const maxFrame = 1 << 32

// A reading is a frame on its way from a result.
type reading struct {
	b   []byte // without its length
	f   frame
	u   *unpacker
	err error // that ended the result, or the frame's
}

// What of a frame its reader has as the payload.
type wanted int

const (
	asItStands wanted = iota
	unpacked
	rankedRows // those beside it, unpacked
)

// eachFrame calls do for all frames of a result, each valid until the next.
// They are unpacked ahead, on all cores.
func (e *engine) eachFrame(ctx context.Context, result okazaki.Result, what wanted, do func(*frame) error) error {
	r, err := result(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	in := bufio.NewReaderSize(analysis.Reader(ctx, r), 256<<10)
	cores := runtime.GOMAXPROCS(0)
	spare := make(chan *reading, 3*cores)
	var made []*reading // no more than are ever under way at once
	defer func() {
		for _, x := range made {
			x.u.close()
		}
	}()
	frames := func(yield func(*reading) bool) {
		for {
			var x *reading
			select {
			case x = <-spare:
			default:
				x = &reading{u: newUnpacker()}
				made = append(made, x)
			}
			x.err = x.next(in)
			last := x.err != nil // it isn't ours once it is handed on
			if x.err == io.EOF || !yield(x) || last {
				return
			}
		}
	}
	open := func(x *reading) {
		if x.err == nil {
			x.err = x.f.read(x.b)
		}
		if what == rankedRows {
			x.f.payload = x.f.ranked
		}
		if x.err == nil && what != asItStands {
			x.f.payload, x.err = x.u.unpack(x.f.payload)
		}
	}
	for x, err := range analysis.Ordered(ctx, cores, frames, open) {
		if err == nil {
			err = x.err
		}
		if err == nil {
			err = do(&x.f)
		}
		if err != nil {
			return err
		}
		spare <- x
	}
	return nil
}

// next reads a frame's bytes. At the end of the result it returns io.EOF.
func (x *reading) next(in *bufio.Reader) (err error) {
	if x.b, err = wire.ReadFrame(in, x.b, maxFrame); err == io.EOF {
		return io.EOF
	}
	return damaged(err)
}
