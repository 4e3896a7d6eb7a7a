package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"okazaki"
	"okazaki/scatter"
)

// A listedJob is a line of jobs list.
type listedJob struct {
	ID       string        `json:"id"`
	State    scatter.State `json:"state"`
	Analysis string        `json:"analysis"`
	AgeS     float64       `json:"age_s"`
	Inputs   []string      `json:"inputs"`
}

func (a *app) listJobs(ctx context.Context, p *place, _ string) error {
	jobs, err := loadJobs(ctx, p)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(jobs, func(j listedJob) bool { return j.State == scatter.Open }) {
		a.tell.storeTrouble(ctx, p, false)
	}
	if a.config.json {
		for _, j := range jobs {
			if err := json.NewEncoder(a.out).Encode(j); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSTATE\tAGE\tANALYSIS\tINPUTS")
	for _, j := range jobs {
		inputs := strings.Join(j.Inputs[:min(3, len(j.Inputs))], " ")
		if len(j.Inputs) > 3 {
			inputs += fmt.Sprintf(" and %d more", len(j.Inputs)-3)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", j.ID, j.State, ago(time.Duration(j.AgeS*float64(time.Second))), j.Analysis, inputs)
	}
	return w.Flush()
}

// loadJobs returns the store's jobs, the newest first.
func loadJobs(ctx context.Context, p *place) ([]listedJob, error) {
	names, err := scatter.Jobs(ctx, p)
	if err != nil {
		return nil, err
	}
	newest := map[string]bool{}
	for _, name := range latest(names) {
		newest[name] = true
	}
	began := time.Now()
	jobs := make([]listedJob, len(names))
	errs := make([]error, len(names))
	var wg sync.WaitGroup
	slots := make(chan struct{}, 16)
	for i, name := range names {
		slots <- struct{}{}
		wg.Go(func() {
			jobs[i], errs[i] = loadListed(ctx, p, name)
			jobs[i].AgeS -= time.Since(began).Seconds() // all ages are at one moment
			<-slots
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	jobs = slices.DeleteFunc(jobs, func(j listedJob) bool { return j.ID == "" })
	newestFirst(jobs)
	for i := range jobs { // an earlier life keeps its number
		if newest[jobs[i].ID] {
			jobs[i].ID = questionID(jobs[i].ID)
		}
	}
	return jobs, nil
}

// newestFirst sorts jobs by age. Ages are not exact, since they were asked for
// one after another: of a question's lives the later one is never the older.
func newestFirst(jobs []listedJob) {
	slices.SortFunc(jobs, func(x, y listedJob) int {
		return cmp.Or(strings.Compare(questionID(x.ID), questionID(y.ID)), cmp.Compare(lifeOf(y.ID), lifeOf(x.ID)))
	})
	for i := range jobs {
		jobs[i].AgeS = max(0, jobs[i].AgeS)
		if i > 0 && questionID(jobs[i].ID) == questionID(jobs[i-1].ID) {
			jobs[i].AgeS = max(jobs[i].AgeS, jobs[i-1].AgeS)
		}
	}
	slices.SortStableFunc(jobs, func(x, y listedJob) int { return cmp.Compare(x.AgeS, y.AgeS) })
}

// loadListed returns a job's line, without an id if the job has gone.
func loadListed(ctx context.Context, p *place, id string) (listedJob, error) {
	l, err := scatter.Look(ctx, p, id)
	if errors.Is(err, okazaki.ErrNotFound) || l.Gone {
		return listedJob{}, nil
	}
	if err != nil {
		return listedJob{}, err
	}
	j := listedJob{ID: id, State: scatter.Open, Analysis: l.Job.Analysis, AgeS: l.Age.Seconds(), Inputs: []string{}}
	for _, in := range l.Job.Inputs {
		j.Inputs = append(j.Inputs, in.Name)
	}
	if l.End != nil {
		j.State = l.End.State
	}
	return j, nil
}

// A shownJob is all that jobs show says.
type shownJob struct {
	ID         string           `json:"id"`
	State      scatter.State    `json:"state"`
	AgeS       float64          `json:"age_s"`
	Job        *okazaki.Job     `json:"job"`
	Progress   scatter.Progress `json:"progress"`
	SpentGBs   float64          `json:"spent_gbs"`
	CeilingGBs float64          `json:"ceiling_gbs"`
	Holes      []scatter.Hole   `json:"holes,omitempty"`
	Sick       []string         `json:"sick,omitempty"` // machines in trouble since it began

	remote bool // its store: what it spends may cost money
}

func (a *app) showJob(ctx context.Context, p *place, id string) error {
	job, age, err := scatter.Load(ctx, p, id)
	if err != nil {
		return err
	}
	progress, err := progressNow(ctx, p, id)
	if err != nil {
		return err
	}
	s := shownJob{
		ID: questionID(id), State: scatter.Open, AgeS: age.Seconds(), Job: job, Progress: progress,
		SpentGBs: progress.Spent.GBs(), CeilingGBs: job.Limits.Budget.GBs(),
	}
	s.remote = p.Remote
	if progress.End != nil {
		s.State, s.Holes = progress.End.State, progress.End.Holes
	}
	reports, err := scatter.Sick(ctx, p, age, map[string]bool{})
	if err != nil {
		return err
	}
	for i := range reports {
		if text := reports[i].String(); !slices.Contains(s.Sick, text) {
			s.Sick = append(s.Sick, text)
		}
	}
	if s.State == scatter.Open {
		a.tell.storeTrouble(ctx, p, false)
	}
	if a.config.json {
		return json.NewEncoder(a.out).Encode(s)
	}
	return a.print(&s)
}

// progressNow is how far a job has come, from one look at the store: of some
// thousand records what they say of all that was spent.
func progressNow(ctx context.Context, p *place, id string) (scatter.Progress, error) {
	watch := scatter.Watch{Store: p, ID: id, Most: 20_000, Bytes: math.MaxInt}
	return watch.Refresh(ctx)
}

// leastly comes before what a job has spent if records of it are unread.
func leastly(unread int64) string {
	if unread > 0 {
		return "at least "
	}
	return ""
}

func (a *app) print(s *shownJob) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(w, name+"\t"+format+"\n", args...) }
	row("job", "%s", questionID(s.ID))
	row("state", "%s", s.State)
	row("analysis", "%s %d", s.Job.Analysis, s.Job.Version)
	row("parameters", "%s", s.Job.Params)
	for _, in := range s.Job.Inputs {
		row("input", "%s %s, %d bytes, sha256 %.12s", in.Role, in.Name, in.Size, in.Digest)
	}
	row("submitted", "%s ago, deadline after %v", ago(time.Duration(s.AgeS*float64(time.Second))), s.Job.Limits.Deadline)
	pr := &s.Progress
	if pr.Stage >= 0 {
		row("stage", "%d of %d, %s: %d of %d units", pr.Stage+1, len(s.Job.Stages), s.Job.Stages[pr.Stage], pr.Done, pr.Units)
	}
	row("spans", "%d done, %d open", pr.Spans, pr.Open)
	most := amount(s.CeilingGBs) + " GB-s"
	if s.remote {
		most = ceiling(s.Job.Limits.Budget)
	}
	row("spent", "%s%s of at most %s", leastly(pr.Unread), amount(s.SpentGBs), most)
	if pr.End != nil && pr.End.Missing > 0 {
		row("missing", "%d spans", pr.End.Missing)
	}
	for _, h := range s.Holes {
		row("missing", "%s", h)
	}
	for _, text := range s.Sick {
		row("trouble", "%s", text)
	}
	return w.Flush()
}
