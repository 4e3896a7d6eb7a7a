package dir

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
)

// A syncer makes values and names survive a crash. A value is made to before
// it gets its name, or a crash could leave the name with half of it.
type syncer interface {
	begin(size int) (end func())                 // a Create of size bytes
	files() bool                                 // each file is synced when it is written
	values(ctx context.Context) error            // the files written so far survive
	names(ctx context.Context, dir string) error // the links made in dir so far survive
	close() error
}

// newSyncer is the best that the system has for the store's folder, but for a
// journal. It notes whether the store may have one.
func (s *Store) newSyncer(o Options) (syncer, error) {
	f, err := os.Open(s.root)
	if err != nil {
		return nil, err
	}
	whole, local := s.disk.of(f)
	s.local = local
	switch {
	case o.NoSync:
		return noSync{}, f.Close()
	case !whole || s.disk.syncAll(f) != nil:
		s.boot = "" // no journal, which needs syncs of all
		return eachSync{s}, errors.Join(s.disk.syncFolder(s.root), f.Close())
	}
	return &groupSync{root: f, flush: func() error { return s.disk.syncAll(f) }}, nil
}

type noSync struct{}

func (noSync) begin(int) func()                    { return func() {} }
func (noSync) files() bool                         { return false }
func (noSync) values(context.Context) error        { return nil }
func (noSync) names(context.Context, string) error { return nil }
func (noSync) close() error                        { return nil }

// eachSync syncs file by file, where a whole file system can't be.
type eachSync struct{ s *Store }

func (eachSync) begin(int) func()             { return func() {} }
func (eachSync) files() bool                  { return true }
func (eachSync) values(context.Context) error { return nil }
func (eachSync) close() error                 { return nil }

// names syncs the folders up to the root, any of which may be new.
func (e eachSync) names(_ context.Context, dir string) error {
	for {
		if err := e.s.disk.syncFolder(dir); err != nil || dir == e.s.root {
			return err
		}
		dir = filepath.Dir(dir)
	}
}

const (
	// batch is how many that wait are enough to sync for.
	batch = 32
	// brief is the size of a value whose Create others wait for: it will soon
	// need a sync too.
	brief = 64 << 10
)

// groupSync syncs the whole file system for many creates at once. A sync
// covers the creates that began to wait before it began. It begins when no
// other is under way and no brief Create is on its way to it, or when a batch
// waits.
type groupSync struct {
	root  *os.File
	flush func() error

	mu      sync.Mutex
	active  int // brief creates, waiting or not
	next    *round
	syncing bool
}

// A round is the creates that wait for one sync.
type round struct {
	waiting int
	done    chan struct{}
	err     error
}

func (g *groupSync) begin(size int) func() {
	if size > brief {
		return func() {}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.active++
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.active--
		g.start()
	}
}

func (g *groupSync) files() bool                               { return false }
func (g *groupSync) values(ctx context.Context) error          { return g.wait(ctx) }
func (g *groupSync) names(ctx context.Context, _ string) error { return g.wait(ctx) }
func (g *groupSync) close() error                              { return g.root.Close() }

func (g *groupSync) wait(ctx context.Context) error { return g.join().wait(ctx) }

// join returns the round that covers what was done so far.
func (g *groupSync) join() *round {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.next == nil {
		g.next = &round{done: make(chan struct{})}
	}
	r := g.next
	r.waiting++
	g.start()
	return r
}

func (r *round) wait(ctx context.Context) error {
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begins is the next round, which its caller must run, if it is time. g.mu is
// held.
func (g *groupSync) begins() *round {
	r := g.next
	if g.syncing || r == nil || r.waiting < min(g.active, batch) {
		return nil
	}
	g.next, g.syncing = nil, true
	return r
}

// run syncs for a round, and begins the next if it is time.
func (g *groupSync) run(r *round) {
	r.err = g.flush()
	close(r.done)
	g.mu.Lock()
	g.syncing = false
	g.start()
	g.mu.Unlock()
}

// start begins the next round if it is time. g.mu is held.
func (g *groupSync) start() {
	if r := g.begins(); r != nil {
		go g.run(r)
	}
}
