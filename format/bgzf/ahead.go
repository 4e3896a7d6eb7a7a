package bgzf

import (
	"io"
	"sync"
)

// An ahead inflates groups that come next, in order, on a Reader's cores.
type ahead struct {
	order chan *group
	spare chan *group
	quit  chan struct{}
	wg    sync.WaitGroup
}

// begin begins at a block.
func (r *Reader) begin(at int64) *ahead {
	a := &ahead{order: make(chan *group, r.cores), spare: make(chan *group, r.cores+3), quit: make(chan struct{})}
	work := make(chan *group)
	a.wg.Go(func() {
		defer close(a.order)
		defer close(work)
		for size := int64(leastGroup); ; size = min(2*size, mostGroup) {
			g := a.empty()
			g.read(r, at, size)
			failed := g.err != nil // the group isn't ours once it is handed on
			at = g.end()
			for _, to := range []chan<- *group{a.order, work} {
				select {
				case to <- g:
				case <-a.quit:
					return
				}
			}
			if failed {
				return
			}
		}
	})
	for range r.cores {
		a.wg.Go(func() {
			var z Inflater
			for g := range work {
				g.inflate(r, &z)
				close(g.ready)
			}
		})
	}
	return a
}

// empty is a group to fill.
func (a *ahead) empty() *group {
	var g *group
	select {
	case g = <-a.spare:
	default:
		g = &group{}
	}
	g.ready = make(chan struct{})
	return g
}

// take is the next group.
func (a *ahead) take() *group {
	g, ok := <-a.order
	if !ok {
		return &group{err: io.ErrUnexpectedEOF} // never: fill stops at the first error
	}
	<-g.ready
	return g
}

func (a *ahead) stop() {
	close(a.quit)
	a.wg.Wait()
}
