package dir_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"okazaki"
	"okazaki/store/dir"
)

// These make this binary one of several processes in a folder.
const (
	processDir = "OKAZAKI_TEST_DIR"
	processJob = "OKAZAKI_TEST_JOB" // "race", "write" or "note"
)

func TestMain(m *testing.M) {
	path := os.Getenv(processDir)
	if path == "" {
		os.Exit(m.Run())
	}
	s, err := dir.Open(path, dir.Options{NoSync: os.Getenv(processJob) == "write"})
	if err == nil {
		_, _ = io.ReadAll(os.Stdin) // all start together
		err = map[string]func(*dir.Store) error{"race": race, "write": writeForEver, "note": noteForEver}[os.Getenv(processJob)](s)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// process starts this binary; start lets it begin its job.
func process(t *testing.T, path, job string) (cmd *exec.Cmd, out *strings.Builder, start func() error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), processDir+"="+path, processJob+"="+job)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out = &strings.Builder{}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, out, in.Close
}

const raceKeys = 200

// race creates keys, and prints those that it won.
func race(s *dir.Store) error {
	for i := range raceKeys {
		key := fmt.Sprintf("r/%d/%d", i/10, i)
		switch err := s.Create(context.Background(), key, fmt.Append(nil, os.Getpid())); {
		case err == nil:
			fmt.Println("won", key)
		case !errors.Is(err, okazaki.ErrExists):
			return err
		}
	}
	return nil
}

func TestProcessesRace(t *testing.T) {
	path := t.TempDir()
	var waits, starts []func() error
	winners := map[string]string{}
	for range 6 {
		cmd, out, start := process(t, path, "race")
		starts = append(starts, start)
		waits = append(waits, func() error {
			if err := cmd.Wait(); err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
			for line := range strings.Lines(out.String()) {
				if key, ok := strings.CutPrefix(strings.TrimSpace(line), "won "); ok {
					if winners[key] != "" {
						t.Errorf("%s has two winners", key)
					}
					winners[key] = fmt.Sprint(cmd.Process.Pid)
				}
			}
			return nil
		})
	}
	for _, do := range append(starts, waits...) {
		if err := do(); err != nil {
			t.Error(err)
		}
	}
	s := open(t, path, dir.Options{})
	for i := range raceKeys {
		key := fmt.Sprintf("r/%d/%d", i/10, i)
		v, err := s.Get(t.Context(), key)
		if err != nil || string(v.Bytes) != winners[key] || winners[key] == "" {
			t.Errorf("%s holds %q, its winner is %q, %v", key, v.Bytes, winners[key], err)
		}
	}
}

var largeValue = bytes.Repeat([]byte("whole"), 200_000)

func writeForEver(s *dir.Store) error {
	for i := 0; ; i++ {
		if err := s.Create(context.Background(), fmt.Sprintf("w/%d/%d", os.Getpid(), i), largeValue); err != nil {
			return err
		}
	}
}

// noteForEver creates small keys that survive a crash.
func noteForEver(s *dir.Store) error {
	for i := 0; ; i++ {
		if err := s.Create(context.Background(), fmt.Sprintf("w/%d/%d", os.Getpid(), i), largeValue[:100]); err != nil {
			return err
		}
	}
}

// A process that is killed while it has the journal's lock leaves it to others,
// and one that is stopped doesn't hold them up.
func TestKilledAndStoppedNoters(t *testing.T) {
	path := t.TempDir()
	s := open(t, path, dir.Options{})
	for round := range 6 {
		cmd, out, start := process(t, path, "note")
		if err := start(); err != nil {
			t.Fatal(err)
		}
		under := fmt.Sprintf("w/%d/", cmd.Process.Pid)
		for len(page(t, s, under)) <= 5*round { // until it is in the middle of something
			time.Sleep(time.Millisecond)
		}
		end := os.Kill
		if round%2 == 0 {
			end = stop
		}
		if err := cmd.Process.Signal(end); err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			if err := s.Create(t.Context(), fmt.Sprintf("mine/%d/%d", round, i), []byte("x")); err != nil {
				t.Error(err)
			}
		}
		_ = cmd.Process.Kill()
		if err := cmd.Wait(); err == nil || out.Len() > 0 {
			t.Errorf("it ended by itself: %v, %s", err, out)
		}
		for _, e := range page(t, s, under) {
			v, err := s.Get(t.Context(), e.Key)
			if err != nil || len(v.Bytes) != 100 {
				t.Errorf("%s has %d bytes, %v", e.Key, len(v.Bytes), err)
			}
		}
	}
}

// A process that is killed leaves whole values only.
func TestKilledWriters(t *testing.T) {
	path := t.TempDir()
	s := open(t, path, dir.Options{NoSync: true})
	for round := range 5 {
		cmd, out, start := process(t, path, "write")
		if err := start(); err != nil {
			t.Fatal(err)
		}
		under := fmt.Sprintf("w/%d/", cmd.Process.Pid)
		for len(page(t, s, under)) <= round { // until it is in the middle of something
			time.Sleep(time.Millisecond)
		}
		_ = cmd.Process.Kill()
		if err := cmd.Wait(); err == nil || out.Len() > 0 {
			t.Errorf("it ended by itself: %v, %s", err, out)
		}
		for _, e := range page(t, s, under) {
			v, err := s.Get(t.Context(), e.Key)
			if err != nil || !bytes.Equal(v.Bytes, largeValue) {
				t.Errorf("%s has %d bytes, %v", e.Key, len(v.Bytes), err)
			}
		}
	}
}

func page(t *testing.T, s *dir.Store, prefix string) []okazaki.Entry {
	t.Helper()
	page, err := s.List(t.Context(), prefix, "")
	if err != nil {
		t.Fatal(err)
	}
	return page
}
