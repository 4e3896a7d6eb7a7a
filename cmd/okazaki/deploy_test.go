package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Lambda is given a program that it can run, or none.
func TestProgramForLambda(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "okazaki.tar.gz")
	if err := os.WriteFile(text, []byte("an archive"), 0o600); err != nil {
		t.Fatal(err)
	}
	// The head of a program of 64 bits for ARM.
	head := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 57)...)
	head[16], head[18], head[20], head[52], head[54], head[58] = 2, 183, 1, 64, 56, 64
	arm := filepath.Join(dir, "arm64")
	if err := os.WriteFile(arm, head, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ program, arch, want string }{
		{arm, "arm64", ""},
		{arm, "x86_64", "this program is for EM_AARCH64, the functions are for EM_X86_64"},
		{text, "arm64", "this is not a program of Linux"},
		{filepath.Join(dir, "none"), "arm64", "no such file"},
	} {
		err := runsOnLinux(c.program, c.arch)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s for %s: %v, want %q", filepath.Base(c.program), c.arch, err, c.want)
		}
	}
	self, err := os.Executable()
	if arch := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]; err == nil && arch != "" && runtime.GOOS == "linux" {
		err = runsOnLinux(self, arch)
	}
	if err != nil {
		t.Error(err)
	}
}
