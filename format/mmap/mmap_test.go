package mmap_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okazaki/format/fasta"
	"okazaki/format/mmap"
)

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("ACGT"), 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := fasta.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	b, release, err := mmap.File(src.File)
	if err != nil {
		t.Skipf("to run it: use a system that maps files: %v", err)
	}
	if err := src.File.Close(); err != nil {
		t.Error(err)
	}
	if string(b) != "ACGT" {
		t.Errorf("%q", b)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
}

type stored struct{ io.ReaderAt }

func (stored) Size() int64  { return 4 }
func (stored) Close() error { return nil }

func TestWhatIsInAStoreIsNotMapped(t *testing.T) {
	if _, _, err := mmap.File(stored{strings.NewReader("ACGT")}); err == nil {
		t.Error("a reader was mapped")
	}
}
