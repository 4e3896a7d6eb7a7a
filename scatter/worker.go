package scatter

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	mrand "math/rand/v2"
	"sync"
	"time"

	"okazaki"
)

// Inline is the largest part, in bytes, that lies in its verdict.
const Inline = 128 << 10

// A Worker answers wakes: it takes turns at jobs, carrying out the effects
// that a [Turn] asks for. It keeps nothing that another worker could not find
// in the store. Several may run in a process and share one Engines and Store.
type Worker struct {
	Store   okazaki.Store
	Waker   okazaki.Waker
	Engines *Engines
	Class   int           // index into the job's Limits.Classes
	Until   time.Duration // a turn looks for no more spans after this; 0: the job's Limits.Turn
	Inline  int           // parts above this many bytes become blobs; 0: Inline
	Memory  uint64        // bytes of heap above which spans are split; 0: no limit
	// Grace is how long a turn goes on after its context has ended, to keep
	// what its attempt has done and leave the rest to others. 0: not at all,
	// and the attempt lapses.
	Grace time.Duration
	// Meter, if set, is under Store, and counts this worker's calls for the
	// job's records. Without it they count nothing, and are not refused.
	Meter *Meter
	// Worked, if set, hears of units of a stage as they are done. Units that
	// are redone are heard again.
	Worked func(job string, stage int, units int64)
	// Ended, if set, hears of jobs that this worker found ended.
	Ended func(job string)

	nonce string
	turns int
	job   string        // of the last turn
	told  okazaki.Calls // that records hold, or that were for another job
}

// A Visit is what a turn came to.
type Visit struct {
	Bought int    // attempts
	Larger string // a node with a span that only a larger class may try; "": none was seen
	End    *End   // if the job has ended
}

// Take takes one turn at the job that the wake names. An error is the
// store's or this machine's; the job goes on without it.
func (w *Worker) Take(ctx context.Context, wake okazaki.Wake) (Visit, error) {
	start := time.Now()
	id := wake.Job
	leave := ctx
	ctx, cancel := w.linger(ctx)
	defer cancel()
	open, err := w.Engines.open(ctx, w.Store, id)
	if err != nil || open == nil {
		return Visit{}, err
	}
	defer w.Engines.release(open)
	l := &open.job.Limits
	if w.Class >= len(l.Classes) {
		return Visit{}, nil
	}
	if !open.enter() {
		return Visit{}, nil // another worker of this process is at it, with all cores
	}
	defer open.leave()
	if w.nonce == "" {
		w.nonce = newNonce()
	}
	w.turns++
	if w.job != id {
		w.job, w.told = id, w.Meter.Calls()
	}
	t := newTurn(open.life, wake, TurnOptions{
		Lane:   w.nonce,
		Nonce:  fmt.Sprintf("%s.%d", w.nonce, w.turns),
		Class:  w.Class,
		Until:  or(w.Until, l.Turn),
		Inline: or(w.Inline, Inline),
		Left:   l.Deadline - open.age() + time.Since(start),
		Told:   w.told,
	})
	defer func() { w.told = t.told }()
	for e := t.Begin(); ; {
		w.Meter.rang(len(e.Ring))
		ringAll(ctx, w.Waker, e.Ring)
		if e.Op == OpLeave {
			return Visit{Bought: t.Did(), Larger: t.Larger(), End: e.End}, e.Err
		}
		if err := ctx.Err(); err != nil {
			return Visit{Bought: t.Did()}, err
		}
		r := w.perform(ctx, leave, open, e)
		r.Elapsed, r.Calls = time.Since(start), w.Meter.Calls()
		if leave.Err() != nil {
			r.Elapsed = max(r.Elapsed, t.until) // it looks for no more
		}
		e = t.Step(r)
	}
}

// linger is a context that ends w.Grace after ctx.
func (w *Worker) linger(ctx context.Context) (context.Context, context.CancelFunc) {
	if w.Grace <= 0 {
		return context.WithCancel(ctx)
	}
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(w.Grace, cancel) })
	return late, func() { stop(); cancel() }
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

func newNonce() string {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 80))
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return n.Text(36)
}

// perform carries out one effect. The work that it does stops early, with what
// is done, once leave has ended.
func (w *Worker) perform(ctx, leave context.Context, open *openJob, e Effect) Reply {
	if e.Tries > 0 {
		backOff(ctx, e.Tries)
	}
	switch e.Op {
	case OpGet:
		values, err := getAll(ctx, w.Store, e.Keys)
		return reply(Reply{Values: values}, err)
	case OpList:
		entries, err := listAll(ctx, w.Store, e.Prefix)
		return reply(Reply{Entries: entries}, err)
	case OpCreate:
		return reply(Reply{}, w.Store.Create(ctx, e.Key, e.Value))
	case OpWork:
		return w.work(ctx, leave, open, e)
	case OpMerge:
		return w.merge(ctx, open, e)
	default:
		return w.plan(ctx, open, e)
	}
}

func reply(r Reply, err error) Reply {
	switch {
	case err == nil:
	case errors.Is(err, okazaki.ErrExists):
		r.Status = Exists
	case errors.Is(err, okazaki.ErrBusy):
		r.Status = Busy
	default:
		r.Status, r.Err = Failed, err
	}
	return r
}

// backOff waits before the try-th try, with full jitter.
func backOff(ctx context.Context, try int) {
	most := min(10*time.Second, 20*time.Millisecond<<min(try, 10))
	select {
	case <-time.After(mrand.N(most)):
	case <-ctx.Done():
	}
}

// parallelGets bounds the gets that are under way for one effect.
const parallelGets = 32

// getAll fetches keys, waiting out a busy store; a value is nil where there is
// no such key.
func getAll(ctx context.Context, s okazaki.Store, keys []string) ([][]byte, error) {
	values := make([][]byte, len(keys))
	get := func(i int) error {
		v, err := patientGet(ctx, s, keys[i])
		switch {
		case errors.Is(err, okazaki.ErrNotFound):
			return nil
		case err != nil:
			return err
		}
		values[i] = v.Bytes
		if v.Bytes == nil {
			values[i] = []byte{}
		}
		return nil
	}
	if len(keys) <= 4 {
		for i := range keys {
			if err := get(i); err != nil {
				return nil, err
			}
		}
		return values, nil
	}
	errs := make([]error, min(parallelGets, len(keys)))
	var wg sync.WaitGroup
	for g := range errs {
		wg.Go(func() {
			for i := g; i < len(keys) && errs[g] == nil; i += len(errs) {
				errs[g] = get(i)
			}
		})
	}
	wg.Wait()
	return values, errors.Join(errs...)
}

// listAll lists everything under prefix, page after page, waiting out a busy
// store.
func listAll(ctx context.Context, s okazaki.Store, prefix string) ([]okazaki.Entry, error) {
	var all []okazaki.Entry
	after := ""
	for {
		page, err := patiently(ctx, func() ([]okazaki.Entry, error) { return s.List(ctx, prefix, after) })
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < okazaki.PageSize {
			return all, nil
		}
		after = page[len(page)-1].Key
	}
}

// work runs the engine over a span. An attempt that its limit or this process
// ends has a Failed reply without an error.
func (w *Worker) work(ctx, leave context.Context, open *openJob, e Effect) Reply {
	l := &open.job.Limits
	start := time.Now()
	paid := w.paid(l)
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
	if err != nil && !mendable(err) && ctx.Err() == nil {
		*marks = pace{lo: e.Span.Lo}
		err = w.Meter.within(over, func() error { return guarded(work) }) // once more: a read may have failed in passing
	}
	if err != nil {
		return lapse(ctx, err)
	}
	if w.Worked != nil {
		w.Worked(open.id, e.Stage, done-heard)
	}
	return Reply{Bytes: b, Done: done, Took: time.Since(start), Setup: marks.setup()}
}

// paid answers how much of an attempt that begins now the calls have used up
// since: the time that what they cost would have bought.
func (w *Worker) paid(l *okazaki.Limits) func() time.Duration {
	before := w.Meter.Calls()
	return func() time.Duration {
		worth := w.Meter.Calls().Minus(before).Worth(l.Calls)
		return time.Duration(worth/l.Classes[w.Class]) * time.Millisecond
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

func (w *Worker) merge(ctx context.Context, open *openJob, e Effect) Reply {
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, e.Limit)
	defer cancel()
	parts := make([][]byte, len(e.Parts))
	var keys []string
	var at []int
	for i, p := range e.Parts {
		if parts[i] = p.data; p.Blob != "" {
			keys, at = append(keys, open.k.blob(p.Blob)), append(at, i)
		}
	}
	blobs, err := getAll(ctx, w.Store, keys)
	if err != nil {
		return lapse(ctx, err)
	}
	for i, b := range blobs {
		if parts[at[i]], err = checked(b, e.Parts[at[i]]); err != nil {
			return lapse(ctx, err)
		}
	}
	var b []byte
	err = guarded(func() (err error) {
		b, err = open.engine.Merge(ctx, e.Stage, parts)
		return err
	})
	if err != nil {
		return lapse(ctx, err)
	}
	return Reply{Bytes: b, Took: time.Since(start)}
}

func (w *Worker) plan(ctx context.Context, open *openJob, e Effect) Reply {
	start, paid := time.Now(), w.paid(&open.job.Limits)
	ctx, cancel := context.WithTimeout(ctx, e.Limit)
	defer cancel()
	prior := open.prior(w.Store, e.Stage)
	var axis okazaki.Axis
	plan := func() (err error) {
		axis, err = open.engine.Plan(ctx, e.Stage, prior)
		return err
	}
	over := func() bool { return time.Since(start)+paid() > e.Limit }
	err := w.Meter.within(over, func() error { return guarded(plan) })
	if err != nil {
		return lapse(ctx, err)
	}
	return Reply{Axis: axis}
}

// patientGet gets a key, waiting out a busy store.
func patientGet(ctx context.Context, s okazaki.Store, key string) (okazaki.Value, error) {
	return patiently(ctx, func() (okazaki.Value, error) { return s.Get(ctx, key) })
}

// patiently makes a call again while the store is busy.
func patiently[T any](ctx context.Context, call func() (T, error)) (T, error) {
	for try := 1; ; try++ {
		v, err := call()
		if !errors.Is(err, okazaki.ErrBusy) || try == maxTries {
			return v, err
		}
		if backOff(ctx, try); ctx.Err() != nil {
			return v, ctx.Err()
		}
	}
}
