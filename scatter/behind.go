package scatter

import (
	"context"
	"sync"
	"time"

	"okazaki"
)

// mostBehind bounds the creates that are under way behind a turn.
const mostBehind = 8

// soon is a time within which a create takes less than to hand it to another
// goroutine.
const soon = 20 * time.Microsecond

// behind carries out the creates behind a turn.
type behind struct {
	room chan struct{} // a place for each create under way
	wg   sync.WaitGroup

	mu       sync.Mutex
	outcomes []Outcome
	heard    []Outcome     // the last that were asked for
	took     time.Duration // by the last create
}

// create begins a create. It waits while too many are under way.
func (b *behind) create(ctx context.Context, s okazaki.Store, key string, value []byte) {
	b.mu.Lock()
	slow := b.took > soon
	b.mu.Unlock()
	if !slow {
		b.run(ctx, s, key, value)
		return
	}
	b.room <- struct{}{}
	b.wg.Go(func() {
		b.run(ctx, s, key, value)
		<-b.room
	})
}

func (b *behind) run(ctx context.Context, s okazaki.Store, key string, value []byte) {
	start := time.Now()
	r := reply(Reply{}, s.Create(ctx, key, value))
	b.mu.Lock()
	defer b.mu.Unlock()
	b.took = time.Since(start)
	b.outcomes = append(b.outcomes, Outcome{key, r.Status, r.Err})
}

// ended returns what became of the creates that have ended since it was called
// last. The slice is good until the next call.
func (b *behind) ended() []Outcome {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.heard, b.outcomes = b.outcomes, b.heard[:0]
	return b.heard
}

func (b *behind) wait() { b.wg.Wait() }
