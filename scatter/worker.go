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
	Largest int64         // megabytes of the largest class that it may act as, where a span needs one; 0: Class only
	Until   time.Duration // a turn looks for no more spans after this; 0: the job's Limits.Turn
	Inline  int           // parts above this many bytes become blobs; 0: Inline
	Memory  uint64        // bytes of heap above which spans are split; 0: no limit
	// Grace is how long a turn goes on after its context has ended, to keep
	// what its attempt has done and leave the rest to others. 0: not at all,
	// and the attempt lapses.
	Grace time.Duration
	// Name is unlike any other worker's that ever was, of letters, digits and
	// "-"; "": one is drawn.
	Name string
	// Dead, if set, says whether a worker of that name was one of this machine
	// and is known to have died.
	Dead func(name string) bool
	// Alone says that no other machine works the store's jobs: there is nobody
	// else to try what failed here.
	Alone bool
	// Health, if set, is shared by the workers of a machine. nil: this worker
	// is a machine of its own.
	Health *Health
	// Meter, if set, is under Store, and counts this worker's calls for the
	// job's records. Without it they count nothing, and are not refused.
	Meter *Meter
	// Worked, if set, hears of units of a stage as they are done. Units that
	// are redone are heard again.
	Worked func(job string, stage int, units int64)
	// Ended, if set, hears of jobs that this worker found ended.
	Ended func(job string)
	// Looked, if set, hears after each look at the store's open jobs how many
	// there are that this worker's process has engines for.
	Looked func(open int)

	turns  int
	memory uint64        // Memory, of the class that it acts as
	job    string        // of the last turn
	told   okazaki.Calls // that records hold, or that were for another job
}

// A Visit is what a turn came to.
type Visit struct {
	Bought int    // attempts
	Larger string // a node with a span that only a larger class may try; "": none was seen
	End    *End   // if the job has ended
}

// Take takes one turn at the job that the wake names, and another as a larger
// class of worker if there is a span that needs one, and this worker may act as
// such. An error is the store's or this machine's; the job goes on without it.
func (w *Worker) Take(ctx context.Context, wake okazaki.Wake) (Visit, error) {
	visit, err := w.takeAs(ctx, wake, w.Class)
	for class := w.Class + 1; w.Largest > 0 && err == nil && visit.Larger != "" && visit.End == nil; class++ {
		var larger Visit
		larger, err = w.takeAs(ctx, okazaki.Wake{Job: wake.Job, Node: visit.Larger}, class)
		larger.Bought += visit.Bought
		visit = larger
	}
	return visit, err
}

// takeAs takes one turn as a worker of that class.
func (w *Worker) takeAs(ctx context.Context, wake okazaki.Wake, class int) (Visit, error) {
	start := time.Now()
	id := wake.Job
	leave := ctx
	ctx, cancel := w.linger(ctx)
	defer cancel()
	if w.Name == "" {
		w.Name = newNonce()
	}
	if w.Health == nil {
		w.Health = &Health{}
	}
	if w.Health.resting() {
		return Visit{}, nil
	}
	open, err := w.Engines.open(ctx, w.Store, id)
	if err != nil || open == nil {
		if err != nil && ctx.Err() == nil && !w.Alone {
			w.Health.cannotOpen(ctx, w.Store, w.Name, id, err)
		}
		return Visit{}, err
	}
	defer w.Engines.release(open)
	l := &open.job.Limits
	if class >= len(l.Classes) || class > w.Class && l.Classes[class] > w.Largest {
		return Visit{}, nil
	}
	w.memory = w.Memory / uint64(l.Classes[w.Class]) * uint64(l.Classes[class])
	if !open.tryAcquire() {
		return Visit{}, nil // another worker of this process is at it, with all cores
	}
	defer open.release()
	w.turns++
	if w.job != id {
		w.job, w.told = id, w.Meter.Calls()
	}
	t := newTurn(open.life, wake, TurnOptions{
		WorkerSeed: w.Name,
		Nonce:      fmt.Sprintf("%s.%d", w.Name, w.turns),
		Class:      class,
		Machine:    w.Health.machine(w.Name),
		Alone:      w.Alone,
		Probes:     w.Dead != nil,
		Until:      or(w.Until, l.Turn),
		Inline:     or(w.Inline, Inline),
		Left:       l.Deadline - open.age() + time.Since(start),
		Reported:   w.told,
	})
	defer func() { w.told = t.reported }()
	behind := &behind{room: make(chan struct{}, mostBehind)}
	defer behind.wait()
	for e := t.Begin(); ; {
		w.Meter.countRings(len(e.Ring))
		ringAll(ctx, w.Waker, e.Ring)
		if e.Op == OpLeave {
			return Visit{Bought: t.Bought(), Larger: t.Larger(), End: e.End}, e.Err
		}
		if err := ctx.Err(); err != nil {
			return Visit{Bought: t.Bought()}, err
		}
		r := w.perform(ctx, leave, open, class, e, behind)
		switch {
		case !e.runs() || w.Alone:
		case r.Status == OK:
			w.Health.worked()
		case suspect(r.Err):
			r.Sick = r.Sick || w.Health.fails(ctx, w.Store, w.Name, id, fmt.Sprint(id, e.Op, e.Stage, e.Span), r.Err)
		}
		convicted := t.convicted
		r.Behind = behind.ended()
		r.Elapsed, r.Calls = time.Since(start), w.Meter.Calls()
		if leave.Err() != nil {
			r.Elapsed = max(r.Elapsed, t.until) // it looks for no more
		}
		if e = t.Step(r); t.convicted > convicted {
			w.Health.worked() // the span failed elsewhere too: this machine is as good as others
		}
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
	return nonceOf(n)
}

// perform carries out one effect. The work that it does stops early, with what
// is done, once leave has ended.
func (w *Worker) perform(ctx, leave context.Context, open *openJob, class int, e Effect, behind *behind) Reply {
	if e.Tries > 0 {
		backOff(ctx, e.Tries)
	}
	switch e.Op {
	case OpGet:
		values, err := getAll(ctx, w.Store, e.Keys)
		return reply(Reply{Values: values}, err)
	case OpList:
		entries, err := listAll(ctx, w.Store, e.Prefix)
		w.Engines.aged(entries)
		return reply(Reply{Entries: entries}, err)
	case OpCreate:
		if e.NextKey != "" {
			behind.create(ctx, w.Store, e.Key, e.Value)
			return Reply{Next: reply(Reply{}, w.Store.Create(ctx, e.NextKey, e.Next)).Status}
		}
		return reply(Reply{}, w.Store.Create(ctx, e.Key, e.Value))
	case OpAwait:
		behind.wait()
		return Reply{}
	case OpWork:
		return w.work(ctx, leave, open, class, e)
	case OpMerge:
		return w.merge(ctx, open, class, e)
	case OpProbe:
		dead := make([]bool, len(e.Workers))
		for i, name := range e.Workers {
			dead[i] = name != "" && w.Dead(name)
		}
		return Reply{Dead: dead}
	default:
		return w.plan(ctx, open, class, e)
	}
}

// runs says whether an effect runs the engine.
func (e *Effect) runs() bool { return e.Op == OpWork || e.Op == OpMerge || e.Op == OpPlan }

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
