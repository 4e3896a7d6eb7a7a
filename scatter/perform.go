package scatter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okazaki"
)

// work runs the engine over a span.
func (w *Worker) work(ctx, leave context.Context, open *openJob, class int, e Effect) Reply {
	var b []byte
	var done int64
	marks := &rateEstimate{lo: e.Span.Lo}
	heard := e.Span.Lo
	tell := func(done int64) {
		if w.Worked != nil {
			w.Worked(open.id, e.Stage, done-heard)
			heard = done
		}
	}
	took, err := w.within(ctx, open, class, e, func(ctx context.Context, used *tab) error {
		axis, err := open.axis(ctx, w.Store, e.Stage)
		if err != nil {
			return err
		}
		b, done, err = open.engine.Work(ctx, &okazaki.Task{
			Stage: e.Stage, Span: e.Span, Axis: axis, Prior: open.prior(w.Store, e.Stage), Cores: open.cores,
			Continue: func(done int64) bool {
				tell(done)
				if ctx.Err() != nil || w.pressed() && done > e.Span.Lo {
					return false
				}
				marks.mark(done, used.time())
				return w.continues(leave, &open.job.Limits, e, marks, used)
			},
		})
		return err
	})
	if err == nil && !w.Engines.unchanged(open) {
		return Reply{Status: Failed, Sick: true}
	}
	if err == nil {
		tell(done)
	}
	return ran(Reply{Bytes: b, Done: done, Took: took, Setup: marks.setup()}, err)
}

// continues decides whether an attempt at a span goes on after the last mark.
func (w *Worker) continues(leave context.Context, l *okazaki.Limits, e Effect, marks *rateEstimate, used *tab) bool {
	some := marks.done > e.Span.Lo
	switch {
	case e.Whole:
		return true
	case some && leave.Err() != nil:
		return false
	case some && used.all() > e.Limit*4/5:
		return false
	case !marks.known() && marks.at < e.Limit/2: // it may all have been setup
		return true
	}
	return goOn(l, e.Span, marks.done, marks.at, marks.setup(), e.Limit)
}

// A tab is what an attempt has used up since it began.
type tab struct {
	start time.Time
	paid  func() time.Duration
}

func (u *tab) time() time.Duration { return time.Since(u.start) }

// all is the time that has passed, and the time that what its calls cost would
// have bought.
func (u *tab) all() time.Duration { return u.time() + u.paid() }

// paid returns a function for an attempt that begins now. That returns how much of
// the attempt the calls have used up since: the time that their price would buy.
func (w *Worker) paid(l *okazaki.Limits, class int) func() time.Duration {
	before := w.Meter.Calls()
	return func() time.Duration {
		worth := w.Meter.Calls().Minus(before).Worth(l.Calls)
		return time.Duration(worth/okazaki.MBms(l.Classes[class])) * time.Millisecond
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

// within calls the engine under an attempt's limit: its context ends then, and
// its requests are refused once the attempt can't pay for them.
func (w *Worker) within(ctx context.Context, open *openJob, class int, e Effect, call func(context.Context, *tab) error) (took time.Duration, err error) {
	used := &tab{start: time.Now(), paid: w.paid(&open.job.Limits, class)}
	ctx, cancel := context.WithTimeout(ctx, e.Limit)
	defer cancel()
	over := func() bool { return used.all() > e.Limit }
	err = w.Meter.withLimit(over, func() error { return guarded(func() error { return call(ctx, used) }) })
	if err != nil && ctx.Err() != nil {
		err = errLate
	}
	return used.time(), err
}

// errLate says that an attempt's time is over: it lapses.
var errLate = errors.New("the attempt's time is over")

func (w *Worker) merge(ctx context.Context, open *openJob, class int, e Effect) Reply {
	var b []byte
	took, err := w.within(ctx, open, class, e, func(ctx context.Context, _ *tab) (err error) {
		b, err = w.mergeParts(ctx, open, e.Stage, e.Parts)
		return err
	})
	return ran(Reply{Bytes: b, Took: took}, err)
}

// ran is the reply for a call of the engine. One that its limit or this process
// ended has a Failed reply without an error.
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
	took, err := w.within(ctx, open, class, e, func(ctx context.Context, _ *tab) (err error) {
		axis, err = open.engine.Plan(ctx, e.Stage, prior)
		return err
	})
	if err == nil && !w.Engines.unchanged(open) {
		return Reply{Status: Failed, Sick: true}
	}
	return ran(Reply{Axis: axis, Took: took}, err)
}
