package scatter

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A mutant is a change of the package that breaks a promise, and the tests
// that must fail for it.
type mutant struct {
	name string
	file string
	old  string // occurs once in file
	new  string
	run  string // as go test's -run has it; "": the simulator
}

// mutantSeeds is how many seeds of the simulator a mutant is given.
const mutantSeeds = "1000"

// A mutant takes seconds, and there are a hundred.
var everyMutant = flag.Int("mutants", 20, "run each n-th mutant; 1 runs all")

// TestMutants proves that the tests see each of the promises broken: every
// mutant must compile, and must be caught by the tests that it names.
func TestMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("to run it: leave out -short, it builds the package once for each mutant")
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for i, m := range append(mutants, moneyMutants...) {
		if names[m.name] {
			t.Errorf("%s: there are two of that name", m.name)
		}
		names[m.name] = true
		src, err := os.ReadFile(m.file)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(src), m.old); n != 1 || m.old == m.new {
			t.Errorf("%s: what is to be changed occurs %d times in %s", m.name, n, m.file)
			continue
		}
		if i%*everyMutant != 0 {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			out := m.test(t, dir, strings.Replace(string(src), m.old, m.new, 1))
			switch {
			case strings.Contains(out, "[build failed]"), strings.Contains(out, "[setup failed]"):
				t.Errorf("it does not compile:\n%s", out)
			case !strings.Contains(out, "--- FAIL") && !strings.Contains(out, "\npanic:") && !strings.Contains(out, "\nfatal error:"):
				t.Errorf("no test catches it:\n%s", out)
			default:
				t.Log(firstLines(out, 5))
			}
		})
	}
}

// test runs the mutant's tests with src in place of its file, and returns what
// they said.
func (m *mutant) test(t *testing.T, dir, src string) string {
	t.Helper()
	changed, overlay := filepath.Join(t.TempDir(), m.file), filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(changed, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(dir, m.file): changed}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(overlay, b, 0o600); err != nil {
		t.Fatal(err)
	}
	run := m.run
	if run == "" {
		run = "TestSimulated"
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-overlay", overlay, "-vet=off", "-ldflags=-s -w", "-gcflags=-N -l", "-failfast", "-timeout=60s",
		"-run", "^("+run+")$", ".", "-seeds", mutantSeeds, "-rapid.nofailfile")
	out, _ := cmd.CombinedOutput() // it is to fail
	return "\n" + string(out)
}

func firstLines(s string, n int) string {
	lines := strings.SplitN(s, "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "\n")
}
