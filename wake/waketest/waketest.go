// Package waketest is the executable specification of okazaki.Waker.
//
// Its one invariant: it asks for hints only. A waker that loses a ring, or
// returns one twice, passes; one that blocks a worker for ever doesn't.
package waketest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"okazaki"
)

// patience is far more than any waker needs.
const patience = 30 * time.Second

// Run checks what every waker promises. open returns a waker that nobody else
// uses, whose sleeps are short; it is called once for each subtest.
func Run(t *testing.T, open func(t *testing.T) okazaki.Waker) {
	for _, c := range []struct {
		name string
		test func(*testing.T, okazaki.Waker)
	}{
		{"RingWakes", testRingWakes},
		{"RingNeverWaits", testRingNeverWaits},
		{"ManyWait", testManyWait},
		{"Canceled", testCanceled},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

// testRingWakes takes the wake as it was rung, or the one that names nothing.
func testRingWakes(t *testing.T, k okazaki.Waker) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	rung := okazaki.Wake{Job: "j", Node: "n", Hint: 7}
	got := make(chan okazaki.Wake)
	go func() {
		w, err := k.Wait(ctx, false)
		if err != nil {
			t.Errorf("Wait: %v", err)
		}
		got <- w
	}()
	if w := ringUntil(t, k, rung, got); w != rung && w != (okazaki.Wake{}) {
		t.Errorf("woken by %+v, rung %+v", w, rung)
	}
}

// ringUntil rings, again and again as a sweep would, until a worker wakes.
func ringUntil(t *testing.T, k okazaki.Waker, w okazaki.Wake, got <-chan okazaki.Wake) okazaki.Wake {
	t.Helper()
	for {
		if err := k.Ring(t.Context(), w); err != nil {
			t.Fatalf("Ring: %v", err)
		}
		select {
		case w := <-got:
			return w
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func testRingNeverWaits(t *testing.T, k okazaki.Waker) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for i := range 3000 {
		if err := k.Ring(ctx, okazaki.Wake{Job: "j", Hint: i}); err != nil {
			t.Fatalf("ring %d, with nobody waiting: %v", i, err)
		}
	}
}

func testManyWait(t *testing.T, k okazaki.Waker) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	const workers = 8
	got := make(chan okazaki.Wake, workers)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			w, err := k.Wait(ctx, true)
			if err != nil {
				t.Errorf("Wait: %v", err)
			}
			got <- w
		})
	}
	for range workers {
		ringUntil(t, k, okazaki.Wake{Job: "j"}, got)
	}
	wg.Wait()
}

func testCanceled(t *testing.T, k okazaki.Waker) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := k.Wait(ctx, false); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait with a context that has ended: %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		for {
			if _, err := k.Wait(ctx, false); err != nil {
				done <- err
				return
			}
		}
	}()
	cancel()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Wait, cancelled: %v", err)
		}
	case <-time.After(patience):
		t.Error("Wait doesn't end with its context")
	}
}
