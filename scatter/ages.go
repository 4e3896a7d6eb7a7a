package scatter

import (
	"time"

	"okazaki"
)

// aged mends the ages of entries that seem to come from the future, as where a
// clock was set back: they count from when this process first saw them. So a
// time stamp holds an attempt for as long as it may run, and not until its time
// has come.
func (es *Engines) aged(entries []okazaki.Entry) {
	for i := range entries {
		if entries[i].Age >= 0 {
			continue
		}
		entries[i].Age = es.firstSeen(entries[i].Key, -entries[i].Age)
	}
}

// mostFuture bounds the keys from the future that a process remembers.
const mostFuture = 10_000

func (es *Engines) firstSeen(key string, ahead time.Duration) time.Duration {
	es.mu.Lock()
	defer es.mu.Unlock()
	if es.future == nil || len(es.future) >= mostFuture {
		es.future = map[string]time.Time{}
	}
	at, seen := es.future[key]
	if !seen {
		at = time.Now()
		es.future[key] = at
		es.ahead = max(es.ahead, ahead)
	}
	return time.Since(at)
}

// skewed returns by how much, at most, records came from the future since it
// was asked last.
func (es *Engines) skewed() time.Duration {
	es.mu.Lock()
	defer es.mu.Unlock()
	ahead := es.ahead
	es.ahead = 0
	return ahead
}
