package variant

import (
	"context"
	"iter"
	"sync"

	"okazaki"
)

// A task is a unit's lines, and once it is ready its frame.
type task struct {
	text  []byte
	out   []byte
	long  bool  // a line of it is too long
	err   error // that ended the reading before this unit
	ready chan struct{}
}

// annotated yields the units of a span in order, annotated on so many cores.
// A unit is valid until the next.
func (e *engine) annotated(ctx context.Context, c *cutter, stage int, n *noted, span okazaki.Span, cores int) iter.Seq2[*task, error] {
	return func(yield func(*task, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		order := make(chan *task, 2*cores)
		work := make(chan *task)
		var wg sync.WaitGroup
		defer wg.Wait()
		defer cancel()
		wg.Go(func() {
			defer close(order)
			defer close(work)
			for unit := span.Lo; unit < span.Hi; unit++ {
				k := e.cut(c, unit)
				failed := k.err != nil // the task isn't ours once it is handed on
				for _, to := range []chan<- *task{order, work} {
					select {
					case to <- k:
					case <-ctx.Done():
						return
					}
				}
				if failed {
					return
				}
			}
		})
		for range cores {
			wg.Go(func() {
				a := e.annotator(stage, n)
				defer e.put(stage, a)
				for k := range work {
					if k.err == nil {
						k.out, k.err = a.unit(k.out[:0], k)
					}
					close(k.ready)
				}
			})
		}
		for k := range order {
			select {
			case <-k.ready:
			case <-ctx.Done():
				yield(nil, ctx.Err())
				return
			}
			if k.err != nil {
				yield(nil, k.err)
				return
			}
			if !yield(k, nil) {
				return
			}
			e.tasks.Put(k)
		}
	}
}

// cut is the next unit's task.
func (e *engine) cut(c *cutter, unit int64) *task {
	k, ok := e.tasks.Get().(*task)
	if !ok {
		k = &task{}
	}
	*k = task{text: k.text[:0], out: k.out, ready: make(chan struct{})}
	var err error
	if k.text, err = c.unit(unit, k.text); err == errLong {
		k.long = true
	} else {
		k.err = err
	}
	return k
}
