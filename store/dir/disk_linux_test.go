package dir_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"okazaki"
	"okazaki/store/dir"

	"golang.org/x/sys/unix"
)

// smallDisk is a file system of 256 kB.
func smallDisk(t *testing.T) string {
	t.Helper()
	path := t.TempDir()
	if err := unix.Mount("okazaki-test", path, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("to run it: be root, because a small disk is mounted: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(path, unix.MNT_DETACH) })
	return path
}

func wantMend(t *testing.T, err error, says string) {
	t.Helper()
	mend, ok := errors.AsType[*okazaki.Error](err)
	if !ok || !strings.Contains(mend.Message, says) || mend.Hint == "" {
		t.Errorf("want an error with %q: %v", says, err)
	}
}

func TestFullDisk(t *testing.T) {
	path := smallDisk(t)
	s := open(t, path, dir.Options{})
	value := make([]byte, 40<<10)
	var err error
	whole := 0
	for ; err == nil && whole < 100; whole++ {
		err = s.Create(t.Context(), fmt.Sprint("k", whole), value)
	}
	whole--
	wantMend(t, err, "disk is full")
	page, err := s.List(t.Context(), "", "")
	if err != nil || len(page) != whole {
		t.Errorf("%d of %d keys are there, %v", len(page), whole, err)
	}
	// What was too much left nothing behind.
	if err := s.Delete(t.Context(), "k0"); err != nil {
		t.Error(err)
	}
	if err := s.Create(t.Context(), "again", value); err != nil {
		t.Error(err)
	}
}

func TestReadOnlyDisk(t *testing.T) {
	path := smallDisk(t)
	s := open(t, path, dir.Options{})
	if err := unix.Mount("", path, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Skipf("to run it: be root, because a small disk is mounted: %v", err)
	}
	wantMend(t, s.Create(t.Context(), "a", nil), "can't be written")
	_, err := dir.Open(path, dir.Options{})
	wantMend(t, err, "can't be written")
}
