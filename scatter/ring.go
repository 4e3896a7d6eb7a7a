package scatter

import (
	"context"

	"okazaki"
)

// A batcher is a waker for which many rings at once are cheaper than one by
// one.
type batcher interface {
	RingAll(ctx context.Context, ws []okazaki.Wake) error
}

// ringAll rings for each of ws. An error ends it and does not matter: a
// wake carries no truth, and a sweep rings for what was lost.
func ringAll(ctx context.Context, waker okazaki.Waker, ws []okazaki.Wake) {
	if b, ok := waker.(batcher); ok && len(ws) > 0 {
		_ = b.RingAll(ctx, ws)
		return
	}
	for _, w := range ws {
		if waker.Ring(ctx, w) != nil {
			return
		}
	}
}
