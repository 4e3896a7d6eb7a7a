package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"okazaki"
	"okazaki/client"
	"okazaki/scatter"
	"okazaki/store/mem"
)

// A list of jobs has the newest first. Of a question's lives the latest has its
// id, and the others their number as well.
func TestJobsAreListedNewestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &place{Store: &client.Store{Store: mem.New(nil)}}
		engines := newEngines(&scatter.Inputs{Store: p}, 1, nil)
		defer engines.Close()
		var want []string
		begin := func(units int, after time.Duration, ends bool) string {
			t.Helper()
			time.Sleep(after)
			name, err := scatter.Submit(t.Context(), p, engines, &okazaki.Job{
				Analysis: "toy", Version: 1, Stages: []string{"count"}, Params: fmt.Appendf(nil, `{"units":%d}`, units),
				Limits: okazaki.Limits{Budget: 1 << 20, Classes: []int64{1024}, Turn: time.Minute, Aim: time.Second, Deadline: time.Hour, Concurrency: 1},
			}, false)
			if err == nil && ends {
				_, err = scatter.Cancel(t.Context(), p, name)
			}
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, name)
			return name
		}
		begin(1, 0, true)
		for range 12 {
			begin(2, time.Nanosecond, true)
		}
		begin(3, time.Hour, false)
		begin(2, time.Second, true)
		slices.Reverse(want)
		for i, name := range want {
			if i <= 1 || i == len(want)-1 {
				want[i] = questionID(name) // the latest of its question
			}
		}
		jobs, err := loadJobs(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, j := range jobs {
			got = append(got, j.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("listed\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if jobs[0].State != scatter.Cancelled || jobs[1].State != scatter.Open || jobs[1].AgeS != 1 {
			t.Errorf("%+v, %+v", jobs[0], jobs[1])
		}
	})
}

// Ages that were asked for in another order than the lives began do not change
// the order of the lives.
func TestLivesAreListedInOrder(t *testing.T) {
	jobs := []listedJob{{ID: "b.9", AgeS: 5.1}, {ID: "a.1", AgeS: 7}, {ID: "b.10", AgeS: 5.3}, {ID: "b.11", AgeS: -0.1}, {ID: "c.1", AgeS: 5.2}}
	newestFirst(jobs)
	var got []string
	for _, j := range jobs {
		got = append(got, fmt.Sprintf("%s %.1f", j.ID, j.AgeS))
	}
	if want := []string{"b.11 0.0", "c.1 5.2", "b.10 5.3", "b.9 5.3", "a.1 7.0"}; !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
}

// A fullStore takes no more keys once it is full.
type fullStore struct {
	okazaki.Store
	full bool
}

func (s *fullStore) Create(ctx context.Context, key string, value []byte) error {
	if s.full {
		return &okazaki.Error{Message: "the disk is full", Hint: "free some space"}
	}
	return s.Store.Create(ctx, key, value)
}

// The list of jobs, and what is shown of an open one, say that the store is full.
// Its workers can't say so there.
func TestFullStoreIsShown(t *testing.T) {
	const says = "okazaki: the disk is full; free some space"
	s := &fullStore{Store: mem.New(nil)}
	p := &place{Store: &client.Store{Store: s}}
	engines := newEngines(&scatter.Inputs{Store: p}, 1, nil)
	defer engines.Close()
	name, err := scatter.Submit(t.Context(), p, engines, &okazaki.Job{
		Analysis: "toy", Version: 1, Stages: []string{"count"}, Params: []byte(`{"units":1}`),
		Limits: okazaki.Limits{Budget: 1 << 20, Classes: []int64{1024}, Turn: time.Minute, Aim: time.Second, Deadline: time.Hour, Concurrency: 1},
	}, false)
	if err != nil {
		t.Fatal(err)
	}
	told := func() (list, show string) {
		t.Helper()
		for _, f := range []func(*app) error{
			func(a *app) error { return a.listJobs(t.Context(), p, "") },
			func(a *app) error { return a.showJob(t.Context(), p, name) },
		} {
			var out, errs bytes.Buffer
			if err := f(&app{out: &out, tell: newTeller(&errs, false, false)}); err != nil || !strings.Contains(out.String(), questionID(name)) {
				t.Errorf("%s, %v", &out, err)
			}
			list, show = show, strings.TrimSpace(errs.String())
		}
		return list, show
	}
	for _, c := range []struct {
		full, remote bool
		want         string
	}{{false, false, ""}, {true, false, says}, {true, true, ""}} {
		s.full, p.Remote = c.full, c.remote
		if list, show := told(); list != c.want || show != c.want {
			t.Errorf("full %v, remote %v: list says %q, show %q", c.full, c.remote, list, show)
		}
	}
	s.full, p.Remote = false, false
	if _, err := scatter.Cancel(t.Context(), p, name); err != nil {
		t.Fatal(err)
	}
	s.full = true
	if list, show := told(); list != "" || show != "" { // it needs no room any more
		t.Errorf("of a job that has ended, list says %q, show %q", list, show)
	}
}

// What is spent is said to be more where records of it were not read.
func TestSpentAtLeast(t *testing.T) {
	for unread, want := range map[int64]string{0: "spent  1 of", 7: "spent  at least 1 of"} {
		var out bytes.Buffer
		s := &shownJob{Job: &okazaki.Job{}, SpentGBs: 1, CeilingGBs: 2, Progress: scatter.Progress{Stage: -1, Unread: unread}}
		if err := (&app{out: &out}).print(s); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(strings.Fields(out.String()), " "); !strings.Contains(got, strings.Join(strings.Fields(want), " ")) {
			t.Errorf("%d unread:\n%s", unread, out.String())
		}
	}
}
