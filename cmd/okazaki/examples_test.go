package main

import (
	"archive/zip"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"okazaki/analysis/virus"
)

// TestExamplesAreRun wants each example of virus' help in a script.
func TestExamplesAreRun(t *testing.T) {
	script, err := os.ReadFile("testdata/script/examples.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(virus.Analysis.Example) {
		if line = strings.TrimSpace(line); !strings.Contains(string(script), "\nexample "+line+"\n") {
			t.Errorf("no script runs %q", line)
		}
	}
}

// example runs its arguments as a shell does, and wants them to end well.
func example(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("an example works")
	}
	ts.Check(ts.Exec("sh", "-c", strings.Join(args, " ")))
}

// zipped makes a zip file of others: zipped NAME FILES…
func zipped(ts *testscript.TestScript, neg bool, args []string) {
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	z := zip.NewWriter(f)
	for _, name := range args[1:] {
		w, err := z.Create(name)
		ts.Check(err)
		_, err = w.Write([]byte(ts.ReadFile(name)))
		ts.Check(err)
	}
	ts.Check(errors.Join(z.Close(), f.Close()))
}
