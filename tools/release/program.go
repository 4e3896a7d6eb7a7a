package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// maxProgram is how many bytes a program may have: 25 MB, of 1024 kB.
const maxProgram = 25 << 20

// A stamp is what a build is of.
type stamp struct {
	version, commit string
	date            time.Time // of the commit
}

// words are the stamp as the program takes it.
func (s stamp) words() string {
	return s.version + " " + s.commit + " " + s.date.Format(time.DateOnly)
}

// number is the version without its v.
func (s stamp) number() string { return strings.TrimPrefix(s.version, "v") }

// stampOf returns the stamp of a checkout's commit. A version that is not given
// is the commit's tag.
func stampOf(ctx context.Context, source, version string) (stamp, error) {
	changed, err := output(ctx, source, nil, "git", "status", "--porcelain")
	if err != nil {
		return stamp{}, err
	}
	head, err := output(ctx, source, nil, "git", "show", "-s", "--format=%H %ct", "HEAD")
	if err != nil {
		return stamp{}, err
	}
	s := stamp{version: version}
	var seconds int64
	if _, err := fmt.Sscan(string(head), &s.commit, &seconds); err != nil {
		return stamp{}, fmt.Errorf("git says %q of HEAD: %w", head, err)
	}
	s.date = time.Unix(seconds, 0).UTC()
	if len(changed) > 0 {
		s.commit += "+changes"
	}
	if s.version == "" {
		tag, err := output(ctx, source, nil, "git", "describe", "--tags", "--exact-match", "--match", "v*", "HEAD")
		if err != nil {
			return stamp{}, fmt.Errorf("the commit has no tag: give it one, or name the version with -version: %w", err)
		}
		s.version = strings.TrimSpace(string(tag))
	}
	return s, nil
}

// notInlined are modules and packages whose speed no answer waits for. Go inlines their
// functions a thousand times over, which makes a program larger and no faster.
var notInlined = []string{
	"github.com/aws/...", "github.com/andybalholm/...", "github.com/spf13/...", "google.golang.org/...", "github.com/vbauerster/...",
	"net/...", "crypto/tls", "crypto/x509", "encoding/xml", "encoding/asn1", "text/...", "html/...", "regexp/...", "math/big", "vendor/...", "log/...", "mime/...",
	"./cmd/...", "./deploy/...", "./scatter", "./client", "./api/...", "./store/...", "./wake/...", "./analysis/report",
}

// tags leave out what nothing here speaks: Lambda's old protocol, and HTTP/2, which
// neither AWS nor a Beacon without TLS needs.
const tags = "lambda.norpc,nethttpomithttp2"

// program returns the path of the program for a target, built once.
func (r *release) program(ctx context.Context, t target) (string, error) {
	path := filepath.Join(r.work, t.os+"_"+t.arch, "okazaki")
	if t.os == "windows" {
		path += ".exe"
	}
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	r.say("building for %v", t)
	args := []string{"build", "-trimpath", "-buildvcs=false", "-tags", tags, "-ldflags", "-s -w -buildid= -X 'main.released=" + r.stamp.words() + "'"}
	for _, pattern := range notInlined {
		args = append(args, "-gcflags", pattern+"=-l")
	}
	args = append(args, "-o", path, "./cmd/okazaki")
	env := []string{"GOOS=" + t.os, "GOARCH=" + t.arch, "CGO_ENABLED=0", "GOFLAGS=", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=", "GOWORK=off"}
	if _, err := output(ctx, r.source, env, r.goTool, args...); err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.Size() > maxProgram {
		return "", fmt.Errorf("the program for %v has %d bytes, which is over %d", t, info.Size(), maxProgram)
	}
	return path, nil
}
