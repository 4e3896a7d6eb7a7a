package main

import (
	"context"
	"sync"
	"time"

	"okazaki"
	"okazaki/wake/poll"
)

// An idleWaker ends the waits of its process's workers once none of them has
// found anything for a while. While no job is open, one of them at a time waits
// to look for one, so that many cost no more than one.
type idleWaker struct {
	okazaki.Waker
	most time.Duration // 0: never
	// over is how long they wait once the jobs that they saw open have ended;
	// 0: as long as ever.
	over time.Duration

	mu   sync.Mutex
	last time.Time     // that someone found something, or that the last open job had ended
	came bool          // they saw an open job, or found one that they ended at once
	open int           // jobs, when one of them looked last
	rung int           // how often they were
	next chan struct{} // closed when the one that waits to look has waited, or was rung; nil: none does
}

// idleWaker is the waker of workers that the configuration has leave.
func (a *app) idleWaker(sweep time.Duration) *idleWaker {
	w := &idleWaker{Waker: poll.New(sweep/10, 5*sweep), most: a.config.idleExit}
	if a.config.once {
		w.Waker, w.over = poll.New(sweep/10, sweep), sweep
		if wait := max(a.config.wait, sweep); w.most <= 0 || wait < w.most {
			w.most = wait
		}
	}
	return w
}

func (w *idleWaker) touch() {
	w.mu.Lock()
	w.last = time.Now()
	w.mu.Unlock()
}

// looked hears how many jobs are open.
func (w *idleWaker) looked(open int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if open == 0 && w.open > 0 {
		w.last = time.Now() // another may follow
	}
	w.came = w.came || open > 0
	w.open = open
}

// idle says whether nobody has found anything for a short while.
func (w *idleWaker) idle() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Since(w.last) > 5*time.Second
}

// left is how long the workers still wait with nothing to do, at most most;
// false if for ever.
func (w *idleWaker) left(found bool) (time.Duration, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if found || w.last.IsZero() {
		w.last = time.Now()
	}
	w.came = w.came || found
	most := w.most
	if w.over > 0 && w.came && w.open == 0 {
		most = w.over
	}
	return most - time.Since(w.last), most > 0
}

// Wait is okazaki.Waker's, or errIdle.
func (w *idleWaker) Wait(ctx context.Context, found bool) (okazaki.Wake, error) {
	left, leaves := w.left(found)
	if !leaves {
		return w.wait(ctx, found)
	}
	if left <= 0 {
		return okazaki.Wake{}, errIdle
	}
	short, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	wake, err := w.wait(short, found)
	if err != nil && ctx.Err() == nil {
		return w.Wait(ctx, false) // idle for long enough, unless another worker has found something
	}
	return wake, err
}

// Ring is okazaki.Waker's: all of them look.
func (w *idleWaker) Ring(ctx context.Context, wake okazaki.Wake) error {
	w.mu.Lock()
	w.rung++
	w.pass(w.next)
	w.mu.Unlock()
	return w.Waker.Ring(ctx, wake)
}

// pass lets another wait in the place of the one whose channel that is. w.mu is
// held.
func (w *idleWaker) pass(from chan struct{}) {
	if from != nil && w.next == from {
		close(from)
		w.next = nil
	}
}

// wait waits until the worker is to look.
func (w *idleWaker) wait(ctx context.Context, found bool) (okazaki.Wake, error) {
	w.mu.Lock()
	rung := w.rung
	for !found && w.open == 0 && w.next != nil && w.rung == rung {
		next := w.next
		w.mu.Unlock()
		select {
		case <-next:
		case <-ctx.Done():
			return okazaki.Wake{}, ctx.Err()
		}
		w.mu.Lock()
	}
	if w.rung != rung {
		w.mu.Unlock()
		return okazaki.Wake{}, nil
	}
	var mine chan struct{}
	if w.next == nil {
		mine = make(chan struct{})
		w.next = mine
	}
	w.mu.Unlock()
	wake, err := w.Waker.Wait(ctx, found)
	w.mu.Lock()
	w.pass(mine)
	w.mu.Unlock()
	return wake, err
}
