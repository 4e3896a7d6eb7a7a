package filetest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestArchivesHoldWhatTheySay unpacks each archive, twice.
func TestArchivesHoldWhatTheySay(t *testing.T) {
	readme, err := os.ReadFile("testdata/README.md")
	if err != nil {
		t.Fatal(err)
	}
	cache, size := t.TempDir(), int64(0)
	named := map[string]bool{}
	for held, archive := range archives {
		named[archive] = true
		for range 2 {
			folder, err := unpack(filepath.Join("testdata", archive), cache)
			if err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(filepath.Join(folder, filepath.FromSlash(held))); err != nil || !info.IsDir() {
				t.Errorf("%s: no folder %s (%v)", archive, held, err)
			}
		}
		if text := string(readme); !strings.Contains(text, "`"+archive+"`") || !strings.Contains(text, "`"+held+"`") {
			t.Errorf("README.md doesn't say where %s of %s is from", held, archive)
		}
	}
	files, _ := filepath.Glob("testdata/*.tar.xz")
	for _, path := range files {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if size += info.Size(); !named[filepath.Base(path)] {
			t.Errorf("no path is in %s", path)
		}
	}
	if size > 3<<20 {
		t.Errorf("the archives have %d bytes, more than 3 MB", size)
	}
	if left, _ := filepath.Glob(filepath.Join(cache, "unpacking-*")); len(left) > 0 {
		t.Errorf("%q are left", left)
	}
}

// TestGivenFolderIsTheOnlyOne looks for a file that an archive holds.
func TestGivenFolderIsTheOnlyOne(t *testing.T) {
	const name = "variant/vrs/validation/functions.yaml"
	if path, err := find("", name); err != nil || !filepath.IsAbs(path) {
		t.Errorf("%s, %v", path, err)
	}
	dir := t.TempDir()
	if _, err := find(dir, name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that lacks it: %v", err)
	}
	if _, err := find("", "variant/nothing.vcf"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what no archive has: %v", err)
	}
}

// TestDamagedArchiveLeavesNothing cuts an archive short.
func TestDamagedArchiveLeavesNothing(t *testing.T) {
	b, err := os.ReadFile("testdata/vrs.tar.xz")
	if err != nil {
		t.Fatal(err)
	}
	cache, cut := t.TempDir(), filepath.Join(t.TempDir(), "cut.tar.xz")
	if err := os.WriteFile(cut, b[:len(b)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	if folder, err := unpack(cut, cache); err == nil || !strings.Contains(err.Error(), cut) {
		t.Errorf("%s, %v", folder, err)
	}
	if left, _ := os.ReadDir(cache); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
}
