// Command release builds what a release of Okazaki is made of: a program for
// each target, archives, packages, an image and the list of what is inside.
//
//	go run -C tools ./release -o dist
//
// Its one invariant: the same commit and the same Go give the same bytes,
// wherever the source lies and whenever it is built.
package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// A target is what a program runs on.
type target struct{ os, arch string }

func (t target) String() string { return t.os + "/" + t.arch }

// targets are those of a release.
var targets = []target{{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"}}

// A release is one that is being built.
type release struct {
	source string // folder of the main module
	dist   string // folder that it is written to
	work   string // folder of what is in the making
	stamp  stamp
	goTool string
	say    func(format string, args ...any)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	source := flags.String("source", "..", "`folder` of Okazaki's source, a checkout")
	dist := flags.String("o", "../dist", "`folder` to write to; it must be new or empty")
	version := flags.String("version", "", "`version` of the release, such as v1.2.3; by default the tag of the commit")
	only := flags.String("targets", "", "`OS/ARCH,...` to build for instead of all")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(*only)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "okazaki-release-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	r := &release{source: *source, dist: *dist, work: work, goTool: "go", say: func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }}
	if r.stamp, err = stampOf(ctx, *source, *version); err != nil {
		return err
	}
	return r.build(ctx, chosen)
}

// choose returns the targets that are named, in the order of targets.
func choose(names string) ([]target, error) {
	if names == "" {
		return targets, nil
	}
	var chosen []target
	wanted := strings.Split(names, ",")
	for _, t := range targets {
		if slices.Contains(wanted, t.String()) {
			chosen = append(chosen, t)
		}
	}
	if len(chosen) != len(wanted) {
		return nil, fmt.Errorf("-targets %s: there are %v", names, targets)
	}
	return chosen, nil
}

// build writes everything of a release for the chosen targets.
func (r *release) build(ctx context.Context, chosen []target) error {
	if err := emptyFolder(r.dist); err != nil {
		return err
	}
	here := target{runtime.GOOS, runtime.GOARCH}
	native, err := r.program(ctx, here)
	if err != nil {
		return err
	}
	docs, err := r.docs(ctx, native)
	if err != nil {
		return err
	}
	images := map[target]string{}
	for _, t := range chosen {
		program, err := r.program(ctx, t)
		if err != nil {
			return err
		}
		if err := r.sbom(t, program); err != nil {
			return err
		}
		if err := r.archive(t, program, docs); err != nil {
			return err
		}
		if t.os == "linux" {
			images[t] = program
			if err := r.packages(t, program, docs); err != nil {
				return err
			}
		}
	}
	if len(images) > 0 {
		if err := r.image(images); err != nil {
			return err
		}
	}
	return r.checksums()
}

// emptyFolder makes a folder that has nothing in it.
func emptyFolder(dir string) error {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty: name another folder with -o, or delete it", dir)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.MkdirAll(dir, 0o777)
}

// checksums writes SHA256SUMS, which sha256sum --check reads.
func (r *release) checksums() error {
	entries, err := os.ReadDir(r.dist) // by name
	if err != nil {
		return err
	}
	var sums strings.Builder
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(r.dist, e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(b), e.Name())
		r.say("%9d  %s", len(b), e.Name())
	}
	return os.WriteFile(filepath.Join(r.dist, "SHA256SUMS"), []byte(sums.String()), 0o666)
}

// output runs a program and returns what it prints.
func output(ctx context.Context, dir string, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, said.String())
	}
	return out, nil
}
