package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spf13/cobra"

	"okazaki"
	"okazaki/client"
	"okazaki/scatter"
)

func TestProgressLine(t *testing.T) {
	job := &okazaki.Job{Analysis: "composition", Stages: []string{"genome", "windows"}, Limits: okazaki.Limits{Budget: 5000 << 10}}
	for _, verbose := range []bool{false, true} {
		w := newWatcher(&teller{verbose: verbose}, &place{Store: &client.Store{}}, "id", job)
		start := time.Now()
		for _, c := range []struct {
			after           time.Duration
			p               scatter.Progress
			live            int64
			want, machinery string
		}{
			{0, scatter.Progress{Units: 3_000_000, Open: 1},
				0, "Counting 0 of 3,000,000 bases (0 %)", "; step 1 of 2, 0/s, spans 0 done, 1 open; 0 of 5000 GB-s"},
			{time.Second, scatter.Progress{Units: 3_000_000, Open: 1},
				300_000, "Counting 300,000 of 3,000,000 bases (10 %), about 19 s left", "; step 1 of 2, 300.0k/s, spans 0 done, 1 open; 0 of 5000 GB-s"},
			{2 * time.Second, scatter.Progress{Units: 3_000_000, Done: 1_500_000, Spans: 4, Open: 9, Spent: 1500},
				0, "Counting 1,500,000 of 3,000,000 bases (50 %), about 6 s left", "; step 1 of 2, 750.0k/s, spans 4 done, 9 open; 1.46 of 5000 GB-s"},
			{3 * time.Second, scatter.Progress{Stage: 1, Units: 20, Done: 5, Spans: 15, Open: 2, Spent: 20 << 10},
				0, "Comparing the windows with the genome (25 %)", "; step 2 of 2, 0/s, spans 15 done, 2 open; 20 of 5000 GB-s"},
			{9 * time.Second, scatter.Progress{Stage: 1, Units: 20, Done: 5, Spans: 15, Open: 2, Spent: 20 << 10},
				0, "Comparing the windows with the genome (25 %), waiting for workers that have begun it", "; step 2 of 2, 0/s, spans 15 done, 2 open; 20 of 5000 GB-s"},
			{9 * time.Second, scatter.Progress{Stage: 1, Units: 20, Done: 15, Spans: 16, Open: 1, Spent: 20 << 10},
				15, "Comparing the windows with the genome (100 %), waiting for workers that have begun it", "; step 2 of 2, 2/s, spans 16 done, 1 open; 20 of 5000 GB-s"}, // five were worked for nothing
			{10 * time.Second, scatter.Progress{Stage: 1, Units: 20, Done: 20, Spans: 17, Spent: 20 << 10},
				0, "Comparing the windows with the genome (100 %), preparing the next step", "; step 2 of 2, 2/s, spans 17 done, 0 open; 20 of 5000 GB-s"},
		} {
			w.live.Worked("id", c.p.Stage, c.live)
			want := c.want
			if verbose {
				want += c.machinery
			}
			if got, _ := w.line(c.p, start.Add(c.after)); got != want {
				t.Errorf("after %v:\n%s, want\n%s", c.after, got, want)
			}
		}
	}
}

func TestAbout(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Second: "a few seconds left", 20400 * time.Millisecond: "about 20 s left", 59 * time.Second: "about 59 s left",
		90 * time.Second: "about 2 min left", 59*time.Minute + 40*time.Second: "about 60 min left", 125 * time.Minute: "about 2 h 5 min left",
	} {
		if got := about(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

// Each analysis says of all its stages what they do.
func TestEveryStageHasWords(t *testing.T) {
	for _, an := range analyses {
		if an.Name == toy.Name || an.Progress == nil {
			continue
		}
		job := &okazaki.Job{Analysis: an.Name}
		for _, p := range an.Params {
			if p.Required {
				job.Inputs = append(job.Inputs, okazaki.Input{Role: p.Name, Name: p.Name})
			}
		}
		doing := an.Progress(job)
		if len(doing) != len(an.Stages) {
			t.Errorf("%s says %v of its stages %v", an.Name, doing, an.Stages)
		}
		for i, d := range doing {
			if d.Verb == "" || d.Share < 0 || i == 0 && d.Share == 0 {
				t.Errorf("%s: %+v", an.Name, d)
			}
		}
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 134100: "134,100", -1234567: "-1,234,567", -123: "-123"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
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

// On a terminal warnings have a colour, unless the user wants none; elsewhere
// nothing has. The line of progress is as wide as the terminal is by now.
func TestColorsAndWidth(t *testing.T) {
	for _, c := range []struct {
		color bool
		want  string
	}{{true, "\x1b[33mokazaki: careful\x1b[0m\nokazaki: done\n\x1b[31mokazaki: wrong\x1b[0m\n"}, {false, "okazaki: careful\nokazaki: done\nokazaki: wrong\n"}} {
		var b bytes.Buffer
		tell := &teller{w: &b, width: 80, color: c.color}
		tell.warn("w", "careful")
		tell.say("d", "done")
		tell.fail(errors.New("wrong"), 1)
		if b.String() != c.want {
			t.Errorf("%q, want %q", b.String(), c.want)
		}
	}
	var b bytes.Buffer
	width := 10
	tell := &teller{w: &b, width: 80, size: func() int { return width }}
	tell.progress("Aligning genomes")
	width = 12
	tell.progress("Aligning genomes")
	if want := "\r\x1b[KAligning \r\x1b[KAligning ge"; b.String() != want {
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

// The commands of a few more analyses fit a screen too.
func TestBriefHelpHasRoomForMoreAnalyses(t *testing.T) {
	kept := analyses
	defer func() { analyses = kept }()
	for n := range 6 {
		root := (&app{config: defaultConfig()}).root()
		help := briefHelp(root)
		if lines := strings.Count(help, "\n"); lines > screenLines {
			t.Errorf("with %d more analyses: %d lines\n%s", n, lines, help)
		}
		for _, c := range root.Commands() {
			if c.IsAvailableCommand() && c.Name() != "help" && !strings.Contains(help, " "+c.Name()) {
				t.Errorf("with %d more analyses: %s is missing", n, c.Name())
			}
		}
		another := kept[0]
		another.Name = fmt.Sprintf("another%d", n)
		analyses = append(slices.Clip(analyses), another)
	}
}

// What -h says fits a screen, and no line of it but an example is cut by one.
func TestBriefHelpFitsAScreen(t *testing.T) {
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		rows := 0
		for line := range strings.Lines(briefHelp(cmd)) {
			if strings.HasPrefix(line, "  "+toy.Name+" ") { // in tests only
				continue
			}
			n := len([]rune(strings.TrimSuffix(line, "\n")))
			rows += max(1, (n+screenColumns-1)/screenColumns)
			if n > screenColumns && !strings.Contains(cmd.Example, strings.TrimSpace(line)) {
				t.Errorf("%s -h: %d columns: %s", cmd.CommandPath(), n, line)
			}
		}
		if rows > screenLines {
			t.Errorf("%s -h takes %d lines", cmd.CommandPath(), rows)
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

func TestReadingIsInBytes(t *testing.T) {
	for want, read := range map[string][2]int64{
		"Reading the input, 4.1MB of 23MB (17 %)": {4_100_000, 23_000_000},
		"Reading the input, 0 of 1.5GB (0 %)":     {0, 1_500_000_000},
		"Reading the input, 0 of 0 (0 %)":         {0, 0},
	} {
		if got := readOf(read[0], read[1]); got != want {
			t.Errorf("%d of %d bytes: %q, want %q", read[0], read[1], got, want)
		}
	}
}
