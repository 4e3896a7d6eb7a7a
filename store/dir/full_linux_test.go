package dir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"okazaki"

	"golang.org/x/sys/unix"
)

// A store whose disk was full, and has been freed, goes on with its journal.
func TestJournalOnAFullDisk(t *testing.T) {
	root := t.TempDir()
	if err := unix.Mount("okazaki-test", root, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("to run it: be root, because a small disk is mounted: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(root, unix.MNT_DETACH) })
	s, _ := journaled(t, root)
	value := make([]byte, 1000)
	create := func(from, to int) (n int, err error) {
		for n = from; n < to && err == nil; n++ {
			err = s.Create(t.Context(), fmt.Sprint("k/", n), value)
		}
		return n - 1, err
	}
	ballast := filepath.Join(root, "+ballast")
	if err := os.WriteFile(ballast, make([]byte, 80<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	whole, err := create(0, 1000)
	if mend, ok := errors.AsType[*okazaki.Error](err); !ok || !errors.Is(mend, unix.ENOSPC) {
		t.Fatalf("after %d keys: %v", whole, err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if n, err := create(whole, whole+5); err != nil {
		t.Errorf("key %d: %v", n, err)
	}
	page, err := s.List(t.Context(), "k/", "")
	if err != nil || len(page) != whole+5 {
		t.Errorf("%d keys of %d, %v", len(page), whole+5, err)
	}
	again, err := ways[0].start(t, root, newModelDisk(root), 1) // after a crash that took nothing
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole + 5 {
		if v, err := again.Get(t.Context(), fmt.Sprint("k/", n)); err != nil || len(v.Bytes) != len(value) {
			t.Errorf("k/%d has %d bytes, %v", n, len(v.Bytes), err)
		}
	}
}
