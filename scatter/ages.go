package scatter

import (
	"time"

	"okazaki"
)

// aged mends the ages of entries that seem to come from the future, as where a
// clock was set back: they count from when this process first saw them. So a
// time stamp holds an attempt for as long as it may run, and not until its time
// has come. A store may give such an entry an age below zero, or zero.
func (es *Engines) aged(entries []okazaki.Entry) {
	for i := range entries {
		if e := &entries[i]; e.Age <= 0 {
			e.Age = es.sinceSeen(e.Key, -e.Age)
		}
	}
}

// mostFuture bounds the keys from the future that a process remembers.
const mostFuture = 10_000

// sinceSeen returns for how long this process has known of a key that is ahead
// of the store's clock by that much, or by an amount that is not known.
func (es *Engines) sinceSeen(key string, ahead time.Duration) time.Duration {
	es.mu.Lock()
	defer es.mu.Unlock()
	if es.future == nil || len(es.future) >= mostFuture {
		es.future = map[string]time.Time{}
	}
	at, seen := es.future[key]
	if !seen {
		at = time.Now()
		es.future[key] = at
	}
	since := time.Since(at)
	es.skewed = es.skewed || max(ahead, since) > Grace // less is how fine the clock is
	return since
}

// tellSkew says, once, that records have come from the future.
func (es *Engines) tellSkew() bool {
	es.mu.Lock()
	defer es.mu.Unlock()
	tell := es.skewed && !es.skewTold
	es.skewTold = es.skewTold || tell
	return tell
}
