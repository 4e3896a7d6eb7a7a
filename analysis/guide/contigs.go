package guide

import (
	"context"
	"sync"
)

// contigs keeps the contigs that were read last, so that several workers on one
// genome each find theirs. Many goroutines may use it at once.
type contigs struct {
	mu    sync.Mutex
	known map[int]*keptContig
	bytes int64
	clock int64
}

// A keptContig is a contig that was read, or is being read.
type keptContig struct {
	ready chan struct{} // closed once c or err is set
	c     *contig
	err   error
	used  int64 // when it was last asked for
}

// maxKept is the most bytes that are kept beside the contig that was read last.
const maxKept = 512 << 20

// get returns a contig by its number. It calls load if the contig is not there.
// An error of load goes to that caller alone: others try again.
func (k *contigs) get(ctx context.Context, number int, load func() (*contig, error)) (*contig, error) {
	for {
		own, first := k.entry(number)
		if first {
			own.c, own.err = load()
			k.loaded(number, own)
			close(own.ready)
			return own.c, own.err
		}
		select {
		case <-own.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if own.err == nil {
			return own.c, nil
		}
	}
}

// entry returns the contig's entry, and whether the caller is to load it.
func (k *contigs) entry(number int) (own *keptContig, first bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil {
		k.known = map[int]*keptContig{}
	}
	if own = k.known[number]; own == nil {
		own, first = &keptContig{ready: make(chan struct{})}, true
		k.known[number] = own
	}
	k.clock++
	own.used = k.clock
	return own, first
}

// loaded counts a contig that was read. If there are too many, it drops the
// least recently used.
func (k *contigs) loaded(number int, own *keptContig) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if own.err != nil {
		delete(k.known, number)
		return
	}
	k.bytes += own.c.text.bytes()
	for k.bytes > maxKept {
		oldest, found := 0, false
		for i, e := range k.known {
			if i != number && e.c != nil && (!found || e.used < k.known[oldest].used) {
				oldest, found = i, true
			}
		}
		if !found {
			return
		}
		k.bytes -= k.known[oldest].c.text.bytes()
		delete(k.known, oldest)
	}
}

// bytes returns the memory that a text takes.
func (t *text) bytes() int64 { return int64(len(t.lo)+len(t.hi)+len(t.other)) * 8 }
