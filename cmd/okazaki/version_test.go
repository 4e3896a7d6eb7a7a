package main

import (
	"bytes"
	"errors"
	"runtime/debug"
	"strings"
	"testing"
)

// A build names its version, commit and date: its checkout's, or the ones that
// a release was built with.
func TestVersionNamesTheBuild(t *testing.T) {
	checkout := debug.BuildInfo{
		Main: debug.Module{Version: "v1.2.3"},
		Settings: []debug.BuildSetting{
			{Key: "vcs.modified", Value: "true"}, {Key: "vcs.revision", Value: "0a1b2c"}, {Key: "vcs.time", Value: "2026-11-30T12:00:00Z"},
		},
	}
	for name, c := range map[string]struct {
		info     debug.BuildInfo
		released string
		want     string
	}{
		"checkout":                   {checkout, "", "v1.2.3, commit 0a1b2c+changes of 2026-11-30, build b, g"},
		"release":                    {checkout, "v2.0.0 ffff 2027-01-02", "v2.0.0, commit ffff of 2027-01-02, build b, g"},
		"archive":                    {debug.BuildInfo{}, "v2.0.0 ffff 2027-01-02", "v2.0.0, commit ffff of 2027-01-02, build b, g"},
		"archive built without word": {debug.BuildInfo{}, "", "(devel), commit unknown of unknown, build b, g"},
		"half a word":                {debug.BuildInfo{}, "v2.0.0", "(devel), commit unknown of unknown, build b, g"},
	} {
		v := version{Version: "(devel)", Commit: "unknown", Date: "unknown", Build: "b", Go: "g"}
		v.name(&c.info, c.released)
		if got := v.line(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// What can't be written of what a command says is an error of it.
func TestWhatCanNotBeSaid(t *testing.T) {
	full := errors.New("no space left on device")
	for _, args := range [][]string{{"version"}, {"--version"}, {"help"}, {"virus", "-h"}, {"virus", "--help"}, {"version", "--json"}, {"schema", "virus"}, {"jobs"}} {
		var errs bytes.Buffer
		code := command(t.Context(), args, strings.NewReader(""), failing{full}, &errs)
		if code != exitFailed || !strings.Contains(errs.String(), full.Error()) {
			t.Errorf("%q: exit code %d, %s", args, code, errs.String())
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
