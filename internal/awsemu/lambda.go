package awsemu

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// A function has environments, each a process that answers one invocation at
// a time.
type function struct {
	arn, name string
	program   string // bootstrap
	env       map[string]string
	memory    int64 // MB
	timeout   time.Duration
	reserved  int // most invocations at once; 0: no limit
	recursion bool
	role      *role
	maxAge    time.Duration // of an asynchronous event
	retries   int           // of an asynchronous event, after errors
	permitted []permission

	mu    sync.Mutex
	old   bool // another is in its place: its environments end
	busy  int
	idle  []*environment
	all   map[*environment]bool
	stats Stats
}

type permission struct{ principal, source string }

// Stats are what a function's invocations came to.
type Stats struct {
	Invocations, Errors, Killed, TimedOut, OutOfMemory int64
	Throttled                                          int64 // invocations that waited, or were refused
	DeadLetters                                        int64 // events given up
	Cut                                                int64 // by the recursion guard
	Environments                                       int64 // processes started
	MostAtOnce                                         int64
	InitMs                                             int64 // of all environments, from their process's start to its first request for work
	BilledMBms                                         int64 // megabyte-milliseconds
}

var (
	errThrottled = errors.New("rate exceeded")
	errGone      = errors.New("the account is closed")
)

// Functions are the stats of all functions, by name.
func (a *AWS) Functions() map[string]Stats {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := map[string]Stats{}
	for _, f := range a.fns {
		f.mu.Lock()
		all[f.name] = f.stats
		f.mu.Unlock()
	}
	return all
}

// Busy is how many invocations are under way.
func (a *AWS) Busy() (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, f := range a.fns {
		f.mu.Lock()
		n += f.busy
		f.mu.Unlock()
	}
	return n
}

// recursionHops is where AWS cuts a chain of functions.
const recursionHops = 16

// invokeAsync invokes a function for an event, waiting while it is throttled.
// A service needs the function's permission.
func (a *AWS) invokeAsync(arn, principal, source string, event []byte, hops int) {
	f, err := a.find(arn, principal, source)
	if err != nil {
		a.problem("%v", err)
		return
	}
	if hops >= recursionHops && !f.recursion {
		f.note(func(s *Stats) { s.Cut++ })
		return
	}
	began, tries := time.Now(), 0
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, 500*time.Millisecond) {
		_, err := a.invoke(f, event, hops)
		if err == nil || errors.Is(err, errGone) {
			return
		}
		if !errors.Is(err, errThrottled) {
			if tries++; tries > f.retries {
				f.note(func(s *Stats) { s.DeadLetters++ })
				return
			}
		}
		if time.Since(began) > f.maxAge {
			f.note(func(s *Stats) { s.DeadLetters++ })
			return
		}
		select {
		case <-time.After(wait):
		case <-a.closed:
			return
		}
	}
}

// find returns a function, if the service may invoke it.
func (a *AWS) find(arn, principal, source string) (*function, error) {
	a.mu.Lock()
	f := a.fns[arn]
	a.mu.Unlock()
	if f == nil {
		return nil, fmt.Errorf("there is no function %q", arn)
	}
	if principal == "" {
		return f, nil
	}
	for _, p := range f.permitted {
		if p.principal == principal && anyGlob([]string{p.source}, source) {
			return f, nil
		}
	}
	return nil, fmt.Errorf("%s has no permission to invoke %s for %s", principal, f.name, source)
}

func (f *function) note(what func(*Stats)) {
	f.mu.Lock()
	what(&f.stats)
	f.mu.Unlock()
}

// invoke runs one invocation to its end.
func (a *AWS) invoke(f *function, event []byte, hops int) ([]byte, error) {
	if a.isClosed() {
		return nil, errGone
	}
	f.mu.Lock()
	if f.reserved > 0 && f.busy >= f.reserved {
		f.stats.Throttled++
		f.mu.Unlock()
		return nil, errThrottled
	}
	f.busy++
	f.stats.Invocations++
	f.stats.MostAtOnce = max(f.stats.MostAtOnce, int64(f.busy))
	var e *environment
	if n := len(f.idle); n > 0 {
		e, f.idle = f.idle[n-1], f.idle[:n-1]
	}
	f.mu.Unlock()
	a.count("lambda invocation", 1)
	defer f.note(func(*Stats) { f.busy-- })
	if e == nil {
		var err error
		if e, err = a.startEnvironment(f); err != nil && a.isClosed() {
			return nil, errGone
		} else if err != nil {
			a.problem("function %s: %v", f.name, err)
			return nil, err
		}
	}
	answer, took, err := e.run(a, event, hops)
	f.note(func(s *Stats) {
		s.BilledMBms += took.Milliseconds() * f.memory
		if err != nil {
			s.Errors++
		}
	})
	if e.alive() && e.rest() && f.keep(e) {
		return answer, err
	}
	e.kill()
	f.mu.Lock()
	delete(f.all, e)
	f.mu.Unlock()
	return answer, err
}

// keep has an environment wait for the next invocation, unless there will be
// none.
func (f *function) keep(e *environment) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.old {
		return false
	}
	f.idle = append(f.idle, e)
	return true
}

// retire ends the environments that wait, and later those that are at work.
func (f *function) retire() {
	f.mu.Lock()
	f.old = true
	idle := f.idle
	f.idle = nil
	for _, e := range idle {
		delete(f.all, e)
	}
	f.mu.Unlock()
	for _, e := range idle {
		e.kill()
	}
}

// succeed takes over what belongs to the name from the function that had it
// before.
func (f *function) succeed(old *function) {
	old.retire()
	old.mu.Lock()
	f.stats, f.permitted, f.maxAge, f.retries = old.stats, old.permitted, old.maxAge, old.retries
	old.mu.Unlock()
}

func (a *AWS) isClosed() bool {
	select {
	case <-a.closed:
		return true
	default:
		return false
	}
}

func (a *AWS) stopEnvironments() {
	a.mu.Lock()
	var all []*environment
	for _, f := range a.fns {
		f.mu.Lock()
		for e := range f.all {
			all = append(all, e)
		}
		f.mu.Unlock()
	}
	a.mu.Unlock()
	for _, e := range all {
		e.kill()
	}
}
