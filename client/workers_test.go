package client_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"okazaki"
	"okazaki/client"
	"okazaki/scatter"
	"okazaki/store/dir"
)

// heard is the complement analysis, whose engine calls hear before it works a
// span.
func heard(hear func(ctx context.Context)) okazaki.Analysis {
	an := complement
	an.Open = func(ctx context.Context, job *okazaki.Job, files okazaki.Files) (okazaki.Engine, error) {
		engine, err := complement.Open(ctx, job, files)
		return &heardEngine{engine, hear}, err
	}
	return an
}

type heardEngine struct {
	okazaki.Engine
	hear func(ctx context.Context)
}

func (e *heardEngine) Work(ctx context.Context, t *okazaki.Task) ([]byte, int64, error) {
	e.hear(ctx)
	return e.Engine.Work(ctx, t)
}

// checkNonces checks that no two records in a store's folder have a nonce.
func checkNonces(t *testing.T, folder string) {
	t.Helper()
	s, err := dir.Open(folder, dir.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	entries, err := s.List(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	nonce := regexp.MustCompile(`"nonce":"([^"]+)"`)
	of := map[string]string{}
	for _, e := range entries {
		v, err := s.Get(t.Context(), e.Key)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range nonce.FindAllStringSubmatch(string(v.Bytes), -1) {
			if other, used := of[m[1]]; used {
				t.Errorf("%s and %s have the nonce %s", other, e.Key, m[1])
			}
			of[m[1]] = e.Key
		}
	}
	if len(of) < 10 {
		t.Errorf("%d records have a nonce", len(of))
	}
}

// TestTwoCallsOfAProcess asks one question twice at a time in one process: no
// worker of one call has the name of a worker of the other.
func TestTwoCallsOfAProcess(t *testing.T) {
	const calls = 2
	var mu sync.Mutex
	busy := 0
	both := make(chan struct{})
	an := heard(func(ctx context.Context) { // a call holds a base until the other has one too
		mu.Lock()
		if busy++; busy == calls {
			close(both)
		}
		mu.Unlock()
		<-both
	})
	inputs, folder := basesFile(t, strings.Repeat("ACGT", 10)), t.TempDir()
	var jobs []*client.Job
	for range calls {
		job, err := client.Submit(t.Context(), an, inputs, client.Options{Store: "dir:" + folder + "?sync=no", Span: 1, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer job.Close()
		jobs = append(jobs, job)
	}
	var wg sync.WaitGroup
	for _, job := range jobs {
		wg.Go(func() {
			if end, err := job.Wait(t.Context()); err != nil || end.State != scatter.Done {
				t.Errorf("job %s: %v, %v", job.ID, end, err)
			}
		})
	}
	wg.Wait()
	checkNonces(t, folder)
}

// TestCallsOneAfterAnother ends the context of each call once its workers have
// bases, and calls again.
func TestCallsOneAfterAnother(t *testing.T) {
	inputs, folder := basesFile(t, strings.Repeat("ACGT", 10)), t.TempDir()
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		var mu sync.Mutex
		n := 0
		an := heard(func(context.Context) {
			mu.Lock()
			defer mu.Unlock()
			if n++; n == 5 {
				cancel()
			}
		})
		if _, err := client.Run(ctx, an, inputs, client.Options{Store: "dir:" + folder + "?sync=no", Span: 1, Workers: 1}); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	checkNonces(t, folder)
}

// TestBeginningIsLost deletes the records that a job began with while it is
// worked.
func TestBeginningIsLost(t *testing.T) {
	folder := t.TempDir()
	var once sync.Once
	an := heard(func(ctx context.Context) {
		once.Do(func() {
			for _, name := range []string{"lives/*/*", "*/*/x/0"} {
				files, err := filepath.Glob(filepath.Join(folder, name))
				if err != nil || len(files) != 1 || os.Remove(files[0]) != nil {
					t.Errorf("%s is %q, %v", name, files, err)
				}
			}
			<-ctx.Done()
		})
	})
	answer, err := client.Run(t.Context(), an, basesFile(t, "ACGT"), client.Options{Store: "dir:" + folder + "?sync=no"})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Close()
	if got := copied(t, answer, ""); got != "TGCA" {
		t.Errorf("%q", got)
	}
}
