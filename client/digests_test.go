package client

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestDigestsAreReadAgainWhenTheFileMayHaveChanged asks for digests as commands
// that follow each other do.
func TestDigestsAreReadAgainWhenTheFileMayHaveChanged(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "genome.okx")
	write := func(path string, letter byte) {
		t.Helper()
		if err := os.WriteFile(path, bytes.Repeat([]byte{letter}, digestsFrom), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	later := time.Duration(0)
	ask := func(path string) (digest string, reads int) {
		t.Helper()
		d := &digests{dir: filepath.Join(dir, "known"), now: func() time.Time { return time.Now().Add(later) }}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		digest, err = d.digest(f, info, func() (string, error) {
			reads++
			b, err := os.ReadFile(path)
			if err != nil {
				return "", err
			}
			return string(bytes.Repeat([]byte{"0123456789abcdef"[b[0]&15], '0'}, 32)), nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return digest, reads
	}
	expect := func(what, path string, letter byte, reads int) {
		t.Helper()
		digest, n := ask(path)
		if n != reads || digest[0] != "0123456789abcdef"[letter&15] {
			t.Errorf("%s: read %d times, want %d; digest %.4s…", what, n, reads, digest)
		}
	}
	write(path, 'a')
	expect("just written", path, 'a', 1)
	expect("just written, asked again", path, 'a', 1)
	later = time.Minute
	expect("a minute old", path, 'a', 1)
	expect("a minute old, asked again", path, 'a', 0)
	later = 0
	expect("known, whatever the clock says", path, 'a', 0)

	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	write(path, 'b')
	if err := os.Chtimes(path, time.Time{}, info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if f, err := os.Open(path); err == nil && identify(f) != (identity{}) {
		f.Close()
		expect("changed, with its old size and time", path, 'b', 1)
	}

	later = time.Minute
	other := filepath.Join(dir, "other")
	write(other, 'c')
	expect("another file", other, 'c', 1)
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	expect("replaced", path, 'c', 1)
	expect("replaced, asked again", path, 'c', 0)

	records, err := filepath.Glob(filepath.Join(dir, "known", "*"))
	if err != nil || len(records) == 0 {
		t.Fatalf("records %v, %v", records, err)
	}
	for _, r := range records {
		if err := os.WriteFile(r, []byte(`{"path": "`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	expect("damaged records", path, 'c', 1)
	if err := os.WriteFile(path, []byte("d"), 0o600); err != nil {
		t.Fatal(err)
	}
	expect("small", path, 'd', 1)
	expect("small, asked again", path, 'd', 1)
}

// A digest that is used is not taken for one that nobody needs.
func TestDigestsInUseAreYoung(t *testing.T) {
	record := filepath.Join(t.TempDir(), "record")
	if err := os.WriteFile(record, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, age := range []time.Duration{time.Hour, 72 * time.Hour} {
		was := time.Now().Add(-age)
		if err := os.Chtimes(record, was, was); err != nil {
			t.Fatal(err)
		}
		(&digests{now: time.Now}).touch(record)
		info, err := os.Stat(record)
		if err != nil {
			t.Fatal(err)
		}
		if touched := time.Since(info.ModTime()) < time.Minute; touched != (age > 24*time.Hour) {
			t.Errorf("%v old: touched %v", age, touched)
		}
	}
}
