package analysis

import (
	"context"
	"iter"
	"sync"
)

// Ordered yields items in their order, each once do has been called with it,
// on the given number of cores. One core takes the items one after the other;
// for more, up to twice as many items as cores are read ahead, so that none
// waits for the next. Its error is the context's, and comes last. When the
// caller stops, Ordered returns after every call of do has.
func Ordered[T any](ctx context.Context, cores int, items iter.Seq[T], do func(T)) iter.Seq2[T, error] {
	if cores <= 1 {
		return func(yield func(T, error) bool) {
			for item := range items {
				do(item)
				if !yield(item, nil) {
					return
				}
			}
		}
	}
	return func(yield func(T, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		order := make(chan *ordered[T], 2*cores)
		work := make(chan *ordered[T], cores)
		var wg sync.WaitGroup
		defer wg.Wait()
		defer cancel()
		wg.Go(func() {
			defer close(order)
			defer close(work)
			for item := range items {
				o := &ordered[T]{item, make(chan struct{})}
				for _, to := range []chan<- *ordered[T]{order, work} {
					select {
					case to <- o:
					case <-ctx.Done():
						return
					}
				}
			}
		})
		for range cores {
			wg.Go(func() {
				for o := range work {
					do(o.item)
					close(o.done)
				}
			})
		}
		for o := range order {
			select {
			case <-o.done:
			case <-ctx.Done():
				var none T
				yield(none, ctx.Err())
				return
			}
			if !yield(o.item, nil) {
				return
			}
		}
	}
}

// An ordered item is done when the channel is closed.
type ordered[T any] struct {
	item T
	done chan struct{}
}
