package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"okazaki"
	"okazaki/client"
)

const workerLong = `Works the open jobs of a store, of all submitters, until it is stopped.
Any number of these may run, on any machine that sees the store and the jobs'
files; any of them may be killed at any time.

Jobs of an analysis, or a version of one, that this build does not have are left
to others. Ctrl-C or SIGTERM hands over what is done and leaves.

With --once it leaves when the jobs that it saw open have ended, by any worker.
Where there is no job yet it waits for one, so that an array of workers may
start before the command that submits the job. It leaves after --wait with nothing
to do, at the latest.

While it has nothing to do, a worker of the default store deletes the answers there
that are older than --keep-for, and the oldest of them if they are larger than
--keep-bytes together. Of other stores nothing is deleted by itself: see okazaki
jobs gc.

` + exitHelp

const workerExample = `  okazaki worker --store dir:/mnt/shared/okazaki
  okazaki worker --store dir:/mnt/shared/okazaki --workers 8 --idle-exit 10m
  srun -n 100 okazaki worker --store dir:/mnt/shared/okazaki --once`

// workerCommand joins the jobs of a store.
func (a *app) workerCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "worker [flags]",
		Short:   "Process queued jobs",
		Long:    workerLong,
		Example: workerExample,
		Args:    none,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.join(cmd.Context()) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	a.config.storeFlag(fs)
	a.config.crewFlags(fs)
	a.config.workerFlags(fs)
	a.config.keepFlags(fs)
	a.config.tellFlags(fs)
	return cmd
}

func (a *app) join(ctx context.Context) error {
	switch {
	case a.config.workers < 1:
		return &okazaki.Error{Message: "no worker would join", Hint: "give --workers 1 or more"}
	}
	p, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer p.Close()
	if !p.Shared {
		return &okazaki.Error{Message: "no other process can submit a job to a store in memory", Hint: "give a store that others see, such as --store dir:PATH"}
	}
	idle := a.idleWaker(p.Sweep)
	troubles := &complaint{tell: a.tell}
	engines := newEngines(a.inputs(p), a.config.workers, a.closed)
	defer engines.Close()
	w := &client.Workers{
		Store: p, Engines: engines, Waker: idle,
		Size: a.config.workers, Memory: a.config.memory, Health: health(),
		Worked: func(string, int, int64) { idle.touch() },
		Looked: idle.looked,
		Report: troubles.report,
	}
	a.tell.say("joined", fmt.Sprintf("%d workers join the jobs of %s", w.Size, p.URL), "workers", w.Size, "store", p.URL)
	if err := workAndKeep(ctx, w, p.keeper, idle); err != nil && ctx.Err() == nil && !errors.Is(err, errIdle) {
		return err
	}
	if ctx.Err() != nil {
		return errInterrupted
	}
	a.tell.say("left", "nothing to do, leaving", "store", p.URL)
	return nil
}

// workAndKeep has the workers work until they leave. While they are idle, the store is kept
// small, if it has a keeper.
func workAndKeep(ctx context.Context, w *client.Workers, keeper *keeper, idle *idleWaker) error {
	defer func() { keeper.sweepShortly(ctx, time.Now()) }()
	sweeping, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	if keeper != nil {
		wg.Go(func() { keeper.sweepWhileIdle(sweeping, idle.idle) })
	}
	defer wg.Wait()
	defer stop()
	limitMemory(w)
	return w.Work(ctx)
}

var errIdle = errors.New("nothing to do")
