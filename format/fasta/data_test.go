package fasta

import (
	"testing"

	"okazaki/internal/filetest"
)

// data is a file of the real data at hand; without them the test is skipped.
func data(tb testing.TB, path string) string {
	tb.Helper()
	return filetest.Data(tb, path)
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
