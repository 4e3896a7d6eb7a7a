// Package local wakes the workers of one process.
//
// Its one invariant: Ring never waits. What doesn't fit is dropped, and found
// by a sweep.
package local

import (
	"context"

	"okazaki"
)

// A Waker is a queue of hints. All methods may be called at once.
type Waker struct{ queue chan okazaki.Wake }

var _ okazaki.Waker = (*Waker)(nil)

// New returns a waker that holds up to size wakes until they are waited for.
func New(size int) *Waker { return &Waker{make(chan okazaki.Wake, max(1, size))} }

// Ring is okazaki.Waker's. It drops w when the queue is full.
func (k *Waker) Ring(_ context.Context, w okazaki.Wake) error {
	select {
	case k.queue <- w:
	default:
	}
	return nil
}

// Wait is okazaki.Waker's. Wakes come in the order in which they were rung.
func (k *Waker) Wait(ctx context.Context, _ bool) (okazaki.Wake, error) {
	if err := ctx.Err(); err != nil {
		return okazaki.Wake{}, err
	}
	select {
	case w := <-k.queue:
		return w, nil
	case <-ctx.Done():
		return okazaki.Wake{}, ctx.Err()
	}
}
