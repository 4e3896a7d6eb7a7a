package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"okazaki"
	"okazaki/scatter"
	"okazaki/store"
	"okazaki/store/dir"
	"okazaki/wake/poll"
)

// endedJobs is how much history the store of an idle worker has.
const endedJobs = 10_000

// BenchmarkIdleWorker lets a worker look for jobs in a folder where 10,000
// have ended, for 30 seconds once its back-off is at its longest. It reports
// the part of a core that this takes, and how often the store is asked.
// OKAZAKI_BENCH_DIR keeps the folder, for other commands to be tried on.
func BenchmarkIdleWorker(b *testing.B) {
	if testing.Short() {
		b.Skip("to run it: leave out -short, it takes a minute")
	}
	for name, fill := range map[string]func(context.Context, okazaki.Store) error{"questions": endedQuestions, "lives": endedLives} {
		b.Run(name, func(b *testing.B) {
			folder, err := dir.Open(benchDir(b), dir.Options{NoSync: true})
			if err != nil {
				b.Fatal(err)
			}
			defer folder.Close()
			if err := fill(b.Context(), folder); err != nil {
				b.Fatal(err)
			}
			s := store.Count(folder)
			ctx, stop := context.WithCancel(b.Context())
			defer stop()
			w := &scatter.Worker{Store: s, Waker: poll.New(100*time.Millisecond, 5*time.Second), Engines: noops()}
			served := make(chan error)
			go func() { served <- w.Serve(ctx, func(_ string, err error) { b.Error(err) }) }()
			time.Sleep(10 * time.Second)
			const looking = 30
			for b.Loop() {
				asked, used := s.Calls(), processorTime()
				time.Sleep(looking * time.Second)
				b.ReportMetric(100*(processorTime()-used)/looking, "%core")
				b.ReportMetric(float64(s.Calls()-asked)*3600/looking, "requests/h")
			}
			stop()
			if err := <-served; !errors.Is(err, context.Canceled) {
				b.Error(err)
			}
		})
	}
}

// endedQuestions submits and cancels jobs, each with its own question.
func endedQuestions(ctx context.Context, s okazaki.Store) error {
	for i := range endedJobs {
		if _, err := endedJob(ctx, s, i); err != nil {
			return err
		}
	}
	return nil
}

// endedJob submits and cancels the job of a question, and returns its name.
func endedJob(ctx context.Context, s okazaki.Store, question int) (string, error) {
	engines := noops()
	defer engines.Close()
	name, err := scatter.Submit(ctx, s, engines, &okazaki.Job{
		Analysis: "noop", Stages: []string{"noop"}, Params: fmt.Appendf(nil, `{"question":%d}`, question),
		Inputs: []okazaki.Input{{Role: "genomes", Name: "genomes.fasta", Path: os.DevNull}},
		Limits: okazaki.Limits{
			Budget: 1 << 20, Classes: []int64{1024}, Turn: 30 * time.Second, Aim: 2 * time.Second,
			Deadline: time.Hour, Concurrency: 1,
		},
	}, false)
	if err == nil {
		_, err = scatter.Cancel(ctx, s, name)
	}
	return name, err
}

// endedLives makes endedJobs lives of one question: copies of one that ended.
func endedLives(ctx context.Context, s okazaki.Store) error {
	name, err := endedJob(ctx, s, 0)
	if err != nil {
		return err
	}
	id, first, _ := strings.Cut(name, ".")
	number, err := strconv.Atoi(first)
	if err != nil {
		return err
	}
	record, err := s.Get(ctx, "lives/"+id+"/"+first)
	if err != nil {
		return err
	}
	var life struct {
		Prefix string `json:"prefix"`
	}
	if err := json.NewDecoder(bytes.NewReader(record.Bytes)).Decode(&life); err != nil {
		return err
	}
	for i := 1; i < endedJobs; i++ {
		n, prefix := strconv.Itoa(number+i), fmt.Sprintf("%020x", i*0x12345678)
		for _, copied := range [][2]string{
			{"lives/" + id + "/" + first, "lives/" + id + "/" + n},
			{"ended/" + life.Prefix, "ended/" + prefix},
			{life.Prefix[:2] + "/" + life.Prefix + "/x/0", prefix[:2] + "/" + prefix + "/x/0"},
		} {
			v, err := s.Get(ctx, copied[0])
			if err != nil {
				return err
			}
			value := strings.NewReplacer(life.Prefix, prefix, name, id+"."+n).Replace(string(v.Bytes))
			if err := s.Create(ctx, copied[1], []byte(value)); err != nil {
				return err
			}
		}
	}
	return nil
}

func noops() *scatter.Engines {
	return &scatter.Engines{Open: func(context.Context, string, *okazaki.Job) (okazaki.Engine, error) { return noop{1}, nil }}
}
