package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"okazaki/tools/checkout"
)

var all = flag.Bool("all", false, "build for all targets, which takes minutes")

// source is the main module's folder.
const source = "../.."

var testStamp = stamp{version: "v1.2.3", commit: "0123456789abcdef0123456789abcdef01234567", date: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)}

// here is the target that the tests can run.
var here = target{"linux", runtime.GOARCH}

// built returns the folder of a release of some source.
func built(t *testing.T, source string, chosen []target) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("to run it: use Linux")
	}
	dist := filepath.Join(t.TempDir(), "dist")
	r := &release{source: source, dist: dist, work: t.TempDir(), stamp: testStamp, goTool: "go", say: t.Logf}
	if err := r.build(t.Context(), chosen); err != nil {
		t.Fatal(err)
	}
	return dist
}

// said runs a program and returns what it says.
func said(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// tool skips a test that needs a program which is not there.
func tool(t *testing.T, name, of string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("to run it: install %s, of Debian's package %s", name, of)
	}
}

func TestRelease(t *testing.T) {
	chosen := []target{here}
	if *all {
		chosen = targets
	}
	dist := built(t, source, chosen)
	base := filepath.Join(dist, "okazaki_1.2.3_linux_"+here.arch)
	t.Run("sums", func(t *testing.T) { checkSums(t, dist) })
	t.Run("archive", func(t *testing.T) { checkArchive(t, base+".tar.gz") })
	t.Run("deb", func(t *testing.T) { checkDeb(t, filepath.Join(dist, "okazaki_1.2.3-1_"+here.arch+".deb")) })
	t.Run("rpm", func(t *testing.T) {
		arch := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[here.arch]
		checkRPM(t, filepath.Join(dist, "okazaki-1.2.3-1."+arch+".rpm"))
	})
	t.Run("image", func(t *testing.T) { checkImage(t, filepath.Join(dist, "okazaki_1.2.3_oci.tar"), chosen) })
	t.Run("sbom", func(t *testing.T) { checkSBOM(t, base+".spdx.json") })
	t.Run("again, elsewhere", func(t *testing.T) {
		again := built(t, copied(t, source), chosen)
		if a, b := read(t, dist, "SHA256SUMS"), read(t, again, "SHA256SUMS"); a != b {
			t.Errorf("another build of the same source differs:\n%s\n%s", a, b)
		}
	})
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// copied is a copy of the source, without its history, in another folder.
func copied(t *testing.T, source string) string {
	t.Helper()
	to := t.TempDir()
	if err := checkout.Copy(source, to, "tools", "docs", "testdata"); err != nil {
		t.Fatal(err)
	}
	return to
}

func checkSums(t *testing.T, dist string) {
	tool(t, "sha256sum", "coreutils")
	cmd := exec.Command("sha256sum", "--check", "--strict", "SHA256SUMS")
	cmd.Dir = dist
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	entries, err := os.ReadDir(dist)
	if err != nil {
		t.Fatal(err)
	}
	if sums := strings.Count(read(t, dist, "SHA256SUMS"), "\n"); sums != len(entries)-1 {
		t.Errorf("%d sums of %d files", sums, len(entries)-1)
	}
}

// checkProgram runs an installed program, without anything else around it.
func checkProgram(t *testing.T, program string) {
	t.Helper()
	home := t.TempDir()
	cmd := exec.Command(program, "--version")
	cmd.Env = []string{"HOME=" + home}
	out, err := cmd.CombinedOutput()
	if want := "okazaki v1.2.3, commit " + testStamp.commit + " of 2026-11-30, build "; err != nil || !strings.HasPrefix(string(out), want) {
		t.Errorf("--version says %q (%v), want %q", out, err, want)
	}
	head := make([]byte, 4)
	f, err := os.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.ReadFull(f, head); err != nil || string(head) != "\x7fELF" {
		t.Errorf("it begins with %q (%v)", head, err)
	}
}

func checkArchive(t *testing.T, archive string) {
	tool(t, "tar", "tar")
	dir := t.TempDir()
	said(t, "tar", "-xzf", archive, "-C", dir)
	dir = filepath.Join(dir, strings.TrimSuffix(filepath.Base(archive), ".tar.gz"))
	checkProgram(t, filepath.Join(dir, "okazaki"))
	if read(t, dir, "LICENSE") != read(t, source, "LICENSE") {
		t.Error("the licence differs")
	}
	pages, err := os.ReadDir(filepath.Join(dir, "man", "man1"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range pages {
		names = append(names, p.Name())
	}
	for _, want := range []string{"okazaki.1", "okazaki-virus.1", "okazaki-virus-sort.1", "okazaki-deploy-aws.1", "okazaki-jobs-list.1"} {
		if !slices.Contains(names, want) {
			t.Errorf("no %s among %q", want, names)
		}
	}
	if _, err := exec.LookPath("bash"); err == nil {
		said(t, "bash", "-n", filepath.Join(dir, "completions", "okazaki.bash"))
	}
	for _, shell := range []string{"bash", "fish", "powershell", "zsh"} {
		if !strings.Contains(read(t, dir, "completions", "okazaki."+shell), "__complete") {
			t.Errorf("the completion of %s asks nothing", shell)
		}
	}
	t.Run("man", func(t *testing.T) {
		tool(t, "groff", "groff-base")
		for _, name := range names {
			if out := said(t, "groff", "-Kutf8", "-man", "-ww", "-z", filepath.Join(dir, "man", "man1", name)); out != "" {
				t.Errorf("%s: %s", name, out)
			}
		}
	})
}

// checkDeb installs a package in a root of its own and runs the demo from there.
func checkDeb(t *testing.T, deb string) {
	tool(t, "dpkg", "dpkg")
	if os.Geteuid() != 0 {
		t.Skip("to run it: be root, which dpkg wants")
	}
	root := t.TempDir()
	for _, dir := range []string{"updates", "info", "triggers"} {
		if err := os.MkdirAll(filepath.Join(root, "var/lib/dpkg", dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "var/lib/dpkg/status"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	said(t, "dpkg", "--root="+root, "--force-architecture", "--log="+filepath.Join(root, "log"), "--install", deb)
	if status := said(t, "dpkg-query", "--admindir="+filepath.Join(root, "var/lib/dpkg"), "-W", "-f", "${Package} ${Version} ${db:Status-Status}", "okazaki"); status != "okazaki 1.2.3-1 installed" {
		t.Errorf("dpkg says %s", status)
	}
	program := filepath.Join(root, "usr/bin/okazaki")
	checkProgram(t, program)
	for _, name := range []string{"share/man/man1/okazaki-virus.1.gz", "share/bash-completion/completions/okazaki", "share/doc/okazaki/copyright"} {
		if _, err := os.Stat(filepath.Join(root, "usr", name)); err != nil {
			t.Error(err)
		}
	}
	demo := filepath.Join(t.TempDir(), "demo")
	cmd := exec.Command(program, "demo", "-o", demo)
	cmd.Dir, cmd.Env = t.TempDir(), []string{"HOME=" + t.TempDir()}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "25 of 25 lineages have exactly the mutations that were published of them") {
		t.Errorf("the demo says (%v):\n%s", err, out)
	}
	if rows := strings.Count(read(t, demo, "mutations.tsv"), "\n"); rows != 26 {
		t.Errorf("mutations.tsv has %d lines", rows)
	}
}

func checkRPM(t *testing.T, rpm string) {
	tool(t, "rpm", "rpm")
	if out := said(t, "rpm", "-qp", "--nosignature", "--qf", "%{NAME} %{VERSION} %{RELEASE} %{LICENSE}", rpm); out != "okazaki 1.2.3 1 Apache-2.0" {
		t.Errorf("rpm says %s", out)
	}
	if out := said(t, "rpm", "-K", "--nosignature", rpm); !strings.Contains(out, "digests OK") {
		t.Errorf("rpm says %s", out)
	}
	list := strings.Fields(said(t, "rpm", "-qpl", "--nosignature", rpm))
	for _, want := range []string{"/usr/bin/okazaki", "/usr/share/man/man1/okazaki.1.gz", "/usr/share/bash-completion/completions/okazaki"} {
		if !slices.Contains(list, want) {
			t.Errorf("no %s", want)
		}
	}
	tool(t, "rpm2cpio", "rpm2cpio")
	tool(t, "cpio", "cpio")
	dir := t.TempDir()
	cmd := exec.Command("sh", "-c", `rpm2cpio "$0" | cpio -idm --quiet`, rpm)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	checkProgram(t, filepath.Join(dir, "usr/bin/okazaki"))
}

func checkImage(t *testing.T, packed string, chosen []target) {
	tool(t, "tar", "tar")
	folder := t.TempDir()
	said(t, "tar", "-xf", packed, "-C", folder)
	outer, err := layout.ImageIndexFromPath(folder)
	if err != nil {
		t.Fatal(err)
	}
	top, err := outer.IndexManifest()
	if err != nil || len(top.Manifests) != 1 {
		t.Fatalf("%v, %v", top, err)
	}
	index, err := outer.ImageIndex(top.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	m, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range m.Manifests {
		got = append(got, d.Platform.String())
		image, err := index.Image(d.Digest)
		if err != nil {
			t.Fatal(err)
		}
		config, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		if config.OS != "linux" || config.Architecture != d.Platform.Architecture || config.Config.User != "65532:65532" || config.Config.Labels["org.opencontainers.image.revision"] != testStamp.commit {
			t.Errorf("%v: %+v", d.Platform, config)
		}
		if d.Platform.Architecture == here.arch {
			runImage(t, image, config)
		}
	}
	var want []string
	for _, t := range chosen {
		if t.os == "linux" {
			want = append(want, t.String())
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("images for %q, want %q", got, want)
	}
}

// runImage runs what an image starts, on its own files.
func runImage(t *testing.T, image v1.Image, config *v1.ConfigFile) {
	t.Helper()
	root := t.TempDir()
	cmd := exec.Command("tar", "-x", "-C", root)
	files := mutate.Extract(image)
	defer files.Close()
	cmd.Stdin = files
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	checkProgram(t, filepath.Join(root, config.Config.Entrypoint[0]))
	if n := strings.Count(read(t, root, "etc/ssl/certs/ca-certificates.crt"), "BEGIN CERTIFICATE"); n < 100 {
		t.Errorf("%d certificates", n)
	}
}

func checkSBOM(t *testing.T, path string) {
	var doc spdx
	d := json.NewDecoder(strings.NewReader(read(t, path)))
	d.DisallowUnknownFields()
	if err := d.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	ids := map[string]int{}
	for _, p := range doc.Packages {
		ids[p.ID]++
		if p.Version == "" || ids[p.ID] > 1 {
			t.Errorf("%+v", p)
		}
	}
	for _, want := range []string{"SPDXRef-okazaki", "SPDXRef-stdlib", "SPDXRef-github.com-spf13-cobra", "SPDXRef-github.com-parquet-go-parquet-go"} {
		if ids[want] != 1 {
			t.Errorf("no %s", want)
		}
	}
	if len(doc.Relations) != len(doc.Packages) {
		t.Errorf("%d relations of %d packages", len(doc.Relations), len(doc.Packages))
	}
	for _, r := range doc.Relations {
		if ids[r.To] != 1 {
			t.Errorf("%+v is of nothing", r)
		}
	}
}

// A stamp is of a commit with a tag, or with the version that is given; what is
// not committed shows.
func TestStampIsOfTheCommit(t *testing.T) {
	tool(t, "git", "git")
	dir := t.TempDir()
	git := func(args ...string) string {
		t.Helper()
		return strings.TrimSpace(said(t, "git", append([]string{"-C", dir, "-c", "user.name=test", "-c", "user.email=test@example.invalid"}, args...)...))
	}
	git("init", "-q")
	git("commit", "-q", "--allow-empty", "-m", "first", "--date", "2026-01-02T03:04:05Z")
	if _, err := stampOf(t.Context(), dir, ""); err == nil || !strings.Contains(err.Error(), "no tag") {
		t.Errorf("without a tag: %v", err)
	}
	s, err := stampOf(t.Context(), dir, "v9.0.0")
	if err != nil || s.version != "v9.0.0" || s.commit != git("rev-parse", "HEAD") {
		t.Errorf("%+v, %v", s, err)
	}
	git("tag", "v0.4.0")
	if s, err = stampOf(t.Context(), dir, ""); err != nil || s.version != "v0.4.0" || s.number() != "0.4.0" || len(strings.Fields(s.words())) != 3 {
		t.Errorf("%+v, %v", s, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "new"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if s, err = stampOf(t.Context(), dir, ""); err != nil || !strings.HasSuffix(s.commit, "+changes") {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestChoose(t *testing.T) {
	if got, err := choose("windows/amd64,linux/arm64"); err != nil || !slices.Equal(got, []target{{"linux", "arm64"}, {"windows", "amd64"}}) {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"linux", "linux/386", "linux/amd64,plan9/amd64"} {
		if got, err := choose(bad); err == nil {
			t.Errorf("%s: %v", bad, got)
		}
	}
}

// Nothing is written among other files.
func TestFolderMustBeEmpty(t *testing.T) {
	dir := t.TempDir()
	if err := emptyFolder(filepath.Join(dir, "new", "one")); err != nil {
		t.Error(err)
	}
	if err := emptyFolder(dir); err == nil {
		t.Error("it takes a folder that has something in it")
	}
}

// A tar has each folder before what is in it, once.
func TestTarIsTheSame(t *testing.T) {
	files := []file{{"a/b/c", 0o644, []byte("x")}, {"a/d", 0o755, nil}}
	one, err := tarred(files, testStamp.date)
	if err != nil {
		t.Fatal(err)
	}
	two, _ := tarred(files, testStamp.date) // as before
	if !bytes.Equal(one, two) {
		t.Error("two tars of the same files differ")
	}
	if got := foldersOf(files); !slices.Equal(got, []string{"a", "a/b"}) {
		t.Errorf("folders %q", got)
	}
}
