package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"okazaki/tools/checkout"
)

// A copy that was moved builds, keeps the rules of the house, and says where it
// is from; nothing of the old path is left.
func TestMovedModuleBuilds(t *testing.T) {
	root := t.TempDir()
	if err := checkout.Copy("../..", root); err != nil {
		t.Fatal(err)
	}
	const home = "example.org/team/okazaki"
	if err := move(root, home); err != nil {
		t.Fatal(err)
	}
	goTool := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("go", args...)
		cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false", "GOWORK=off")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	// All packages have the imports that they need, and the tests' too.
	goTool("list", "-deps", "-test", "./...")
	goTool("build", "-gcflags="+home+"/...=-N -l", "-ldflags=-s -w", "-o", filepath.Join(t.TempDir(), "okazaki"), "./cmd/okazaki")
	goTool("test", ".")
	for line := range strings.Lines(goTool("list", "./...")) {
		if line = strings.TrimSpace(line); line != home && !strings.HasPrefix(line, home+"/") {
			t.Errorf("package %s", line)
		}
	}
	if name := strings.TrimSpace(goTool("list", "-C", "tools", "-m")); name != home+"/tools" {
		t.Errorf("the tools are %s", name)
	}
}

func TestRenamed(t *testing.T) {
	packages := map[string]bool{"okazaki": true, "okazaki/scatter": true, "okazaki/cmd/okazaki": true}
	const before = `package p

import (
	"okazaki"
	"okazaki/scatter"
)

var _ = []string{"okazaki", "okazaki/cmd/okazaki", "okazaki/config", "okazaki demo"}
`
	const after = `package p

import (
	"x.org/o"
	"x.org/o/scatter"
)

var _ = []string{"okazaki", "x.org/o/cmd/okazaki", "okazaki/config", "okazaki demo"}
`
	got, err := renamed([]byte(before), packages, "okazaki", "x.org/o")
	if err != nil || string(got) != after {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestPathMustBeFetchable(t *testing.T) {
	for _, bad := range []string{"", "okazaki", "example.org", "https://example.org/okazaki", "example.org/o kazaki", "example.org/okazaki/"} {
		if err := move(t.TempDir(), bad); err == nil || !strings.Contains(err.Error(), "can't be fetched") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
