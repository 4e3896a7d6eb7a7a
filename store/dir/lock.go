package dir

import (
	"errors"
	"os"
	"sync"
	"time"
)

// A lock is held by one goroutine of one process that has the store open. A
// process that is killed lets go of it; a process that is stopped does not.
type lock struct {
	path string

	mu    sync.Mutex
	file  *os.File // nil before the first
	stuck bool     // the last wait was in vain
}

var errLocked = errors.New("another process has locked the store")

// hold calls do with the lock, or returns errLocked if it isn't had for so
// long.
func (l *lock) hold(atMost time.Duration, do func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		f, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return err
		}
		l.file = f
	}
	if l.stuck && atMost <= patience {
		atMost = 0
	}
	var waited time.Duration
	for pause := 20 * time.Microsecond; ; pause = min(2*pause, 5*time.Millisecond) {
		held, err := tryLock(l.file)
		if err != nil {
			return err
		}
		if l.stuck = !held && waited >= atMost; l.stuck {
			return errLocked
		}
		if held {
			break
		}
		time.Sleep(pause)
		waited += pause
	}
	defer unlock(l.file)
	return do()
}

func (l *lock) close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}
