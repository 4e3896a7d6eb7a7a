package dir

import (
	"errors"
	"os"
	"sync"
	"time"

	"okazaki/store"
)

// asOften is how long the machine's monotonic clock counts on from a reading
// of the file system's clock.
const asOften = 5 * time.Second

// A clock is the file system's own: a server's, if it is a network's. It reads
// the time of a file made for that.
type clock struct {
	touch func() (time.Time, error)

	mu   sync.Mutex
	then time.Time // by the file system
	at   time.Time // the same, by this machine
}

func (c *clock) now() (time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	since, steady := store.Since(c.at)
	if c.at.IsZero() || !steady || since > asOften {
		then, err := c.touch()
		if err != nil {
			return time.Time{}, err
		}
		c.then, c.at, since = then, time.Now(), 0
	}
	return c.then.Add(since), nil
}

// touch makes a file, and returns the time that the file system gives it.
func (s *Store) touch() (time.Time, error) {
	path := s.newTemp()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		return time.Time{}, err
	}
	info, err := f.Stat()
	if err = errors.Join(err, f.Close(), os.Remove(path)); err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}
