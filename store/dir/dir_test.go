package dir_test

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"okazaki"
	"okazaki/store/dir"
	"okazaki/store/storetest"
)

func open(t *testing.T, path string, o dir.Options) *dir.Store {
	t.Helper()
	s, err := dir.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestConformance(t *testing.T) {
	for _, o := range []dir.Options{{}, {NoSync: true}} {
		t.Run(fmt.Sprintf("%+v", o), func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) okazaki.Store { return open(t, t.TempDir(), o) })
		})
	}
}

func TestTemporaryFiles(t *testing.T) {
	path := t.TempDir()
	s := open(t, path, dir.Options{})
	if err := s.Create(t.Context(), "a/b", []byte("x")); err != nil {
		t.Fatal(err)
	}
	temps := filepath.Join(path, "+tmp")
	if left, err := os.ReadDir(temps); err != nil || len(left) > 0 {
		t.Errorf("a create leaves %v, %v", left, err)
	}
	old, young := filepath.Join(temps, "old.1"), filepath.Join(temps, "young.1")
	for file, age := range map[string]time.Duration{old: 25 * time.Hour, young: 23 * time.Hour} {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		then := time.Now().Add(-age)
		if err := os.Chtimes(file, then, then); err != nil {
			t.Fatal(err)
		}
	}
	page, err := s.List(t.Context(), "", "")
	if err != nil || len(page) != 1 {
		t.Errorf("a list sees %v, %v", page, err)
	}
	open(t, path, dir.Options{})
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("not swept: %v", err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("swept, though it may be in use: %v", err)
	}
}

// What others put into the folder isn't the store's.
func TestForeignFiles(t *testing.T) {
	path := t.TempDir()
	s := open(t, path, dir.Options{})
	for _, name := range []string{"README", "lost+found", "a b", ".nfs000000000abcdef100000001", "é"} {
		if err := os.WriteFile(filepath.Join(path, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(path, "link")); err != nil {
		t.Fatal(err)
	}
	page, err := s.List(t.Context(), "", "")
	if err != nil || len(page) > 0 {
		t.Errorf("a list sees %v, %v", page, err)
	}
}

func TestAgeByTheFileSystem(t *testing.T) {
	path := t.TempDir()
	s := open(t, path, dir.Options{})
	if err := s.Create(t.Context(), "a", nil); err != nil {
		t.Fatal(err)
	}
	then := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(path, "a"), then, then); err != nil {
		t.Fatal(err)
	}
	v, err := s.Get(t.Context(), "a")
	page, listErr := s.List(t.Context(), "", "")
	if err != nil || listErr != nil || len(page) != 1 {
		t.Fatal(err, listErr, page)
	}
	for _, age := range []time.Duration{v.Age, page[0].Age} {
		if age < 59*time.Minute || age > 2*time.Hour {
			t.Errorf("age %v, of one hour", age)
		}
	}
}

// A worker's clock doesn't matter: this one's is decades behind the disk's, and
// then ahead of it.
func TestSkewedWorker(t *testing.T) {
	for _, o := range []dir.Options{{}, {NoSync: true}} {
		synctest.Test(t, func(t *testing.T) { // where it is the year 2000
			s := open(t, t.TempDir(), o)
			for _, key := range []string{"behind", "ahead"} {
				if err := s.Create(t.Context(), key, nil); err != nil {
					t.Fatal(err)
				}
				v, err := s.Get(t.Context(), key)
				page, listErr := s.List(t.Context(), key, "")
				if err != nil || listErr != nil || len(page) != 1 {
					t.Fatal(err, listErr, page)
				}
				for _, age := range []time.Duration{v.Age, page[0].Age} {
					if age < 0 || age > time.Minute {
						t.Errorf("%s is %v old", key, age)
					}
				}
				time.Sleep(40 * 365 * 24 * time.Hour)
			}
		})
	}
}

func TestMendable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	gone := t.TempDir()
	s := open(t, gone, dir.Options{})
	if err := os.RemoveAll(gone); err != nil {
		t.Fatal(err)
	}
	openErr := func(path string) error { _, err := dir.Open(path, dir.Options{}); return err }
	_, getErr := s.Get(t.Context(), "a")
	for _, c := range []struct {
		name, says string
		err        error
	}{
		{"a file", "not a folder", openErr(file)},
		{"in a file", "not a folder", openErr(filepath.Join(file, "x"))},
		{"create in a folder that has gone", "has gone", s.Create(t.Context(), "a", nil)},
		{"get in a folder that has gone", "has gone", getErr},
	} {
		mend, ok := errors.AsType[*okazaki.Error](c.err)
		if !ok || !strings.Contains(mend.Message, c.says) || mend.Hint == "" {
			t.Errorf("%s: %v", c.name, c.err)
		}
	}
}

func TestKeyInAKey(t *testing.T) {
	s := open(t, t.TempDir(), dir.Options{})
	if err := s.Create(t.Context(), "a", nil); err != nil {
		t.Fatal(err)
	}
	err := s.Create(t.Context(), "a/b", nil)
	if err == nil || errors.Is(err, okazaki.ErrExists) || errors.Is(err, okazaki.ErrNotFound) || errors.Is(err, okazaki.ErrBusy) {
		t.Errorf("%v", err)
	}
}

func TestFromURL(t *testing.T) {
	base := t.TempDir()
	t.Chdir(base)
	for raw, want := range map[string]string{
		"dir:" + base + "/abs":        base + "/abs",
		"dir:rel/at%20ive":            base + "/rel/at ive",
		"dir:unsafe?sync=no":          base + "/unsafe",
		"dir:":                        "",
		"dir://host/path":             "",
		"dir:x?sync=maybe&colour=red": "",
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		s, err := dir.FromURL(u, dir.Options{})
		if want == "" {
			if _, ok := errors.AsType[*okazaki.Error](err); !ok {
				t.Errorf("%s: %v", raw, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		if err := errors.Join(s.Create(t.Context(), "k", nil), s.Close()); err != nil {
			t.Errorf("%s: %v", raw, err)
		}
		if _, err := os.Stat(filepath.Join(want, "k")); err != nil {
			t.Errorf("%s: %v", raw, err)
		}
	}
}
