// Package poll wakes workers by time alone, where nothing can ring for them.
//
// Its one invariant: a Wait ends, at the latest after the longest sleep.
package poll

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"okazaki"
)

// A Waker sleeps between two bounds. All methods may be called at once; the
// workers of one Waker share its back-off.
type Waker struct {
	lo, hi time.Duration

	mu    sync.Mutex
	bound time.Duration // of the next sleep
	rung  chan struct{} // closed by Ring
}

var _ okazaki.Waker = (*Waker)(nil)

// New is a waker whose sleeps are drawn from [lo, bound], where bound starts
// at lo and doubles up to hi while nothing is found. It panics unless
// 0 < lo <= hi.
func New(lo, hi time.Duration) *Waker {
	if lo <= 0 || lo > hi {
		panic("poll: sleeps must be 0 < lo <= hi")
	}
	return &Waker{lo: lo, hi: hi, bound: lo, rung: make(chan struct{})}
}

// Ring is okazaki.Waker's: it starts the back-off anew, for sleeping callers
// of Wait as well. It reaches this process only.
func (k *Waker) Ring(context.Context, okazaki.Wake) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.bound = k.lo
	close(k.rung)
	k.rung = make(chan struct{})
	return nil
}

// Wait is okazaki.Waker's. It returns the wake that names nothing.
func (k *Waker) Wait(ctx context.Context, found bool) (okazaki.Wake, error) {
	if err := ctx.Err(); err != nil {
		return okazaki.Wake{}, err
	}
	sleep, rung := k.next(found)
	timer := time.NewTimer(sleep)
	defer timer.Stop()
	select {
	case <-timer.C:
		return okazaki.Wake{}, nil
	case <-ctx.Done():
		return okazaki.Wake{}, ctx.Err()
	case <-rung:
	}
	select { // one short sleep more, and no further ring makes it longer
	case <-timer.C:
	case <-time.After(k.lo):
	case <-ctx.Done():
		return okazaki.Wake{}, ctx.Err()
	}
	return okazaki.Wake{}, nil
}

func (k *Waker) next(found bool) (time.Duration, <-chan struct{}) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if found {
		k.bound = k.lo
	}
	sleep := k.lo + rand.N(k.bound-k.lo+1)
	k.bound = min(2*k.bound, k.hi)
	return sleep, k.rung
}
