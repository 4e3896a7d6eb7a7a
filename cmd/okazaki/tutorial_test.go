package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what the commands of the tutorials print into the tutorials")

// TestTutorials runs the commands of each tutorial, in one new folder, and
// compares what they print with what the tutorial shows.
func TestTutorials(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("to run it: use a system that has a POSIX shell")
	}
	documents, _ := filepath.Glob("../../docs/tutorial-*.md")
	if len(documents) != 3 {
		t.Errorf("tutorials %q, want one for each of virus, guide and variant", documents)
	}
	for _, path := range documents {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".md"), func(t *testing.T) {
			t.Parallel()
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			after := replayed(t, string(b))
			if *update && after != string(b) {
				if err := os.WriteFile(path, []byte(after), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

var consoles = regexp.MustCompile("(?s)```console\n(.*?)```")

// replayed returns a document with what its commands print now, where that differs.
func replayed(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	environment := append(os.Environ(), "LC_ALL=C", "XDG_CACHE_HOME="+filepath.Join(dir, "cache"), "XDG_CONFIG_HOME="+filepath.Join(dir, "config"))
	commands := 0
	after := consoles.ReplaceAllStringFunc(text, func(block string) string {
		var b strings.Builder
		b.WriteString("```console\n")
		for _, s := range steps(consoles.FindStringSubmatch(block)[1]) {
			commands++
			cmd := exec.Command("sh", "-c", s.command)
			cmd.Dir, cmd.Env = dir, environment
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%s: %v", s.command, err)
			}
			if !shows(s.output, string(out)) {
				t.Errorf("$ %s\nprints\n%sand the tutorial shows\n%s", s.command, out, s.output)
				s.output = string(out)
			}
			b.WriteString("$ " + s.command + "\n" + s.output)
		}
		return b.String() + "```"
	})
	if commands == 0 {
		t.Error("no commands")
	}
	return after
}

// A step is a command with what it prints.
type step struct{ command, output string }

// steps returns the commands of a console. A command goes on in the next line
// after a backslash.
func steps(console string) (all []step) {
	goesOn := false
	for line := range strings.Lines(console) {
		command, begins := strings.CutPrefix(line, "$ ")
		switch {
		case begins:
			all = append(all, step{command: command})
		case goesOn:
			all[len(all)-1].command += line
		case len(all) > 0:
			all[len(all)-1].output += line
		}
		goesOn = (begins || goesOn) && strings.HasSuffix(line, "\\\n")
	}
	for i := range all {
		all[i].command = strings.TrimSuffix(all[i].command, "\n")
	}
	return all
}

// shows says whether a text is what a pattern shows of it, in which … stands for
// a part of a line, and alone in a line for any lines.
func shows(pattern, text string) bool {
	var p strings.Builder
	for line := range strings.Lines(pattern) {
		if line == "…\n" {
			p.WriteString("(?:.*\n)*")
			continue
		}
		p.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), "…", "[^\n]*"))
	}
	return regexp.MustCompile("^" + p.String() + "$").MatchString(text)
}

func TestShows(t *testing.T) {
	const text = "done in 0.2 s\na\tb\nc\n"
	for pattern, want := range map[string]bool{
		text: true, "done in … s\na\tb\nc\n": true, "…\nc\n": true, "done in … s\n…\n": true, "…\n": true,
		"done in … s\n": false, "done in … s\na\tb\n": false, "a\tb\nc\n": false, "…\nb\n": false, "done in 0.3 s\n…\n": false, "": false,
	} {
		if shows(pattern, text) != want {
			t.Errorf("%q: %v", pattern, !want)
		}
	}
	got := steps("$ one \\\n  more\nout\n$ two\n")
	if len(got) != 2 || got[0] != (step{"one \\\n  more", "out\n"}) || got[1] != (step{"two", ""}) {
		t.Errorf("%q", got)
	}
}
