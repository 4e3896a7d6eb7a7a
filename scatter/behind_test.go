package scatter_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"okazaki"
	"okazaki/scatter"
	"okazaki/store/mem"
	"okazaki/wake/local"
)

// A slowStore is slow to create verdicts, and counts those under way.
type slowStore struct {
	okazaki.Store
	fails    error // of the second verdict
	underWay atomic.Int64

	mu       sync.Mutex
	takes    time.Duration
	most     int64 // under way at a time
	verdicts int
}

// begins counts a verdict. It returns what its create takes, and its error.
func (s *slowStore) begins() (takes time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.most = max(s.most, s.underWay.Add(1))
	if s.verdicts++; s.verdicts == 2 {
		err = s.fails
	}
	return s.takes, err
}

func (s *slowStore) slows(takes time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.takes = takes
}

func (s *slowStore) Create(ctx context.Context, key string, value []byte) error {
	if !strings.Contains(key, "/v/") {
		return s.Store.Create(ctx, key, value)
	}
	takes, err := s.begins()
	defer s.underWay.Add(-1)
	time.Sleep(takes)
	if err != nil {
		return err
	}
	return s.Store.Create(ctx, key, value)
}

// turn has one worker of a store, which is s or lies over it, take a turn at a
// question of 20 spans. It checks that no create is under way after the turn.
func (s *slowStore) turn(t *testing.T, ctx context.Context, over okazaki.Store) (scatter.Visit, error) {
	t.Helper()
	f := newFleet(&toy{units: 20, takes: 300 * time.Millisecond})
	f.job.Limits.Span = 1
	engines := f.lives.engines(f.engine)
	defer f.lives.check(t)
	defer engines.Close()
	id, err := scatter.Submit(t.Context(), over, engines, &f.job, false)
	if err != nil {
		t.Fatal(err)
	}
	w := &scatter.Worker{Store: over, Waker: local.New(100), Engines: engines}
	visit, err := w.Take(ctx, okazaki.Wake{Job: id})
	if n := s.underWay.Load(); n != 0 {
		t.Errorf("%d creates are under way after the turn", n)
	}
	return visit, err
}

// A turn works on while its verdicts are created, and ends once they are.
func TestVerdictsAreCreatedBehindTheTurn(t *testing.T) {
	for _, want := range []error{nil, errors.New("the disk is full"), context.DeadlineExceeded} {
		synctest.Test(t, func(t *testing.T) {
			s := &slowStore{Store: mem.New(nil), takes: time.Second}
			ctx := t.Context()
			switch want {
			case nil:
			case context.DeadlineExceeded:
				late, cancel := context.WithTimeout(ctx, 3500*time.Millisecond)
				defer cancel()
				ctx = late
			default:
				s.fails = want
			}
			visit, err := s.turn(t, ctx, s)
			switch {
			case !errors.Is(err, want):
				t.Errorf("the turn returned %v, want %v", err, want)
			case want == nil && (visit.End == nil || visit.End.State != scatter.Done):
				t.Errorf("the turn ended with %v", visit.End)
			case want == nil && (s.most < 3 || s.most > 8):
				t.Errorf("at most %d verdicts were created at a time", s.most)
			}
		})
	}
}

// A lostStore says of every attempt but the first that there is one, and can't
// read it.
type lostStore struct {
	*slowStore
	attempts int
	reads    error
}

func (s *lostStore) Create(ctx context.Context, key string, value []byte) error {
	if strings.Contains(key, "/a/") {
		if s.attempts++; s.attempts > 3 {
			s.slows(20 * time.Minute) // longer than the turn asks again
			return okazaki.ErrExists
		}
	}
	return s.slowStore.Create(ctx, key, value)
}

func (s *lostStore) Get(ctx context.Context, key string) (okazaki.Value, error) {
	if strings.Contains(key, "/a/") {
		return okazaki.Value{}, s.reads
	}
	return s.slowStore.Get(ctx, key)
}

// A turn that can't read whose attempt it met ends with the reason, once its
// verdicts are created.
func TestAttemptThatCannotBeReadEndsTheTurn(t *testing.T) {
	for _, reads := range []error{errors.New("the disk is broken"), okazaki.ErrBusy, okazaki.ErrNotFound} {
		synctest.Test(t, func(t *testing.T) {
			s := &lostStore{slowStore: &slowStore{Store: mem.New(nil), takes: time.Second}, reads: reads}
			_, err := s.turn(t, t.Context(), s)
			want := reads
			if reads == okazaki.ErrNotFound { // it may be there soon
				want = okazaki.ErrBusy
			}
			if !errors.Is(err, want) {
				t.Errorf("the turn returned %v, want %v", err, want)
			}
		})
	}
}
