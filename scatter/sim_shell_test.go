package scatter

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"math/rand/v2"
	"time"

	"okazaki"
)

// A coStore is the store as the code of a user or a collector sees it. Each
// call first gives way to the others, so that anything may happen in between,
// the death of the process included.
type coStore struct {
	s      *sim
	a      *actor
	yield  func(time.Duration) bool
	over   bool
	direct bool // it does not give way
}

var errDied = errors.New("the process has died")

func (c *coStore) ctx() context.Context { return context.Background() }

// rest lets others act for a while. It returns an error once the process has
// died.
func (c *coStore) rest(d time.Duration) error {
	if c.over = c.over || !c.direct && !c.yield(d); c.over {
		return errDied
	}
	return nil
}

func (c *coStore) step() error {
	if c.direct {
		return nil
	}
	return c.rest(time.Duration(c.a.rng.IntN(20)) * time.Millisecond)
}

func (c *coStore) Create(_ context.Context, key string, value []byte) error {
	for {
		if err := c.step(); err != nil {
			return err
		}
		if c.direct {
			c.s.store.apply(c.a, key, value)
			return nil
		}
		switch c.s.store.create(c.a, key, value) {
		case OK:
			return nil
		case Exists:
			return okazaki.ErrExists
		}
	}
}

func (c *coStore) Get(_ context.Context, key string) (okazaki.Value, error) {
	if err := c.step(); err != nil {
		return okazaki.Value{}, err
	}
	v := c.s.store.at(key)
	if v == nil {
		return okazaki.Value{}, okazaki.ErrNotFound
	}
	return okazaki.Value{Bytes: v.bytes, Age: c.s.now - v.born}, nil
}

func (c *coStore) List(_ context.Context, prefix, after string) ([]okazaki.Entry, error) {
	for {
		if err := c.step(); err != nil {
			return nil, err
		}
		entries, busy := c.s.store.list(c.a, prefix)
		if busy && c.direct {
			return nil, okazaki.ErrBusy
		}
		if busy {
			continue
		}
		for len(entries) > 0 && entries[0].Key <= after {
			entries = entries[1:]
		}
		return entries[:min(len(entries), okazaki.PageSize)], nil
	}
}

// Delete deletes a key, and perhaps once more later, as a call that was tried
// again does.
func (c *coStore) Delete(_ context.Context, key string) error {
	if err := c.step(); err != nil {
		return err
	}
	st := c.s.store
	st.delete(key)
	if c.s.faults && st.draw("delete", key, 10) == 0 {
		delay := time.Duration(st.draw("delay", key, 20*3600)) * time.Second
		st.late = append(st.late, lateWrite{key: key, delete: true, at: c.s.now + delay})
	}
	return nil
}

// resume lets a user's or a collector's code go on to its next call.
func (s *sim) resume(a *actor) {
	if s.faults && a.rng.IntN(s.deaths) == 0 {
		a.dies(s)
		return
	}
	if a.next == nil {
		c := &coStore{s: s, a: a}
		a.next, a.stop = iter.Pull(func(yield func(time.Duration) bool) {
			c.yield = yield
			for a.run(s, c); !c.over; a.run(s, c) {
			}
		})
	}
	s.sync()
	if d, ok := a.next(); ok {
		a.ready = s.now + d
	}
}

// asks is a user: it asks the question, waits for the answer, perhaps loses
// patience, and asks again some day.
func (s *sim) asks(c *coStore) {
	draw, sane := c.a.rng, !s.faults
	if !sane {
		s.speed = []int{3, 10, 10, 30}[draw.IntN(4)]
		if draw.IntN(6) == 0 {
			s.note = []string{"A", "B"}[draw.IntN(2)]
		}
	}
	job := s.question
	job.Limits = s.limits(draw)
	name, err := Submit(c.ctx(), c, s.engines(), &job, !sane && draw.IntN(16) == 0)
	for err == nil {
		var end *End
		if end, err = s.waits(c, name); err != nil || end == nil || end.State != Done {
			break
		}
		if err = s.reads(c, name); err == nil && !s.faults {
			s.over = true
		}
		if !errors.Is(err, ErrGone) || c.over {
			break
		}
		if name, err = Resubmit(c.ctx(), c, s.engines(), &job, name); err != nil {
			break
		}
	}
	if err != nil && !c.over && !errors.Is(err, ErrGone) && !errors.Is(err, okazaki.ErrNotFound) {
		s.fail("the submitter is told: %v", err)
	}
	_ = c.rest([]time.Duration{time.Second, time.Minute, 2 * time.Hour, 30 * time.Hour, 150 * time.Hour}[draw.IntN(5)])
}

// waits waits for the end of a job, as Wait does; nil if the job has gone.
func (s *sim) waits(c *coStore, name string) (*End, error) {
	l, err := loadLife(c.ctx(), c, name)
	if errors.Is(err, okazaki.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	patience := rand.New(rand.NewPCG(c.a.rng.Uint64(), 5))
	for since := s.now; ; {
		end, err := endOf(c.ctx(), c, l.Prefix)
		switch {
		case err != nil:
			return nil, err
		case end != nil:
			dropHint(c.ctx(), c, name)
			return end, nil
		case l.age+s.now-since > l.Job.Limits.Deadline+Grace:
			return endAs(c.ctx(), c, l, Expired)
		case s.faults && patience.IntN(60) == 0:
			return Cancel(c.ctx(), c, name)
		}
		s.ring(okazaki.Wake{Job: name})
		if err := c.rest(time.Duration(1+c.a.rng.IntN(4)) * time.Second); err != nil {
			return nil, err
		}
		if c.s.faults && patience.IntN(20) == 0 {
			_ = c.rest(time.Duration(c.a.rng.IntN(600)) * time.Second)
		}
	}
}

// reads reads the answer, a few bytes at a time, and compares it.
func (s *sim) reads(c *coStore, name string) error {
	l, err := loadLife(c.ctx(), c, name)
	if err != nil {
		return gone(err)
	}
	for stage := range l.Job.Stages {
		r, err := Gathered(simReader{s.store}, name, stage)(c.ctx())
		if err != nil {
			return err
		}
		want := s.lives[l.Prefix].want(s, stage) // of the axis that was just read: it may go, and another be made
		var b []byte
		for err == nil {
			var buf [8]byte
			var n int
			n, err = r.Read(buf[:])
			b = append(b, buf[:n]...)
			if died := c.step(); died != nil {
				return died
			}
		}
		if err != io.EOF {
			return err
		}
		if !bytes.Equal(b, want) {
			s.fail("invariant 9: the submitter is told %q, not %q", b, want)
		}
	}
	return nil
}

// collects is a collector's pass, which may stop anywhere.
func (s *sim) collects(c *coStore) {
	draw := c.a.rng
	if c.rest(time.Duration(draw.IntN(3600))*time.Second) != nil {
		return
	}
	if draw.IntN(3) == 0 && c.rest(time.Duration(draw.IntN(60))*time.Hour) != nil {
		return
	}
	if !s.faults {
		return
	}
	if _, err := GC(c.ctx(), c, []time.Duration{0, 0, time.Hour, 24 * time.Hour}[draw.IntN(4)]); err != nil && !c.over {
		s.fail("the collector: %v", err)
	}
	if draw.IntN(8) == 0 {
		if _, err := Orphans(c.ctx(), c); err != nil && !c.over {
			s.fail("the collector: %v", err)
		}
	}
}
