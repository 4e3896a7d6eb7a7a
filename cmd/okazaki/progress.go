package main

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"okazaki"
	"okazaki/client"
	"okazaki/scatter"
	"okazaki/store"
)

// progressEvery is how often progress is told: a line of a terminal changes in
// place, others stay.
func progressEvery(t *teller) time.Duration {
	if t.width > 0 {
		return 200 * time.Millisecond
	}
	return 5 * time.Second
}

// while tells how far f has come, as line says, for as long as it works.
func (t *teller) while(line func() string, f func() error) error {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(progressEvery(t))
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				t.progress(line())
			}
		}
	})
	err := f()
	close(done)
	wg.Wait()
	t.still()
	return err
}

// amount writes a number with three figures, or all before the point.
func amount(x float64) string {
	if math.Abs(x) >= 1000 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}

// count writes a number of units with a letter for its size.
func count(n float64) string {
	for _, u := range []struct {
		size   float64
		letter string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e4, "k"}} {
		if n >= u.size {
			if u.letter == "k" {
				u.size = 1e3
			}
			return fmt.Sprintf("%.1f%s", n/u.size, u.letter)
		}
	}
	return strconv.FormatFloat(n, 'f', 0, 64)
}

// took writes how long something took, to the hundredth of a second or coarser.
func took(d time.Duration) string {
	switch {
	case d < time.Minute:
		return strconv.FormatFloat(d.Seconds(), 'f', 2, 64) + " s"
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}

// plural is a number of things, as English writes it.
func plural(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return thousands(n) + " " + thing + "s"
}

// thousands writes a number with commas: 134,100.
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// A watcher tells the progress of a job.
type watcher struct {
	tell  *teller
	job   *okazaki.Job
	id    string
	watch scatter.Watch
	place *place
	every time.Duration   // between two looks at the store
	sick  map[string]bool // machines whose reports were shown
	spans int64           // decided when the store was last visited
	ill   bool            // the store could not be written then

	machinery bool            // also show spans and what was spent
	stages    []okazaki.Doing // what they do

	live  client.Live
	trail []sample // of the stage under way, the last few seconds
	stage int
}

type sample struct {
	at   time.Time
	done int64
}

func newWatcher(t *teller, p *place, id string, job *okazaki.Job) *watcher {
	return &watcher{
		machinery: p.Remote || t != nil && t.verbose, tell: t, job: job, id: id, every: p.Sweep, watch: scatter.Watch{Store: p, ID: id}, place: p, sick: map[string]bool{},
		live: client.Live{Job: id},
	}
}

// run shows progress until ctx ends or the job has ended, and returns the end.
func (w *watcher) run(ctx context.Context) (*scatter.End, error) {
	var p scatter.Progress
	var seen, told, visited time.Time
	began := time.Now()
	told, visited = began, began
	pause := min(w.every, progressEvery(w.tell))
	for {
		if time.Since(seen) >= w.every {
			var err error
			if p, err = w.watch.Refresh(ctx); err != nil {
				return nil, err
			}
			seen = time.Now()
		}
		if p.End != nil {
			return p.End, nil
		}
		if time.Since(visited) >= visitEvery {
			visited = time.Now()
			w.visitSick(ctx, time.Since(began)+visitEvery)
			w.visitStore(ctx, p.Spans)
		}
		if time.Since(told) >= progressEvery(w.tell) && p.Stage >= 0 {
			told = time.Now()
			text, attrs := w.line(p, told)
			w.tell.progress(text, attrs...)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// visitEvery is how often the store is asked for machines in trouble, and for
// its own.
const visitEvery = 5 * time.Second

// visitSick tells once of each machine that reported trouble since then.
func (w *watcher) visitSick(ctx context.Context, since time.Duration) {
	reports, err := scatter.Sick(ctx, w.place, since, w.sick)
	if err != nil {
		return // the next look may do better
	}
	for i := range reports {
		k := &reports[i]
		w.tell.warn("trouble", k.String(), "job", questionID(k.Job), "host", k.Host, "rest_s", k.Rest.Seconds())
	}
}

// visitStore warns once that the store can't be written. It tries only where no
// spans are decided any more.
func (w *watcher) visitStore(ctx context.Context, spans int64) {
	stalled := spans == w.spans
	w.spans = spans
	if !stalled {
		return
	}
	w.ill = w.tell.storeTrouble(ctx, w.place, w.ill, "job", questionID(w.id))
}

// storeTrouble returns whether a store can't be written. It warns of that, which
// the store's workers can't say there, unless a warning was given. It tries only
// where that costs nothing.
func (t *teller) storeTrouble(ctx context.Context, p *place, told bool, attrs ...any) bool {
	if p.Remote {
		return false
	}
	err := store.Probe(ctx, p)
	if err != nil && ctx.Err() == nil && !told {
		t.warn("trouble", err.Error(), append(attrs, "store", p.URL)...)
	}
	return err != nil
}

// line says how far the job has come.
func (w *watcher) line(p scatter.Progress, now time.Time) (string, []any) {
	done := w.live.Done(p)
	rate := w.rate(p.Stage, sample{now, done})
	doing := w.doing(p.Stage)
	percent := 100 * done / max(1, p.Units)
	text := fmt.Sprintf("%s (%d %%)", doing.Verb, percent)
	if doing.Units != "" {
		text = fmt.Sprintf("%s %s of %s %s (%d %%)", doing.Verb, thousands(done), thousands(p.Units), doing.Units, percent)
	}
	attrs := []any{"job", questionID(w.id), "stage", w.job.Stages[p.Stage], "units", p.Units, "done", done}
	switch {
	case p.Units == 0:
		text = "preparing the next step"
	case done >= p.Units && p.Open == 0:
		text += ", preparing the next step"
	case rate > 0 && done < p.Units:
		left := time.Duration(float64(p.Units-done) / rate * float64(time.Second)).Round(time.Second)
		attrs = append(attrs, "rate", rate, "left_s", left.Seconds())
		if total, known := w.left(p, rate, left); known {
			text += ", " + about(total)
			attrs = append(attrs, "total_left_s", total.Seconds())
		}
	case now.Sub(w.trail[0].at) > 3*time.Second:
		text += ", waiting for workers that have begun it"
	}
	spent, most := p.Spent.GBs(), w.job.Limits.Budget.GBs()
	attrs = append(attrs, "spans", p.Spans, "open", p.Open, "spent_gbs", spent, "ceiling_gbs", most)
	if w.machinery {
		text += fmt.Sprintf("; step %d of %d, %s/s, spans %d done, %d open; %s of %s GB-s",
			p.Stage+1, len(w.job.Stages), count(rate), p.Spans, p.Open, amount(spent), amount(most))
	}
	return text, attrs
}

// doing is what a stage does.
func (w *watcher) doing(stage int) okazaki.Doing {
	if w.stages == nil {
		w.stages = stagesOf(w.job)
	}
	return w.stages[stage]
}

// stagesOf are what the stages of a job do.
func stagesOf(job *okazaki.Job) []okazaki.Doing {
	return client.Doings(findAnalysis(job.Analysis), job)
}

// left is how long the whole job will take, about: this stage at its rate, and
// those after it by their shares.
func (w *watcher) left(p scatter.Progress, rate float64, stage time.Duration) (time.Duration, bool) {
	var later float64
	for _, d := range w.stages[p.Stage+1:] {
		later += d.Share
	}
	share := w.stages[p.Stage].Share
	if later == 0 {
		return stage, true
	}
	whole := float64(p.Units) / rate * float64(time.Second) // of this stage
	return stage + time.Duration(whole*later/share), share > 0
}

// about says how long something will take, no more exactly than is known.
func about(d time.Duration) string {
	switch {
	case d < 5*time.Second:
		return "a few seconds left"
	case d < time.Minute:
		return fmt.Sprintf("about %d s left", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("about %d min left", int(d.Round(time.Minute).Minutes()))
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("about %d h %d min left", int(d.Hours()), int(d.Minutes())%60)
}

// rate is the units a second over the last few samples.
func (w *watcher) rate(stage int, s sample) float64 {
	const most = 30
	if stage != w.stage {
		w.stage, w.trail = stage, nil
	}
	w.trail = append(w.trail, s)
	w.trail = w.trail[max(0, len(w.trail)-most):]
	first := w.trail[0]
	if took := s.at.Sub(first.at).Seconds(); took > 0 && s.done > first.done {
		return float64(s.done-first.done) / took
	}
	return 0
}
