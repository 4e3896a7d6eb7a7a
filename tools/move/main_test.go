package main

import (
	"io/fs"
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
	const home = "example.com/genomes/okazaki"
	for _, path := range []string{"example.net/first/okazaki", home} { // it may move again
		if err := move(root, path); err != nil {
			t.Fatal(err)
		}
	}
	checkAddress(t, root, home)
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

// checkAddress wants an address in the documents and packages, and no other.
func checkAddress(t *testing.T, root, home string) {
	t.Helper()
	named := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.HasSuffix(path, ".go") {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), "example.org/team") || strings.Contains(string(b), "example.net/first") {
			t.Errorf("%s has the old address", path)
		}
		named += strings.Count(string(b), home)
		return err
	})
	if err != nil || named < 15 {
		t.Errorf("%d places have the address, %v", named, err)
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
