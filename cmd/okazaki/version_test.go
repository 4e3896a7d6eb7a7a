package main

import (
	"runtime/debug"
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
