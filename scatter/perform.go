package scatter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okazaki"
)

// work runs the engine over a span. An attempt that its limit or this process
// ends has a Failed reply without an error.
func (w *Worker) work(ctx, leave context.Context, open *openJob, class int, e Effect) Reply {
	l := &open.job.Limits
	start := time.Now()
	paid := w.paid(l, class)
	ctx, cancel := context.WithTimeout(ctx, e.Limit)
	defer cancel()
	axis, err := open.axis(ctx, w.Store, e.Stage)
	if err != nil {
		return lapse(ctx, err)
	}
	heard := e.Span.Lo
	marks := &pace{lo: e.Span.Lo}
	task := &okazaki.Task{
		Stage: e.Stage, Span: e.Span, Axis: axis, Prior: open.prior(w.Store, e.Stage), Cores: open.cores,
		Continue: func(done int64) bool {
			if w.Worked != nil {
				w.Worked(open.id, e.Stage, done-heard)
				heard = done
			}
			if ctx.Err() != nil || w.pressed() && done > e.Span.Lo {
				return false
			}
			elapsed := time.Since(start)
			marks.mark(done, elapsed)
			switch {
			case e.Whole:
				return true
			case leave.Err() != nil && done > e.Span.Lo:
				return false
			case elapsed+paid() > e.Limit*4/5 && done > e.Span.Lo:
				return false
			case !marks.known() && elapsed < min(2*l.Aim, e.Limit/2):
				return true
			}
			return goOn(l, e.Span, done, elapsed, marks.setup(), e.Limit)
		},
	}
	var b []byte
	var done int64
	work := func() (err error) {
		b, done, err = open.engine.Work(ctx, task)
		return err
	}
	over := func() bool { return time.Since(start)+paid() > e.Limit }
	err = w.Meter.within(over, func() error { return guarded(work) })
	if err != nil {
		return lapse(ctx, err)
	}
	if !w.Engines.unchanged(open) {
		return Reply{Status: Failed, Sick: true}
	}
	if w.Worked != nil {
		w.Worked(open.id, e.Stage, done-heard)
	}
	return Reply{Bytes: b, Done: done, Took: time.Since(start), Setup: marks.setup()}
}

// paid answers how much of an attempt that begins now the calls have used up
// since: the time that what they cost would have bought.
func (w *Worker) paid(l *okazaki.Limits, class int) func() time.Duration {
	before := w.Meter.Calls()
	return func() time.Duration {
		worth := w.Meter.Calls().Minus(before).Worth(l.Calls)
		return time.Duration(worth/l.Classes[class]) * time.Millisecond
	}
}

// guarded calls an engine. Its panic is an error of the span that it works,
// not the end of the worker.
func guarded(call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the engine panicked: %v", p)
		}
	}()
	return call()
}

func mendable(err error) bool {
	var e *okazaki.Error
	return errors.As(err, &e) || errors.Is(err, okazaki.ErrTooBig) || err == errOverdrawn
}

// lapse is the reply for an engine's error: one that came of the attempt's end
// is no error of the span.
func lapse(ctx context.Context, err error) Reply {
	switch {
	case ctx.Err() != nil:
		err = nil
	case errors.Is(err, okazaki.ErrTooBig):
		err = okazaki.ErrTooBig
	}
	return Reply{Status: Failed, Err: err}
}

// within calls the engine under an attempt's limit: its context ends then, and
// its requests are refused once the attempt can't pay for them.
func (w *Worker) within(ctx context.Context, open *openJob, class int, e Effect, call func(context.Context) error) (took time.Duration, err error) {
	start, paid := time.Now(), w.paid(&open.job.Limits, class)
	ctx, cancel := context.WithTimeout(ctx, e.Limit)
	defer cancel()
	over := func() bool { return time.Since(start)+paid() > e.Limit }
	err = w.Meter.within(over, func() error { return guarded(func() error { return call(ctx) }) })
	if err != nil && ctx.Err() != nil {
		return time.Since(start), errLate
	}
	return time.Since(start), err
}

// errLate says that an attempt's time is over: it lapses.
var errLate = errors.New("the attempt's time is over")

func (w *Worker) merge(ctx context.Context, open *openJob, class int, e Effect) Reply {
	var b []byte
	took, err := w.within(ctx, open, class, e, func(ctx context.Context) (err error) {
		b, err = w.mergeParts(ctx, open, e.Stage, e.Parts)
		return err
	})
	return ran(Reply{Bytes: b, Took: took}, err)
}

// ran is the reply for a call of the engine: one that its limit ended has no
// error.
func ran(r Reply, err error) Reply {
	switch {
	case err == nil:
		return r
	case errors.Is(err, errLate):
		err = nil
	case errors.Is(err, okazaki.ErrTooBig):
		err = okazaki.ErrTooBig
	}
	return Reply{Status: Failed, Err: err, Took: r.Took}
}

// mergeBytes bounds the parts that a merge holds at once, beside what it has
// joined so far, for a worker whose memory is not known.
const mergeBytes = 256 << 20

// mergeParts joins parts, no more of them at once than the worker's memory
// allows: to join is associative.
func (w *Worker) mergeParts(ctx context.Context, open *openJob, stage int, parts []*part) ([]byte, error) {
	most := int64(mergeBytes)
	if w.memory > 0 {
		most = max(1<<20, int64(w.memory/4))
	}
	var joined [][]byte // what is joined so far, if anything
	for n := 0; len(parts) > 0; parts = parts[n:] {
		var size int64
		for n = 0; n < len(parts) && (n < 2 || size+parts[n].Size <= most); n++ {
			size += parts[n].Size
		}
		batch, err := w.partBytes(ctx, open, parts[:n])
		if err != nil {
			return nil, err
		}
		b, err := mergeHalves(ctx, open.engine, stage, append(joined, batch...))
		if err != nil {
			return nil, err
		}
		joined = [][]byte{b}
	}
	if joined == nil {
		return open.engine.Merge(ctx, stage, nil)
	}
	return joined[0], nil
}

// mergeHalves joins parts that do not fit in memory together by joining each
// half first.
func mergeHalves(ctx context.Context, engine okazaki.Engine, stage int, parts [][]byte) ([]byte, error) {
	b, err := engine.Merge(ctx, stage, parts)
	if !errors.Is(err, okazaki.ErrTooBig) || len(parts) <= 2 {
		return b, err
	}
	left, err := mergeHalves(ctx, engine, stage, parts[:len(parts)/2])
	if err != nil {
		return nil, err
	}
	right, err := mergeHalves(ctx, engine, stage, parts[len(parts)/2:])
	if err != nil {
		return nil, err
	}
	return engine.Merge(ctx, stage, [][]byte{left, right})
}

// partBytes returns the bytes of parts, fetching and checking blobs.
func (w *Worker) partBytes(ctx context.Context, open *openJob, parts []*part) ([][]byte, error) {
	bytes := make([][]byte, len(parts))
	var keys []string
	var at []int
	for i, p := range parts {
		if bytes[i] = p.data; p.Blob != "" {
			keys, at = append(keys, open.k.blob(p.Blob)), append(at, i)
		}
	}
	blobs, err := getAll(ctx, w.Store, keys)
	if err != nil {
		return nil, err
	}
	for i, b := range blobs {
		if bytes[at[i]], err = checked(b, parts[at[i]]); err != nil {
			return nil, err
		}
	}
	return bytes, nil
}

func (w *Worker) plan(ctx context.Context, open *openJob, class int, e Effect) Reply {
	prior := open.prior(w.Store, e.Stage)
	var axis okazaki.Axis
	took, err := w.within(ctx, open, class, e, func(ctx context.Context) (err error) {
		axis, err = open.engine.Plan(ctx, e.Stage, prior)
		return err
	})
	if err == nil && !w.Engines.unchanged(open) {
		return Reply{Status: Failed, Sick: true}
	}
	return ran(Reply{Axis: axis, Took: took}, err)
}
