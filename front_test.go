package okazaki_test

import (
	"errors"
	"go/ast"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// documents calls visit with every file of the checkout whose name has the ending, but not
// with files of other authors.
func documents(t *testing.T, ending string, visit func(path, text string)) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "dist"):
			return fs.SkipDir
		case !d.Type().IsRegular() || !strings.HasSuffix(path, ending):
			return nil
		}
		n++
		b, err := os.ReadFile(path)
		visit(filepath.ToSlash(path), string(b))
		return err
	})
	if err != nil || n == 0 {
		t.Fatalf("%d files %s, %v", n, ending, err)
	}
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// TestLinksLead follows each link of a document to another file.
func TestLinksLead(t *testing.T) {
	documents(t, ".md", func(path, text string) {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			to, _, _ := strings.Cut(m[1], "#")
			if to == "" || strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), filepath.FromSlash(to))); errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: the link to %s leads nowhere", path, m[1])
			}
		}
	})
}

// TestWorkflowsRunWhatWeRun parses what GitHub reads. A change and a release are
// checked by .ci/run, as here.
func TestWorkflowsRunWhatWeRun(t *testing.T) {
	documents(t, ".yml", func(path, text string) {
		var v map[string]any
		if err := yaml.Unmarshal([]byte(text), &v); err != nil || len(v) == 0 {
			t.Errorf("%s: %v", path, err)
		}
		if strings.HasPrefix(path, ".github/workflows/") && !strings.Contains(text, "run: bash .ci/run\n") {
			t.Errorf("%s does not run .ci/run", path)
		}
	})
}

// TestCitation wants what a citation needs, under the licence of LICENSE.
func TestCitation(t *testing.T) {
	b, err := os.ReadFile("CITATION.cff")
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		CFF     string `yaml:"cff-version"`
		Message string
		Title   string
		License string
		Authors []struct{ Name string }
	}
	if err := yaml.Unmarshal(b, &c); err != nil || c.CFF != "1.2.0" || c.Message == "" || c.Title == "" || c.License != "Apache-2.0" || len(c.Authors) != 1 {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestMakeKnowsSixCommands asks make what each would do.
func TestMakeKnowsSixCommands(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Skipf("to run it: install make: %v", err)
	}
	for command, want := range map[string]string{
		"build": "go build -o . ./cmd/okazaki", "test": "go test ./...", "lint": "go vet ./...", "install": "go install ./cmd/okazaki",
		"demo": "go run ./cmd/okazaki demo", "release": "go run -C tools ./release",
	} {
		out, err := exec.Command("make", "--dry-run", "--no-print-directory", command).CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("make %s: %s (%v)", command, out, err)
		}
	}
}

// TestFuzzersHaveSeeds wants a committed corpus for each function that is fuzzed.
func TestFuzzersHaveSeeds(t *testing.T) {
	goFiles(t, func(path string, f *ast.File, _ []byte) {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !strings.HasPrefix(fn.Name.Name, "Fuzz") || !strings.HasSuffix(path, "_test.go") {
				continue
			}
			folder := filepath.Join(filepath.Dir(path), "testdata", "fuzz", fn.Name.Name)
			if seeds, _ := filepath.Glob(filepath.Join(folder, "*")); len(seeds) < 3 {
				t.Errorf("%s has %d seeds; commit three or more of what go test -fuzz finds, or of your own making", folder, len(seeds))
			}
		}
	})
}
