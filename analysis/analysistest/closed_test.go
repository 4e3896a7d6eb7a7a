package analysistest

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"okazaki"
	"okazaki/format/mmap"
)

// A leaky engine's Close does what a test wants.
type leaky struct {
	*runs
	close func() error
}

func (e leaky) Close() error { return e.close() }

// TestWhatStaysOpenIsCaught leaves one thing open after another.
func TestWhatStaysOpenIsCaught(t *testing.T) {
	defer func(d time.Duration) { leaving = d }(leaving)
	leaving = time.Millisecond
	forever := make(chan struct{})
	defer close(forever)
	var garbage []any
	defer func() { runtime.KeepAlive(garbage) }()
	for name, tc := range map[string]struct {
		want string
		open func(ctx context.Context, in okazaki.Input, files okazaki.Files) error
	}{
		"a file": {"1 files were not closed", func(ctx context.Context, in okazaki.Input, files okazaki.Files) error {
			_, err := files.Open(ctx, in)
			return err
		}},
		"a file of an Open that fails": {"Open failed: 1 files were not closed", func(ctx context.Context, in okazaki.Input, files okazaki.Files) error {
			f, err := files.Open(ctx, in)
			if err != nil {
				return err
			}
			if _, err := files.Open(ctx, in); err != nil {
				return err // and f stays open
			}
			_ = f.Close()
			return nil
		}},
		"a goroutine": {"these goroutines stay", func(context.Context, okazaki.Input, okazaki.Files) error {
			go func() { <-forever }()
			return nil
		}},
		"a descriptor": {"these stay open", func(_ context.Context, in okazaki.Input, _ okazaki.Files) error {
			f, err := os.Open(in.Path)
			garbage = append(garbage, f) // not yet
			return err
		}},
		"a mapping": {"these stay mapped", func(ctx context.Context, in okazaki.Input, files okazaki.Files) error {
			f, err := files.Open(ctx, in)
			if err != nil {
				return err
			}
			_, _, err = mmap.File(f)
			return errors.Join(err, f.Close())
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := os.Stat("/proc/self/maps"); err != nil && (name == "a descriptor" || name == "a mapping") {
				t.Skip("to run it: use a system that has /proc")
			}
			got := complaints(t, func(ctx context.Context, in okazaki.Input, files okazaki.Files) (okazaki.Engine, error) {
				return &runs{letters(150)[3:]}, tc.open(ctx, in, files)
			})
			if !strings.Contains(got, tc.want) {
				t.Errorf("it complains of %q, not that %s", got, tc.want)
			}
		})
	}
	got := complaints(t, func(context.Context, okazaki.Input, okazaki.Files) (okazaki.Engine, error) {
		return leaky{&runs{letters(150)[3:]}, func() error { return errors.New("no disk") }}, nil
	})
	if !strings.Contains(got, "Close after it did everything: no disk") {
		t.Errorf("it complains of %q, not of Close", got)
	}
}

// complaints returns the check's complaints about an analysis that calls open
// where its input is a file, and is right elsewhere.
func complaints(t *testing.T, open func(context.Context, okazaki.Input, okazaki.Files) (okazaki.Engine, error)) string {
	t.Helper()
	a := declare(func(e *runs) okazaki.Engine { return e })
	right := a.Open
	a.Open = func(ctx context.Context, job *okazaki.Job, files okazaki.Files) (okazaki.Engine, error) {
		if job.Inputs[0].Path == "" {
			return right(ctx, job, files)
		}
		return open(ctx, job.Inputs[0], files)
	}
	return record(func(r *recorder) { closed(r, prepare(r, a, example())) })
}
