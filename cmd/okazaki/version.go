package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/spf13/cobra"
)

// versionCommand tells which build this is.
func (a *app) versionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Say which build this is, and the versions of its analyses",
		Long:    "Says which build this is. Workers leave alone the jobs of an analysis, or a version\nof it, that their build does not have.",
		Example: "  okazaki version\n  okazaki version --json",
		Args:    none,
		RunE: func(*cobra.Command, []string) error {
			v := buildVersion()
			if a.config.json {
				return json.NewEncoder(a.out).Encode(v)
			}
			text := fmt.Sprintf("okazaki %s\n", v.line())
			for _, an := range analyses {
				text += fmt.Sprintf("%s %d\n", an.Name, v.Analyses[an.Name])
			}
			_, err := io.WriteString(a.out, text)
			return err
		},
	}
	a.config.tellFlags(cmd.Flags())
	return cmd
}

type version struct {
	Version  string         `json:"version"`
	Commit   string         `json:"commit"`
	Date     string         `json:"date"`  // of the commit
	Build    string         `json:"build"` // of the program's bytes
	Go       string         `json:"go"`
	Analyses map[string]int `json:"analyses"`
}

// released is "VERSION COMMIT DATE", which the linker sets where the source is
// not a checkout that Go can ask: in a package's build from an archive.
var released string

func buildLine() string {
	v := buildVersion()
	return v.line()
}

func buildVersion() version {
	v := version{Version: "(devel)", Commit: "unknown", Date: "unknown", Analyses: map[string]int{}}
	for _, an := range analyses {
		v.Analyses[an.Name] = an.Version
	}
	v.Build = buildID()
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Go = info.GoVersion
	v.name(info, released)
	return v
}

// name sets the build's version, commit and date from what Go and the linker
// know.
func (v *version) name(info *debug.BuildInfo, released string) {
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	changed := ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.time":
			v.Date, _, _ = strings.Cut(s.Value, "T")
		case "vcs.modified":
			if s.Value == "true" {
				changed = "+changes"
			}
		}
	}
	v.Commit += changed
	if parts := strings.Fields(released); len(parts) == 3 {
		v.Version, v.Commit, v.Date = parts[0], parts[1], parts[2]
	}
}

// line is the build in one line.
func (v *version) line() string {
	return fmt.Sprintf("%s, commit %s of %s, build %s, %s", v.Version, v.Commit, v.Date, v.Build, v.Go)
}

// buildID is the first digits of the SHA-256 of this program: two programs of
// one id are the same.
var buildID = sync.OnceValue(func() string {
	path, err := os.Executable()
	if err != nil {
		return "unknown"
	}
	f, err := os.Open(path)
	if err != nil {
		return "unknown"
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "unknown"
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
})
