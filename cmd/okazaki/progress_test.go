package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spf13/cobra"

	"okazaki"
	"okazaki/scatter"
)

func TestProgressLine(t *testing.T) {
	job := &okazaki.Job{Stages: []string{"genome", "windows"}, Limits: okazaki.Limits{Budget: 5000 << 10}}
	w := newWatcher(nil, &place{}, "id", job)
	start := time.Now()
	for _, c := range []struct {
		after time.Duration
		p     scatter.Progress
		live  int64
		want  string
	}{
		{0, scatter.Progress{Units: 3_000_000, Open: 1},
			0, "stage 1/2 genome 0%: 0 of 3.0M units; spans 0 done, 1 open; 0 of 5000 GB-s"},
		{time.Second, scatter.Progress{Units: 3_000_000, Open: 1},
			300_000, "stage 1/2 genome 10%: 300.0k of 3.0M units, 300.0k/s, 9s left; spans 0 done, 1 open; 0 of 5000 GB-s"},
		{2 * time.Second, scatter.Progress{Units: 3_000_000, Done: 1_500_000, Spans: 4, Open: 9, Spent: 1500},
			0, "stage 1/2 genome 50%: 1.5M of 3.0M units, 750.0k/s, 2s left; spans 4 done, 9 open; 1.46 of 5000 GB-s"},
		{3 * time.Second, scatter.Progress{Stage: 1, Units: 20, Done: 5, Spans: 15, Open: 2, Spent: 20 << 10},
			0, "stage 2/2 windows 25%: 5 of 20 units; spans 15 done, 2 open; 20 of 5000 GB-s"},
		{9 * time.Second, scatter.Progress{Stage: 1, Units: 20, Done: 5, Spans: 15, Open: 2, Spent: 20 << 10},
			0, "stage 2/2 windows 25%: 5 of 20 units, waiting for attempts that others began; spans 15 done, 2 open; 20 of 5000 GB-s"},
		{9 * time.Second, scatter.Progress{Stage: 1, Units: 20, Done: 15, Spans: 16, Open: 1, Spent: 20 << 10},
			15, "stage 2/2 windows 100%: 20 of 20 units, waiting for attempts that others began; spans 16 done, 1 open; 20 of 5000 GB-s"}, // five were worked for nothing
		{10 * time.Second, scatter.Progress{Stage: 1, Units: 20, Done: 20, Spans: 17, Spent: 20 << 10},
			0, "stage 2/2 windows 100%: 20 of 20 units, preparing what comes next; spans 17 done, 0 open; 20 of 5000 GB-s"},
	} {
		w.worked("id", c.p.Stage, c.live)
		if got, _ := w.line(c.p, start.Add(c.after)); got != c.want {
			t.Errorf("after %v:\n%s, want\n%s", c.after, got, c.want)
		}
	}
}

// On a terminal, progress is one line that changes, and goes away before
// anything else is said.
func TestProgressOnATerminal(t *testing.T) {
	var b bytes.Buffer
	tell := &teller{w: &b, width: 20}
	tell.progress("10% of what is to be done")
	tell.progress("20%")
	tell.say("done", "done")
	tell.still()
	const clear = "\r\x1b[K"
	if want := clear + "10% of what is to b" + clear + "20%" + clear + "okazaki: done\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

// While something works its progress is told, and not a moment longer.
func TestProgressWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		tell := &teller{w: &b, width: 40}
		wrong := errors.New("wrong")
		start := time.Now()
		err := tell.while(func() string { return time.Since(start).String() }, func() error {
			time.Sleep(500 * time.Millisecond)
			return wrong
		})
		time.Sleep(time.Hour)
		const clear = "\r\x1b[K"
		if want := clear + "200ms" + clear + "400ms" + clear; b.String() != want || err != wrong {
			t.Errorf("%q, %v, want %q", b.String(), err, want)
		}
	})
}

func TestEveryCommandHasHelp(t *testing.T) {
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		if cmd.Name() == "completion" || cmd.Name() == "help" || cmd.Name() == toy.Name {
			return
		}
		if cmd.Short == "" || cmd.Long == "" || !strings.Contains(cmd.Example, cmd.CommandPath()) && cmd.HasParent() {
			t.Errorf("%s: its help lacks a text or a worked example", cmd.CommandPath())
		}
		for _, c := range cmd.Commands() {
			visit(c)
		}
	}
	a := &app{config: defaultConfig()}
	visit(a.root())
}

// A command that fails says nothing on stdout, and one line on stderr.
func TestErrorsAreOneLine(t *testing.T) {
	t.Setenv("OKAZAKI_CONFIG", "")
	for _, args := range [][]string{{"nosuch"}, {"jobs", "show"}, {"worker", "--store", "s3://"}, {"composition", "--store", "dir:x?y=z", "a"}, {"--nosuch"}, {"-x"}} {
		var out, errs bytes.Buffer
		if code := command(context.Background(), args, strings.NewReader(""), &out, &errs); code != exitMend {
			t.Errorf("%q: exit code %d", args, code)
		}
		if out.Len() > 0 || strings.Count(errs.String(), "\n") != 1 || !strings.HasPrefix(errs.String(), "okazaki: ") || !strings.Contains(errs.String(), "; ") {
			t.Errorf("%q: %q and %q", args, &out, &errs)
		}
	}
}
