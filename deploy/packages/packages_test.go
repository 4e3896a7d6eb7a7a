// Package packages has only tests: that each package does what it says.
package packages_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// A recipe is Bioconda's, as far as the tests look.
type recipe struct {
	Package struct{ Name, Version string }
	Source  struct{ URL, SHA256 string }
	Build   struct{ Script []string }
	Test    struct{ Commands []string }
	About   struct{ License, Summary string }
}

// readRecipe fills in the variables of the recipe, as conda does.
func readRecipe(t *testing.T) (r recipe) {
	t.Helper()
	text, set := "", map[string]string{`compiler("go-nocgo")`: "go", `pin_subpackage(name, max_pin="x.x")`: "okazaki"}
	for line := range strings.Lines(read(t, "bioconda", "meta.yaml")) {
		if rest, ok := strings.CutPrefix(line, "{% set "); ok {
			name, value, _ := strings.Cut(rest, " = ")
			set[name] = strings.Trim(strings.TrimSuffix(strings.TrimSpace(value), " %}"), `"`)
			continue
		}
		text += line
	}
	for name, value := range set {
		text = strings.ReplaceAll(text, "{{ "+name+" }}", value)
	}
	if strings.Contains(text, "{{") || strings.Contains(text, "{%") {
		t.Fatalf("a variable is not set:\n%s", text)
	}
	if err := yaml.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// absolute is a path that holds in another folder too.
func absolute(t *testing.T, path ...string) string {
	t.Helper()
	p, err := filepath.Abs(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// needs skips a test without a program.
func needs(t *testing.T, program, of string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("to run it: install %s, of Debian's package %s: %v", program, of, err)
	}
}

// said runs a program in a folder and returns its standard output.
func said(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s%s", cmd, err, out.String(), errs.String())
	}
	return out.String()
}

// inputs are files of a small virus, in a new folder.
func inputs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("galaxy", "test-data"))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// bash runs a command in a folder, with the okazaki of a prefix.
func bash(t *testing.T, dir, prefix, command string) string {
	t.Helper()
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", command)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+filepath.Join(prefix, "bin")+":"+os.Getenv("PATH"), "PREFIX="+prefix, "CGO_ENABLED=0", "GOFLAGS=")
	return said(t, cmd)
}

// TestPackages builds okazaki as the recipe says, and has each package use it.
func TestPackages(t *testing.T) {
	if testing.Short() {
		t.Skip("to run it: leave out -short, it builds and runs okazaki")
	}
	if runtime.GOOS == "windows" {
		t.Skip("to run it: use a system that has bash")
	}
	needs(t, "bash", "bash")
	r, prefix := readRecipe(t), t.TempDir()
	for _, line := range r.Build.Script {
		if !strings.HasPrefix(line, "go-licenses") { // it asks the network
			bash(t, "../..", prefix, line)
		}
	}
	t.Run("bioconda", func(t *testing.T) {
		dir := t.TempDir()
		t.Setenv("HOME", dir)
		for _, line := range r.Test.Commands {
			bash(t, dir, prefix, line)
		}
	})
	t.Run("homebrew", func(t *testing.T) { checkFormula(t, r) })
	t.Run("nextflow", func(t *testing.T) { checkNextflow(t, prefix, r.Package.Version) })
	t.Run("snakemake", func(t *testing.T) { checkSnakemake(t, prefix) })
	t.Run("galaxy", func(t *testing.T) { checkGalaxy(t, prefix, r.Package.Version) })
	t.Run("multiqc", func(t *testing.T) { checkMultiQC(t, prefix) })
}

// checkFormula holds Homebrew's formula against Bioconda's recipe.
func checkFormula(t *testing.T, r recipe) {
	needs(t, "ruby", "ruby")
	var f struct {
		Desc, URL, SHA256, License string
		Build                      []string
	}
	out := said(t, exec.Command("ruby", "testdata/formula.rb", absolute(t, "homebrew", "okazaki.rb")))
	if err := json.Unmarshal([]byte(out), &f); err != nil {
		t.Fatal(err)
	}
	if f.URL != r.Source.URL || f.SHA256 != r.Source.SHA256 || f.License != r.About.License {
		t.Errorf("the formula names %s %s, the recipe %s %s", f.URL, f.SHA256, r.Source.URL, r.Source.SHA256)
	}
	if len(f.Desc) > 80 || strings.HasSuffix(f.Desc, ".") || strings.HasPrefix(strings.ToLower(f.Desc), "okazaki") {
		t.Errorf("Homebrew does not take the description %q", f.Desc)
	}
	for _, want := range []string{"build", "-trimpath", "-buildvcs=false", "lambda.norpc", "./cmd/okazaki"} {
		if !slices.Contains(f.Build, want) || !strings.Contains(r.Build.Script[0], want) {
			t.Errorf("%q: the formula builds with %q, the recipe with %s", want, f.Build, r.Build.Script[0])
		}
	}
	if want := fmt.Sprintf("-X 'main.released=v%s homebrew 1970-01-01'", r.Package.Version); !slices.ContainsFunc(f.Build, func(arg string) bool { return strings.HasSuffix(arg, want) }) {
		t.Errorf("it builds with %q, without %s", f.Build, want)
	}
}

// TestYAML parses every YAML file of the packages.
func TestYAML(t *testing.T) {
	n := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); err != nil || ext != ".yml" && ext != ".yaml" || strings.HasPrefix(path, "bioconda") {
			return err
		}
		n++
		var v map[string]any
		if err := yaml.Unmarshal([]byte(read(t, path)), &v); err != nil || len(v) == 0 {
			t.Errorf("%s: %v", path, err)
		}
		return nil
	})
	if err != nil || n < 8 {
		t.Errorf("%d files, %v", n, err)
	}
}
