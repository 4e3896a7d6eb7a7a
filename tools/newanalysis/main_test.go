package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"okazaki/tools/checkout"
)

// An analysis that was begun is a command, keeps the rules of the house, and fails
// its test for want of rows alone. Once it has them it passes.
func TestNewAnalysis(t *testing.T) {
	root := t.TempDir()
	if err := checkout.Copy("../..", root); err != nil {
		t.Fatal(err)
	}
	if err := begin(root, "lengths"); err != nil {
		t.Fatal(err)
	}
	goTool := func(args ...string) (string, error) {
		cmd := exec.Command("go", args...)
		cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false", "GOWORK=off")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	passes := func(args ...string) {
		t.Helper()
		if out, err := goTool(args...); err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	passes("vet", "./analysis/lengths", "./cmd/okazaki")
	passes("test", ".")
	out, err := goTool("test", "./analysis/lengths")
	if err == nil || !strings.Contains(out, "lengths.tsv is") {
		t.Fatalf("the test of an analysis without rows: %v\n%s", err, out)
	}
	for line := range strings.Lines(out) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "--- FAIL: TestAnalysis/"); ok && strings.Count(name, "/") > 0 && !strings.Contains(name, "/answer") {
			t.Errorf("it also fails %s", name)
		}
	}
	file := filepath.Join(root, "analysis/lengths/lengths.go")
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	filled := strings.Replace(string(src), "\t// The biology goes here: ", "\tif n := len(rec.Seq); n >= e.least {\n\t\trows.Add(n)\n\t}\n\t// ", 1)
	if err := os.WriteFile(file, []byte(filled), 0o666); err != nil {
		t.Fatal(err)
	}
	passes("test", "./analysis/lengths")
	for _, name := range []string{"analysis/lengths/lengths.go", "analysis/lengths/lengths_test.go", "cmd/okazaki/analyses.go"} {
		if out, err := exec.Command("gofmt", "-l", filepath.Join(root, name)).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("gofmt: %s %v", out, err)
		}
	}
}

func TestNamesThatCannotBe(t *testing.T) {
	for name, want := range map[string]string{
		"": "one word", "Lengths": "one word", "two-words": "one word", "func": "one word", "main": "one word", "../x": "one word",
		"orf": "is there already", "kit": "is there already", "report": "is there already", "files": "docs/files.md is there already",
	} {
		if err := begin("../..", name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", name, err)
		}
	}
}
