package scatter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"okazaki"
)

// DefaultIdle is how long an engine stays open that nobody uses.
const DefaultIdle = 10 * time.Minute

// Engines opens the engines of jobs, each once, for the workers of a process.
// It counts the users of an engine: one that is forgotten is closed when its last
// user is done with it, and once. It forgets the engine of a job that a worker
// saw ended, that is not among the store's open jobs any more when a worker looks
// at them, or that nobody has used for a while.
type Engines struct {
	// Open returns the engine of a job, or an error that wraps ErrNoEngine
	// if this process has none for it.
	Open func(ctx context.Context, id string, job *okazaki.Job) (okazaki.Engine, error)

	// Cores is how many an attempt may use whose engine uses more than one.
	// Such a job has one worker of the process at a time, whose spans follow
	// each other, so that the input is read once. 0 and 1: every worker works
	// on a core of its own.
	Cores int
	// Unchanged, if set, returns an error if an input of the job has changed
	// since the engine was opened: what was just worked is not used.
	Unchanged func(job *okazaki.Job) error
	// Parallel says whether the engine of a job uses many cores; nil: none does.
	Parallel func(job *okazaki.Job) bool
	// Idle is how long an engine stays open that nobody uses: when a worker
	// takes or ends a turn, it forgets those that are older. 0: DefaultIdle.
	Idle time.Duration
	// Closed, if set, hears of each engine that was closed, and of the error.
	Closed func(job string, err error)

	mu               sync.Mutex
	jobs             map[string]*openJob
	future           map[string]time.Time // keys that seem to come from the future: when they were first seen
	skewed, skewTold bool                 // there was such a key; it was told
	kept             map[string]bool      // the jobs of the last Keep
}

// ErrNoEngine says that a job needs an analysis, or a version of one, that this
// binary does not have. Its workers leave the job to others.
var ErrNoEngine = errors.New("this build has no engine for the job")

// An openJob is a job whose engine is at hand.
type openJob struct {
	loaded    chan struct{} // closed when what follows is set
	err       error
	id        string
	k         keys
	life      *life
	job       *okazaki.Job
	engine    okazaki.Engine
	cores     int           // that an attempt may use
	exclusive chan struct{} // holds the worker that is at a job of many cores; nil: any number may be
	born      time.Time     // by the store's clock, on this process's monotonic one

	users     int       // of the engine now; Engines.mu guards it
	used      time.Time // when the last of them was done
	forgotten bool      // nobody finds it any more, and the last user closes it

	mu   sync.Mutex
	axes map[int]okazaki.Axis
}

// tryAcquire says whether a worker may take a turn at the job now; it then must
// leave.
func (o *openJob) tryAcquire() bool {
	if o.exclusive == nil {
		return true
	}
	select {
	case o.exclusive <- struct{}{}:
		return true
	default:
		return false
	}
}

func (o *openJob) release() {
	if o.exclusive != nil {
		<-o.exclusive
	}
}

// serves says whether it is the job of that name, or was planned for it.
func (o *openJob) serves(name string) bool { return o.id == name || strings.HasPrefix(name, o.id+".") }

func (o *openJob) age() time.Duration { return time.Since(o.born) }

// open is the job with its engine, which stays open until it is released; nil
// if there is no such job.
func (es *Engines) open(ctx context.Context, s okazaki.Store, id string) (*openJob, error) {
	es.forget(es.idle)
	es.mu.Lock()
	if es.jobs == nil {
		es.jobs = map[string]*openJob{}
	}
	o, found := es.jobs[id]
	if !found {
		o = &openJob{id: id, loaded: make(chan struct{}), axes: map[int]okazaki.Axis{}}
		es.jobs[id] = o
	}
	o.users++
	es.mu.Unlock()
	if !found {
		o.err = o.load(ctx, s, es)
		close(o.loaded)
	}
	select {
	case <-o.loaded:
	case <-ctx.Done():
		es.release(o)
		return nil, ctx.Err()
	}
	if o.err == nil {
		return o, nil
	}
	es.forget(func(other *openJob) bool { return other == o }) // the next turn tries again
	es.release(o)
	if found && ctx.Err() == nil && (errors.Is(o.err, context.Canceled) || errors.Is(o.err, context.DeadlineExceeded)) {
		return es.open(ctx, s, id) // the caller that was opening it has left, and this one has not
	}
	// There is no such job, rather than nothing of what its engine needs.
	if o.job == nil && errors.Is(o.err, okazaki.ErrNotFound) {
		return nil, nil
	}
	return nil, o.err
}

// release is called once by each caller of open, when it is done with the engine.
func (es *Engines) release(o *openJob) {
	es.mu.Lock()
	o.users--
	o.used = time.Now().Round(0) // without the monotonic clock, which stops with a process that is frozen
	last := o.forgotten && o.users == 0
	es.mu.Unlock()
	if last {
		es.close(o)
	}
	es.forget(es.idle)
}

// forget has the engines closed that which names: now, or by their last user.
func (es *Engines) forget(which func(*openJob) bool) {
	var unused []*openJob
	es.mu.Lock()
	for id, o := range es.jobs {
		if !which(o) {
			continue
		}
		delete(es.jobs, id)
		if o.forgotten = true; o.users == 0 {
			unused = append(unused, o)
		}
	}
	es.mu.Unlock()
	for _, o := range unused {
		es.close(o)
	}
}

// idle says that nobody has used an engine for long. es.mu is held.
func (es *Engines) idle(o *openJob) bool {
	return o.users == 0 && time.Since(o.used) > or(es.Idle, DefaultIdle)
}

func (es *Engines) close(o *openJob) {
	if o.err != nil {
		return // it was not opened
	}
	if err := guarded(o.engine.Close); es.Closed != nil {
		es.Closed(o.id, err)
	}
}

// Use calls f with a job's engine, which is not closed before f returns. It
// returns f's error, or one that wraps okazaki.ErrNotFound or ErrNoEngine.
func (es *Engines) Use(ctx context.Context, s okazaki.Store, id string, f func(okazaki.Engine) error) error {
	o, err := es.open(ctx, s, id)
	if err == nil && o == nil {
		err = fmt.Errorf("job %s: %w", id, okazaki.ErrNotFound)
	}
	if err != nil {
		return err
	}
	defer es.release(o)
	return f(o.engine)
}

// Forget closes a job's engine for this process, once nobody uses it.
func (es *Engines) Forget(id string) {
	es.forget(func(o *openJob) bool { return o.serves(id) })
}

// Keep forgets the engines of all jobs but these. It returns whether one of
// them was not listed by the call before.
func (es *Engines) Keep(ids []string) (news bool) {
	es.forget(func(o *openJob) bool { return !slices.ContainsFunc(ids, o.serves) })
	es.mu.Lock()
	defer es.mu.Unlock()
	known := es.kept
	es.kept = map[string]bool{}
	for _, id := range ids {
		es.kept[id] = true
		news = news || !known[id]
	}
	return news
}

// Close forgets all engines.
func (es *Engines) Close() { es.Keep(nil) }

func (o *openJob) load(ctx context.Context, s okazaki.Store, es *Engines) error {
	l, err := loadLife(ctx, s, o.id)
	if err != nil {
		return err
	}
	o.k, o.life, o.job, o.born, o.cores = l.keys(), l, &l.Job, time.Now().Add(-max(0, l.age)), 1
	if es.Cores > 1 && es.Parallel != nil && es.Parallel(o.job) {
		o.cores, o.exclusive = es.Cores, make(chan struct{}, 1)
	}
	if o.engine = es.planned(l.id); o.engine != nil {
		return nil
	}
	return es.openEngine(ctx, o)
}

func (es *Engines) openEngine(ctx context.Context, o *openJob) error {
	err := guarded(func() (err error) {
		o.engine, err = es.Open(ctx, o.id, o.job)
		return err
	})
	if err != nil {
		return fmt.Errorf("job %s: %w", o.id, err)
	}
	return nil
}

// plan calls f with the engine of a job that is not in the store yet. The
// engine is kept, by the id of the question, for the life that begins next.
func (es *Engines) plan(ctx context.Context, name string, job *okazaki.Job, f func(okazaki.Engine) error) error {
	id, _, _ := parseName(name)
	o := &openJob{id: name, job: job, loaded: make(chan struct{})}
	close(o.loaded)
	if o.engine = es.planned(id); o.engine == nil {
		if err := es.openEngine(ctx, o); err != nil {
			return err
		}
	}
	o.id = id
	err := guarded(func() error { return f(o.engine) })
	if err == nil && es.Unchanged != nil {
		err = es.Unchanged(job)
	}
	if err != nil {
		es.close(o)
		return err
	}
	es.mu.Lock()
	if es.jobs == nil {
		es.jobs = map[string]*openJob{}
	}
	before := es.jobs[id]
	es.jobs[id], o.used = o, time.Now().Round(0)
	es.mu.Unlock()
	if before != nil {
		es.close(before)
	}
	return nil
}

// planned takes the engine that the first stage of a question was planned with;
// nil if there is none.
func (es *Engines) planned(id string) okazaki.Engine {
	es.mu.Lock()
	defer es.mu.Unlock()
	o := es.jobs[id]
	if o == nil {
		return nil
	}
	delete(es.jobs, id)
	return o.engine
}

// axis returns a stage's axis, which never changes.
func (o *openJob) axis(ctx context.Context, s okazaki.Store, stage int) (okazaki.Axis, error) {
	o.mu.Lock()
	a, ok := o.axes[stage]
	o.mu.Unlock()
	if ok {
		return a, nil
	}
	rec, err := getAxis(ctx, s, o.k, stage)
	if err != nil {
		return okazaki.Axis{}, err
	}
	o.mu.Lock()
	o.axes[stage] = rec.Axis
	o.mu.Unlock()
	return rec.Axis, nil
}

// prior are the gathered results of the stages before stage.
func (o *openJob) prior(s okazaki.Store, stage int) []okazaki.Result {
	var rs []okazaki.Result
	for i := range stage {
		rs = append(rs, o.life.gathered(s, i))
	}
	return rs
}

// unchanged says whether what an attempt at the job has read were its inputs.
// If not, the attempt lapses and the turn ends: the next one opens the engine
// again, which says what is wrong. Neither the span nor the machine is at fault.
func (es *Engines) unchanged(o *openJob) bool {
	if es.Unchanged == nil || es.Unchanged(o.job) == nil {
		return true
	}
	es.Forget(o.id)
	return false
}
