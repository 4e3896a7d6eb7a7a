package client

import (
	"context"
	"sync"
	"time"

	"okazaki"
	"okazaki/scatter"
)

// A Progress is how far a job has come. Done belongs to the stage under way, and
// counts what the workers of this process have done and the store doesn't show
// yet.
type Progress struct {
	scatter.Progress
	Job    string
	Doing  okazaki.Doing // what the stage does, in words
	Stages int           // of the job
}

// Doings are what the stages of a job do, in words; an may be nil.
func Doings(an *okazaki.Analysis, job *okazaki.Job) (doing []okazaki.Doing) {
	if an != nil && an.Progress != nil {
		doing = an.Progress(job)
	}
	for i := len(doing); i < len(job.Stages); i++ {
		doing = append(doing, okazaki.Doing{Verb: job.Stages[i], Units: "units", Share: 1})
	}
	return doing
}

// A Live counts the units of a job that the workers of this process have worked.
// The zero value, with its Job, has counted none. All methods may be called at
// once.
type Live struct {
	Job string

	mu   sync.Mutex
	live map[int]int64 // by stage
	base map[int]int64 // units that were done when the stage was first seen
}

// Worked is scatter.Worker's.
func (l *Live) Worked(job string, stage int, units int64) {
	if job != l.Job {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.live == nil {
		l.live = map[int]int64{}
	}
	l.live[stage] += units
}

// Done is how many units of the stage under way are done: as verdicts tell, or
// more if this process knows of more.
func (l *Live) Done(p scatter.Progress) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.base == nil {
		l.base = map[int]int64{}
	}
	base, ok := l.base[p.Stage]
	if !ok {
		base = p.Done
		l.base[p.Stage] = base
	}
	return min(p.Units, max(p.Done, base+l.live[p.Stage]))
}

// progressEvery is how often progress is told.
const progressEvery = 200 * time.Millisecond

// A watcher tells the client how far a job is.
type watcher struct {
	job   *Job
	live  Live
	watch scatter.Watch
	doing []okazaki.Doing
	p     scatter.Progress
}

// watch makes the job's watcher, which hears of what the workers do.
func (j *Job) watch(w *Workers) *watcher {
	x := &watcher{job: j, live: Live{Job: j.ID}, watch: scatter.Watch{Store: j.client.Store, ID: j.ID}, doing: Doings(j.analysis, j.Record)}
	if j.client.Progress == nil {
		return x
	}
	heard := w.Worked
	w.Worked = func(job string, stage int, units int64) {
		x.live.Worked(job, stage, units)
		if heard != nil {
			heard(job, stage, units)
		}
	}
	return x
}

// run tells progress until ctx ends. Store errors are left to the wait.
func (x *watcher) run(ctx context.Context) {
	if x.job.client.Progress == nil {
		return
	}
	var seen time.Time
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		if time.Since(seen) >= x.job.client.Store.Sweep {
			if p, err := x.watch.Refresh(ctx); err == nil {
				x.p, seen = p, time.Now()
			}
		}
		if x.p.Units > 0 {
			x.tell(x.p)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// last tells that the job has ended, after run has.
func (x *watcher) last(end *scatter.End) {
	if x.job.client.Progress == nil {
		return
	}
	p := x.p
	p.End, p.Spent, p.Stage = end, end.Spent, len(x.doing)-1
	if end.State == scatter.Done {
		p.Done, p.Open = p.Units, 0
	}
	x.tell(p)
}

func (x *watcher) tell(p scatter.Progress) {
	if p.End == nil {
		p.Done = x.live.Done(p)
	}
	told := Progress{Progress: p, Job: x.job.ID, Stages: len(x.doing)}
	if p.Stage >= 0 {
		told.Doing = x.doing[p.Stage]
	}
	x.job.client.Progress(told)
}
