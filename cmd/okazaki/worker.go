package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"okazaki"
	"okazaki/wake/poll"
)

const workerLong = `Works the open jobs of a store, whoever submitted them, until it is stopped.
Any number of these may run, on any machine that sees the store and the jobs'
files; any of them may be killed at any time.

Jobs of an analysis, or a version of one, that this build does not have are left
to others. Ctrl-C or SIGTERM hands over what is done and leaves.

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
	defer p.close()
	if !p.shared {
		return &okazaki.Error{Message: "no other process can submit a job to a store in memory", Hint: "give a store that others see, such as --store dir:PATH"}
	}
	idle := &idleWaker{Waker: poll.New(p.sweep/10, 5*p.sweep), most: a.config.idleExit}
	if a.config.once {
		idle.most = p.sweep
	}
	troubles := &complaint{tell: a.tell}
	engines := newEngines(a.inputs(p), a.config.workers, a.closed)
	defer engines.Close()
	c := &crew{
		store: p, engines: engines, waker: idle,
		size: a.config.workers, memory: a.config.memory,
		worked: func(string, int, int64) { idle.touch() },
		report: troubles.report,
	}
	a.tell.say("joined", fmt.Sprintf("%d workers join the jobs of %s", c.size, p.url), "workers", c.size, "store", p.url)
	if err := c.work(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, errIdle) {
		return err
	}
	if ctx.Err() != nil {
		return errInterrupted
	}
	a.tell.say("left", "nothing to do, leaving", "store", p.url)
	return nil
}

var errIdle = errors.New("nothing to do")

// An idleWaker ends the waits of its process's workers once none of them has
// found anything for a while.
type idleWaker struct {
	okazaki.Waker
	most time.Duration // 0: never

	mu   sync.Mutex
	last time.Time // that someone found something
}

func (w *idleWaker) touch() {
	w.mu.Lock()
	w.last = time.Now()
	w.mu.Unlock()
}

// Wait is okazaki.Waker's, or errIdle.
func (w *idleWaker) Wait(ctx context.Context, found bool) (okazaki.Wake, error) {
	w.mu.Lock()
	if found || w.last.IsZero() {
		w.last = time.Now()
	}
	idle := time.Since(w.last)
	w.mu.Unlock()
	if w.most > 0 && idle >= w.most {
		return okazaki.Wake{}, errIdle
	}
	if w.most <= 0 {
		return w.Waker.Wait(ctx, found)
	}
	short, cancel := context.WithTimeout(ctx, w.most-idle)
	defer cancel()
	wake, err := w.Waker.Wait(short, found)
	if err != nil && ctx.Err() == nil {
		return w.Wait(ctx, false) // idle for long enough, unless another worker has found something
	}
	return wake, err
}
