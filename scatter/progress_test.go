package scatter_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"okazaki"
	"okazaki/scatter"
	"okazaki/store"
	"okazaki/wake/local"
)

// refresh is what a watch sees, after as many refreshes as it takes to read
// all that there is.
func refresh(t *testing.T, w *scatter.Watch) scatter.Progress {
	t.Helper()
	var last scatter.Progress
	for same := 0; same < 20; same++ {
		p, err := w.Refresh(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if p != last || p.Unread > 0 {
			last, same = p, 0
		}
	}
	return last
}

func TestWatchOfAJobThatIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 100, takes: time.Second})
		f.job.Stages = []string{"one", "two"}
		f.job.Limits.Span = 3
		id, end, err := f.run(t, t.Context())
		if err != nil || end.State != scatter.Done {
			t.Fatal(end, err)
		}
		counted := store.Count(f.store)
		p, err := (&scatter.Watch{Store: counted, ID: id}).Refresh(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		two := int64(len(f.engine.want()))
		if p.Stage != 1 || p.Units != two || p.Done != two || p.Spans != 34+(two+2)/3 || p.Open != 0 || p.Spent != end.Spent {
			t.Errorf("%+v of a job that spent %d", p, end.Spent)
		}
		if want := okazaki.MBs(100+two) << 10; p.Spent != want {
			t.Errorf("%d MB-s spent on %d units of a second in a GB", p.Spent, 100+two)
		}
		if counted.Calls() > 12 {
			t.Errorf("to say so took %v", counted)
		}
	})
}

// A watch of a job that others work sees each unit once, however little it
// may read at a time.
func TestWatchFollowsAJob(t *testing.T) {
	for _, most := range []int{1, 7, 0} {
		for _, span := range []int64{0, 1, 7} {
			synctest.Test(t, func(t *testing.T) { followJob(t, most, span) })
		}
	}
}

func followJob(t *testing.T, most int, span int64) {
	const takes = 300 * time.Millisecond
	f := newFleet(&toy{units: 1500, takes: takes})
	f.job.Limits.Span = span
	id, err := scatter.Submit(t.Context(), f.store, f.engines(), &f.job, false)
	if err != nil {
		t.Fatal(err)
	}
	watch := &scatter.Watch{Store: f.store, ID: id, Most: most}
	if p := refresh(t, watch); p != (scatter.Progress{Units: 1500, Open: 1}) {
		t.Errorf("a job that nobody has worked: %+v", p)
	}
	w := &scatter.Worker{Store: f.store, Waker: local.New(100), Engines: f.engines()}
	var last scatter.Progress
	for last.Done < 1500 {
		if _, err := w.Take(t.Context(), okazaki.Wake{Job: id}); err != nil {
			t.Fatal(err)
		}
		p := refresh(t, watch)
		worked := f.engine.worked.Load()
		if p.Done != worked || p.Spent != okazaki.MBs(worked*300*1024/1000) || p.End == nil && p.Done < 1500 && p.Open == 0 {
			t.Fatalf("most %d span %d: %+v after %d units", most, span, p, worked)
		}
		if p.Done < last.Done || p.Spans < last.Spans {
			t.Errorf("%+v after %+v", p, last)
		}
		last = p
	}
	if fresh := refresh(t, &scatter.Watch{Store: f.store, ID: id}); fresh.Done != last.Done || fresh.Spans != last.Spans || fresh.Spent != last.Spent {
		t.Errorf("%+v, and from the end %+v", last, fresh)
	}
}

func TestWatchCountsHoles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 40, unit: func(_ context.Context, u int64) error {
			if u == 13 {
				return errors.New("unit 13 is unlucky")
			}
			return nil
		}})
		f.job.Limits.Span = 5
		id, end, err := f.run(t, t.Context())
		if err != nil || end.State != scatter.Incomplete {
			t.Fatal(end, err)
		}
		p := refresh(t, &scatter.Watch{Store: f.store, ID: id})
		if p.Done != 35 || p.Spans != 8 || p.Failed != 1 || p.End == nil {
			t.Errorf("%+v", p)
		}
	})
}

// Told to leave, a worker keeps what it has done and leaves the rest to others,
// which need not wait for its attempt to lapse.
func TestWorkerHandsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 40, takes: time.Second})
		f.job.Limits.Aim = time.Minute
		id, err := scatter.Submit(t.Context(), f.store, f.engines(), &f.job, false)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		w := &scatter.Worker{Store: f.store, Waker: local.New(100), Engines: f.engines(), Grace: 2 * time.Second}
		if _, err := w.Take(ctx, okazaki.Wake{Job: id}); err != nil {
			t.Error(err)
		}
		done := refresh(t, &scatter.Watch{Store: f.store, ID: id}).Done
		if worked := f.engine.worked.Load(); done != worked || done < 10 || done > 12 {
			t.Errorf("%d units are kept, of %d", done, worked)
		}
		start := time.Now()
		if got := f.answer(t); got != f.engine.want() {
			t.Errorf("%q", got)
		}
		if again := f.engine.worked.Load(); again != 40 {
			t.Errorf("%d units were worked", again)
		}
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("the rest took %v", took)
		}
	})
}

func TestWaitClosesAJobPastItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 40})
		f.workers = 0
		f.job.Limits.Deadline = time.Minute
		_, end, err := f.run(t, t.Context())
		if err != nil || end.State != scatter.Expired {
			t.Error(end, err)
		}
	})
}

func TestEngineThatPanicsAtOnce(t *testing.T) {
	f := newFleet(&toy{})
	engines := &scatter.Engines{Open: func(context.Context, string, *okazaki.Job) (okazaki.Engine, error) { panic("at once") }}
	if _, err := scatter.Submit(t.Context(), f.store, engines, &f.job, false); err == nil || !strings.Contains(err.Error(), "panicked: at once") {
		t.Error(err)
	}
}

// A refresh reads as many bytes of verdicts as it may, and says how many verdicts
// it has left unread.
func TestWatchReadsWhatItMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(&toy{units: 1000, takes: time.Second, concat: true})
		f.job.Limits.Span = 1
		id, err := scatter.Submit(t.Context(), f.store, f.engines(), &f.job, false)
		if err != nil {
			t.Fatal(err)
		}
		w := &scatter.Worker{Store: f.store, Waker: local.New(1000), Engines: f.engines()}
		for f.engine.worked.Load() < 500 {
			if _, err := w.Take(t.Context(), okazaki.Wake{Job: id}); err != nil {
				t.Fatal(err)
			}
		}
		worked := f.engine.worked.Load()
		for _, most := range []int{1, math.MaxInt} {
			p, err := (&scatter.Watch{Store: f.store, ID: id, Most: 20_000, Bytes: most}).Refresh(t.Context())
			if err != nil || p.Done != worked || p.Spent+okazaki.MBs(p.Unread)<<10 != okazaki.MBs(worked)<<10 || (p.Unread > 0) != (most == 1) {
				t.Errorf("with %d bytes: %+v of %d units, %v", most, p, worked, err)
			}
		}
	})
}
