package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"okazaki/scatter"
)

// asOkazaki makes this test binary the command itself.
const asOkazaki = "OKAZAKI_TEST_AS_COMMAND"

// withoutToy leaves the toy analysis out of the build.
const withoutToy = "OKAZAKI_TEST_WITHOUT_TOY"

// asMachine has the process take itself to run on a machine of that name.
const asMachine = "OKAZAKI_TEST_AS_MACHINE"

func TestMain(m *testing.M) {
	if os.Getenv(withoutToy) == "" {
		analyses = append(analyses, toy)
	}
	if name := os.Getenv(asMachine); name != "" {
		here := &scatter.Health{Machine: name, Host: name}
		health = func() *scatter.Health { return here }
	}
	if os.Getenv(asOkazaki) != "" {
		os.Exit(run())
	}
	testscript.Main(m, map[string]func(){"okazaki": func() { os.Exit(run()) }})
}

// The scripts are worked examples of the command line.
func TestScripts(t *testing.T) {
	genomes, err := filepath.Abs("../../analysis/composition/testdata")
	if err != nil {
		t.Fatal(err)
	}
	viruses, err := filepath.Abs("../../analysis/virus/testdata")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("GENOMES", genomes)
			env.Setenv("VIRUSES", viruses)
			env.Setenv("XDG_CACHE_HOME", env.Getenv("WORK")+"/cache")
			env.Setenv("XDG_CONFIG_HOME", env.Getenv("WORK")+"/config")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "example": example, "zipped": zipped},
	})
}

// exits runs a command and checks its exit code: exits 2 okazaki …
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit code %d, not %d", code, want)
	}
}
