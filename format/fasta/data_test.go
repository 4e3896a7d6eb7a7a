package fasta

import (
	"os"
	"path/filepath"
	"testing"

	"okazaki/internal/filetest"
)

// data is a file of the real data at hand; without them the test is skipped.
func data(tb testing.TB, path string) string {
	tb.Helper()
	return filetest.Data(tb, path)
}

// root is the folder of go.mod.
func root(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if filepath.Dir(dir) == dir {
			tb.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}

// openTest opens a file until the test ends.
func openTest(tb testing.TB, path string) Source {
	tb.Helper()
	src, err := Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { src.File.Close() })
	return src
}
